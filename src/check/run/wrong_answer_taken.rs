//! `wrong-answer-taken`: a command that ends with success though a request of it never had a good answer.

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Ended, Observation};
use crate::model::{ErrorKind, Strength};

/// The check.
pub struct WrongAnswerTaken;

const PAGE: &str = "\
# wrong-answer-taken

## What it does

Complains of a command that ends with success although a request of it never had a good answer: with
`--faults`, each attempt was answered with an error, a page of a gateway, half a body, or not at all.

## Why it matters

The work was not done, or nobody knows whether it was, and the caller goes on as if it was.

## Example

A script calls `curl` without `--fail`, and goes on when the service answers 500.

## Remedy

Look at the status and at the whole body, and end with a failure. A command whose purpose it is to
carry on without the answer is right to succeed: leave the fault out of `--faults`.

## When it is a note

When the error says something about the state of a resource or a quota, as that it exists already, which
the command may be content with; and when a later request for the same operation had a good answer, and each
run of the command sends another input, so that it may have been another attempt.
";

impl Check for WrongAnswerTaken {
    fn code(&self) -> &'static str {
        "wrong-answer-taken"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Run
    }

    fn needs_faults(&self) -> bool {
        true
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(end) = &observation.history.fault else { return Vec::new() };
        if end.recovered || end.may_pass || end.ended != Ended::Exit(0) {
            return Vec::new();
        }
        let expected = "a failure, since no attempt at the request had a good answer";
        let complaint = Complaint::new(expected, "the command ended with success").about(&end.fault);
        let complaint = complaint.standard("RFC 9110, section 15");
        let content = end.replaced || matches!(end.kind, Some(ErrorKind::State | ErrorKind::Quota));
        vec![if content { complaint.at_most(Strength::Assumed) } else { complaint }]
    }
}
