//! `member-order`: members or parameters stand in another order.

use super::body::{json, name_of, text};

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Strength;

/// The probe.
pub struct MemberOrder;

const PAGE: &str = "\
# member-order

## What it does

Sends a valid request whose members stand in the opposite order.

## Why it matters

Objects have no order (RFC 8259, section 4), and parameters are told by their names. Maps of
many languages have another order in each run.

## Example

A form whose `Action` stands last is answered with `MissingAction`. Due is the answer to the
same form.

## Remedy

Read members by their names.

## When it is a note

Never.
";

impl Probe for MemberOrder {
    fn name(&self) -> &'static str {
        "member-order"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["json", "form"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        if form == "json" {
            let members = base.members()?;
            let body = json(members.iter().rev());
            let source = Source::standard("RFC 8259, section 4");
            return (members.len() > 1).then(|| Shot::same(base.with_body(body), source));
        }
        let pairs = base.pairs().filter(|pairs| pairs.len() > 1)?;
        let reversed: Vec<&str> = pairs.into_iter().rev().collect();
        let source = Source::of("parameters are told by their names", Strength::Model);
        Some(Shot::same(base.with_body(reversed.join("&")), source))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        let body = text(seen.request);
        let is_turned = |mark: &str| body.find(mark).is_some_and(|at| at > body.len() / 2);
        is_turned("&Action=") && name_of(body) != "Action" || is_turned(",\"BackupVaultName\"")
    }
}
