//! XML bodies: written by the schema, read without entities or document types and with bounded depth.

use std::borrow::Cow;

use quick_xml::escape::escape;
use quick_xml::events::{BytesStart, Event};
use quick_xml::reader::Reader;
use serde_json::{Map, Value};

use super::error_shape::FreeFormat;
use super::{MAX_DEPTH, MAX_VALUES, Rejection, text};
use crate::model::{JsonType, Node, NodeId, Shape, TimestampFormat};
use crate::value::view::View;

/// Writes the members of an output.
pub fn write_members(shape: &Shape, node: &Node, members: &[(&str, View<'_>)], out: &mut String) {
    for (name, member, value) in schemas(node, members) {
        let known = member.map(|id| &shape.nodes[id]);
        if known.is_some_and(|node| node.wire.attribute) {
            continue;
        }
        let wire = known.and_then(|node| node.wire.name.as_deref()).unwrap_or(name);
        write(shape, member, value, wire, out);
    }
}

/// Members with their schemas.
fn schemas<'m, 'v>(
    node: &'m Node,
    members: &'m [(&'v str, View<'v>)],
) -> impl Iterator<Item = (&'v str, Option<NodeId>, &'m View<'v>)> {
    let mut properties = node.in_order();
    members.iter().map(move |&(name, ref value)| (name, properties.find(name), value))
}

fn write(shape: &Shape, id: Option<NodeId>, value: &View<'_>, name: &str, out: &mut String) {
    let node = id.map(|id| &shape.nodes[id]);
    match (value, node) {
        (View::Null, _) => {}
        (View::List(items), Some(node)) => {
            let item = node.wire.item.as_deref().unwrap_or("member");
            let flattened = node.wire.flattened;
            if !flattened {
                open(shape, node, name, value, out);
            }
            for value in items {
                write(shape, node.items, value, if flattened { name } else { item }, out);
            }
            if !flattened {
                close(name, out);
            }
        }
        (View::Object(entries), Some(node)) if is_map(node) && node.wire.flattened => {
            for entry in entries {
                open(shape, node, name, value, out);
                write_entry(shape, node, entry, out);
                close(name, out);
            }
        }
        (View::Object(entries), Some(node)) if is_map(node) => {
            let tag = node.wire.item.as_deref().unwrap_or("entry");
            open(shape, node, name, value, out);
            for entry in entries {
                out.extend(["<", tag, ">"]);
                write_entry(shape, node, entry, out);
                close(tag, out);
            }
            close(name, out);
        }
        (View::Object(members), Some(node)) => {
            open(shape, node, name, value, out);
            write_members(shape, node, members, out);
            close(name, out);
        }
        (View::List(_) | View::Object(_), None) => {}
        (scalar, Some(node)) => {
            begin(node, name, out);
            out.push('>');
            push_legal(&text::render(node, scalar, TimestampFormat::DateTime), out);
            close(name, out);
        }
        (scalar, None) => {
            out.extend(["<", name, ">", &legal(scalar.as_text().unwrap_or_default())]);
            close(name, out);
        }
    }
}

/// Whether an object's members are entries of a map.
fn is_map(node: &Node) -> bool {
    node.properties.is_empty() && node.values.is_some()
}

/// Writes the key and the value of a map's entry.
fn write_entry(shape: &Shape, map: &Node, (key, value): &(&str, View<'_>), out: &mut String) {
    let name = map.wire.key.as_deref().unwrap_or("key");
    out.extend(["<", name]);
    if let Some(keys) = map.keys {
        declare(&shape.nodes[keys], out);
    }
    out.extend([">", &legal(key)]);
    close(name, out);
    write(shape, map.values, value, map.wire.value.as_deref().unwrap_or("value"), out);
}

/// Opens an element with its namespace and attributes.
fn open(shape: &Shape, node: &Node, name: &str, value: &View<'_>, out: &mut String) {
    begin(node, name, out);
    if node.attributes {
        write_attributes(shape, node, value, out);
    }
    out.push('>');
}

fn begin(node: &Node, name: &str, out: &mut String) {
    out.push('<');
    out.push_str(name);
    declare(node, out);
}

fn write_attributes(shape: &Shape, node: &Node, value: &View<'_>, out: &mut String) {
    for (member, id, value) in schemas(node, value.members()) {
        let attribute = id.map(|id| &shape.nodes[id]);
        if let Some(attribute) = attribute.filter(|attribute| attribute.wire.attribute && *value != View::Null) {
            let name = attribute.wire.name.as_deref().unwrap_or(member);
            let text = text::render(attribute, value, TimestampFormat::DateTime);
            // White space would be read as blanks, unless written as references.
            let text = legal(&text).replace('\t', "&#9;").replace('\n', "&#10;");
            out.extend([" ", name, "=\"", &text, "\""]);
        }
    }
}

/// Declares an element's namespace, if it has one of its own.
fn declare(node: &Node, out: &mut String) {
    let Some(namespace) = &node.wire.namespace else { return };
    match &namespace.prefix {
        Some(prefix) => out.extend([" xmlns:", prefix, "=\"", &escape(&namespace.uri), "\""]),
        None => out.extend([" xmlns=\"", &escape(&namespace.uri), "\""]),
    }
}

fn close(name: &str, out: &mut String) {
    out.push_str("</");
    out.push_str(name);
    out.push('>');
}

/// Whether XML has the text as it is. All bytes are looked at, since the compiler takes many at once then.
fn is_plain(text: &str) -> bool {
    let special = |byte: u8| matches!(byte, 0..b' ' | b'"' | b'&' | b'\'' | b'<' | b'>' | 0x80..);
    !text.bytes().fold(false, |found, byte| found | special(byte))
}

/// Writes text as XML 1.0 can hold it.
fn push_legal(text: &str, out: &mut String) {
    if is_plain(text) {
        out.push_str(text);
    } else {
        out.push_str(&legal(text));
    }
}

/// Text as XML 1.0 can hold it: escaped, and characters it forbids replaced.
pub fn legal(text: &str) -> Cow<'_, str> {
    // Most text is plain.
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let forbidden = |c: char| !holds(c);
    // A carriage return would be read as a line feed, unless written as a reference.
    if !text.contains(|c: char| forbidden(c) || c == '\r') {
        return escape(text);
    }
    let replaced: String = text.chars().map(|c| if forbidden(c) { '\u{fffd}' } else { c }).collect();
    Cow::Owned(escape(&replaced).replace('\r', "&#13;"))
}

/// Whether XML 1.0 can hold the character, as itself or as a reference (section 2.2).
pub fn holds(c: char) -> bool {
    !(c < ' ' && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}'))
}

/// XML that no schema describes: an object's one member is the root, its members are elements, a list's items are
/// elements of its name.
pub struct Free<'n> {
    /// The namespace of the root; empty where it has none.
    pub namespace: &'n str,
}

impl FreeFormat for Free<'_> {
    fn media_type(&self) -> &'static str {
        "text/xml"
    }

    fn render(&self, body: &View<'_>) -> Vec<u8> {
        let mut out = String::with_capacity(512);
        if let Some((name, root)) = body.members().first() {
            open_root(name, self.namespace, &mut out);
            write_free(root, &mut out);
            close(name, &mut out);
        }
        out.into_bytes()
    }

    fn parse(&self, body: &[u8]) -> Result<Value, Rejection> {
        let root = parse(body)?;
        Ok(Value::Object(std::iter::once((root.name.clone(), free(&root))).collect()))
    }
}

