//! Givens as a file has them.

use std::str::FromStr;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderValue, Method, Request, Uri};
use serde_json::{Value, json};

use super::file::headers;
use super::reader::{Reader, below};
use crate::contract::Contract;
use crate::judge::given::{Given, GivenRequest};

/// The keys of a given.
const KEYS: [&str; 11] =
    ["name", "operation", "input", "service", "method", "path", "headers", "form", "json", "body", "ignore_failure"];
/// Those that an operation does not go with.
const OF_HTTP: [&str; 7] = ["service", "method", "path", "headers", "form", "json", "body"];

/// The givens of a file, as far as they can be read.
pub(super) fn givens(reader: &mut Reader, contract: &Contract) -> Vec<Given> {
    reader.items("/givens").iter().filter_map(|at| given(reader, at, contract)).collect()
}

fn given(reader: &mut Reader, at: &str, contract: &Contract) -> Option<Given> {
    reader.only(at, &KEYS);
    let name = reader.get(&below(at, "name"), "text");
    let ignore_failure = reader.get(&below(at, "ignore_failure"), "true or false").unwrap_or_default();
    let is_operation = reader.value(&below(at, "operation")).is_some();
    let request = if is_operation { operation(reader, at, contract) } else { http(reader, at) };
    Some(Given { name, ignore_failure, request: request? })
}

fn operation(reader: &mut Reader, at: &str, contract: &Contract) -> Option<GivenRequest> {
    for key in OF_HTTP {
        if reader.value(&below(at, key)).is_some() {
            reader.key_problem(
                &below(at, key),
                "an operation has its own",
                "write its input, or leave the operation out",
            );
        }
    }
    let place = below(at, "operation");
    let name: String = reader.get(&place, "text")?;
    if let Err(unknown) = contract.operation(&name) {
        reader.problem(&place, unknown.to_string(), "give what the contract does not have by method and path");
    }
    let place = below(at, "input");
    let input = reader.value(&place).cloned().unwrap_or_else(|| json!({}));
    if !input.is_object() {
        reader.problem(&place, "not a mapping", "write the members of the operation's input");
    }
    Some(GivenRequest::Operation { operation: name, input })
}

fn http(reader: &mut Reader, at: &str) -> Option<GivenRequest> {
    let input = below(at, "input");
    if reader.value(&input).is_some() {
        reader.key_problem(&input, "an input without an operation", "write a form, json or a body");
    }
    let service = service(reader, &below(at, "service"));
    let method = method(reader, at);
    let target = target(reader, at);
    let (body, media_type) = body(reader, at);
    let mut request = Request::new(body);
    *request.headers_mut() = headers(reader, &below(at, "headers"));
    if let Some(media_type) = media_type {
        request.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(media_type));
    }
    *request.method_mut() = method?;
    *request.uri_mut() = target?;
    Some(GivenRequest::Http { service, request })
}

fn service(reader: &mut Reader, at: &str) -> Option<String> {
    let name: String = reader.get(at, "text")?;
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(fits) {
        reader.problem(at, "not the name of a service", "write the name that its credential scopes have, as rds");
    }
    Some(name)
}

fn method(reader: &mut Reader, at: &str) -> Option<Method> {
    let place = below(at, "method");
    if reader.value(&place).is_none() {
        reader.problem(at, "neither an operation nor a method", "write operation and input, or method and path");
        return None;
    }
    let name: String = reader.get(&place, "text")?;
    // CONNECT has another kind of target.
    let method = Method::from_str(&name).ok().filter(|method| *method != Method::CONNECT);
    if method.is_none() {
        reader.problem(&place, "not a method", "write one of HTTP's methods, as POST");
    }
    method
}

fn target(reader: &mut Reader, at: &str) -> Option<Uri> {
    let place = below(at, "path");
    let text: String = reader.get(&place, "text").unwrap_or_else(|| "/".to_owned());
    let target = PathAndQuery::from_str(&text).ok().filter(|target| text.starts_with('/') && target.as_str() == text);
    if target.is_none() {
        reader.problem(&place, "not a path", "begin it with a slash, and escape what is not allowed in a URL");
    }
    target.map(Uri::from)
}

/// The body and its media type.
fn body(reader: &mut Reader, at: &str) -> (Bytes, Option<&'static str>) {
    let bodies = ["form", "json", "body"].into_iter().filter(|key| reader.value(&below(at, key)).is_some());
    if let [_, second, ..] = bodies.collect::<Vec<_>>().as_slice() {
        reader.key_problem(&below(at, second), "a second body", "keep one of form, json and body");
    }
    let form = below(at, "form");
    if reader.value(&form).is_some() {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(reader.texts(&form).iter().map(|(name, value, _)| (name, value)));
        return (pairs.finish().into(), Some("application/x-www-form-urlencoded"));
    }
    if let Some(json) = reader.value(&below(at, "json")) {
        return (json.to_string().into(), Some("application/json"));
    }
    let text = below(at, "body");
    if reader.value(&text).is_some_and(|body| !matches!(body, Value::String(_))) {
        reader.problem(&text, "not text", "write text, or json for a value");
    }
    (reader.value(&text).and_then(Value::as_str).map_or_else(Bytes::new, |text| text.to_owned().into()), None)
}
