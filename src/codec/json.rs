//! JSON bodies: read strictly (no duplicate members, bounded depth), and written by the schema.

use std::borrow::Cow;
use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

use super::error_shape::FreeFormat;
use super::{MAX_DEPTH, MAX_VALUES, Oddity, Rejection, text};
use crate::model::{JsonType, Node, NodeId, Shape, TimestampFormat};
use crate::value::view::View;

/// Reads a JSON text. Of a duplicate member the first value stands.
pub fn parse(text: &[u8]) -> Result<(Value, Vec<Oddity>), Rejection> {
    let text = std::str::from_utf8(text).map_err(|_| Rejection::malformed("the body is not UTF-8"))?;
    let (duplicates, values) = (Cell::new(Vec::new()), Cell::new(0));
    let mut deserializer = serde_json::Deserializer::from_str(text);
    let seed = Seed { depth: 0, duplicates: &duplicates, values: &values };
    let value = seed.deserialize(&mut deserializer).and_then(|value| deserializer.end().map(|()| value));
    // Only the place of the fault is told: a message of the parser may quote the body.
    let malformed = |error: serde_json::Error| {
        if values.get() > MAX_VALUES {
            return Rejection::malformed(format!("the body has more than {MAX_VALUES} values"));
        }
        Rejection::malformed(format!("the body is not JSON at line {} column {}", error.line(), error.column()))
    };
    Ok((value.map_err(malformed)?, duplicates.into_inner()))
}

#[derive(Clone, Copy)]
struct Seed<'d> {
    depth: usize,
    duplicates: &'d Cell<Vec<Oddity>>,
    /// How many values were read so far.
    values: &'d Cell<usize>,
}

