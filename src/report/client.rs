//! What a report says of a client.

use std::collections::BTreeSet;

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::exchange::Ended;

/// What a command sent, how it took faults, and what of the contract it exercised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct ClientSection {
    /// The command's program, without its arguments, which may be secrets; empty where a proxy had none to run.
    pub command: String,
    /// How the command ended.
    pub ended: Ended,
    /// Requests that were judged.
    pub requests: u64,
    /// Requests that came when too many were kept already, and were answered but not judged.
    pub lost: u64,
    /// How it took each fault.
    pub faults: Vec<FaultReport>,
    /// What of each operation was exercised.
    pub coverage: Vec<Coverage>,
}

/// How a command took a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct FaultReport {
    /// The fault.
    pub fault: String,
    /// The operations of which a request met it.
    #[serde(default)]
    pub operations: BTreeSet<String>,
    /// Requests that met it, each counted once however often it was tried.
    pub requests: u64,
    /// Most attempts at one of them.
    pub attempts: u64,
    /// Whether it was tried again, and whether that was called for; nothing where that is not known.
    #[serde(default)]
    pub retry: Option<Retry>,
    /// Whether other attempts had the same idempotency token; nothing without one.
    pub token: Option<TokenReuse>,
    /// Whether the command's output has the code of the error that it ended up with; nothing where it had none.
    #[serde(default)]
    pub error: Option<ErrorNamed>,
    /// How the command ended.
    pub ended: Ended,
    /// What it did.
    pub behaviour: Behaviour,
}

/// Whether a request was tried again, and whether that was called for; the worse comes later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub enum Retry {
    /// It was not, and should not have been.
    #[serde(rename = "not retried, as expected")]
    RightlyNot,
    /// It was, and should have been.
    #[serde(rename = "retried, as expected")]
    Rightly,
    /// It was not, and may have been.
    #[serde(rename = "not retried, though it may be")]
    Missed,
    /// It was, and cannot help.
    #[serde(rename = "retried, though that cannot help")]
    Useless,
}

/// Whether another attempt has the idempotency token of the first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TokenReuse {
    /// It has.
    Reused,
    /// It has another one.
    Changed,
}

/// Whether the output of a command has the code of the error that it ended up with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub enum ErrorNamed {
    /// It has.
    #[serde(rename = "named")]
    Yes,
    /// It has not.
    #[serde(rename = "not named")]
    No,
}

/// What a command did of a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub enum Behaviour {
    /// It sent no request that could meet the fault.
    #[serde(rename = "no request could meet it")]
    NotMet,
    /// It ended with success without an answer to succeed on.
    #[serde(rename = "took it for a success")]
    Mistaken,
    /// It did not end in time.
    #[serde(rename = "did not end")]
    Hung,
    /// It was interrupted.
    #[serde(rename = "was interrupted")]
    Interrupted,
    /// It tried again until it had a good answer, and ended with success.
    #[serde(rename = "recovered")]
    Recovered,
    /// It ended with success, as it may under this fault.
    #[serde(rename = "coped")]
    Coped,
    /// It had a good answer to everything in the end, and failed.
    #[serde(rename = "recovered, and failed")]
    RecoveredAndFailed,
    /// It failed at the first attempt.
    #[serde(rename = "failed at once")]
    FailedAtOnce,
    /// It failed after several attempts.
    #[serde(rename = "failed after retries")]
    FailedAfterRetries,
}

impl Retry {
    /// Of a request that was retried or not, and should have been or not.
    #[must_use]
    pub fn of(retried: bool, due: bool) -> Self {
        match (retried, due) {
            (false, false) => Self::RightlyNot,
            (true, true) => Self::Rightly,
            (false, true) => Self::Missed,
            (true, false) => Self::Useless,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::RightlyNot => "not retried, as expected",
            Self::Rightly => "retried, as expected",
            Self::Missed => "not retried, though it may be",
            Self::Useless => "retried, though that cannot help",
        }
    }
}

impl TokenReuse {
    /// In a word.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Reused => "reused",
            Self::Changed => "changed",
        }
    }
}

impl ErrorNamed {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Yes => "named",
            Self::No => "not named",
        }
    }
}

impl Behaviour {
    /// In words, of a command that made so many attempts.
    #[must_use]
    pub fn words(self, attempts: u64) -> String {
        match self {
            Self::NotMet => "no request could meet it".to_owned(),
            Self::Mistaken => "took it for a success".to_owned(),
            Self::Hung => "did not end".to_owned(),
            Self::Interrupted => "was interrupted".to_owned(),
            Self::Recovered => "recovered".to_owned(),
            Self::Coped => "coped".to_owned(),
            Self::RecoveredAndFailed => "recovered, and failed".to_owned(),
            Self::FailedAtOnce => "failed at once".to_owned(),
            Self::FailedAfterRetries => format!("failed after {attempts} attempts"),
        }
    }
}

/// What of an operation was exercised.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Coverage {
    /// The operation.
    pub operation: String,
    /// Requests for it.
    pub calls: u64,
    /// Members of its input.
    pub members: Exercised,
    /// Values of members that have a list of them.
    pub values: Exercised,
    /// Constraints of its input; exercised are those that were broken.
    pub constraints: Exercised,
    /// Its errors; exercised are those that were answered.
    pub errors: Exercised,
}

/// What was exercised, and what never.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Exercised {
    /// Exercised at least once.
    pub seen: Vec<String>,
    /// Never exercised.
    pub never: Vec<String>,
}

impl Exercised {
    /// Sorts names into those that were seen and those that never were.
    pub(crate) fn of(all: impl IntoIterator<Item = String>, seen: &BTreeSet<String>) -> Self {
        let mut found = Self::default();
        for one in all {
            let list = if seen.contains(&one) { &mut found.seen } else { &mut found.never };
            if !list.contains(&one) {
                list.push(one);
            }
        }
        found
    }

    /// Joins what was exercised elsewhere.
    pub(crate) fn join(&mut self, other: Self) {
        let seen: BTreeSet<String> = self.seen.iter().chain(&other.seen).cloned().collect();
        let names = std::mem::take(self);
        let all = names.seen.into_iter().chain(names.never).chain(other.seen).chain(other.never);
        *self = Self::of(all, &seen);
    }
}
