//! `wrong-error-code`: another declared error than the due one.

use super::server_error::is_failure;
use crate::check::{Check, Complaint, Party};
use crate::exchange::{Answer, DueRefusal, Exchange, Observation, is_in_front};
use crate::model::{ErrorDef, ErrorKind, Strength};

/// The check.
pub struct WrongErrorCode;

const PAGE: &str = "\
# wrong-error-code

## What it does

Complains when a request is refused, as it must be, with another of the declared errors than the
one that the contract names for what is wrong with it. Where one value breaks several constraints,
the error of any of them is right, and for an empty text the one of an absent member too.

## Why it matters

Clients branch on the code: SDKs turn it into an exception class. A test that catches the wrong
class passes here and fails against the real service.

## Example

Without `BackupVaultName` the answer is `400 InvalidParameterValueException`. Due is
`400 MissingParameterValueException`.

## Remedy

Answer the error that the finding names for this cause. The text of the message is never judged.

## When it is a note

When either the constraint or the link between it and its error is only assumed: then another
validation error may be right. So it is where any declared validation error may come, and another
kind of declared error does; and when the server accepts no valid input, or not the same request
without what is wrong with it, so that something else may be to blame. An error of state or quota
is a note, since a service may look at
the resource first, and so is one of a limit of size or time; one of throttling or authentication
is no complaint, unless credentials are what the request lacks.
";

impl Check for WrongErrorCode {
    fn code(&self) -> &'static str {
        "wrong-error-code"
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
        let Some((due, other)) = other_error(exchange) else { return Vec::new() };
        let complaint = due.complaint_beside(&exchange.alternatives(), exchange.answered());
        let looked_first = matches!(other.kind, ErrorKind::State | ErrorKind::Quota);
        let unsure = due.refusal.error().is_none() || exchange.has_no_base();
        let doubtful = looked_first || unsure || exchange.sends_null_for_absence();
        vec![if doubtful || exchange.status().is_some_and(is_in_front) {
            complaint.at_most(Strength::Assumed)
        } else {
            complaint
        }]
    }
}

/// What is due, and the declared error that came instead of it.
pub(super) fn other_error<'x>(exchange: &'x Exchange<'_>) -> Option<(DueRefusal<'x>, &'x ErrorDef)> {
    let (due, Answer::Declared(other)) = (exchange.due()?, exchange.answer()) else { return None };
    let redirected = matches!(exchange.status(), Some(..200 | 300..400));
    if due.refusal.admits(other) || redirected || is_failure(exchange) {
        return None;
    }
    // Of several constraints that one value breaks, nobody says which is told.
    if exchange.alternatives().iter().any(|alternative| alternative.admits(other)) {
        return None;
    }
    let excused = match other.kind {
        ErrorKind::Throttling | ErrorKind::Server => true,
        ErrorKind::Auth => due.refusal.error().is_none_or(|error| error.kind != ErrorKind::Auth),
        ErrorKind::Validation | ErrorKind::Protocol | ErrorKind::State | ErrorKind::Quota => false,
    };
    (!excused).then_some((due, other))
}
