//! `server-error`: the service fails.

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Answer, Exchange, Expected, Observation};
use crate::model::{Constraint, ErrorKind};

/// The check.
pub struct ServerError;

const PAGE: &str = "\
# server-error

## What it does

Complains of an answer whose status is 500 or above, to any request, whether it should have
succeeded or not. Where one constraint is broken and all else is an example's, the failure counts
for that constraint; random cases are counted together, since anything in them may be the cause.

## Why it matters

Such a status says that the service, not the caller, is at fault (RFC 9110, section 15.6). Clients
retry it, people are woken by it, and behind it there usually is an exception that nobody caught.
A request that breaks a rule must get the error of that rule.

## Example

`StartWindowMinutes: 59` is answered with `500 InternalFailure`. Due is
`400 InvalidParameterValueException`.

## Remedy

Run the curl line of the finding and look for the exception in the service's log; validate before
the value is used. An operation that is not there must say so with the protocol's error for an
unknown operation, not with 501.

## When it is a note

Never. There is no complaint where the contract declares an error of state, quota or
authentication with such a status, of `503` with a declared server error, or of throttling; nor of
`501` to a method that the server does not know, unless a source names another error for it. The
runner asks again before it believes a passing failure.
";

impl Check for ServerError {
    fn code(&self) -> &'static str {
        "server-error"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        if !is_failure(exchange) {
            return Vec::new();
        }
        let expected = match (exchange.expected(), exchange.due()) {
            (_, Some(demand)) => demand.expected(),
            (Expected::Success { .. }, None) => format!("{}, or an error of the caller's", exchange.success()),
            _ => "an answer below 500".to_owned(),
        };
        let http = &exchange.operation().http;
        let complaint = Complaint::new(expected, exchange.answered()).cite_all(&http.citations);
        let complaint = complaint.standard("RFC 9110, section 15.6");
        vec![match culprit(exchange) {
            Some(broken) => complaint.about(&broken.id),
            None => complaint,
        }]
    }
}

/// The broken constraint, where nothing else can be to blame: in the random phase everything is drawn.
fn culprit<'e>(exchange: &Exchange<'e>) -> Option<&'e Constraint> {
    exchange.broken().filter(|_| exchange.demand.isolated)
}

/// Whether the service failed, rather than telling of the world's state or of a pause.
pub(super) fn is_failure(exchange: &Exchange<'_>) -> bool {
    let Some(status @ 500..) = exchange.status().filter(|_| !exchange.refuses_method()) else { return false };
    let Answer::Declared(error) = exchange.answer() else { return true };
    match error.kind {
        ErrorKind::State | ErrorKind::Quota | ErrorKind::Auth | ErrorKind::Throttling => false,
        ErrorKind::Server => status != 503,
        ErrorKind::Validation | ErrorKind::Protocol => true,
    }
}
