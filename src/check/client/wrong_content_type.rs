//! `wrong-content-type`: a body with another media type than its protocol has.

use http::header::CONTENT_TYPE;

use crate::check::{Check, Complaint, Party};
use crate::codec::media_type;
use crate::exchange::{Observation, Recognition};
use crate::model::{Cause, Strength};

/// The check.
pub struct WrongContentType;

const PAGE: &str = "\
# wrong-content-type

## What it does

Complains of a body whose `Content-Type` is not the one of the service's protocol, and of a body
without one.

## Why it matters

A service that reads the body by its media type refuses it, or reads nothing out of it.

## Example

`curl -d '{…}'`, which says `application/x-www-form-urlencoded` of JSON.

## Remedy

Send `Content-Type: application/json`, or `application/x-www-form-urlencoded` for actions.

## When it is a note

When the header is absent: services of this kind are known to guess; and when neither an operation nor a
signature says which service the request is for.
";

impl Check for WrongContentType {
    fn code(&self) -> &'static str {
        "wrong-content-type"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Client
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        if observation.request.body().is_empty() {
            return Vec::new();
        }
        let expected = "the media type of the service's protocol";
        let unreadable = observation.unreadable.as_ref().map(|rejection| (rejection.cause, &rejection.detail));
        let misaddressed = observation.misaddressed.as_ref().filter(|_| !observation.is_foreign());
        let reason = unreadable.or(misaddressed.map(|reason| (reason.cause, &reason.detail)));
        let refused = reason.filter(|(cause, _)| *cause == Cause::UnsupportedMediaType);
        if let Some((_, detail)) = refused {
            let said = media_type(observation.request.headers()).unwrap_or_default();
            let said: String = said.chars().take(60).collect();
            let complaint = Complaint::new(detail, format!("Content-Type: {said}")).standard("RFC 9110, section 8.3");
            let doubtful = observation.operation.is_none() && observation.recognition != Recognition::Named;
            return vec![if doubtful { complaint.at_most(Strength::Assumed) } else { complaint }];
        }
        if observation.operation.is_some() && !observation.request.headers().contains_key(CONTENT_TYPE) {
            let complaint = Complaint::new(expected, "a body without Content-Type").standard("RFC 9110, section 8.3");
            return vec![complaint.at_most(Strength::Observed)];
        }
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::super::tests::{SIGNED, backup, judged};
    use super::*;

    #[test]
    fn media_types_are_the_protocols() {
        let check = &WrongContentType;
        let with =
            |media: &str| Request::put("/backup-jobs").header("authorization", SIGNED).header("content-type", media);
        assert!(judged(check, with("text/plain"), "{}", |_| ())[0].is_finding());
        assert!(judged(check, with("application/x-amz-json-1.1"), "{}", |_| ()).len() == 1);
        assert!(judged(check, with("application/json; charset=utf-8"), "{}", |_| ()).is_empty());
        assert!(judged(check, with("text/plain"), "", |_| ()).is_empty());
        let bare = Request::put("/backup-jobs").header("authorization", SIGNED);
        assert!(!judged(check, bare, "{}", |_| ())[0].is_finding());
        assert!(judged(check, backup(), "{}", |_| ()).is_empty());
        let action = |scope: &str| {
            let signed = SIGNED.replace("/backup/", &format!("/{scope}/"));
            Request::post("/").header("authorization", signed).header("content-type", "application/json")
        };
        assert!(judged(check, action("rds"), "{}", |_| ())[0].is_finding());
        assert!(judged(check, action("logs"), "{}", |_| ()).is_empty(), "a service outside of the contract");
        let unsigned = Request::post("/").header("content-type", "application/json");
        assert!(!judged(check, unsigned, "{}", |_| ())[0].is_finding(), "somebody looks whether the mock is up");
    }
}
