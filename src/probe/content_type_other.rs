//! `content-type-other`: the body says that it is something else.

use super::body::text;
use super::headers::header;
use bytes::Bytes;

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::{Cause, Strength};

/// The probe.
pub struct ContentTypeOther;

const PAGE: &str = "\
# content-type-other

## What it does

Sends a valid body as `text/plain`, and a body of the other common kind: JSON where forms are
due, a form where JSON is.

## Why it matters

A client that leaves the header to its library sends such requests. They must be refused in the
protocol's words, and a body of another kind must not bring the service down.

## Example

A JSON body for a service of forms is answered with `500`. Due is an error of the caller's.

## Remedy

Look at the media type before the body is read.

## When it is a note

When a body of the right kind is carried out although it says that it is another.
";

impl Probe for ContentTypeOther {
    fn name(&self) -> &'static str {
        "content-type-other"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["plain-text", "other-kind"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        if !(base.has_json() || base.has_form()) || !base.has_body() {
            return None;
        }
        if form == "plain-text" {
            let request = base.with_content_type("text/plain")?;
            let source = Source::of("the media type is the sender's statement of what the body is", Strength::Assumed);
            return Some(Shot::refused(request, &[Cause::UnsupportedMediaType, Cause::MissingAction], source));
        }
        let (media_type, body) = if base.has_form() {
            ("application/json", "{\"a\":1}")
        } else {
            ("application/x-www-form-urlencoded", "a=1")
        };
        let mut request = base.with_content_type(media_type)?;
        *request.body_mut() = Bytes::from_static(body.as_bytes());
        Some(Shot::answered(request))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        header(seen.request, "content-type") == "text/plain" || ["a=1", "{\"a\":1}"].contains(&text(seen.request))
    }
}
