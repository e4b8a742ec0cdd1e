//! What a probe sends, and what it claims about the answer.

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use super::Base;
use crate::model::{Cause, Citation, ConstraintId, Strength};

/// How a request travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Manner {
    /// As any other.
    #[default]
    Plain,
    /// Its body in chunks (RFC 9112, section 7.1).
    Chunked,
    /// The words of its header names begin with a capital.
    TitleCase,
    /// Twice, one after the other, on one connection; the second answer counts.
    SameConnection,
}

/// The credentials that a request carries.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signing {
    /// The judge's own.
    #[default]
    Usual,
    /// What the probe has put into it, or none.
    Own,
    /// The judge's own, signed for a service of another name.
    OtherService,
    /// The judge's own, signed years ago.
    Expired,
    /// The judge's own, in the query string.
    Presigned,
    /// Nobody's, by the second way to authenticate that the service has.
    SecondWay,
}

/// How often a request is sent.
#[derive(Debug, Clone, PartialEq, Default)]
pub enum Rounds {
    /// Once.
    #[default]
    Once,
    /// Three times; the last answer is held against the first.
    Thrice,
    /// After a request for another input, whose answer it is held against.
    After(Value),
    /// Twice at the same time.
    AtOnce,
}

/// What must come of a request.
#[derive(Debug, Clone, PartialEq)]
pub enum Due {
    /// What comes of the base: it says the same.
    Same,
    /// A refusal as the caller's mistake: it cannot be carried out.
    Refused {
        /// What is wrong, of which any may be told.
        causes: Vec<Cause>,
        /// The constraints that its input breaks, of which any may be told.
        broken: Vec<ConstraintId>,
    },
    /// An answer. Whether it is carried out is the service's affair.
    Answered,
}

/// Who says so, and how far that is trusted.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Standards, or citations of the contract.
    pub citations: Vec<String>,
    /// How far they are trusted.
    pub strength: Strength,
}

impl Source {
    /// A standard.
    #[must_use]
    pub fn standard(text: &str) -> Self {
        Self { citations: vec![text.to_owned()], strength: Strength::Documented }
    }

    /// A text that is no standard.
    #[must_use]
    pub fn of(text: &str, strength: Strength) -> Self {
        Self { citations: vec![text.to_owned()], strength }
    }

    /// Citations of the contract.
    #[must_use]
    pub fn cited(citations: &[Citation], strength: Strength) -> Self {
        Self { citations: citations.iter().map(ToString::to_string).collect(), strength }
    }
}

/// A request of a probe with its claim.
#[derive(Debug, Clone)]
pub struct Shot {
    /// The request, without the judge's credentials.
    pub request: Request<Bytes>,
    /// Its input, where that is another one than the base's.
    pub input: Option<Value>,
    /// The input whose plain request must succeed beside it, where that is another one than the base's.
    pub control: Option<Value>,
    /// How it travels.
    pub manner: Manner,
    /// Its credentials.
    pub signing: Signing,
    /// How often it is sent.
    pub rounds: Rounds,
    /// What must come of it.
    pub due: Due,
    /// Who says so.
    pub source: Source,
    /// Statuses of refusals that are right too.
    pub accepts: &'static [u16],
    /// Whether it has the operation's method and path, so that the service itself answers.
    pub is_addressed: bool,
    /// Whether its values are written in another way, so that one that is read wrongly may show in the answer.
    pub is_rewritten: bool,
    /// Whether something in front may hang up on it.
    pub may_hang_up: bool,
}

impl Shot {
    fn new(request: Request<Bytes>, due: Due, source: Source) -> Self {
        Self {
            request,
            input: None,
            control: None,
            manner: Manner::Plain,
            signing: Signing::Usual,
            rounds: Rounds::Once,
            due,
            source,
            accepts: &[],
            is_addressed: true,
            is_rewritten: false,
            may_hang_up: false,
        }
    }

    /// A request that says what the base says.
    #[must_use]
    pub fn same(request: Request<Bytes>, source: Source) -> Self {
        Self::new(request, Due::Same, source)
    }

    /// A request that cannot be carried out.
    #[must_use]
    pub fn refused(request: Request<Bytes>, causes: &[Cause], source: Source) -> Self {
        Self::new(request, Due::Refused { causes: causes.to_vec(), broken: Vec::new() }, source)
    }

    /// A request that only has to be answered.
    #[must_use]
    pub fn answered(request: Request<Bytes>) -> Self {
        Self::new(request, Due::Answered, Source::standard("RFC 9110, section 15.6"))
    }

    /// With another input than the base's.
    #[must_use]
    pub fn input(mut self, input: Value) -> Self {
        self.input = Some(input);
        self
    }

    /// With another input than the base's, beside which the same one must succeed when it is sent plainly.
    #[must_use]
    pub fn beside(mut self, input: Value) -> Self {
        self.control = Some(input.clone());
        self.input(input)
    }

    /// A request for an input that breaks constraints, which is refused as far as the weakest source of the first says.
    #[must_use]
    pub fn breaking_input(base: &Base<'_>, input: Value, broken: Vec<ConstraintId>) -> Option<Self> {
        let request = Base::new(base.operation, base.dialect, &input).request;
        let constraints = &base.operation.input.constraints;
        let best = broken.iter().map(|id| &constraints[*id]).min_by_key(|constraint| constraint.strength)?;
        let is_disputed = broken.iter().all(|id| constraints[*id].disputed);
        let strength = if is_disputed { Strength::Assumed } else { best.strength };
        let shot = Self::refused(request, &[], Source::cited(&best.citations, strength));
        Some(shot.breaking(broken).input(input))
    }

    /// Breaking these constraints, of which any may be told.
    #[must_use]
    pub fn breaking(mut self, constraints: Vec<ConstraintId>) -> Self {
        if let Due::Refused { broken, .. } = &mut self.due {
            *broken = constraints;
        }
        self
    }

    /// Travelling in this manner.
    #[must_use]
    pub fn manner(mut self, manner: Manner) -> Self {
        self.manner = manner;
        self
    }

    /// With these credentials.
    #[must_use]
    pub fn signing(mut self, signing: Signing) -> Self {
        self.signing = signing;
        self
    }

    /// Sent so often.
    #[must_use]
    pub fn rounds(mut self, rounds: Rounds) -> Self {
        self.rounds = rounds;
        self
    }

    /// With refusals that are right too.
    #[must_use]
    pub fn accepts(mut self, statuses: &'static [u16]) -> Self {
        self.accepts = statuses;
        self
    }

    /// With another method or path, so that something else may answer.
    #[must_use]
    pub fn elsewhere(mut self) -> Self {
        self.is_addressed = false;
        self
    }

    /// With its values written in another way.
    #[must_use]
    pub fn rewritten(mut self) -> Self {
        self.is_rewritten = true;
        self
    }

    /// On which something in front may hang up.
    #[must_use]
    pub fn may_hang_up(mut self) -> Self {
        self.may_hang_up = true;
        self
    }

    /// What it claims, in a few words.
    #[must_use]
    pub fn claim(&self) -> &'static str {
        match self.due {
            Due::Same => "says the same: must be answered as the base is",
            Due::Refused { .. } => "must be refused as the caller's mistake",
            Due::Answered => "must be answered, and not by a failure",
        }
    }
}
