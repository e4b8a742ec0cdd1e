//! `method-not-refused`: the operation answers to a method that it does not have.

use http::Method;

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Observation, Variation};
use crate::model::{Cause, Strength};

/// The check.
pub struct MethodNotRefused;

const PAGE: &str = "\
# method-not-refused

## What it does

Sends a valid request with a method that the operation does not have, and complains when it
succeeds.

## Why it matters

Methods promise something: what a GET reaches is followed by crawlers and caches (RFC 9110,
section 9.2.1). Where every method starts a job, a link can start one.

## Example

`DELETE /backup-jobs` starts a backup job. Due is an error.

## Remedy

Bind the operation to its method in the router.

## When it is a note

When only our reading says which error another method gets, and when the success does not look
like the operation's own: another operation may live at this path. `HEAD` and `OPTIONS` are no
complaint.
";

impl Check for MethodNotRefused {
    fn code(&self) -> &'static str {
        "method-not-refused"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let harmless = [Method::HEAD, Method::OPTIONS].contains(exchange.request().method());
        if exchange.demand.variation != Variation::OtherMethod || harmless || !exchange.was_accepted() {
            return Vec::new();
        }
        let operation = exchange.operation();
        let grounds = operation.errors.reaction(Cause::MethodNotAllowed).grounds().filter(|_| exchange.is_native());
        let expected = exchange
            .due()
            .map_or_else(|| format!("a refusal: the method is {}", operation.http.method), |demand| demand.expected());
        let complaint = Complaint::new(expected, exchange.answered());
        let complaint = grounds.map_or(complaint.clone(), |(citations, strength)| complaint.cite(citations, strength));
        vec![if exchange.is_own_output() { complaint } else { complaint.at_most(Strength::Assumed) }]
    }
}
