//! What breaking a constraint must cause, as exactly as somebody says it, and the errors that there are for it.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use super::citation::{self, Citation, Cited};
use super::template::Template;
use super::{Cause, ErrorKind, Strength};

/// An error a service may answer.
#[derive(Debug, Clone)]
pub struct ErrorDef {
    /// Wire code.
    pub code: String,
    /// The model's name for it.
    pub shape: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// What it is about.
    pub kind: ErrorKind,
    /// Text the service is known to send.
    pub message: Option<String>,
    /// When it happens.
    pub when: Option<String>,
    /// Where code and status come from.
    pub citations: Cited,
    /// How far that is trusted.
    pub strength: Strength,
    /// Where the status comes from, which may be another source than the code's.
    pub status_citations: Cited,
    /// Body of its own.
    pub body: Option<Template>,
}

impl ErrorDef {
    /// Whether the caller is to blame, as the status says.
    #[must_use]
    pub fn is_callers_fault(&self) -> bool {
        self.status < 500
    }
}

/// Who says something, and how far that is trusted.
#[derive(Debug, Clone)]
pub struct Grounds {
    /// The sources.
    pub citations: Cited,
    /// How far they are trusted.
    pub strength: Strength,
}

impl Grounds {
    /// What these sources say, trusted as far as the best of them; an assumption without any.
    #[must_use]
    pub fn of(citations: Vec<Citation>) -> Self {
        Self { strength: citation::strength_of(&citations), citations: citations.into() }
    }
}

/// Which error answers a cause, and who says so.
#[derive(Debug, Clone)]
pub struct ErrorLink {
    /// Index in the operation's errors.
    pub error: usize,
    /// Sources of the link.
    pub citations: Cited,
    /// How far the link is trusted.
    pub strength: Strength,
}

/// What breaking a constraint must cause. The variants fall from the most exact to nothing.
#[derive(Debug, Clone)]
pub enum Reaction {
    /// This error.
    Code(ErrorLink),
    /// Any validation error that the operation declares.
    Declared(Grounds),
    /// Any client error (a status from 400 to 499) in the protocol's shape, with whatever code.
    AnyClientError(Grounds),
    /// The reaction is not known: nothing is demanded.
    Unknown,
}

impl Reaction {
    /// The error, where it is a certain one.
    #[must_use]
    pub fn link(&self) -> Option<&ErrorLink> {
        match self {
            Self::Code(link) => Some(link),
            Self::Declared(_) | Self::AnyClientError(_) | Self::Unknown => None,
        }
    }

    /// Who says so, and how far that is trusted; nothing where the reaction is not known.
    #[must_use]
    pub fn grounds(&self) -> Option<(&[Citation], Strength)> {
        match self {
            Self::Code(link) => Some((&link.citations, link.strength)),
            Self::Declared(grounds) | Self::AnyClientError(grounds) => Some((&grounds.citations, grounds.strength)),
            Self::Unknown => None,
        }
    }

    /// Whether breaking the constraint must be refused.
    #[must_use]
    pub fn is_known(&self) -> bool {
        !matches!(self, Self::Unknown)
    }

    /// The name of its level, as specs write it; `code` where an error is named.
    #[must_use]
    pub fn level(&self) -> &'static str {
        match self {
            Self::Code(_) => "code",
            Self::Declared(_) => "declared",
            Self::AnyClientError(_) => "class",
            Self::Unknown => "none",
        }
    }
}

/// The errors that can occur, and what each cause must lead to.
#[derive(Debug, Default)]
pub struct Errors {
    /// Declared errors; an operation's own before its service's.
    pub all: Vec<Arc<ErrorDef>>,
    /// The reaction to each cause that is named.
    pub reactions: HashMap<Cause, Reaction>,
    /// The reaction to broken constraints of every other cause, where that is stated. It is not about unknown members.
    pub default: Option<Reaction>,
}

