//! What is wrong with the answer to a probe: only what is certain, and each with who says so.

use http::header::ALLOW;
use serde_json::Value;

use crate::check::{self, Complaint, Party};
use crate::exchange::{Answer, Exchange, Observation, TransportFailure, is_environmental, is_in_front};
use crate::model::citation::strength_of;
use crate::model::{Cause, Citation, ErrorDef, ErrorKind, ErrorLink, Reaction, Strength};
use crate::probe::{Due, Shot, Source};

/// What kind of wrong it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// No answer came.
    Silent,
    /// The service failed.
    Failed,
    /// What cannot be carried out was taken.
    Accepted,
    /// What says the same as the base was refused.
    Rejected,
    /// A check complains of the success.
    Differs,
    /// The refusal is not the protocol's.
    Shapeless,
    /// The error is not the one that is due.
    OtherError,
    /// `405` without the methods that there are.
    NoAllow,
}

/// Something that is wrong with an answer.
#[derive(Debug)]
pub struct Fault {
    /// What kind of wrong it is.
    pub kind: Kind,
    /// The check that complains, and of what, where it is one.
    pub said: (&'static str, Option<String>),
    /// What is told.
    pub complaint: Complaint,
}

impl Fault {
    fn new(kind: Kind, complaint: Complaint) -> Self {
        Self { kind, said: ("", None), complaint }
    }
}

/// What is wrong with an answer to a probe.
pub fn faults(shot: &Shot, observation: &Observation<'_>) -> Vec<Fault> {
    match observation.answer {
        Some(Err(failure)) => silent(shot, observation, failure).into_iter().collect(),
        Some(Ok(_)) => {
            observation.exchange().map(|exchange| answered(shot, observation, &exchange)).unwrap_or_default()
        }
        None => Vec::new(),
    }
}

fn silent(shot: &Shot, observation: &Observation<'_>, failure: &TransportFailure) -> Option<Fault> {
    if matches!(failure, TransportFailure::Unsendable(_)) || failure.is_unreachable() {
        return None;
    }
    let text = failure.to_string();
    let actual = observation.exchange().map_or(text.clone(), |exchange| exchange.foreign(&text));
    let doubtful = shot.may_hang_up || matches!(failure, TransportFailure::TooLarge(_));
    let strength = if doubtful { Strength::Assumed } else { Strength::Documented };
    let complaint = Complaint::new("an HTTP answer", actual).standard("RFC 9110, section 3.4").at_most(strength);
    Some(Fault::new(Kind::Silent, complaint))
}

fn answered(shot: &Shot, observation: &Observation<'_>, exchange: &Exchange<'_>) -> Vec<Fault> {
    let Some(status) = exchange.status() else { return Vec::new() };
    if shot.accepts.contains(&status) || is_about_the_world(exchange) {
        return Vec::new();
    }
    if status >= 500 {
        let complaint =
            Complaint::new(expected(shot, exchange), exchange.answered()).standard("RFC 9110, section 15.6");
        return vec![Fault::new(Kind::Failed, complaint)];
    }
    if shot.due == Due::Same {
        return same(shot, observation, exchange);
    }
    let mut found = Vec::new();
    if exchange.was_accepted() {
        found.extend(accepted(shot, exchange));
    }
    if (400..500).contains(&status) {
        found.extend(refusal(shot, exchange, status));
    }
    found
}

/// Whether the answer speaks of the state of the world, or of a pause, rather than of the request.
fn is_about_the_world(exchange: &Exchange<'_>) -> bool {
    match exchange.answer() {
        Answer::Declared(error) => {
            is_environmental(error.kind) || error.kind == ErrorKind::Server && exchange.status() == Some(503)
        }
        _ => exchange.status() == Some(429),
    }
}

/// What must have come, in a few words.
fn expected(shot: &Shot, exchange: &Exchange<'_>) -> String {
    match &shot.due {
        Due::Same => format!("{}, because it says what a plain request says", exchange.success()),
        Due::Answered => "an answer below 500".to_owned(),
        Due::Refused { .. } => {
            let due: Vec<String> = due(shot, exchange).iter().map(|(error, _)| words(error)).collect();
            if due.is_empty() { "an error of the caller's".to_owned() } else { due.join(" or ") }
        }
    }
}

fn words(error: &ErrorDef) -> String {
    format!("{} {}", error.status, error.code)
}

fn cited(complaint: Complaint, source: &Source) -> Complaint {
    let mut complaint = complaint;
    complaint.citations.extend(source.citations.iter().cloned());
    complaint.strength = source.strength;
    complaint
}

/// What is wrong with the answer to what says the same as the base: it was refused, or a check complains of the success.
fn same(shot: &Shot, observation: &Observation<'_>, exchange: &Exchange<'_>) -> Vec<Fault> {
    if !exchange.was_accepted() {
        let complaint = Complaint::new(expected(shot, exchange), exchange.answered());
        return vec![Fault::new(Kind::Rejected, cited(complaint, &shot.source))];
    }
    let said = check::judge(Party::Server, observation).into_iter();
    let said = said.filter(|(code, _)| !["secret-echoed", "slow-response"].contains(code));
    let faults = said.map(|(code, complaint)| {
        let about = complaint.about.clone();
        Fault { kind: Kind::Differs, said: (code, about), complaint }
    });
    faults.collect()
}

/// What cannot be carried out was taken. Where something else may answer, only the operation's own output tells that.
fn accepted(shot: &Shot, exchange: &Exchange<'_>) -> Option<Fault> {
    let is_due = matches!(shot.due, Due::Refused { .. }) && (shot.is_addressed || exchange.is_own_output());
    let complaint = Complaint::new(expected(shot, exchange), exchange.answered());
    is_due.then(|| Fault::new(Kind::Accepted, cited(complaint, &shot.source)))
}

/// The errors that are due, each with what says so.
fn due<'e>(shot: &Shot, exchange: &Exchange<'e>) -> Vec<(&'e ErrorDef, Option<&'e ErrorLink>)> {
    let Due::Refused { causes, broken } = &shot.due else { return Vec::new() };
    let operation = exchange.operation();
    if let Some(documented) = operation.service.documented_in(exchange.dialect()) {
        return vec![(&documented.error, None)];
    }
    let of_causes = causes.iter().map(|cause: &Cause| operation.errors.reaction(*cause));
    let of_broken = broken.iter().map(|id| &operation.input.constraints[*id].reaction);
    let reactions: Vec<&Reaction> = of_causes.chain(of_broken).collect();
    // Where one of them may be any of several errors, none is the one.
    if reactions.iter().any(|reaction| reaction.is_known() && reaction.link().is_none()) {
        return Vec::new();
    }
    let mut found: Vec<(&ErrorDef, Option<&ErrorLink>)> = Vec::new();
    for link in reactions.into_iter().filter_map(Reaction::link) {
        let error = operation.errors.all[link.error].as_ref();
        if !found.iter().any(|(known, _)| known.code == error.code) {
            found.push((error, Some(link)));
        }
    }
    found
}

