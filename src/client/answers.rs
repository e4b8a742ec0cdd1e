//! What a real implementation answered, judged as `check` would: where the contract demands one thing of a request.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use indexmap::IndexMap;

use super::conclude::{Key, complain};
use super::exchange::{Exchange, Exchanges};
use super::report::{ClientFinding, Judged};
use super::sent::Sent;
use crate::check::{self, Answer, CHECKS, transport_failure};
use crate::codec::{Outcome, Received, Rejection};
use crate::contract::model::{ErrorKind, Strength};
use crate::contract::{Contract, Operation};
use crate::generate::{Case, Phase, Token, Variation, Verdict};
use crate::judge::{Reply, is_transient};
use crate::mock::{Dialect, credentials_fault};

/// An answer as a codec reads it.
type Read = Result<Received, Rejection>;

/// What is found of the answers to requests. Of an operation that the server never showed to have, all is doubtful.
#[must_use]
pub fn judge_answers(contract: &Contract, exchanges: &Exchanges) -> Judged {
    let mut groups: IndexMap<Key, ClientFinding> = IndexMap::new();
    let mut had: HashSet<&str> = HashSet::new();
    for exchange in exchanges.kept().iter().filter(|exchange| exchange.whole) {
        let (sent, Some(response)) = (Sent::read(contract, &exchange.request), &exchange.response) else { continue };
        let (Some(operation), Some(codec)) = (sent.operation(), sent.codec()) else { continue };
        let received = codec.decode_response(operation, response);
        if shows(operation, &sent, response, &received) {
            had.insert(&operation.name);
        }
        if let Some(case) = case(contract, &sent, &exchange.request) {
            judge(&mut groups, &sent, &case, exchange, received);
        }
    }
    let doubted = groups.into_values().map(|finding| match &finding.operation {
        Some(operation) if !had.contains(operation.as_str()) => doubtful(finding),
        _ => finding,
    });
    let (findings, notes) = doubted.chain(failures(contract, exchanges)).partition(ClientFinding::is_finding);
    Judged { findings, notes, ..Judged::default() }
}

/// What is found of answers that did not come, or not to their end. A server owes one to each request, whatever it is for.
fn failures(contract: &Contract, exchanges: &Exchanges) -> impl Iterator<Item = ClientFinding> {
    let mut groups: IndexMap<Key, ClientFinding> = IndexMap::new();
    for exchange in exchanges.kept() {
        let Some(failure) = &exchange.failure else { continue };
        let Some(complaint) = transport_failure::complaint(failure, failure.to_string()) else { continue };
        complain(&mut groups, "transport-failure", &Sent::read(contract, &exchange.request), complaint);
    }
    groups.into_values()
}

/// Whether an answer shows that the server has the operation. A proxy cannot ask for one that there is not, as `check` does,
/// so any failure may mean that it has not, and so may the refusal of a request that has nothing wrong with it.
fn shows(operation: &Operation, sent: &Sent<'_>, response: &Response<Bytes>, received: &Read) -> bool {
    let Ok(Received { outcome: Outcome::Error { code, .. }, .. }) = received else {
        return response.status().as_u16() < 400;
    };
    let is_broken = || sent.input().is_none_or(|input| !operation.input.judge(input).is_empty());
    match operation.errors.by_code(code).map(|error| operation.errors.all[error].kind) {
        Some(ErrorKind::State | ErrorKind::Quota | ErrorKind::Throttling) => true,
        Some(ErrorKind::Validation) => is_broken(),
        _ => false,
    }
}

fn doubtful(finding: ClientFinding) -> ClientFinding {
    let actual = format!("{}; no answer shows that the server has the operation at all", finding.actual);
    ClientFinding { actual, strength: Strength::Assumed, ..finding }
}

/// The case that a request is; nothing where more than one thing is wrong with it, or something outside of its input.
fn case(contract: &Contract, sent: &Sent<'_>, request: &Request<Bytes>) -> Option<Case> {
    let operation = contract.operation(&sent.operation()?.name).ok()?;
    let Some(Ok(decoded)) = &sent.decoded else { return None };
    let mut unknown = Vec::new();
    operation.input.unknown_members(&decoded.input, &mut unknown);
    let unsigned = sent.dialect() == Dialect::Native && credentials_fault(&operation.service, request).is_some();
    if !decoded.oddities.is_empty() || !unknown.is_empty() || unsigned {
        return None;
    }
    let broken = operation.input.judge(&decoded.input);
    let verdict = match broken.as_slice() {
        [] => Verdict::Valid { boundary: None },
        [only] => Verdict::Invalid { constraint: only.constraint },
        _ => return None,
    };
    let token = Token {
        operation: operation.name.clone(),
        phase: Phase::Random,
        seed: 0,
        index: 0,
        contract: 0,
        steps: Vec::new(),
    };
    Some(Case {
        operation: Arc::clone(operation),
        dialect: sent.dialect(),
        token,
        input: decoded.input.clone(),
        verdict,
        variation: Variation::Plain,
        request: request.clone(),
    })
}

fn judge(groups: &mut IndexMap<Key, ClientFinding>, sent: &Sent<'_>, case: &Case, exchange: &Exchange, received: Read) {
    let Some(response) = &exchange.response else { return };
    let reply = Ok(Reply { response: response.clone(), elapsed: exchange.elapsed });
    // `check` would ask again, and so may the client.
    if is_transient(case, &reply, Some(&received)) {
        return;
    }
    let names = ["authorization", "x-auth-token", "x-amz-security-token"];
    let values = names.iter().filter_map(|name| exchange.request.headers().get(*name)?.to_str().ok());
    // What stands behind a scheme is a secret of its own.
    let secrets = values.flat_map(|value| [Some(value), value.split_once(' ').map(|(_, rest)| rest)]);
    let secrets: Vec<String> = secrets.flatten().map(str::to_owned).collect();
    let judged = check::Exchange { case, secrets: &secrets, reply: &reply, received: Some(received), earlier: None };
    // Who may not ask learns nothing of the operation.
    if matches!(judged.answer(), Answer::Declared(error) if error.kind == ErrorKind::Auth) {
        return;
    }
    for check in CHECKS {
        for complaint in check.judge(&judged) {
            complain(groups, check.code(), sent, complaint);
        }
    }
}
