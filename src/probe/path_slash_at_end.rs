//! `path-slash-at-end`: the path ends with a slash.

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct PathSlashAtEnd;

const PAGE: &str = "\
# path-slash-at-end

## What it does

Sends a valid request whose path has one more slash at its end.

## Why it matters

People and libraries add one. It may be answered as the path without it, lead there, or be
unknown; it must not fail.

## Example

`/backup-jobs/` is answered with `500`. Due is the usual answer, a redirect, or an error of the
caller's.

## Remedy

Let the router answer such paths as unknown, or as the one without the slash.

## When it is a note

When an error has another form than the protocol's: another operation may live there.
";

impl Probe for PathSlashAtEnd {
    fn name(&self) -> &'static str {
        "path-slash-at-end"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let (path, query) = base.target();
        (!path.ends_with('/'))
            .then(|| base.with_target(&format!("{path}/"), query))?
            .map(Shot::answered)
            .map(Shot::elsewhere)
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.uri().path().len() > 1
            && seen.request.uri().path().ends_with('/')
            && !seen.request.uri().path().starts_with("//")
    }
}