/// Opens the root element, in a namespace unless that is empty.
pub fn open_root(name: &str, namespace: &str, out: &mut String) {
    out.extend(["<", name]);
    if !namespace.is_empty() {
        out.extend([" xmlns=\"", &escape(namespace), "\""]);
    }
    out.push('>');
}

fn write_free(value: &View<'_>, out: &mut String) {
    match value {
        View::Object(members) => {
            for (name, member) in members {
                let items = if let View::List(items) = member { items } else { std::slice::from_ref(member) };
                for item in items {
                    out.extend(["<", name, ">"]);
                    write_free(item, out);
                    close(name, out);
                }
            }
        }
        View::Text(text) => out.push_str(&legal(text)),
        View::Null | View::List(_) => {}
        scalar => out.push_str(&scalar.to_value().to_string()),
    }
}

/// An element as a value: its text, or its children by name, the first of each.
fn free(element: &Element) -> Value {
    if element.children.is_empty() {
        return Value::String(element.text.clone());
    }
    let mut members = Map::new();
    for child in &element.children {
        members.entry(child.name.clone()).or_insert_with(|| free(child));
    }
    Value::Object(members)
}

/// An element that was read.
#[derive(Debug, Default, PartialEq)]
pub struct Element {
    /// Local name, without prefix.
    pub name: String,
    /// The namespace that a root declares for itself.
    pub namespace: Option<String>,
    /// Attributes by name as written, namespace declarations left out.
    pub attributes: Vec<(String, String)>,
    /// Child elements.
    pub children: Vec<Element>,
    /// Text directly below.
    pub text: String,
}

