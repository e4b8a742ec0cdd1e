//! `retry-storm`: one request sent again and again in a short time.

use std::time::Duration;

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Attempt, AttemptOutcome, Observation};
use crate::model::Strength;

/// Most attempts before one more is too many.
const MOST: usize = 10;
/// The time in which they are counted.
const WINDOW: Duration = Duration::from_secs(10);

/// The check.
pub struct RetryStorm;

const PAGE: &str = "\
# retry-storm

## What it does

Complains when a request that keeps failing is sent for the eleventh time within ten seconds. Only
attempts after failures of the server, or those that the client itself calls attempts at one
invocation, count.

## Why it matters

A service in trouble does not recover while all its clients ask without a pause; and the client's own
account is throttled.

## Example

A loop sends `StartBackupJob` again at once for as long as 503 is answered.

## Remedy

Wait between attempts, longer each time and not all clients alike, and give up after a few. Where it is a
runner of tests that repeats what fails, switch that off under `--faults`.

## When it is a note

Unless the attempts are surely retries: the client itself says, by `amz-sdk-invocation-id`, that they are
attempts at one invocation; or the command sends the request more often under a fault than without, more
than ten times for each time that it does without. Else they may be calls of their own.
";

impl Check for RetryStorm {
    fn code(&self) -> &'static str {
        "retry-storm"
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
        let now = &history.attempt;
        let mut recent = history.earlier.iter().rev().take_while(|earlier| {
            earlier.outcome != AttemptOutcome::Success
                && now.at.saturating_sub(earlier.at) <= WINDOW
                && is_retried(earlier, now)
        });
        let count = recent.clone().count();
        let one = now.invocation.is_some() && recent.all(|earlier| earlier.invocation == now.invocation);
        let enough = MOST.saturating_mul(if one { 1 } else { history.calls.unwrap_or(1) });
        if count < enough {
            return Vec::new();
        }
        let actual = format!("more than {MOST} attempts at one request within {} seconds", WINDOW.as_secs());
        let complaint = Complaint::new("a pause that grows between attempts, and an end to them", actual);
        // No automatic retry of an automatic retry.
        let complaint = complaint.standard("RFC 9110, section 9.2.2");
        vec![if one || history.calls.is_some() { complaint } else { complaint.at_most(Strength::Assumed) }]
    }
}

/// Whether an attempt is one that another follows, rather than a request of its own.
fn is_retried(earlier: &Attempt, now: &Attempt) -> bool {
    earlier.outcome == AttemptOutcome::Failed || earlier.invocation.is_some() && earlier.invocation == now.invocation
}

#[cfg(test)]
mod tests {
    use super::super::tests::{backup, judged};
    use super::*;

    fn after(outcome: AttemptOutcome, times: u64, invocation: Option<&str>) -> Vec<Complaint> {
        beside(None, outcome, times, invocation)
    }

    fn beside(calls: Option<usize>, outcome: AttemptOutcome, times: u64, invocation: Option<&str>) -> Vec<Complaint> {
        judged(&RetryStorm, backup(), "{}", |observation| {
            let attempt = |number| Attempt {
                at: Duration::from_millis(number),
                outcome,
                invocation: invocation.map(str::to_owned),
                ..Attempt::default()
            };
            observation.history.calls = calls;
            observation.history.earlier = (0..times).map(attempt).collect();
            observation.history.attempt = Attempt { outcome: AttemptOutcome::Success, ..attempt(times) };
        })
    }

    #[test]
    fn many_attempts_in_a_short_time_are_a_storm() {
        assert_eq!(after(AttemptOutcome::Failed, 10, None).len(), 1);
        assert_eq!(after(AttemptOutcome::Refused, 10, Some("one")).len(), 1);
        assert!(after(AttemptOutcome::Failed, 9, None).is_empty());
        assert!(after(AttemptOutcome::Refused, 50, None).is_empty(), "tests of one wrong input are no attempts");
        assert!(after(AttemptOutcome::Success, 50, Some("one")).is_empty());
    }

    #[test]
    fn what_is_surely_a_retry_is_a_finding() {
        let is_finding = |complaints: &[Complaint]| complaints.iter().any(Complaint::is_finding);
        assert!(is_finding(&after(AttemptOutcome::Refused, 10, Some("one"))));
        assert!(!is_finding(&after(AttemptOutcome::Failed, 10, None)), "they may be calls of their own");
        assert!(is_finding(&beside(Some(1), AttemptOutcome::Failed, 10, None)));
        assert!(beside(Some(2), AttemptOutcome::Failed, 19, None).is_empty(), "ten attempts at each of two calls");
        assert!(is_finding(&beside(Some(2), AttemptOutcome::Failed, 20, None)));
        assert!(is_finding(&beside(Some(2), AttemptOutcome::Failed, 10, Some("one"))));
    }
}
