//! `invalid-accepted`: an input that breaks a constraint is taken.

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Observation, Variation};
use crate::model::Strength;

/// The check.
pub struct InvalidAccepted;

const PAGE: &str = "\
# invalid-accepted

## What it does

Complains when an input gets a success although one of its values breaks a constraint, or several.

## Why it matters

A client that is tested here and fails against the real service was told that its request is
right. In a service of one's own, a value that the documents exclude has gone where nobody expects
it.

## Example

`DeleteAfterDays: 36501` is answered with `200`. Due is `400 InvalidParameterValueException`,
because DeleteAfterDays must be at most 36500.

## Remedy

Enforce the constraint that the finding names; `accordant explain ID` shows it with both sides of
its boundary.

## When it is a note

When the constraint itself is only assumed or observed, or sources disagree on it; and when a
member that may be absent is null, which many servers read as its absence. What the service does
with members it does not know is often not known, and then no complaint.
";

impl Check for InvalidAccepted {
    fn code(&self) -> &'static str {
        "invalid-accepted"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let (Some(broken), Some(demand)) = (exchange.broken(), exchange.due()) else { return Vec::new() };
        // Sent in another way, the request is judged for that.
        if !exchange.was_accepted() || !matches!(exchange.demand.variation, Variation::Plain | Variation::Twice) {
            return Vec::new();
        }
        let mut others = exchange.alternatives();
        others.retain(|other| other.is_broken);
        let complaint = Complaint::new(demand.expected_beside(&others), exchange.answered()).about(&broken.id);
        // Whichever of them is certain is reason enough.
        let all = others.iter().map(|other| (other.constraint, other.disputed)).chain([(broken, demand.disputed)]);
        let (surest, disputed) =
            all.min_by_key(|(stated, disputed)| (*disputed, stated.strength)).unwrap_or((broken, demand.disputed));
        let complaint = complaint.cite(&surest.citations, surest.strength).disputed(disputed);
        vec![if exchange.sends_null_for_absence() { complaint.at_most(Strength::Assumed) } else { complaint }]
    }
}
