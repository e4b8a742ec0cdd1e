//! What checks of servers ask of an exchange.

use bytes::Bytes;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};
use http::{Request, Response};
use serde_json::Value;

use super::bases::Bases;
use super::demand::{Demand, Expected, Refusal, Variation, Verdict};
use super::observation::Observation;
use super::redaction;
use super::reply::{Reply, TransportFailure};
use super::spelling::conceal;
use crate::codec::{Codec, Outcome, Received, Rejection};
use crate::model::{
    Cause, Constraint, ConstraintId, Dialect, DocumentedDialect, ErrorDef, ErrorKind, Occurrence, Operation, Strength,
    Table,
};
use crate::text::{MASK, cut, one_line};
use crate::value::pointer;
use crate::value::walk::{self, Next, Places, walk};

/// Most characters of a text that the peer chose.
const MAX_FOREIGN: usize = 80;

/// A request for an operation, with what came back and what the contract demands.
#[derive(Debug, Clone, Copy)]
pub struct Exchange<'e> {
    pub(super) operation: &'e Operation,
    pub(super) observation: &'e Observation<'e>,
    pub(super) reply: &'e Result<Reply, TransportFailure>,
    /// The input.
    pub input: &'e Value,
    /// What the contract demands.
    pub demand: Demand,
}

/// How an answer stands to what is declared.
#[derive(Debug, Clone, Copy)]
pub enum Answer<'e> {
    /// A success, which could be read.
    Success(&'e Value),
    /// An error with a code that the contract declares.
    Declared(&'e ErrorDef),
    /// An error with another code.
    Undeclared(&'e str),
    /// No answer, or none that could be read.
    Unreadable,
}

/// The refusal that a request must be answered with, and everything that says so.
#[derive(Debug, Clone, Copy)]
pub struct DueRefusal<'e> {
    /// The refusal.
    pub refusal: Refusal<'e>,
    /// The constraint that is broken.
    pub broken: Option<&'e Constraint>,
    /// Whether sources disagree on that constraint, or on its member.
    pub disputed: bool,
    /// Why the request must be refused, as a sentence.
    pub(crate) reason: &'e str,
}

/// A constraint that the value of a case may as well be refused for as the one of its verdict.
#[derive(Debug, Clone, Copy)]
pub struct Alternative<'e> {
    /// The constraint.
    pub constraint: &'e Constraint,
    /// Whether the value breaks it, rather than being taken for absent.
    pub is_broken: bool,
    /// What must come back for it.
    pub expected: Expected<'e>,
    /// Whether sources disagree on it.
    pub disputed: bool,
}

impl Alternative<'_> {
    /// Whether a declared error is one that may come for it. Where nothing is known of that, any may.
    #[must_use]
    pub fn admits(&self, declared: &ErrorDef) -> bool {
        match self.expected {
            Expected::Refusal(refusal) => refusal.admits(declared),
            Expected::Unknown => true,
            Expected::Success { .. } => false,
        }
    }
}

