//! A finding: what a check complains of, with all that a person needs to see it, believe it and repeat it.

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check::{self, Complaint, Group, Key, Party, Shown, Tally};
use crate::exchange::RedactedMessage;
use crate::generate::Token;
use crate::model::Strength;
use crate::probe;

/// A departure from the contract.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Finding {
    /// The check that complains; `accordant explain CODE` tells more.
    pub code: String,
    /// The operation, where there is one.
    pub operation: Option<String>,
    /// What of the contract it is about: the id of a constraint, a member's pointer, the code of an error, a fault.
    pub about: Option<String>,
    /// How far its sources are trusted.
    pub strength: Strength,
    /// Whether sources disagree.
    pub disputed: bool,
    /// How many cases or requests showed it.
    pub count: u64,
    /// What the contract demands.
    pub expected: String,
    /// What was seen instead.
    pub actual: String,
    /// Who says so.
    pub citation: Vec<String>,
    /// One request that shows it, then the answer to it where it is about that and one came.
    pub evidence: Vec<RedactedMessage>,
    /// How to see it again, where it is of a generated case.
    #[serde(default)]
    pub replay: Option<Replay>,
    /// The fault under which it was seen, where it was not without.
    #[serde(default)]
    pub fault: Option<String>,
    /// What it was compared with, where it was tried again.
    #[serde(default)]
    pub comparison: Option<Comparison>,
}

/// What a finding was compared with, and whether it was seen again.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Comparison {
    /// Where the request differs from the base, which is a valid one that the server has accepted: pointers into the input.
    pub change: Vec<String>,
    /// The base, and the answer to it; empty where there is none.
    pub base: Vec<RedactedMessage>,
    /// How often it was seen in as many tries as `tried`, of which the first is the one that showed it.
    pub seen: u64,
    /// How often it was tried.
    pub tried: u64,
    /// Why it is trusted no further than as a note, where the comparison says so.
    pub doubt: Option<String>,
}

/// How to see a finding again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Replay {
    /// Recreates the case that is shown: `accordant check --replay TOKEN`.
    #[cfg_attr(feature = "cli", schemars(with = "String"))]
    #[serde(with = "token")]
    pub token: Token,
    /// A command that sends the request.
    pub curl: String,
}

/// Tokens as texts.
mod token {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::generate::Token;

    pub fn serialize<S: Serializer>(token: &Token, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(token)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Token, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl Finding {
    /// One complaint of a check, with nothing to show yet.
    #[must_use]
    pub fn new(code: &str, operation: Option<String>, complaint: Complaint) -> Self {
        Self {
            code: code.to_owned(),
            operation,
            about: complaint.about,
            strength: complaint.strength,
            disputed: complaint.disputed,
            count: 1,
            expected: complaint.expected,
            actual: complaint.actual,
            citation: complaint.citations,
            evidence: Vec::new(),
            replay: None,
            fault: None,
            comparison: None,
        }
    }

    /// Whether it can fail a run, rather than being a note.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        !self.disputed && self.strength <= Strength::Model
    }

    /// Whom it is about; nothing where it is of a check that this version does not have.
    #[must_use]
    pub fn party(&self) -> Option<Party> {
        let of_probe = probe::by_name(&self.code).map(|_| Party::Server);
        check::by_code(&self.code).map(check::Check::party).or(of_probe)
    }

    /// What findings about the same have in common.
    #[must_use]
    pub fn key(&self) -> Key {
        Key {
            operation: self.operation.clone(),
            code: self.code.clone(),
            about: self.about.clone(),
            is_finding: self.is_finding(),
        }
    }

    /// Adds it to a tally with all that it counts.
    pub(crate) fn add_to(self, tally: &mut Tally<Self>) {
        tally.add_group(self.key(), Group { count: self.count, shown: self });
    }
}

/// Of two findings about the same, the one with the smaller token is shown; without tokens, the one seen first.
impl Shown for Finding {
    fn precedes(&self, other: &Self) -> bool {
        match (&self.replay, &other.replay) {
            (Some(own), Some(others)) => own.token < others.token,
            _ => false,
        }
    }
}

/// The findings of a tally, then the notes, each with its count.
pub(crate) fn findings_and_notes(tally: Tally<Finding>) -> (Vec<Finding>, Vec<Finding>) {
    let counted = tally.into_iter().map(|group| Finding { count: group.count, ..group.shown });
    counted.partition(Finding::is_finding)
}
