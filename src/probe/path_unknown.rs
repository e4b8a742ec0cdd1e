//! `path-unknown`: the path is one that the service does not have.

use crate::model::citation::strength_of;

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Cause;

/// The probe.
pub struct PathUnknown;

const PAGE: &str = "\
# path-unknown

## What it does

Sends a valid request to a path that begins as the operation's does and ends with a word that
nobody has.

## Why it matters

A client that calls a newer operation gets there. It must be told so in words that it can read.

## Example

An unknown path is answered with `500`, or starts a job. Due is the protocol's error for it.

## Remedy

Answer what the router does not find with the protocol's error.

## When it is a note

When the success does not look like the operation's own. The form of a refusal is a note, unless
a source names the error.
";

impl Probe for PathUnknown {
    fn name(&self) -> &'static str {
        "path-unknown"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let (path, query) = base.target();
        let request = base.with_target(&format!("{path}-no-such-path"), query)?;
        if base.naming().is_some() {
            return Some(Shot::answered(request).elsewhere());
        }
        let http = &base.operation.http;
        let source = Source::cited(&http.citations, strength_of(&http.citations));
        Some(Shot::refused(request, &[Cause::UnknownPath, Cause::MethodNotAllowed], source).elsewhere())
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.uri().path().ends_with("-no-such-path")
    }
}
