//! `parameters-in-both`: parameters stand in the query string and in the body.

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct ParametersInBoth;

const PAGE: &str = "\
# parameters-in-both

## What it does

Sends a valid form whose parameters stand in the query string as well.

## Why it matters

Frameworks join the two in their own ways. Two values where one was meant are a crash that a
link and a form make together.

## Example

The request is answered with `500`. Due is the usual answer, or an error of the caller's.

## Remedy

Take one of them, or refuse the request with an error of the protocol.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for ParametersInBoth {
    fn name(&self) -> &'static str {
        "parameters-in-both"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let pairs = base.pairs()?;
        let (path, _) = base.target();
        Some(Shot::answered(base.with_target(path, &pairs.join("&"))?))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        !seen.request.body().is_empty() && seen.request.uri().query().is_some_and(|query| query.contains("Action="))
    }
}