/// What is wrong with the form of a refusal.
fn refusal(shot: &Shot, exchange: &Exchange<'_>, status: u16) -> Vec<Fault> {
    let mut found = Vec::new();
    let headers = exchange.response().map(http::Response::headers);
    if status == 405 && headers.is_some_and(|headers| !headers.contains_key(ALLOW)) {
        let complaint = Complaint::new("405 with Allow", "405 without Allow").standard("RFC 9110, section 15.5.6");
        found.push(Fault::new(Kind::NoAllow, complaint));
    }
    let has_body = exchange.request().method() != http::Method::HEAD;
    match exchange.answer() {
        Answer::Unreadable | Answer::Success(_) if has_body && exchange.coding().is_none() => {
            found.extend(shapeless(shot, exchange, status));
        }
        Answer::Declared(error) => found.extend(other_error(shot, exchange, &error.code, true)),
        Answer::Undeclared(code) => found.extend(other_error(shot, exchange, code, false)),
        _ => {}
    }
    found
}

/// A refusal that the protocol's clients cannot read. Something in front may have answered what is for another path or
/// method, and what is too large, unless a source names the service's own error for it.
fn shapeless(shot: &Shot, exchange: &Exchange<'_>, status: u16) -> Option<Fault> {
    let due = due(shot, exchange);
    let named = |link: Option<&ErrorLink>| link.is_some_and(|link| link.strength <= Strength::Model);
    let is_named = due.iter().any(|(_, link)| named(*link));
    if !shot.is_addressed && !is_named && due.is_empty() {
        return None;
    }
    let citations = shape_of(exchange);
    let complaint = Complaint::new(expected_error(shot, exchange), exchange.answered());
    let complaint = complaint.cite(citations, strength_of(citations));
    let doubtful = is_in_front(status) || !shot.is_addressed && !is_named;
    Some(Fault::new(Kind::Shapeless, if doubtful { complaint.at_most(Strength::Assumed) } else { complaint }))
}

fn expected_error(shot: &Shot, exchange: &Exchange<'_>) -> String {
    match shot.due {
        Due::Refused { .. } => expected(shot, exchange),
        _ => "an error of the protocol with its code".to_owned(),
    }
}

/// Who says how an error looks.
fn shape_of<'e>(exchange: &Exchange<'e>) -> &'e [Citation] {
    let service = &exchange.operation().service;
    match service.documented_in(exchange.dialect()) {
        Some(documented) => &documented.error.citations,
        None => service.protocol_fact("error"),
    }
}

/// Another error than those that are due, where a source names them all; or one that nobody declares.
fn other_error(shot: &Shot, exchange: &Exchange<'_>, code: &str, is_declared: bool) -> Option<Fault> {
    let due = due(shot, exchange);
    if due.is_empty() || due.iter().any(|(error, _)| error.code == code) || exchange.status().is_some_and(is_in_front) {
        return None;
    }
    let strength = |(error, link): &(&ErrorDef, Option<&ErrorLink>)| link.map_or(error.strength, |link| link.strength);
    let weakest = due.iter().map(strength).max()?;
    if is_declared && weakest > Strength::Model {
        return None;
    }
    let complaint = Complaint::new(expected(shot, exchange), exchange.answered());
    let citations = due.iter().flat_map(|(error, link)| link.map_or(&*error.citations, |link| &*link.citations));
    let citations: Vec<Citation> = citations.cloned().collect();
    Some(Fault::new(Kind::OtherError, complaint.cite(&citations, weakest)))
}

/// A text of the input that one answer repeats and the other, to the same input in other words, does not.
pub fn lost_text(
    shot: &Shot,
    exchange: &Exchange<'_>,
    input: &Value,
    (own, others): (&Value, &Value),
) -> Option<Fault> {
    let [mut sent, mut repeated, mut shown] = [const { Vec::new() }; 3];
    texts(input, &mut sent);
    texts(others, &mut repeated);
    texts(own, &mut shown);
    let lost = sent.iter().find(|text| repeated.contains(text) && !shown.contains(text))?;
    let expected = format!("{} with {}, as a plain request gets it", exchange.success(), exchange.foreign(lost));
    let actual = format!("{}, without this text", exchange.answered());
    Some(Fault {
        said: ("lost-text", None),
        ..Fault::new(Kind::Differs, cited(Complaint::new(expected, actual), &shot.source))
    })
}

fn texts<'v>(value: &'v Value, found: &mut Vec<&'v str>) {
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}
