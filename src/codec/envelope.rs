//! `envelope`: the protocol that the documents' pages show, with one object around everything.
//!
//! Members travel in the query string of a GET and in a JSON body otherwise; `Action`, where the
//! service has actions, always stands in the query string. What its answers look like, the service says.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{HeaderValue, Method, Request, Response};
use serde_json::{Value, json};

use super::json::{self, Reader, Style};
use super::naming::{ACTION, Action};
use super::{Codec, Decoded, Incoming, Naming, Oddity, Outcome, Received, Rejection, Reply, form};
use crate::auth;
use crate::model::{Cause, Dialect, DocumentedDialect, Operation, Service, TimestampFormat};
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

    fn is_of_pages(&self) -> bool {
        true
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
        let documented = service.documented.as_ref();
        let (status, body) = match reply {
            Reply::Output { operation, status, output } => {
                let members = operation.documented.as_ref().map(|page| page.output.as_slice()).unwrap_or_default();
                let value_of = |word: &str| {
                    let path = members.iter().find(|(name, _)| name == word).map(|(_, path)| path);
                    path.and_then(|path| output.at(path)).map(View::to_value).unwrap_or_default()
                };
                (*status, documented.map(|documented| documented.success.fill(&value_of)))
            }
            Reply::Error { error, status, message } => {
                let value_of = |word: &str| Value::from(if word == "code" { &error.code } else { *message });
                (*status, documented.map(|documented| documented.failure.fill(&value_of)))
            }
        };
        let body = body.map(|body| body.to_string()).unwrap_or_default();
        super::response(status, "application/json", service, request_id, body.into())
    }

    fn decode_response(&self, operation: &Operation, response: &Response<Bytes>) -> Result<Received, Rejection> {
        let (body, _) = json::parse(response.body())?;
        let outcome = operation.service.documented.as_ref().and_then(|documented| read(documented, &body));
        let outcome = outcome.ok_or_else(|| {
            Rejection::malformed("the body has neither the form of the document's success nor that of its failure")
        })?;
        let request_id = super::request_id(&operation.service, response.headers());
        Ok(Received { status: response.status().as_u16(), request_id, outcome, oddities: Vec::new() })
    }
}

/// What a body says: the object that holds the words of a success, or the code and the message of a failure.
fn read(documented: &DocumentedDialect, body: &Value) -> Option<Outcome> {
    let DocumentedDialect { success, failure, .. } = documented;
    if success.fits(body) {
        return success.holder(body).map(|holder| Outcome::Output(holder.clone()));
    }
    let text_of = |word: &str| failure.value_of(word, body).and_then(Value::as_str).map(str::to_owned);
    let code = text_of("code").filter(|_| failure.fits(body))?;
    Some(Outcome::Error { code, message: text_of("message") })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;
    use crate::spec::SourceText;

    const SERVICE: &str = "
service: pages
title: Pages of another form
sources: { x: { title: this test, strength: documented } }
protocol: { codec: rest-json, error: [{ body: { code: '{code}' } }] }
documented:
  codec: envelope
  status: 202
  success: { result: ok, items: [], is: { size: '{size}', name: '{name}' } }
  failure: { result: failed, why: '{message}', number: '{code}' }
  error: { code: E1, status: 422, kind: validation, message: No, cite: x:y }
  cite: x:y
errors: [{ code: Bad, status: 400, kind: validation, cite: x:y, on: { type: x:y } }]
";
    const OPERATION: &str = "
operation: Make
http: { method: PUT, path: /things, status: 200, cite: x:y }
documented: { method: POST, path: /make, output: { name: /Name, size: /Size }, cite: x:y }
input: { type: object, cite: x:y, properties: { Size: { cite: x:y } } }
output: { type: object, cite: x:y, properties: { Name: { type: string }, Size: { type: integer } } }
answer: { Name: a, Size: '{/Size}' }
examples: [{ name: one, input: { Size: 7 }, cite: x:y }]
";

    fn contract(service: &str) -> Result<Contract, crate::ContractError> {
        let texts = [("pages/service.yaml", service), ("pages/make.yaml", OPERATION)];
        Contract::from_texts(texts.map(|(name, text)| SourceText { name: name.to_owned(), text: text.to_owned() }))
    }

    #[test]
    fn a_page_has_the_form_that_its_service_states() {
        let contract = contract(SERVICE).unwrap_or_else(|error| panic!("{error}"));
        let operation = contract.operation("Make").expect("an operation");
        let asked = Envelope.encode_request(operation, &json!({"Size": 7}));
        assert_eq!((asked.method(), asked.uri().to_string()), (&Method::POST, "/make".to_owned()));
        let view = json!({"Name": "a", "Size": 7});
        let reply =
            Reply::Output { operation, status: operation.status(Dialect::Documented), output: &View::from(&view) };
        let response = Envelope.encode_response(&operation.service, &reply, "id");
        let body = r#"{"result":"ok","items":[],"is":{"size":7,"name":"a"}}"#;
        assert_eq!((response.status().as_u16(), &response.body()[..]), (202, body.as_bytes()));
        let read =
            |body: &str| Envelope.decode_response(operation, &Response::new(Bytes::copy_from_slice(body.as_bytes())));
        assert_eq!(read(body).expect("a success").outcome, Outcome::Output(json!({"size": 7, "name": "a"})));
        let failed = read(r#"{"result": "failed", "why": "so", "number": "E1"}"#).expect("a failure").outcome;
        assert_eq!(failed, Outcome::Error { code: "E1".to_owned(), message: Some("so".to_owned()) });
        for neither in [r#"{"result": "ok", "is": 1}"#, r#"{"result": "failed"}"#, "{}", "[]"] {
            assert!(read(neither).is_err(), "{neither}");
        }
    }

    #[test]
    fn a_form_that_cannot_be_read_back_is_a_problem() {
        for (sound, broken, says) in [
            ("size: '{size}',", "size: '{length}',", "all words of a success"),
            ("size: '{size}',", "", "no word of a success is size"),
            (", name: '{name}' }", ", name: '{name}', since: '{since}' }", "no output member for since"),
            ("number: '{code}'", "number: 1", "no {code}"),
            ("why: '{message}'", "why: '{reason}'", "{reason}"),
            ("why: '{message}'", "why: 'since {message}'", "not one word"),
        ] {
            let error = contract(&SERVICE.replacen(sound, broken, 1)).err().map(|error| error.to_string());
            assert!(error.as_ref().is_some_and(|error| error.contains(says)), "{broken}: {error:?}");
        }
    }
}
