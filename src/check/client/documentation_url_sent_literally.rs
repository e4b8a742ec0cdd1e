//! `documentation-url-sent-literally`: a URL copied from a page, with what the page puts in place of values.

use http::Method;
use percent_encoding::percent_decode_str;

use crate::check::{Check, Complaint, Party};
use crate::exchange::Observation;
use crate::model::{Cause, Strength};

/// Where the standard says that a fragment stays with the client.
const FRAGMENT: &str = "RFC 3986, section 3.5";
/// Where the standard says that braces stand for values.
const TEMPLATE: &str = "RFC 6570, section 1.2";

/// The check.
pub struct DocumentationUrlSentLiterally;

const PAGE: &str = "\
# documentation-url-sent-literally

## What it does

Complains of a URL as pages print it: with `#Action=…` in path or query, with the fragment cut off so
that no action arrives, or with a placeholder in braces or angle brackets.

## Why it matters

What follows `#` is never sent, so the service does not learn which action is meant; and a
placeholder is taken for a name.

## Example

`POST /%23Action=CopyDBClusterSnapshot`, or `POST /v3/{project_id}/backups/{backup_id}/replicate`.

## Remedy

Send the action as a parameter, `Action=…`, in a form; put values in the place of placeholders.

## When it is a note

When an action is missing and there is a body, since the parameter may just have been forgotten, or the request
be for another service; and when it is missing in another request than a `POST`, which may only ask whether
somebody is there. Of a request that is signed for a service outside of the contract, nothing is said.
";

impl Check for DocumentationUrlSentLiterally {
    fn code(&self) -> &'static str {
        "documentation-url-sent-literally"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Client
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        if observation.is_foreign() {
            return Vec::new();
        }
        let uri = observation.request.uri();
        let text = uri.path_and_query().map_or_else(|| uri.path().to_owned(), ToString::to_string);
        let decoded = percent_decode_str(&text).decode_utf8_lossy();
        if decoded.contains("#Action") {
            let actual = "a URL with #Action in it, as documents print it";
            return vec![Complaint::new("Action as a parameter", actual).standard(FRAGMENT)];
        }
        let path = percent_decode_str(uri.path()).decode_utf8_lossy();
        if path.split('/').any(is_placeholder) {
            let actual = "a placeholder of the documents in the path";
            return vec![Complaint::new("a value for each part of the path", actual).standard(TEMPLATE)];
        }
        let without_action =
            observation.misaddressed.as_ref().is_some_and(|reason| reason.cause == Cause::MissingAction);
        if observation.is_unread() || !without_action {
            return Vec::new();
        }
        let forgotten = !observation.request.body().is_empty();
        let asked = observation.request.method() != Method::POST;
        let actual = "a request without Action, as a URL with #Action becomes when it is sent";
        let complaint = Complaint::new("Action as a parameter", actual).standard(FRAGMENT);
        vec![if forgotten || asked { complaint.at_most(Strength::Assumed) } else { complaint }]
    }
}

/// Whether a part of a path is a name in braces or angle brackets.
fn is_placeholder(part: &str) -> bool {
    let inner = part.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
    let inner = inner.or_else(|| part.strip_prefix('<')?.strip_suffix('>'));
    inner.is_some_and(|name| {
        !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || "_- ".contains(letter))
    })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::super::tests::{SIGNED, backup, judged};
    use super::*;

    #[test]
    fn urls_of_pages_are_told_from_others() {
        let check = &DocumentationUrlSentLiterally;
        for path in ["/%23Action=CopyDBClusterSnapshot", "/?%23Action=X", "/v3/%7Bproject_id%7D/backups/x/replicate"] {
            assert_eq!(judged(check, Request::post(path), "", |_| ()).len(), 1, "{path}");
        }
        let signed = || Request::post("/").header("authorization", SIGNED.replace("/backup/", "/rds/"));
        assert!(judged(check, signed(), "", |_| ())[0].is_finding());
        let form = signed().header("content-type", "application/x-www-form-urlencoded");
        assert!(!judged(check, form, "A=b", |_| ())[0].is_finding());
        let unsigned = Request::post("/").header("content-type", "application/x-amz-json-1.1");
        assert!(!judged(check, unsigned, "{}", |_| ())[0].is_finding(), "another service speaks so");
        for path in ["/", "/bucket/%7Bid%7D", "/bucket/%23Action"] {
            let other = Request::post(path).header("authorization", SIGNED.replace("/backup/", "/s3/"));
            assert!(judged(check, other, "", |_| ()).is_empty(), "another service takes it: {path}");
        }
        assert!(!judged(check, Request::get("/"), "", |_| ())[0].is_finding(), "somebody looks whether the mock is up");
        assert!(judged(check, backup(), "{}", |_| ()).is_empty());
        assert!(judged(check, Request::get("/a%23b"), "", |_| ()).is_empty());
    }
}