impl Errors {
    /// The error with a wire code.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<usize> {
        self.all.iter().position(|error| error.code == code)
    }

    /// The first of the declared validation errors.
    #[must_use]
    pub fn validation(&self) -> Option<&ErrorDef> {
        self.all.iter().map(AsRef::as_ref).find(|error: &&ErrorDef| error.kind == ErrorKind::Validation)
    }

    /// The error that answers a cause, where it is a certain one.
    #[must_use]
    pub fn for_cause(&self, cause: Cause) -> Option<&ErrorDef> {
        self.reaction(cause).link().map(|link| self.all[link.error].as_ref())
    }

    /// The reaction to a cause, where somebody states it.
    #[must_use]
    pub fn stated(&self, cause: Cause) -> Option<&Reaction> {
        let default = self.default.as_ref().filter(|_| cause.must_be_refused());
        self.reactions.get(&cause).or(default)
    }

    /// The reaction to a cause. Where nobody states it, we assume that a broken constraint gets some client error, and
    /// nothing of any other cause.
    #[must_use]
    pub fn reaction(&self, cause: Cause) -> &Reaction {
        static ASSUMED: LazyLock<Reaction> = LazyLock::new(|| Reaction::AnyClientError(Grounds::of(Vec::new())));
        let unstated = if cause.must_be_refused() { &*ASSUMED } else { &Reaction::Unknown };
        self.stated(cause).unwrap_or(unstated)
    }

    /// Adds what a service says to what its operation says itself, which comes first.
    pub(crate) fn inherit(&mut self, service: &Self) {
        let own = self.all.len();
        let mut moved = Vec::with_capacity(service.all.len());
        for error in &service.all {
            moved.push(self.by_code(&error.code).unwrap_or(self.all.len()));
            if self.by_code(&error.code).is_none_or(|known| known >= own) {
                self.all.push(Arc::clone(error));
            }
        }
        for (cause, reaction) in &service.reactions {
            self.reactions.entry(*cause).or_insert_with(|| match reaction {
                Reaction::Code(link) => Reaction::Code(ErrorLink { error: moved[link.error], ..link.clone() }),
                other => other.clone(),
            });
        }
        self.default = self.default.take().or_else(|| service.default.clone());
    }

    /// Where a declared validation error must come and none is declared, takes any client error. Whether that was so.
    pub(crate) fn soften(&mut self) -> bool {
        if self.validation().is_some() {
            return false;
        }
        let mut softened = false;
        for reaction in self.reactions.values_mut().chain(&mut self.default) {
            if let Reaction::Declared(grounds) = reaction {
                *reaction = Reaction::AnyClientError(grounds.clone());
                softened = true;
            }
        }
        softened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared() -> Reaction {
        Reaction::Declared(Grounds::of(Vec::new()))
    }

    #[test]
    fn what_is_named_goes_before_the_default_and_the_default_before_our_assumption() {
        let mut errors = Errors::default();
        let level = |errors: &Errors, cause| errors.reaction(cause).level();
        assert_eq!(level(&errors, Cause::Length), "class");
        assert!(errors.stated(Cause::Length).is_none());
        errors.default = Some(declared());
        errors.reactions.insert(Cause::Pattern, Reaction::Unknown);
        assert_eq!((level(&errors, Cause::Length), level(&errors, Cause::Pattern)), ("declared", "none"));
        for cause in [Cause::UnknownMember, Cause::UnknownPath, Cause::MissingCredentials] {
            assert_eq!(level(&errors, cause), "none", "{cause:?}");
        }
    }

    #[test]
    fn an_operation_goes_before_its_service_and_a_named_cause_before_a_default() {
        let mut service = Errors { default: Some(declared()), ..Errors::default() };
        service.reactions.insert(Cause::Length, Reaction::AnyClientError(Grounds::of(Vec::new())));
        service.reactions.insert(Cause::Range, declared());
        let mut own = Errors { default: Some(Reaction::Unknown), ..Errors::default() };
        own.reactions.insert(Cause::Range, Reaction::Unknown);
        own.inherit(&service);
        let levels = [Cause::Length, Cause::Range, Cause::Enum].map(|cause| own.reaction(cause).level());
        assert_eq!(levels, ["class", "none", "none"]);
        assert!(service.soften() && !service.soften());
        assert_eq!(service.reaction(Cause::Range).level(), "class");
    }
}
