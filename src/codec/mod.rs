//! How a contract is spoken on the wire: one codec per protocol, both directions, driven by the operation's schema.
//!
//! A codec knows a protocol and nothing of any operation. Adding a protocol is adding a file and a
//! line in [`CODECS`].

mod aws_query;
mod envelope;
mod error_shape;
mod form;
mod headers;
mod http_bindings;
mod incoming;
mod json;
mod naming;
mod rest_json;
#[cfg(test)]
mod round_trip;
mod text;
#[cfg(test)]
mod toy;
mod xml;

pub use incoming::Incoming;
pub use naming::Naming;
#[cfg(feature = "check")]
pub(crate) use xml::attributes as xml_attributes;

use std::borrow::Cow;
use std::fmt::Debug;

use base64::Engine;
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Request, Response, StatusCode, Uri};
use serde_json::Value;

use crate::model::{Cause, Dialect, EnvelopeFact, ErrorDef, Operation, Protocol, Service, ServiceEntry};
use crate::value::view::View;

/// Deepest nesting of a body that is read.
pub const MAX_DEPTH: usize = 64;

/// Most values or elements of a body: each takes many times its bytes when it is read.
pub const MAX_VALUES: usize = 100_000;

/// What the codes of emulators that do not have an operation contain, in lower case.
const NOT_IMPLEMENTED: [&str; 4] = ["notimplemented", "unknownoperation", "invalidaction", "unsupportedoperation"];

/// A protocol.
pub trait Codec: Debug + Send + Sync {
    /// The name specs use.
    fn name(&self) -> &'static str;

    /// How a request names its operation, where method and path do not tell it.
    fn naming(&self) -> Option<&'static dyn Naming> {
        None
    }

    /// Whether it is how documents' pages show a service, whose answers have the form that the service states.
    fn is_of_pages(&self) -> bool {
        false
    }

    /// Whether an error's code is one by which servers of the protocol say that they do not have the operation, though the
    /// service declares no such error.
    fn says_not_implemented(&self, code: &str) -> bool {
        let code = code.to_ascii_lowercase();
        NOT_IMPLEMENTED.iter().any(|word| code.contains(word))
    }

    /// Whether a parameter of a URL or a form is the protocol's own, and so none of the operation's.
    fn owns_parameter(&self, name: &str) -> bool {
        let _ = name;
        false
    }

    /// Whether texts with this character are read as they were written, in requests and in replies.
    fn carries(&self, character: char) -> bool {
        let _ = character;
        true
    }

    /// The media types that its replies may have; `application/json` stands for the formats on top of it too.
    fn media_types(&self) -> &'static [&'static str];

    /// Writes a request for an input. The target is in origin form and carries no credentials.
    fn encode_request(&self, operation: &Operation, input: &Value) -> Request<Bytes>;

    /// Reads the input out of a request that has been found to be for the operation, with what was read of it on the way.
    ///
    /// # Errors
    /// [`Rejection`] when the bytes are not of this protocol.
    fn decode_incoming(&self, operation: &Operation, incoming: &Incoming<'_>) -> Result<Decoded, Rejection>;

    /// Reads the input out of a request of which nothing has been read.
    ///
    /// # Errors
    /// [`Rejection`] when the bytes are not of this protocol.
    fn decode_request(&self, operation: &Operation, request: &Request<Bytes>) -> Result<Decoded, Rejection> {
        self.decode_incoming(operation, &Incoming::new(request))
    }

    /// Writes a reply.
    fn encode_response(&self, service: &Service, reply: &Reply<'_>, request_id: &str) -> Response<Bytes>;

    /// Reads a reply.
    ///
    /// # Errors
    /// [`Rejection`] when the bytes are not of this protocol.
    fn decode_response(&self, operation: &Operation, response: &Response<Bytes>) -> Result<Received, Rejection>;
}

/// All codecs.
pub static CODECS: &[&dyn Codec] = &[
    &aws_query::AwsQuery,
    &rest_json::RestJson,
    &envelope::Envelope,
    #[cfg(test)]
    &toy::Toy,
];

/// The codec of this name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static dyn Codec> {
    CODECS.iter().copied().find(|codec| codec.name() == name)
}

/// The protocols that can be spoken.
#[must_use]
pub fn protocols() -> Vec<Protocol> {
    let protocol = |codec: &&dyn Codec| Protocol {
        name: codec.name(),
        binds_labels: codec.naming().is_none(),
        is_of_pages: codec.is_of_pages(),
    };
    CODECS.iter().map(protocol).collect()
}

/// The codec that speaks a protocol; the first one for a protocol that nobody speaks, which no sound spec names.
#[must_use]
pub fn of(protocol: Protocol) -> &'static dyn Codec {
    by_name(protocol.name).unwrap_or(CODECS[0])
}

impl ServiceEntry {
    /// The codec that the service is spoken in.
    #[must_use]
    pub fn codec_for(&self, dialect: Dialect) -> &'static dyn Codec {
        of(self.documented.filter(|_| dialect == Dialect::Documented).unwrap_or(self.protocol))
    }
}

