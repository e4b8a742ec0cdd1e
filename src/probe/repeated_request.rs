//! `repeated-request`: the same request comes again.

use super::{Base, Manner, Probe, Rounds, Seen, Shot, Source};

/// The probe.
pub struct RepeatedRequest;

const PAGE: &str = "\
# repeated-request

## What it does

Sends a valid request twice on one connection, and twice at the same time.

## Why it matters

A session that the first request has left behind, a lock that is taken twice, or a body that was
not read to its end fails only the second time.

## Example

The second request on a connection is answered with `500`. Due is an answer as to the first, or
an error of state.

## Remedy

Keep nothing of one request for the next; guard what two may change at once.

## When it is a note

Never. An error of state or quota is no complaint.
";

impl Probe for RepeatedRequest {
    fn name(&self) -> &'static str {
        "repeated-request"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["same-connection", "at-once"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let request = base.request.clone();
        let source = Source::standard("RFC 9112, section 9.3");
        Some(match form {
            "same-connection" => Shot::same(request, source).manner(Manner::SameConnection),
            _ => Shot::answered(request).rounds(Rounds::AtOnce),
        })
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.manner == Manner::SameConnection
    }
}
