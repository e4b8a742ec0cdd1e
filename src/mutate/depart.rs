//! Where a mutant departs from the mock: its answer is looked at, and changed where the fault applies.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderName, HeaderValue, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::admit::{admit, is_of};
use super::probed::{page, probed};
use super::secret::secret;
use super::spoil::{self, UNHEARD_OF};
use super::{Fault, Mutant};
use crate::codec;
use crate::exchange::{Reply, TransportFailure};
use crate::mock::{Mock, MockResponse, refusal};
use crate::model::{ConstraintId, EnvelopeFact, ErrorDef, Operation};
use crate::probe::Manner;
use crate::text::to_base64;
use crate::value::pointer;
use crate::value::view::View;

/// How long a slow answer takes.
const LONG: Duration = Duration::from_secs(60);
/// Header in which a secret leaks.
const DEBUG: HeaderName = HeaderName::from_static("x-debug");
/// What a careless server writes into its errors.
const STACK_TRACE: &str = "Traceback (most recent call last):\n  File \"/srv/app/jobs.py\", line 88, in start";

/// The mutant's answer.
pub fn depart(
    mutant: &Mutant,
    mock: &Mock,
    request: &Request<Bytes>,
    manner: Manner,
) -> Result<Reply, TransportFailure> {
    let answered = mock.answer(request);
    if let Fault::Probed { probe, is_refused } = mutant.fault {
        let response = probed(mutant, (probe, is_refused), request, manner, &answered).unwrap_or(answered.response);
        return Ok(Reply { response, elapsed: Duration::ZERO });
    }
    if let Some(admitted) = admit(mutant, mock, request, &answered) {
        return Ok(Reply { response: admitted.response, elapsed: Duration::ZERO });
    }
    if !is_of(&mutant.operation, &answered) {
        return Ok(Reply { response: answered.response, elapsed: Duration::ZERO });
    }
    let departing = Departing { mutant, mock, request, answered: &answered, operation: &mutant.operation };
    let succeeds = departing.valid().is_some();
    if succeeds && mutant.fault == Fault::ClosesEarly {
        return Err(TransportFailure::Closed("the mutant closes early".into()));
    }
    let elapsed = if succeeds && mutant.fault == Fault::Slow { LONG } else { Duration::ZERO };
    let response = departing.response();
    Ok(Reply { response: response.unwrap_or(answered.response), elapsed })
}

/// An answer of the mutant's operation, about to be changed.
struct Departing<'a> {
    mutant: &'a Mutant,
    mock: &'a Mock,
    request: &'a Request<Bytes>,
    answered: &'a MockResponse,
    operation: &'a Operation,
}

