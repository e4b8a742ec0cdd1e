//! `auth-not-required`: a request without credentials is taken.

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Observation, Variation};
use crate::model::Strength;
use crate::model::citation::strength_of;

/// The check.
pub struct AuthNotRequired;

const PAGE: &str = "\
# auth-not-required

## What it does

Sends a valid request without credentials, and complains when it succeeds.

## Why it matters

In a service, anybody can do what only its users may (CWE-306). In an emulator, a client that
forgets to sign is found out only by the real service.

## Example

`StartBackupJob` without `Authorization` is answered with `200`. Due is an error of
authentication.

## Remedy

Refuse requests that carry none of the service's credentials, before anything else is looked at.
An emulator that takes everybody on purpose accepts the finding in its baseline.

## When it is a note

When the way to authenticate is only observed or assumed. Also when the success is not the
operation's own: a server of several services may route by the credentials, and have taken the
request for another one's. Pages of the documented dialect show no credentials, so that nothing is
asked of it there.
";

impl Check for AuthNotRequired {
    fn code(&self) -> &'static str {
        "auth-not-required"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let asked = exchange.demand.variation == Variation::NoCredentials && exchange.is_native();
        let ways = &exchange.operation().service.auth;
        if !asked || !exchange.was_accepted() || ways.is_empty() {
            return Vec::new();
        }
        let names: Vec<&str> = ways.iter().map(|way| way.name.as_str()).collect();
        let expected = exchange
            .due()
            .map_or_else(|| format!("a refusal, because {} is needed", names.join(" or ")), |demand| demand.expected());
        let best = ways.iter().min_by_key(|way| strength_of(&way.citations)).map(|way| way.citations.as_slice());
        let best = best.unwrap_or_default();
        let strength = if best.is_empty() { Strength::Assumed } else { strength_of(best) };
        let complaint = Complaint::new(expected, exchange.answered()).cite(best, strength);
        vec![if exchange.is_own_output() { complaint } else { complaint.at_most(Strength::Assumed) }]
    }
}
