//! Attempts: which requests are the same one again, and what came of each.

use std::collections::HashMap;
use std::time::Duration;

use serde_json::Value;

use super::exchange::{Exchange, Exchanges};
use super::sent::Sent;
use crate::codec;
use crate::contract::model::ErrorKind;
use crate::contract::{Contract, pointer};

/// What came of an attempt, as far as the one who made it can tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outcome {
    /// A success that can be read.
    #[default]
    Success,
    /// An error that another attempt would not change.
    Refused,
    /// Anything after which the request may be tried again, and may have been carried out: a failure of the server, too many
    /// calls, an answer that cannot be read, none at all.
    Trouble,
}

/// An attempt at a request.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Attempt {
    /// When it had arrived, since the command's start.
    pub at: Duration,
    /// What came of it.
    pub outcome: Outcome,
    /// Its idempotency token, where it has one.
    pub token: Option<String>,
    /// What the client itself calls the invocation, the same for all its attempts.
    pub invocation: Option<String>,
}

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
            *known.entry(identity(&Sent::read(contract, &exchange.request))).or_default() += 1;
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

    /// Reads the attempt that a request is, with those before it.
    pub fn place(&mut self, sent: &mut Sent<'_>, exchange: &Exchange) {
        let header = sent.request.headers().get("amz-sdk-invocation-id");
        sent.attempt = Attempt {
            at: exchange.at,
            outcome: outcome(sent, exchange),
            token: token(sent),
            invocation: header.and_then(|id| id.to_str().ok()).map(str::to_owned),
        };
        let identity = identity(sent);
        sent.calls = self.calls.known.get(&identity).copied();
        let attempts = self.known.entry(identity).or_default();
        sent.earlier.clone_from(attempts);
        attempts.push(sent.attempt.clone());
        // What is older says nothing any more, and a long list would be copied for each attempt.
        let surplus = attempts.len().saturating_sub(Self::MOST);
        attempts.drain(..surplus);
    }

    /// Most attempts at a request that are remembered.
    const MOST: usize = 100;
}

/// What is asked for: method, path and input, its idempotency token aside; where there is no input, the bytes.
pub(super) fn identity(sent: &Sent<'_>) -> String {
    let (method, uri) = (sent.request.method(), sent.request.uri());
    match (sent.operation(), sent.input()) {
        (Some(operation), Some(input)) => {
            let mut input = input.clone();
            if let Some(idempotency) = &operation.idempotency {
                remove(&mut input, &idempotency.token);
            }
            format!("{} {method} {} {input}", operation.label, uri.path())
        }
        _ => format!("{method} {uri} {}", String::from_utf8_lossy(sent.request.body())),
    }
}

fn remove(value: &mut Value, path: &[String]) {
    let Some((last, above)) = path.split_last() else { return };
    let holder = above.iter().try_fold(value, |value, name| value.get_mut(name));
    if let Some(members) = holder.and_then(Value::as_object_mut) {
        members.shift_remove(last);
    }
}

fn token(sent: &Sent<'_>) -> Option<String> {
    let idempotency = sent.operation()?.idempotency.as_ref()?;
    Some(pointer::first(sent.input()?, &idempotency.token)?.as_str()?.to_owned())
}

fn outcome(sent: &Sent<'_>, exchange: &Exchange) -> Outcome {
    let Some(response) = exchange.response.as_ref().filter(|_| exchange.whole) else { return Outcome::Trouble };
    let status = response.status().as_u16();
    if status >= 500 || status == 429 || status == 408 {
        return Outcome::Trouble;
    }
    let (Some(operation), Some(codec)) = (sent.operation(), sent.codec()) else { return Outcome::Refused };
    match codec.decode_response(operation, response).map(|received| received.outcome) {
        Ok(codec::Outcome::Output(_)) => Outcome::Success,
        Ok(codec::Outcome::Error { code, .. }) => {
            let known = operation.errors.by_code(&code).map(|index| operation.errors.all[index].kind);
            let throttled = known == Some(ErrorKind::Throttling) || code.contains("Throttl");
            if throttled { Outcome::Trouble } else { Outcome::Refused }
        }
        Err(_) if status < 400 => Outcome::Trouble,
        Err(_) => Outcome::Refused,
    }
}