impl Seed<'_> {
    fn deeper<E: Error>(self) -> Result<Self, E> {
        if self.depth >= MAX_DEPTH {
            return Err(E::custom("nested too deep"));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.values.set(self.values.get() + 1);
        if self.values.get() > MAX_VALUES {
            return Err(D::Error::custom("too many values"));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(Value::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        Number::from_f64(value).map(Value::Number).ok_or_else(|| E::custom("a number that is not finite"))
    }

    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(Value::String(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(Value::String(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut items = Vec::new();
        while let Some(item) = access.next_element_seed(seed)? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<Value, A::Error> {
        let seed = self.deeper()?;
        let mut members = Map::new();
        while let Some(name) = access.next_key::<Cow<'de, str>>()? {
            let value = access.next_value_seed(seed)?;
            match members.entry(name.into_owned()) {
                serde_json::map::Entry::Vacant(entry) => {
                    entry.insert(value);
                }
                serde_json::map::Entry::Occupied(entry) => {
                    let mut duplicates = self.duplicates.take();
                    duplicates.push(Oddity::Duplicate(entry.key().clone()));
                    self.duplicates.set(duplicates);
                }
            }
        }
        Ok(Value::Object(members))
    }
}

/// JSON that no schema describes.
pub struct Free;

impl FreeFormat for Free {
    fn media_type(&self) -> &'static str {
        "application/json"
    }

    fn render(&self, body: &View<'_>) -> Vec<u8> {
        body.to_value().to_string().into_bytes()
    }

    fn parse(&self, body: &[u8]) -> Result<Value, Rejection> {
        Ok(parse(body)?.0)
    }
}

/// How JSON bodies of a protocol differ from the values of the contract.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// How timestamps travel.
    pub timestamps: TimestampFormat,
    /// Whether a null member of a structure is an absent one.
    pub null_is_absent: bool,
    /// Who reads.
    pub reader: Reader,
}

/// Who reads a body.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reader {
    /// A server: everything it is sent is judged.
    Server,
    /// A client: it passes over what its protocol tells it to, types that a structure names for itself and nulls in
    /// maps that hold none.
    Client,
}

/// The member in which a structure may name its own type.
const OWN_TYPE: &str = "__type";

impl Style {
    /// Whether a member that was read is as good as not there.
    fn passes_over(self, shape: &Shape, node: &Node, name: &str, value: &Value) -> bool {
        let client = self.reader == Reader::Client;
        if value.is_null() {
            let holds_nulls = |values: NodeId| {
                let types = shape.nodes[values].types;
                types.is_empty() || types.contains(JsonType::Null)
            };
            let dense = node.values.is_some_and(|values| !holds_nulls(values));
            return self.null_is_absent && (is_structure(node) || client && dense);
        }
        client && name == OWN_TYPE && is_structure(node) && !node.properties.contains_key(name)
    }

    /// Whether a member is a time, but written as text where the protocol has a number: a client that takes it guesses.
    fn misses_form(self, node: &Node, value: &Value) -> bool {
        let format = || node.wire.timestamp.unwrap_or(self.timestamps);
        self.reader == Reader::Client
            && text::is_timestamp(node)
            && value.as_str().is_some_and(|text| text.parse::<jiff::Timestamp>().is_ok())
            && format() == TimestampFormat::EpochSeconds
    }

    /// Whether a member is not written.
    pub fn leaves_out(self, node: &Node, value: &View<'_>) -> bool {
        self.null_is_absent && *value == View::Null && is_structure(node)
    }
}

/// Whether an object's members are those that the schema names: no map, and nothing free of form.
fn is_structure(node: &Node) -> bool {
    !node.properties.is_empty() && node.values.is_none()
}

/// Turns a body's value into the contract's: names, timestamps, nulls. A member that nobody knows is an oddity; it
/// stays, unless its name is another member's in the contract.
pub fn from_wire(shape: &Shape, id: NodeId, value: &mut Value, style: Style, oddities: &mut Vec<Oddity>) {
    let node = &shape.nodes[id];
    match value {
        Value::Object(members) => {
            if members.iter().any(|(name, value)| style.passes_over(shape, node, name, value)) {
                members.retain(|name, value| !style.passes_over(shape, node, name, value));
            }
            if node.renames {
                *members = renamed(shape, node, std::mem::take(members), style, oddities);
            } else {
                members_from_wire(shape, node, members, style, oddities);
            }
        }
        Value::Array(items) => {
            if let Some(item) = node.items {
                for value in items {
                    from_wire(shape, item, value, style, oddities);
                }
            }
        }
        scalar => {
            if text::is_timestamp(node) {
                *scalar = text::parse_timestamp(scalar, node.wire.timestamp.unwrap_or(style.timestamps));
            }
        }
    }
}

/// The members of an object whose names are the contract's.
fn members_from_wire(
    shape: &Shape,
    node: &Node,
    members: &mut Map<String, Value>,
    style: Style,
    oddities: &mut Vec<Oddity>,
) {
    let mut properties = node.in_order();
    for (name, value) in members {
        if let Some(member) = properties.find(name).or(node.values) {
            if style.misses_form(&shape.nodes[member], value) {
                oddities.push(Oddity::OtherForm(name.clone()));
            }
            from_wire(shape, member, value, style, oddities);
        } else if is_structure(node) && names_all(node) {
            oddities.push(Oddity::Unknown(name.clone()));
        }
    }
}

/// Whether no other schema of the same value, and no pattern, may name a member that this one does not.
fn names_all(node: &Node) -> bool {
    node.patterns.is_empty() && node.all_of.is_empty() && !node.branches.is_any()
}

/// The members of an object of which some have another name in the contract.
fn renamed(
    shape: &Shape,
    node: &Node,
    members: Map<String, Value>,
    style: Style,
    oddities: &mut Vec<Oddity>,
) -> Map<String, Value> {
    let mut renamed = Map::with_capacity(members.len());
    for (name, mut value) in members {
        match member_on_wire(shape, node, &name) {
            Some((member, id)) => {
                if style.misses_form(&shape.nodes[id], &value) {
                    oddities.push(Oddity::OtherForm(name.clone()));
                }
                from_wire(shape, id, &mut value, style, oddities);
                renamed.insert(member.map_or(name, str::to_owned), value);
            }
            None if node.properties.contains_key(&name) => oddities.push(Oddity::Unknown(name)),
            None => {
                if names_all(node) {
                    oddities.push(Oddity::Unknown(name.clone()));
                }
                renamed.insert(name, value);
            }
        }
    }
    renamed
}

/// The member a wire name stands for, with its name where that differs.
fn member_on_wire<'n>(shape: &Shape, node: &'n Node, name: &str) -> Option<(Option<&'n str>, NodeId)> {
    if let Some(&id) = node.properties.get(name)
        && shape.nodes[id].wire.name.is_none()
    {
        return Some((None, id));
    }
    let renamed = node.properties.iter().find(|(_, id)| shape.nodes[**id].wire.name.as_deref() == Some(name));
    renamed.map(|(member, id)| (Some(member.as_str()), *id)).or(node.values.map(|id| (None, id)))
}

/// Writes a value of the contract as JSON.
pub fn write(shape: &Shape, node: Option<NodeId>, value: &View<'_>, style: Style, out: &mut Vec<u8>) {
    let known = node.map(|id| &shape.nodes[id]);
    match value {
        View::Object(members) => {
            let said = members.iter().filter(|(_, value)| known.is_none_or(|node| !style.leaves_out(node, value)));
            let named = said.map(|&(name, ref value)| {
                let member = known.and_then(|node| node.properties.get(name)).copied();
                let wire = member.and_then(|id| shape.nodes[id].wire.name.as_deref()).unwrap_or(name);
                (wire, member.or(known.and_then(|node| node.values)), value)
            });
            write_members(shape, named, style, out);
        }
        View::List(items) => {
            out.push(b'[');
            for (index, item) in items.iter().enumerate() {
                if index > 0 {
                    out.push(b',');
                }
                write(shape, known.and_then(|node| node.items), item, style, out);
            }
            out.push(b']');
        }
        scalar => {
            let timestamp = known
                .filter(|node| text::is_timestamp(node))
                .and_then(|node| text::render_timestamp(scalar, node.wire.timestamp.unwrap_or(style.timestamps)));
            match timestamp {
                Some(Value::String(text)) => write_text(&text, out),
                Some(other) => out.extend_from_slice(other.to_string().as_bytes()),
                None => write_scalar(scalar, out),
            }
        }
    }
}

/// Writes an object of named members.
pub fn write_members<'v>(
    shape: &Shape,
    members: impl Iterator<Item = (&'v str, Option<NodeId>, &'v View<'v>)>,
    style: Style,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    for (index, (name, node, value)) in members.enumerate() {
        if index > 0 {
            out.push(b',');
        }
        write_text(name, out);
        out.push(b':');
        write(shape, node, value, style, out);
    }
    out.push(b'}');
}

fn write_scalar(value: &View<'_>, out: &mut Vec<u8>) {
    match value {
        View::Text(text) => write_text(text, out),
        View::Null => out.extend_from_slice(b"null"),
        View::Bool(true) => out.extend_from_slice(b"true"),
        View::Bool(false) => out.extend_from_slice(b"false"),
        View::Number(number) => serde_json::to_writer(out, number).expect("a number is always written to memory"),
        other => out.extend_from_slice(other.to_value().to_string().as_bytes()),
    }
}

fn write_text(text: &str, out: &mut Vec<u8>) {
    // Most text is plain. All bytes are looked at, since the compiler takes many at once then.
    let special = |byte: u8| matches!(byte, 0..b' ' | b'"' | b'\\');
    if text.bytes().fold(false, |found, byte| found | special(byte)) {
        serde_json::to_writer(out, text).expect("text is always written to memory");
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_first_of_two_members_stands() {
        let (value, oddities) = parse(br#"{"a": 1, "a": 2, "b": {"c": [1, {"d": 1, "d": 1}]}}"#).expect("JSON");
        assert_eq!(value, json!({"a": 1, "b": {"c": [1, {"d": 1}]}}));
        assert_eq!(oddities, [Oddity::Duplicate("a".into()), Oddity::Duplicate("d".into())]);
    }

    #[test]
    fn writes_text_as_serde_does() {
        for text in
            ["", "plain text", "\"", "a\\b", "\u{1f}", "\u{7f} é \u{2028}", "line\nfeed and more than sixteen bytes"]
        {
            let mut out = Vec::new();
            write_text(text, &mut out);
            assert_eq!(out, serde_json::to_vec(text).expect("text"));
        }
    }

    #[test]
    fn refuses_depth_bytes_and_rest() {
        let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
        assert!(parse(nested(MAX_DEPTH).as_bytes()).is_ok() && parse(nested(MAX_DEPTH + 1).as_bytes()).is_err());
        for body in [&b"{\"a\": \"\xff\"}"[..], b"", b"{} x", b"{\"a\": 1e999}", b"{'a': 1}", b"\x00"] {
            assert!(parse(body).is_err(), "{body:?}");
        }
    }

    #[test]
    fn refuses_more_values_than_it_can_hold() {
        let numbers = |count: usize| format!("[{}0]", "0,".repeat(count - 1));
        assert!(parse(numbers(MAX_VALUES - 1).as_bytes()).is_ok());
        let rejection = parse(numbers(MAX_VALUES).as_bytes()).expect_err("one too many, the list itself counted");
        assert!(rejection.detail.contains("100000 values"), "{}", rejection.detail);
        let names: Vec<String> = (0..MAX_VALUES).map(|name| format!("\"{name}\":0")).collect();
        assert!(parse(format!("{{{}}}", names.join(",")).as_bytes()).is_err());
    }

    #[test]
    fn a_rejection_quotes_nothing() {
        let rejection = parse(br#"{"MasterUserPassword": "hunter22" oops"#).expect_err("not JSON");
        assert!(!rejection.detail.contains("hunter22") && rejection.detail.contains("line 1"));
    }
}
