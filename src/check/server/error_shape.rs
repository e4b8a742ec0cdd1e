//! `error-shape`: an error whose body is not the protocol's.

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Answer, Exchange, Observation, is_in_front};
use crate::model::citation::strength_of;
use crate::model::{Citation, Strength};

/// The check.
pub struct ErrorShape;

const PAGE: &str = "\
# error-shape

## What it does

Complains of an answer with a status from 400 to 499 from which no error code can be read: an HTML
page, an empty body, JSON of another shape.

## Why it matters

A client reads the code from a fixed place. Where there is none it reports an unknown error, or
fails while it reads.

## Example

A body that is not JSON is answered with a framework's own `400` and `<h1>Bad Request</h1>`. Due
is the protocol's error.

## Remedy

Put every refusal through the protocol's own error, those of the router and of the web server
included.

## When it is a note

When the source of the error's shape is only observed or assumed. Also where something in front of
the service may have answered: requests without credentials or with another method, paths with
escapes or empty segments, and limits of size or time (407, 408, 413, 414, 431). There is no
complaint of `405` to another method, unless a source names the service's own error for it.
";

impl Check for ErrorShape {
    fn code(&self) -> &'static str {
        "error-shape"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let shapeless = matches!(exchange.answer(), Answer::Unreadable | Answer::Success(_));
        let Some(400..500) = exchange.status() else { return Vec::new() };
        if !shapeless || exchange.coding().is_some() || exchange.refuses_method() {
            return Vec::new();
        }
        let expected = exchange.due().map_or("an error of the protocol with its code".to_owned(), |d| d.expected());
        let (citations, strength) = shape_of(exchange);
        let complaint = Complaint::new(expected, exchange.answered()).cite(citations, strength);
        let met = exchange.may_succeed() || exchange.broken().is_some();
        // Many servers refuse escaped slashes and the like before any service sees them.
        let path = exchange.request().uri().path();
        let unusual = path.contains('%') || path.contains("//");
        let doubtful = !met || unusual || exchange.status().is_some_and(is_in_front);
        vec![if doubtful { complaint.at_most(Strength::Assumed) } else { complaint }]
    }
}

/// Who says how an error looks.
fn shape_of<'e>(exchange: &Exchange<'e>) -> (&'e [Citation], Strength) {
    let service = &exchange.operation().service;
    match &service.documented {
        Some(documented) if !exchange.is_native() => (&documented.error.citations, documented.error.strength),
        _ => {
            let citations = service.protocol_fact("error");
            (citations, strength_of(citations))
        }
    }
}
