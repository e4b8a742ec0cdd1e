//! `transport-failure`: no answer comes back.

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Observation, TransportFailure as Failure, Variation};
use crate::model::Strength;

/// The check.
pub struct TransportFailure;

const PAGE: &str = "\
# transport-failure

## What it does

Complains when no complete HTTP answer comes back: the connection ends before it, it does not end
in time, or it is not HTTP.

## Why it matters

A server answers each request with a response (RFC 9110, section 3.4). Where it hangs up instead,
a client cannot tell whether the request had an effect, and often one request has brought down
what others were waiting for.

## Example

A tag whose key holds a character beyond the BMP closes the connection. Due is the answer to any
other tag.

## Remedy

Run the curl line of the finding and look for a crash, an endless loop or a panic in the server's
log. If the service is merely slow, give it more time with `--timeout`.

## When it is a note

When the server is not reached at all, which says nothing about the request, when the body is
larger than is read here, when a client that is judged through the proxy did not wait, and when the request has a method that the operation does not have: a
server in front may hang up on what it takes for no HTTP. There is no complaint of a request that
could not be sent.
";

impl Check for TransportFailure {
    fn code(&self) -> &'static str {
        "transport-failure"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        // An answer is owed to each request, whatever it is for.
        let Some(Err(failure)) = observation.answer else { return Vec::new() };
        let strength = match failure {
            Failure::Unsendable(_) => return Vec::new(),
            Failure::Unreachable(_) | Failure::Tls(_) | Failure::TooLarge(_) | Failure::Abandoned(_) => {
                Strength::Assumed
            }
            _ => Strength::Documented,
        };
        let text = failure.to_string();
        let actual = observation.exchange().map_or(text.clone(), |exchange| exchange.foreign(&text));
        let complaint = Complaint::new("an HTTP answer", actual).standard("RFC 9110, section 3.4").at_most(strength);
        let other_method = observation.demand.is_some_and(|demand| demand.variation == Variation::OtherMethod);
        vec![if other_method { complaint.at_most(Strength::Assumed) } else { complaint }]
    }
}
