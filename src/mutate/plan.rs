//! Which mutants an operation has, and which of them no request can tell from the mock.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

use super::admit::{give_credentials, is_of};
use super::mutant::written;
use super::secret::has_secret;
use super::spoil::{self, UNHEARD_OF};
use super::{Fault, Mutant, probed};
use crate::codec::{Outcome, Reply};
use crate::contract::Contract;
use crate::mock::{Mock, MockResponse, refusal};
use crate::model::{ConstraintId, Dialect, ErrorDef, ErrorKind, ErrorLink, Operation, Reaction};
use crate::value::pointer;
use crate::value::view::View;

/// Kinds of errors by how clearly they are wrong for an input that breaks a constraint. Not among them are those that
/// any request may get at any time; a resource may be looked at before the input is judged.
const OTHER_KINDS: [ErrorKind; 4] = [ErrorKind::Validation, ErrorKind::Protocol, ErrorKind::State, ErrorKind::Quota];
/// Statuses for an error that has another one.
const OTHER_STATUSES: [u16; 4] = [400, 422, 409, 412];
/// Statuses for a success that has another one.
const OTHER_SUCCESSES: [u16; 2] = [203, 206];

/// What is known of an operation when its mutants are listed.
pub struct Plan<'c> {
    operation: &'c Arc<Operation>,
    /// An answer for each example that has one.
    samples: Vec<Sample>,
}

struct Sample {
    response: Response<Bytes>,
    output: Value,
}

impl<'c> Plan<'c> {
    pub fn new(contract: &Contract, operation: &'c Arc<Operation>) -> Self {
        let mock = Mock::new(contract.clone()).dialect(Dialect::Native);
        let samples = operation.examples.iter().filter_map(|example| sample(&mock, operation, &example.input));
        Self { operation, samples: samples.collect() }
    }

    /// All mutants: of each constraint, of each output member, of the operation.
    pub fn mutants(&self, unbreakable: &[(ConstraintId, String)]) -> Vec<Mutant> {
        let mut mutants = Vec::new();
        for (id, constraint) in self.operation.input.constraints.iter().enumerate() {
            let reason = unbreakable.iter().find(|(known, _)| *known == id).map(|(_, reason)| reason.clone());
            if constraint.reaction.is_known() {
                let fault = Fault::NotEnforced { constraint: id };
                mutants.push(Mutant::new(self.operation, fault, reason.clone()));
            }
            mutants.extend(self.of_error(id, &constraint.reaction, reason));
        }
        mutants.extend(self.of_members());
        mutants.extend(self.of_operation().into_iter().map(|(fault, reason)| self.mutant(fault, reason)));
        mutants
    }

    fn mutant(&self, fault: Fault, unobservable: Option<&str>) -> Mutant {
        Mutant::new(self.operation, fault, unobservable.map(str::to_owned))
    }

    /// The mutants of the error that a constraint's reaction comes with: another one where it is certain, another status
    /// where it is a declared one.
    fn of_error(&self, constraint: ConstraintId, reaction: &Reaction, reason: Option<String>) -> Vec<Mutant> {
        let errors = &self.operation.errors;
        let declared = refusal(errors, reaction).filter(|error| errors.by_code(&error.code).is_some());
        let Some(error) = declared else { return Vec::new() };
        let taken = |status: &u16| errors.all.iter().any(|other| other.code == error.code && other.status == *status);
        let status = OTHER_STATUSES.into_iter().find(|status| !taken(status)).unwrap_or(499);
        let code = reaction.link().map(|link| self.of_code(constraint, link, reason.clone()));
        let other_status = Mutant::new(self.operation, Fault::OtherStatus { constraint, status }, reason);
        code.into_iter().chain([other_status]).collect()
    }

    /// The mutant that answers with another error than the one of a link.
    fn of_code(&self, constraint: ConstraintId, link: &ErrorLink, reason: Option<String>) -> Mutant {
        let errors = &self.operation.errors.all;
        let code = &errors[link.error].code;
        // What else is due for the member may be right too: an empty text is an absent one for some.
        let stated = &self.operation.input.constraints;
        let same_member = stated.iter().filter(|other| other.member == stated[constraint].member);
        let due: Vec<_> = same_member.filter_map(|other| other.reaction.link()).map(|link| link.error).collect();
        let is_due = |other: &ErrorDef| due.iter().any(|id| errors[*id].code == other.code);
        let is_other = |other: &ErrorDef| other.is_callers_fault() && other.code != *code && !is_due(other);
        let other =
            OTHER_KINDS.iter().find_map(|kind| errors.iter().position(|other| other.kind == *kind && is_other(other)));
        let no_other = other.is_none().then(|| "no other error is declared".to_owned());
        let fault = Fault::OtherCode { constraint, error: other.unwrap_or(link.error) };
        Mutant::new(self.operation, fault, reason.or(no_other))
    }

