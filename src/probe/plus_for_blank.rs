//! `plus-for-blank`: blanks are written as plus signs.

use super::body::{text, with_blank};
use serde_json::Value;

use super::{Base, Probe, Seen, Shot, Source};

/// The probe.
pub struct PlusForBlank;

const PAGE: &str = "\
# plus-for-blank

## What it does

Sends a valid form with a blank in a value, written as `+`.

## Why it matters

Forms write a blank so, and most libraries do (URL Standard, application/x-www-form-urlencoded).
A server that decodes percent codes alone stores the plus.

## Example

A tag with the value `a+b` comes back with the plus. Due is `a b`, as for `a%20b`.

## Remedy

Decode forms with a decoder of forms.

## When it is a note

Never.
";

impl Probe for PlusForBlank {
    fn name(&self) -> &'static str {
        "plus-for-blank"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        base.pairs()?;
        let has_blank = |input: &&Value| text(&Base::new(base.operation, base.dialect, input).request).contains("%20");
        let known = base.inputs().find(has_blank).cloned();
        let input = known.or_else(|| base.inputs().find_map(with_blank(base)))?;
        let plain = Base::new(base.operation, base.dialect, &input).request;
        let body = text(&plain).replace("%20", "+");
        let source = Source::standard("URL Standard, application/x-www-form-urlencoded");
        body.contains('+').then(|| Shot::same(base.with_body(body), source).beside(input).rewritten())
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request).contains('+') && !text(seen.request).starts_with('{')
    }
}
