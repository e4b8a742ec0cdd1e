//! The proof that checks of clients bite: each mistake that is planted in right requests must be caught by the check that
//! is named for it, and the right requests must be silent.

use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderName, HeaderValue, Request, Uri};
#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Calls, CapturedOutput, ClientRun, Exchange, Exchanges, judge_fault, observe};
use crate::contract::Contract;
use crate::exchange::{Ended, Fault, Verdict};
use crate::generate::{Case, Phase, Plan};
use crate::mock::{Mock, Sending};
use crate::model::{AuthScheme, Dialect, Operation};
use crate::report::Report;

/// Attempts of a storm: more than a check lets pass.
const STORM: u64 = 12;

/// What became of the mistakes.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Mistakes {
    /// Mistakes that were planted.
    pub total: u64,
    /// Those that the check named for them caught.
    pub caught: u64,
    /// The checks that caught at least one, sorted.
    pub checks: Vec<String>,
    /// Those that were not caught, each with the check that must catch it.
    pub missed: Vec<String>,
    /// Complaints about right requests, of which there must be none.
    pub accused: Vec<String>,
}

impl Mistakes {
    /// Whether every mistake was caught and no right request was accused.
    #[must_use]
    pub fn all_caught(&self) -> bool {
        self.missed.is_empty() && self.accused.is_empty()
    }

    fn count(&mut self, name: &str, check: &str, caught: bool) {
        self.total += 1;
        if !caught {
            self.missed.push(format!("{name}: {check} must catch it"));
            return;
        }
        self.caught += 1;
        if let Err(place) = self.checks.binary_search_by(|known| known.as_str().cmp(check)) {
            self.checks.insert(place, check.to_owned());
        }
    }
}

/// A mistake that any request may have.
struct Mistake {
    name: &'static str,
    caught_by: &'static str,
    /// What a client sends that makes it; nothing where it has no meaning for the request.
    plant: fn(&Right<'_>) -> Option<Exchanges>,
}

/// A right request, and who answers it.
struct Right<'r> {
    mock: &'r Mock,
    operation: &'r Operation,
    request: Request<Bytes>,
}

/// All mistakes, in the order of the checks that must catch them.
const MISTAKES: &[Mistake] = &[
    Mistake { name: "no credentials", caught_by: "credentials-missing", plant: without_credentials },
    Mistake { name: "a placeholder in the path", caught_by: "documentation-url-sent-literally", plant: placeholder },
    Mistake { name: "a fragment in the path", caught_by: "documentation-url-sent-literally", plant: fragment },
    Mistake { name: "half a body", caught_by: "request-schema", plant: half_a_body },
    Mistake { name: "a storm of attempts", caught_by: "retry-storm", plant: storm },
    Mistake { name: "a token in the query", caught_by: "secret-in-url", plant: token_in_query },
    Mistake { name: "another token at a retry", caught_by: "token-not-reused-on-retry", plant: other_token },
    Mistake { name: "a member that nobody knows", caught_by: "unknown-member", plant: unknown_member },
    Mistake { name: "an action in other letters", caught_by: "unknown-operation", plant: other_letters },
    Mistake { name: "a body of plain text", caught_by: "wrong-content-type", plant: plain_text },
    Mistake { name: "success after a failure", caught_by: "wrong-answer-taken", plant: failure_taken },
];

/// Plants every mistake in the first example of each operation, and breaks each constraint that can be broken.
#[must_use]
pub fn judge_mistakes(mock: &Mock) -> Mistakes {
    let mut mistakes = Mistakes::default();
    for operation in mock.contract().operations() {
        let plan = Plan::new(operation, Dialect::Native);
        if let Some(Ok(case)) = plan.case(Phase::Examples, 0, 0) {
            let right = Right { mock, operation, request: signed(&case) };
            let report = judged(mock.contract(), &right.sent(right.request.clone()));
            let accused = report.findings.iter().chain(&report.notes);
            mistakes.accused.extend(accused.map(|finding| format!("{}: {}", finding.code, operation.name)));
            for Mistake { name, caught_by, plant } in MISTAKES {
                if let Some(exchanges) = plant(&right) {
                    let caught = is_caught(&judged(mock.contract(), &exchanges), caught_by, None);
                    mistakes.count(&format!("{} with {name}", operation.name), caught_by, caught);
                }
            }
        }
        break_constraints(mock, &plan, &mut mistakes);
    }
    mistakes
}

