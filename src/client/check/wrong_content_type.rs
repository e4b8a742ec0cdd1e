//! `wrong-content-type`: a body with another media type than its protocol has.

use http::header::CONTENT_TYPE;

use super::ClientCheck;
use crate::check::Complaint;
use crate::client::Sent;
use crate::codec::media_type;
use crate::contract::model::{Cause, Strength};

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

impl ClientCheck for WrongContentType {
    fn code(&self) -> &'static str {
        "wrong-content-type"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn judge(&self, sent: &Sent<'_>) -> Vec<Complaint> {
        if sent.request.body().is_empty() {
            return Vec::new();
        }
        let expected = "the media type of the service's protocol";
        let refused = match &sent.decoded {
            Some(Err(rejection)) if rejection.cause == Cause::UnsupportedMediaType => Some(rejection.detail.clone()),
            None if matches!(sent.astray(), Some((Cause::UnsupportedMediaType, _))) && !sent.is_for_others() => {
                sent.astray().map(|(_, detail)| detail.to_owned())
            }
            _ => None,
        };
        if let Some(detail) = refused {
            let said = media_type(sent.request.headers()).unwrap_or_default();
            let said: String = said.chars().take(60).collect();
            let complaint = Complaint::new(detail, format!("Content-Type: {said}")).standard("RFC 9110, section 8.3");
            let doubtful = sent.operation().is_none() && sent.is_for_nobody();
            return vec![if doubtful { complaint.at_most(Strength::Assumed) } else { complaint }];
        }
        if sent.operation().is_some() && !sent.request.headers().contains_key(CONTENT_TYPE) {
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
