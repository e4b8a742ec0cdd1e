//! Checks of what clients send: everything that can be wrong with a request, one file per check.
//!
//! A [`ClientCheck`] is a pure judgement over a [`Sent`] request. Adding one is adding a file and a line in
//! [`CLIENT_CHECKS`].

mod credentials_missing;
mod documentation_url_sent_literally;
mod request_schema;
mod retry_storm;
mod secret_in_url;
mod token_not_reused_on_retry;
mod unknown_member;
mod unknown_operation;
mod wrong_content_type;

use super::behaviour::WRONG_ANSWER_TAKEN;
use super::sent::Sent;
use crate::check::Complaint;

/// A judgement over a request.
pub trait ClientCheck: Sync {
    /// What is wrong, as a name: the code that reports and `explain` use.
    fn code(&self) -> &'static str;

    /// The page that `explain` prints, in Markdown: what it does, why, an example, the remedy, when it is only a note.
    fn page(&self) -> &'static str;

    /// Whether it complains of how trouble is taken, so that it is silent where there is none.
    fn needs_trouble(&self) -> bool {
        false
    }

    /// What the check complains of in a request; usually nothing.
    fn judge(&self, sent: &Sent<'_>) -> Vec<Complaint>;
}

/// All checks of clients, sorted by code.
pub static CLIENT_CHECKS: &[&dyn ClientCheck] = &[
    &credentials_missing::CredentialsMissing,
    &documentation_url_sent_literally::DocumentationUrlSentLiterally,
    &request_schema::RequestSchema,
    &retry_storm::RetryStorm,
    &secret_in_url::SecretInUrl,
    &token_not_reused_on_retry::TokenNotReusedOnRetry,
    &unknown_member::UnknownMember,
    &unknown_operation::UnknownOperation,
    &wrong_content_type::WrongContentType,
];

/// Whether something that is found of clients has this code.
#[must_use]
pub fn is_code(code: &str) -> bool {
    code == WRONG_ANSWER_TAKEN || by_code(code).is_some()
}

/// The check with a code.
#[must_use]
pub fn by_code(code: &str) -> Option<&'static dyn ClientCheck> {
    CLIENT_CHECKS.iter().copied().find(|check| check.code() == code)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use bytes::Bytes;
    use http::Request;
    use http::request::Builder;

    use super::*;
    use crate::Contract;

    /// What a check says of a request, after a change to how it is seen.
    pub(super) fn judged(
        check: &dyn ClientCheck,
        request: Builder,
        body: &str,
        change: impl FnOnce(&mut Sent<'_>),
    ) -> Vec<Complaint> {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::builtin);
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).expect("a request");
        let mut sent = Sent::read(&CONTRACT, &request);
        change(&mut sent);
        check.judge(&sent)
    }

    /// A request of the operation `StartBackupJob`, with credentials.
    pub(super) fn backup() -> Builder {
        Request::put("/backup-jobs").header("content-type", "application/json").header("authorization", SIGNED)
    }

    /// Credentials in their form.
    pub(super) const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/backup/aws4_request, \
                                     SignedHeaders=host, Signature=00";

    #[test]
    fn the_list_is_sorted_and_equals_the_directory() {
        let codes: Vec<&str> = CLIENT_CHECKS.iter().map(|check| check.code()).collect();
        assert!(codes.is_sorted_by(|one, other| one < other), "{codes:?}");
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/client/check");
        let files = std::fs::read_dir(directory).expect("the source directory").map(|entry| {
            let path = entry.expect("an entry").path();
            path.file_stem().expect("a name").to_string_lossy().into_owned()
        });
        let mut files: Vec<String> = files.filter(|name| name != "mod").collect();
        files.sort();
        assert_eq!(codes.iter().map(|code| code.replace('-', "_")).collect::<Vec<_>>(), files);
    }

    #[test]
    fn each_page_has_its_parts() {
        for check in CLIENT_CHECKS {
            let (code, page) = (check.code(), check.page());
            assert!(page.starts_with(&format!("# {code}\n\n")), "{code}: the page starts with another title");
            for part in ["What it does", "Why it matters", "Example", "Remedy", "When it is a note"] {
                let (_, rest) =
                    page.split_once(&format!("## {part}\n\n")).unwrap_or_else(|| panic!("{code}: no {part}"));
                assert!(!rest.trim_start().starts_with('#') && !rest.trim().is_empty(), "{code}: {part} is empty");
            }
            assert!(by_code(code).is_some_and(|found| std::ptr::eq(found.page(), page)));
            assert!(crate::check::by_code(code).is_none(), "{code} is a check of answers too");
        }
    }
}
