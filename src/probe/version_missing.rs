//! `version-missing`: the request names no version.

use super::body::{has_pair, without_pair};

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct VersionMissing;

const PAGE: &str = "\
# version-missing

## What it does

Sends a valid request of a protocol that has versions, without one.

## Why it matters

A client that builds its requests by hand forgets it. It may be taken for the only one or be
refused; it must not fail.

## Example

A request without `Version` is answered with `500`. Due is the usual answer, or an error of the
caller's.

## Remedy

Look the version up before anything is done with it.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for VersionMissing {
    fn name(&self) -> &'static str {
        "version-missing"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let pairs = base.pairs().filter(|_| base.is_native() && base.operation.service.version.is_some())?;
        Some(Shot::answered(base.with_body(without_pair(&pairs, "Version").join("&"))))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        has_pair(seen.request, "Action") && !has_pair(seen.request, "Version")
    }
}