impl Departing<'_> {
    /// The changed answer; nothing where the fault does not apply.
    fn response(&self) -> Option<Response<Bytes>> {
        match &self.mutant.fault {
            Fault::NotEnforced { .. } | Fault::OtherCode { .. } | Fault::OtherStatus { .. } | Fault::UndeclaredCode => {
                self.refused_otherwise()
            }
            Fault::Dropped { .. }
            | Fault::Retyped { .. }
            | Fault::EchoedWrongly { .. }
            | Fault::OutputRuleBroken { .. }
            | Fault::Wrapped
            | Fault::OtherCapitals
            | Fault::EmptyOutput
            | Fault::ExtraMember => self.spoilt(),
            Fault::OtherEnvelope { fact } => self.in_other_envelope(*fact),
            Fault::MemberTwice => self.valid().and_then(|_| {
                let body = spoil::with_member_twice(self.answered.response.body())?;
                Some(self.answered.response.clone().map(|_| body))
            }),
            Fault::WrongContentType => self.with_header(CONTENT_TYPE, b"text/plain"),
            Fault::HtmlErrors => (!self.status().is_success()).then(|| self.page(self.status())),
            Fault::NoRequestId => Some(self.without_request_id()),
            Fault::LeaksSecretInHeader => self.with_header(DEBUG, self.leaked()?.as_bytes()),
            Fault::LeaksSecretInBody => self.leaking(),
            Fault::LeaksSecretInBase64 => self.with_header(DEBUG, to_base64(self.leaked()?.as_bytes()).as_bytes()),
            Fault::ShowsStackTrace => self.decisive().map(|(_, error)| self.failed(error, error.status, STACK_TRACE)),
            Fault::FailsOnNonAscii { error } => self.failing(*error),
            Fault::UndeclaredStatus { .. }
            | Fault::TruncatedBody
            | Fault::TokenIgnored
            | Fault::RejectsValid { .. } => self.valid().and_then(|input| self.succeeding_otherwise(input)),
            Fault::AuthNotRequired
            | Fault::MethodNotRefused
            | Fault::ClosesEarly
            | Fault::Slow
            | Fault::Probed { .. } => None,
        }
    }

    /// Another answer to an input that breaks a constraint.
    fn refused_otherwise(&self) -> Option<Response<Bytes>> {
        let (decisive, error) = self.decisive()?;
        match self.mutant.fault {
            Fault::NotEnforced { constraint } if self.breaks_only(constraint) => {
                let input = self.answered.input.as_ref()?;
                Some(self.success(&self.mock.output(self.operation, self.request, input, 0)))
            }
            Fault::OtherCode { constraint, error } if constraint == decisive => {
                let other = &self.operation.errors.all[error];
                Some(self.failure(other, other.status))
            }
            Fault::OtherStatus { constraint, status } if constraint == decisive => Some(self.failure(error, status)),
            Fault::UndeclaredCode => {
                let unheard_of = ErrorDef { code: UNHEARD_OF.into(), shape: None, body: None, ..error.clone() };
                Some(self.failure(&unheard_of, error.status))
            }
            _ => None,
        }
    }

    /// A success with something wrong in its output.
    fn spoilt(&self) -> Option<Response<Bytes>> {
        let input = self.valid()?;
        let mut output = self.mock.output(self.operation, self.request, input, 0).to_value();
        let done = match &self.mutant.fault {
            Fault::Dropped { member, .. } => spoil::drop_member(&mut output, member),
            Fault::Retyped { member, value } => spoil::replace_member(&mut output, member, value),
            Fault::EchoedWrongly { echo } => {
                let echo = &self.operation.echo[*echo];
                let said = pointer::first(input, &echo.from).is_some();
                said && spoil::alter_member(&self.operation.output, &mut output, &echo.to)
            }
            Fault::OutputRuleBroken { rule } => {
                let rule = &self.operation.output_rules[*rule];
                let mut of_output = rule.over.iter().rev().filter(|(_, path)| path[0] == "output");
                of_output.any(|(_, path)| spoil::alter_member(&self.operation.output, &mut output, &path[1..]))
                    && !rule.test.holds(&json!({"input": input, "output": output}))
            }
            Fault::Wrapped => spoil::wrap(&mut output),
            Fault::OtherCapitals => spoil::turn_capitals(&mut output),
            Fault::EmptyOutput => output.as_object_mut().is_some_and(|members| {
                members.clear();
                true
            }),
            Fault::ExtraMember => spoil::add_member(&mut output, "spurious"),
            _ => false,
        };
        done.then(|| self.success(&View::from(&output)))
    }

    /// Another answer to a valid input.
    fn succeeding_otherwise(&self, input: &Value) -> Option<Response<Bytes>> {
        match self.mutant.fault {
            Fault::UndeclaredStatus { status } => {
                let mut response = self.answered.response.clone();
                *response.status_mut() = StatusCode::from_u16(status).ok()?;
                Some(response)
            }
            Fault::TruncatedBody => {
                let body = self.answered.response.body();
                let half = body.slice(..body.len() / 2);
                Some(self.answered.response.clone().map(|_| half))
            }
            Fault::TokenIgnored => {
                let token = pointer::first(input, &self.operation.idempotency.as_ref()?.token)?;
                let again = || self.mock.output(self.operation, self.request, input, self.mutant.next_call());
                (token.as_str() != Some("")).then(|| self.success(&again()))
            }
            Fault::RejectsValid { error } if spoil::has_optional(self.operation, input) => {
                let error = &self.operation.errors.all[error];
                Some(self.failure(error, error.status))
            }
            _ => None,
        }
    }

    /// The answer without one fact of its envelope.
    fn in_other_envelope(&self, fact: EnvelopeFact) -> Option<Response<Bytes>> {
        if fact == EnvelopeFact::Message {
            return self.decisive().map(|(_, error)| self.failed(error, error.status, ""));
        }
        let body = String::from_utf8_lossy(self.answered.response.body()).into_owned();
        let other = match fact {
            EnvelopeFact::Namespace => {
                body.replacen(&format!(" xmlns=\"{}\"", self.operation.service.namespace.as_deref()?), "", 1)
            }
            EnvelopeFact::Metadata => body.replace("ResponseMetadata>", "Metadata>"),
            EnvelopeFact::RequestId => body.replace(&self.request_id()?, "another-request"),
            EnvelopeFact::Fault => body.replace("<Type>Sender</Type>", ""),
            EnvelopeFact::Message => return None,
        };
        (other != body).then(|| self.answered.response.clone().map(|_| other.into()))
    }

    /// The failure that text outside of ASCII causes.
    fn failing(&self, error: Option<usize>) -> Option<Response<Bytes>> {
        self.answered.input.as_ref().filter(|input| spoil::has_non_ascii(input))?;
        Some(match error.map(|error| &self.operation.errors.all[error]) {
            Some(error) => self.failure(error, error.status),
            None => self.page(StatusCode::INTERNAL_SERVER_ERROR),
        })
    }

    /// The answer with a secret of the request in its body.
    fn leaking(&self) -> Option<Response<Bytes>> {
        let leaked = self.leaked()?;
        if let Some((_, error)) = self.decisive() {
            return Some(self.failed(error, error.status, &format!("not taken from {leaked}")));
        }
        let mut output = self.mock.output(self.operation, self.request, self.valid()?, 0).to_value();
        spoil::add_member(&mut output, &leaked).then(|| self.success(&View::from(&output)))
    }

    fn leaked(&self) -> Option<String> {
        secret(self.operation, self.request, self.answered.input.as_ref()?)
    }

    /// The input of a success.
    fn valid(&self) -> Option<&Value> {
        self.answered.input.as_ref().filter(|_| self.status().is_success())
    }

    fn status(&self) -> StatusCode {
        self.answered.response.status()
    }

    /// The constraint by which the input is refused, and its error.
    fn decisive(&self) -> Option<(ConstraintId, &ErrorDef)> {
        self.answered.violations.iter().find_map(|id| {
            let (constraint, error) = self.stated(id)?;
            Some((constraint, error?))
        })
    }

    /// Whether the input breaks nothing else that is refused.
    fn breaks_only(&self, constraint: ConstraintId) -> bool {
        let mut refused = self.answered.violations.iter().filter_map(|id| self.stated(id));
        refused.all(|(broken, error)| broken == constraint || error.is_none())
            && self.decisive().is_some_and(|(decisive, _)| decisive == constraint)
    }

    /// The constraint of this id, and the error by which the mock refuses what breaks it.
    fn stated(&self, id: &str) -> Option<(ConstraintId, Option<&ErrorDef>)> {
        let constraints = &self.operation.input.constraints;
        let found = constraints.iter().position(|constraint| constraint.id == id)?;
        Some((found, refusal(&self.operation.errors, &constraints[found].reaction)))
    }

    fn success(&self, output: &View<'_>) -> Response<Bytes> {
        let status = self.mock.success_status(self.operation);
        self.encoded(&codec::Reply::Output { operation: self.operation, status, output })
    }

    fn failure(&self, error: &ErrorDef, status: u16) -> Response<Bytes> {
        self.failed(error, status, error.message.as_deref().or(error.when.as_deref()).unwrap_or("refused"))
    }

    fn failed(&self, error: &ErrorDef, status: u16, message: &str) -> Response<Bytes> {
        self.encoded(&codec::Reply::Error { error, status, message })
    }

    fn encoded(&self, reply: &codec::Reply<'_>) -> Response<Bytes> {
        let service = &self.operation.service;
        service.codec().encode_response(service, reply, &self.request_id().unwrap_or_default())
    }

    fn page(&self, status: StatusCode) -> Response<Bytes> {
        let mut response = page(status);
        if let Some(name) = &self.operation.service.request_id {
            response
                .headers_mut()
                .extend(self.answered.response.headers().get(name).map(|id| (name.clone(), id.clone())));
        }
        response
    }

    fn with_header(&self, name: HeaderName, value: &[u8]) -> Option<Response<Bytes>> {
        let mut response = self.answered.response.clone();
        response.headers_mut().insert(name, HeaderValue::from_bytes(value).ok()?);
        Some(response)
    }

    fn request_id(&self) -> Option<String> {
        let response = &self.answered.response;
        let header = self.operation.service.request_id.as_ref().and_then(|name| response.headers().get(name));
        let header = header.and_then(|value| value.to_str().ok()).map(str::to_owned);
        header.or_else(|| self.operation.service.codec().decode_response(self.operation, response).ok()?.request_id)
    }

    fn without_request_id(&self) -> Response<Bytes> {
        let mut response = self.answered.response.clone();
        let id = self.request_id().unwrap_or_default();
        if let Some(name) = &self.operation.service.request_id {
            response.headers_mut().remove(name);
        }
        response.map(|body| spoil::without_element(&body, &id).unwrap_or(body))
    }
}
