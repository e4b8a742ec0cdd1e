//! How a command took a fault.

use std::collections::{BTreeMap, HashMap, HashSet};

use super::attempt::{Attempt, Attempts, Calls, Outcome, identity};
use super::exchange::{Exchange, Exchanges};
use super::fault::Fault;
use super::report::{ClientFinding, FaultReport};
use super::retry;
use super::said::Said;
use super::sent::Sent;
use crate::codec;
use crate::contract::Contract;
use crate::contract::model::{ErrorKind, Strength};

/// The code of what is found of a command that succeeds without an answer to succeed on.
pub const WRONG_ANSWER_TAKEN: &str = "wrong-answer-taken";

/// The page of it, as those of the checks are.
pub const WRONG_ANSWER_PAGE: &str = "\
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

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// With an exit code.
    Exit(i32),
    /// By a signal.
    Signal(i32),
    /// It took too long, and was ended.
    TimedOut,
    /// The one who started it did not want to wait any more.
    Interrupted,
}

impl Ended {
    /// In words.
    #[must_use]
    pub fn words(self) -> String {
        match self {
            Self::Exit(code) => format!("ended with exit code {code}"),
            Self::Signal(signal) => format!("was ended by signal {signal}"),
            Self::TimedOut => "did not end in time".to_owned(),
            Self::Interrupted => "was interrupted".to_owned(),
        }
    }

    fn in_short(self) -> String {
        match self {
            Self::Exit(code) => format!("exit {code}"),
            Self::Signal(signal) => format!("signal {signal}"),
            Self::TimedOut => "timeout".to_owned(),
            Self::Interrupted => "interrupted".to_owned(),
        }
    }
}