impl<'e> Exchange<'e> {
    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &'e Operation {
        self.operation
    }

    /// The request.
    #[must_use]
    pub fn request(&self) -> &'e Request<Bytes> {
        self.observation.request
    }

    /// The dialect that both are spoken in.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.observation.dialect
    }

    /// The codec that both are spoken in.
    #[must_use]
    pub fn codec(&self) -> &'static dyn Codec {
        self.observation.codec().unwrap_or(self.operation.service.codec())
    }

    /// Credentials that went with the request, and must never come back.
    #[must_use]
    pub fn secrets(&self) -> &'e [String] {
        self.observation.secrets
    }

    /// What came back.
    pub fn reply(&self) -> &'e Result<Reply, TransportFailure> {
        self.reply
    }

    /// The answer as the codec reads it; nothing when none came.
    #[must_use]
    pub fn received(&self) -> Option<&'e Result<Received, Rejection>> {
        self.observation.received.as_ref()
    }

    /// The inputs that the server has accepted, where a run looked for some.
    #[must_use]
    pub fn bases(&self) -> Option<&'e Bases> {
        self.observation.bases
    }

    /// Whether a run looked for an input that the server accepts, and found none.
    #[must_use]
    pub fn has_no_base(&self) -> bool {
        self.bases().is_some_and(|bases| bases.inputs.is_empty())
    }

    /// The answer to the same request, sent before.
    #[must_use]
    pub fn earlier(&self) -> Option<&'e Received> {
        self.observation.history.earlier_answer.as_ref()
    }

    /// What must come back.
    #[must_use]
    pub fn expected(&self) -> Expected<'e> {
        self.demand.verdict.expected(self.operation, self.dialect())
    }

    /// The answer as it came.
    #[must_use]
    pub fn response(&self) -> Option<&'e Response<Bytes>> {
        self.reply.as_ref().ok().map(|reply| &reply.response)
    }

    /// The answer's status, when there is an answer.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.response().map(|response| response.status().as_u16())
    }

    /// The answer, as far as the contract knows it. In the documented dialect only that dialect's error is declared.
    #[must_use]
    pub fn answer(&self) -> Answer<'e> {
        let Some(Ok(received)) = self.received() else { return Answer::Unreadable };
        match &received.outcome {
            Outcome::Output(output) => Answer::Success(output),
            Outcome::Error { code, .. } => match declared(self.operation, self.dialect(), code, received.status) {
                Some(error) => Answer::Declared(error),
                None => Answer::Undeclared(code),
            },
        }
    }

    /// The constraint that the request breaks.
    #[must_use]
    pub fn broken(&self) -> Option<&'e Constraint> {
        self.demand.broken(self.operation)
    }

    /// The refusal that is due.
    #[must_use]
    pub fn due(&self) -> Option<DueRefusal<'e>> {
        let Expected::Refusal(refusal) = self.expected() else { return None };
        let reason = match self.demand.verdict {
            Verdict::Refused { cause } => reason(cause),
            _ => "",
        };
        let broken = self.broken();
        let disputed = broken.is_some_and(|broken| self.is_disputable(broken));
        Some(DueRefusal { refusal, broken, disputed, reason })
    }

    /// The value that breaks a constraint; nothing where a member is missing, or where it is kept.
    fn value_against(&self, constraint: &Constraint) -> Option<&'e Value> {
        let shape = &self.operation.input;
        let violations = shape.judge(self.input);
        let at = violations.iter().find(|violation| shape.constraints[violation.constraint].id == constraint.id)?;
        self.input.pointer(&at.at)
    }

    /// Whether sources disagree on a constraint or its member, so that one of them may take what breaks it.
    fn is_disputable(&self, constraint: &Constraint) -> bool {
        let value = self.value_against(constraint).unwrap_or(&Value::Null);
        self.is_disputed(&constraint.id, value) || self.is_disputed(&constraint.member, value)
    }

    /// What else the value breaks that the case is about: what comes back may be about any of them. Where that is an empty text,
    /// or null, many take the member for absent, so that what requires it is among them too.
    #[must_use]
    pub fn alternatives(&self) -> Vec<Alternative<'e>> {
        let Verdict::Invalid { constraint } = self.demand.verdict else { return Vec::new() };
        let shape = self.operation.input.table();
        let violations = self.operation.input.judge(self.input);
        let mut broken: Vec<ConstraintId> = violations.iter().map(|violation| violation.constraint).collect();
        broken.sort_unstable();
        broken.dedup();
        broken.retain(|other| *other != constraint);
        let alternative = |id: ConstraintId, is_broken: bool| self.alternative(&shape.constraints[id], (id, is_broken));
        let mut found: Vec<Alternative<'e>> = broken.into_iter().map(|id| alternative(id, true)).collect();
        let places = violations.iter().filter(|violation| violation.constraint == constraint);
        let mut values = places.filter_map(|violation| self.input.pointer(&violation.at));
        if values.any(|value| value.is_null() || value.as_str().is_some_and(|text| text.trim().is_empty())) {
            let member = &shape.constraints[constraint].member;
            let wants_it = |other: &Constraint| other.cause == Cause::Required && other.member == *member;
            let required = shape.constraints.iter().position(wants_it).filter(|id| *id != constraint);
            found.extend(required.map(|id| alternative(id, false)));
        }
        found
    }

    fn alternative(&self, constraint: &'e Constraint, (id, is_broken): (ConstraintId, bool)) -> Alternative<'e> {
        let expected = Verdict::Invalid { constraint: id }.expected(self.operation, self.dialect());
        let disputed = self.is_disputable(constraint);
        Alternative { constraint, is_broken, expected, disputed }
    }

    /// Whether all that breaks the constraint is a null where the member may as well be absent. Many servers read the two
    /// alike, and no source says that they must not.
    #[must_use]
    pub fn sends_null_for_absence(&self) -> bool {
        let Some(broken) = self.broken().filter(|broken| broken.cause == Cause::Type) else { return false };
        let shape = &self.operation().input;
        let violations = shape.judge(self.input);
        let at = violations.iter().find(|violation| shape.constraints[violation.constraint].id == broken.id);
        let Some(at) = at.map(|violation| violation.at.as_str()) else { return false };
        self.input.pointer(at).is_some_and(Value::is_null)
            && pointer::without(self.input, at).is_some_and(|rest| shape.judge(&rest).is_empty())
    }

    /// Whether it is spoken as the SDKs do.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.dialect() == Dialect::Native || self.operation().service.documented.is_none()
    }

    /// Whether the request was taken: the status is a success, and no body says otherwise.
    #[must_use]
    pub fn was_accepted(&self) -> bool {
        let error = matches!(self.answer(), Answer::Declared(_) | Answer::Undeclared(_));
        self.status().is_some_and(|status| (200..300).contains(&status)) && !error
    }

    /// Whether what came back is the operation's own output: it can be read, and has a member that the schema knows. A
    /// server with several services may have taken the request for another one's.
    #[must_use]
    pub fn is_own_output(&self) -> bool {
        let Answer::Success(output) = self.answer() else { return false };
        let known = &self.operation().output.root().properties;
        !self.is_native() || known.is_empty() || known.keys().any(|name| output.get(name).is_some())
    }

    /// Whether a success may come back, so that its form is worth a look: what should have been refused is another matter.
    #[must_use]
    pub fn may_succeed(&self) -> bool {
        let sent_plainly = matches!(self.demand.variation, Variation::Plain | Variation::Twice);
        sent_plainly && !matches!(self.expected(), Expected::Refusal(_))
    }

    /// The output of a success that may come back, where a client finds anything in it.
    #[must_use]
    pub fn output(&self) -> Option<&'e Value> {
        self.whole_output().filter(|output| !self.is_lost(output))
    }

    /// The output of a success that may come back, where a client finds none of the members that the contract has.
    #[must_use]
    pub fn lost_output(&self) -> Option<&'e Value> {
        self.whole_output().filter(|output| self.is_lost(output))
    }

    fn is_lost(&self, output: &Value) -> bool {
        self.is_native() && !self.operation().output.finds_any(output)
    }

    fn whole_output(&self) -> Option<&'e Value> {
        match self.answer() {
            Answer::Success(output) if self.may_succeed() && self.was_accepted() => {
                (!self.is_bodiless() && self.coding().is_none()).then_some(output)
            }
            _ => None,
        }
    }

    /// Whether the server refuses a method that it does not know, as HTTP has it (RFC 9110, sections 15.5.6 and 15.6.2),
    /// where no source names the service's own error for it: the request may not have got beyond the web server.
    #[must_use]
    pub fn refuses_method(&self) -> bool {
        let named = || {
            let Some(Refusal::Error { link: Some(link), .. }) = self.due().map(|due| due.refusal) else { return false };
            link.strength <= Strength::Model
        };
        self.demand.variation == Variation::OtherMethod && matches!(self.status(), Some(405 | 501)) && !named()
    }

    /// Whether the status forbids a body (RFC 9110, sections 15.3.5 and 15.3.6).
    #[must_use]
    pub fn is_bodiless(&self) -> bool {
        matches!(self.status(), Some(204 | 205))
    }

    /// The content coding of the answer's body, when it has one: the codecs read none.
    #[must_use]
    pub fn coding(&self) -> Option<&'e str> {
        let coding = self.response()?.headers().get(CONTENT_ENCODING)?.to_str().ok()?.trim();
        (!coding.is_empty() && !coding.eq_ignore_ascii_case("identity")).then_some(coding)
    }

    /// Whether sources disagree on a constraint, a member or the status, so that one of them may have this value.
    #[must_use]
    pub fn is_disputed(&self, about: &str, value: &Value) -> bool {
        let disputes = self.operation().disputes.iter();
        disputes.filter(|dispute| dispute.about.iter().any(|known| known == about)).any(|dispute| dispute.covers(value))
    }

    /// A text that the peer chose, fit to be shown: short, one line, without what is secret or sensitive.
    #[must_use]
    pub fn foreign(&self, text: &str) -> String {
        let masked = self.operation().input.mask_sensitive(self.input);
        let hidden = redaction::hidden(self.secrets(), self.input, &masked);
        let text = conceal(text, &hidden, MASK);
        cut(one_line(&text), MAX_FOREIGN)
    }

    /// The answer in a few words: "200 with an output".
    #[must_use]
    pub fn answered(&self) -> String {
        let Some(response) = self.response() else { return "no answer".to_owned() };
        let status = response.status().as_u16();
        match self.answer() {
            Answer::Success(_) => format!("{status} with an output"),
            Answer::Declared(error) => format!("{status} {}", error.code),
            Answer::Undeclared(code) => format!("{status} {}", self.foreign(code)),
            Answer::Unreadable if response.body().is_empty() => format!("{status} without a body"),
            Answer::Unreadable => {
                let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
                let media_type = media_type.map_or("a body of no media type".to_owned(), |text| self.foreign(text));
                let why = match self.received() {
                    Some(Err(rejection)) => format!(": {}", self.foreign(&rejection.detail)),
                    _ => String::new(),
                };
                format!("{status} with {media_type} that cannot be read{why}")
            }
        }
    }

    /// The success that is due, in a few words.
    #[must_use]
    pub fn success(&self) -> String {
        format!("{} with an output", self.operation.status(self.dialect()))
    }
}

