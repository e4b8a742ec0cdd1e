//! `rest-json`: members in path, query, headers and a JSON body (Smithy's `aws.protocols#restJson1`, and plain REST).

use bytes::Bytes;
use http::{Request, Response};
use serde_json::{Map, Value};

use super::http_bindings::{self, BodyFormat, Member};
use super::json::{self, Reader, Style};
use super::{Codec, Decoded, Incoming, Oddity, Outcome, Received, Rejection, Reply, error_shape, is_json};
use crate::model::{Node, NodeId, Operation, Service, Shape, TimestampFormat};
use crate::value::view::View;

/// The codec.
#[derive(Debug)]
pub struct RestJson;

const MEDIA_TYPE: &str = "application/json";

impl Codec for RestJson {
    fn name(&self) -> &'static str {
        "rest-json"
    }

    fn media_types(&self) -> &'static [&'static str] {
        &[MEDIA_TYPE]
    }

    fn encode_request(&self, operation: &Operation, input: &Value) -> Request<Bytes> {
        http_bindings::write_request(operation, input, &Json::new(&operation.service, Reader::Server))
    }

    fn decode_incoming(&self, operation: &Operation, incoming: &Incoming<'_>) -> Result<Decoded, Rejection> {
        http_bindings::read_request(operation, incoming, &Json::new(&operation.service, Reader::Server))
    }

    fn encode_response(&self, service: &Service, reply: &Reply<'_>, request_id: &str) -> Response<Bytes> {
        match reply {
            Reply::Error { error, status, message } => {
                error_shape::encode(service, (error, *status, message), &json::Free, request_id)
            }
            Reply::Output { operation, status, output } => {
                let format = Json::new(service, Reader::Client);
                http_bindings::write_response(service, &operation.output, (*status, output), &format, request_id)
            }
        }
    }

    fn decode_response(&self, operation: &Operation, response: &Response<Bytes>) -> Result<Received, Rejection> {
        let status = response.status();
        let request_id = super::request_id(&operation.service, response.headers());
        let received = |outcome, oddities| Received { status: status.as_u16(), request_id, outcome, oddities };
        if !status.is_success() {
            return Ok(received(error_shape::decode(&operation.service, response, &json::Free)?, Vec::new()));
        }
        let format = Json::new(&operation.service, Reader::Client);
        let (mut output, oddities) = http_bindings::read_response(&operation.output, response, &format)?;
        if let Some(outcome) = failure_of_a_success(operation, response, &output) {
            return Ok(received(outcome, oddities));
        }
        http_bindings::read_status(&operation.output, status, &mut output);
        Ok(received(Outcome::Output(Value::Object(output)), oddities))
    }
}

/// The declared error that an answer with the status of a success is, where nothing in it is the operation's output:
/// some servers say in the body alone that a request failed.
fn failure_of_a_success(
    operation: &Operation,
    response: &Response<Bytes>,
    output: &Map<String, Value>,
) -> Option<Outcome> {
    let known = &operation.output.root().properties;
    if known.is_empty() || output.keys().any(|name| known.contains_key(name)) {
        return None;
    }
    let outcome = error_shape::decode(&operation.service, response, &json::Free).ok()?;
    let declared = |code: &str| operation.errors.by_code(code).is_some();
    matches!(&outcome, Outcome::Error { code, .. } if declared(code)).then_some(outcome)
}

/// JSON bodies of a service.
struct Json(Style);

impl Json {
    fn new(service: &Service, reader: Reader) -> Self {
        Self(Style {
            timestamps: service.timestamps.unwrap_or(TimestampFormat::EpochSeconds),
            null_is_absent: service.null_is_absent,
            reader,
        })
    }
}

impl BodyFormat for Json {
    fn media_type(&self) -> &'static str {
        MEDIA_TYPE
    }

    fn is(&self, media_type: &str) -> bool {
        is_json(media_type)
    }

    fn empty(&self) -> &'static [u8] {
        b"{}"
    }

    fn leaves_out(&self, node: &Node, value: &View<'_>) -> bool {
        self.0.leaves_out(node, value)
    }

    fn write(&self, shape: &Shape, id: NodeId, value: &View<'_>, out: &mut Vec<u8>) {
        json::write(shape, Some(id), value, self.0, out);
    }

    fn write_members(&self, shape: &Shape, members: &[Member<'_>], out: &mut Vec<u8>) {
        json::write_members(shape, members.iter().copied(), self.0, out);
    }

    fn read(&self, shape: &Shape, id: NodeId, body: &[u8]) -> Result<(Value, Vec<Oddity>), Rejection> {
        let (mut value, mut oddities) = json::parse(body)?;
        json::from_wire(shape, id, &mut value, self.0, &mut oddities);
        Ok((value, oddities))
    }
}
