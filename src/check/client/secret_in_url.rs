//! `secret-in-url`: a sensitive member, or credentials, in a URL.

use crate::auth;
use crate::check::{Check, Complaint, Party};
use crate::exchange::{Observation, sensitive_strings};
use crate::model::{Dialect, Place};

/// The check.
pub struct SecretInUrl;

const PAGE: &str = "\
# secret-in-url

## What it does

Complains of a sensitive member of the input that stands in the URL, and of credentials there. A
presigned URL, whose signature is meant to stand there, is none of these, nor is a member that its
operation puts into the query string, or the document's page does.

## Why it matters

URLs are written to the logs of servers, proxies and gateways, and to the histories of browsers.

## Example

`GET /?Action=RestoreDBClusterFromS3&MasterUserPassword=…`.

## Remedy

Send it in the body of a `POST`, and credentials in their header.

## When it is a note

Never.
";

impl Check for SecretInUrl {
    fn code(&self) -> &'static str {
        "secret-in-url"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Client
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let query = observation.query();
        let mut complaints = Vec::new();
        let mut complain = |what: String| {
            let complaint = Complaint::new("secrets in the body or in headers", format!("{what} in the URL"));
            complaints.push(complaint.about(what).standard("RFC 9110, section 17.9"));
        };
        // The documented dialect has some operations whose pages put all of the input there.
        let native = observation.dialect == Dialect::Native;
        if let (true, Some(operation), Some(input)) = (native, observation.operation, observation.input()) {
            for (node, text) in sensitive_strings(&operation.input, input) {
                let meant = node.place == Some(Place::Query) || text.contains("X-Amz-Signature=");
                let meant = meant || credential(observation, &node.pointer[1..]).is_some();
                if !meant && !text.is_empty() && query.iter().any(|(_, value)| value == text) {
                    complain(node.pointer.clone());
                }
            }
        }
        for (name, _) in query.iter().filter(|(_, value)| !value.is_empty()) {
            if let Some(known) = credential(observation, name) {
                complain(known.to_owned());
            }
        }
        complaints
    }
}

/// The credential that a parameter of this name would be, for whichever service there is.
pub(super) fn credential<'o>(observation: &Observation<'o>, name: &str) -> Option<&'o str> {
    auth::secret_parameter(observation.ways, name)
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::super::tests::{backup, judged};
    use super::*;

    #[test]
    fn secrets_are_found_in_urls_only() {
        let check = &SecretInUrl;
        let input = "Action=RestoreDBClusterFromS3&MasterUserPassword=hunter22";
        let complaints = judged(check, Request::get(format!("/?{input}")), "", |_| ());
        assert_eq!(complaints.len(), 1);
        assert_eq!(complaints[0].about.as_deref(), Some("/MasterUserPassword"));
        assert!(!format!("{complaints:?}").contains("hunter22"));
        let form = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
        assert!(judged(check, form, input, |_| ()).is_empty());
        assert_eq!(judged(check, Request::get("/?x-auth-token=abc"), "", |_| ()).len(), 1);
        let both = Request::post("/v3/p/backups/b/replicate?X-Auth-Token=abc").header("x-auth-token", "abc");
        let both = both.header("content-type", "application/json");
        assert_eq!(judged(check, both, r#"{"replicate": {}}"#, |_| ()).len(), 1, "a member that is a credential too");
        assert!(judged(check, Request::get("/?X-Amz-Signature=abc&X-Amz-Credential=AK"), "", |_| ()).is_empty());
        assert!(judged(check, backup(), "{}", |_| ()).is_empty());
    }
}
