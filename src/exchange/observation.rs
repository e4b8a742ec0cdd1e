//! One exchange with all that is known about it, which every check is asked about.

use std::borrow::Cow;
use std::fmt;

use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use serde_json::Value;

use super::bases::Bases;
use super::demand::Demand;
use super::history::History;
use super::questions::Exchange;
use super::reply::{Reply, TransportFailure};
use crate::codec::{Codec, Oddity, Outcome, Received, Rejection};
use crate::model::{Auth, Cause, Dialect, ErrorKind, Operation, Service};

/// One exchange: what was asked, what came back, what the contract demands, and what went before. Whoever observes it fills
/// in what is known; checks look at what they need.
pub struct Observation<'o> {
    /// The service that the request is for, or the likeliest one.
    pub service: Option<&'o Service>,
    /// How the request says which service it is for.
    pub recognition: Recognition,
    /// The operation that it is for.
    pub operation: Option<&'o Operation>,
    /// Why it is for no operation.
    pub misaddressed: Option<Misaddressed<'o>>,
    /// The dialect that it is spoken in.
    pub dialect: Dialect,
    /// The request.
    pub request: &'o Request<Bytes>,
    /// What is wrong with its credentials.
    pub unauthenticated: Option<(Cause, String)>,
    /// Its input, where that could be read.
    pub input: Option<Cow<'o, Value>>,
    /// What could not be placed in the input.
    pub oddities: Vec<Oddity>,
    /// Why there is no input.
    pub unreadable: Option<Rejection>,
    /// The ways to authenticate with whichever service there is.
    pub ways: &'o [Auth],
    /// Credentials that went with it, and must never come back.
    pub secrets: &'o [String],
    /// What came back; nothing where nobody looked.
    pub answer: Option<&'o Result<Reply, TransportFailure>>,
    /// The answer as the codec reads it.
    pub received: Option<Result<Received, Rejection>>,
    /// What went before, and what became of it in the end.
    pub history: History,
    /// What the contract demands; nothing where it demands no one thing.
    pub demand: Option<Demand>,
    /// The inputs that the server has accepted, where a run looked for some.
    pub bases: Option<&'o Bases>,
}

/// How a request says which service it is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recognition {
    /// By its signature, its headers or its host.
    Named,
    /// By its path alone.
    PathOnly,
    /// It is signed for a service that the contract does not describe.
    Foreign,
}

/// Why a request is for no operation.
#[derive(Debug, Clone)]
pub struct Misaddressed<'o> {
    /// The kind of reason.
    pub cause: Cause,
    /// The reason, as a sentence.
    pub detail: String,
    /// The operation whose name it has in other letters.
    pub meant: Option<&'o Operation>,
}

impl<'o> Observation<'o> {
    /// A request for an operation, with an input that is known; nothing else is.
    #[must_use]
    pub fn new(operation: &'o Operation, dialect: Dialect, request: &'o Request<Bytes>, input: &'o Value) -> Self {
        Self {
            service: Some(&operation.service),
            operation: Some(operation),
            dialect,
            input: Some(Cow::Borrowed(input)),
            ..Self::unknown(request)
        }
    }

    /// A request of which nothing is known.
    #[must_use]
    pub fn unknown(request: &'o Request<Bytes>) -> Self {
        Self {
            service: None,
            recognition: Recognition::Named,
            operation: None,
            misaddressed: None,
            dialect: Dialect::Native,
            request,
            unauthenticated: None,
            input: None,
            oddities: Vec::new(),
            unreadable: None,
            ways: &[],
            secrets: &[],
            answer: None,
            received: None,
            history: History::default(),
            demand: None,
            bases: None,
        }
    }

    /// The input, where it could be read.
    #[must_use]
    pub fn input(&self) -> Option<&Value> {
        self.input.as_deref()
    }

    /// The codec that it is spoken in.
    #[must_use]
    pub fn codec(&self) -> Option<&'static dyn Codec> {
        self.service.map(|service| service.codec_for(self.dialect))
    }

    /// Whether it is signed for a service that the contract does not describe.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        self.recognition == Recognition::Foreign
    }

    /// Whether it has a body that was not taken in: too large, too late, or broken off.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        is_unread(self.request)
    }

    /// Parameters of the query string, decoded.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect()
    }

    /// The status of the answer, when there is one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        Some(self.answer?.as_ref().ok()?.response.status().as_u16())
    }

    /// Reads the answer by the codec.
    pub fn read_answer(&mut self) {
        self.received = self.decoded_answer();
    }

    fn decoded_answer(&self) -> Option<Result<Received, Rejection>> {
        let (operation, codec, reply) = (self.operation?, self.codec()?, self.answer?.as_ref().ok()?);
        Some(codec.decode_response(operation, &reply.response))
    }

    /// Whether the same request may well be answered otherwise in a moment: a declared failure of the service, or
    /// throttling.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        let (Some(operation), Some(status)) = (self.operation, self.status()) else { return false };
        let code = match &self.received {
            Some(Ok(Received { outcome: Outcome::Error { code, .. }, .. })) => Some(code),
            _ => None,
        };
        let passes = |kind: ErrorKind| matches!(kind, ErrorKind::Server | ErrorKind::Throttling);
        let declared = operation.errors.all.iter().any(|error| Some(&error.code) == code && passes(error.kind));
        declared || matches!(status, 429 | 502..=504)
    }

    /// The demand that follows from the request itself; nothing where more than one thing is wrong with it, or something
    /// outside of its input.
    #[must_use]
    pub fn derived_demand(&self) -> Option<Demand> {
        let (operation, input) = (self.operation?, self.input()?);
        let unsigned = self.dialect == Dialect::Native && self.unauthenticated.is_some();
        let mut unknown = Vec::new();
        operation.input.unknown_members(input, &mut unknown);
        let plain = self.oddities.is_empty() && unknown.is_empty() && !unsigned;
        plain.then(|| Demand::derive(operation, input)).flatten()
    }

    /// The exchange, where an answer came or failed to come to a request of which something is demanded.
    #[must_use]
    pub fn exchange(&self) -> Option<Exchange<'_>> {
        Some(Exchange {
            operation: self.operation?,
            input: self.input()?,
            demand: self.demand?,
            reply: self.answer?,
            observation: self,
        })
    }
}

/// Whether a request has a body that was not taken in.
#[must_use]
pub fn is_unread(request: &Request<Bytes>) -> bool {
    let headers = request.headers();
    let announced = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
    request.body().is_empty() && (announced || headers.contains_key(TRANSFER_ENCODING))
}

/// Without secrets, and without what may show them: the input and the answer.
impl fmt::Debug for Observation<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.map(|operation| &operation.label);
        let mut shown = f.debug_struct("Observation");
        shown.field("operation", &operation).field("dialect", &self.dialect).field("demand", &self.demand);
        shown.field("status", &self.status()).finish_non_exhaustive()
    }
}
