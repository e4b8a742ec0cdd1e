//! `idempotency-broken`: the same token twice makes two of what it should make one of.

use crate::check::{Check, Complaint, Party};
use crate::codec::Outcome;
use crate::exchange::{Answer, Exchange, Observation, Variation};
use crate::model::Idempotency;
use crate::value::pointer;

/// The check.
pub struct IdempotencyBroken;

const PAGE: &str = "\
# idempotency-broken

## What it does

Sends a valid request with an idempotency token twice, and complains when both succeed with
different results where the contract has the same.

## Why it matters

The token is there so that a client may repeat a call whose answer it did not see. Where it is
ignored, a lost connection makes two jobs, and two bills.

## Example

`StartBackupJob` with `IdempotencyToken: weekly` answers one `BackupJobId`, and another one to the
same request. Due is the first one again.

## Remedy

Remember tokens with what they led to, and answer a known one with that.

## When it is a note

When the source of this promise is only observed or assumed. An error on the second call is no
complaint.
";

impl Check for IdempotencyBroken {
    fn code(&self) -> &'static str {
        "idempotency-broken"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        match &exchange.operation().idempotency {
            Some(promise) if exchange.demand.variation == Variation::Twice => differing(exchange, promise),
            _ => Vec::new(),
        }
    }
}

fn differing(exchange: &Exchange<'_>, promise: &Idempotency) -> Vec<Complaint> {
    let token = pointer::first(exchange.input, &promise.token).and_then(|token| token.as_str());
    let earlier = exchange.earlier().map(|earlier| &earlier.outcome);
    let (Some(Outcome::Output(first)), Answer::Success(second)) = (earlier, exchange.answer()) else {
        return Vec::new();
    };
    if token.is_none_or(str::is_empty) || !exchange.was_accepted() {
        return Vec::new();
    }
    let masked = [first, second].map(|output| exchange.operation().output.mask(output));
    let complaints = promise.same.iter().filter_map(|at| {
        let path: Vec<String> = pointer::segments(at).collect();
        let (one, other) = (pointer::first(first, &path)?, pointer::first(second, &path)?);
        let shown = |output| pointer::first(output, &path).map(|value| exchange.foreign(&value.to_string()));
        let shown = |output| shown(output).unwrap_or_default();
        let expected = format!("{at} is {} again, because the token is the same", shown(&masked[0]));
        let complaint = Complaint::new(expected, format!("{at} is {}", shown(&masked[1]))).about(at);
        (one != other).then(|| complaint.cite_all(&promise.citations).disputed(exchange.is_disputed(at, other)))
    });
    complaints.collect()
}
