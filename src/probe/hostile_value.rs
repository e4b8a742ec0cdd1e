//! `hostile-value`: a text has characters that mean something elsewhere.

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Strength;

/// The probe.
pub struct HostileValue;

const PAGE: &str = "\
# hostile-value

## What it does

Sends a text with quotes, with angle brackets, with `%00`, with a backslash, with a template or
with SQL in it, in the first member that takes it; where none does, in the first text. Where the
contract takes it the request must be answered as any other; else it must be refused.

## Why it matters

A name ends up in SQL, in XML, in a path or in a page. Where it is put there as it is, a quote
makes a crash, or worse (CWE-74).

## Example

A tag with `<b>` comes back in XML that no parser reads. Due is the tag, escaped.

## Remedy

Escape values where they are written; validate them before.

## When it is a note

When a value that the contract takes is refused in the protocol's words: the contract may not
say everything.
";

impl Probe for HostileValue {
    fn name(&self) -> &'static str {
        "hostile-value"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["quotes", "angle-brackets", "percent-zero", "backslash", "template", "sql"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let text = match form {
            "quotes" => "a\"b'c",
            "angle-brackets" => "<b>&amp;]]>",
            "percent-zero" => "a%00b",
            "backslash" => "a\\b\\n",
            "template" => "${7*7}{{7*7}}",
            _ => "' OR '1'='1",
        };
        // What the answer repeats says more of how it is written.
        let repeated = base.operation.echo.iter().map(|echo| echo.from.clone()).filter(|path| base.is_text(path));
        let paths = repeated.chain(base.texts().into_iter().map(|(path, _)| path));
        let changed: Vec<_> = paths.map(|path| base.changed(&path, text)).collect();
        if let Some((input, _)) = changed.iter().find(|(_, broken)| broken.is_empty()) {
            let request = Base::new(base.operation, base.dialect, input).request;
            let source = Source::of("no constraint of the contract excludes the value", Strength::Assumed);
            return Some(Shot::same(request, source).input(input.clone()));
        }
        let (input, broken) = changed.into_iter().next()?;
        Shot::breaking_input(base, input, broken)
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        let body = String::from_utf8_lossy(seen.request.body());
        ["7%2A7%7D%7B", "7*7}{"].iter().any(|mark| body.contains(mark))
    }
}
