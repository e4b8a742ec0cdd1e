//! `action-other-case`: the name of the action has other letters.

use super::body::{name_of, text};

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::{Cause, Strength};

/// The probe.
pub struct ActionOtherCase;

const PAGE: &str = "\
# action-other-case

## What it does

Sends a valid request whose action is written in small letters.

## Why it matters

Names are told apart by their letters' case. A client whose spelling a mock forgives fails at
the real service.

## Example

`Action=copydbclustersnapshot` is carried out. Due is `400 InvalidAction`.

## Remedy

Compare names as they are.

## When it is a note

When it is carried out: no source says that the service must not forgive it.
";

impl Probe for ActionOtherCase {
    fn name(&self) -> &'static str {
        "action-other-case"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let pairs = base.pairs().filter(|_| base.is_native() && base.naming().is_some())?;
        let lower = format!("Action={}", base.operation.name.to_ascii_lowercase());
        let renamed: Vec<&str> =
            pairs.iter().map(|pair| if name_of(pair) == "Action" { lower.as_str() } else { *pair }).collect();
        let source = Source::of("names are compared by their letters", Strength::Assumed);
        let shot = Shot::refused(base.with_body(renamed.join("&")), &[Cause::UnknownAction], source);
        (lower != format!("Action={}", base.operation.name)).then_some(shot)
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request).split('&').any(|pair| {
            pair.strip_prefix("Action=").is_some_and(|name| !name.is_empty() && !name.chars().any(char::is_uppercase))
        })
    }
}
