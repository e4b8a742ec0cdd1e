//! `safe-methods`: the request has a method that changes nothing.

use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct SafeMethods;

const PAGE: &str = "\
# safe-methods

## What it does

Sends a valid request's target with `HEAD` and `OPTIONS`.

## Why it matters

Monitors and browsers send them. They may be answered or refused; they must not fail.

## Example

`HEAD` is answered with `500`. Due is an answer without a body, `404` or `405`.

## Remedy

Let the web server answer them.

## When it is a note

Never. Their form is no complaint.
";

impl Probe for SafeMethods {
    fn name(&self) -> &'static str {
        "safe-methods"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["HEAD", "OPTIONS"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let mut request = base.with_method(Method::from_bytes(form.as_bytes()).ok()?);
        *request.body_mut() = Bytes::new();
        request.headers_mut().remove(CONTENT_TYPE);
        Some(Shot::answered(request).elsewhere().accepts(&[501]))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        [Method::HEAD, Method::OPTIONS].contains(seen.request.method())
    }
}
