//! Checks: everything that can be wrong with an answer, one file per check.
//!
//! A [`Check`] is a pure judgement over an [`Exchange`]: it sees what was sent, what the contract demands for it and
//! what came back, never a socket. Adding a check is adding a file and a line in [`CHECKS`].

use serde_json::Value;

use crate::codec::{Outcome, Received, Rejection};
use crate::contract::model::{ErrorKind, Strength};
use crate::contract::{Citation, Constraint, ErrorDef, Operation};
use crate::generate::{Case, Expected};
use crate::judge::{Reply, TransportFailure};

/// A judgement over an exchange.
pub trait Check: Sync {
    /// What is wrong, as a name: the code that reports and `explain` use.
    fn code(&self) -> &'static str;

    /// The page that `explain` prints: what it does, why, an example, the remedy.
    fn page(&self) -> &'static str;

    /// What the check complains of in an exchange; usually nothing.
    fn judge(&self, exchange: &Exchange<'_>) -> Vec<Complaint>;
}

/// All checks, sorted by code.
pub static CHECKS: &[&dyn Check] = &[];

/// The check with a code.
#[must_use]
pub fn by_code(code: &str) -> Option<&'static dyn Check> {
    CHECKS.iter().copied().find(|check| check.code() == code)
}

/// A request and what came back.
#[derive(Debug)]
pub struct Exchange<'e> {
    /// The case: operation, input, verdict.
    pub case: &'e Case,
    /// Secrets that went with the request: credentials, never to come back.
    pub secrets: &'e [String],
    /// What came back.
    pub reply: &'e Result<Reply, TransportFailure>,
    /// The answer as the codec reads it; nothing when none came.
    pub received: Option<Result<Received, Rejection>>,
    /// The answer to the same request, sent before.
    pub earlier: Option<Received>,
}

/// What a check says of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub struct Complaint {
    /// What the contract demands.
    pub expected: String,
    /// What came back instead, without secrets.
    pub actual: String,
    /// What of the contract it is about: the id of a constraint, or a member's pointer.
    pub about: Option<String>,
    /// Who says so.
    pub citations: Vec<String>,
    /// How far they are trusted.
    pub strength: Strength,
    /// Whether sources disagree.
    pub disputed: bool,
}

impl Complaint {
    /// A complaint without a source yet, which makes it an assumption.
    pub fn new(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        let (expected, actual) = (expected.into(), actual.into());
        Self { expected, actual, about: None, citations: Vec::new(), strength: Strength::Assumed, disputed: false }
    }

    /// What of the contract it is about.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = Some(about.into());
        self
    }

    /// The sources, and how far they are trusted.
    #[must_use]
    pub fn cite(mut self, citations: &[Citation], strength: Strength) -> Self {
        self.citations.extend(citations.iter().map(ToString::to_string));
        self.strength = strength;
        self
    }

    /// A standard that says so.
    #[must_use]
    pub fn standard(mut self, standard: &str) -> Self {
        self.citations.push(standard.to_owned());
        self.strength = Strength::Documented;
        self
    }

    /// Trusts the complaint no further than this.
    #[must_use]
    pub fn at_most(mut self, strength: Strength) -> Self {
        self.strength = self.strength.max(strength);
        self
    }

    /// Marks it as a matter on which sources disagree.
    #[must_use]
    pub fn disputed(mut self, disputed: bool) -> Self {
        self.disputed |= disputed;
        self
    }

    /// Whether it can fail a run, rather than being a note.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        !self.disputed && self.strength <= Strength::Model
    }
}

/// How an answer stands to what is declared.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'e> {
    /// A success, which could be read.
    Success(&'e Value),
    /// An error with a code that the contract declares.
    Declared(&'e ErrorDef),
    /// An error with another code.
    Undeclared(&'e str),
    /// No answer, or none that could be read.
    Unreadable,
}

impl<'e> Exchange<'e> {
    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &'e Operation {
        &self.case.operation
    }

    /// What the contract demands.
    #[must_use]
    pub fn expected(&self) -> Expected<'e> {
        self.case.expected()
    }

    /// The answer's status, when there is an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.reply.as_ref().ok().map(|reply| reply.response.status().as_u16())
    }

    /// The answer, as far as the contract knows it. In the documented dialect only that dialect's error is declared.
    #[must_use]
    pub fn answer(&self) -> Answer<'_> {
        let Some(Ok(received)) = &self.received else { return Answer::Unreadable };
        match &received.outcome {
            Outcome::Output(output) => Answer::Success(output),
            Outcome::Error { code, .. } => match declared(self.case, code, received.status) {
                Some(error) => Answer::Declared(error),
                None => Answer::Undeclared(code),
            },
        }
    }

    /// The constraint that the case breaks.
    #[must_use]
    pub fn broken(&self) -> Option<&'e Constraint> {
        match self.case.verdict {
            crate::generate::Verdict::Invalid { constraint } => Some(&self.operation().input.constraints[constraint]),
            _ => None,
        }
    }
}

/// The declared error of a code: the one with the status too, where several share the code.
fn declared<'c>(case: &'c Case, code: &str, status: u16) -> Option<&'c ErrorDef> {
    if let (crate::mock::Dialect::Documented, Some((_, shown))) = (case.dialect, &case.operation.service.documented) {
        return (shown.code == code).then_some(shown);
    }
    let same = || case.operation.errors.all.iter().filter(|error| error.code == code);
    same().find(|error| error.status == status).or_else(|| same().next())
}

/// Whether an error says something about the world rather than about the request: a resource, a quota, a limit of calls.
#[must_use]
pub fn is_circumstance(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::State | ErrorKind::Quota | ErrorKind::Throttling)
}
