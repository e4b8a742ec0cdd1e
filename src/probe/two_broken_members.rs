//! `two-broken-members`: two required members are missing at once.

use crate::value::pointer;

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct TwoBrokenMembers;

const PAGE: &str = "\
# two-broken-members

## What it does

Sends a valid request without two of its required members.

## Why it matters

What collects several faults joins them in code that one fault never reaches.

## Example

Two missing members are answered with `500`. Due is the error of either.

## Remedy

Answer with the first fault that is found, or with one error for all.

## When it is a note

When the members are required by an observed or assumed source only.
";

impl Probe for TwoBrokenMembers {
    fn name(&self) -> &'static str {
        "two-broken-members"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let required = base.required();
        let (one, other) = required.iter().enumerate().find_map(|(at, one)| {
            let apart = |other: &&(usize, Vec<String>)| !other.1.starts_with(&one.1) && !one.1.starts_with(&other.1);
            required[at + 1..].iter().find(apart).map(|other| (one, other))
        })?;
        let constraints = &base.operation.input.constraints;
        let input = pointer::without(base.input, &constraints[one.0].member)?;
        let input = pointer::without(&input, &constraints[other.0].member)?;
        let mut broken: Vec<usize> =
            base.operation.input.judge(&input).iter().map(|broken| broken.constraint).collect();
        broken.dedup();
        Shot::breaking_input(base, input, broken)
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.broken > 1 && seen.request.body().len() > 4
    }
}