/// Whether a server in front of the service answers such a status on its own: proxies, limits of size and time.
pub(crate) fn is_in_front(status: u16) -> bool {
    matches!(status, 407 | 408 | 413 | 414 | 431)
}

/// Why a request is refused whatever its input.
fn reason(cause: Cause) -> &'static str {
    match cause {
        Cause::MissingCredentials => "the request carries no credentials",
        Cause::MalformedCredentials => "the credentials cannot be read",
        Cause::MethodNotAllowed => "the operation does not have the method",
        Cause::MalformedBody => "the body cannot be read",
        Cause::UnsupportedMediaType => "the body has another media type",
        Cause::DuplicateMember => "a member is given twice",
        _ => "the request does not reach the operation",
    }
}

/// The declared error of a code: the one with the status too, where several share the code.
fn declared<'o>(operation: &'o Operation, dialect: Dialect, code: &str, status: u16) -> Option<&'o ErrorDef> {
    if let Some(DocumentedDialect { error, .. }) = operation.service.documented_in(dialect) {
        return (error.code == code).then_some(error);
    }
    let same = || operation.errors.all.iter().map(AsRef::as_ref).filter(|error: &&ErrorDef| error.code == code);
    same().find(|error| error.status == status).or_else(|| same().next())
}

/// Whether an error says something about the world rather than about the request: a resource, a quota, a limit of calls.
#[must_use]
pub fn is_environmental(kind: ErrorKind) -> bool {
    matches!(kind, ErrorKind::State | ErrorKind::Quota | ErrorKind::Throttling)
}

/// The texts of a value that stand at or below sensitive members, each with the member's place.
pub(crate) fn sensitive_strings<'v>(shape: &'v Table, value: &'v Value) -> Vec<(&'v Occurrence, &'v str)> {
    let mut found = Vec::new();
    texts(&Places::of(shape), value, &mut |sensitive, text| found.extend(sensitive.map(|place| (place, text))));
    found
}

/// Calls with each text of a value and the sensitive place that it is at or below.
pub(crate) fn texts<'t, 'v>(
    places: &Places<'t>,
    value: &'v Value,
    call: &mut dyn FnMut(Option<&'t Occurrence>, &'v str),
) {
    walk(places, value, |places, value, _| match (places.sensitive(), value) {
        (Some(sensitive), value) => {
            walk::texts(value, &mut |text| call(Some(sensitive), text));
            Next::Past
        }
        (None, Value::String(text)) => {
            call(None, text);
            Next::Past
        }
        (None, _) => Next::Below,
    });
}
