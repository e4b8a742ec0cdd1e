//! `credentials-missing`: a request without credentials, or with some that are not complete.

use crate::check::{Check, Complaint, Party};
use crate::exchange::Observation;
use crate::model::Dialect;
use crate::model::citation::strength_of;

/// The check.
pub struct CredentialsMissing;

const PAGE: &str = "\
# credentials-missing

## What it does

Complains of a request to a service that wants credentials, when it carries none in any of the
service's ways, or some that are not complete. Whether a signature is right is not looked at.

## Why it matters

The real service refuses it, whatever else it says.

## Example

A script calls the endpoint with a plain HTTP library and forgets to sign.

## Remedy

Sign the request, as the SDKs do, or send the token in the service's header.

## When it is a note

When the way to authenticate is only observed or assumed. The documented dialect shows no
credentials, and has no complaint.
";

impl Check for CredentialsMissing {
    fn code(&self) -> &'static str {
        "credentials-missing"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Client
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(service) =
            observation.service.filter(|_| observation.dialect == Dialect::Native && observation.operation.is_some())
        else {
            return Vec::new();
        };
        let Some((_, detail)) = &observation.unauthenticated else { return Vec::new() };
        let citations: Vec<_> = service.auth.iter().flat_map(|auth| auth.citations.clone()).collect();
        let expected = format!("credentials, which {} wants with each request", service.title);
        vec![Complaint::new(expected, detail).cite(&citations, strength_of(&citations))]
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::super::tests::{backup, judged};
    use super::*;

    #[test]
    fn credentials_are_wanted_in_the_native_dialect() {
        assert_eq!(judged(&CredentialsMissing, Request::put("/backup-jobs"), "{}", |_| ()).len(), 1);
        let half = Request::put("/backup-jobs").header("authorization", "AWS4-HMAC-SHA256 Credential=AK");
        assert!(judged(&CredentialsMissing, half, "{}", |_| ())[0].actual.contains("not a complete"));
        assert!(judged(&CredentialsMissing, backup(), "{}", |_| ()).is_empty());
        let documented = Request::put("/backup-jobs").header("accept", "application/json");
        assert!(judged(&CredentialsMissing, documented, "{}", |_| ()).is_empty());
    }
}
