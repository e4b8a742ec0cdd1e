//! `idempotent-without-optional`: the same token comes with an optional member less.

use super::body::text;
use crate::value::pointer;
use serde_json::Value;

use super::{Base, Probe, Rounds, Seen, Shot};

/// The probe.
pub struct IdempotentWithoutOptional;

const PAGE: &str = "\
# idempotent-without-optional

## What it does

Sends a request with an idempotency token, and then the same with one optional member left out.

## Why it matters

A client that retries after an update of its own sends a little less. The service may answer as
before or refuse it; it must not fail.

## Example

The second call is answered with `500`. Due is the first answer, or an error of the caller's.

## Remedy

Compare what a token was used for before, and answer with an error that the protocol has.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for IdempotentWithoutOptional {
    fn name(&self) -> &'static str {
        "idempotent-without-optional"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let promise = base.operation.idempotency.as_ref()?;
        let (whole, less) = base.inputs().find_map(|input| {
            let mut whole = input.clone();
            pointer::set(&mut whole, &promise.token, Value::from("the-same-with-less"));
            let members = whole.as_object()?;
            let optional = members.keys().filter(|name| promise.token.first() != Some(*name));
            let less = optional.map(|name| members.iter().filter(move |(other, _)| *other != name));
            let less = less.map(|rest| rest.map(|(name, value)| (name.clone(), value.clone())).collect::<Value>());
            let mut less = less;
            let less = less.find(|less| base.operation.input.judge(less).is_empty())?;
            Some((whole, less))
        })?;
        let request = Base::new(base.operation, base.dialect, &less).request;
        Some(Shot::answered(request).input(less).rounds(Rounds::After(whole)))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request).contains("the-same-with-less")
    }
}
