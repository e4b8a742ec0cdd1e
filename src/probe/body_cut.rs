//! `body-cut`: the body is the first half of a valid one.

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Cause;

/// The probe.
pub struct BodyCut;

const PAGE: &str = "\
# body-cut

## What it does

Sends the first half of a valid JSON body, with the length that it has.

## Why it matters

A connection that breaks in a proxy leaves half a body. Nothing may be carried out by half, and
the sender must see that it was not understood.

## Example

Half an object is answered with `500`. Due is an error of the caller's.

## Remedy

Answer what the parser refuses with the protocol's error for a body that cannot be read.

## When it is a note

Another declared error than the one that is due, where only our reading says which it is.
";

impl Probe for BodyCut {
    fn name(&self) -> &'static str {
        "body-cut"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let body = base.request.body().clone();
        let half = body.slice(..body.len() / 2);
        let cut = base.with_body(half);
        (base.has_json() && body.len() > 2)
            .then(|| Shot::refused(cut, &[Cause::MalformedBody], Source::standard("RFC 8259, section 2")))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.body().starts_with(b"{\"")
            && seen.request.body().len() > 2
            && serde_json::from_slice::<serde_json::Value>(seen.request.body()).is_err_and(|error| error.is_eof())
    }
}
