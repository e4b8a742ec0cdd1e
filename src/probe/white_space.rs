//! `white-space`: JSON is written with white space.

use serde_json::Value;

use super::{Base, Probe, Seen, Shot, Source};

/// The probe.
pub struct WhiteSpace;

const PAGE: &str = "\
# white-space

## What it does

Sends a valid JSON body over several lines, with a line break at its end.

## Why it matters

White space between the parts of JSON says nothing (RFC 8259, section 2). People and Go's
encoder send it.

## Example

A body that ends with a line break is answered with `400`. Due is the answer to the same body in
one line.

## Remedy

Read JSON with a parser, and let it skip what stands after the value.

## When it is a note

Never.
";

impl Probe for WhiteSpace {
    fn name(&self) -> &'static str {
        "white-space"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let body = format!("\n{:#}\n", Value::Object(base.members()?));
        Some(Shot::same(base.with_body(body), Source::standard("RFC 8259, section 2")))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.body().starts_with(b"\n")
    }
}
