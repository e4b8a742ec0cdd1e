//! What a real implementation answered, judged as `check` would: where the contract demands one thing of a request.

use std::collections::HashSet;

use super::conclude::complain;
use super::exchange::Exchanges;
use super::observe::observe;
use crate::auth;
use crate::check::{Party, Tally};
use crate::codec::{Outcome, Received};
use crate::contract::Contract;
use crate::exchange::{Answer, Observation, Reply};
use crate::model::{ErrorKind, Strength};
use crate::report::Finding;

/// What is found of the answers to requests. Of an operation that the server never showed to have, all is doubtful.
pub(super) fn judge(contract: &Contract, exchanges: &Exchanges) -> Tally<Finding> {
    let mut tally = Tally::default();
    let mut had: HashSet<String> = HashSet::new();
    for exchange in exchanges.kept().iter().filter(|exchange| exchange.whole) {
        let Some(response) = &exchange.response else { continue };
        let secrets = auth::secrets(contract.router().marks().ways(), exchange.request.headers());
        let answer = Ok(Reply { response: response.clone(), elapsed: exchange.elapsed });
        let mut observation = observe(contract, &exchange.request);
        observation.secrets = &secrets;
        observation.answer = Some(&answer);
        observation.read_answer();
        if let Some(operation) = observation.operation.filter(|_| shows_operation(&observation)) {
            had.insert(operation.label.clone());
        }
        observation.demand = observation.derived_demand();
        if is_judged(&observation) {
            complain(&mut tally, Party::Server, &observation);
        }
    }
    let mut all = doubted(tally, &had);
    all.join(failures(contract, exchanges));
    all
}

/// What is found of answers that did not come, or not to their end.
fn failures(contract: &Contract, exchanges: &Exchanges) -> Tally<Finding> {
    let mut tally = Tally::default();
    for exchange in exchanges.kept() {
        let Some(failure) = &exchange.failure else { continue };
        let answer = Err(failure.clone());
        let observation = Observation { answer: Some(&answer), ..observe(contract, &exchange.request) };
        complain(&mut tally, Party::Server, &observation);
    }
    tally
}

/// Whether an answer shows that the server has the operation. A proxy cannot ask for one that does not exist, as `check`
/// does, so any failure may mean that it has not, and so may the refusal of a request that has nothing wrong with it.
fn shows_operation(observation: &Observation<'_>) -> bool {
    let Some(operation) = observation.operation else { return false };
    let Some(Ok(Received { outcome: Outcome::Error { code, .. }, .. })) = &observation.received else {
        return observation.status().is_some_and(|status| status < 400);
    };
    let is_broken = || observation.input().is_none_or(|input| !operation.input.judge(input).is_empty());
    match operation.errors.by_code(code).map(|error| operation.errors.all[error].kind) {
        Some(ErrorKind::State | ErrorKind::Quota | ErrorKind::Throttling) => true,
        Some(ErrorKind::Validation) => is_broken(),
        _ => false,
    }
}

/// Whether an answer is worth a look: `check` would ask again after one that may pass, and so may the client; and who may
/// not ask learns nothing of the operation.
fn is_judged(observation: &Observation<'_>) -> bool {
    let Some(exchange) = observation.exchange() else { return false };
    let denied = matches!(exchange.answer(), Answer::Declared(error) if error.kind == ErrorKind::Auth);
    !observation.is_transient() && !denied
}

fn doubted(tally: Tally<Finding>, had: &HashSet<String>) -> Tally<Finding> {
    let mut doubted = Tally::default();
    for group in tally {
        let mut finding = Finding { count: group.count, ..group.shown };
        if finding.operation.as_ref().is_some_and(|operation| !had.contains(operation)) {
            finding.actual += "; no answer shows that the server has the operation at all";
            finding.strength = Strength::Assumed;
        }
        finding.add_to(&mut doubted);
    }
    doubted
}
