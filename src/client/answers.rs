//! What a real implementation answered, judged as `check` would: where the contract demands one thing of a request.

use std::sync::Arc;

use indexmap::IndexMap;

use super::conclude::{Key, complain};
use super::exchange::{Exchange, Exchanges};
use super::report::{ClientFinding, Judged};
use super::sent::Sent;
use crate::check::{self, Answer, CHECKS};
use crate::contract::Contract;
use crate::contract::model::ErrorKind;
use crate::generate::{Case, Phase, Probe, Token, Verdict};
use crate::judge::Reply;
use crate::mock::{Dialect, credentials_fault};

/// What is found of the answers to requests.
#[must_use]
pub fn judge_answers(contract: &Contract, exchanges: &Exchanges) -> Judged {
    let mut groups: IndexMap<Key, ClientFinding> = IndexMap::new();
    for exchange in exchanges.kept().iter().filter(|exchange| exchange.whole) {
        let sent = Sent::read(contract, &exchange.request);
        if let Some(case) = case(contract, &sent, &exchange.request) {
            judge(&mut groups, &sent, &case, exchange);
        }
    }
    let (findings, notes) = groups.into_values().partition(ClientFinding::is_finding);
    Judged { findings, notes, ..Judged::default() }
}

/// The case that a request is; nothing where more than one thing is wrong with it, or something outside of its input.
fn case(contract: &Contract, sent: &Sent<'_>, request: &http::Request<bytes::Bytes>) -> Option<Case> {
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
        probe: Probe::Plain,
        request: request.clone(),
    })
}

fn judge(groups: &mut IndexMap<Key, ClientFinding>, sent: &Sent<'_>, case: &Case, exchange: &Exchange) {
    let Some(response) = &exchange.response else { return };
    let received = Some(case.codec().decode_response(&case.operation, response));
    let reply = Ok(Reply { response: response.clone(), elapsed: exchange.elapsed });
    let names = ["authorization", "x-auth-token", "x-amz-security-token"];
    let secrets: Vec<String> = names
        .iter()
        .filter_map(|name| Some(exchange.request.headers().get(*name)?.to_str().ok()?.to_owned()))
        .collect();
    let judged = check::Exchange { case, secrets: &secrets, reply: &reply, received, earlier: None };
    // Who may not ask, or asks too often, learns nothing of the operation.
    if let Answer::Declared(error) = judged.answer()
        && matches!(error.kind, ErrorKind::Auth | ErrorKind::Throttling)
    {
        return;
    }
    for check in CHECKS {
        for complaint in check.judge(&judged) {
            complain(groups, check.code(), sent, complaint);
        }
    }
}
