//! `content-type-other-case`: the content type has capitals.

use super::headers::header;
use http::header::CONTENT_TYPE;

use super::{Base, Probe, Seen, Shot, Source};

/// The probe.
pub struct ContentTypeOtherCase;

const PAGE: &str = "\
# content-type-other-case

## What it does

Sends a valid request whose content type is written with capitals.

## Why it matters

The case of a media type says nothing (RFC 9110, section 8.3.1). A server that compares texts
refuses what it reads every day.

## Example

`Application/JSON` is answered with `415`. Due is the answer to `application/json`.

## Remedy

Compare media types in small letters.

## When it is a note

Never.
";

impl Probe for ContentTypeOtherCase {
    fn name(&self) -> &'static str {
        "content-type-other-case"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let media_type = base.request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
        let words = media_type.split_inclusive(['/', '-']).map(|word| {
            let (first, rest) = word.split_at(1);
            format!("{}{rest}", first.to_ascii_uppercase())
        });
        let request = base.with_content_type(&words.collect::<String>())?;
        let source = Source::standard("RFC 9110, section 8.3.1");
        (base.has_json() || base.has_form()).then(|| Shot::same(request, source))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        header(seen.request, "content-type").starts_with("Application/")
    }
}