/// Sends the first request that breaks a constraint, of each constraint.
fn break_constraints(mock: &Mock, plan: &Plan, mistakes: &mut Mistakes) {
    let operation = plan.operation();
    let mut broken = vec![false; operation.input.constraints.len()];
    for index in 0..plan.count(Phase::Coverage, 0) {
        let Some(Ok(case)) = plan.case(Phase::Coverage, 0, index) else { continue };
        let Verdict::Invalid { constraint } = case.verdict else { continue };
        if !std::mem::replace(&mut broken[constraint], true) {
            let right = Right { mock, operation, request: signed(&case) };
            let report = judged(mock.contract(), &right.sent(right.request.clone()));
            let id = operation.input.constraints[constraint].id.as_str();
            let caught = is_caught(&report, "request-schema", Some(id));
            mistakes.count(&format!("{}{id} broken", operation.name), "request-schema", caught);
        }
    }
}

/// What is found of a command that ended with success, and that met a failure of the server where its requests did.
fn judged(contract: &Contract, exchanges: &Exchanges) -> Report {
    let ended = Ended::Exit(0);
    let mut run = ClientRun::new(contract, "client".to_owned(), ended, false, exchanges);
    if exchanges.kept().iter().any(|exchange| exchange.fault.is_some()) {
        let watched = (ended, &CapturedOutput::default(), &Calls::default());
        let (row, found) = judge_fault(contract, exchanges, &Fault::ServerError, watched);
        run.add_fault(row, found);
    }
    run.report()
}

fn is_caught(report: &Report, code: &str, about: Option<&str>) -> bool {
    let mut found = report.findings.iter().chain(&report.notes);
    found.any(|finding| finding.code == code && (about.is_none() || finding.about.as_deref() == about))
}

/// The request of a case as a client would send it, with credentials of the right form.
fn signed(case: &Case) -> Request<Bytes> {
    let mut request = case.request.clone();
    let auth = case.operation.service.auth.first().filter(|_| case.dialect == Dialect::Native);
    let Some(auth) = auth else { return request };
    let service = &case.operation.service;
    let scope = service.recognise.credential_scopes.first().unwrap_or(&service.name);
    let sigv4 =
        format!("{} Credential=A/20260101/us-east-1/{scope}/aws4_request, SignedHeaders=h, Signature=0", auth.name);
    let (name, value) = match auth.scheme {
        AuthScheme::Header => (auth.name.parse().ok(), HeaderValue::from_static("token-of-nobody")),
        _ => (Some(AUTHORIZATION), HeaderValue::from_str(&sigv4).unwrap_or(HeaderValue::from_static(""))),
    };
    if let Some(name) = name {
        request.headers_mut().insert::<HeaderName>(name, value);
    }
    request
}

impl Right<'_> {
    /// One request, and the mock's answer to it.
    fn sent(&self, request: Request<Bytes>) -> Exchanges {
        let answer = Sending::from(self.mock.answer(&request).response);
        let mut exchanges = Exchanges::default();
        exchanges.push(Exchange::new(request, &answer, Duration::ZERO));
        exchanges
    }

    /// The request with another target.
    fn to(&self, target: &str) -> Option<Exchanges> {
        let mut request = self.request.clone();
        *request.uri_mut() = Uri::try_from(target).ok()?;
        Some(self.sent(request))
    }

    /// Requests that each fail, ten milliseconds after one another, as attempts at one invocation.
    fn failing(&self, requests: impl IntoIterator<Item = Request<Bytes>>) -> Option<Exchanges> {
        let good = self.mock.answer(&self.request).response;
        let mut exchanges = Exchanges::default();
        for (number, mut request) in (0..).zip(requests) {
            request.headers_mut().insert("amz-sdk-invocation-id", HeaderValue::from_static("one"));
            let failure = Fault::Unavailable.send(&observe(self.mock.contract(), &request), &good)?;
            exchanges.push(Exchange::new(request, &failure, Duration::from_millis(10 * number)));
        }
        Some(exchanges)
    }

    /// The same input but for a change, as its protocol writes it.
    fn changed(&self, change: impl FnOnce(&mut Value)) -> Option<Request<Bytes>> {
        let observation = observe(self.mock.contract(), &self.request);
        let mut input = observation.input()?.clone();
        change(&mut input);
        let mut request = observation.codec()?.encode_request(self.operation, &input);
        for (name, value) in self.request.headers() {
            request.headers_mut().entry(name).or_insert_with(|| value.clone());
        }
        Some(request)
    }
}

