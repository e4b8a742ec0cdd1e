//! What a run found, as data: one value that every format is written from, and that shards are joined in.

mod baseline;
mod curl;
#[cfg(feature = "cli")]
mod junit;
mod merge;
mod text;

use std::collections::BTreeMap;

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::contract::model::Strength;
use crate::exchange::RedactedMessage;

pub use baseline::{Acceptable, Accepted, Accepting, Baseline, BaselineError, Key, Lists, NO_OPERATION, Stale};
pub use curl::{render_curl, shell_word};
#[cfg(feature = "cli")]
pub use junit::render_junit;
pub use merge::{MergeError, merge};
pub use text::{render_finding, render_text};

/// What a run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Report {
    /// `accordant`.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// Identifies the specs of each operation, as tokens do.
    pub contract: Vec<String>,
    /// What was judged: a URL without credentials, or `built-in mock`.
    pub target: String,
    /// The dialect it was spoken to in: `native` or `documented`.
    pub dialect: String,
    /// The seed of the random phase.
    pub seed: u64,
    /// Which part of the run this is, as `2/4`; nothing for a whole run.
    pub shard: Option<String>,
    /// Whether notes fail the run too.
    pub strict: bool,
    /// Why the run ended before its end; nothing when it did not.
    pub stopped: Option<String>,
    /// How each operation did.
    pub operations: Vec<OperationReport>,
    /// Cases that were sent and judged.
    pub cases: u64,
    /// Cases that were generated and not sent, since they would not have said what they were meant to.
    pub dropped: u64,
    /// Departures from the contract.
    pub findings: Vec<Finding>,
    /// Departures from what is doubtful, or from what sources disagree on.
    pub notes: Vec<Finding>,
    /// Constraints that no request of this dialect can break alone.
    pub unreached: Vec<Unreached>,
    /// Flags that a replay needs besides the target and the dialect; what may be a secret is left out of them.
    #[serde(default)]
    pub again: Vec<String>,
    /// Findings that the baseline accepts.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
    /// Entries of the baseline that must go.
    #[serde(default)]
    pub stale: Vec<Stale>,
    /// Whether all cases of the operations were sent: every phase, and no token in their place.
    pub whole: bool,
}

/// How an operation did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct OperationReport {
    /// Its name.
    pub operation: String,
    /// Its service.
    pub service: String,
    /// The verdict on it.
    pub outcome: Outcome,
    /// What there is to say about the outcome.
    pub reason: Option<String>,
    /// Cases that were sent and judged.
    pub cases: u64,
    /// Cases that were answered with a success.
    pub succeeded: u64,
    /// Valid cases that were sent.
    pub valid: u64,
    /// Cases that were refused.
    pub refused: u64,
    /// Cases answered with an error that speaks of the world rather than the request, by its code.
    pub circumstances: BTreeMap<String, u64>,
    /// Cases that were not sent, by reason.
    pub dropped: BTreeMap<String, u64>,
    /// For each constraint that was broken or sat on: how often.
    pub constraints: BTreeMap<String, u64>,
}

/// The verdict on an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// It keeps the contract, as far as was tried.
    Conforms,
    /// It departs from the contract.
    Findings,
    /// None of its valid cases ever succeeded, so that little was seen of it.
    SuccessNeverSeen,
    /// The server does not have it.
    Lacking,
    /// The server takes the credentials for wrong.
    CredentialsRefused,
    /// No case of it was sent.
    NotRun,
}

impl Outcome {
    /// In words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Conforms => "conforms",
            Self::Findings => "departs from the contract",
            Self::SuccessNeverSeen => "success never seen",
            Self::Lacking => "not implemented by the server",
            Self::CredentialsRefused => "credentials refused",
            Self::NotRun => "not run",
        }
    }
}

/// A departure from the contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Finding {
    /// The check that complains; `accordant explain CODE` tells more.
    pub code: String,
    /// The operation.
    pub operation: String,
    /// The constraint or output member it is about.
    pub constraint: Option<String>,
    /// How far its sources are trusted.
    pub strength: Strength,
    /// Whether sources disagree.
    pub disputed: bool,
    /// How many cases showed it.
    pub count: u64,
    /// Recreates the case that is shown: `accordant check --replay TOKEN`.
    pub token: String,
    /// What the contract demands.
    pub expected: String,
    /// What came back.
    pub actual: String,
    /// The request, without credentials; sensitive members are masked.
    pub request: RedactedMessage,
    /// The answer, or nothing when none came.
    pub response: Option<RedactedMessage>,
    /// A command that sends the request.
    pub curl: String,
    /// Who says so.
    pub citation: Vec<String>,
}

/// A constraint that no request can break alone.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Unreached {
    /// The operation.
    pub operation: String,
    /// The constraint's id.
    pub constraint: String,
    /// Why.
    pub reason: String,
}

/// What a run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// Everything that was judged keeps the contract.
    Conforms,
    /// Something departs from it, or could not be seen to keep it.
    Departs,
    /// The target could not be reached, or not any more.
    Unreachable,
    /// Nothing was judged.
    NothingChecked,
}

/// Why a run stops when the target cannot be reached any more.
pub const UNREACHABLE: &str = "the target cannot be reached any more";

impl Report {
    /// Asserts that everything that was judged keeps the contract.
    ///
    /// # Panics
    /// Unless the [conclusion](Self::conclusion) is that it conforms; the message is the report as a terminal shows it.
    #[track_caller]
    pub fn assert_conforming(&self) {
        assert!(self.conclusion() == Conclusion::Conforms, "{}\n{}", self.target, render_text(self));
    }

    /// Whether what it does not show is not there: all cases were sent, of all shards, to the end.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.whole && self.shard.is_none() && self.stopped.is_none()
    }

    /// What the run comes to.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let departs = |operation: &OperationReport| !matches!(operation.outcome, Outcome::Conforms | Outcome::NotRun);
        if !self.findings.is_empty() || !self.stale.is_empty() || self.strict && !self.notes.is_empty() {
            Conclusion::Departs
        } else if self.stopped.as_deref() == Some(UNREACHABLE) {
            Conclusion::Unreachable
        } else if self.cases == 0 {
            Conclusion::NothingChecked
        } else if self.operations.iter().any(departs) || self.stopped.is_some() {
            Conclusion::Departs
        } else {
            Conclusion::Conforms
        }
    }
}
