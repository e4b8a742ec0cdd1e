//! `escaped-letters`: letters are written as escapes.

use super::body::{escaped_texts, has_escaped_letter, text};
use serde_json::Value;

use super::{Base, Probe, Seen, Shot, Source};

/// The probe.
pub struct EscapedLetters;

const PAGE: &str = "\
# escaped-letters

## What it does

Sends a valid request in which the first letter of each value is escaped: by its percent code in
a form, by its `\\u` code in JSON.

## Why it matters

An escape of a letter is the letter. Clients escape more than they must, each in its own way.

## Example

A name whose first letter is `%6d` is refused. Due is the answer to the same name with an `m`.

## Remedy

Decode all escapes before values are looked at.

## When it is a note

Never.
";

impl Probe for EscapedLetters {
    fn name(&self) -> &'static str {
        "escaped-letters"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["form", "json"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        if form == "json" {
            let body = escaped_texts(&Value::Object(base.members()?));
            let source = Source::standard("RFC 8259, section 7");
            return (text(&base.request) != body).then(|| Shot::same(base.with_body(body), source).rewritten());
        }
        let pairs = base.pairs()?;
        let escaped = pairs.iter().map(|pair| match pair.split_once('=') {
            Some((name, value)) if value.starts_with(|first: char| first.is_ascii_alphabetic()) => {
                format!("{name}=%{:02X}{}", value.as_bytes()[0], &value[1..])
            }
            _ => (*pair).to_owned(),
        });
        let body = escaped.collect::<Vec<_>>().join("&");
        let source = Source::standard("RFC 3986, section 2.3; URL Standard, application/x-www-form-urlencoded");
        Some(Shot::same(base.with_body(body), source).rewritten())
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        has_escaped_letter(text(seen.request))
    }
}
