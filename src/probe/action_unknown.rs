//! `action-unknown`: the action is one that the service does not have.

use super::body::text;
use crate::model::citation::strength_of;

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Cause;

/// The probe.
pub struct ActionUnknown;

const PAGE: &str = "\
# action-unknown

## What it does

Sends a valid request of a protocol that names its operations, with a name that nobody has.

## Why it matters

A server that takes what it does not know lets a misspelt call pass for a success; one that
crashes cannot be told from one that is broken.

## Example

`Action=NoSuchAction` is answered with `200`. Due is `400 InvalidAction`.

## Remedy

Answer names that are not in the table of operations with the protocol's error for them.

## When it is a note

When only our reading says which error it is.
";

impl Probe for ActionUnknown {
    fn name(&self) -> &'static str {
        "action-unknown"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let naming = base.naming().filter(|_| base.is_native())?;
        let mut request = base.request.clone();
        let name = naming.name_of(&base.operation.service.name, &base.operation.name);
        naming.write(&mut request, &format!("{name}ThatNobodyHas"));
        let source = &base.operation.service.protocol_citations.get("*").map(Vec::as_slice).unwrap_or_default();
        Some(Shot::refused(request, &[Cause::UnknownAction], Source::cited(source, strength_of(source))))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request).contains("ThatNobodyHas&")
    }
}
