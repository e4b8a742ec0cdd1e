//! `valid-rejected`: a valid input is refused as if something were wrong with it.

use super::change::change;
use super::server_error::is_failure;
use crate::check::{Check, Complaint, Party};
use crate::exchange::{Answer, Exchange, Observation, Verdict, is_in_front};
use crate::model::{ErrorKind, Strength};

/// The check.
pub struct ValidRejected;

const PAGE: &str = "\
# valid-rejected

## What it does

Complains when an input that keeps every constraint gets a declared error that blames the request:
one of validation, or one that says that the operation is not there. The input differs in one thing
from a base, which the server has accepted in the same run: what is known of that change is what
the complaint rests on.

## Why it matters

The caller did what the documents ask for and cannot use the operation. Usually the implementation
lacks a member, or is stricter than the service it stands for.

## Example

`StartWindowMinutes: 60`, the least that is allowed, is answered with
`400 InvalidParameterValueException`.

## Remedy

Compare the bound or pattern with the cited source, and accept what it allows. If the input needs
something to exist, make it with `--given` and name it with `--set`.

## When it is a note

When the change by which the input differs from one that the server has just accepted rests on an
assumption or observation, or on disputed sources. Where no source gives a text a form, a number a
bound on the side that it is on, or a list a length, and no example shows the value, a service may
well have such limits of its own. When the server accepted no input at all; but an example that a
source shows as a whole is one to accept. When the change made alone is not refused again.
In the documented dialect too, whose one error may stand for anything, and where a server in front
may have its own limits (407, 408, 413, 414, 431). An error of state, quota, throttling or
authentication is no complaint.
";

impl Check for ValidRejected {
    fn code(&self) -> &'static str {
        "valid-rejected"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn needs_base(&self) -> bool {
        true
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        if !is_rejected(exchange) {
            return Vec::new();
        }
        let change = change(exchange);
        let expected = format!("{}, because {}", exchange.success(), change.reason());
        let mut complaint = change.complaint(expected, exchange.answered());
        complaint.about = complaint.about.or_else(|| change.place().map(str::to_owned));
        let doubtful = !exchange.is_native() || exchange.status().is_some_and(is_in_front);
        vec![if doubtful { complaint.at_most(Strength::Assumed) } else { complaint }]
    }
}

/// Whether a valid input is blamed for what is wrong.
pub(super) fn is_rejected(exchange: &Exchange<'_>) -> bool {
    let Answer::Declared(error) = exchange.answer() else { return false };
    let blamed = matches!(error.kind, ErrorKind::Validation | ErrorKind::Protocol);
    let redirected = matches!(exchange.status(), Some(..200 | 300..400));
    let valid = matches!(exchange.demand.verdict, Verdict::Valid { .. }) && exchange.may_succeed();
    valid && blamed && !redirected && !is_failure(exchange)
}