fn without_credentials(right: &Right<'_>) -> Option<Exchanges> {
    let mut request = right.request.clone();
    let auth = &right.operation.service.auth;
    let names = auth.iter().map(|auth| auth.name.to_ascii_lowercase()).chain([AUTHORIZATION.to_string()]);
    names.for_each(|name| drop(request.headers_mut().remove(name)));
    // An unsigned request that asks for JSON is one of the documented dialect, which has no credentials.
    request.headers_mut().remove(http::header::ACCEPT);
    (!auth.is_empty()).then(|| right.sent(request))
}

fn placeholder(right: &Right<'_>) -> Option<Exchanges> {
    let path = &right.operation.http.path;
    path.contains('{').then(|| right.to(&path.replace('{', "%7B").replace('}', "%7D"))).flatten()
}

fn fragment(right: &Right<'_>) -> Option<Exchanges> {
    right.to(&format!("/%23Action={}", right.operation.name))
}

fn half_a_body(right: &Right<'_>) -> Option<Exchanges> {
    let mut request = right.request.clone();
    let body = request.body().clone();
    *request.body_mut() = body.slice(..body.len() / 2);
    body.starts_with(b"{").then(|| right.sent(request))
}

fn storm(right: &Right<'_>) -> Option<Exchanges> {
    right.failing((0..STORM).map(|_| right.request.clone()))
}

fn token_in_query(right: &Right<'_>) -> Option<Exchanges> {
    let target = right.request.uri().to_string();
    let mark = if target.contains('?') { '&' } else { '?' };
    right.to(&format!("{target}{mark}X-Auth-Token=a-token-of-nobody"))
}

fn other_token(right: &Right<'_>) -> Option<Exchanges> {
    let path = &right.operation.idempotency.as_ref()?.token;
    let with = |token: &str| right.changed(|input| crate::value::pointer::set(input, path, token.into()));
    right.failing([with("first-token")?, with("second-token")?])
}

fn unknown_member(right: &Right<'_>) -> Option<Exchanges> {
    let mut request = right.request.clone();
    let body = request.body().clone();
    let changed = match serde_json::from_slice::<Value>(&body) {
        Ok(Value::Object(mut members)) => {
            members.insert("AccordantUnheardOf".to_owned(), json!("x"));
            Value::Object(members).to_string()
        }
        _ if !body.is_empty() => format!("{}&AccordantUnheardOf=x", String::from_utf8_lossy(&body)),
        _ => return None,
    };
    *request.body_mut() = Bytes::from(changed);
    Some(right.sent(request))
}

fn other_letters(right: &Right<'_>) -> Option<Exchanges> {
    let name = &right.operation.name;
    let body = std::str::from_utf8(right.request.body()).ok()?.to_owned();
    let mut request = right.request.clone();
    *request.body_mut() = Bytes::from(body.replacen(name, &name.to_lowercase(), 1));
    body.contains(&format!("Action={name}")).then(|| right.sent(request))
}

fn plain_text(right: &Right<'_>) -> Option<Exchanges> {
    let mut request = right.request.clone();
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    (!request.body().is_empty()).then(|| right.sent(request))
}

fn failure_taken(right: &Right<'_>) -> Option<Exchanges> {
    let good = right.mock.answer(&right.request).response;
    let failure = Fault::ServerError.send(&observe(right.mock.contract(), &right.request), &good)?;
    let mut exchange = Exchange::new(right.request.clone(), &failure, Duration::ZERO);
    exchange.fault = Some(Fault::ServerError.name());
    let mut exchanges = Exchanges::default();
    exchanges.push(exchange);
    Some(exchanges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::{self, Check, Party};

    #[test]
    fn each_check_of_clients_catches_a_planted_mistake_and_right_requests_are_silent() {
        let mistakes = judge_mistakes(&Mock::new(Contract::builtin()));
        assert!(mistakes.all_caught() && mistakes.total > 100, "{mistakes:#?}");
        let of_clients = check::of(Party::Client).chain(check::of(Party::Run));
        let mut codes: Vec<&str> = of_clients.map(Check::code).collect();
        codes.sort_unstable();
        assert_eq!(mistakes.checks, codes);
    }
}
