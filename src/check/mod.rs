//! Checks: everything that can be wrong with an answer, a request or a whole run, one file per check.
//!
//! A [`Check`] is a pure judgement over an [`Observation`]: it sees what was sent, what the contract demands for it, what
//! came back and what went before, never a socket. Adding a check is adding a file to the folder of its [`Party`], a line
//! in [`CHECKS`], and exchanges in `fixtures/exchanges/`.

mod client;
mod complaint;
mod run;
mod server;
mod tally;

pub use complaint::Complaint;
pub use tally::{Group, Key, Shown, Tally};

use crate::exchange::Observation;

/// Whom a check complains of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Party {
    /// A server, by one of its answers.
    Server,
    /// A client, by one of its requests.
    Client,
    /// A command, by how it ended after what its requests met.
    Run,
}

/// A judgement over an observation.
pub trait Check: Sync {
    /// What is wrong, as a name: the code that reports and `explain` use.
    fn code(&self) -> &'static str;

    /// The page that `explain` prints, in Markdown: what it does, why, an example, the remedy, when it is only a note.
    fn page(&self) -> &'static str;

    /// Whom it complains of.
    fn party(&self) -> Party;

    /// Whether it complains of how faults are taken, so that it is silent where there are none.
    fn needs_faults(&self) -> bool {
        false
    }

    /// Whether it blames a change, so that it can be believed only where the same request without the change is accepted.
    fn needs_base(&self) -> bool {
        false
    }

    /// What it complains of; usually nothing, and nothing where what it looks at is not known.
    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint>;
}

/// All checks, sorted by party and code.
pub static CHECKS: &[&dyn Check] = &[
    &server::auth_not_required::AuthNotRequired,
    &server::content_type::ContentType,
    &server::echo_mismatch::EchoMismatch,
    &server::error_code_undeclared::ErrorCodeUndeclared,
    &server::error_shape::ErrorShape,
    &server::idempotency_broken::IdempotencyBroken,
    &server::internals_exposed::InternalsExposed,
    &server::invalid_accepted::InvalidAccepted,
    &server::method_not_refused::MethodNotRefused,
    &server::output_not_found::OutputNotFound,
    &server::output_rule::OutputRule,
    &server::output_schema::OutputSchema,
    &server::request_id_missing::RequestIdMissing,
    &server::secret_echoed::SecretEchoed,
    &server::server_error::ServerError,
    &server::slow_response::SlowResponse,
    &server::status_undeclared::StatusUndeclared,
    &server::transport_failure::TransportFailure,
    &server::undecodable_response::UndecodableResponse,
    &server::unknown_output_member::UnknownOutputMember,
    &server::valid_rejected::ValidRejected,
    &server::wrong_envelope::WrongEnvelope,
    &server::wrong_error_code::WrongErrorCode,
    &server::wrong_error_status::WrongErrorStatus,
    &client::credentials_missing::CredentialsMissing,
    &client::documentation_url_sent_literally::DocumentationUrlSentLiterally,
    &client::request_schema::RequestSchema,
    &client::retry_storm::RetryStorm,
    &client::secret_in_url::SecretInUrl,
    &client::token_not_reused_on_retry::TokenNotReusedOnRetry,
    &client::unknown_member::UnknownMember,
    &client::unknown_operation::UnknownOperation,
    &client::wrong_content_type::WrongContentType,
    &run::wrong_answer_taken::WrongAnswerTaken,
];

/// The check with a code.
#[must_use]
pub fn by_code(code: &str) -> Option<&'static dyn Check> {
    CHECKS.iter().copied().find(|check| check.code() == code)
}

/// The checks of a party, sorted by code.
pub fn of(party: Party) -> impl Iterator<Item = &'static dyn Check> + Clone {
    CHECKS.iter().copied().filter(move |check| check.party() == party)
}

/// What the checks of a party say of an observation, by their codes.
#[must_use]
pub fn judge(party: Party, observation: &Observation<'_>) -> Vec<(&'static str, Complaint)> {
    let complaints = of(party).flat_map(|check| {
        let complaints = check.judge(observation);
        complaints.into_iter().map(|complaint| (check.code(), complaint))
    });
    complaints.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of the directories that are no checks.
    const WORDS: [&str; 3] = ["mod", "change", "due"];

    #[test]
    fn the_list_is_sorted_and_equals_the_directories() {
        let named: Vec<(Party, &str)> = CHECKS.iter().map(|check| (check.party(), check.code())).collect();
        assert!(named.is_sorted_by(|one, other| one < other), "{named:?}");
        for (party, folder) in [(Party::Server, "server"), (Party::Client, "client"), (Party::Run, "run")] {
            let directory = format!("{}/src/check/{folder}", env!("CARGO_MANIFEST_DIR"));
            let files = std::fs::read_dir(directory).expect("the source directory").map(|entry| {
                let path = entry.expect("an entry").path();
                path.file_stem().expect("a name").to_string_lossy().into_owned()
            });
            let mut files: Vec<String> = files.filter(|name| !WORDS.contains(&name.as_str())).collect();
            files.sort();
            assert_eq!(of(party).map(|check| check.code().replace('-', "_")).collect::<Vec<_>>(), files, "{folder}");
        }
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
            assert!(by_code(code).is_some_and(|found| std::ptr::eq(found.page(), page)), "{code} is there twice");
        }
    }
}
