//! `body-deep`: the body is nested very deep.

use super::body::{DEPTH, NOBODYS, with_member, with_pair};

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct BodyDeep;

const PAGE: &str = "\
# body-deep

## What it does

Sends a valid body with one more member whose value is 20,000 lists, each in another; a form
with a name of 2,000 segments.

## Why it matters

A parser that calls itself for each level has as many levels as its stack, and a body of a few
kilobytes ends the process (CWE-674).

## Example

The connection is closed, and so is every other: the process is gone. Due is an error of the
caller's, or the usual answer.

## Remedy

Set the parser's bound on depth, and answer with the protocol's error for a body that cannot be
read.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for BodyDeep {
    fn name(&self) -> &'static str {
        "body-deep"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["json", "form"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let body = match form {
            "json" => {
                let nested = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
                with_member(&base.members()?, NOBODYS, &nested)
            }
            _ => with_pair(&base.pairs()?, &format!("{NOBODYS}{}=1", ".a".repeat(DEPTH / 10))),
        };
        Some(Shot::answered(base.with_body(body)))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        memchr::memmem::find(seen.request.body(), b"[[[[[[[[").is_some()
            || memchr::memmem::find(seen.request.body(), b".a.a.a.a").is_some()
    }
}
