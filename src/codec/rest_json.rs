//! `rest-json`: members in path, query, headers and a JSON body (Smithy's `aws.protocols#restJson1`, and plain REST).

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::json::{self, Reader, Style};
use super::{
    Addressing, Codec, Decoded, Oddity, Outcome, Received, Rejection, Reply, error_shape, form, headers, placed, text,
};
use crate::contract::model::{Cause, JsonType, Place, TimestampFormat};
use crate::contract::view::View;
use crate::contract::{Fact, Node, NodeId, Operation, Service, Shape};

/// The codec.
#[derive(Debug)]
pub struct RestJson;

impl Codec for RestJson {
    fn name(&self) -> &'static str {
        "rest-json"
    }

    fn addressing(&self) -> Addressing {
        Addressing::Path
    }

    fn media_types(&self) -> &'static [&'static str] {
        &["application/json"]
    }

    fn encode_request(&self, operation: &Operation, input: &Value) -> Request<Bytes> {
        let input = View::from(input);
        let members = input.members();
        let mut request = Request::new(Bytes::new());
        *request.method_mut() = operation.http.method.clone();
        *request.uri_mut() = super::target(&fill_path(operation, members), &write_query(operation, members));
        headers::write(&operation.input, members, request.headers_mut());
        if let Some((body, media_type)) =
            write_body(&operation.input, members, style(&operation.service, Reader::Server), &[])
        {
            *request.body_mut() = body.into();
            let media_type = HeaderValue::from_str(&media_type).unwrap_or(HeaderValue::from_static("application/json"));
            request.headers_mut().entry(CONTENT_TYPE).or_insert(media_type);
        }
        request
    }

    fn decode_request(&self, operation: &Operation, request: &Request<Bytes>) -> Result<Decoded, Rejection> {
        let shape = &operation.input;
        let payload = payload(shape).is_some();
        if !payload
            && !request.body().is_empty()
            && super::media_type(request.headers()).is_some_and(|media_type| !super::is_json(&media_type))
        {
            return Err(Rejection::new(Cause::UnsupportedMediaType, "the body must be application/json"));
        }
        let (mut input, mut oddities) = read_body(shape, request.body(), style(&operation.service, Reader::Server))?;
        read_path(operation, request.uri().path(), &mut input)?;
        read_query(operation, request.uri().query().unwrap_or_default(), &mut input, &mut oddities)?;
        headers::read(shape, request.headers(), &mut input);
        Ok(Decoded { input: Value::Object(input), oddities })
    }

    fn encode_response(&self, service: &Service, reply: &Reply<'_>, request_id: &str) -> Response<Bytes> {
        match reply {
            Reply::Error { error, status, message } => {
                error_shape::encode(service, error, *status, message, request_id)
            }
            Reply::Output { operation, status, output } => {
                let members = output.members();
                let written = write_body(&operation.output, members, style(service, Reader::Client), b"{}");
                let (body, media_type) = written.unwrap_or_default();
                let mut response = super::response(*status, "application/json", service, request_id, body.into());
                if media_type != "application/json" {
                    if media_type.is_empty() {
                        response.headers_mut().remove(CONTENT_TYPE);
                    } else if let Ok(media_type) = HeaderValue::from_str(&media_type) {
                        response.headers_mut().insert(CONTENT_TYPE, media_type);
                    }
                }
                headers::write(&operation.output, members, response.headers_mut());
                if let Some(status) = stated_status(&operation.output, members) {
                    *response.status_mut() = status;
                }
                response
            }
        }
    }

    fn decode_response(&self, operation: &Operation, response: &Response<Bytes>) -> Result<Received, Rejection> {
        let status = response.status();
        let request_id = super::request_id(&operation.service, response.headers());
        if !status.is_success() {
            let outcome = error_shape::decode(&operation.service, response)?;
            return Ok(Received { status: status.as_u16(), request_id, outcome, oddities: Vec::new() });
        }
        let shape = &operation.output;
        let (mut output, oddities) = read_body(shape, response.body(), style(&operation.service, Reader::Client))?;
        headers::read(shape, response.headers(), &mut output);
        if let Some(outcome) = failure_of_a_success(operation, response, &output) {
            return Ok(Received { status: status.as_u16(), request_id, outcome, oddities });
        }
        for (name, id) in &shape.root().properties {
            if shape.nodes[*id].place == Some(Place::Status) {
                output.insert(name.clone(), Value::from(status.as_u16()));
            }
        }
        Ok(Received { status: status.as_u16(), request_id, outcome: Outcome::Output(Value::Object(output)), oddities })
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
    let outcome = error_shape::decode(&operation.service, response).ok()?;
    let declared = |code: &str| operation.errors.by_code(code).is_some();
    matches!(&outcome, Outcome::Error { code, .. } if declared(code)).then_some(outcome)
}

fn style(service: &Service, reader: Reader) -> Style {
    Style {
        timestamps: service.timestamps.unwrap_or(TimestampFormat::EpochSeconds),
        null_is_absent: service.null_is_absent,
        reader,
    }
}