    /// The mutants of required and echoed output members.
    fn of_members(&self) -> Vec<Mutant> {
        let mut mutants = Vec::new();
        let shape = &self.operation.output;
        let required = shape.constraints.iter().filter(|stated| stated.keyword == "required");
        let required = required.map(|stated| (pointer::segments(&stated.member).collect(), true));
        let echoed = self.operation.echo.iter().map(|echo| (echo.to.clone(), false));
        let mut seen: HashSet<Vec<String>> = HashSet::new();
        for (member, required) in required.chain(echoed) {
            if seen.insert(member.clone()) {
                mutants.extend(self.of_member(member, required));
            }
        }
        let all = 0..self.operation.echo.len();
        mutants.extend(all.map(|echo| self.mutant(Fault::EchoedWrongly { echo }, None)));
        mutants
    }

    fn of_member(&self, member: Vec<String>, required: bool) -> [Mutant; 2] {
        let mut shown = self.samples.iter().map(|sample| pointer::first(&sample.output, &member).is_some());
        let absent = (required && !shown.any(|shown| shown)).then_some("no answer of the mock has the member");
        let node = self.operation.output.node(&written(&member));
        let values = node.map(spoil::of_other_types).unwrap_or_default();
        let told = values.iter().find(|value| self.is_told(&member, value));
        let same = told.is_none().then_some("its protocol reads a value of another type as one of the declared type");
        let value = told.or(values.first()).cloned().unwrap_or_default();
        let dropped = Fault::Dropped { member: member.clone(), required, alone: self.is_alone(&member) };
        let retyped = Fault::Retyped { member, value };
        [self.mutant(dropped, absent), self.mutant(retyped, absent.or(same))]
    }

    /// Whether nothing that a client knows is left of an output without the member.
    fn is_alone(&self, member: &[String]) -> bool {
        self.samples.first().is_some_and(|sample| {
            let mut output = sample.output.clone();
            spoil::drop_member(&mut output, member) && !self.operation.output.finds_any(&output)
        })
    }

    /// Whether a value in place of the member's breaks the schema, once it has been read from the wire.
    fn is_told(&self, member: &[String], value: &Value) -> bool {
        let mut output = self.samples.first().map_or(Value::Object(Map::new()), |sample| sample.output.clone());
        pointer::set(&mut output, member, value.clone());
        self.read_back(&output).is_some_and(|read| !self.operation.output.judge(&read).is_empty())
    }

    /// The output as a client reads it.
    fn read_back(&self, output: &Value) -> Option<Value> {
        let service = &self.operation.service;
        let reply = Reply::Output {
            operation: self.operation,
            status: self.operation.http.status,
            output: &View::from(output),
        };
        let response = service.codec().encode_response(service, &reply, "request");
        output_of(self.operation, &response)
    }

