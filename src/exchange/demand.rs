//! What the contract demands of a request: derived from its input, or stated by the case that it is of.

use crate::model::{Cause, Constraint, ConstraintId, Dialect, ErrorDef, ErrorLink, Operation};

/// What must happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It must succeed. It may sit on the boundary of a constraint.
    Valid {
        /// The constraint at whose boundary it is.
        boundary: Option<ConstraintId>,
    },
    /// It breaks exactly this constraint, and must get its error.
    Invalid {
        /// The broken constraint.
        constraint: ConstraintId,
    },
    /// It must be refused for a reason outside of its input.
    Refused {
        /// The reason.
        cause: Cause,
    },
}

impl Verdict {
    /// The constraint that is broken, or sat on.
    #[must_use]
    pub fn constraint(self) -> Option<ConstraintId> {
        match self {
            Self::Valid { boundary } => boundary,
            Self::Invalid { constraint } => Some(constraint),
            Self::Refused { .. } => None,
        }
    }
}

/// How a request differs from one that is sent plainly.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variation {
    /// In nothing.
    Plain,
    /// It has no credentials.
    NoCredentials,
    /// It has a method that the operation does not have.
    OtherMethod,
    /// It is sent twice, and both answers are judged.
    Twice,
}

/// What the contract demands of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Demand {
    /// What must happen.
    pub verdict: Verdict,
    /// How the request is sent.
    pub variation: Variation,
    /// Whether nothing else about the request is unusual, so that only the constraint of the verdict can be to blame.
    pub isolated: bool,
}

/// What a request must be answered with.
#[derive(Debug, Clone, Copy)]
pub enum Expected<'c> {
    /// A success with this status.
    Success {
        /// The success status.
        status: u16,
    },
    /// This error.
    Error {
        /// The error.
        error: &'c ErrorDef,
        /// Who says that it is this one; nothing in a dialect that has one error for all.
        link: Option<&'c ErrorLink>,
    },
    /// The service's reaction is not known.
    Unknown,
}

impl Demand {
    /// The demand on an input that is sent plainly, from what the input itself breaks; nothing where that is more than one
    /// constraint, since any of them may then be answered.
    #[must_use]
    pub fn derive(operation: &Operation, input: &serde_json::Value) -> Option<Self> {
        let verdict = match operation.input.judge(input).as_slice() {
            [] => Verdict::Valid { boundary: None },
            [only] => Verdict::Invalid { constraint: only.constraint },
            _ => return None,
        };
        Some(Self { verdict, variation: Variation::Plain, isolated: false })
    }

    /// The constraint that is broken.
    #[must_use]
    pub fn broken(self, operation: &Operation) -> Option<&Constraint> {
        match self.verdict {
            Verdict::Invalid { constraint } => Some(&operation.input.constraints[constraint]),
            _ => None,
        }
    }
}

impl Verdict {
    /// What it comes to in a dialect.
    #[must_use]
    pub fn expected(self, operation: &Operation, dialect: Dialect) -> Expected<'_> {
        let link = match self {
            Self::Valid { .. } => return Expected::Success { status: operation.status(dialect) },
            Self::Invalid { constraint } => operation.input.constraints[constraint].error.as_ref(),
            Self::Refused { cause } => operation.errors.causes.get(&cause),
        };
        match (link, operation.service.documented_in(dialect)) {
            (None, _) => Expected::Unknown,
            (Some(_), Some(documented)) => Expected::Error { error: &documented.error, link: None },
            (Some(link), _) => Expected::Error { error: &operation.errors.all[link.error], link: Some(link) },
        }
    }
}
