//! What a report says of a server.

use std::collections::BTreeMap;

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::model::Dialect;

/// What was sent to a server, and how its operations did.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct ServerSection {
    /// What was judged: a URL without credentials, or `built-in mock`.
    pub target: String,
    /// The dialect it was spoken to in.
    pub dialect: Dialect,
    /// The seed of the random phase.
    pub seed: u64,
    /// Which part of the run this is, as `2/4`; nothing for a whole run.
    pub shard: Option<String>,
    /// Cases that were sent and judged.
    pub cases: u64,
    /// Cases that were generated and not sent, since they would not have said what they were meant to.
    pub dropped: u64,
    /// How each operation did.
    pub operations: Vec<OperationReport>,
    /// Constraints that no request of this dialect can break alone.
    pub unreached: Vec<Unreached>,
    /// Flags that a replay needs besides the target and the dialect; what may be a secret is left out of them.
    #[serde(default)]
    pub again: Vec<String>,
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
    /// The inputs that the server accepted before the run and that cases were built on, by name; none where it accepted none.
    #[serde(default)]
    pub bases: Vec<String>,
    /// How the first input that it did not accept was answered.
    #[serde(default)]
    pub refused_base: Option<String>,
    /// Cases that were sent and judged.
    pub cases: u64,
    /// Cases that were answered with a success.
    pub succeeded: u64,
    /// Valid cases that were sent.
    pub valid: u64,
    /// Cases that were refused.
    pub refused: u64,
    /// Cases answered with an error that speaks of the state of the world rather than of the request, by its code.
    pub environmental: BTreeMap<String, u64>,
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
