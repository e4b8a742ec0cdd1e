//! `body-large`: the body is much larger than usual.

use super::body::{NOBODYS, with_member, with_pair};

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct BodyLarge;

const PAGE: &str = "\
# body-large

## What it does

Sends a valid body with one more member whose text has 16 KiB, and one whose text has more than
a megabyte.

## Why it matters

A buffer of a fixed size, a regular expression that backtracks, or a log that keeps everything
fails only when a body is large.

## Example

A body of 16 KiB is answered with `500`. Due is the usual answer, or `413`.

## Remedy

Bound the size of bodies, and answer larger ones with `413` (RFC 9110, section 15.5.14).

## When it is a note

When the connection ends while the larger one is sent: a server may close it so that no more
comes.
";

impl Probe for BodyLarge {
    fn name(&self) -> &'static str {
        "body-large"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["16-kib", "1-mib"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let length = if form == "16-kib" { 16 << 10 } else { (1 << 20) + (1 << 18) };
        let text = "x".repeat(length);
        let body = match base.members() {
            Some(members) => with_member(&members, NOBODYS, &format!("\"{text}\"")),
            None => with_pair(&base.pairs()?, &format!("{NOBODYS}={text}")),
        };
        let shot = Shot::answered(base.with_body(body));
        Some(if form == "16-kib" { shot } else { shot.may_hang_up() })
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.body().len() > 16 << 10 && memchr::memmem::find(seen.request.body(), b"xxxxxxxxxxxxxxxx").is_some()
    }
}
