//! `aws-query`: form parameters in, XML out (Smithy's `aws.protocols#awsQuery`).

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response};
use quick_xml::escape::escape;
use serde_json::Value;

use super::naming::{ACTION, Action};
use super::xml::Element;
use super::{Codec, Decoded, Incoming, Naming, Oddity, Outcome, Received, Rejection, Reply, error_shape, form, xml};
use crate::auth;
use crate::model::{Cause, EnvelopeFact, Operation, Service};
use crate::value::view::View;

/// The codec.
#[derive(Debug)]
pub struct AwsQuery;

const FORM: &str = "application/x-www-form-urlencoded";
const VERSION: &str = "Version";
/// Parameters that are no members.
const OWN: [&str; 2] = [ACTION, VERSION];

impl Codec for AwsQuery {
    fn name(&self) -> &'static str {
        "aws-query"
    }

    fn naming(&self) -> Option<&'static dyn Naming> {
        Some(&Action { takes_forms: true })
    }

    fn owns_parameter(&self, name: &str) -> bool {
        OWN.contains(&name)
    }

    fn media_types(&self) -> &'static [&'static str] {
        &["text/xml", "application/xml"]
    }

    /// What XML 1.0 can hold (section 2.2).
    fn carries(&self, character: char) -> bool {
        xml::holds(character)
    }

    fn encode_request(&self, operation: &Operation, input: &Value) -> Request<Bytes> {
        let mut pairs = vec![(ACTION.to_owned(), operation.name.clone())];
        pairs.extend(operation.service.version.clone().map(|version| (VERSION.to_owned(), version)));
        pairs.extend(form::to_pairs(&operation.input, &View::from(input)));
        let mut request = Request::new(Bytes::from(form::render(&pairs)));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = super::target(&operation.http.path, &[]);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(FORM));
        request
    }

    fn decode_incoming(&self, operation: &Operation, incoming: &Incoming<'_>) -> Result<Decoded, Rejection> {
        let request = incoming.request;
        if !request.body().is_empty()
            && super::media_type(request.headers()).is_some_and(|media_type| media_type != FORM)
        {
            return Err(Rejection::new(Cause::UnsupportedMediaType, format!("the body must be {FORM}")));
        }
        let mut pairs = incoming.query()?;
        pairs.extend(incoming.form()?);
        if let (Some(spoken), Some((_, asked))) =
            (&operation.service.version, pairs.iter().find(|(name, _)| name == VERSION))
            && asked != spoken
        {
            return Err(Rejection::new(Cause::UnknownVersion, format!("the version spoken here is {spoken}")));
        }
        let torn = OWN.into_iter().find(|word| {
            let mut said = pairs.iter().filter(|(name, _)| name == word).map(|(_, value)| value);
            said.next().is_some_and(|first| said.any(|other| other != first))
        });
        let (input, mut oddities) = form::to_value(&operation.input, pairs, |name| {
            self.owns_parameter(name) || auth::signs(&operation.service.auth, name)
        })?;
        oddities.extend(torn.map(|word| Oddity::Duplicate(word.to_owned())));
        Ok(Decoded { input, oddities })
    }

    fn encode_response(&self, service: &Service, reply: &Reply<'_>, request_id: &str) -> Response<Bytes> {
        let mut body = String::with_capacity(4096);
        let namespace = service.namespace.as_deref().unwrap_or_default();
        let status = match reply {
            Reply::Output { operation, status, output } => {
                let name = operation.name.as_str();
                xml::open_root(&format!("{name}Response"), namespace, &mut body);
                if !operation.output.root().properties.is_empty() {
                    body.extend(["<", name, "Result>"]);
                    xml::write_members(&operation.output, operation.output.root(), output.members(), &mut body);
                    body.extend(["</", name, "Result>"]);
                }
                body.extend([
                    "<ResponseMetadata><RequestId>",
                    request_id,
                    "</RequestId></ResponseMetadata></",
                    name,
                    "Response>",
                ]);
                *status
            }
            Reply::Error { error, status, message } if !service.error_shapes.is_empty() => {
                let format = xml::Free { namespace };
                return error_shape::encode(service, (error, *status, message), &format, request_id);
            }
            Reply::Error { error, status, message } => {
                let fault = if error.is_callers_fault() { "Sender" } else { "Receiver" };
                xml::open_root("ErrorResponse", namespace, &mut body);
                body.extend(["<Error><Type>", fault, "</Type><Code>", &escape(&error.code), "</Code><Message>"]);
                body.push_str(&xml::legal(message));
                body.extend(["</Message></Error><RequestId>", request_id, "</RequestId></ErrorResponse>"]);
                *status
            }
        };
        super::response(status, "text/xml", service, request_id, body.into())
    }

    fn decode_response(&self, operation: &Operation, response: &Response<Bytes>) -> Result<Received, Rejection> {
        let header = super::request_id(&operation.service, response.headers());
        let status = response.status();
        let memberless = operation.output.root().properties.is_empty();
        if status.is_success() && memberless && response.body().is_empty() {
            let outcome = Outcome::Output(Value::Object(serde_json::Map::new()));
            return Ok(Received { status: status.as_u16(), request_id: header, outcome, oddities: Vec::new() });
        }
        if !status.is_success() && !operation.service.error_shapes.is_empty() {
            let format = xml::Free { namespace: "" };
            let outcome = error_shape::decode(&operation.service, response, &format)?;
            return Ok(Received { status: status.as_u16(), request_id: header, outcome, oddities: Vec::new() });
        }
        let root = xml::parse(response.body())?;
        // Some servers say in the body alone that a request failed.
        let failed = root.name == "ErrorResponse" && operation.name != "Error";
        let (outcome, own_id) = if status.is_success() && !failed {
            let id = root.child("ResponseMetadata").and_then(|metadata| metadata.text_of("RequestId"));
            (output(operation, &root)?, id)
        } else {
            (error(&root)?, root.text_of("RequestId"))
        };
        let oddities = departures(&operation.service, &root, &outcome, (header.as_deref(), own_id));
        let request_id = header.or(own_id.map(str::to_owned));
        Ok(Received { status: status.as_u16(), request_id, outcome, oddities })
    }
}

