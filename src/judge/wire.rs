//! One case over the wire: sent, answered, looked at by every check.

use std::fmt;
use std::time::Duration;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{Method, Request};

use super::target::{Target, overlay};
use super::{Send, Signer, probing};
use crate::check::{self, Complaint, Party};
use crate::codec::Received;
use crate::exchange::{Answer, Observation, Reply, TransportFailure, Variation};
use crate::generate::Case;
use crate::model::{AuthScheme, Dialect, ErrorKind};

/// Waits before an answer that may pass is asked for again.
pub(super) const PAUSES: [Duration; 2] = [Duration::from_millis(50), Duration::from_millis(250)];

/// Shortest header value that is kept from being shown, in bytes: shorter ones stand everywhere.
const HIDDEN: usize = 6;

/// Shortest credentials, and shortest part of a header's value, that are kept from being shown: what emulators are given
/// (`test`, `testing`) is shorter, and so are schemes (`Bearer`).
const TELLING: usize = 8;

/// A method that no API gives a meaning: registered for `WebDAV`, and safe (RFC 4918, section 9.1).
const OTHER_METHOD: &str = "PROPFIND";

/// Where cases go: a sender, with who they are from.
pub struct Wire<S> {
    /// The sender.
    pub sender: S,
    /// Gives requests their credentials.
    pub signer: Signer,
    /// The host that is signed for.
    pub host: String,
    /// Headers that go with every request.
    pub headers: http::HeaderMap,
    /// Credentials that go with requests, and must never come back.
    pub secrets: Vec<String>,
    /// What else is never shown.
    pub hidden: Vec<String>,
}

/// What came back to a case, and what the checks say of it.
#[derive(Debug)]
pub struct Judgement {
    /// What came back.
    pub reply: Result<Reply, TransportFailure>,
    /// The answer as the codec reads it.
    pub received: Option<Received>,
    /// Whether it is a success that can be read.
    pub succeeded: bool,
    /// Whether it has an output in which the contract's members are looked for.
    pub has_output: bool,
    /// Whether the request was taken: the status is a success, and no body says otherwise.
    pub accepted: bool,
    /// The code of an error that speaks of the state of the world rather than of the request.
    pub environmental: Option<String>,
    /// What the checks say.
    pub complaints: Vec<(&'static str, Complaint)>,
}

/// Without secrets, and without the values of headers, which may be some.
impl<S: fmt::Debug> fmt::Debug for Wire<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let headers: Vec<_> = self.headers.keys().collect();
        let mut shown = f.debug_struct("Wire");
        shown.field("sender", &self.sender).field("signer", &self.signer).field("host", &self.host);
        shown.field("headers", &headers).finish_non_exhaustive()
    }
}

impl<S> Wire<S> {
    /// The wire to a target. Headers may carry secrets, so what they say is shown nowhere.
    pub fn new(sender: S, host: String, signer: Signer, target: &Target) -> Self {
        let values = || target.headers.values().filter_map(|value| value.to_str().ok());
        let parts = values().flat_map(|value| value.split([' ', ';', ',', '=', '"']));
        let telling = parts.chain(signer.hidden()).filter(|text| text.len() >= TELLING);
        let shown_nowhere = values().filter(|text| text.len() >= HIDDEN).chain(telling).map(str::to_owned);
        let hidden = target.hidden.iter().cloned().chain(shown_nowhere).collect();
        let secrets = signer.secrets();
        Self { sender, signer, host, headers: target.headers.clone(), secrets, hidden }
    }
}

impl<S: Send> Wire<S> {
    /// The request of a case, with all that goes with it.
    pub fn request(&self, case: &Case) -> Request<Bytes> {
        if let Some(shot) = case.shot() {
            return probing::dressed(self, case, &shot);
        }
        let mut request = case.request.clone();
        overlay(request.headers_mut(), &self.headers);
        if case.variation == Variation::OtherMethod {
            *request.method_mut() = other_method();
        }
        if case.variation == Variation::NoCredentials {
            request.headers_mut().remove(AUTHORIZATION);
            let auth = case.operation.service.auth.iter().filter(|auth| auth.scheme == AuthScheme::Header);
            auth.for_each(|auth| drop(request.headers_mut().remove(&auth.name)));
        } else if case.dialect == Dialect::Native {
            self.signer.authorize(&case.operation.service, &mut request, &self.host, self.sender.now());
        }
        request
    }

    /// Sends a case and lets every check look at what comes back.
    pub async fn judge(&self, case: &Case) -> Judgement {
        if let Some(shot) = case.shot() {
            return Box::pin(probing::judge(self, case, &shot)).await;
        }
        let earlier_answer = if case.variation == Variation::Twice {
            let reply = self.sender.send(self.request(case)).await;
            self.observe(case, &reply).received.and_then(Result::ok)
        } else {
            None
        };
        let mut reply = self.sender.send(self.request(case)).await;
        for pause in PAUSES {
            if !self.observe(case, &reply).is_transient() {
                break;
            }
            self.sender.pause(pause).await;
            reply = self.sender.send(self.request(case)).await;
        }
        let mut observation = self.observe(case, &reply);
        observation.history.earlier_answer = earlier_answer;
        let complaints = check::judge(Party::Server, &observation);
        let (succeeded, environmental) = outcome_of(&observation);
        let has_output = observation.exchange().is_some_and(|exchange| exchange.output().is_some());
        let accepted = observation.exchange().is_some_and(|exchange| exchange.was_accepted());
        let received = observation.received.and_then(Result::ok);
        Judgement { reply, received, succeeded, has_output, accepted, environmental, complaints }
    }

    /// A case with what came back to it.
    fn observe<'o>(&'o self, case: &'o Case, reply: &'o Result<Reply, TransportFailure>) -> Observation<'o> {
        let mut observation = Observation { secrets: &self.secrets, answer: Some(reply), ..case.observation() };
        observation.read_answer();
        observation
    }
}

/// Whether an answer is a success, and the code of an error that speaks of the state of the world.
pub(super) fn outcome_of(observation: &Observation<'_>) -> (bool, Option<String>) {
    match observation.exchange().map(|exchange| exchange.answer()) {
        Some(Answer::Success(_)) => (true, None),
        Some(Answer::Declared(error)) if is_environmental(error.kind, error.status) => {
            (false, Some(error.code.clone()))
        }
        _ => (false, None),
    }
}

/// A method that the operation does not have.
pub fn other_method() -> Method {
    Method::from_bytes(OTHER_METHOD.as_bytes()).unwrap_or(Method::TRACE)
}

/// Whether an error speaks of the state of the world rather than of the request.
fn is_environmental(kind: ErrorKind, status: u16) -> bool {
    match kind {
        ErrorKind::State | ErrorKind::Quota | ErrorKind::Throttling => true,
        ErrorKind::Server => status == 503,
        ErrorKind::Validation | ErrorKind::Auth | ErrorKind::Protocol => false,
    }
}
