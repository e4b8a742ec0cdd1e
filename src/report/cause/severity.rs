//! How bad a finding is.

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::check;
use crate::report::Finding;

/// How bad a root cause is, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// A crash, a success that no client can read, or a failure that a client takes for a success.
    Failure,
    /// Credentials that are not asked for, secrets and internals that are shown.
    Security,
    /// A valid request is refused.
    ValidRefused,
    /// A request is refused with another error than the one that is due.
    WrongError,
    /// What must be refused is accepted; of a client: what must not be sent is sent.
    InvalidAccepted,
    /// The form or the content of an answer or a request.
    Form,
}

impl Severity {
    /// Of a finding. One of a code that is no check's is placed by what was expected and what came.
    pub(super) fn of(finding: &Finding) -> Self {
        match finding.code.as_str() {
            code if OF_SECURITY.contains(&code) => Self::Security,
            _ if is_failure(finding) => Self::Failure,
            // Probes of what is let in.
            code if code.starts_with("credentials-") => Self::Security,
            "undecodable-response" | "output-not-found" | "wrong-answer-taken" => Self::Failure,
            "valid-rejected" => Self::ValidRefused,
            "wrong-error-code"
            | "wrong-error-status"
            | "error-code-undeclared"
            | "error-shape"
            | "status-undeclared" => Self::WrongError,
            "invalid-accepted"
            | "method-not-refused"
            | "idempotency-broken"
            | "request-schema"
            | "unknown-operation"
            | "token-not-reused-on-retry"
            | "retry-storm" => Self::InvalidAccepted,
            code if check::by_code(code).is_some() => Self::Form,
            _ => match (status(&finding.expected), status(&finding.actual)) {
                (Some(200..300), Some(400..500)) => Self::ValidRefused,
                (_, Some(200..300)) => Self::InvalidAccepted,
                (Some(_), Some(_)) => Self::WrongError,
                _ => Self::Form,
            },
        }
    }
}

/// Checks of what is let in and let out, which say so of failures too.
const OF_SECURITY: [&str; 5] =
    ["auth-not-required", "secret-echoed", "internals-exposed", "credentials-missing", "secret-in-url"];

/// Whether the server failed, whichever check noticed.
pub(super) fn is_failure(finding: &Finding) -> bool {
    let code = finding.code.as_str();
    let failed = status(&finding.actual).is_some_and(|status| status >= 500);
    matches!(code, "server-error" | "transport-failure") || failed && !OF_SECURITY.contains(&code)
}

/// The status that a description of an answer begins with.
pub(super) fn status(text: &str) -> Option<u16> {
    let word = text.split([' ', ',']).next().filter(|word| word.len() == 3)?;
    word.parse().ok().filter(|status| (100..600).contains(status))
}