impl Service {
    /// The codec of its native protocol.
    #[must_use]
    pub fn codec(&self) -> &'static dyn Codec {
        of(self.protocol)
    }

    /// The codec that it is spoken in.
    #[must_use]
    pub fn codec_for(&self, dialect: Dialect) -> &'static dyn Codec {
        self.documented_in(dialect).map_or_else(|| self.codec(), |documented| of(documented.protocol))
    }

    /// How its requests name their operation, where method and path do not tell it. Pages show no other way than the
    /// native protocol has.
    #[must_use]
    pub fn naming(&self, dialect: Dialect) -> Option<&'static dyn Naming> {
        self.codec().naming().and(self.codec_for(dialect).naming())
    }

    /// Whether a parameter of a URL or a form is the protocol's in one of the dialects: its value names what is asked
    /// for, and is no secret.
    #[must_use]
    pub fn owns_parameter(&self, name: &str) -> bool {
        [Dialect::Native, Dialect::Documented].into_iter().any(|dialect| self.codec_for(dialect).owns_parameter(name))
    }
}

/// What a request says.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    /// The input, with members nobody knows where the protocol keeps them apart by name.
    pub input: Value,
    /// What could not be placed in the input.
    pub oddities: Vec<Oddity>,
}

/// Something in a message that has no place in the input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Oddity {
    /// A parameter or member that the operation does not have. Its name may be anything a client sent.
    Unknown(String),
    /// A parameter or member given more than once; the first one stands.
    Duplicate(String),
    /// A member of a reply in another form than the protocol's: a time as text where a number is due. Lenient clients
    /// guess what it means.
    OtherForm(String),
    /// What stands around an output or an error is not as the protocol has it; and what stands there instead, where that
    /// is anything.
    Envelope(EnvelopeFact, Option<String>),
    /// A parameter that may as well be one that the operation does not have, or none at all. It is read as the mistake
    /// that it likely is, but nobody is to blame who reads it otherwise.
    Unclear,
}

/// Why bytes cannot be read in a protocol.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Rejection {
    /// The kind of violation, which names the error to answer with.
    pub cause: Cause,
    /// What is wrong, without any value of the request.
    pub detail: String,
}

impl Rejection {
    fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into() }
    }

    fn malformed(detail: impl Into<String>) -> Self {
        Self::new(Cause::MalformedBody, detail)
    }
}

/// A reply to be written.
#[derive(Debug)]
pub enum Reply<'a> {
    /// A success.
    Output {
        /// The operation that succeeded.
        operation: &'a Operation,
        /// HTTP status.
        status: u16,
        /// The output.
        output: &'a View<'a>,
    },
    /// A failure.
    Error {
        /// The declared error.
        error: &'a ErrorDef,
        /// HTTP status, usually the error's own.
        status: u16,
        /// Text for a person.
        message: &'a str,
    },
}

/// A reply that was read.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// HTTP status.
    pub status: u16,
    /// The request id, where the reply has one.
    pub request_id: Option<String>,
    /// Success or failure.
    pub outcome: Outcome,
    /// What is odd about how it is written.
    pub oddities: Vec<Oddity>,
}

/// Success or failure of a reply that was read.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// A success with its output.
    Output(Value),
    /// A failure.
    Error {
        /// Wire code.
        code: String,
        /// Text for a person.
        message: Option<String>,
    },
}

/// The media type of a message without its parameters; nothing where there is none. Its letters' case says nothing
/// (RFC 9110, section 8.3.1).
#[must_use]
pub fn media_type(headers: &HeaderMap) -> Option<Cow<'_, str>> {
    let text = headers.get(CONTENT_TYPE)?.to_str().ok()?;
    let end = memchr::memchr(b';', text.as_bytes()).unwrap_or(text.len());
    let text = text[..end].trim_ascii();
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) {
        return Some(Cow::Owned(text.to_ascii_lowercase()));
    }
    Some(Cow::Borrowed(text)).filter(|text| !text.is_empty())
}

/// Whether a media type is JSON, or a format on top of it.
#[must_use]
pub fn is_json(media_type: &str) -> bool {
    media_type == "application/json" || media_type.ends_with("+json")
}

/// A request target in origin form.
fn target(path: &str, query: &[(String, String)]) -> Uri {
    let text = if query.is_empty() { path.to_owned() } else { format!("{path}?{}", form::render(query)) };
    Uri::try_from(text).unwrap_or(Uri::from_static("/"))
}

/// A response with the headers every protocol has.
fn response(
    status: u16,
    media_type: &'static str,
    service: &Service,
    request_id: &str,
    body: Bytes,
) -> Response<Bytes> {
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(media_type));
    if let (Some(name), Ok(value)) = (&service.request_id, HeaderValue::from_str(request_id)) {
        headers.insert(name.clone(), value);
    }
    response
}

fn request_id(service: &Service, headers: &HeaderMap) -> Option<String> {
    let value = headers.get(service.request_id.as_ref()?)?;
    Some(value.to_str().ok()?.to_owned())
}

/// The bytes that a base64 text stands for; the text's own bytes when it is none.
fn from_base64(text: &str) -> Vec<u8> {
    base64::engine::general_purpose::STANDARD.decode(text).unwrap_or_else(|_| text.as_bytes().to_vec())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique() {
        for (index, codec) in CODECS.iter().enumerate() {
            assert_eq!(by_name(codec.name()).map(Codec::name), Some(codec.name()));
            assert!(CODECS[..index].iter().all(|earlier| earlier.name() != codec.name()));
        }
    }
}
