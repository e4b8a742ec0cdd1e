//! `path-empty-segment`: the path begins with an empty segment.

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct PathEmptySegment;

const PAGE: &str = "\
# path-empty-segment

## What it does

Sends a valid request whose path begins with two slashes.

## Why it matters

A base URL that ends with a slash makes such paths. They may be answered as the path without it
or as one that is not there; they must not fail.

## Example

`//backup-jobs` is answered with `500`. Due is the usual answer, or an error of the caller's.

## Remedy

Let the router fold empty segments, or answer such paths as unknown.

## When it is a note

When an error has another form than the protocol's: the web server may have refused the path.
";

impl Probe for PathEmptySegment {
    fn name(&self) -> &'static str {
        "path-empty-segment"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let (path, query) = base.target();
        Some(Shot::answered(base.with_target(&format!("/{path}"), query)?).elsewhere())
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.uri().path().starts_with("//")
    }
}
