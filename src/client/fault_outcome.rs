//! How a command took a fault.

use std::collections::{HashMap, HashSet};

use super::attempts::{Attempts, Calls, identity};
use super::captured_output::CapturedOutput;
use super::exchange::{Exchange, Exchanges};
use super::observe::observe;
use super::retry;
use crate::check::{self, Party, Tally};
use crate::codec;
use crate::contract::Contract;
use crate::exchange::{Attempt, AttemptOutcome, Ended, Fault, FaultEnd, Observation};
use crate::model::{ErrorKind, Operation};
use crate::report::{Behaviour, ErrorNamed, FaultReport, Finding, Retry, TokenReuse};

/// What became of a request that met a fault.
#[derive(Debug)]
struct FaultOutcome {
    /// The number of the exchange that is the first attempt.
    first: usize,
    operation: String,
    attempts: Vec<Attempt>,
    /// Whether an attempt had a good answer.
    recovered: bool,
    kind: Option<ErrorKind>,
    /// How often the command asks for it without trouble, where that is known.
    calls: Option<usize>,
    /// Whether another attempt is called for.
    due: Option<bool>,
    /// The names of the error that the last attempt was sent: its code, and the model's name for it.
    error: Vec<String>,
    /// Whether a later request, as new as this one, may have been another attempt and had a good answer.
    replaced: bool,
}

impl FaultOutcome {
    fn new(first: usize, fault: &Fault, operation: &Operation, calls: Option<usize>) -> Self {
        let kind = match fault {
            Fault::Error(code) => operation.errors.by_code(code).map(|error| operation.errors.all[error].kind),
            _ => None,
        };
        Self {
            first,
            operation: operation.label.clone(),
            attempts: Vec::new(),
            recovered: false,
            kind,
            calls,
            due: retry::is_due(fault, operation),
            error: Vec::new(),
            replaced: false,
        }
    }

    /// What became of it once the command had ended.
    fn end(&self, fault: &Fault, ended: Ended) -> FaultEnd {
        FaultEnd {
            fault: fault.name(),
            may_pass: !fault.is_wrong(),
            recovered: self.recovered,
            replaced: self.replaced,
            kind: self.kind,
            ended,
        }
    }

    /// Attempts at one call: most at one invocation, as the client itself tells them apart, or more where more were made
    /// than the command makes calls without trouble.
    fn tries(&self) -> usize {
        let all = self.attempts.len();
        let mut named: HashMap<&str, usize> = HashMap::new();
        for invocation in self.attempts.iter().filter_map(|attempt| attempt.invocation.as_deref()) {
            *named.entry(invocation).or_default() += 1;
        }
        let named = named.into_values().max();
        match self.calls {
            Some(calls) => named.unwrap_or(0).max(all.div_ceil(calls.max(1))),
            None => named.unwrap_or(all),
        }
    }

    /// Whether an attempt had another token than the one before it; nothing where there was no other, or no token.
    fn token_changes(&self) -> Option<bool> {
        let pairs = self.attempts.windows(2).filter(|pair| !are_apart(&pair[0], &pair[1]));
        let mut changes = pairs.filter_map(|pair| Some(pair[0].token.as_ref()? != pair[1].token.as_ref()?));
        let tokens: HashSet<&String> = self.attempts.iter().filter_map(|attempt| attempt.token.as_ref()).collect();
        let surplus = self.calls.is_some_and(|calls| tokens.len() > calls);
        if surplus { Some(true) } else { changes.next().map(|first| first || changes.any(|changed| changed)) }
    }
}

/// Whether the client itself says that attempts are not at one invocation.
fn are_apart(one: &Attempt, other: &Attempt) -> bool {
    one.invocation.is_some() && other.invocation.is_some() && one.invocation != other.invocation
}

