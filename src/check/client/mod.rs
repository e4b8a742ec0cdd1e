//! Checks of what clients send: everything that can be wrong with a request.

pub mod credentials_missing;
pub mod documentation_url_sent_literally;
pub mod request_schema;
pub mod retry_storm;
pub mod secret_in_url;
pub mod token_not_reused_on_retry;
pub mod unknown_member;
pub mod unknown_operation;
pub mod wrong_content_type;

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use bytes::Bytes;
    use http::Request;
    use http::request::Builder;

    use crate::Contract;
    use crate::check::{Check, Complaint};
    use crate::exchange::Observation;

    /// What a check says of a request, after a change to how it is seen.
    pub(super) fn judged(
        check: &dyn Check,
        request: Builder,
        body: &str,
        change: impl FnOnce(&mut Observation<'_>),
    ) -> Vec<Complaint> {
        static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::builtin);
        let request = request.body(Bytes::copy_from_slice(body.as_bytes())).expect("a request");
        let mut observation = crate::client::observe(&CONTRACT, &request);
        change(&mut observation);
        check.judge(&observation)
    }

    /// A request of the operation `StartBackupJob`, with credentials.
    pub(super) fn backup() -> Builder {
        Request::put("/backup-jobs").header("content-type", "application/json").header("authorization", SIGNED)
    }

    /// Credentials in their form.
    pub(super) const SIGNED: &str = "AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/backup/aws4_request, \
                                     SignedHeaders=host, Signature=00";
}
