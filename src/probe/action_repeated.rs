//! `action-repeated`: the action is given twice.

use super::body::{name_of, text, with_pair};

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct ActionRepeated;

const PAGE: &str = "\
# action-repeated

## What it does

Sends a valid request with a second action: the same one, and another one.

## Why it matters

Frameworks differ in which of two they take, the first, the last, or a list of both. A list
where a name was meant is a crash that one more parameter causes.

## Example

`Action=A&Action=B` is answered with `500`. Due is an answer: the first one's, the last one's,
or a refusal.

## Remedy

Take one of them, or refuse the request with an error of the protocol.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for ActionRepeated {
    fn name(&self) -> &'static str {
        "action-repeated"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["equal", "other"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let pairs = base.pairs().filter(|_| base.is_native() && base.naming().is_some())?;
        let more = if form == "equal" { base.operation.name.clone() } else { format!("No{}", base.operation.name) };
        Some(Shot::answered(base.with_body(with_pair(&pairs, &format!("Action={more}")))))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request).split('&').filter(|pair| name_of(pair) == "Action").count() > 1
    }
}
