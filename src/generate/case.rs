//! A case: one generated request with the verdict that the contract demands for it.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use super::{Phase, Token};
use crate::codec::Codec;
use crate::exchange::{Bases, Demand, Expected, Variation, Verdict};
use crate::model::{Dialect, Operation};
use crate::probe::{Base, Chosen, Shot};

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
    /// How it is sent.
    pub variation: Variation,
    /// The request, without credentials.
    pub request: Request<Bytes>,
    /// What it is a twin of: the inputs that the server has accepted.
    pub bases: Arc<Bases>,
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
    /// Must come to what a probe claims.
    Probe,
}

impl CaseKind {
    /// All kinds.
    pub const ALL: [Self; 4] = [Self::Valid, Self::Boundary, Self::Invalid, Self::Probe];

    /// The name, as flags have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Valid => "valid",
            Self::Boundary => "boundary",
            Self::Invalid => "invalid",
            Self::Probe => "probe",
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

impl From<Verdict> for CaseKind {
    fn from(verdict: Verdict) -> Self {
        match verdict {
            Verdict::Valid { boundary: None } => Self::Valid,
            Verdict::Valid { boundary: Some(_) } => Self::Boundary,
            Verdict::Invalid { .. } | Verdict::Refused { .. } => Self::Invalid,
            Verdict::Probe { .. } => Self::Probe,
        }
    }
}

impl Case {
    /// The codec of its dialect.
    #[must_use]
    pub fn codec(&self) -> &'static dyn Codec {
        codec(&self.operation, self.dialect)
    }

    /// What the contract demands. In the random phase everything is drawn, so that more than the verdict's constraint may
    /// be unusual.
    #[must_use]
    pub fn demand(&self) -> Demand {
        let isolated = self.token.phase != Phase::Random;
        Demand { verdict: self.verdict, variation: self.variation, isolated }
    }

    /// The case as an observation of which no answer is known yet.
    #[cfg(feature = "check")]
    #[must_use]
    pub fn observation(&self) -> crate::exchange::Observation<'_> {
        crate::exchange::Observation {
            demand: Some(self.demand()),
            bases: Some(&self.bases),
            ..crate::exchange::Observation::new(&self.operation, self.dialect, &self.request, &self.input)
        }
    }

    /// The probe that it is of.
    #[must_use]
    pub fn probe(&self) -> Option<Chosen> {
        match self.verdict {
            Verdict::Probe { probe, form } => Some(Chosen { probe, form }),
            _ => None,
        }
    }

    /// What its probe sends, and claims.
    #[must_use]
    pub fn shot(&self) -> Option<Shot> {
        self.probe()?.shot(&Base::new(&self.operation, self.dialect, &self.input))
    }

    /// What the case must be answered with, in its dialect.
    #[must_use]
    pub fn expected(&self) -> Expected<'_> {
        self.verdict.expected(&self.operation, self.dialect)
    }

    /// The kind of case that it is.
    #[must_use]
    pub fn kind(&self) -> CaseKind {
        self.verdict.into()
    }
}

/// The codec that an operation is spoken with in a dialect.
#[must_use]
pub fn codec(operation: &Operation, dialect: Dialect) -> &'static dyn Codec {
    operation.service.codec_for(dialect)
}
