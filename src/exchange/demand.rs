//! What the contract demands of a request: derived from its input, or stated by the case that it is of.

use std::fmt;

use crate::model::{
    Cause, Citation, Constraint, ConstraintId, Dialect, ErrorDef, ErrorKind, ErrorLink, Grounds, Operation, Reaction,
    Strength, Table, Violation,
};

/// What must happen to a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// It must succeed. It may sit on the boundary of a constraint.
    Valid {
        /// The constraint at whose boundary it is.
        boundary: Option<ConstraintId>,
    },
    /// It breaks this constraint, and others only by the very value that breaks it; it must get what one of them demands.
    Invalid {
        /// The broken constraint.
        constraint: ConstraintId,
    },
    /// It must be refused for a reason outside of its input.
    Refused {
        /// The reason.
        cause: Cause,
    },
    /// What a probe claims must happen.
    Probe {
        /// The probe's place in the list of all.
        probe: usize,
        /// The place of its form among its forms.
        form: usize,
    },
}

impl Verdict {
    /// The constraint that is broken, or sat on.
    #[must_use]
    pub fn constraint(self) -> Option<ConstraintId> {
        match self {
            Self::Valid { boundary } => boundary,
            Self::Invalid { constraint } => Some(constraint),
            Self::Refused { .. } | Self::Probe { .. } => None,
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
    /// A refusal.
    Refusal(Refusal<'c>),
    /// The service's reaction is not known.
    Unknown,
}

/// A refusal that is due, as exactly as it is known.
#[derive(Debug, Clone, Copy)]
pub enum Refusal<'c> {
    /// This error.
    Error {
        /// The error.
        error: &'c ErrorDef,
        /// Who says that it is this one; nothing in a dialect that has one error for all.
        link: Option<&'c ErrorLink>,
    },
    /// Any validation error that is declared.
    Declared(&'c Grounds),
    /// Any client error in the protocol's shape.
    AnyClientError(&'c Grounds),
}

impl<'c> Refusal<'c> {
    /// The error, where it is a certain one.
    #[must_use]
    pub fn error(self) -> Option<&'c ErrorDef> {
        match self {
            Self::Error { error, .. } => Some(error),
            Self::Declared(_) | Self::AnyClientError(_) => None,
        }
    }

    /// Who says that it is due, and how far that is trusted.
    #[must_use]
    pub fn grounds(self) -> (&'c [Citation], Strength) {
        match self {
            Self::Error { link: Some(link), .. } => (&link.citations, link.strength),
            Self::Error { error, link: None } => (&error.citations, error.strength),
            Self::Declared(grounds) | Self::AnyClientError(grounds) => (&grounds.citations, grounds.strength),
        }
    }

    /// Whether a declared error is one that it may be.
    #[must_use]
    pub fn admits(self, declared: &ErrorDef) -> bool {
        match self {
            Self::Error { error, .. } => declared.code == error.code,
            Self::Declared(_) => declared.kind == ErrorKind::Validation,
            Self::AnyClientError(_) => true,
        }
    }
}

/// In a few words, such as `400 InvalidParameterValue`.
impl fmt::Display for Refusal<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Error { error, .. } => write!(f, "{} {}", error.status, error.code),
            Self::Declared(_) => f.write_str("a declared validation error"),
            Self::AnyClientError(_) => f.write_str("a client error (400 to 499)"),
        }
    }
}

impl Demand {
    /// The demand on an input that is sent plainly, from what the input itself breaks; nothing where that is more than one
    /// value, since any of them may then be answered.
    #[must_use]
    pub fn derive(operation: &Operation, input: &serde_json::Value) -> Option<Self> {
        let verdict = match operation.input.judge(input).as_slice() {
            [] => Verdict::Valid { boundary: None },
            broken @ [first, ..] => {
                let is_one_value = broken.iter().all(|other| other.at == first.at);
                let constraint = first.constraint;
                (is_one_value && is_about(&operation.input, broken, constraint))
                    .then_some(Verdict::Invalid { constraint })?
            }
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

/// Whether what is broken is this constraint, and others only by the very values that break it: then any of their errors is
/// right.
#[must_use]
pub fn is_about(shape: &Table, broken: &[Violation], constraint: ConstraintId) -> bool {
    let member = &shape.constraints[constraint].member;
    let here = |at: &str| broken.iter().any(|violation| violation.constraint == constraint && violation.at == at);
    !broken.is_empty()
        && broken.iter().all(|violation| {
            let same_member = shape.constraints[violation.constraint].member == *member;
            violation.constraint == constraint || same_member && here(&violation.at)
        })
}

impl Verdict {
    /// What it comes to in a dialect.
    #[must_use]
    pub fn expected(self, operation: &Operation, dialect: Dialect) -> Expected<'_> {
        let reaction = match self {
            Self::Valid { .. } => return Expected::Success { status: operation.status(dialect) },
            Self::Invalid { constraint } => &operation.input.constraints[constraint].reaction,
            Self::Refused { cause } => operation.errors.reaction(cause),
            Self::Probe { .. } => return Expected::Unknown,
        };
        if let Some(documented) = operation.service.documented_in(dialect).filter(|_| reaction.is_known()) {
            return Expected::Refusal(Refusal::Error { error: &documented.error, link: None });
        }
        Expected::Refusal(match reaction {
            Reaction::Code(link) => Refusal::Error { error: &operation.errors.all[link.error], link: Some(link) },
            Reaction::Declared(grounds) => Refusal::Declared(grounds),
            Reaction::AnyClientError(grounds) => Refusal::AnyClientError(grounds),
            Reaction::Unknown => return Expected::Unknown,
        })
    }
}