    /// The faults of the operation as a whole, and why they cannot be seen where they cannot.
    fn of_operation(&self) -> Vec<(Fault, Option<&'static str>)> {
        let operation = &**self.operation;
        let status = OTHER_SUCCESSES.into_iter().find(|status| *status != operation.http.status).unwrap_or(206);
        let truncated = (!self.is_broken_by_half()).then_some("half of its body reads like a whole one");
        let anonymous = operation.service.request_id.is_none().then_some("the contract has no request ids");
        let harmless =
            (!has_secret(operation)).then_some("its requests carry no secret that an answer could not show by design");
        let silent = operation.output.root().limits.required.is_empty();
        let silent = silent.then_some("nothing says that its outputs have members at all");
        let closed = (!self.shows_extra_member()).then_some("its outputs may have any member");
        let mut faults = vec![
            (Fault::UndeclaredStatus { status }, None),
            (Fault::WrongContentType, None),
            (Fault::FailsOnNonAscii { error: failure(&operation.errors.all) }, None),
            (Fault::HtmlErrors, None),
            (Fault::TruncatedBody, truncated),
            (Fault::NoRequestId, anonymous),
            (Fault::LeaksSecretInHeader, harmless),
            (Fault::LeaksSecretInBody, harmless),
            (Fault::LeaksSecretInBase64, harmless),
            (Fault::ShowsStackTrace, None),
            (Fault::Wrapped, silent),
            (Fault::OtherCapitals, silent),
            (Fault::EmptyOutput, silent),
        ];
        faults.extend((0..operation.output_rules.len()).map(|rule| (Fault::OutputRuleBroken { rule }, None)));
        faults.extend(operation.service.envelope.keys().map(|fact| (Fault::OtherEnvelope { fact: *fact }, None)));
        if operation.service.codec().media_types().contains(&"application/json") {
            faults.push((Fault::MemberTwice, None));
        }
        if !operation.service.auth.is_empty() {
            faults.push((Fault::AuthNotRequired, None));
        }
        if operation.idempotency.is_some() {
            faults.push((Fault::TokenIgnored, None));
        }
        let any_code = (!demands_declared(operation)).then_some("its errors may have any code");
        faults.extend([
            (Fault::MethodNotRefused, None),
            (Fault::UndeclaredCode, any_code),
            (Fault::ExtraMember, closed),
        ]);
        faults.extend(rejection(operation).map(|error| {
            let optional = operation
                .input
                .table()
                .nodes
                .iter()
                .any(|node| node.properties.keys().any(|name| spoil::is_optional(operation, node, name)));
            (Fault::RejectsValid { error }, (!optional).then_some("its input has no optional members"))
        }));
        faults.extend([(Fault::ClosesEarly, None), (Fault::Slow, None)]);
        let probed = probed::faults(self.operation).into_iter();
        faults.extend(probed.map(|(probe, is_refused)| (Fault::Probed { probe, is_refused }, None)));
        faults
    }

    fn is_broken_by_half(&self) -> bool {
        self.samples.iter().any(|sample| {
            let body = sample.response.body();
            let half = sample.response.clone().map(|_| body.slice(..body.len() / 2));
            output_of(self.operation, &half).is_none()
        })
    }

    fn shows_extra_member(&self) -> bool {
        self.samples.iter().any(|sample| {
            let mut output = sample.output.clone();
            let mut unknown = Vec::new();
            if spoil::add_member(&mut output, "spurious") {
                self.operation.output.unknown_members(&self.read_back(&output).unwrap_or_default(), &mut unknown);
            }
            unknown.iter().any(|pointer| pointer.ends_with(UNHEARD_OF))
        })
    }
}

/// The mock's answer to an example, and its output; nothing when it is no success.
fn sample(mock: &Mock, operation: &Operation, input: &Value) -> Option<Sample> {
    let mut request: Request<Bytes> = operation.service.codec().encode_request(operation, input);
    give_credentials(operation, request.headers_mut());
    let answered: MockResponse = Some(mock.answer(&request)).filter(|answered| is_of(operation, answered))?;
    let output = output_of(operation, &answered.response)?;
    Some(Sample { response: answered.response, output })
}

fn output_of(operation: &Operation, response: &Response<Bytes>) -> Option<Value> {
    match operation.service.codec().decode_response(operation, response).ok()?.outcome {
        Outcome::Output(output) => Some(output),
        Outcome::Error { .. } => None,
    }
}

/// The error of a service that failed: of those that are declared, the most general, which stands last.
fn failure(errors: &[Arc<ErrorDef>]) -> Option<usize> {
    errors.iter().rposition(|error| error.kind == ErrorKind::Server && error.status == 500)
}

/// Whether a broken constraint must get an error that is declared.
fn demands_declared(operation: &Operation) -> bool {
    let mut reactions = operation.input.constraints.iter().map(|constraint| &constraint.reaction);
    reactions.any(|reaction| matches!(reaction, Reaction::Code(_) | Reaction::Declared(_)))
}

/// The error by which a valid input is refused: one that breaking a constraint causes.
fn rejection(operation: &Operation) -> Option<usize> {
    let errors = &operation.errors;
    let caused = operation.input.constraints.iter().filter_map(|stated| refusal(errors, &stated.reaction));
    let mut validation = caused.filter(|error| error.kind == ErrorKind::Validation);
    validation.find_map(|error| errors.by_code(&error.code))
}
