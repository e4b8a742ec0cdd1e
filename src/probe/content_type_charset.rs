//! `content-type-charset`: the content type says its charset.

use super::headers::header;
use http::header::CONTENT_TYPE;

use super::{Base, Probe, Seen, Shot, Source};

/// The probe.
pub struct ContentTypeCharset;

const PAGE: &str = "\
# content-type-charset

## What it does

Sends a valid request whose content type has the parameter `charset=utf-8`.

## Why it matters

SDKs send it, boto3 with each form and Huawei's with each JSON body. A server that compares the
header with one text refuses them.

## Example

`application/json; charset=utf-8` is answered with `415`. Due is the answer to the same body
without the parameter.

## Remedy

Compare the media type without its parameters.

## When it is a note

Never.
";

impl Probe for ContentTypeCharset {
    fn name(&self) -> &'static str {
        "content-type-charset"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let media_type = base.request.headers().get(CONTENT_TYPE)?.to_str().ok()?;
        let standard = if base.has_json() { "RFC 8259, section 11" } else { "RFC 9110, section 8.3.1" };
        let request = base.with_content_type(&format!("{media_type}; charset=utf-8"))?;
        (base.has_json() || base.has_form()).then(|| Shot::same(request, Source::standard(standard)))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        header(seen.request, "content-type").contains("charset=")
    }
}
