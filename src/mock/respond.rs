//! From a request to its answer: find the operation, decode, judge, and say what the contract says.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Response};
use serde_json::Value;

use super::answer::{DEFAULT_REGION, fill, identity};
use super::negotiate::{Astray, Target, target};
use super::prefer::Prefer;
use super::refusal::{refusal, undeclared};
use crate::auth::{self, credential_region};
use crate::codec::{Codec, Incoming, Oddity, Reply};
use crate::contract::Contract;
use crate::model::{Cause, Citation, Dialect, DocumentedDialect, ErrorDef, Operation, Violation};
use crate::random::Random;
use crate::value::template::uuid;
use crate::value::view::View;

const VIOLATIONS: HeaderName = HeaderName::from_static("accordant-violations");
const CITATION: HeaderName = HeaderName::from_static("accordant-citation");
const DETAIL: HeaderName = HeaderName::from_static("accordant-detail");
const NOTES: HeaderName = HeaderName::from_static("accordant-notes");
const APPLIED: HeaderName = HeaderName::from_static("preference-applied");

/// Longest debug header, in bytes.
const MAX_HEADER: usize = 4096;

/// Answers a request as a service that keeps the contract would, with the default settings: the dialect by the
/// request, seed 0.
#[must_use]
pub fn respond(contract: &Contract, request: &Request<Bytes>) -> Response<Bytes> {
    Settings::default().answer(contract, request).response
}

/// A contract with settings for answering.
#[derive(Debug, Clone)]
#[must_use = "a mock answers nothing until it is asked to"]
pub struct Mock {
    contract: Arc<Contract>,
    settings: Settings,
}

#[derive(Debug, Clone, Default)]
struct Settings {
    dialect: Option<Dialect>,
    seed: u64,
    statuses: HashMap<String, u16>,
}

/// An answer, and what it was given to.
#[derive(Debug)]
pub struct MockResponse {
    /// The answer.
    pub response: Response<Bytes>,
    /// What the request was taken for.
    pub dialect: Dialect,
    /// The operation, when the request reached one.
    pub operation: Option<String>,
    /// The decoded input, when there was one. Not masked.
    pub input: Option<Value>,
    /// What the input breaks, or what the request could not be read for.
    pub violations: Vec<String>,
    /// The code of the error that is answered.
    pub error: Option<String>,
    /// What the answered error is about, in words. No value of the request is among them.
    pub detail: Option<String>,
    /// Who says so.
    pub citations: Vec<String>,
}

impl MockResponse {
    fn new(response: Response<Bytes>, dialect: Dialect, operation: Option<String>) -> Self {
        let (input, violations, error, detail, citations) = Default::default();
        Self { response, dialect, operation, input, violations, error, detail, citations }
    }
}

impl Mock {
    /// A mock of the contract: dialect by request, seed 0, the contract's statuses.
    pub fn new(contract: impl Into<Arc<Contract>>) -> Self {
        Self { contract: contract.into(), settings: Settings::default() }
    }

    /// Speaks one dialect only, whatever the request looks like.
    pub fn dialect(mut self, dialect: Dialect) -> Self {
        self.settings.dialect = Some(dialect);
        self
    }

    /// Draws generated members of the answers from another seed.
    pub fn seed(mut self, seed: u64) -> Self {
        self.settings.seed = seed;
        self
    }

    /// Answers successes of an operation with another status.
    pub fn status(mut self, operation: impl Into<String>, status: u16) -> Self {
        self.settings.statuses.insert(operation.into(), status);
        self
    }

    /// The contract.
    #[must_use]
    pub fn contract(&self) -> &Arc<Contract> {
        &self.contract
    }

    /// Answers a request.
    #[must_use]
    pub fn answer(&self, request: &Request<Bytes>) -> MockResponse {
        self.settings.answer(&self.contract, request)
    }

    /// Answers a request that cannot be read for a reason of transport, such as its size.
    #[must_use]
    pub fn refuse(&self, request: &Request<Bytes>, cause: Cause, detail: &str) -> MockResponse {
        let wanted = Prefer::of(request).and_then(|prefer| prefer.dialect).or(self.settings.dialect);
        let incoming = Incoming::new(request);
        let Some(target) = target(&self.contract, &incoming, wanted) else { return no_contract() };
        let mut answering = Answering { settings: &self.settings, incoming: &incoming, target: &target, request_id: 0 };
        answering.fault(cause, detail)
    }
}

/// What mutants are made from.
#[cfg(feature = "check")]
impl Mock {
    /// The output for an input, whatever it breaks. Turn 0 is the mock's own; another one draws generated members anew.
    pub(crate) fn output<'v>(
        &self,
        operation: &'v Operation,
        request: &Request<Bytes>,
        input: &'v Value,
        turn: u64,
    ) -> View<'v> {
        let identity = identity(operation, input, self.settings.seed.wrapping_add(turn));
        fill(operation, input, identity, Cow::Owned(region(request).into_owned()))
    }

    /// The status of an operation's successes in the native dialect.
    pub(crate) fn success_status(&self, operation: &Operation) -> u16 {
        self.settings.statuses.get(&operation.label).copied().unwrap_or(operation.http.status)
    }
}

