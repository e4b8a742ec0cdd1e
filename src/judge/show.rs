//! Exchanges as a person may see them: without credentials, with sensitive members masked, and cut when they are long.

use std::borrow::Cow;

use http::header::{AUTHORIZATION, HOST};
use http::{HeaderMap, Request};

use super::Reply;
use super::exchange::Wire;
use crate::codec::{Outcome, Received};
use crate::contract::model::AuthScheme;
use crate::generate::{Case, Variation};
use crate::mock::Dialect;
use crate::report::{Shown, render_curl, shell_word};
use crate::text::{MASK, beginning, escape, is_unprintable, replace, shown, xml_escape};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use bytes::Bytes;
use serde_json::Value;

/// Longest body that is shown, in characters.
const LONGEST: usize = 4000;
/// Shortest secret that is looked for in what a server sends.
const SHORTEST_SECRET: usize = 4;

/// The request of a case, its sensitive members masked.
pub fn masked<S>(wire: &Wire<S>, case: &Case) -> Request<Bytes> {
    let mut input = case.operation.input.mask_sensitive(&case.input);
    hide_in(&mut input, &wire.hidden);
    let mut request = case.codec().encode_request(&case.operation, &input);
    if case.variation == Variation::OtherMethod {
        *request.method_mut() = super::exchange::other_method();
    }
    for name in wire.headers.keys() {
        request.headers_mut().insert(name.clone(), http::HeaderValue::from_static(MASK));
    }
    request
}

/// The request of a case.
pub fn request<S>(wire: &Wire<S>, case: &Case) -> Shown {
    let request = masked(wire, case);
    Shown {
        line: format!("{} {}", request.method(), request.uri()),
        headers: headers(request.headers(), &[]),
        body: cut(&String::from_utf8_lossy(request.body())),
    }
}

/// An answer to a case.
pub fn response<S>(wire: &Wire<S>, case: &Case, reply: &Reply) -> Shown {
    let status = reply.response.status();
    let secrets = secrets(wire, case);
    let read = case.codec().decode_response(&case.operation, &reply.response).ok();
    let mut body = String::from_utf8_lossy(reply.response.body()).into_owned();
    if let Some(Received { outcome: Outcome::Output(output), .. }) = &read {
        let mut hidden = Vec::new();
        changed(output, &case.operation.output.mask(output), &mut hidden);
        hidden.retain(|text| text.len() >= SHORTEST_SECRET);
        hide(&mut body, &hidden);
    }
    hide(&mut body, &secrets);
    Shown {
        line: format!("{} {}", status.as_u16(), status.canonical_reason().unwrap_or_default()).trim_end().to_owned(),
        headers: headers(reply.response.headers(), &secrets),
        body: cut(&body),
    }
}

/// A command that sends the request of a case; credentials come from the environment.
pub fn curl<S>(wire: &Wire<S>, base: &str, case: &Case) -> String {
    let request = masked(wire, case);
    let url = shell_word(&format!("{}{}", base.trim_end_matches('/'), request.uri()));
    let signed = case.dialect == Dialect::Native && case.variation != Variation::NoCredentials;
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
    let mut secrets = Vec::new();
    changed(&case.input, &case.operation.input.mask_sensitive(&case.input), &mut secrets);
    secrets.extend(wire.secrets.iter().chain(&wire.hidden).cloned());
    secrets.retain(|secret| secret.len() >= SHORTEST_SECRET);
    let mut spelt: Vec<String> = secrets.iter().flat_map(|secret| spellings(secret)).collect();
    spelt.dedup();
    spelt
}

/// A text as it is, as JSON, XML, forms and Base64 write it, and as each of these is shown.
pub fn spellings(secret: &str) -> Vec<String> {
    let json = Value::from(secret).to_string();
    let json = json[1..json.len() - 1].to_owned();
    let xml = quick_xml::escape::escape(secret).into_owned();
    let form = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    let mut spelt = vec![secret.to_owned(), json, xml, form, STANDARD_NO_PAD.encode(secret)];
    if secret.contains(is_unprintable) {
        spelt.extend([shown(secret), shown(&spelt[1])].map(Cow::into_owned));
        spelt.push(escape(&spelt[2], is_unprintable, xml_escape));
    }
    spelt
}

/// The texts of a value that its mask hides.
fn changed(value: &Value, masked: &Value, found: &mut Vec<String>) {
    match (value, masked) {
        (Value::Object(members), Value::Object(others)) if members.len() == others.len() => {
            for ((_, member), (_, other)) in members.iter().zip(others) {
                changed(member, other, found);
            }
        }
        (Value::Array(items), Value::Array(others)) => {
            items.iter().zip(others).for_each(|(item, other)| changed(item, other, found));
        }
        (value, masked) if value != masked => texts(value, found),
        _ => {}
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

/// Puts a mask in the place of each secret.
pub fn hide(text: &mut String, secrets: &[String]) {
    *text = replace(text, secrets, MASK);
}

/// Puts a mask in the place of each secret, in all texts of a value.
fn hide_in(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => hide(text, secrets),
        Value::Array(items) => items.iter_mut().for_each(|item| hide_in(item, secrets)),
        Value::Object(members) => members.values_mut().for_each(|member| hide_in(member, secrets)),
        _ => {}
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_hidden_however_it_is_shown() {
        let secret = "s\u{202e}e<c\u{9b}";
        let json = Value::from(secret).to_string();
        let xml = escape(&quick_xml::escape::escape(secret), is_unprintable, xml_escape);
        for text in [secret, &json, &xml, &shown(secret), &shown(&json)] {
            let mut text = format!("({text})");
            hide(&mut text, &spellings(secret));
            assert!(text.contains(MASK) && !text.contains('c'), "{text}");
        }
    }
}
