//! The faults a mutant may have, and which check must catch each.

use serde_json::Value;

use crate::model::{ConstraintId, EnvelopeFact};
use crate::probe::PROBES;

/// What a mutant does otherwise than the contract wants.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Fault {
    /// An input that breaks the constraint, and no other that is refused, gets a success.
    NotEnforced {
        /// The constraint.
        constraint: ConstraintId,
    },
    /// Breaking the constraint gets another declared error.
    OtherCode {
        /// The constraint.
        constraint: ConstraintId,
        /// Index of the other error in the operation's errors.
        error: usize,
    },
    /// Breaking the constraint gets a declared error, with a status that no error of that code has.
    OtherStatus {
        /// The constraint.
        constraint: ConstraintId,
        /// The status.
        status: u16,
    },
    /// An output member is left out.
    Dropped {
        /// The member's path.
        member: Vec<String>,
        /// Whether the output's schema requires it, rather than only an echo.
        required: bool,
        /// Whether no other member is left that a client knows.
        alone: bool,
    },
    /// An output member has a value of another type.
    Retyped {
        /// The member's path.
        member: Vec<String>,
        /// The value.
        value: Value,
    },
    /// An output member that should repeat an input member says something else.
    EchoedWrongly {
        /// Index in the operation's echoes.
        echo: usize,
    },
    /// The output breaks a rule about it and its input.
    OutputRuleBroken {
        /// Index in the operation's rules.
        rule: usize,
    },
    /// The output stands in an object that the contract does not have.
    Wrapped,
    /// The names of the output's members begin with letters of the other case.
    OtherCapitals,
    /// The output of a success has no members.
    EmptyOutput,
    /// What stands around outputs and errors lacks a fact.
    OtherEnvelope {
        /// The fact.
        fact: EnvelopeFact,
    },
    /// A member of a JSON body is there twice.
    MemberTwice,
    /// A success has a status that is not declared.
    UndeclaredStatus {
        /// The status.
        status: u16,
    },
    /// Answers say that they are plain text.
    WrongContentType,
    /// An input with a character outside of ASCII makes the service fail.
    FailsOnNonAscii {
        /// Index of the error that is answered; a page of HTML where none is declared for it.
        error: Option<usize>,
    },
    /// Errors are pages of HTML.
    HtmlErrors,
    /// The body of a success ends in its middle.
    TruncatedBody,
    /// Answers carry no request id.
    NoRequestId,
    /// A secret of the request comes back in a header.
    LeaksSecretInHeader,
    /// A secret of the request comes back in the body: in an unknown member, or in an error's message.
    LeaksSecretInBody,
    /// A secret of the request comes back in a header, in Base64.
    LeaksSecretInBase64,
    /// The message of an error is a stack trace.
    ShowsStackTrace,
    /// A request without credentials is answered as if it had some.
    AuthNotRequired,
    /// A repeated call with the same idempotency token is taken for a new one.
    TokenIgnored,
    /// Another method is answered as the operation's own.
    MethodNotRefused,
    /// Errors of the input carry a code that is not declared.
    UndeclaredCode,
    /// Successes have a member that the output does not have.
    ExtraMember,
    /// A valid input that has an optional member is refused.
    RejectsValid {
        /// Index of the error that is answered.
        error: usize,
    },
    /// The connection ends instead of a success.
    ClosesEarly,
    /// Successes take very long.
    Slow,
    /// What a probe sends is refused, or makes the service fail.
    Probed {
        /// The probe's place in the list of all.
        probe: usize,
        /// Whether it is refused.
        is_refused: bool,
    },
}

impl Fault {
    /// The name, as the last part of a mutant's name.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::NotEnforced { .. } => "not-enforced",
            Self::OtherCode { .. } => "other-code",
            Self::OtherStatus { .. } => "other-status",
            Self::Dropped { .. } => "dropped",
            Self::Retyped { .. } => "retyped",
            Self::EchoedWrongly { .. } => "echoed-wrongly",
            Self::OutputRuleBroken { .. } => "output-rule-broken",
            Self::Wrapped => "wrapped",
            Self::OtherCapitals => "other-capitals",
            Self::EmptyOutput => "empty-output",
            Self::OtherEnvelope { .. } => "other-envelope",
            Self::MemberTwice => "member-twice",
            Self::UndeclaredStatus { .. } => "undeclared-status",
            Self::WrongContentType => "wrong-content-type",
            Self::FailsOnNonAscii { .. } => "fails-on-non-ascii",
            Self::HtmlErrors => "html-errors",
            Self::TruncatedBody => "truncated-body",
            Self::NoRequestId => "no-request-id",
            Self::LeaksSecretInHeader => "leaks-secret-in-header",
            Self::LeaksSecretInBody => "leaks-secret-in-body",
            Self::LeaksSecretInBase64 => "leaks-secret-in-base64",
            Self::ShowsStackTrace => "shows-stack-trace",
            Self::AuthNotRequired => "auth-not-required",
            Self::TokenIgnored => "token-ignored",
            Self::MethodNotRefused => "method-not-refused",
            Self::UndeclaredCode => "undeclared-code",
            Self::ExtraMember => "extra-member",
            Self::RejectsValid { .. } => "rejects-valid",
            Self::ClosesEarly => "closes-early",
            Self::Slow => "slow",
            Self::Probed { probe, .. } => PROBES[*probe].name(),
        }
    }

    /// The code of the check that must catch it.
    #[must_use]
    pub fn caught_by(&self) -> &'static str {
        match self {
            Self::NotEnforced { .. } => "invalid-accepted",
            Self::OtherCode { .. } => "wrong-error-code",
            Self::OtherStatus { .. } => "wrong-error-status",
            Self::Dropped { alone: true, .. } | Self::Wrapped | Self::OtherCapitals | Self::EmptyOutput => {
                "output-not-found"
            }
            Self::OutputRuleBroken { .. } => "output-rule",
            Self::OtherEnvelope { .. } | Self::MemberTwice => "wrong-envelope",
            Self::Dropped { required: true, .. } | Self::Retyped { .. } => "output-schema",
            Self::Dropped { required: false, .. } | Self::EchoedWrongly { .. } => "echo-mismatch",
            Self::UndeclaredStatus { .. } => "status-undeclared",
            Self::WrongContentType => "content-type",
            Self::FailsOnNonAscii { .. } => "server-error",
            Self::HtmlErrors => "error-shape",
            Self::TruncatedBody => "undecodable-response",
            Self::NoRequestId => "request-id-missing",
            Self::LeaksSecretInHeader | Self::LeaksSecretInBody | Self::LeaksSecretInBase64 => "secret-echoed",
            Self::ShowsStackTrace => "internals-exposed",
            Self::AuthNotRequired => "auth-not-required",
            Self::TokenIgnored => "idempotency-broken",
            Self::MethodNotRefused => "method-not-refused",
            Self::UndeclaredCode => "error-code-undeclared",
            Self::ExtraMember => "unknown-output-member",
            Self::RejectsValid { .. } => "valid-rejected",
            Self::ClosesEarly => "transport-failure",
            Self::Slow => "slow-response",
            Self::Probed { probe, .. } => PROBES[*probe].name(),
        }
    }
}