fn no_contract() -> MockResponse {
    let mut response = Response::new(Bytes::from_static(b"{\"message\":\"the contract has no services\"}"));
    *response.status_mut() = http::StatusCode::NOT_FOUND;
    MockResponse::new(response, Dialect::Native, None)
}

impl Settings {
    fn answer(&self, contract: &Contract, request: &Request<Bytes>) -> MockResponse {
        let prefer = Prefer::of(request);
        let wanted = prefer.as_ref().and_then(|prefer| prefer.dialect).or(self.dialect);
        let incoming = Incoming::new(request);
        let Some(target) = target(contract, &incoming, wanted) else { return no_contract() };
        let mut answering = Answering { settings: self, incoming: &incoming, target: &target, request_id: 0 };
        let mut answered = answering.run(prefer.as_ref());
        let preferred = prefer.and_then(|prefer| prefer.dialect);
        if let Some(dialect) = preferred.filter(|dialect| *dialect == target.dialect) {
            append(&mut answered.response, APPLIED, &format!("dialect={}", dialect.name()));
        }
        answered
    }
}

/// One request on its way to its answer.
struct Answering<'a> {
    settings: &'a Settings,
    incoming: &'a Incoming<'a>,
    target: &'a Target<'a>,
    request_id: u64,
}

impl Answering<'_> {
    fn run(&mut self, prefer: Option<&Prefer>) -> MockResponse {
        let operation = match &self.target.operation {
            Ok(operation) => *operation,
            Err(Astray { cause, detail, .. }) => {
                let by_name = matches!(cause, Cause::MissingAction | Cause::UnknownAction);
                let unsigned = self.credentials().filter(|_| by_name);
                let (cause, detail) = unsigned.unwrap_or_else(|| (*cause, detail.clone()));
                return self.fault(cause, &detail);
            }
        };
        if let Some((cause, detail)) = self.credentials() {
            return self.fault(cause, &detail);
        }
        let decoded = match self.codec().decode_incoming(operation, self.incoming) {
            Ok(decoded) => decoded,
            Err(rejection) => return self.fault(rejection.cause, &rejection.detail),
        };
        let identity = identity(operation, &decoded.input, self.settings.seed);
        self.request_id = identity;
        let mut answered = match prefer.and_then(|prefer| self.preferred(operation, prefer)) {
            Some(response) => self.answered(response),
            None if decoded.oddities.iter().any(|oddity| matches!(oddity, Oddity::Duplicate(_))) => {
                self.fault(Cause::DuplicateMember, "a member is given more than once")
            }
            None => self.judge(operation, &decoded.input, identity),
        };
        if decoded.oddities.iter().any(|oddity| matches!(oddity, Oddity::Unknown(_))) {
            append(&mut answered.response, NOTES, "#unknown-member");
        }
        answered.input = Some(decoded.input);
        answered
    }

    fn credentials(&self) -> Option<(Cause, String)> {
        if self.target.dialect == Dialect::Documented {
            None
        } else {
            auth::fault(&self.target.service.auth, self.incoming.request)
        }
    }

    fn judge(&mut self, operation: &Operation, input: &Value, identity: u64) -> MockResponse {
        let violations = operation.input.judge(input);
        let deciding = violations.iter().find_map(|violation| {
            let constraint = &operation.input.constraints[violation.constraint];
            Some((constraint, refusal(&operation.errors, &constraint.reaction)?))
        });
        let Some((constraint, error)) = deciding else {
            let response = self.success(operation, input, identity);
            return self.answered(response);
        };
        let statement = constraint.statement();
        let response = self.failure(error, &statement);
        let mut answered = self.answered(response);
        answered.violations = ids(operation, &violations);
        append(&mut answered.response, VIOLATIONS, &answered.violations.join(", "));
        answered.citations = texts(&constraint.citations);
        append(&mut answered.response, CITATION, &answered.citations.join(", "));
        append(&mut answered.response, DETAIL, &statement);
        answered.error = Some(self.shown(error).code.clone());
        answered.detail = Some(statement);
        answered
    }

    fn success(&mut self, operation: &Operation, input: &Value, identity: u64) -> Response<Bytes> {
        let region = region(self.incoming.request);
        let output = fill(operation, input, identity, Cow::Borrowed(&region));
        self.output(operation, &output)
    }

    fn output(&mut self, operation: &Operation, output: &View<'_>) -> Response<Bytes> {
        let overridden = if self.settings.statuses.is_empty() {
            None
        } else {
            self.settings.statuses.get(&operation.label).copied()
        };
        let status = match self.target.dialect {
            Dialect::Native => overridden.unwrap_or(operation.http.status),
            Dialect::Documented => operation.status(Dialect::Documented),
        };
        let reply = Reply::Output { operation, status, output };
        self.codec().encode_response(self.target.service, &reply, &self.request_id())
    }

    /// The answer that the request asks for by name.
    fn preferred(&mut self, operation: &Operation, prefer: &Prefer) -> Option<Response<Bytes>> {
        if let Some(code) = &prefer.code {
            let status: Option<u16> = code.parse().ok();
            let error =
                operation.errors.all.iter().find(|error| error.code == *code || error.shape.as_ref() == Some(code));
            let error = error.or_else(|| operation.errors.all.iter().find(|error| Some(error.status) == status));
            if let Some(error) = error {
                let when = error.when.clone().unwrap_or_else(|| "asked for by Prefer".into());
                let mut response = self.failure(error, &when);
                append(&mut response, APPLIED, &format!("code={code}"));
                return Some(response);
            }
        }
        let name = prefer.example.as_ref()?;
        let output = operation.examples.iter().find(|example| example.name == *name)?.output.as_ref()?;
        let mut response = self.output(operation, &View::from(output));
        append(&mut response, APPLIED, &format!("example={name}"));
        Some(response)
    }

    /// The error for a request that does not get as far as being judged.
    fn fault(&mut self, cause: Cause, detail: &str) -> MockResponse {
        let errors = match &self.target.operation {
            Ok(operation) => &operation.errors,
            Err(_) => &self.target.service.errors,
        };
        if self.request_id == 0 {
            let path =
                xxhash_rust::xxh3::xxh3_64_with_seed(self.incoming.request.uri().path().as_bytes(), self.settings.seed);
            self.request_id = xxhash_rust::xxh3::xxh3_64_with_seed(self.incoming.request.body(), path);
        }
        let reaction = errors.reaction(cause);
        let error = refusal(errors, reaction).unwrap_or(undeclared());
        let response = self.failure(error, detail);
        let mut answered = self.answered(response);
        answered.violations = vec![format!("#{}", cause.name())];
        append(&mut answered.response, VIOLATIONS, &answered.violations[0]);
        append(&mut answered.response, DETAIL, detail);
        answered.error = Some(self.shown(error).code.clone());
        answered.detail = Some(detail.to_owned());
        answered.citations = reaction.grounds().map(|(citations, _)| texts(citations)).unwrap_or_default();
        answered
    }

    /// The error as the dialect answers it.
    fn shown<'e>(&'e self, error: &'e ErrorDef) -> &'e ErrorDef {
        self.target.service.shown(error, self.target.dialect)
    }

    fn failure(&mut self, error: &ErrorDef, detail: &str) -> Response<Bytes> {
        let reply = match self.target.service.documented_in(self.target.dialect) {
            Some(DocumentedDialect { error: shown, .. }) => {
                let message = format!("{}: {detail}", shown.message.as_deref().unwrap_or(&shown.code));
                return self.codec().encode_response(
                    self.target.service,
                    &Reply::Error { error: shown, status: shown.status, message: &message },
                    &self.request_id(),
                );
            }
            None => Reply::Error { error, status: error.status, message: error.message.as_deref().unwrap_or(detail) },
        };
        self.codec().encode_response(self.target.service, &reply, &self.request_id())
    }

    fn codec(&self) -> &'static dyn Codec {
        self.target.service.codec_for(self.target.dialect)
    }

    fn request_id(&self) -> String {
        let mut random = Random::new(self.request_id ^ 0x7265_7175_6573_7400);
        uuid(random.next(), random.next())
    }

    fn answered(&self, response: Response<Bytes>) -> MockResponse {
        let operation = self.target.operation.as_ref().ok().map(|operation| operation.label.clone());
        MockResponse::new(response, self.target.dialect, operation)
    }
}

/// The region that a request is for.
fn region(request: &Request<Bytes>) -> Cow<'_, str> {
    credential_region(request).unwrap_or(Cow::Borrowed(DEFAULT_REGION))
}

/// The constraints that are broken, each once.
fn ids(operation: &Operation, violations: &[Violation]) -> Vec<String> {
    let mut broken: Vec<usize> = violations.iter().map(|violation| violation.constraint).collect();
    broken.dedup();
    broken.into_iter().map(|constraint| operation.input.constraints[constraint].id.clone()).collect()
}

fn texts(citations: &[Citation]) -> Vec<String> {
    citations.iter().map(ToString::to_string).collect()
}

/// Adds a debug header; what a header cannot carry is escaped, what is too long is cut.
fn append(response: &mut Response<Bytes>, name: HeaderName, text: &str) {
    let mut ascii = String::with_capacity(text.len().min(MAX_HEADER));
    for character in text.chars() {
        if ascii.len() >= MAX_HEADER {
            break;
        }
        if character.is_ascii_graphic() || character == ' ' {
            ascii.push(character);
        } else {
            ascii.extend(character.escape_default());
        }
    }
    if let Ok(value) = HeaderValue::from_str(&ascii) {
        response.headers_mut().append(name, value);
    }
}
