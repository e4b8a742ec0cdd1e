//! Members in path, query, headers, status and body: what all REST protocols share, whatever their bodies are written in.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

use super::{Decoded, Incoming, Oddity, Rejection, form, headers, text};
use crate::auth;
use crate::model::{
    Cause, Fact, JsonType, Node, NodeId, Operation, Place, Service, Shape, TimestampFormat, path_template,
};
use crate::text::to_base64;
use crate::value::view::View;

/// How the members of a body are written and read.
pub trait BodyFormat {
    /// The media type of what is written.
    fn media_type(&self) -> &'static str;

    /// Whether a body of this media type is one.
    fn is(&self, media_type: &str) -> bool;

    /// The body of an object without members.
    fn empty(&self) -> &'static [u8];

    /// Whether a member of the body is not written at all.
    fn leaves_out(&self, node: &Node, value: &View<'_>) -> bool;

    /// Writes the value of a node as the whole body.
    fn write(&self, shape: &Shape, id: NodeId, value: &View<'_>, out: &mut Vec<u8>);

    /// Writes members, each with its name on the wire, as the whole body.
    fn write_members(&self, shape: &Shape, members: &[Member<'_>], out: &mut Vec<u8>);

    /// Reads a body as the value of a node.
    ///
    /// # Errors
    /// [`Rejection`] when the bytes are not of this format.
    fn read(&self, shape: &Shape, id: NodeId, body: &[u8]) -> Result<(Value, Vec<Oddity>), Rejection>;
}

/// A member of a body: its name on the wire, its node where it has one, its value.
pub type Member<'v> = (&'v str, Option<NodeId>, &'v View<'v>);

/// Writes the request for an input.
pub fn write_request(operation: &Operation, input: &Value, format: &dyn BodyFormat) -> Request<Bytes> {
    let input = View::from(input);
    let members = input.members();
    let mut request = Request::new(Bytes::new());
    *request.method_mut() = operation.http.method.clone();
    *request.uri_mut() = super::target(&fill_path(operation, members), &write_query(operation, members));
    headers::write(&operation.input, members, request.headers_mut());
    if let Some((body, media_type)) = write_body(&operation.input, members, format, &[]) {
        *request.body_mut() = body.into();
        let media_type = HeaderValue::from_str(&media_type);
        let media_type = media_type.unwrap_or(HeaderValue::from_static(format.media_type()));
        request.headers_mut().entry(CONTENT_TYPE).or_insert(media_type);
    }
    request
}

/// Reads the input of a request.
pub fn read_request(
    operation: &Operation,
    incoming: &Incoming<'_>,
    format: &dyn BodyFormat,
) -> Result<Decoded, Rejection> {
    let shape = &operation.input;
    let request = incoming.request;
    let other = |media_type: Cow<'_, str>| !format.is(&media_type);
    if payload(shape).is_none() && !request.body().is_empty() && super::media_type(request.headers()).is_some_and(other)
    {
        let detail = format!("the body must be {}", format.media_type());
        return Err(Rejection::new(Cause::UnsupportedMediaType, detail));
    }
    let (mut input, mut oddities) = read_body(shape, request.body(), format)?;
    read_path(operation, incoming, &mut input)?;
    read_query(operation, incoming, &mut input, &mut oddities)?;
    headers::read(shape, request.headers(), &mut input);
    Ok(Decoded { input: Value::Object(input), oddities })
}

/// Writes the response for an output.
pub fn write_response(
    service: &Service,
    shape: &Shape,
    (status, output): (u16, &View<'_>),
    format: &dyn BodyFormat,
    request_id: &str,
) -> Response<Bytes> {
    let members = output.members();
    let (body, media_type) = write_body(shape, members, format, format.empty()).unwrap_or_default();
    let mut response = super::response(status, format.media_type(), service, request_id, body.into());
    if media_type != format.media_type() {
        if media_type.is_empty() {
            response.headers_mut().remove(CONTENT_TYPE);
        } else if let Ok(media_type) = HeaderValue::from_str(&media_type) {
            response.headers_mut().insert(CONTENT_TYPE, media_type);
        }
    }
    headers::write(shape, members, response.headers_mut());
    if let Some(status) = stated_status(shape, members) {
        *response.status_mut() = status;
    }
    response
}

/// Reads the members of a response, but for its status.
pub fn read_response(
    shape: &Shape,
    response: &Response<Bytes>,
    format: &dyn BodyFormat,
) -> Result<(Map<String, Value>, Vec<Oddity>), Rejection> {
    let (mut output, oddities) = read_body(shape, response.body(), format)?;
    headers::read(shape, response.headers(), &mut output);
    Ok((output, oddities))
}

/// Adds the status to an output that has a member for it.
pub fn read_status(shape: &Shape, status: StatusCode, output: &mut Map<String, Value>) {
    for (name, _) in shape.bound_to(Place::Status) {
        output.insert(name.to_owned(), Value::from(status.as_u16()));
    }
}

/// The members of a value that travel at a place, with their names on the wire. What is null does not travel.
pub fn placed<'s>(
    shape: &'s Shape,
    members: &'s [(&'s str, View<'s>)],
    place: Place,
) -> impl Iterator<Item = (&'s str, &'s Node, &'s View<'s>)> {
    let is_used = shape.bound().iter().any(|bound| bound.place == place);
    let members = if is_used { members } else { &[] };
    members.iter().filter(|(_, value)| *value != View::Null).filter_map(move |&(name, ref value)| {
        let node = &shape.nodes[*shape.root().properties.get(name)?];
        (node.place == Some(place)).then(|| (node.wire.name.as_deref().unwrap_or(name), node, value))
    })
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
    shape.bound_to(Place::Payload).next()
}

/// Whether a payload is an object without demands: one without members, and none at all, are then the same body.
fn may_be_empty(node: &Node) -> bool {
    let demanding = |fact: &Fact| matches!(&*fact.keyword, "minProperties" | "required");
    node.types.contains(JsonType::Object) && !node.facts.iter().any(demanding)
}

/// The body and its media type; nothing when no member travels there.
fn write_body(
    shape: &Shape,
    members: &[(&str, View<'_>)],
    format: &dyn BodyFormat,
    empty: &[u8],
) -> Option<(Vec<u8>, String)> {
    if let Some((name, id)) = payload(shape) {
        let found = members.iter().find(|(member, value)| *member == name && *value != View::Null);
        return write_payload(shape, id, found.map(|(_, value)| value), format);
    }
    let root = shape.root();
    let expected = root.properties.values().any(|id| in_body(&shape.nodes[*id]));
    let bodily = members.iter().filter_map(|&(name, ref value)| {
        let id = root.properties.get(name).copied();
        let node = id.map(|id| &shape.nodes[id]);
        let wire = node.and_then(|node| node.wire.name.as_deref()).unwrap_or(name);
        (node.is_none_or(in_body) && !format.leaves_out(root, value)).then_some((wire, id.or(root.values), value))
    });
    let bodily: Vec<Member<'_>> = bodily.collect();
    if bodily.is_empty() && !expected {
        return (!empty.is_empty()).then(|| (empty.to_vec(), format.media_type().to_owned()));
    }
    let mut out = Vec::with_capacity(512);
    format.write_members(shape, &bodily, &mut out);
    Some((out, format.media_type().to_owned()))
}

/// A body that is one member: its text or bytes as they are, anything else in the protocol's format.
fn write_payload(
    shape: &Shape,
    id: NodeId,
    value: Option<&View<'_>>,
    format: &dyn BodyFormat,
) -> Option<(Vec<u8>, String)> {
    let node = &shape.nodes[id];
    let Some(value) = value else {
        return may_be_empty(node).then(|| (format.empty().to_vec(), format.media_type().to_owned()));
    };
    let media_type = node.wire.media_type.clone();
    if let (View::Text(text), true) = (value, node.types.contains(JsonType::String)) {
        let bytes = if node.wire.base64 { super::from_base64(text) } else { text.as_bytes().to_vec() };
        let fallback = if node.wire.base64 { "application/octet-stream" } else { "text/plain" };
        return Some((bytes, media_type.unwrap_or_else(|| fallback.to_owned())));
    }
    let mut out = Vec::with_capacity(512);
    format.write(shape, id, value, &mut out);
    Some((out, media_type.unwrap_or_else(|| format.media_type().to_owned())))
}

fn read_body(
    shape: &Shape,
    body: &[u8],
    format: &dyn BodyFormat,
) -> Result<(Map<String, Value>, Vec<Oddity>), Rejection> {
    if body.is_empty() {
        return Ok((Map::new(), Vec::new()));
    }
    if let Some((name, id)) = payload(shape) {
        return read_payload(shape, (name, id), body, format);
    }
    let (value, mut oddities) = format.read(shape, shape.start, body)?;
    let Value::Object(mut members) = value else {
        return Err(Rejection::malformed("the body is not an object"));
    };
    // A body cannot speak for a member that travels elsewhere.
    for bound in shape.bound() {
        if let Some((name, _)) = shape.root().properties.get_index(bound.member)
            && members.shift_remove(name).is_some()
        {
            oddities.push(Oddity::Unknown(name.clone()));
        }
    }
    Ok((members, oddities))
}

fn read_payload(
    shape: &Shape,
    (name, id): (&str, NodeId),
    body: &[u8],
    format: &dyn BodyFormat,
) -> Result<(Map<String, Value>, Vec<Oddity>), Rejection> {
    let node = &shape.nodes[id];
    let mut members = Map::new();
    let (value, oddities) = if node.types.contains(JsonType::String) {
        let text = if node.wire.base64 {
            to_base64(body)
        } else {
            String::from_utf8(body.to_vec()).map_err(|_| Rejection::malformed("the body is not UTF-8"))?
        };
        (Value::String(text), Vec::new())
    } else {
        format.read(shape, id, body)?
    };
    let is_nothing = may_be_empty(node) && value.as_object().is_some_and(Map::is_empty);
    if !is_nothing {
        members.insert(name.to_owned(), value);
    }
    Ok((members, oddities))
}

/// The path with its labels filled; a greedy label keeps its slashes.
fn fill_path(operation: &Operation, members: &[(&str, View<'_>)]) -> String {
    let text_of = |label: &str| {
        let mut labelled = placed(&operation.input, members, Place::Path);
        let found = labelled.find(|(name, ..)| *name == label);
        let text = |(_, node, value)| text::render(node, value, TimestampFormat::DateTime).into_owned();
        found.map(text).unwrap_or_default()
    };
    path_template::fill(&operation.http.path, text_of, form::escape)
}

/// The member that has this name at a place.
fn bound_as<'s>(shape: &'s Shape, place: Place, wire: &str) -> Option<(&'s str, NodeId)> {
    shape.bound_to(place).find(|(name, id)| shape.nodes[*id].wire.name.as_deref().unwrap_or(name) == wire)
}

fn read_path(operation: &Operation, incoming: &Incoming<'_>, input: &mut Map<String, Value>) -> Result<(), Rejection> {
    let shape = &operation.input;
    let found;
    let held = match incoming.labels() {
        Some(held) => held,
        None => {
            found = path_template::capture(&operation.http.path, incoming.request.uri().path()).unwrap_or_default();
            &found
        }
    };
    for (label, text) in operation.http.labels.iter().zip(held) {
        let Some((name, id)) = bound_as(shape, Place::Path, label) else { continue };
        let decoded = match memchr::memchr(b'%', text.as_bytes()) {
            None => Cow::Borrowed(*text),
            Some(_) => {
                percent_decode_str(text).decode_utf8().map_err(|_| Rejection::malformed("the path is not UTF-8"))?
            }
        };
        input.insert(name.to_owned(), text::parse(&shape.nodes[id], decoded, TimestampFormat::DateTime));
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

/// Reads the query string. Of parameters that are no members, constants of the path and what signs the request are none
/// of the input.
fn read_query(
    operation: &Operation,
    incoming: &Incoming<'_>,
    input: &mut Map<String, Value>,
    oddities: &mut Vec<Oddity>,
) -> Result<(), Rejection> {
    let shape = &operation.input;
    let rest = shape.bound_to(Place::QueryMap).next();
    for (name, value) in incoming.query()? {
        if operation.http.query.iter().any(|(constant, _)| *constant == name) {
            continue;
        }
        let member = bound_as(shape, Place::Query, &name);
        if member.is_none() && auth::signs(&operation.service.auth, &name) {
            continue;
        }
        if let Some((rest, id)) = rest
            && let Value::Object(map) = input.entry(rest).or_insert_with(|| Value::Object(Map::new()))
        {
            insert_text(shape, shape.nodes[id].values.unwrap_or(id), map, &name, value.clone(), oddities);
        }
        match member {
            Some((member, id)) => insert_text(shape, id, input, member, value, oddities),
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