/// How a command took a fault, and what is wrong with that.
#[must_use]
pub fn judge_fault(
    contract: &Contract,
    exchanges: &Exchanges,
    fault: &Fault,
    watched: (Ended, &CapturedOutput, &Calls),
) -> (FaultReport, Tally<Finding>) {
    let (ended, output, calls) = watched;
    let outcomes = outcomes(contract, exchanges, fault, calls);
    let attempts = outcomes.iter().map(FaultOutcome::tries).max().unwrap_or(0);
    let mut tally = Tally::default();
    for outcome in &outcomes {
        let exchange = &exchanges.kept()[outcome.first];
        let mut observation = observe(contract, &exchange.request);
        observation.history.fault = Some(outcome.end(fault, ended));
        for (code, complaint) in check::judge(Party::Run, &observation) {
            let mut finding = Finding::new(code, Some(outcome.operation.clone()), complaint);
            finding.evidence.push(observation.redacted_request());
            finding.fault = Some(fault.name());
            tally.add(finding.key(), finding);
        }
    }
    let mistaken = !tally.is_empty();
    let report = FaultReport {
        fault: fault.name(),
        operations: outcomes.iter().map(|outcome| outcome.operation.clone()).collect(),
        requests: outcomes.len() as u64,
        attempts: attempts as u64,
        retry: outcomes.iter().filter_map(|outcome| Some(Retry::of(outcome.tries() > 1, outcome.due?))).max(),
        token: token(&outcomes),
        error: error(&outcomes, output),
        ended,
        behaviour: if mistaken { Behaviour::Mistaken } else { behaviour(fault, ended, &outcomes, attempts) },
    };
    (report, tally)
}

/// The requests that met the fault, each with all its attempts.
fn outcomes(contract: &Contract, exchanges: &Exchanges, fault: &Fault, calls: &Calls) -> Vec<FaultOutcome> {
    let name = fault.name();
    let mut attempts = Attempts::beside(calls);
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut outcomes: Vec<FaultOutcome> = Vec::new();
    for (number, exchange) in exchanges.kept().iter().enumerate() {
        let mut observation = observe(contract, &exchange.request);
        attempts.place(&mut observation, exchange);
        let Some(operation) = observation.operation else { continue };
        let met = exchange.fault.as_deref() == Some(name.as_str());
        let identity = identity(&observation);
        let history = &observation.history;
        let good = !met && history.attempt.outcome == AttemptOutcome::Success;
        if good && history.calls.is_none() {
            let alike = |outcome: &&mut FaultOutcome| outcome.calls.is_none() && outcome.operation == operation.label;
            outcomes.iter_mut().filter(alike).for_each(|outcome| outcome.replaced = true);
        }
        if met && !index.contains_key(&identity) {
            index.insert(identity.clone(), outcomes.len());
            outcomes.push(FaultOutcome::new(number, fault, operation, history.calls));
        }
        if let Some(at) = index.get(&identity) {
            let outcome = &mut outcomes[*at];
            outcome.recovered |= good;
            outcome.error = names(&observation, exchange);
            outcome.attempts.push(observation.history.attempt);
        }
    }
    outcomes
}

/// The names of the error that an exchange ended with.
fn names(observation: &Observation<'_>, exchange: &Exchange) -> Vec<String> {
    let read = || {
        let (operation, codec) = (observation.operation?, observation.codec()?);
        let received = codec.decode_response(operation, exchange.response.as_ref().filter(|_| exchange.whole)?);
        let codec::Outcome::Error { code, .. } = received.ok()?.outcome else { return None };
        let declared = operation.errors.by_code(&code).and_then(|index| operation.errors.all[index].shape.clone());
        Some([code].into_iter().chain(declared).collect())
    };
    read().unwrap_or_default()
}

/// Whether the output has the names of the errors that the command ended up with; nothing where there were none.
fn error(outcomes: &[FaultOutcome], output: &CapturedOutput) -> Option<ErrorNamed> {
    let ended = outcomes.iter().filter(|outcome| !outcome.recovered && !outcome.error.is_empty());
    let mut named = true;
    for outcome in ended.clone() {
        let found: Vec<Option<bool>> = outcome.error.iter().map(|name| output.names(name)).collect();
        named &= found.contains(&Some(true));
        if !named && found.contains(&None) {
            return None;
        }
    }
    ended.count().gt(&0).then_some(if named { ErrorNamed::Yes } else { ErrorNamed::No })
}

/// Whether other attempts had the same token; nothing where there was no other, or no token.
fn token(outcomes: &[FaultOutcome]) -> Option<TokenReuse> {
    let changes: Vec<bool> = outcomes.iter().filter_map(FaultOutcome::token_changes).collect();
    let reuse = if changes.contains(&true) { TokenReuse::Changed } else { TokenReuse::Reused };
    (!changes.is_empty()).then_some(reuse)
}

