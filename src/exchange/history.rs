//! What went before a request, and what became of it when its command had ended.

use std::time::Duration;

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::codec::Received;
use crate::model::ErrorKind;

/// What is known of the requests around one.
#[derive(Debug, Clone, Default)]
pub struct History {
    /// The answer to the same request, sent before.
    pub earlier_answer: Option<Received>,
    /// Which attempt the request is.
    pub attempt: Attempt,
    /// Earlier attempts at the same request, in their order.
    pub earlier: Vec<Attempt>,
    /// How often the command asks for the same when all goes well, where that is known.
    pub calls: Option<usize>,
    /// What became of it, where it met a fault and the command has ended.
    pub fault: Option<FaultEnd>,
}

/// An attempt at a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attempt {
    /// When it had arrived, since the command's start.
    pub at: Duration,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// Its idempotency token, where it has one.
    pub token: Option<String>,
    /// What the client itself calls the invocation, the same for all its attempts.
    pub invocation: Option<String>,
}

/// What came of an attempt, as far as the one who made it can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AttemptOutcome {
    /// A success that can be read.
    #[default]
    Success,
    /// An error that another attempt would not change.
    Refused,
    /// Anything after which the request may be tried again, and may have been carried out: a failure of the server, too many
    /// calls, an answer that cannot be read, none at all.
    Failed,
}

/// What became of a request that met a fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FaultEnd {
    /// The fault's name.
    pub fault: String,
    /// Whether what is sent under it may be taken for a success.
    pub may_pass: bool,
    /// Whether an attempt had a good answer.
    pub recovered: bool,
    /// Whether a later request, as new as this one, may have been another attempt and had a good answer.
    pub replaced: bool,
    /// The kind of the error that it met, where the fault is one that the operation declares.
    pub kind: Option<ErrorKind>,
    /// How the command ended.
    pub ended: Ended,
}

/// How a command ended. Serialized in short: `exit 0`, `signal 9`, `timeout`, `interrupted`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema), schemars(with = "String"))]
#[serde(into = "String", try_from = "String")]
pub enum Ended {
    /// With an exit code.
    Exit(i32),
    /// By a signal.
    Signal(i32),
    /// It took too long, and was ended.
    TimedOut,
    /// The one who started it did not want to wait any more.
    Interrupted,
}

impl Ended {
    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Exit(code) => format!("ended with exit code {code}"),
            Self::Signal(signal) => format!("was ended by signal {signal}"),
            Self::TimedOut => "did not end in time".to_owned(),
            Self::Interrupted => "was interrupted".to_owned(),
        }
    }

    /// In a word or two, for a table.
    #[must_use]
    pub fn in_short(self) -> String {
        match self {
            Self::Exit(code) => format!("exit {code}"),
            Self::Signal(signal) => format!("signal {signal}"),
            Self::TimedOut => "timeout".to_owned(),
            Self::Interrupted => "interrupted".to_owned(),
        }
    }
}

/// A text that does not say how a command ended.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no end of a command, as `exit 0`, `signal 9`, `timeout` and `interrupted` are")]
pub struct EndedError(String);

impl From<Ended> for String {
    fn from(ended: Ended) -> Self {
        ended.in_short()
    }
}

impl TryFrom<String> for Ended {
    type Error = EndedError;

    fn try_from(text: String) -> Result<Self, EndedError> {
        let number = |word: &str| text.strip_prefix(word)?.parse().ok();
        match text.as_str() {
            "timeout" => Ok(Self::TimedOut),
            "interrupted" => Ok(Self::Interrupted),
            _ => {
                number("exit ").map(Self::Exit).or_else(|| number("signal ").map(Self::Signal)).ok_or(EndedError(text))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_end_is_read_as_it_is_written() {
        for ended in [Ended::Exit(22), Ended::Signal(9), Ended::TimedOut, Ended::Interrupted] {
            assert_eq!(Ended::try_from(String::from(ended)), Ok(ended));
        }
        assert!(Ended::try_from("exit".to_owned()).is_err());
    }
}
