//! `token-not-reused-on-retry`: a retry with another idempotency token than the attempt before it.

use std::collections::HashSet;
use std::time::Duration;

use crate::check::{Check, Complaint, Party};
use crate::exchange::{AttemptOutcome, Observation};
use crate::model::Strength;

/// What comes later than this is a request of its own.
const WINDOW: Duration = Duration::from_secs(60);

/// The check.
pub struct TokenNotReusedOnRetry;

const PAGE: &str = "\
# token-not-reused-on-retry

## What it does

Complains when a request is sent again after trouble (a failure of the server, too many calls, an
answer cut short, no answer) and its idempotency token is another one than before.

## Why it matters

The first attempt may have been carried out. With the same token the service knows the second for a
repetition; with another one the work is done twice, and paid for twice.

## Example

`StartBackupJob` is answered with 503, and sent again with a new `IdempotencyToken`.

## Remedy

Draw the token once for each piece of work, outside of the loop that retries. Where it is a runner of
tests that repeats what fails, switch that off under `--faults`.

## When it is a note

Unless it is surely a retry: the client itself says, by `amz-sdk-invocation-id`, that both are attempts at
one invocation; or the command sends the request with more tokens under a fault than it sends it without.
Else they may be two calls with the same input.
";

impl Check for TokenNotReusedOnRetry {
    fn code(&self) -> &'static str {
        "token-not-reused-on-retry"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn needs_faults(&self) -> bool {
        true
    }

    fn party(&self) -> Party {
        Party::Client
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let history = &observation.history;
        let (Some(operation), Some(before)) = (observation.operation, history.earlier.last()) else {
            return Vec::new();
        };
        let Some(idempotency) = &operation.idempotency else { return Vec::new() };
        let now = &history.attempt;
        let (Some(token), Some(earlier)) = (&now.token, &before.token) else { return Vec::new() };
        let again = before.outcome == AttemptOutcome::Failed && now.at.saturating_sub(before.at) <= WINDOW;
        if !again || history.earlier.iter().any(|earlier| earlier.token.as_ref() == Some(token)) || earlier.is_empty() {
            return Vec::new();
        }
        let one = now.invocation.is_some() && now.invocation == before.invocation;
        let tokens: HashSet<&String> =
            history.earlier.iter().chain([now]).filter_map(|one| one.token.as_ref()).collect();
        // Without trouble, each request may have been a call of its own, with a token of its own.
        let surplus = history.calls.map(|calls| tokens.len() > calls);
        if !one && surplus == Some(false) {
            return Vec::new();
        }
        let complaint = Complaint::new("the idempotency token of the attempt before", "a retry with another token");
        let pointer = format!("/{}", idempotency.token.join("/"));
        let stated = operation.input.node(&pointer).map_or(&[][..], |node| &node.citations);
        let complaint = complaint.about(pointer).cite_all(stated);
        vec![if one || surplus == Some(true) { complaint } else { complaint.at_most(Strength::Assumed) }]
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{backup, judged};
    use super::*;
    use crate::exchange::Attempt;

    fn retried(outcome: AttemptOutcome, tokens: [&str; 2], invocations: [Option<&str>; 2]) -> Vec<Complaint> {
        beside(None, outcome, tokens, invocations)
    }

    fn beside(
        calls: Option<usize>,
        outcome: AttemptOutcome,
        tokens: [&str; 2],
        invocations: [Option<&str>; 2],
    ) -> Vec<Complaint> {
        judged(&TokenNotReusedOnRetry, backup(), "{}", |observation| {
            let attempt = |number: usize| Attempt {
                outcome,
                token: Some(tokens[number].to_owned()),
                invocation: invocations[number].map(str::to_owned),
                ..Attempt::default()
            };
            observation.history.calls = calls;
            observation.history.earlier = vec![attempt(0)];
            observation.history.attempt = attempt(1);
        })
    }

    #[test]
    fn a_token_is_kept_after_trouble() {
        let one = [Some("one"); 2];
        assert!(retried(AttemptOutcome::Failed, ["a", "b"], one)[0].is_finding());
        assert!(!retried(AttemptOutcome::Failed, ["a", "b"], [Some("one"), Some("two")])[0].is_finding());
        assert!(!retried(AttemptOutcome::Failed, ["a", "b"], [None; 2])[0].is_finding());
        assert!(retried(AttemptOutcome::Failed, ["a", "a"], one).is_empty());
        assert!(retried(AttemptOutcome::Success, ["a", "b"], one).is_empty());
        assert!(retried(AttemptOutcome::Refused, ["a", "b"], one).is_empty());
    }

    #[test]
    fn more_tokens_than_calls_are_a_finding_and_as_many_are_right() {
        let apart = [Some("one"), Some("two")];
        assert!(beside(Some(1), AttemptOutcome::Failed, ["a", "b"], apart)[0].is_finding());
        assert!(beside(Some(1), AttemptOutcome::Failed, ["a", "a"], apart).is_empty());
        assert!(beside(Some(2), AttemptOutcome::Failed, ["a", "b"], [None; 2]).is_empty(), "two calls, a token each");
        assert!(beside(Some(2), AttemptOutcome::Failed, ["a", "b"], [Some("one"); 2])[0].is_finding());
    }
}
