//! `idempotent-third-time`: the same call is made a third time.

use super::body::text;
use crate::model::citation::strength_of;
use crate::value::pointer;
use serde_json::Value;

use super::{Base, Probe, Rounds, Seen, Shot, Source};

/// The probe.
pub struct IdempotentThirdTime;

const PAGE: &str = "\
# idempotent-third-time

## What it does

Sends a request with an idempotency token three times, and holds the last answer against the
first.

## Why it matters

Retries come in numbers. A server that forgets a token when it has seen it again makes a second
job of the third call.

## Example

The third call with the token `weekly` answers another `BackupJobId`. Due is the first one's.

## Remedy

Keep tokens with what they led to for as long as the service says.

## When it is a note

When the source of the promise is only observed or assumed.
";

impl Probe for IdempotentThirdTime {
    fn name(&self) -> &'static str {
        "idempotent-third-time"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let promise = base.operation.idempotency.as_ref()?;
        let with = |token: &str| {
            let mut input = base.input.clone();
            pointer::set(&mut input, &promise.token, Value::from(token));
            input
        };
        let input = with("the-same-three-times");
        let request = Base::new(base.operation, base.dialect, &input).request;
        let source = Source::cited(&promise.citations, strength_of(&promise.citations));
        let shot = Shot::same(request, source).beside(with("the-same-beside-it"));
        Some(shot.input(input).rounds(Rounds::Thrice))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        text(seen.request).contains("the-same-three-times")
    }
}
