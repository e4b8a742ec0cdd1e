//! `escapes-in-lower-case`: escapes are written in small letters.

use super::body::{lower_escapes, text, upper_escapes};
use serde_json::Value;

use super::{Base, Probe, Seen, Shot, Source};

/// The probe.
pub struct EscapesInLowerCase;

const PAGE: &str = "\
# escapes-in-lower-case

## What it does

Sends a valid form whose escapes have small letters.

## Why it matters

`%3a` and `%3A` are the same (RFC 3986, section 2.1). Python and Java write the one, JavaScript
and Go the other.

## Example

An ARN with `%3a` in it is refused. Due is the answer to the one with `%3A`.

## Remedy

Decode both.

## When it is a note

Never.
";

impl Probe for EscapesInLowerCase {
    fn name(&self) -> &'static str {
        "escapes-in-lower-case"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        base.pairs()?;
        let turned = |input: &Value| {
            let request = Base::new(base.operation, base.dialect, input).request;
            let lower = lower_escapes(text(&request));
            (lower != text(&request)).then(|| (input.clone(), lower))
        };
        let (input, lower) = base.inputs().find_map(turned)?;
        let source = Source::standard("RFC 3986, section 2.1");
        Some(Shot::same(base.with_body(lower), source).beside(input).rewritten())
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        upper_escapes(text(seen.request)) != text(seen.request)
    }
}
