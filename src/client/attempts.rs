//! Attempts: which requests are the same one again, and what came of each.

use std::collections::HashMap;

use serde_json::Value;

use super::exchange::{Exchange, Exchanges};
use super::observe::observe;
use crate::codec;
use crate::contract::Contract;
use crate::exchange::{Attempt, AttemptOutcome, History, Observation};
use crate::model::{ClientSpec, ErrorKind};
use crate::value::pointer;

/// How often a command asks for what, when all goes well.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    known: HashMap<String, usize>,
}

impl Calls {
    /// In a run without trouble.
    #[must_use]
    pub fn of(contract: &Contract, exchanges: &Exchanges) -> Self {
        let mut known = HashMap::new();
        for exchange in exchanges.kept() {
            *known.entry(identity(&observe(contract, &exchange.request))).or_default() += 1;
        }
        Self { known }
    }
}

/// The attempts so far, by what is asked for.
#[derive(Debug, Default)]
pub struct Attempts {
    known: HashMap<String, Vec<Attempt>>,
    calls: Calls,
}

impl Attempts {
    /// Of a command of which it is known how often it asks for what.
    pub fn beside(calls: &Calls) -> Self {
        Self { known: HashMap::new(), calls: calls.clone() }
    }

    /// Adds to an observation which attempt it is, and those before it.
    pub fn place(&mut self, observation: &mut Observation<'_>, exchange: &Exchange) {
        let header = observation.request.headers().get("amz-sdk-invocation-id");
        let attempt = Attempt {
            at: exchange.at,
            outcome: outcome(observation, exchange),
            token: token(observation),
            invocation: header.and_then(|id| id.to_str().ok()).map(str::to_owned),
        };
        let identity = identity(observation);
        let calls = self.calls.known.get(&identity).copied();
        let attempts = self.known.entry(identity).or_default();
        observation.history =
            History { calls, earlier: attempts.clone(), attempt: attempt.clone(), ..History::default() };
        attempts.push(attempt);
        // What is older says nothing any more, and a long list would be copied for each attempt.
        let surplus = attempts.len().saturating_sub(Self::MOST);
        attempts.drain(..surplus);
    }

    /// Most attempts at a request that are remembered.
    const MOST: usize = 100;
}

/// What is asked for: method, path and input, its idempotency token aside; where there is no input, the bytes.
pub(super) fn identity(observation: &Observation<'_>) -> String {
    let (method, uri) = (observation.request.method(), observation.request.uri());
    match (observation.operation, observation.input()) {
        (Some(operation), Some(input)) => {
            let mut input = input.clone();
            if let Some(idempotency) = &operation.idempotency {
                remove(&mut input, &idempotency.token);
            }
            format!("{} {method} {} {input}", operation.label, uri.path())
        }
        _ => format!("{method} {uri} {}", String::from_utf8_lossy(observation.request.body())),
    }
}

fn remove(value: &mut Value, path: &[String]) {
    let Some((last, above)) = path.split_last() else { return };
    let holder = above.iter().try_fold(value, |value, name| value.get_mut(name));
    if let Some(members) = holder.and_then(Value::as_object_mut) {
        members.shift_remove(last);
    }
}

fn token(observation: &Observation<'_>) -> Option<String> {
    let idempotency = observation.operation?.idempotency.as_ref()?;
    Some(pointer::first(observation.input()?, &idempotency.token)?.as_str()?.to_owned())
}

fn outcome(observation: &Observation<'_>, exchange: &Exchange) -> AttemptOutcome {
    let Some(response) = exchange.response.as_ref().filter(|_| exchange.whole) else { return AttemptOutcome::Failed };
    let status = response.status().as_u16();
    if status >= 500 || status == 429 || status == 408 {
        return AttemptOutcome::Failed;
    }
    let (Some(operation), Some(codec)) = (observation.operation, observation.codec()) else {
        return AttemptOutcome::Refused;
    };
    match codec.decode_response(operation, response).map(|received| received.outcome) {
        Ok(codec::Outcome::Output(_)) => AttemptOutcome::Success,
        Ok(codec::Outcome::Error { code, .. }) => {
            let known = operation.errors.by_code(&code).map(|index| operation.errors.all[index].kind);
            let is_throttling = |client: &ClientSpec| client.throttling.contains(&code);
            let throttled = match known {
                Some(kind) => kind == ErrorKind::Throttling,
                None => operation.service.clients.iter().any(is_throttling),
            };
            if throttled { AttemptOutcome::Failed } else { AttemptOutcome::Refused }
        }
        Err(_) if status < 400 => AttemptOutcome::Failed,
        Err(_) => AttemptOutcome::Refused,
    }
}
