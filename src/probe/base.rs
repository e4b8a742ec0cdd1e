//! What a probe is built on: an input with the request that says it plainly.

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::uri::{PathAndQuery, Uri};
use http::{HeaderName, HeaderValue, Method, Request};
use serde_json::{Map, Value};

use crate::codec::{Naming, is_json, media_type};
use crate::model::{Cause, Dialect, JsonType, Operation, Place};
use crate::value::pointer;

/// The media type of forms.
const FORM: &str = "application/x-www-form-urlencoded";

/// A valid input with the request that says it plainly.
#[derive(Debug)]
pub struct Base<'b> {
    /// The operation.
    pub operation: &'b Operation,
    /// The dialect that it is spoken in.
    pub dialect: Dialect,
    /// The input.
    pub input: &'b Value,
    /// The request, without credentials.
    pub request: Request<Bytes>,
}

impl<'b> Base<'b> {
    /// The base of an input.
    #[must_use]
    pub fn new(operation: &'b Operation, dialect: Dialect, input: &'b Value) -> Self {
        let request = operation.service.codec_for(dialect).encode_request(operation, input);
        Self { operation, dialect, input, request }
    }

    /// Whether it is spoken as the SDKs do.
    #[must_use]
    pub fn is_native(&self) -> bool {
        self.dialect == Dialect::Native || self.operation.service.documented.is_none()
    }

    /// How requests name the operation, where method and path do not tell it.
    #[must_use]
    pub fn naming(&self) -> Option<&'static dyn Naming> {
        self.operation.service.naming(self.dialect)
    }

    /// Whether its body is a form.
    #[must_use]
    pub fn has_form(&self) -> bool {
        media_type(self.request.headers()).is_some_and(|media_type| media_type == FORM)
    }

    /// Whether its body is JSON.
    #[must_use]
    pub fn has_json(&self) -> bool {
        !self.request.body().is_empty()
            && media_type(self.request.headers()).is_some_and(|media_type| is_json(&media_type))
    }

    /// Whether it has a body.
    #[must_use]
    pub fn has_body(&self) -> bool {
        !self.request.body().is_empty()
    }

    /// The members of a JSON body.
    #[must_use]
    pub fn members(&self) -> Option<Map<String, Value>> {
        if !self.has_json() {
            return None;
        }
        serde_json::from_slice(self.request.body()).ok()
    }

    /// The pairs of a form, as they are written.
    #[must_use]
    pub fn pairs(&self) -> Option<Vec<&str>> {
        let text = std::str::from_utf8(self.request.body()).ok()?;
        (self.has_form() && !text.is_empty()).then(|| text.split('&').collect())
    }

    /// Path and query of its target.
    #[must_use]
    pub fn target(&self) -> (&str, &str) {
        let target = self.request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        target.split_once('?').unwrap_or((target, ""))
    }

    /// The request with another body of the same media type.
    #[must_use]
    pub fn with_body(&self, body: impl Into<Bytes>) -> Request<Bytes> {
        let mut request = self.request.clone();
        *request.body_mut() = body.into();
        request
    }

    /// The request with another header.
    #[must_use]
    pub fn with_header(&self, name: &'static str, value: &'static str) -> Request<Bytes> {
        let mut request = self.request.clone();
        request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        request
    }

    /// The request with another content type.
    #[must_use]
    pub fn with_content_type(&self, text: &str) -> Option<Request<Bytes>> {
        let mut request = self.request.clone();
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_str(text).ok()?);
        Some(request)
    }

    /// The request with another method.
    #[must_use]
    pub fn with_method(&self, method: Method) -> Request<Bytes> {
        let mut request = self.request.clone();
        *request.method_mut() = method;
        request
    }

    /// The request with another target.
    #[must_use]
    pub fn with_target(&self, path: &str, query: &str) -> Option<Request<Bytes>> {
        let mark = if query.is_empty() { "" } else { "?" };
        let mut request = self.request.clone();
        *request.uri_mut() = Uri::try_from(format!("{path}{mark}{query}")).ok()?;
        Some(request)
    }

    /// The input, then those of the examples: where a probe needs something that the input does not have. They are valid, but
    /// whether the server accepts them only a plain request beside the probe can tell.
    pub fn inputs(&self) -> impl Iterator<Item = &'b Value> {
        std::iter::once(self.input).chain(self.operation.examples.iter().map(|example| &example.input))
    }

    /// The texts of the input that travel in a query string or a body, by their paths.
    #[must_use]
    pub fn texts(&self) -> Vec<(Vec<String>, &'b str)> {
        let mut found = Vec::new();
        collect(self.input, &mut Vec::new(), &mut found);
        let shape = &self.operation.input;
        found.retain(|(path, _)| {
            let place =
                path.first().and_then(|name| shape.root().properties.get(name)).map(|id| shape.nodes[*id].place);
            matches!(place, Some(None | Some(Place::Body | Place::Query)))
        });
        found
    }

    /// Whether a member at the root is a text that travels in a query string or a body.
    #[must_use]
    pub fn is_text(&self, path: &[String]) -> bool {
        let shape = &self.operation.input;
        let [name] = path else { return false };
        shape.root().properties.get(name).map(|id| &shape.nodes[*id]).is_some_and(|node| {
            node.types.contains(JsonType::String) && matches!(node.place, None | Some(Place::Body | Place::Query))
        })
    }

    /// The input with another text, and which constraints that breaks.
    #[must_use]
    pub fn changed(&self, path: &[String], text: &str) -> (Value, Vec<usize>) {
        let mut input = self.input.clone();
        pointer::set(&mut input, path, Value::from(text));
        let mut broken: Vec<usize> =
            self.operation.input.judge(&input).iter().map(|violation| violation.constraint).collect();
        broken.dedup();
        (input, broken)
    }

    /// The members that are required, present and sent in the body or as parameters, each with its constraint; members of
    /// lists aside.
    #[must_use]
    pub fn required(&self) -> Vec<(usize, Vec<String>)> {
        let shape = &self.operation.input;
        let constraints = shape.constraints.iter().enumerate();
        let required = constraints.filter(|(_, constraint)| constraint.cause == Cause::Required);
        let named = required.filter_map(|(id, constraint)| {
            let path: Vec<String> = pointer::segments(&constraint.member).collect();
            let place = shape.nodes[*shape.root().properties.get(path.first()?)?].place;
            let travels = matches!(place, None | Some(Place::Body | Place::Query | Place::Payload));
            let is_there = !path.iter().any(|segment| segment == "*") && pointer::first(self.input, &path).is_some();
            (travels && is_there).then_some((id, path))
        });
        named.collect()
    }
}

fn collect<'v>(value: &'v Value, path: &mut Vec<String>, found: &mut Vec<(Vec<String>, &'v str)>) {
    match value {
        Value::String(text) => found.push((path.clone(), text)),
        Value::Object(members) => {
            for (name, member) in members {
                path.push(name.clone());
                collect(member, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}
