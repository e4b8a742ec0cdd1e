//! `request-id-missing`: an answer without the request id that the service's answers carry.

use crate::check::{Check, Complaint, Party};
use crate::exchange::Observation;

/// The check.
pub struct RequestIdMissing;

const PAGE: &str = "\
# request-id-missing

## What it does

Complains of an answer, success or error, that has no request id, where the service's answers have
one.

## Why it matters

The id is what a user quotes to support, and what SDKs print with an exception. Without it nobody
finds the call in the log.

## Example

`StartBackupJob` answers without `x-amzn-RequestId`.

## Remedy

Make an id for each request, log it, and send it in the header, on errors too.

## When it is a note

When the source of the header is only observed or assumed, as it is for the services whose specs
are built in. The documented dialect shows no headers, and has no complaint.
";

impl Check for RequestIdMissing {
    fn code(&self) -> &'static str {
        "request-id-missing"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let service = &exchange.operation().service;
        let (Some(header), Some(Ok(received))) = (&service.request_id, exchange.received()) else { return Vec::new() };
        let own = matches!(received.status, 200..300 | 400..500);
        if received.request_id.as_ref().is_some_and(|id| !id.trim().is_empty()) || !own || !exchange.is_native() {
            return Vec::new();
        }
        let complaint = Complaint::new(format!("a request id, as in the header {header}"), "an answer without one");
        vec![complaint.cite_all(service.protocol_fact("request_id"))]
    }
}
