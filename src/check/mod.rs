//! Checks: everything that can be wrong with an answer, one file per check.
//!
//! A [`Check`] is a pure judgement over an [`Exchange`]: it sees what was sent, what the contract demands for it and
//! what came back, never a socket. As a rule one departure gives one complaint of one check, so each check leaves to the
//! others what is theirs:
//!
//! | answer | due | judged by |
//! |---|---|---|
//! | none | | `transport-failure` |
//! | 5xx | | `server-error` |
//! | 1xx, 3xx, another success | | `status-undeclared` |
//! | 4xx that cannot be read | | `error-shape` |
//! | an undeclared error | | `error-code-undeclared` |
//! | a declared error | a success | `valid-rejected` |
//! | a declared error | another error | `wrong-error-code` |
//! | the due error, or one of circumstance | | `wrong-error-status` |
//! | a success | an error | `invalid-accepted`, `auth-not-required`, `method-not-refused` |
//! | a success | a success | `undecodable-response`, or `output-schema`, `unknown-output-member`, `echo-mismatch`, `idempotency-broken` |
//! | any that can be read | | `content-type`, `request-id-missing` |
//! | any | | `secret-echoed`, `slow-response` |
//!
//! Adding a check is adding a file and a line in [`CHECKS`].

mod auth_not_required;
mod claim;
mod complaint;
mod content_type;
mod echo_mismatch;
mod error_code_undeclared;
mod error_shape;
mod exchange;
mod idempotency_broken;
mod invalid_accepted;
mod method_not_refused;
mod output_schema;
mod request_id_missing;
mod secret_echoed;
mod server_error;
mod slow_response;
mod status_undeclared;
pub(crate) mod transport_failure;
mod undecodable_response;
mod unknown_output_member;
mod valid_rejected;
mod wrong_error_code;
mod wrong_error_status;

pub use complaint::Complaint;
pub use exchange::{Answer, Demand, Exchange, is_circumstance};
pub(crate) use exchange::{child, sensitive_strings};

/// A judgement over an exchange.
pub trait Check: Sync {
    /// What is wrong, as a name: the code that reports and `explain` use.
    fn code(&self) -> &'static str;

    /// The page that `explain` prints, in Markdown: what it does, why, an example, the remedy, when it is only a note.
    fn page(&self) -> &'static str;

    /// What the check complains of in an exchange; usually nothing.
    fn judge(&self, exchange: &Exchange<'_>) -> Vec<Complaint>;
}

/// All checks, sorted by code.
pub static CHECKS: &[&dyn Check] = &[
    &auth_not_required::AuthNotRequired,
    &content_type::ContentType,
    &echo_mismatch::EchoMismatch,
    &error_code_undeclared::ErrorCodeUndeclared,
    &error_shape::ErrorShape,
    &idempotency_broken::IdempotencyBroken,
    &invalid_accepted::InvalidAccepted,
    &method_not_refused::MethodNotRefused,
    &output_schema::OutputSchema,
    &request_id_missing::RequestIdMissing,
    &secret_echoed::SecretEchoed,
    &server_error::ServerError,
    &slow_response::SlowResponse,
    &status_undeclared::StatusUndeclared,
    &transport_failure::TransportFailure,
    &undecodable_response::UndecodableResponse,
    &unknown_output_member::UnknownOutputMember,
    &valid_rejected::ValidRejected,
    &wrong_error_code::WrongErrorCode,
    &wrong_error_status::WrongErrorStatus,
];

/// The check with a code.
#[must_use]
pub fn by_code(code: &str) -> Option<&'static dyn Check> {
    CHECKS.iter().copied().find(|check| check.code() == code)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of the directory that are no checks.
    const WORDS: [&str; 4] = ["mod", "complaint", "exchange", "claim"];

    #[test]
    fn the_list_is_sorted_and_equals_the_directory() {
        let codes: Vec<&str> = CHECKS.iter().map(|check| check.code()).collect();
        assert!(codes.is_sorted_by(|one, other| one < other), "{codes:?}");
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/check");
        let files = std::fs::read_dir(directory).expect("the source directory").map(|entry| {
            let path = entry.expect("an entry").path();
            path.file_stem().expect("a name").to_string_lossy().into_owned()
        });
        let mut files: Vec<String> = files.filter(|name| !WORDS.contains(&name.as_str())).collect();
        files.sort();
        assert_eq!(codes.iter().map(|code| code.replace('-', "_")).collect::<Vec<_>>(), files);
    }

    #[test]
    fn each_page_has_its_parts() {
        for check in CHECKS {
            let (code, page) = (check.code(), check.page());
            assert!(page.starts_with(&format!("# {code}\n\n")), "{code}: the page starts with another title");
            for part in ["What it does", "Why it matters", "Example", "Remedy", "When it is a note"] {
                let (_, rest) =
                    page.split_once(&format!("## {part}\n\n")).unwrap_or_else(|| panic!("{code}: no {part}"));
                assert!(!rest.trim_start().starts_with('#') && !rest.trim().is_empty(), "{code}: {part} is empty");
            }
            assert!(by_code(code).is_some_and(|found| std::ptr::eq(found.page(), page)));
        }
    }
}
