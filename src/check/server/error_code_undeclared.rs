//! `error-code-undeclared`: an error whose code the contract does not have.

use super::change::change;
use crate::check::{Check, Complaint, Party};
use crate::exchange::{Answer, Expected, Observation, Refusal, is_in_front};
use crate::model::Strength;

/// The check.
pub struct ErrorCodeUndeclared;

const PAGE: &str = "\
# error-code-undeclared

## What it does

Complains of an error that can be read, with a code that neither the operation nor its service
declares. Where nobody says which error a broken constraint gets, but that it is some client error,
any code is right; and nothing is asked where the reaction is not known.

## Why it matters

SDKs are generated from the declared errors. Another code becomes a generic exception, which
nobody's error handling names.

## Example

A value out of range is answered with `400 ValidationException`. Due is
`400 InvalidParameterValueException`.

## Remedy

Send the code that the finding names; a model's name of an error is not always its code on the
wire. If the real service sends the code too, declare it in the spec with its source.

## When it is a note

On an invalid input, when the constraint, or what says how it is refused, is only assumed. On a
valid one, when the claim that it is valid rests on an assumption. For refusals that come from
something in front of the service (401, 403, 407, 408, 413, 414, 429, 431), and in the documented dialect,
which shows one error only, also for missing and conflicting resources (404, 409).
";

impl Check for ErrorCodeUndeclared {
    fn code(&self) -> &'static str {
        "error-code-undeclared"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let (Answer::Undeclared(_), Some(status)) = (exchange.answer(), exchange.status()) else { return Vec::new() };
        let any_code = matches!(exchange.expected(), Expected::Refusal(Refusal::AnyClientError(_)));
        if any_code || !matches!(status, 200..300 | 400..500) {
            return Vec::new();
        }
        let actual = format!("{}, which is not declared", exchange.answered());
        let complaint = match (exchange.due(), exchange.expected()) {
            (Some(due), _) => due.complaint(actual),
            (None, Expected::Success { .. }) => {
                let expected = format!("{}, or a declared error", exchange.success());
                change(exchange).complaint(expected, actual).at_most(Strength::Model)
            }
            (None, _) => return Vec::new(),
        };
        let elsewhere = is_in_front(status) || matches!(status, 401 | 403 | 429);
        let environmental = elsewhere || !exchange.is_native() && matches!(status, 404 | 409);
        vec![if environmental { complaint.at_most(Strength::Assumed) } else { complaint }]
    }
}
