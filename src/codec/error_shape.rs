//! Error responses of protocols that leave their shape to the service: written by its first shape, read by any.

use std::borrow::Cow;

use bytes::Bytes;
use http::{HeaderValue, Response};
use serde_json::{Map, Value};

use super::{Outcome, Rejection};
use crate::model::template::{Origin, Piece, Template};
use crate::model::{ErrorDef, Service};
use crate::value::template::Filler;
use crate::value::view::View;

/// How a protocol writes and reads a body that no schema describes.
pub trait FreeFormat {
    /// The media type of what is written.
    fn media_type(&self) -> &'static str;

    /// Writes an object.
    fn render(&self, body: &View<'_>) -> Vec<u8>;

    /// Reads an object.
    ///
    /// # Errors
    /// [`Rejection`] when the bytes are not of this format.
    fn parse(&self, body: &[u8]) -> Result<Value, Rejection>;
}

/// What the templates of an error are filled from.
struct ErrorWords<'e> {
    error: &'e ErrorDef,
    status: u16,
    message: &'e str,
    request_id: &'e str,
    seed: u64,
}

impl<'e> Filler<'e> for ErrorWords<'e> {
    fn input(&self) -> &'e Value {
        &Value::Null
    }

    fn random(&mut self) -> u64 {
        self.seed = xxhash_rust::xxh3::xxh3_64_with_seed(self.error.code.as_bytes(), self.seed);
        self.seed
    }

    fn word(&self, name: &str) -> Option<Cow<'e, str>> {
        let word = match name {
            "code" => &self.error.code,
            "message" => self.message,
            "fault" if self.error.is_callers_fault() => "client",
            "fault" => "server",
            "requestId" => self.request_id,
            "status" => return Some(Cow::Owned(self.status.to_string())),
            _ => return None,
        };
        Some(Cow::Borrowed(word))
    }
}

/// Writes an error.
pub fn encode(
    service: &Service,
    (error, status, message): (&ErrorDef, u16, &str),
    format: &dyn FreeFormat,
    request_id: &str,
) -> Response<Bytes> {
    let mut words = ErrorWords { error, status, message, request_id, seed: 0 };
    let shape = service.error_shapes.first();
    let body = error.body.as_ref().or(shape.map(|shape| &shape.body));
    let body = body.and_then(|template| template.fill(&mut words));
    let body = body.map(|body| format.render(&body)).unwrap_or_default();
    let mut response = super::response(status, format.media_type(), service, request_id, body.into());
    for (name, template) in shape.map(|shape| shape.headers.as_slice()).unwrap_or_default() {
        let value = template.fill(&mut words).and_then(|value| HeaderValue::from_str(value.as_text()?).ok());
        if let Some(value) = value {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

/// Reads an error.
pub fn decode(service: &Service, response: &Response<Bytes>, format: &dyn FreeFormat) -> Result<Outcome, Rejection> {
    let body = if response.body().is_empty() { Value::Object(Map::new()) } else { format.parse(response.body())? };
    let own = service.errors.all.iter().filter_map(|error| error.body.as_ref()).map(|body| (&[][..], body));
    let shapes = service.error_shapes.iter().map(|shape| (shape.headers.as_slice(), &shape.body)).chain(own);
    for (headers, template) in shapes {
        let in_header = headers.iter().find_map(|(name, template)| {
            let value = Value::from(response.headers().get(name)?.to_str().ok()?);
            extract(template, &value, "code")
        });
        let Some(code) = in_header.or_else(|| extract(template, &body, "code")) else { continue };
        // An error with a body of its own may have its code where others have it.
        let message = extract(template, &body, "message");
        let message = message.or_else(|| bodies(service).find_map(|template| extract(template, &body, "message")));
        return Ok(Outcome::Error { code: bare(&code).to_owned(), message });
    }
    Err(Rejection::malformed("no error shape of the service fits: there is no error code"))
}

/// The bodies that errors of a service have.
fn bodies(service: &Service) -> impl Iterator<Item = &Template> {
    let own = service.errors.all.iter().filter_map(|error| error.body.as_ref());
    service.error_shapes.iter().map(|shape| &shape.body).chain(own)
}

/// An error code without the namespace before `#` and the URI after `:` that some services add.
fn bare(code: &str) -> &str {
    let code = code.split(':').next().unwrap_or(code);
    code.rsplit('#').next().unwrap_or(code)
}

/// The value that stands where a template has a word.
fn extract(template: &Template, value: &Value, word: &str) -> Option<String> {
    match (template, value) {
        (Template::Text(pieces), value) => match (pieces.as_slice(), value) {
            ([Piece::Placeholder { origin: Origin::Word(name), .. }], Value::String(text)) if name == word => {
                Some(text.clone())
            }
            ([Piece::Placeholder { origin: Origin::Word(name), .. }], Value::Number(number)) if name == word => {
                Some(number.to_string())
            }
            _ => None,
        },
        (Template::Object(members), Value::Object(values)) => {
            members.iter().find_map(|(name, member)| extract(member, values.get(name)?, word))
        }
        _ => None,
    }
}
