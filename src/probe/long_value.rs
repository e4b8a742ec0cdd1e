//! `long-value`: a text is very long.

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct LongValue;

const PAGE: &str = "\
# long-value

## What it does

Sends a text of 10,000 letters in the first member that takes it; where none does, in the first
text, which must then be refused.

## Why it matters

What is too long for a column, a buffer or a file name fails where it is stored, and not where
it is checked.

## Example

A name of 10,000 letters is answered with `500`. Due is the error for its length.

## Remedy

Check lengths before a value is used.

## When it is a note

When the bound on the length is only observed or assumed, or sources disagree on it.
";

impl Probe for LongValue {
    fn name(&self) -> &'static str {
        "long-value"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let text = "n".repeat(10_000);
        let changed: Vec<_> = base.texts().iter().map(|(path, _)| base.changed(path, &text)).collect();
        if let Some((input, _)) = changed.iter().find(|(_, broken)| broken.is_empty()) {
            let request = Base::new(base.operation, base.dialect, input).request;
            return Some(Shot::answered(request).input(input.clone()));
        }
        let (input, broken) = changed.into_iter().next()?;
        Shot::breaking_input(base, input, broken)
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        let run = [b'n'; 4000];
        memchr::memmem::find(seen.request.body(), &run).is_some()
    }
}
