//! `status-undeclared`: a status that is neither the operation's success nor an error.

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Answer, Exchange, Observation};
use crate::model::{NodeId, Place, Strength};

/// The check.
pub struct StatusUndeclared;

const PAGE: &str = "\
# status-undeclared

## What it does

Complains of a success with another status than the operation's, and of statuses that are neither
successes nor errors: interim answers, redirects, and anything above 599.

## Why it matters

Clients are written for the declared status: some take no other success, and many do not follow a
redirect of a request with a body. 202 says that the work is yet to be done, 201 that something
was made, 204 that there is no output.

## Example

`ReplicateBackup` is answered with `302` to a login page. Due is `200` with an output.

## Remedy

Send the declared status. Behind a redirect there often is a missing or additional slash of the
path, or HTTPS.

## When it is a note

When the source of the success status is only observed or assumed, or sources disagree on it. On a
request that must be refused, no more than its refusal is trusted.
";

impl Check for StatusUndeclared {
    fn code(&self) -> &'static str {
        "status-undeclared"
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
        let success = (200..300).contains(&status);
        let declared =
            success && (states_itself(exchange) || status == exchange.operation().status(exchange.dialect()));
        let judged_otherwise = success && (!exchange.may_succeed() || !exchange.was_accepted());
        if declared || judged_otherwise || (400..600).contains(&status) {
            return Vec::new();
        }
        let operation = exchange.operation();
        let disputed = success && exchange.is_disputed("status");
        let demand = exchange.due();
        let expected = demand.map_or_else(|| exchange.success(), |demand| demand.expected());
        let strength = demand.map_or(Strength::Documented, |demand| demand.complaint("").strength);
        let complaint = Complaint::new(expected, exchange.answered()).disputed(disputed);
        let complaint = match &operation.documented {
            Some(documented) if !exchange.is_native() => {
                complaint.cite_all(&documented.citations).at_most(Strength::Observed)
            }
            _ => complaint.cite_all(&operation.http.status_citations),
        };
        vec![complaint.at_most(strength)]
    }
}

/// Whether the output has a member for the status, so that it may be any.
fn states_itself(exchange: &Exchange<'_>) -> bool {
    let shape = &exchange.operation().output;
    let stated = |id: &NodeId| shape.nodes[*id].place == Some(Place::Status);
    matches!(exchange.answer(), Answer::Success(_)) && shape.root().properties.values().any(stated)
}
