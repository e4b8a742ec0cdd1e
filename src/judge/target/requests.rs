//! Givens as a file has them.

use std::str::FromStr;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::uri::PathAndQuery;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Uri};
use indexmap::IndexMap;

use super::reading::{Reading, below};
use super::spec::{GivenSpec, ScalarSpec};
use crate::contract::Contract;
use crate::judge::given::{Given, GivenRequest};

/// The givens of a file, as far as they can be read.
pub(super) fn givens(reading: &mut Reading, contract: &Contract, specs: Vec<GivenSpec>) -> Vec<Given> {
    let specs = specs.into_iter().enumerate();
    specs.filter_map(|(index, spec)| given(reading, &format!("/givens/{index}"), contract, spec)).collect()
}

fn given(reading: &mut Reading, at: &str, contract: &Contract, spec: GivenSpec) -> Option<Given> {
    let (name, ignore_failure) = (spec.name.clone(), spec.ignore_failure.unwrap_or_default());
    let request =
        if spec.operation.is_some() { operation(reading, at, contract, spec) } else { http(reading, at, spec) };
    Some(Given { name, ignore_failure, request: request? })
}

fn operation(reading: &mut Reading, at: &str, contract: &Contract, spec: GivenSpec) -> Option<GivenRequest> {
    let of_http = [
        ("service", spec.service.is_some()),
        ("method", spec.method.is_some()),
        ("path", spec.path.is_some()),
        ("headers", spec.headers.is_some()),
        ("form", spec.form.is_some()),
        ("json", spec.json.is_some()),
        ("body", spec.body.is_some()),
    ];
    for (key, _) in of_http.into_iter().filter(|(_, is_there)| *is_there) {
        let help = "write its input, or leave the operation out";
        reading.key_problem(&below(at, key), "an operation has its own", help);
    }
    let name = spec.operation?;
    if let Err(unknown) = contract.operation(&name) {
        let help = "give what the contract does not have by method and path";
        reading.problem(&below(at, "operation"), unknown.to_string(), help);
    }
    Some(GivenRequest::Operation { operation: name, input: spec.input.unwrap_or_default().into() })
}

fn http(reading: &mut Reading, at: &str, mut spec: GivenSpec) -> Option<GivenRequest> {
    if spec.input.is_some() {
        let help = "write a form, json or a body";
        reading.key_problem(&below(at, "input"), "an input without an operation", help);
    }
    if let Some(name) = &spec.service {
        check_service(reading, &below(at, "service"), name);
    }
    let method = method(reading, at, spec.method.as_deref());
    let target = target(reading, at, spec.path.as_deref().unwrap_or("/"));
    let headers = headers(reading, &below(at, "headers"), spec.headers.take().unwrap_or_default());
    let service = spec.service.take();
    let (body, media_type) = body(reading, at, spec);
    let mut request = Request::new(body);
    *request.headers_mut() = headers;
    if let Some(media_type) = media_type {
        request.headers_mut().entry(CONTENT_TYPE).or_insert(HeaderValue::from_static(media_type));
    }
    *request.method_mut() = method?;
    *request.uri_mut() = target?;
    Some(GivenRequest::Http { service, request })
}

/// The headers at a pointer. Their values are not shown: they may be secrets.
pub(super) fn headers(reading: &mut Reading, at: &str, all: IndexMap<String, ScalarSpec>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in all {
        let at = below(at, &name);
        match (HeaderName::from_str(&name), HeaderValue::from_str(&value.to_string())) {
            (Ok(name), Ok(mut value)) => {
                value.set_sensitive(true);
                headers.append(name, value);
            }
            (Err(_), _) => reading.key_problem(&at, "not the name of a header", "write letters, digits and hyphens"),
            (_, Err(_)) => reading.problem(&at, "not the value of a header", "write text on one line"),
        }
    }
    headers
}

fn check_service(reading: &mut Reading, at: &str, name: &str) {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
    if name.is_empty() || !name.bytes().all(fits) {
        reading.problem(at, "not the name of a service", "write the name that its credential scopes have, as rds");
    }
}

fn method(reading: &mut Reading, at: &str, name: Option<&str>) -> Option<Method> {
    let Some(name) = name else {
        reading.problem(at, "neither an operation nor a method", "write operation and input, or method and path");
        return None;
    };
    // CONNECT has another kind of target.
    let method = Method::from_str(name).ok().filter(|method| *method != Method::CONNECT);
    if method.is_none() {
        reading.problem(&below(at, "method"), "not a method", "write one of HTTP's methods, as POST");
    }
    method
}

fn target(reading: &mut Reading, at: &str, text: &str) -> Option<Uri> {
    let target = PathAndQuery::from_str(text).ok().filter(|target| text.starts_with('/') && target.as_str() == text);
    if target.is_none() {
        let help = "begin it with a slash, and escape what is not allowed in a URL";
        reading.problem(&below(at, "path"), "not a path", help);
    }
    target.map(Uri::from)
}

/// The body and its media type.
fn body(reading: &mut Reading, at: &str, spec: GivenSpec) -> (Bytes, Option<&'static str>) {
    let bodies = [("form", spec.form.is_some()), ("json", spec.json.is_some()), ("body", spec.body.is_some())];
    if let Some((second, _)) = bodies.iter().filter(|(_, is_there)| *is_there).nth(1) {
        reading.key_problem(&below(at, second), "a second body", "keep one of form, json and body");
    }
    if let Some(form) = spec.form {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.extend_pairs(form.iter().map(|(name, value)| (name, value.to_string())));
        return (pairs.finish().into(), Some("application/x-www-form-urlencoded"));
    }
    if let Some(json) = spec.json {
        return (json.to_string().into(), Some("application/json"));
    }
    (spec.body.unwrap_or_default().into(), None)
}
