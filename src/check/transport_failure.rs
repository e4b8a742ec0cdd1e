//! `transport-failure`: no answer comes back.

use super::exchange::Exchange;
use super::{Check, Complaint};
use crate::contract::model::Strength;
use crate::generate::Variation;
use crate::judge::TransportFailure as Failure;

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

    fn judge(&self, exchange: &Exchange<'_>) -> Vec<Complaint> {
        let Err(failure) = exchange.reply else { return Vec::new() };
        let shown = exchange.foreign(&failure.to_string());
        let complaint = complaint(failure, shown).map(|complaint| match exchange.case.variation {
            Variation::OtherMethod => complaint.at_most(Strength::Assumed),
            _ => complaint,
        });
        complaint.into_iter().collect()
    }
}

/// The complaint about a failure, in the words that may be shown of it; nothing where the request was not sent.
pub(crate) fn complaint(failure: &Failure, shown: impl Into<String>) -> Option<Complaint> {
    let strength = match failure {
        Failure::Unsendable(_) => return None,
        Failure::Unreachable(_) | Failure::Tls(_) | Failure::TooLarge(_) | Failure::Abandoned(_) => Strength::Assumed,
        _ => Strength::Documented,
    };
    Some(Complaint::new("an HTTP answer", shown).standard("RFC 9110, section 3.4").at_most(strength))
}
