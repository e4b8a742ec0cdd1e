//! `method-other`: the request has a method that the operation does not have.

use crate::model::citation::strength_of;
use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Cause;

/// The probe.
pub struct MethodOther;

const PAGE: &str = "\
# method-other

## What it does

Sends a valid request with `GET` and `PATCH`, where the operation has neither; to services that
name their operations, with `PUT` and `PATCH`. Methods by which another operation at the same
path might change something are not tried.

## Why it matters

Methods promise something: what a GET reaches is followed by crawlers and caches (RFC 9110,
section 9.2.1). And a router that has no answer for them fails for every one who mistypes.

## Example

`GET` is answered with `405` and no `Allow`. Due is the header with the methods that there are
(section 15.5.6).

## Remedy

Bind the operation to its method in the router, and let the router answer the others.

## When it is a note

When the success does not look like the operation's own: another operation may live at this
path. The form of a refusal is a note, unless a source names the error.
";

impl Probe for MethodOther {
    fn name(&self) -> &'static str {
        "method-other"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["GET", "PUT", "PATCH"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let method = Method::from_bytes(form.as_bytes()).ok()?;
        let named = base.naming().is_some();
        let own =
            *base.request.method() == method || base.naming().is_some_and(|naming| naming.methods().contains(&method));
        if own || form == "PUT" && !named {
            return None;
        }
        let mut request = base.with_method(method);
        if form == "GET" {
            request.headers_mut().remove(CONTENT_TYPE);
            *request.body_mut() = Bytes::new();
        }
        let http = &base.operation.http;
        let source = Source::cited(&http.citations, strength_of(&http.citations));
        Some(Shot::refused(request, &[Cause::MethodNotAllowed, Cause::UnknownPath], source).elsewhere().accepts(&[501]))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        let own = &seen.operation.http.method;
        seen.request.method() != own && [Method::PUT, Method::PATCH].contains(seen.request.method())
            || own != Method::POST && own != Method::GET && seen.request.method() == Method::GET
    }
}
