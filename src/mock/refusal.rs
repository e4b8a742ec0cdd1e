//! The error that a mock answers where a refusal is due.

use std::sync::LazyLock;

use crate::model::{Cited, ErrorDef, ErrorKind, Errors, Reaction, Strength};

/// The error for a reaction: the one that is named, the first declared validation error, or one of no contract where any
/// client error may come; nothing where the reaction is not known.
#[must_use]
pub fn refusal<'e>(errors: &'e Errors, reaction: &Reaction) -> Option<&'e ErrorDef> {
    match reaction {
        Reaction::Code(link) => Some(&errors.all[link.error]),
        Reaction::Declared(_) => Some(errors.validation().unwrap_or(undeclared())),
        Reaction::AnyClientError(_) => Some(undeclared()),
        Reaction::Unknown => None,
    }
}

/// What is answered where the specs name no error: 400, in the protocol's shape.
#[must_use]
pub fn undeclared() -> &'static ErrorDef {
    static UNDECLARED: LazyLock<ErrorDef> = LazyLock::new(|| ErrorDef {
        code: "UndeclaredError".into(),
        shape: None,
        status: 400,
        kind: ErrorKind::Validation,
        message: None,
        when: None,
        citations: Cited::default(),
        strength: Strength::Assumed,
        status_citations: Cited::default(),
        body: None,
    });
    &UNDECLARED
}
