//! `expect-continue`: the client waits to be told to go on.

use super::{Base, Probe, Seen, Shot, Source};

/// The probe.
pub struct ExpectContinue;

const PAGE: &str = "\
# expect-continue

## What it does

Sends a valid request with `Expect: 100-continue`.

## Why it matters

curl sends it by itself with larger bodies, as do SDKs. A server that does not know it must not
fail.

## Example

The header is answered with `500`. Due is the usual answer, or `417`.

## Remedy

Let the web server answer it.

## When it is a note

Never. `417` is no complaint.
";

impl Probe for ExpectContinue {
    fn name(&self) -> &'static str {
        "expect-continue"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let source = Source::standard("RFC 9110, section 10.1.1");
        base.has_body().then(|| Shot::same(base.with_header("expect", "100-continue"), source).accepts(&[417]))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.headers().contains_key("expect")
    }
}
