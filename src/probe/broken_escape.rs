//! `broken-escape`: an escape in a form or a query string is broken.

use super::body::{NOBODYS, text, with_pair};

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct BrokenEscape;

const PAGE: &str = "\
# broken-escape

## What it does

Sends a valid request with one more parameter whose value has a percent sign without its two
digits.

## Why it matters

Decoders differ: some leave it as it is, some raise an error. An error that nobody catches makes
a crash of a link that somebody cut off.

## Example

`x=%zz` is answered with `500`. Due is the usual answer, or an error of the caller's.

## Remedy

Leave what is no escape as it is, as the URL standard does, or refuse the request.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for BrokenEscape {
    fn name(&self) -> &'static str {
        "broken-escape"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["form", "query"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let pair = format!("{NOBODYS}=%zz%4");
        let request = if form == "form" {
            base.with_body(with_pair(&base.pairs()?, &pair))
        } else {
            let (path, query) = base.target();
            let query = if query.is_empty() { pair } else { format!("{query}&{pair}") };
            base.with_target(path, &query)?
        };
        Some(Shot::answered(request))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request).contains("=%zz") || seen.request.uri().query().is_some_and(|query| query.contains("=%zz"))
    }
}
