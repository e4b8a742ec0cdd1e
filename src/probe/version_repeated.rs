//! `version-repeated`: the version is given twice.

use super::body::{name_of, text, with_pair};

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct VersionRepeated;

const PAGE: &str = "\
# version-repeated

## What it does

Sends a valid request with its version twice.

## Why it matters

Frameworks make a list of two values where a text was meant.

## Example

The request is answered with `500`. Due is the usual answer, or an error of the caller's.

## Remedy

Take one of them, or refuse the request with an error of the protocol.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for VersionRepeated {
    fn name(&self) -> &'static str {
        "version-repeated"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let pairs = base.pairs().filter(|_| base.is_native())?;
        let version = base.operation.service.version.as_ref()?;
        Some(Shot::answered(base.with_body(with_pair(&pairs, &format!("Version={version}")))))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request).split('&').filter(|pair| name_of(pair) == "Version").count() > 1
    }
}
