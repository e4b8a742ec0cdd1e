//! Right answers that look otherwise than the mock's: none of them may be accused. And wrong ones that are met in real
//! servers: each has a check that says so.

mod any;
mod clients;
mod departures;
mod frames;
mod json;
mod xml;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use accordant::check::{self, Complaint, Party};
use accordant::codec::{Outcome, Received};
use accordant::exchange::{Observation, Reply, TransportFailure};
use accordant::generate::{Case, Phase, Plan, Variation};
use accordant::judge::{Credentials, Send, Signer, Wire};
use accordant::model::{Dialect, ErrorDef, ErrorKind, Operation};
use accordant::value::view::View;
use accordant::{Mock, codec};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response};
use serde_json::Value;

use crate::support::mock;

/// Random cases of each operation.
const RANDOM: u64 = 100;
const SEED: u64 = 11;

/// What a server may answer instead of the mock's own answer; nothing where the variant does not apply.
type Alter = fn(&Sent<'_>) -> Option<Reply>;

/// A case with the mock's answer to it.
struct Sent<'c> {
    case: &'c Case,
    response: &'c Response<Bytes>,
}

/// A right answer in another form, and the notes that are right about it.
struct Variant {
    name: &'static str,
    alter: Alter,
    notes: &'static [&'static str],
}

const fn silent(name: &'static str, alter: Alter) -> Variant {
    Variant { name, alter, notes: &[] }
}

impl Sent<'_> {
    fn operation(&self) -> &Operation {
        &self.case.operation
    }

    fn is_json(&self) -> bool {
        self.response.headers().get(CONTENT_TYPE).is_some_and(|value| value == "application/json")
    }

    fn is_success(&self) -> bool {
        self.response.status().is_success()
    }

    /// The answer with another body.
    fn with_body(&self, body: impl Into<Bytes>) -> Reply {
        let mut response = self.response.clone();
        *response.body_mut() = body.into();
        in_time(response)
    }

    fn with_header(&self, name: &'static str, value: &str) -> Reply {
        let mut reply = in_time(self.response.clone());
        reply.response.headers_mut().insert(name, HeaderValue::from_str(value).expect("a value"));
        reply
    }

    /// The answer in a protocol's own XML, written in another way.
    fn xml(&self, write: impl Fn(&xml::Element, &mut String)) -> Option<Reply> {
        if self.is_json() {
            return None;
        }
        let mut body = String::new();
        write(&xml::parse(std::str::from_utf8(self.response.body()).expect("text")), &mut body);
        Some(self.with_body(body))
    }

    fn json(&self, write: impl Fn(Value) -> String) -> Option<Reply> {
        let value = self.is_json().then(|| serde_json::from_slice(self.response.body()).expect("JSON"))?;
        Some(self.with_body(write(value)))
    }

    /// A success whose output is another one.
    fn output(&self, change: impl Fn(&Operation, &mut Value)) -> Option<Reply> {
        if !self.is_success() || self.case.dialect == Dialect::Documented {
            return None;
        }
        let codec = self.case.codec();
        let received = codec.decode_response(self.operation(), self.response).expect("the mock's own");
        let Outcome::Output(mut output) = received.outcome else { return None };
        change(self.operation(), &mut output);
        let view = View::from(&output);
        let reply = codec::Reply::Output { operation: self.operation(), status: received.status, output: &view };
        Some(in_time(codec.encode_response(&self.operation().service, &reply, "r-2")))
    }

    /// An error of the contract instead.
    fn error(&self, error: &ErrorDef) -> Reply {
        let reply = codec::Reply::Error { error, status: error.status, message: "Something else." };
        in_time(self.operation().service.codec().encode_response(&self.operation().service, &reply, "r-3"))
    }

    /// The error that is answered, with its message, in another shape of JSON.
    fn shaped(&self, service: &str, shape: impl Fn(&str, u16, &mut HeaderMap) -> Value) -> Option<Reply> {
        if self.is_success() || self.case.dialect == Dialect::Documented || self.operation().service.name != service {
            return None;
        }
        let received = self.case.codec().decode_response(self.operation(), self.response).expect("the mock's own");
        let Outcome::Error { code, .. } = received.outcome else { return None };
        let mut reply = in_time(self.response.clone());
        reply.response.headers_mut().remove("x-amzn-errortype");
        let body = shape(&code, received.status, reply.response.headers_mut());
        *reply.response.body_mut() = if body.is_null() { Bytes::new() } else { body.to_string().into() };
        Some(reply)
    }
}

fn in_time(response: Response<Bytes>) -> Reply {
    Reply { response, elapsed: Duration::from_millis(20) }
}

/// An answer of something in front of the service.
fn page(status: u16, body: &'static str) -> Reply {
    let response = Response::builder().status(status).header(CONTENT_TYPE, "text/html").body(Bytes::from(body));
    in_time(response.expect("a response"))
}
/// One of the operation's errors of a kind: all of them come in turn.
fn of_kind(sent: &Sent<'_>, kinds: &[ErrorKind]) -> Option<ErrorDef> {
    let (operation, nth) = (sent.operation(), usize::try_from(sent.case.token.index % 64).ok()?);
    let errors = operation.errors.all.iter().filter(|error| kinds.contains(&error.kind));
    errors.cycle().nth(nth).map(|error| ErrorDef::clone(error))
}

fn native(sent: &Sent<'_>) -> bool {
    sent.case.dialect == Dialect::Native
}