impl Element {
    /// The first child of this name.
    pub fn child(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.name == name)
    }

    /// The text of the first child of this name.
    pub fn text_of(&self, name: &str) -> Option<&str> {
        self.child(name).map(|child| child.text.as_str())
    }
}

/// Reads a document.
pub fn parse(body: &[u8]) -> Result<Element, Rejection> {
    let text = std::str::from_utf8(body).map_err(|_| Rejection::malformed("the body is not UTF-8"))?;
    let mut reader = Reader::from_str(text);
    reader.config_mut().expand_empty_elements = true;
    let mut open: Vec<Element> = Vec::new();
    let mut root = None;
    let mut elements = 0;
    loop {
        let event = reader.read_event().map_err(|_| not_xml(&reader))?;
        match event {
            Event::Start(start) => {
                elements += 1;
                if open.len() >= MAX_DEPTH || elements > MAX_VALUES || root.is_some() {
                    return Err(Rejection::malformed("the XML is nested too deep, too large or has two roots"));
                }
                let mut element = element(&start).ok_or_else(|| not_xml(&reader))?;
                element.namespace = if open.is_empty() { namespace(&start) } else { None };
                open.push(element);
            }
            Event::End(_) => {
                let Some(done) = open.pop() else { return Err(not_xml(&reader)) };
                match open.last_mut() {
                    Some(parent) => parent.children.push(done),
                    None => root = Some(done),
                }
            }
            Event::Text(piece) => append(&mut open, &piece.xml10_content()),
            Event::CData(piece) => append(&mut open, &piece),
            Event::GeneralRef(reference) => {
                let resolved = match reference.resolve_char_ref().map_err(|_| not_xml(&reader))? {
                    Some(character) => character.to_string(),
                    None => {
                        quick_xml::escape::resolve_xml_entity(&reference).ok_or_else(|| not_xml(&reader))?.to_owned()
                    }
                };
                append(&mut open, &resolved);
            }
            Event::DocType(_) => return Err(Rejection::malformed("the XML has a document type, which is not read")),
            Event::Eof => break,
            Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
        }
    }
    match (root, open.is_empty()) {
        (Some(root), true) => Ok(root),
        _ => Err(not_xml(&reader)),
    }
}

fn not_xml(reader: &Reader<&[u8]>) -> Rejection {
    Rejection::malformed(format!("the body is not XML at byte {}", reader.buffer_position()))
}

fn element(start: &BytesStart<'_>) -> Option<Element> {
    let name = start.local_name().into_inner().to_owned();
    Some(Element { name, attributes: attributes(start)?, ..Element::default() })
}

fn namespace(start: &BytesStart<'_>) -> Option<String> {
    let declaration = match start.name().into_inner().split_once(':') {
        Some((prefix, _)) => Cow::Owned(format!("xmlns:{prefix}")),
        None => Cow::Borrowed("xmlns"),
    };
    let declared = start.attributes().flatten().find(|attribute| attribute.key.into_inner() == declaration)?;
    Some(declared.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?.into_owned())
}

/// The attributes of an element by name, namespace declarations left out.
pub fn attributes(start: &BytesStart<'_>) -> Option<Vec<(String, String)>> {
    let mut attributes = Vec::new();
    for attribute in start.attributes() {
        let attribute = attribute.ok()?;
        let key = attribute.key.into_inner();
        if key != "xmlns" && !key.starts_with("xmlns:") {
            let value = attribute.normalized_value(quick_xml::XmlVersion::Implicit1_0).ok()?;
            attributes.push((key.to_owned(), value.into_owned()));
        }
    }
    Some(attributes)
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// Reads an element as a value of a schema. Elements that nobody knows stay as members, their text as value. An element
/// of another form, such as a text for a list, is read as what it looks like, to be judged for that.
pub fn to_value(shape: &Shape, id: NodeId, element: &Element) -> Value {
    let node = &shape.nodes[id];
    let types = node.types;
    let named = |name: &str| element.children.iter().any(|child| child.name == name);
    let blank = || element.children.is_empty() && element.text.trim().is_empty();
    if types.contains(JsonType::Array) {
        let item = node.wire.item.as_deref().unwrap_or("member");
        if !named(item) && !blank() {
            return as_it_looks(element);
        }
        let items = element.children.iter().filter(|child| child.name == item);
        return items.filter_map(|child| Some(to_value(shape, node.items?, child))).collect();
    }
    if types.contains(JsonType::Object) {
        let entry = node.wire.item.as_deref().unwrap_or("entry");
        return match is_map(node) {
            true if !named(entry) && !blank() => as_it_looks(element),
            true => Value::Object(entries(shape, node, element.children.iter().filter(|child| child.name == entry))),
            false if element.children.is_empty() && !blank() => as_it_looks(element),
            false => members(shape, node, element),
        };
    }
    if !element.children.is_empty() && !types.is_empty() {
        return as_it_looks(element);
    }
    text::parse(node, Cow::Borrowed(&element.text), TimestampFormat::DateTime)
}

/// An element without its schema: a text, or texts by name.
fn as_it_looks(element: &Element) -> Value {
    if element.children.is_empty() {
        return Value::String(element.text.clone());
    }
    let named = |child: &Element| (child.name.clone(), Value::String(child.text.clone()));
    Value::Object(element.children.iter().map(named).collect())
}

fn entries<'e>(shape: &Shape, node: &Node, entries: impl Iterator<Item = &'e Element>) -> Map<String, Value> {
    let (key, held) = (node.wire.key.as_deref().unwrap_or("key"), node.wire.value.as_deref().unwrap_or("value"));
    let read =
        |entry: &Element| Some((entry.text_of(key)?.to_owned(), to_value(shape, node.values?, entry.child(held)?)));
    entries.filter_map(read).collect()
}

