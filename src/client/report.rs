//! What was found of a client, as data.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::behaviour::{Ended, WRONG_ANSWER_TAKEN};
use super::check::by_code;
use super::coverage::Coverage;
use super::fault::Fault;
use crate::contract::model::Strength;
use crate::exchange::RedactedMessage;
use crate::report::{Acceptable, Accepted, Accepting, Key, Lists, NO_OPERATION, Stale};

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
    /// Findings that the baseline accepts.
    #[serde(default)]
    pub accepted: Vec<Accepted<ClientFinding>>,
    /// Entries of the baseline that must go.
    #[serde(default)]
    pub stale: Vec<Stale>,
    /// Whether the command came to its own end each time, with success where it had no trouble, and all that it then sent
    /// was judged.
    #[serde(default)]
    pub whole: bool,
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
    pub request: Option<RedactedMessage>,
    /// Who says so.
    pub citation: Vec<String>,
}

/// How a command took a fault.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
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
    pub retry: Option<String>,
    /// Whether other attempts had the same idempotency token; nothing without one.
    pub token: Option<String>,
    /// Whether the command said the code of the error that it ended up with; nothing where it had none.
    #[serde(default)]
    pub error: Option<String>,
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
            whole: ended == Ended::Exit(0) && judged.lost == 0,
            judged,
            faults: Vec::new(),
            accepted: Vec::new(),
            stale: Vec::new(),
        }
    }

    /// Whether it fails the run.
    #[must_use]
    pub fn departs(&self) -> bool {
        let found = !self.judged.findings.is_empty() || self.strict && !self.judged.notes.is_empty();
        found || !self.stale.is_empty()
    }
}

impl Acceptable for ClientFinding {
    fn key(&self) -> Key<'_> {
        (self.operation.as_deref().unwrap_or(NO_OPERATION), &self.check, self.about.as_deref())
    }
}

impl Accepting for ClientReport {
    type Finding = ClientFinding;

    fn lists(&mut self) -> Lists<'_, ClientFinding> {
        Lists {
            findings: &mut self.judged.findings,
            notes: &mut self.judged.notes,
            strict: self.strict,
            accepted: &mut self.accepted,
            stale: &mut self.stale,
        }
    }

    fn keys(&self) -> Vec<Key<'_>> {
        let notes = self.judged.notes.iter().filter(|_| self.strict);
        let accepted = self.accepted.iter().map(|accepted| &accepted.finding);
        self.judged.findings.iter().chain(notes).chain(accepted).map(ClientFinding::key).collect()
    }

    /// The operation was called, and the trouble given that the finding is about. What is found of the answers of a real
    /// implementation depends on what it is asked, so that its absence says little.
    fn would_show(&self, (operation, check, about): Key<'_>) -> bool {
        let called = |one: &Coverage| one.calls > 0 && one.operation == operation;
        let called = operation == NO_OPERATION || self.judged.coverage.iter().any(called);
        let met = |row: &FaultReport| row.operations.contains(operation) && about == Some(&row.fault);
        let given = |fault: Fault| self.faults.iter().any(|row| row.fault == fault.name());
        let troubled = match by_code(check) {
            // Nobody knows which fault it was.
            Some(check) => !check.needs_trouble() || Fault::all_wrong().all(given),
            None => check == WRONG_ANSWER_TAKEN && self.faults.iter().any(met),
        };
        self.whole && troubled && called
    }
}
