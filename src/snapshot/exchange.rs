//! An exchange as text: what was sent, and what was answered.

use std::fmt::Write;

use http::header::{ALLOW, CONTENT_TYPE, LOCATION, RETRY_AFTER, WWW_AUTHENTICATE};
use http::{HeaderMap, HeaderName};

use super::body::{Body, escaped};
use super::mask::{Masks, VOLATILE};
use crate::codec::media_type;
use crate::contract::model::Place;
use crate::contract::pointer;
use crate::generate::{Case, Plan};
use crate::judge::show::{MASK, masked, replace, secrets, spellings};
use crate::judge::{Reply, TransportFailure, Wire};

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
    let request = masked(wire, case);
    let target = request.uri().to_string();
    let mut text = format!("{} {}\n", request.method(), plain(&target.replace('&', "\n&")));
    headers(&mut text, request.headers(), |_, value| Some(value));
    let sent = String::from_utf8_lossy(request.body());
    let sent = match media_type(request.headers()).as_deref() {
        Some("application/x-www-form-urlencoded") => plain(&sent.replace('&', "\n&")),
        _ => Body::read(&sent).render(),
    };
    let _ = write!(text, "\n{sent}\n\n");
    match reply {
        Ok(reply) => answer(&mut text, masks, case, reply),
        Err(failure) => {
            let _ = writeln!(text, "{NO_ANSWER}{}", word(failure));
        }
    }
    let mut text = replace(&text, &secrets(wire, case), MASK);
    let fresh = fresh(plan, case).filter(|value| value.len() >= SHORTEST);
    text = replace(&text, &fresh.flat_map(|value| spellings(&value)).collect::<Vec<_>>(), FRESH);
    if wire.host.len() >= SHORTEST { text.replace(&wire.host, HOST) } else { text }
}

fn answer(text: &mut String, masks: &Masks, case: &Case, reply: &Reply) {
    let status = reply.response.status();
    let _ = writeln!(
        text,
        "{ANSWER}{}",
        format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()).trim_end()
    );
    let meant = meant(case);
    headers(text, reply.response.headers(), |name, value| {
        let is_meant = meant.contains(name) || name.as_str().starts_with("accordant-");
        is_meant.then(|| if masks.hides_header(name.as_str(), &case.operation) { VOLATILE } else { value })
    });
    let mut body = Body::read(&String::from_utf8_lossy(reply.response.body()));
    masks.apply(&mut body);
    let _ = writeln!(text, "\n{}", body.render());
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
    escaped(text, |character| character.escape_default().to_string())
}

/// The values of members that are fresh in every case.
fn fresh<'c>(plan: &'c Plan, case: &'c Case) -> impl Iterator<Item = String> + 'c {
    let values = plan.fresh_members().iter().filter_map(|path| pointer::first(&case.input, path)?.as_str());
    // Some services keep names in lower case.
    values.flat_map(|value| [value.to_owned(), value.to_lowercase()])
}

/// Why there is no answer, without what differs from call to call.
fn word(failure: &TransportFailure) -> &'static str {
    match failure {
        TransportFailure::Unreachable(_) => "the server cannot be reached",
        TransportFailure::Tls(_) => "no TLS connection",
        TransportFailure::Timeout(_) => "it was not complete in time",
        TransportFailure::Closed(_) => "the connection ended before it did",
        TransportFailure::Garbage(_) => "it is not HTTP that a client can read",
        TransportFailure::TooLarge(_) => "its body is too large",
        TransportFailure::Unsendable(_) => "the request cannot be sent",
    }
}