/// What became of a request that met a fault.
#[derive(Debug, Default)]
struct Story {
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

impl Story {
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

/// How a command took a fault, and what is wrong with that, for each operation.
#[must_use]
pub fn behaviour(
    contract: &Contract,
    exchanges: &Exchanges,
    fault: &Fault,
    watched: (Ended, &Said, &Calls),
) -> (FaultReport, Vec<ClientFinding>) {
    let (ended, said, calls) = watched;
    let name = fault.name();
    let stories = stories(contract, exchanges, fault, calls);
    let attempts = stories.iter().map(Story::tries).max().unwrap_or(0);
    let mut unanswered: BTreeMap<&str, Vec<&Story>> = BTreeMap::new();
    for story in stories.iter().filter(|story| !story.recovered) {
        unanswered.entry(&story.operation).or_default().push(story);
    }
    let taken = fault.is_wrong() && ended == Ended::Exit(0) && !unanswered.is_empty();
    let report = FaultReport {
        fault: name.clone(),
        operations: stories.iter().map(|story| story.operation.clone()).collect(),
        requests: stories.len() as u64,
        attempts: attempts as u64,
        retry: retry::words(stories.iter().filter_map(|story| Some((story.tries() > 1, story.due?)))),
        token: token(&stories),
        error: error(&stories, said),
        ended: ended.in_short(),
        behaviour: if taken { "took it for a success".to_owned() } else { words(fault, ended, &stories, attempts) },
    };
    let unanswered = unanswered.iter().filter(|_| taken);
    (report, unanswered.map(|(operation, stories)| finding(&name, operation, stories)).collect())
}

/// The requests that met the fault, each with all its attempts.
fn stories(contract: &Contract, exchanges: &Exchanges, fault: &Fault, calls: &Calls) -> Vec<Story> {
    let name = fault.name();
    let mut attempts = Attempts::beside(calls);
    let mut index: HashMap<String, usize> = HashMap::new();
    let mut stories: Vec<Story> = Vec::new();
    for exchange in exchanges.kept() {
        let mut sent = Sent::read(contract, &exchange.request);
        attempts.place(&mut sent, exchange);
        let Some(operation) = sent.operation() else { continue };
        let met = exchange.fault.as_deref() == Some(name.as_str());
        let identity = identity(&sent);
        let good = !met && sent.attempt.outcome == Outcome::Success;
        if good && sent.calls.is_none() {
            let alike = |story: &&mut Story| story.calls.is_none() && story.operation == operation.label;
            stories.iter_mut().filter(alike).for_each(|story| story.replaced = true);
        }
        if met && !index.contains_key(&identity) {
            index.insert(identity.clone(), stories.len());
            let kind = match fault {
                Fault::Error(code) => operation.errors.by_code(code).map(|error| operation.errors.all[error].kind),
                _ => None,
            };
            let due = retry::is_due(fault, operation);
            stories.push(Story {
                operation: operation.label.clone(),
                kind,
                due,
                calls: sent.calls,
                ..Story::default()
            });
        }
        if let Some(at) = index.get(&identity) {
            let story = &mut stories[*at];
            story.recovered |= good;
            story.error = names(&sent, exchange);
            story.attempts.push(sent.attempt);
        }
    }
    stories
}

/// The names of the error that an exchange ended with.
fn names(sent: &Sent<'_>, exchange: &Exchange) -> Vec<String> {
    let read = || {
        let (operation, codec) = (sent.operation()?, sent.codec()?);
        let received = codec.decode_response(operation, exchange.response.as_ref().filter(|_| exchange.whole)?);
        let codec::Outcome::Error { code, .. } = received.ok()?.outcome else { return None };
        let declared = operation.errors.by_code(&code).and_then(|index| operation.errors.all[index].shape.clone());
        Some([code].into_iter().chain(declared).collect())
    };
    read().unwrap_or_default()
}

/// Whether the command said the names of the errors that it ended up with; nothing where there were none.
fn error(stories: &[Story], said: &Said) -> Option<String> {
    let ended = stories.iter().filter(|story| !story.recovered && !story.error.is_empty());
    let mut named = true;
    for story in ended.clone() {
        let told: Vec<Option<bool>> = story.error.iter().map(|name| said.names(name)).collect();
        named &= told.contains(&Some(true));
        if !named && told.contains(&None) {
            return None;
        }
    }
    ended.count().gt(&0).then(|| if named { "named" } else { "not named" }.to_owned())
}

/// Whether other attempts had the same token; nothing where there was no other, or no token.
fn token(stories: &[Story]) -> Option<String> {
    let changes: Vec<bool> = stories.iter().filter_map(Story::token_changes).collect();
    let word = if changes.contains(&true) { "changed" } else { "reused" };
    (!changes.is_empty()).then(|| word.to_owned())
}

fn words(fault: &Fault, ended: Ended, stories: &[Story], attempts: usize) -> String {
    if stories.is_empty() {
        return "no request could meet it".to_owned();
    }
    let recovered = fault.is_wrong() && stories.iter().all(|story| story.recovered);
    let tried = if attempts > 1 { format!(" after {attempts} attempts") } else { " at once".to_owned() };
    match ended {
        Ended::TimedOut => "did not end".to_owned(),
        Ended::Interrupted => "was interrupted".to_owned(),
        Ended::Exit(0) if recovered => "recovered".to_owned(),
        Ended::Exit(0) => "coped".to_owned(),
        _ if recovered => "recovered, and failed".to_owned(),
        _ => format!("failed{tried}"),
    }
}

fn finding(fault: &str, operation: &str, unanswered: &[&Story]) -> ClientFinding {
    let content = |story: &&Story| story.replaced || matches!(story.kind, Some(ErrorKind::State | ErrorKind::Quota));
    let strength = if unanswered.iter().all(content) { Strength::Assumed } else { Strength::Documented };
    ClientFinding {
        check: WRONG_ANSWER_TAKEN.to_owned(),
        operation: Some(operation.to_owned()),
        about: Some(fault.to_owned()),
        strength,
        disputed: false,
        expected: "a failure, since no attempt at the request had a good answer".to_owned(),
        actual: "the command ended with success".to_owned(),
        count: unanswered.len() as u64,
        fault: Some(fault.to_owned()),
        request: None,
        citation: vec!["RFC 9110, section 15".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::Request;

    use super::*;
    use crate::Mock;
    use crate::client::Trouble;

    /// What a run comes to in which a request is sent so many times.
    fn run(trouble: &mut Trouble, times: usize, fault: &Fault, ended: Ended) -> (FaultReport, Vec<ClientFinding>) {
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
            let due = trouble.due(&contract, &request, &answered);
            let (fault, sending) = due.map_or_else(
                || (None, answered.response.clone().into()),
                |(fault, sending)| (Some(fault.name()), sending),
            );
            let mut exchange = Exchange::new(request, &sending, Duration::ZERO);
            exchange.fault = fault;
            exchanges.push(exchange);
        }
        let mut said = Said::default();
        said.push(b"An error occurred (ServiceUnavailableException)");
        behaviour(&contract, &exchanges, fault, (ended, &said, &Calls::default()))
    }

    fn always(fault: Fault, times: usize, ended: Ended) -> (FaultReport, Vec<ClientFinding>) {
        run(&mut Trouble::always(fault.clone()), times, &fault, ended)
    }

    #[test]
    fn a_wrong_answer_is_no_success() {
        for fault in [Fault::ServerError, Fault::TruncatedBody, Fault::ConnectionReset, Fault::HtmlSuccess] {
            let (report, finding) = always(fault.clone(), 1, Ended::Exit(0));
            assert!(finding.iter().all(ClientFinding::is_finding) && finding.len() == 1, "{fault:?}");
            assert_eq!(report.behaviour, "took it for a success");
            let (report, finding) = always(fault, 3, Ended::Exit(1));
            assert!(finding.is_empty());
            assert_eq!(report.behaviour, "failed after 3 attempts");
            assert_eq!(report.token.as_deref(), Some("reused"));
        }
        let told = |fault| always(fault, 3, Ended::Exit(1)).0.error;
        assert_eq!(told(Fault::ServerError).as_deref(), Some("named"));
        assert_eq!(told(Fault::Throttling).as_deref(), Some("not named"));
        assert_eq!(told(Fault::ConnectionReset), None, "it has no name");
        let (_, finding) = always(Fault::Error("AlreadyExistsException".into()), 1, Ended::Exit(0));
        assert!(!finding.iter().any(ClientFinding::is_finding));
    }

    #[test]
    fn what_may_be_taken_is_no_finding() {
        for fault in [Fault::UnknownMembers, Fault::Slow, Fault::WrongContentType, Fault::MissingOptionalMembers] {
            let (report, finding) = always(fault, 1, Ended::Exit(0));
            assert!(finding.is_empty() && report.behaviour == "coped", "{report:?}");
        }
    }

    #[test]
    fn in_turn_each_request_meets_one_fault_once() {
        let mut trouble = Trouble::in_turn(vec![Fault::Unavailable, Fault::Slow]);
        let (report, finding) = run(&mut trouble, 2, &Fault::Unavailable, Ended::Exit(0));
        assert_eq!((report.requests, report.attempts, report.behaviour.as_str()), (1, 2, "recovered"));
        assert_eq!((report.retry.as_deref(), report.error), (Some("retried, as expected"), None));
        assert!(finding.is_empty());
    }
}
