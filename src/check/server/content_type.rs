//! `content-type`: the body has another media type than the protocol's.

use crate::check::{Check, Complaint, Party};
use crate::codec::{is_json, media_type};
use crate::exchange::{Answer, Exchange, Observation};
use crate::model::{Place, Strength};

/// The check.
pub struct ContentType;

const PAGE: &str = "\
# content-type

## What it does

Complains of an answer whose body can be read in the protocol, but is declared to be something
else: JSON as `text/html`.

## Why it matters

Browsers, proxies and clients that choose the parser by the media type read something else, or
nothing at all.

## Example

`StartBackupJob` answers JSON with `Content-Type: text/html; charset=utf-8`. Due is
`application/json`.

## Remedy

Set the header on every answer with a body; frameworks fall back to HTML or plain text where a
handler returns a string.

## When it is a note

When there is no such header at all, which HTTP does not forbid, and when the protocol is only
observed or assumed. A body that cannot be read is `error-shape` or `undecodable-response`.
";

impl Check for ContentType {
    fn code(&self) -> &'static str {
        "content-type"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let Some(response) = exchange.response() else { return Vec::new() };
        let types = exchange.codec().media_types();
        let found = media_type(response.headers());
        let fits = |found: &str| types.contains(&found) || types.contains(&"application/json") && is_json(found);
        if response.body().is_empty() || !is_judged(exchange) || found.as_deref().is_some_and(fits) {
            return Vec::new();
        }
        let (actual, strength) = match &found {
            Some(found) => (exchange.foreign(found), Strength::Model),
            None => ("a body without a Content-Type".to_owned(), Strength::Assumed),
        };
        let operation = exchange.operation();
        let citations = match &operation.documented {
            Some(documented) if !exchange.is_native() => &documented.citations,
            _ => operation.service.protocol_fact("*"),
        };
        vec![Complaint::new(types.join(" or "), actual).cite_all(citations).at_most(strength)]
    }
}

/// Whether the body is one of the protocol's own: not a failure, not of what should have been refused, no free payload.
fn is_judged(exchange: &Exchange<'_>) -> bool {
    let shape = &exchange.operation().output;
    let payload = shape.root().properties.values().any(|id| shape.nodes[*id].place == Some(Place::Payload));
    match (exchange.answer(), exchange.status()) {
        (_, None | Some(500..)) | (Answer::Unreadable, _) => false,
        _ if exchange.coding().is_some() => false,
        (Answer::Success(_), Some(200..300)) => exchange.may_succeed() && !payload,
        (Answer::Success(_), Some(_)) => false,
        (Answer::Declared(_) | Answer::Undeclared(_), Some(_)) => true,
    }
}