/// The members of a structure; several elements of one name are a flattened list or map, or none of these and then
/// a list where there must be none.
pub fn members(shape: &Shape, node: &Node, element: &Element) -> Value {
    let mut found = Map::new();
    for (name, &id) in &node.properties {
        let member = &shape.nodes[id];
        let wire = member.wire.name.as_deref().unwrap_or(name);
        if member.wire.attribute {
            if let Some((_, text)) = element.attributes.iter().find(|(key, _)| key == wire) {
                found.insert(name.clone(), text::parse(member, Cow::Borrowed(text), TimestampFormat::DateTime));
            }
            continue;
        }
        let same: Vec<&Element> = element.children.iter().filter(|child| child.name == wire).collect();
        let Some(first) = same.first() else { continue };
        let value = match member.items.filter(|_| member.wire.flattened) {
            Some(items) => same.iter().map(|child| to_value(shape, items, child)).collect(),
            None if member.wire.flattened && member.values.is_some() => {
                Value::Object(entries(shape, member, same.iter().copied()))
            }
            None if same.len() > 1 => same.iter().map(|child| to_value(shape, id, child)).collect(),
            None => to_value(shape, id, first),
        };
        found.insert(name.clone(), value);
    }
    for child in &element.children {
        let known = |(name, id): (&String, &NodeId)| {
            let node = &shape.nodes[*id];
            !node.wire.attribute && node.wire.name.as_deref().unwrap_or(name) == child.name
        };
        // A name that is another member's in the contract cannot stand for what nobody knows.
        if !node.properties.iter().any(known) && !node.properties.contains_key(&child.name) {
            found.insert(child.name.clone(), Value::String(child.text.clone()));
        }
    }
    Value::Object(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_text_references_and_attributes() {
        let root = parse(b"<?xml version='1.0'?><a xmlns='urn:x'><!-- c --><p:b c=\"1 &lt; 2\">x &amp; &#233;<![CDATA[<]]></p:b><e/></a>").expect("XML");
        let b = root.child("b").expect("b");
        assert_eq!((b.text.as_str(), b.attributes.as_slice()), ("x & é<", &[("c".to_owned(), "1 < 2".to_owned())][..]));
        assert_eq!(root.text_of("e"), Some(""));
    }

    #[test]
    fn refuses_entities_depth_and_halves() {
        let deep = "<a>".repeat(MAX_DEPTH + 1) + &"</a>".repeat(MAX_DEPTH + 1);
        let bomb = "<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>";
        for body in [deep.as_str(), bomb, "<a>&b;</a>", "<a>", "<a></b>", "", "text", "<a/><b/>"] {
            assert!(parse(body.as_bytes()).is_err(), "{body}");
        }
    }

    #[test]
    fn what_xml_cannot_hold_is_replaced_and_the_rest_survives() {
        for text in ["a<b>&\"'c", "tab\tline\ncr\r", "é😀", " lead "] {
            let root = parse(format!("<a>{}</a>", legal(text)).as_bytes()).expect("XML");
            assert_eq!(root.text, text);
        }
        assert_eq!(legal("a\0b\u{1}"), "a\u{fffd}b\u{fffd}");
    }
}
