//! `undecodable-response`: a success whose body cannot be read.

use crate::check::{Check, Complaint, Party};
use crate::codec::media_type;
use crate::exchange::{Answer, Exchange, Observation};
use crate::model::Strength;
use crate::model::citation::strength_of;
use http::header::ACCEPT_ENCODING;

/// The check.
pub struct UndecodableResponse;

const PAGE: &str = "\
# undecodable-response

## What it does

Complains of a success whose body is not of the protocol: broken JSON or XML, another root
element, an envelope without its members. Also of a compressed body.

## Why it matters

The work is done, and the client cannot learn what came of it. Many clients then call again, and
do it twice.

## Example

`CopyDBClusterSnapshot` answers `<Response>`. Due is `<CopyDBClusterSnapshotResponse>` with a
`<CopyDBClusterSnapshotResult>` in it.

## Remedy

Compare the body with the answer that `accordant mock` gives to the same request.

## When it is a note

When the protocol is only observed or assumed. A compressed body is one unless the request says
that it takes none: HTTP allows any coding where the client states no preference (RFC 9110,
section 12.5.3). One in a coding that the request asks for is none at all.
";

impl Check for UndecodableResponse {
    fn code(&self) -> &'static str {
        "undecodable-response"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let (Some(response), Some(status)) = (exchange.response(), exchange.status()) else { return Vec::new() };
        let success = (200..300).contains(&status);
        if let (Some(coding), false) = (exchange.coding(), response.body().is_empty())
            && (success && exchange.may_succeed() || (400..500).contains(&status))
        {
            return encoded(exchange, coding).into_iter().collect();
        }
        let another_success = status != exchange.operation().status(exchange.dialect()) && response.body().is_empty();
        let unreadable = success && matches!(exchange.answer(), Answer::Unreadable);
        if !unreadable || !exchange.may_succeed() || exchange.is_bodiless() || another_success {
            return Vec::new();
        }
        let operation = exchange.operation();
        let citations = match &operation.documented {
            Some(documented) if !exchange.is_native() => &documented.citations,
            _ => operation.service.protocol_fact("*"),
        };
        let expected = format!("{} of the protocol {}", exchange.success(), exchange.codec().name());
        vec![Complaint::new(expected, exchange.answered()).cite(citations, strength_of(citations))]
    }
}

/// A body in a coding, unless the request asks for that.
fn encoded(exchange: &Exchange<'_>, coding: &str) -> Option<Complaint> {
    let coding = exchange.foreign(coding).to_ascii_lowercase();
    let asked = exchange.request().headers().get(ACCEPT_ENCODING).and_then(|value| value.to_str().ok());
    let asked = asked.map(str::to_ascii_lowercase);
    if asked.as_ref().is_some_and(|asked| asked.contains(&coding)) {
        return None;
    }
    let excluded = asked.is_some_and(|asked| !asked.contains('*'));
    let strength = if excluded { Strength::Documented } else { Strength::Assumed };
    let media_type = exchange.response().and_then(|response| media_type(response.headers()));
    let actual = format!("Content-Encoding: {coding}, of {}", exchange.foreign(&media_type.unwrap_or_default()));
    let complaint = Complaint::new("a body without content coding", actual).standard("RFC 9110, section 12.5.3");
    Some(complaint.at_most(strength))
}
