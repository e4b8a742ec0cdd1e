//! `body-malformed`: the body is no JSON.

use super::body::{json, text};

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::{Cause, Strength};

/// The probe.
pub struct BodyMalformed;

const PAGE: &str = "\
# body-malformed

## What it does

Sends words in place of a JSON body, and a valid body with a comma too many.

## Why it matters

What cannot be read must be refused: a server that goes on with an empty object, or with what it
could guess, does what nobody asked for.

## Example

`no JSON at all` is answered with `500`. Due is an error of the caller's.

## Remedy

Answer what the parser refuses with the protocol's error for a body that cannot be read.

## When it is a note

When a comma too many is forgiven; and another declared error than the one that is due, where
only our reading says which it is.
";

impl Probe for BodyMalformed {
    fn name(&self) -> &'static str {
        "body-malformed"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["words", "comma"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let members = base.members()?;
        if form == "words" {
            let source = Source::standard("RFC 8259, section 2");
            return Some(Shot::refused(base.with_body("no JSON at all"), &[Cause::MalformedBody], source));
        }
        let own = json(&members);
        let body = format!("{},}}", &own[..own.len() - 1]);
        let source = Source::of("some parsers forgive it", Strength::Assumed);
        (!members.is_empty()).then(|| Shot::refused(base.with_body(body), &[Cause::MalformedBody], source))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request) == "no JSON at all" || text(seen.request).ends_with(",}")
    }
}