fn output(operation: &Operation, root: &Element) -> Result<Outcome, Rejection> {
    let (expected, result) = (format!("{}Response", operation.name), format!("{}Result", operation.name));
    if root.name != expected {
        return Err(Rejection::malformed(format!("the root element is not {expected}")));
    }
    let memberless = operation.output.root().properties.is_empty();
    Ok(Outcome::Output(match root.child(&result) {
        Some(element) => xml::members(&operation.output, operation.output.root(), element),
        None if memberless => Value::Object(serde_json::Map::new()),
        None => return Err(Rejection::malformed(format!("there is no element {result}"))),
    }))
}

fn error(root: &Element) -> Result<Outcome, Rejection> {
    let error = root.child("Error").filter(|_| root.name == "ErrorResponse");
    let code = error.and_then(|error| error.text_of("Code")).filter(|code| !code.trim().is_empty());
    let Some(code) = code else {
        return Err(Rejection::malformed("there is no ErrorResponse with an Error and its Code"));
    };
    let message = error.and_then(|error| error.text_of("Message")).map(str::to_owned);
    Ok(Outcome::Error { code: code.to_owned(), message })
}

/// What of the envelope is not as the protocol has it.
fn departures(
    service: &Service,
    root: &Element,
    outcome: &Outcome,
    (header, own_id): (Option<&str>, Option<&str>),
) -> Vec<Oddity> {
    let mut found = Vec::new();
    if root.namespace != service.namespace {
        found.push(Oddity::Envelope(EnvelopeFact::Namespace, root.namespace.clone()));
    }
    let own_id = own_id.map(str::trim).filter(|id| !id.is_empty());
    if let (Some(header), Some(id)) = (header, own_id)
        && header.trim() != id
    {
        found.push(Oddity::Envelope(EnvelopeFact::RequestId, Some(id.to_owned())));
    }
    match outcome {
        Outcome::Output(_) if own_id.is_none() => found.push(Oddity::Envelope(EnvelopeFact::Metadata, None)),
        Outcome::Output(_) => {}
        Outcome::Error { .. } => {
            let fault = root.child("Error").and_then(|error| error.text_of("Type"));
            if !matches!(fault, Some("Sender" | "Receiver")) {
                found.push(Oddity::Envelope(EnvelopeFact::Fault, fault.map(str::to_owned)));
            }
        }
    }
    found
}
