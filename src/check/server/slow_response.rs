//! `slow-response`: an answer that takes long.

use std::time::Duration;

use crate::check::{Check, Complaint, Party};
use crate::exchange::Observation;

/// The check.
pub struct SlowResponse;

/// Longest time that is not worth a word.
const LONGEST: Duration = Duration::from_secs(5);

const PAGE: &str = "\
# slow-response

## What it does

Notes an answer that took more than five seconds, from the first byte sent to the last one
received.

## Why it matters

An input that keeps a service busy for seconds is often the one that can stop it: a pattern that
backtracks, a list that is compared with itself.

## Example

A description of 255 times `<` takes 12 seconds.

## Remedy

Run the curl line of the note on an idle machine. If the input is the reason, profile it; if not,
ask fewer at once with `--concurrency`.

## When it is a note

Always: no contract says how long an answer may take, and the network has its part in it.
";

impl Check for SlowResponse {
    fn code(&self) -> &'static str {
        "slow-response"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let Ok(reply) = exchange.reply() else { return Vec::new() };
        let slow = reply.elapsed > LONGEST;
        let told = || format!("{:.1} seconds", reply.elapsed.as_secs_f64());
        slow.then(|| Complaint::new(format!("an answer within {} seconds", LONGEST.as_secs()), told()))
            .into_iter()
            .collect()
    }
}
