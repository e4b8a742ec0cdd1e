//! `wrong-error-status`: a declared error comes with another status than its own.

use super::server_error::is_failure;
use super::valid_rejected::is_rejected;
use super::wrong_error_code::other_error;
use crate::check::{Check, Complaint, Party};
use crate::exchange::{Answer, Exchange, Observation, Refusal};
use crate::model::{ErrorKind, Strength};

/// The check.
pub struct WrongErrorStatus;

const PAGE: &str = "\
# wrong-error-status

## What it does

Complains when an error has a declared code, and a status that no declaration of this code has.
Where any client error may come, also when the answer is an error with the status of a success.

## Why it matters

Proxies, retries and generic HTTP clients look at the status alone. A missing resource that is
reported with 500 is asked for again and again.

## Example

`DBClusterSnapshotNotFoundFault` comes with `400`. Due is `404`.

## Remedy

Send the status that is declared for the code.

## When it is a note

When the source of the status, or of the code, is an observation or an assumption, and for
throttling, which often is a gateway's. Where the code is the wrong one already, that alone is
complained of.
";

impl Check for WrongErrorStatus {
    fn code(&self) -> &'static str {
        "wrong-error-status"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let Some(status) = exchange.status() else { return Vec::new() };
        let error = match exchange.answer() {
            Answer::Declared(error) => error,
            Answer::Undeclared(_) if status < 300 => return any_with_success(exchange),
            _ => return Vec::new(),
        };
        let redirected = matches!(status, ..200 | 300..400);
        let failing = error.kind == ErrorKind::Server && status >= 500;
        let judged_otherwise =
            is_failure(exchange) || is_rejected(exchange) || other_error(exchange).is_some() || redirected || failing;
        if status == error.status || judged_otherwise {
            return Vec::new();
        }
        let complaint = Complaint::new(format!("{} {}", error.status, error.code), exchange.answered());
        let complaint = complaint.about(&error.code).cite_all(&error.status_citations);
        let passing = if error.kind == ErrorKind::Throttling { Strength::Assumed } else { error.strength };
        vec![complaint.at_most(passing)]
    }
}

/// Of an error whose code is nowhere declared, and need not be, with the status of a success.
fn any_with_success(exchange: &Exchange<'_>) -> Vec<Complaint> {
    let due = exchange.due().filter(|due| matches!(due.refusal, Refusal::AnyClientError(_)));
    due.filter(|_| exchange.status() >= Some(200)).map(|due| due.complaint(exchange.answered())).into_iter().collect()
}
