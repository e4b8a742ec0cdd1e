//! `member-repeated`: a member or a parameter is given twice.

use super::body::{is_repeating, name_of, with_member, with_pair};

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct MemberRepeated;

const PAGE: &str = "\
# member-repeated

## What it does

Sends a valid request in which one member stands twice, with the same value and with another
one.

## Why it matters

Parsers take the first, the last or both. A list where a text was meant is a crash that one more
parameter causes.

## Example

A member given twice is answered with `500`. Due is an answer: either value's, or a refusal.

## Remedy

Take one of them, or refuse the request with an error of the protocol.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for MemberRepeated {
    fn name(&self) -> &'static str {
        "member-repeated"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["equal", "other"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let body = match base.members() {
            Some(members) => {
                let (name, value) = members.iter().next()?;
                let again = if form == "equal" { value.to_string() } else { "\"another-value\"".to_owned() };
                with_member(&members, name, &again)
            }
            None => {
                let pairs = base.pairs()?;
                let pair = pairs.iter().find(|pair| !base.operation.service.owns_parameter(name_of(pair)))?;
                let other = format!("{}=another-value", name_of(pair));
                with_pair(&pairs, if form == "equal" { pair } else { &other })
            }
        };
        Some(Shot::answered(base.with_body(body)))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        is_repeating(seen.request)
    }
}