fn refused(sent: &Sent<'_>, variation: Variation) -> bool {
    sent.case.variation == variation
}
/// The cases of all operations, with the mock's answers to them.
fn cases() -> Vec<(Case, Response<Bytes>)> {
    let mock = mock();
    let mut found = Vec::new();
    for operation in mock.contract().operations() {
        for dialect in [Dialect::Native, Dialect::Documented] {
            if dialect == Dialect::Documented
                && (operation.documented.is_none() || operation.service.documented.is_none())
            {
                continue;
            }
            let plan = Plan::new(operation, dialect);
            for phase in [Phase::Examples, Phase::Coverage, Phase::Random] {
                let numbered = 0..plan.count(phase, RANDOM);
                found.extend(numbered.filter_map(|index| plan.case(phase, SEED, index)?.ok()));
            }
        }
    }
    let wire = wire(Server { mock: &mock, count: AtomicU64::new(0), answers: |_, reply| Ok(reply) });
    found
        .into_iter()
        .map(|case| {
            let response = mock.answer(&wire.request(&case)).response;
            (case, response)
        })
        .collect()
}

/// What each check says of an answer to a case.
fn complaints(
    case: &Case,
    reply: Result<Reply, TransportFailure>,
    first: &Response<Bytes>,
) -> Vec<(&'static str, Complaint)> {
    let read = |response| case.codec().decode_response(&case.operation, response);
    let earlier: Option<Received> = (case.variation == Variation::Twice).then(|| read(first).ok()).flatten();
    let secrets = ["accordant-dummy-secret-9b1f6c27".to_owned()];
    let mut observation = Observation { secrets: &secrets, answer: Some(&reply), ..case.observation() };
    observation.history.earlier_answer = earlier;
    observation.read_answer();
    check::judge(Party::Server, &observation)
}

#[test]
fn right_answers_in_other_forms_are_not_accused() {
    let cases = cases();
    assert!(cases.len() > 1000, "only {} cases", cases.len());
    let mut wrong = Vec::new();
    // How a body is written has little to do with the case: every third is enough.
    let forms = xml::XML.iter().chain(json::JSON).map(|variant| (variant, 3));
    for (variant, step) in forms.chain(any::ANY.iter().map(|variant| (variant, 1))) {
        let (mut applied, mut noted) = (0, BTreeSet::new());
        for (case, response) in cases.iter().step_by(step) {
            let Some(reply) = (variant.alter)(&Sent { case, response }) else { continue };
            applied += 1;
            // Of a repeated request both answers have the form.
            let first = reply.response.clone();
            for (code, complaint) in complaints(case, Ok(reply), &first) {
                if complaint.is_finding() || !variant.notes.contains(&code) {
                    let told = || format!("{}: {code}: {}: {complaint:?}", variant.name, case.token);
                    wrong.extend((!noted.contains(code)).then(told));
                }
                noted.insert(code);
            }
        }
        let noted: Vec<&str> = noted.into_iter().collect();
        if applied == 0 || noted != variant.notes {
            wrong.push(format!("{}: tried {applied} times, {noted:?} instead of {:?}", variant.name, variant.notes));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A server whose answers are the mock's, but for what a function makes of them; it sees how many requests came before.
struct Server<'m> {
    mock: &'m Mock,
    count: AtomicU64,
    answers: fn(u64, Reply) -> Result<Reply, TransportFailure>,
}

impl Send for Server<'_> {
    async fn send(&self, request: Request<Bytes>) -> Result<Reply, TransportFailure> {
        let reply = in_time(self.mock.answer(&request).response);
        (self.answers)(self.count.fetch_add(1, Ordering::Relaxed), reply)
    }

    async fn pause(&self, _: Duration) {}

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

fn wire<S>(sender: S) -> Wire<S> {
    let signer = Signer::new(Credentials::dummy(), "us-east-1").expect("a region");
    let secrets = signer.secrets();
    Wire { sender, signer, host: "localhost".into(), headers: HeaderMap::new(), secrets, hidden: Vec::new() }
}
#[tokio::test]
async fn what_passes_is_waited_for_and_a_method_nobody_knows_may_end_a_connection() {
    let mock = mock();
    let throttled = |number: u64, reply: Reply| {
        let page = page([502, 503, 504, 429][usize::try_from(number % 4).expect("below 4")], "<h1>later</h1>");
        Ok(if number.is_multiple_of(3) { reply } else { page })
    };
    let plan = Plan::new(mock.contract().operation("StartBackupJob").expect("built in"), Dialect::Native);
    let wire = wire(Server { mock: &mock, count: AtomicU64::new(1), answers: throttled });
    for index in 0..plan.count(Phase::Examples, 0) {
        let case = plan.case(Phase::Examples, 0, index).expect("an example").expect("it is sent");
        let judged = wire.judge(&case).await;
        assert!(judged.succeeded && judged.complaints.is_empty(), "{:?}", judged.complaints);
    }
    let method = (0..plan.count(Phase::Coverage, 0)).filter_map(|index| plan.case(Phase::Coverage, 0, index)?.ok());
    let method = method.into_iter().find(|case| case.variation == Variation::OtherMethod).expect("a variation");
    let said = complaints(&method, Err(TransportFailure::Closed("reset".into())), &Response::new(Bytes::new()));
    assert!(said.iter().all(|(_, complaint)| !complaint.is_finding()), "{said:?}");
}