/// What a command did that took nothing wrong for a success.
fn behaviour(fault: &Fault, ended: Ended, outcomes: &[FaultOutcome], attempts: usize) -> Behaviour {
    let recovered = fault.is_wrong() && outcomes.iter().all(|outcome| outcome.recovered);
    match ended {
        _ if outcomes.is_empty() => Behaviour::NotMet,
        Ended::TimedOut => Behaviour::Hung,
        Ended::Interrupted => Behaviour::Interrupted,
        Ended::Exit(0) if recovered => Behaviour::Recovered,
        Ended::Exit(0) => Behaviour::Coped,
        _ if recovered => Behaviour::RecoveredAndFailed,
        _ if attempts > 1 => Behaviour::FailedAfterRetries,
        _ => Behaviour::FailedAtOnce,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::Request;

    use super::*;
    use crate::Mock;
    use crate::client::FaultSchedule;

    /// What a run comes to in which a request is sent so many times.
    fn run(schedule: &mut FaultSchedule, times: usize, fault: &Fault, ended: Ended) -> (FaultReport, Vec<Finding>) {
        let contract = Contract::builtin();
        let mock = Mock::new(contract.clone());
        let mut exchanges = Exchanges::default();
        for _ in 0..times {
            let body = r#"{"backup_id": "x", "BackupVaultName": "vault", "IamRoleArn": "arn:aws:iam::123456789012:role/r",
                "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1", "IdempotencyToken": "t"}"#;
            let body = body.replace(r#""backup_id": "x", "#, "");
            let request = Request::put("/backup-jobs").header("content-type", "application/json");
            let request =
                request.header("authorization", "AWS4-HMAC-SHA256 Credential=A, SignedHeaders=h, Signature=0");
            let request = request.body(Bytes::from(body)).expect("a request");
            let answered = mock.answer(&request);
            let due = schedule.due(&contract, &request, &answered);
            let (fault, sending) = due.map_or_else(
                || (None, answered.response.clone().into()),
                |(fault, sending)| (Some(fault.name()), sending),
            );
            let mut exchange = Exchange::new(request, &sending, Duration::ZERO);
            exchange.fault = fault;
            exchanges.push(exchange);
        }
        let mut output = CapturedOutput::default();
        output.push(b"An error occurred (ServiceUnavailableException)");
        let (report, tally) = judge_fault(&contract, &exchanges, fault, (ended, &output, &Calls::default()));
        (report, tally.into_iter().map(|group| group.shown).collect())
    }

    fn always(fault: Fault, times: usize, ended: Ended) -> (FaultReport, Vec<Finding>) {
        run(&mut FaultSchedule::always(fault.clone()), times, &fault, ended)
    }

    #[test]
    fn a_wrong_answer_is_no_success() {
        for fault in [Fault::ServerError, Fault::TruncatedBody, Fault::ConnectionReset, Fault::HtmlSuccess] {
            let (report, finding) = always(fault.clone(), 1, Ended::Exit(0));
            assert!(finding.iter().all(Finding::is_finding) && finding.len() == 1, "{fault:?}");
            assert_eq!(report.behaviour, Behaviour::Mistaken);
            let (report, finding) = always(fault, 3, Ended::Exit(1));
            assert!(finding.is_empty());
            assert_eq!(report.behaviour.words(report.attempts), "failed after 3 attempts");
            assert_eq!(report.token, Some(TokenReuse::Reused));
        }
        let named = |fault| always(fault, 3, Ended::Exit(1)).0.error;
        assert_eq!(named(Fault::ServerError), Some(ErrorNamed::Yes));
        assert_eq!(named(Fault::Throttling), Some(ErrorNamed::No));
        assert_eq!(named(Fault::ConnectionReset), None, "it has no name");
        let (_, finding) = always(Fault::Error("AlreadyExistsException".into()), 1, Ended::Exit(0));
        assert!(!finding.iter().any(Finding::is_finding));
    }

    #[test]
    fn what_may_be_taken_is_no_finding() {
        for fault in [Fault::UnknownMembers, Fault::Slow, Fault::WrongContentType, Fault::MissingOptionalMembers] {
            let (report, finding) = always(fault, 1, Ended::Exit(0));
            assert!(finding.is_empty() && report.behaviour == Behaviour::Coped, "{report:?}");
        }
    }

    #[test]
    fn in_turn_each_request_meets_one_fault_once() {
        let mut schedule = FaultSchedule::in_turn(vec![Fault::Unavailable, Fault::Slow]);
        let (report, finding) = run(&mut schedule, 2, &Fault::Unavailable, Ended::Exit(0));
        assert_eq!((report.requests, report.attempts, report.behaviour), (1, 2, Behaviour::Recovered));
        assert_eq!((report.retry, report.error), (Some(Retry::Rightly), None));
        assert!(finding.is_empty());
    }
}
