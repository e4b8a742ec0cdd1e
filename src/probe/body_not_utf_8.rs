//! `body-not-utf-8`: the body has bytes that are no UTF-8.

use super::body::{NOBODYS, with_member, with_pair};

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct BodyNotUtf8;

const PAGE: &str = "\
# body-not-utf-8

## What it does

Sends a valid body with one more member whose value is a byte that UTF-8 does not have.

## Why it matters

Decoders raise an error of their own for it, before any of the service's error handling is
reached.

## Example

The byte `FF` in a form is answered with `500`. Due is an error of the caller's, or the usual
answer.

## Remedy

Decode with an error that is caught, or with replacement.

## When it is a note

When the request is carried out: parsers may replace what they cannot read.
";

impl Probe for BodyNotUtf8 {
    fn name(&self) -> &'static str {
        "body-not-utf-8"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["json", "form"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let before = match form {
            "json" => with_member(&base.members()?, NOBODYS, "\"~\""),
            _ => with_pair(&base.pairs()?, &format!("{NOBODYS}=~")),
        };
        let at = before.rfind('~')?;
        let body = [&before.as_bytes()[..at], &[0xff], &before.as_bytes()[at + 1..]].concat();
        Some(Shot::answered(base.with_body(body)))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.body().contains(&0xff)
    }
}
