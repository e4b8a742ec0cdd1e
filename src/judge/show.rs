//! Exchanges as a person may see them: without credentials, with sensitive members masked, and cut when they are long.

use http::header::{AUTHORIZATION, HOST, TRANSFER_ENCODING};
use http::{HeaderMap, Request};

use super::wire::Wire;
use crate::codec::{Outcome, Received};
use crate::exchange::redaction::{hidden, hide, hide_in};
use crate::exchange::{RedactedMessage, Reply};
use crate::generate::{Case, Variation};
use crate::model::{AuthScheme, Dialect};
use crate::probe::{Base, Manner, Signing};
use crate::report::{render_curl, shell_word};
use crate::text::{MASK, beginning};
use bytes::Bytes;

/// Longest body that is shown, in characters.
const LONGEST: usize = 4000;

/// The request of a case, its sensitive members masked.
pub fn masked<S>(wire: &Wire<S>, case: &Case) -> Request<Bytes> {
    let mut input = case.operation.input.mask_sensitive(&case.input);
    hide_in(&mut input, &wire.hidden);
    let base = Base::new(&case.operation, case.dialect, &input);
    let shot = case.probe().and_then(|chosen| chosen.shot(&base));
    let mut request = shot.map_or(base.request, |shot| shot.request);
    if case.variation == Variation::OtherMethod {
        *request.method_mut() = super::wire::other_method();
    }
    for name in wire.headers.keys() {
        request.headers_mut().insert(name.clone(), http::HeaderValue::from_static(MASK));
    }
    request
}

/// The request of a case.
pub fn request<S>(wire: &Wire<S>, case: &Case) -> RedactedMessage {
    let request = masked(wire, case);
    RedactedMessage {
        line: format!("{} {}", request.method(), request.uri()),
        headers: headers(request.headers(), &[]),
        body: cut(&String::from_utf8_lossy(request.body())),
    }
}

/// An answer to a case.
pub fn response<S>(wire: &Wire<S>, case: &Case, reply: &Reply) -> RedactedMessage {
    let status = reply.response.status();
    let secrets = secrets(wire, case);
    let read = case.codec().decode_response(&case.operation, &reply.response).ok();
    let mut body = String::from_utf8_lossy(reply.response.body()).into_owned();
    if let Some(Received { outcome: Outcome::Output(output), .. }) = &read {
        hide(&mut body, &hidden(&[], output, &case.operation.output.mask(output)));
    }
    hide(&mut body, &secrets);
    RedactedMessage {
        line: format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()).trim_end().to_owned(),
        headers: headers(reply.response.headers(), &secrets),
        body: cut(&body),
    }
}

/// A command that sends the request of a case; credentials come from the environment.
pub fn curl<S>(wire: &Wire<S>, base: &str, case: &Case) -> String {
    let mut request = masked(wire, case);
    let shot = case.shot();
    if shot.as_ref().is_some_and(|shot| shot.manner == Manner::Chunked) {
        request.headers_mut().insert(TRANSFER_ENCODING, http::HeaderValue::from_static("chunked"));
    }
    let url = shell_word(&format!("{}{}", base.trim_end_matches('/'), request.uri()));
    let own = shot.is_some_and(|shot| shot.signing != Signing::Usual);
    let signed = case.dialect == Dialect::Native && case.variation != Variation::NoCredentials && !own;
    render_curl(&request, &url, if signed { credentials(wire, case) } else { None })
}

/// The option by which curl gives a request the credentials of its service.
fn credentials<S>(wire: &Wire<S>, case: &Case) -> Option<String> {
    let service = &case.operation.service;
    let auth = service.auth.first()?;
    match auth.scheme {
        AuthScheme::Sigv4 => {
            let scope = service.recognise.credential_scopes.first().unwrap_or(&service.name);
            let region = wire.signer.region();
            Some(format!("--aws-sigv4 aws:amz:{region}:{scope} -u \"$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY\""))
        }
        AuthScheme::Header => Some(format!("-H \"{}: $ACCORDANT_TOKEN\"", auth.name)),
        AuthScheme::Authorization => None,
    }
}

/// Everything that went out with a case and must not be shown.
pub fn secrets<S>(wire: &Wire<S>, case: &Case) -> Vec<String> {
    let known: Vec<String> = wire.secrets.iter().chain(&wire.hidden).cloned().collect();
    hidden(&known, &case.input, &case.operation.input.mask_sensitive(&case.input))
}

/// Headers in the order they came, credentials masked.
fn headers(headers: &HeaderMap, secrets: &[String]) -> Vec<(String, String)> {
    let shown = headers.iter().filter(|(name, _)| *name != AUTHORIZATION && *name != HOST).map(|(name, value)| {
        let mut text = String::from_utf8_lossy(value.as_bytes()).into_owned();
        hide(&mut text, secrets);
        (name.to_string(), cut(&text))
    });
    shown.collect()
}

fn cut(text: &str) -> String {
    match beginning(text, LONGEST) {
        Some(beginning) => format!("{beginning}… ({} bytes in all)", text.len()),
        None => text.to_owned(),
    }
}
