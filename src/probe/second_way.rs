//! `second-way`: the request authenticates in the other way that the service has.

use super::headers::header;
use crate::model::citation::strength_of;

use super::{Base, Probe, Seen, Shot, Signing, Source};
use crate::model::Strength;

/// The probe.
pub struct SecondWay;

const PAGE: &str = "\
# second-way

## What it does

Sends a valid request with credentials of the second way to authenticate that the contract has.

## Why it matters

Each SDK has its favourite way. A server that knows one of them serves half of its clients.

## Example

A request with a signature in place of a token is answered with `401`. Due is the answer to the
one with the token.

## Remedy

Take each way that the contract has.

## When it is a note

When the way is only observed or assumed, and when the server verifies credentials: those of the
probe are nobody's.
";

impl Probe for SecondWay {
    fn name(&self) -> &'static str {
        "second-way"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let way = base.operation.service.auth.get(1).filter(|_| base.is_native())?;
        let source = Source::cited(&way.citations, strength_of(&way.citations).max(Strength::Observed));
        Some(Shot::same(base.request.clone(), source).signing(Signing::SecondWay))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        header(seen.request, "authorization").starts_with("SDK-HMAC-SHA256 ")
    }
}
