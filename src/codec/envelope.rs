//! `envelope`: the protocol that the documents' pages show, with `success` and `data` or `error` around everything.
//!
//! Members travel in the query string of a GET and in a JSON body otherwise; `Action`, where the
//! service has actions, always stands in the query string. A success answers an id and a creation time only.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use serde_json::{Value, json};

use super::json::{self, Reader, Style};
use super::naming::{ACTION, Action};
use super::{Codec, Decoded, Incoming, Naming, Oddity, Outcome, Received, Rejection, Reply, form};
use crate::auth;
use crate::model::{Cause, Dialect, Operation, Service, TimestampFormat};
use crate::value::view::View;

/// The codec.
#[derive(Debug)]
pub struct Envelope;

const STYLE: Style = Style { timestamps: TimestampFormat::DateTime, null_is_absent: false, reader: Reader::Server };
/// What curl says of a body when nobody tells it better.
const FORM: &str = "application/x-www-form-urlencoded";
const JSON: HeaderValue = HeaderValue::from_static("application/json");

impl Codec for Envelope {
    fn name(&self) -> &'static str {
        "envelope"
    }

    fn naming(&self) -> Option<&'static dyn Naming> {
        Some(&Action { takes_forms: false })
    }

    fn owns_parameter(&self, name: &str) -> bool {
        [ACTION, "Version"].contains(&name)
    }

    fn media_types(&self) -> &'static [&'static str] {
        &["application/json"]
    }

    fn encode_request(&self, operation: &Operation, input: &Value) -> Request<Bytes> {
        let (method, path) = operation
            .documented
            .as_ref()
            .map_or((Method::POST, "/"), |shown| (shown.method.clone(), shown.path.as_str()));
        let query =
            if method == Method::GET { form::to_pairs(&operation.input, &View::from(input)) } else { Vec::new() };
        let mut request = Request::new(Bytes::new());
        if method != Method::GET {
            let mut body = Vec::new();
            json::write(&operation.input, Some(operation.input.start), &View::from(input), STYLE, &mut body);
            *request.body_mut() = body.into();
        }
        *request.method_mut() = method;
        *request.uri_mut() = super::target(path, &query);
        if let Some(naming) = operation.service.naming(Dialect::Documented) {
            naming.write(&mut request, &naming.name_of(&operation.service.name, &operation.name));
        }
        request.headers_mut().insert(ACCEPT, JSON);
        request.headers_mut().insert(CONTENT_TYPE, JSON);
        request
    }

    fn decode_incoming(&self, operation: &Operation, incoming: &Incoming<'_>) -> Result<Decoded, Rejection> {
        let request = incoming.request;
        let owned = |name: &str| self.owns_parameter(name) || auth::signs(&operation.service.auth, name);
        if request.method() == Method::GET {
            let (input, oddities) = form::to_value(&operation.input, incoming.query()?, owned)?;
            return Ok(Decoded { input, oddities });
        }
        let unknown = incoming.query()?.into_iter().map(|(name, _)| name.into_owned());
        let unknown = unknown.filter(|name| !owned(name)).map(Oddity::Unknown);
        let mut oddities: Vec<Oddity> = unknown.collect();
        if request.body().is_empty() {
            return Ok(Decoded { input: json!({}), oddities });
        }
        if super::media_type(request.headers())
            .is_some_and(|media_type| !super::is_json(&media_type) && media_type != FORM)
        {
            return Err(Rejection::new(Cause::UnsupportedMediaType, "the body must be application/json"));
        }
        let (mut input, duplicates) = json::parse(request.body())?;
        oddities.extend(duplicates);
        if !input.is_object() {
            return Err(Rejection::malformed("the body is not a JSON object"));
        }
        json::from_wire(&operation.input, operation.input.start, &mut input, STYLE, &mut oddities);
        Ok(Decoded { input, oddities })
    }

    fn encode_response(&self, service: &Service, reply: &Reply<'_>, request_id: &str) -> Response<Bytes> {
        let (status, body) = match reply {
            Reply::Output { operation, status, output } => {
                let member = |path: Option<&Vec<String>>| {
                    path.and_then(|path| output.at(path)).map(View::to_value).unwrap_or_default()
                };
                let shown = operation.documented.as_ref();
                let data = json!({
                    "id": member(shown.map(|shown| &shown.id)),
                    "created_at": member(shown.map(|shown| &shown.created_at)),
                });
                (*status, json!({"success": true, "data": data}))
            }
            Reply::Error { error, status, message } => {
                (*status, json!({"success": false, "error": {"code": error.code, "message": message}}))
            }
        };
        super::response(status, "application/json", service, request_id, body.to_string().into())
    }

    fn decode_response(&self, operation: &Operation, response: &Response<Bytes>) -> Result<Received, Rejection> {
        let (body, _) = json::parse(response.body())?;
        let outcome = match (&body["success"], &body["data"], &body["error"]["code"]) {
            (Value::Bool(true), data @ Value::Object(_), _) => Outcome::Output(data.clone()),
            (Value::Bool(false), _, Value::String(code)) => {
                Outcome::Error { code: code.clone(), message: body["error"]["message"].as_str().map(str::to_owned) }
            }
            _ => {
                return Err(Rejection::malformed(
                    "the body is neither {success: true, data} nor {success: false, error: {code}}",
                ));
            }
        };
        let request_id = super::request_id(&operation.service, response.headers());
        Ok(Received { status: response.status().as_u16(), request_id, outcome, oddities: Vec::new() })
    }
}
