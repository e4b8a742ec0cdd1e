//! `header-names-in-capitals`: header names are written with capitals.

use super::{Base, Manner, Probe, Seen, Shot, Source};

/// The probe.
pub struct HeaderNamesInCapitals;

const PAGE: &str = "\
# header-names-in-capitals

## What it does

Sends a valid request whose header names begin with capitals.

## Why it matters

The case of a header's name says nothing (RFC 9110, section 5.1): libraries write `Content-
Type`, proxies `content-type`.

## Example

`Content-Type` is not found, and the body is refused. Due is the answer to the same request with
small letters.

## Remedy

Look headers up without regard to case.

## When it is a note

Never.
";

impl Probe for HeaderNamesInCapitals {
    fn name(&self) -> &'static str {
        "header-names-in-capitals"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let source = Source::standard("RFC 9110, section 5.1");
        Some(Shot::same(base.request.clone(), source).manner(Manner::TitleCase))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.manner == Manner::TitleCase
    }
}
