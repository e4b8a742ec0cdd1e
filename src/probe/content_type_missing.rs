//! `content-type-missing`: the content type is missing.

use http::header::CONTENT_TYPE;

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct ContentTypeMissing;

const PAGE: &str = "\
# content-type-missing

## What it does

Sends a valid request without its content type.

## Why it matters

The header is the sender's to leave out. Code that reads it without looking fails.

## Example

A body without a content type is answered with `500`. Due is the usual answer, or an error of
the caller's.

## Remedy

Take the protocol's own media type for granted, or refuse the request.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for ContentTypeMissing {
    fn name(&self) -> &'static str {
        "content-type-missing"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let mut request = base.request.clone();
        request.headers_mut().remove(CONTENT_TYPE)?;
        base.has_body().then(|| Shot::answered(request))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        !seen.request.body().is_empty() && !seen.request.headers().contains_key(CONTENT_TYPE)
    }
}
