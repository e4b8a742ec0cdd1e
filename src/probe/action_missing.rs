//! `action-missing`: the request names no action.

use super::body::{has_pair, without_pair};
use crate::model::citation::strength_of;

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Cause;

/// The probe.
pub struct ActionMissing;

const PAGE: &str = "\
# action-missing

## What it does

Sends a valid request of a protocol that names its operations, without the name.

## Why it matters

A client that builds its requests by hand forgets the name first. It has to be told so; a crash,
or the answer to something else, sends it looking in the wrong place.

## Example

A form without `Action` is answered with `500` and a page of HTML. Due is `400 MissingAction`.

## Remedy

Look the name up before anything is done with it, and answer with the protocol's error where
there is none.

## When it is a note

When only our reading says which error it is.
";

impl Probe for ActionMissing {
    fn name(&self) -> &'static str {
        "action-missing"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let pairs = base.pairs().filter(|_| base.is_native() && base.naming().is_some())?;
        let request = base.with_body(without_pair(&pairs, "Action").join("&"));
        let source = &base.operation.service.protocol_citations.get("*").map(Vec::as_slice).unwrap_or_default();
        Some(Shot::refused(request, &[Cause::MissingAction], Source::cited(source, strength_of(source))))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        has_pair(seen.request, "Version") && !has_pair(seen.request, "Action")
    }
}
