//! What was found of a client, as data.

use serde::{Deserialize, Serialize};

use super::behaviour::Ended;
use super::coverage::Coverage;
use crate::contract::model::Strength;
use crate::report::Shown;

/// What was found of a command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientReport {
    /// `accordant`.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// The command's program, without its arguments, which may be secrets.
    pub command: String,
    /// How the command ended.
    pub ended: String,
    /// Whether notes fail the run too.
    pub strict: bool,
    /// What was found of its requests.
    #[serde(flatten)]
    pub judged: Judged,
    /// How it took trouble, one fault a line.
    pub faults: Vec<FaultReport>,
}

/// What was found of a list of requests.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Requests that were judged.
    pub requests: u64,
    /// Requests that came when too many were kept already, and were answered but not judged.
    pub lost: u64,
    /// Departures from the contract.
    pub findings: Vec<ClientFinding>,
    /// Departures from what is doubtful, or from what sources disagree on.
    pub notes: Vec<ClientFinding>,
    /// What of each operation was exercised.
    pub coverage: Vec<Coverage>,
}

/// Something that one or more requests have wrong.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ClientFinding {
    /// The check.
    pub check: String,
    /// The operation, where the request is for one.
    pub operation: Option<String>,
    /// What of the contract it is about: the id of a constraint, a member's pointer.
    pub about: Option<String>,
    /// How far the sources are trusted.
    pub strength: Strength,
    /// Whether sources disagree.
    pub disputed: bool,
    /// What is due.
    pub expected: String,
    /// What was sent.
    pub actual: String,
    /// How many requests have it.
    pub count: u64,
    /// The fault under which it was seen, where it was not without.
    pub fault: Option<String>,
    /// The first of the requests, without credentials; sensitive members are masked.
    pub request: Option<Shown>,
    /// Who says so.
    pub citation: Vec<String>,
}

/// How a command took a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FaultReport {
    /// The fault.
    pub fault: String,
    /// Requests that met it, each counted once however often it was tried.
    pub requests: u64,
    /// Most attempts at one of them.
    pub attempts: u64,
    /// Whether other attempts had the same idempotency token; nothing without one.
    pub token: Option<String>,
    /// How the command ended.
    pub ended: String,
    /// What it did.
    pub behaviour: String,
}

impl ClientReport {
    /// A report on a command's requests.
    #[must_use]
    pub fn new(command: String, ended: Ended, strict: bool, judged: Judged) -> Self {
        Self {
            tool: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            command,
            ended: ended.words(),
            strict,
            judged,
            faults: Vec::new(),
        }
    }

    /// Whether it fails the run.
    #[must_use]
    pub fn departs(&self) -> bool {
        !self.judged.findings.is_empty() || self.strict && !self.judged.notes.is_empty()
    }
}
