//! Faults that show only in what a probe sends.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};

use super::Mutant;
use crate::codec::Reply;
use crate::mock::MockResponse;
use crate::model::{Dialect, ErrorKind, Operation, Strength};
use crate::probe::{Base, Due, Manner, PROBES, Rounds, Seen, all_of};

/// Calls after which a call is the third of its kind.
const TWICE: u64 = 2;

/// The faults that probes look for, and whether what is sent is refused: where it says the same as a plain request.
pub fn faults(operation: &Arc<Operation>) -> Vec<(usize, bool)> {
    let Some(example) = operation.examples.first() else { return Vec::new() };
    let base = Base::new(operation, Dialect::Native, &example.input);
    let mut found: Vec<(usize, bool)> = Vec::new();
    for chosen in all_of(operation, Dialect::Native, &example.input) {
        let Some(shot) = chosen.shot(&base) else { continue };
        let is_refused = shot.due == Due::Same && shot.source.strength <= Strength::Model;
        match found.iter_mut().find(|(probe, _)| *probe == chosen.probe) {
            Some(known) => known.1 |= is_refused,
            None => found.push((chosen.probe, is_refused)),
        }
    }
    found
}

/// The wrong answer to what a probe sends; nothing for any other request.
pub fn probed(
    mutant: &Mutant,
    (probe, is_refused): (usize, bool),
    request: &Request<Bytes>,
    manner: Manner,
    answered: &MockResponse,
) -> Option<Response<Bytes>> {
    let is_anothers = answered.operation.as_ref().is_some_and(|label| *label != mutant.operation.label);
    if answered.dialect != Dialect::Native || is_anothers {
        return None;
    }
    let broken = answered.violations.iter().filter(|id| !id.starts_with('#')).count();
    if !PROBES.get(probe)?.shows(&Seen { operation: &mutant.operation, request, manner, broken })
        || is_before_third(mutant, probe)
    {
        return None;
    }
    let operation = &mutant.operation;
    let error = operation.errors.all.iter().find(|error| error.kind == ErrorKind::Validation);
    let Some(error) = error.filter(|_| is_refused) else { return Some(page(StatusCode::INTERNAL_SERVER_ERROR)) };
    let reply = Reply::Error { error, status: error.status, message: "the mutant refuses it" };
    Some(operation.service.codec().encode_response(&operation.service, &reply, "mutant"))
}

/// Whether a call is one of the first two of three, where only the third goes wrong.
fn is_before_third(mutant: &Mutant, probe: usize) -> bool {
    let Some(example) = mutant.operation.examples.first() else { return false };
    let base = Base::new(&mutant.operation, Dialect::Native, &example.input);
    let is_thrice = |form: &&str| PROBES[probe].shot(form, &base).is_some_and(|shot| shot.rounds == Rounds::Thrice);
    PROBES[probe].forms().iter().any(is_thrice) && mutant.next_call() <= TWICE
}

/// The page of a web server.
pub fn page(status: StatusCode) -> Response<Bytes> {
    let page = format!("<html><head><title>{status}</title></head><body><h1>{status}</h1><hr></body></html>");
    let mut response = Response::new(Bytes::from(page));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}
