//! A case: one generated request with the verdict that the contract demands for it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use super::Token;
use crate::codec::Codec;
use crate::contract::model::Cause;
use crate::contract::{ConstraintId, ErrorDef, ErrorLink, Operation};
use crate::mock::Dialect;

/// A generated request with its verdict.
#[derive(Debug, Clone)]
pub struct Case {
    /// The operation it is for.
    pub operation: Arc<Operation>,
    /// The dialect it is spoken in.
    pub dialect: Dialect,
    /// What recreates it.
    pub token: Token,
    /// The input, as it is read back from the request.
    pub input: Value,
    /// What must happen.
    pub verdict: Verdict,
    /// What is done to the request besides sending it.
    pub variation: Variation,
    /// The request, without credentials.
    pub request: Request<Bytes>,
}

/// What the contract demands for a case.
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

/// What is done to a request besides sending it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Variation {
    /// Nothing.
    Plain,
    /// It goes without credentials.
    NoCredentials,
    /// It goes with a method that the operation does not have.
    OtherMethod,
    /// It goes twice, and both answers are judged.
    Twice,
}

/// The kinds of cases that can be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseKind {
    /// Must succeed.
    Valid,
    /// Must succeed, and sits on a boundary.
    Boundary,
    /// Must be refused.
    Invalid,
}

impl CaseKind {
    /// All kinds.
    pub const ALL: [Self; 3] = [Self::Valid, Self::Boundary, Self::Invalid];

    /// The name, as flags have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Boundary => "boundary",
            Self::Invalid => "invalid",
        }
    }
}

impl fmt::Display for CaseKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

impl FromStr for CaseKind {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|kind| kind.name() == text).ok_or(())
    }
}

impl Verdict {
    /// The kind of case it makes.
    #[must_use]
    pub fn kind(self) -> CaseKind {
        match self {
            Self::Valid { boundary: None } => CaseKind::Valid,
            Self::Valid { boundary: Some(_) } => CaseKind::Boundary,
            Self::Invalid { .. } | Self::Refused { .. } => CaseKind::Invalid,
        }
    }

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

/// What a case must be answered with.
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

impl Case {
    /// The codec of its dialect.
    #[must_use]
    pub fn codec(&self) -> &'static dyn Codec {
        codec(&self.operation, self.dialect)
    }

    /// What the contract demands, in the dialect of the case.
    #[must_use]
    pub fn expected(&self) -> Expected<'_> {
        let link = match self.verdict {
            Verdict::Valid { .. } => {
                let documented = self.dialect == Dialect::Documented;
                return Expected::Success { status: if documented { 200 } else { self.operation.http.status } };
            }
            Verdict::Invalid { constraint } => self.operation.input.constraints[constraint].error.as_ref(),
            Verdict::Refused { cause } => self.operation.errors.causes.get(&cause),
        };
        match (link, &self.operation.service.documented) {
            (None, _) => Expected::Unknown,
            (Some(_), Some((_, error))) if self.dialect == Dialect::Documented => Expected::Error { error, link: None },
            (Some(link), _) => Expected::Error { error: &self.operation.errors.all[link.error], link: Some(link) },
        }
    }
}

/// The codec that an operation is spoken with in a dialect.
#[must_use]
pub fn codec(operation: &Operation, dialect: Dialect) -> &'static dyn Codec {
    match (&operation.service.documented, dialect) {
        (Some((protocol, _)), Dialect::Documented) => crate::codec::of(*protocol),
        _ => operation.service.codec(),
    }
}
