//! An exchange as text: what was sent, and what was answered.

use std::fmt::Write;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName, Request};

use super::body::{Body, cut};
use super::mask::{Masks, VOLATILE};
use crate::codec::media_type;
use crate::exchange::spelling::conceal;
use crate::exchange::{Reply, TransportFailure};
use crate::generate::{Case, Plan};
use crate::judge::Wire;
use crate::judge::show::{masked, secrets};
use crate::model::Place;
use crate::text::{MASK, shown};
use crate::value::pointer;

/// How the line of an answer begins.
pub const ANSWER: &str = "HTTP ";
/// How the line begins that stands where there is no answer.
pub const NO_ANSWER: &str = "no answer: ";
/// What stands for values that are fresh in every case.
const FRESH: &str = "FRESH";
/// What stands for the server's host.
const HOST: &str = "HOST";
/// Shortest fresh value, and shortest name of a host, that is looked for in what a server sends.
const SHORTEST: usize = 8;

/// A case and its answer as a person reviews them: without credentials, and with a mask for all that differs from call to
/// call or is sensitive, as far as the contract says so.
#[must_use]
pub fn render<S>(
    wire: &Wire<S>,
    plan: &Plan,
    masks: &Masks,
    case: &Case,
    reply: &Result<Reply, TransportFailure>,
) -> String {
    let (secret, fresh) = (secrets(wire, case), fresh(plan, case));
    let shown = |text: &str| {
        let text = conceal(&conceal(text, &secret, MASK), &fresh, FRESH);
        if wire.host.len() >= SHORTEST { text.replace(&wire.host, HOST) } else { text }
    };
    let mut text = String::new();
    let messages = match reply {
        Ok(reply) => [request(&masked(wire, case)), answer(masks, case, reply)],
        Err(failure) => [request(&masked(wire, case)), (format!("{NO_ANSWER}{}\n", word(failure)), String::new())],
    };
    for (head, body) in messages {
        // What is cut could not be found any more.
        let _ = write!(text, "{}\n{}\n\n", shown(&head), cut(&shown(&body)));
    }
    text.truncate(text.trim_end().len());
    text + "\n"
}

/// Head and body of a request.
fn request(request: &Request<Bytes>) -> (String, String) {
    let target = request.uri().to_string();
    let mut head = format!("{} {}\n", request.method(), plain(&target.replace('&', "\n&")));
    headers(&mut head, request.headers(), |_, value| Some(value));
    let body = match media_type(request.headers()).as_deref() {
        Some("application/x-www-form-urlencoded") => {
            plain(&String::from_utf8_lossy(request.body()).replace('&', "\n&"))
        }
        _ => Body::decode(request.body()).render(),
    };
    (head, body)
}

/// Head and body of an answer.
fn answer(masks: &Masks, case: &Case, reply: &Reply) -> (String, String) {
    let status = reply.response.status();
    let said = format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default());
    let mut head = format!("{ANSWER}{}\n", said.trim_end());
    let meant = meant(case);
    headers(&mut head, reply.response.headers(), |name, value| {
        let is_meant = meant.contains(name) || name.as_str().starts_with("accordant-");
        is_meant.then(|| if masks.hides_header(name.as_str(), &case.operation) { VOLATILE } else { value })
    });
    let mut body = Body::decode(reply.response.body());
    masks.apply(&mut body);
    (head, body.render())
}

/// The headers of an answer that mean something to the contract: what servers add besides changes with the weather.
fn meant(case: &Case) -> Vec<HeaderName> {
    let mut meant = vec![CONTENT_TYPE, ALLOW, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE];
    let operation = &case.operation;
    meant.extend(operation.service.request_id.clone());
    let shapes = operation.service.error_shapes.iter();
    meant.extend(shapes.flat_map(|shape| shape.headers.iter().map(|(name, _)| name.clone())));
    let members = operation.output.root().properties.iter().filter_map(|(name, id)| {
        let node = &operation.output.nodes[*id];
        let wire = node.wire.name.as_deref().unwrap_or(name);
        (node.place == Some(Place::Header)).then(|| wire.parse().ok())?
    });
    meant.extend(members);
    meant
}

/// Headers, a line each, in the order of their names.
fn headers<'h>(text: &mut String, all: &'h HeaderMap, shown: impl Fn(&HeaderName, &'h str) -> Option<&'h str>) {
    let mut lines: Vec<String> = all
        .iter()
        .filter_map(|(name, value)| {
            let value = shown(name, value.to_str().unwrap_or("bytes that are no text"))?;
            Some(format!("{name}: {}\n", plain(value)))
        })
        .collect();
    lines.sort();
    text.extend(lines);
}

fn plain(text: &str) -> String {
    shown(text).into_owned()
}

/// The values of members that are fresh in every case.
fn fresh<'c>(plan: &Plan, case: &'c Case) -> Vec<&'c str> {
    let values = plan.fresh_members().iter().filter_map(|path| pointer::first(&case.input, path)?.as_str());
    values.filter(|value| value.len() >= SHORTEST).collect()
}

/// Why there is no answer, without what differs from call to call.
fn word(failure: &TransportFailure) -> &'static str {
    match failure {
        TransportFailure::Unreachable(_) => "the server cannot be reached",
        TransportFailure::Tls(_) => "no TLS connection",
        TransportFailure::Timeout(_) | TransportFailure::Abandoned(_) => "it was not complete in time",
        TransportFailure::Closed(_) => "the connection ended before it did",
        TransportFailure::Garbage(_) => "it is not HTTP that a client can read",
        TransportFailure::TooLarge(_) => "its body is too large",
        TransportFailure::Unsendable(_) => "the request cannot be sent",
    }
}