/// The status that an output says itself.
fn stated_status(shape: &Shape, members: &[(&str, View<'_>)]) -> Option<StatusCode> {
    let (_, _, value) = placed(shape, members, Place::Status).next()?;
    let View::Number(number) = value else { return None };
    StatusCode::from_u16(u16::try_from(number.as_u64()?).ok()?).ok()
}

fn in_body(node: &Node) -> bool {
    matches!(node.place, None | Some(Place::Body))
}

/// The member that is the whole body.
fn payload(shape: &Shape) -> Option<(&str, NodeId)> {
    let root = shape.root().properties.iter();
    root.map(|(name, id)| (name.as_str(), *id)).find(|(_, id)| shape.nodes[*id].place == Some(Place::Payload))
}

/// Whether a payload is an object without demands: one without members, and none at all, are then the same body.
fn may_be_empty(node: &Node) -> bool {
    let demanding = |fact: &Fact| matches!(&*fact.keyword, "minProperties" | "required");
    node.types.contains(JsonType::Object) && !node.facts.iter().any(demanding)
}

/// The body and its media type; nothing when no member travels there.
fn write_body(shape: &Shape, members: &[(&str, View<'_>)], style: Style, empty: &[u8]) -> Option<(Vec<u8>, String)> {
    let mut out = Vec::with_capacity(512);
    if let Some((name, id)) = payload(shape) {
        let node = &shape.nodes[id];
        let found = members.iter().find(|(member, value)| *member == name && *value != View::Null);
        let Some((_, value)) = found else {
            return may_be_empty(node).then(|| (b"{}".to_vec(), "application/json".to_owned()));
        };
        let media_type = node.wire.media_type.clone();
        if let (View::Text(text), true) = (value, node.types.contains(JsonType::String)) {
            let bytes = if node.wire.base64 { super::from_base64(text) } else { text.as_bytes().to_vec() };
            let fallback = if node.wire.base64 { "application/octet-stream" } else { "text/plain" };
            return Some((bytes, media_type.unwrap_or_else(|| fallback.to_owned())));
        }
        json::write(shape, Some(id), value, style, &mut out);
        return Some((out, media_type.unwrap_or_else(|| "application/json".to_owned())));
    }
    let root = shape.root();
    let expected = root.properties.values().any(|id| in_body(&shape.nodes[*id]));
    let bodily = members.iter().filter_map(|&(name, ref value)| {
        let id = root.properties.get(name).copied();
        let node = id.map(|id| &shape.nodes[id]);
        let wire = node.and_then(|node| node.wire.name.as_deref()).unwrap_or(name);
        (node.is_none_or(in_body) && !style.leaves_out(root, value)).then_some((wire, id.or(root.values), value))
    });
    let mut bodily = bodily.peekable();
    if bodily.peek().is_none() && !expected {
        return (!empty.is_empty()).then(|| (empty.to_vec(), "application/json".to_owned()));
    }
    json::write_members(shape, bodily, style, &mut out);
    Some((out, "application/json".to_owned()))
}

fn read_body(shape: &Shape, body: &[u8], style: Style) -> Result<(Map<String, Value>, Vec<Oddity>), Rejection> {
    let mut members = Map::new();
    if let Some((name, id)) = payload(shape) {
        if body.is_empty() {
            return Ok((members, Vec::new()));
        }
        let node = &shape.nodes[id];
        let (value, oddities) = if node.types.contains(JsonType::String) {
            let text = if node.wire.base64 {
                super::to_base64(body)
            } else {
                String::from_utf8(body.to_vec()).map_err(|_| Rejection::malformed("the body is not UTF-8"))?
            };
            (Value::String(text), Vec::new())
        } else {
            let (value, mut oddities) = json::parse(body)?;
            if may_be_empty(node) && value.as_object().is_some_and(Map::is_empty) {
                return Ok((members, oddities));
            }
            (json::from_wire(shape, id, value, style, &mut oddities), oddities)
        };
        members.insert(name.to_owned(), value);
        return Ok((members, oddities));
    }
    if body.is_empty() {
        return Ok((members, Vec::new()));
    }
    let (value, mut oddities) = json::parse(body)?;
    let Value::Object(mut members) = json::from_wire(shape, shape.start, value, style, &mut oddities) else {
        return Err(Rejection::malformed("the body is not a JSON object"));
    };
    // A body cannot speak for a member that travels elsewhere.
    let root = shape.root();
    members.retain(|name, _| {
        let bodily = root.properties.get(name).is_none_or(|id| in_body(&shape.nodes[*id]));
        if !bodily {
            oddities.push(Oddity::Unknown(name.clone()));
        }
        bodily
    });
    Ok((members, oddities))
}

/// The path with its labels filled; a greedy label keeps its slashes.
fn fill_path(operation: &Operation, members: &[(&str, View<'_>)]) -> String {
    let shape = &operation.input;
    let value_of = |label: &str| {
        let (_, node, value) = placed(shape, members, Place::Path).find(|(name, ..)| *name == label)?;
        Some(text::render(node, value, TimestampFormat::DateTime).into_owned())
    };
    let segments: Vec<String> = operation
        .http
        .path
        .split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            None => segment.to_owned(),
            Some(label) => match label.strip_suffix('+') {
                Some(greedy) => value_of(greedy)
                    .unwrap_or_default()
                    .split('/')
                    .map(form::escape_segment)
                    .collect::<Vec<_>>()
                    .join("/"),
                None => form::escape_segment(&value_of(label).unwrap_or_default()),
            },
        })
        .collect();
    segments.join("/")
}

fn read_path(operation: &Operation, path: &str, input: &mut Map<String, Value>) -> Result<(), Rejection> {
    let shape = &operation.input;
    let mut rest = path;
    for segment in operation.http.path.split('/') {
        let (here, after) = rest.split_once('/').unwrap_or((rest, ""));
        let label = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        if let Some(label) = label {
            let (label, here) = label.strip_suffix('+').map_or((label, here), |greedy| (greedy, rest));
            let found = shape.root().properties.iter().find(|(name, id)| {
                let node = &shape.nodes[**id];
                node.place == Some(Place::Path) && node.wire.name.as_ref().unwrap_or(name) == label
            });
            if let Some((name, id)) = found {
                let decoded = percent_decode_str(here)
                    .decode_utf8()
                    .map_err(|_| Rejection::malformed("the path is not UTF-8"))?;
                input.insert(name.clone(), text::parse(&shape.nodes[*id], decoded, TimestampFormat::DateTime));
            }
        }
        rest = after;
    }
    Ok(())
}

fn write_query(operation: &Operation, members: &[(&str, View<'_>)]) -> Vec<(String, String)> {
    let shape = &operation.input;
    let mut query = operation.http.query.clone();
    for (name, node, value) in placed(shape, members, Place::Query) {
        push_query(shape, node, name, value, &mut query);
    }
    // What the template or a member of its own says is not said again.
    let said = query.len();
    for (_, node, map) in placed(shape, members, Place::QueryMap) {
        let held = node.values.map_or(node, |id| &shape.nodes[id]);
        for (name, value) in map.members() {
            if !query[..said].iter().any(|(known, _)| known == name) {
                push_query(shape, held, name, value, &mut query);
            }
        }
    }
    query
}

fn push_query(shape: &Shape, node: &Node, name: &str, value: &View<'_>, query: &mut Vec<(String, String)>) {
    let mut push = |node: &Node, value: &View<'_>| {
        if *value != View::Null {
            query.push((name.to_owned(), text::render(node, value, TimestampFormat::DateTime).into_owned()));
        }
    };
    match value {
        View::List(items) => {
            let item = node.items.map_or(node, |id| &shape.nodes[id]);
            for value in items {
                push(item, value);
            }
        }
        scalar => push(node, scalar),
    }
}

fn read_query(
    operation: &Operation,
    query: &str,
    input: &mut Map<String, Value>,
    oddities: &mut Vec<Oddity>,
) -> Result<(), Rejection> {
    if query.is_empty() {
        return Ok(());
    }
    let shape = &operation.input;
    let rest = shape.root().properties.iter().find(|(_, id)| shape.nodes[**id].place == Some(Place::QueryMap));
    for (name, value) in form::parse(query.as_bytes())? {
        if operation.http.query.iter().any(|(constant, _)| *constant == name) {
            continue;
        }
        let member = shape.root().properties.iter().find(|(member, id)| {
            let node = &shape.nodes[**id];
            node.place == Some(Place::Query) && node.wire.name.as_ref().unwrap_or(member).as_str() == name
        });
        if member.is_none() && super::aws_query::is_of_the_protocol(&name) {
            continue;
        }
        if let Some((rest, id)) = rest
            && let Value::Object(map) = input.entry(rest.clone()).or_insert_with(|| Value::Object(Map::new()))
        {
            insert_text(shape, shape.nodes[*id].values.unwrap_or(*id), map, &name, value.clone(), oddities);
        }
        match member {
            Some((member, id)) => insert_text(shape, *id, input, member, value, oddities),
            None if rest.is_none() => oddities.push(Oddity::Unknown(name.into_owned())),
            None => {}
        }
    }
    Ok(())
}

fn insert_text(
    shape: &Shape,
    id: NodeId,
    members: &mut Map<String, Value>,
    name: &str,
    value: Cow<'_, str>,
    oddities: &mut Vec<Oddity>,
) {
    let node = &shape.nodes[id];
    if let Some(item) = node.items {
        let value = text::parse(&shape.nodes[item], value, TimestampFormat::DateTime);
        match members.entry(name.to_owned()).or_insert_with(|| Value::Array(Vec::new())) {
            Value::Array(items) => items.push(value),
            other => *other = value,
        }
    } else if members.contains_key(name) {
        oddities.push(Oddity::Duplicate(name.to_owned()));
    } else {
        members.insert(name.to_owned(), text::parse(node, value, TimestampFormat::DateTime));
    }
}
