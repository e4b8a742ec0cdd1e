//! `version-unknown`: the version is one that the service does not have.

use super::body::{name_of, text};

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::{Cause, Strength};

/// The probe.
pub struct VersionUnknown;

const PAGE: &str = "\
# version-unknown

## What it does

Sends a valid request with the version 1999-01-01.

## Why it matters

Versions are how a service changes its operations. What is asked for in another one is not what
is answered here.

## Example

`Version=1999-01-01` is answered with `500`. Due is `400 InvalidAction`.

## Remedy

Compare the version with those that are spoken.

## When it is a note

When it is carried out, or refused with another error: only our reading says which it is.
";

impl Probe for VersionUnknown {
    fn name(&self) -> &'static str {
        "version-unknown"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let pairs = base.pairs().filter(|_| base.is_native() && base.operation.service.version.is_some())?;
        let renamed: Vec<&str> =
            pairs.iter().map(|pair| if name_of(pair) == "Version" { "Version=1999-01-01" } else { *pair }).collect();
        let source = Source::of("an action is looked up within its version", Strength::Assumed);
        Some(Shot::refused(base.with_body(renamed.join("&")), &[Cause::UnknownVersion, Cause::UnknownAction], source))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request).contains("Version=1999-01-01")
    }
}
