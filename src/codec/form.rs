//! Form pairs: read into a tree by their dotted names, the tree into a value by the schema, and back.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::LazyLock;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};

use super::{MAX_DEPTH, Oddity, Rejection, text};
use crate::model::{JsonType, Node, NodeId, Shape, TimestampFormat};
use crate::value::view::View;

/// The unreserved characters of RFC 3986 stay as they are; SigV4 wants exactly these.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A member the schema does not have.
static UNKNOWN: LazyLock<Node> = LazyLock::new(Node::default);

/// Most segments that the names of all parameters may have together: each costs some memory while it is read.
const MAX_SEGMENTS: usize = 50_000;

/// Decoded pairs, in their order.
pub type Pairs<'t> = Vec<(Cow<'t, str>, Cow<'t, str>)>;

/// Splits a form body or a query string.
pub fn parse(text: &[u8]) -> Result<Pairs<'_>, Rejection> {
    let mut rest = std::str::from_utf8(text).map_err(|_| malformed())?;
    let mut pairs = Vec::with_capacity(16);
    while !rest.is_empty() {
        let (pair, after) = cut(rest, b'&');
        if !pair.is_empty() {
            let (name, value) = cut(pair, b'=');
            pairs.push((unescape(name)?, unescape(value)?));
        }
        rest = after;
    }
    Ok(pairs)
}

/// What is before the first of such bytes, and what is after it.
fn cut(text: &str, at: u8) -> (&str, &str) {
    match memchr::memchr(at, text.as_bytes()) {
        Some(middle) => (&text[..middle], &text[middle + 1..]),
        None => (text, ""),
    }
}

fn malformed() -> Rejection {
    Rejection::malformed("a parameter is not UTF-8")
}

fn unescape(text: &str) -> Result<Cow<'_, str>, Rejection> {
    let bytes = text.as_bytes();
    let Some(first) = memchr::memchr2(b'+', b'%', bytes) else { return Ok(Cow::Borrowed(text)) };
    let mut plain = Vec::with_capacity(bytes.len());
    plain.extend_from_slice(&bytes[..first]);
    let mut at = first;
    while let Some(&byte) = bytes.get(at) {
        let escaped = (byte == b'%').then(|| hex_pair(bytes.get(at + 1..at + 3)?)).flatten();
        let (byte, taken) = match (byte, escaped) {
            (b'+', _) => (b' ', 1),
            (_, Some(byte)) => (byte, 3),
            // What is no escape stands for itself.
            (byte, None) => (byte, 1),
        };
        plain.push(byte);
        at += taken;
    }
    String::from_utf8(plain).map(Cow::Owned).map_err(|_| malformed())
}

fn hex_pair(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(digits[0])? * 16 + digit(digits[1])?).ok()
}

/// Writes pairs as a form body or a query string, spaces as `%20`.
pub fn render(pairs: &[(String, String)]) -> String {
    let escape = |text| utf8_percent_encode(text, ESCAPED);
    let rendered: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    rendered.join("&")
}

/// Escapes a text for a path or a query string.
pub fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

/// Reads pairs as an input of a schema. Parameters for which `skip` is true belong to the protocol.
pub fn to_value(
    shape: &Shape,
    pairs: Pairs<'_>,
    skip: impl Fn(&str) -> bool,
) -> Result<(Value, Vec<Oddity>), Rejection> {
    let mut oddities = Vec::new();
    let mut root = Tree::default();
    let mut total = 0;
    for (name, value) in pairs {
        if skip(&name) {
            continue;
        }
        let mut branch = &mut root;
        let segments: Segments<'_, '_> = match &name {
            Cow::Borrowed(name) => Segments::Borrowed(name.split('.')),
            Cow::Owned(name) => Segments::Copied(name.split('.')),
        };
        for (depth, segment) in segments.enumerate() {
            total += 1;
            if depth >= MAX_DEPTH || total > MAX_SEGMENTS {
                return Err(Rejection::malformed("the parameters are too many or nested too deep"));
            }
            branch = branch.children.child(segment);
        }
        if branch.text.is_some() {
            oddities.push(Oddity::Duplicate(name.into_owned()));
        } else {
            branch.text = Some(value);
        }
    }
    let mut reader = Reader { shape, oddities };
    let input = reader.object(shape.root(), root);
    Ok((input, reader.oddities))
}

/// The segments of a name, borrowed from the body where the name is.
enum Segments<'t, 'n> {
    Borrowed(std::str::Split<'t, char>),
    Copied(std::str::Split<'n, char>),
}

impl<'t> Iterator for Segments<'t, '_> {
    type Item = Cow<'t, str>;

    fn next(&mut self) -> Option<Cow<'t, str>> {
        match self {
            Self::Borrowed(segments) => segments.next().map(Cow::Borrowed),
            Self::Copied(segments) => segments.next().map(|segment| Cow::Owned(segment.to_owned())),
        }
    }
}

/// Parameters by the segments of their names.
#[derive(Default)]
struct Tree<'t> {
    text: Option<Cow<'t, str>>,
    children: Children<'t>,
}

/// Parts of parameters by one segment of their names. Few are compared one by one; for many there is an index, whose
/// hash is seeded: names are the sender's.
#[derive(Default)]
struct Children<'t> {
    entries: Vec<(Cow<'t, str>, Tree<'t>)>,
    places: Option<HashMap<Cow<'t, str>, usize, foldhash::fast::RandomState>>,
}

/// Children that are compared one by one.
const FEW: usize = 16;

impl<'t> Children<'t> {
    /// The child of a name, made where there is none.
    fn child(&mut self, segment: Cow<'t, str>) -> &mut Tree<'t> {
        let place = match self.place(&segment) {
            Some(place) => place,
            None => self.add(segment),
        };
        &mut self.entries[place].1
    }

    fn place(&self, segment: &str) -> Option<usize> {
        match &self.places {
            Some(places) => places.get(segment).copied(),
            None => self.entries.iter().position(|(name, _)| name == segment),
        }
    }

    fn add(&mut self, segment: Cow<'t, str>) -> usize {
        let place = self.entries.len();
        if place == FEW {
            let names = self.entries.iter().map(|(name, _)| name.clone());
            self.places = Some(names.zip(0..).collect());
        }
        if let Some(places) = &mut self.places {
            places.insert(segment.clone(), place);
        }
        self.entries.push((segment, Tree::default()));
        place
    }

    /// The child of a name, taken out; what was last stands in its place.
    fn take(&mut self, segment: &str) -> Option<Tree<'t>> {
        let place = self.place(segment)?;
        let (_, child) = self.entries.swap_remove(place);
        if let Some(places) = &mut self.places {
            places.remove(segment);
            if let Some((moved, _)) = self.entries.get(place) {
                places.insert(moved.clone(), place);
            }
        }
        Some(child)
    }
}

struct Reader<'s> {
    shape: &'s Shape,
    oddities: Vec<Oddity>,
}

impl Reader<'_> {
    fn read(&mut self, node: &Node, tree: Tree<'_>) -> Option<Value> {
        let types = node.types;
        let object = types.contains(JsonType::Object);
        let array = types.contains(JsonType::Array);
        match tree.text {
            // `Tags=` is the empty list, also beside its items.
            Some(text) if tree.children.entries.is_empty() || !(object || array) => {
                self.unknown(&tree.children);
                if is_unclear(node, &text) {
                    self.oddities.push(Oddity::Unclear);
                }
                Some(match text.is_empty() {
                    true if array => Value::Array(Vec::new()),
                    true if object => Value::Object(Map::new()),
                    _ => text::parse(node, text, TimestampFormat::DateTime),
                })
            }
            _ if array => Some(self.array(node, tree)),
            _ if object && node.properties.is_empty() && node.values.is_some() => Some(self.map(node, tree)),
            _ if object => Some(self.object(node, tree)),
            _ => {
                self.unknown(&tree.children);
                None
            }
        }
    }

    fn object(&mut self, node: &Node, mut tree: Tree<'_>) -> Value {
        let mut members = Map::with_capacity(tree.children.entries.len());
        if tree.children.entries.len() * 4 < node.properties.len() {
            // Few parameters of many: look each up.
            for (name, child) in tree.children.entries {
                match member_on_wire(self.shape, node, &name) {
                    Some((member, id)) => self.member(&mut members, member, id, child),
                    None => self.oddities.push(Oddity::Unknown(name.into_owned())),
                }
            }
        } else {
            for (member, &id) in &node.properties {
                let name = self.shape.nodes[id].wire.name.as_deref().unwrap_or(member);
                if let Some(child) = tree.children.take(name) {
                    self.member(&mut members, member, id, child);
                }
            }
            self.oddities.extend(tree.children.entries.into_iter().map(|(name, _)| Oddity::Unknown(name.into_owned())));
        }
        Value::Object(members)
    }

    fn member(&mut self, members: &mut Map<String, Value>, name: &str, id: NodeId, tree: Tree<'_>) {
        if let Some(value) = self.read(&self.shape.nodes[id], tree) {
            members.insert(name.to_owned(), value);
        }
    }

    /// Items by their number; gaps close up, and no number costs more than another.
    fn array(&mut self, node: &Node, tree: Tree<'_>) -> Value {
        let wrapper = (!node.wire.flattened).then(|| node.wire.item.as_deref().unwrap_or("member"));
        let numbered = self.numbered(wrapper, tree);
        let Some(item) = node.items else { return Value::Array(Vec::new()) };
        let items = numbered.into_iter().filter_map(|tree| self.read(&self.shape.nodes[item], tree));
        Value::Array(items.collect())
    }

    fn map(&mut self, node: &Node, tree: Tree<'_>) -> Value {
        let wrapper = (!node.wire.flattened).then(|| node.wire.item.as_deref().unwrap_or("entry"));
        let key = node.wire.key.as_deref().unwrap_or("key");
        let value = node.wire.value.as_deref().unwrap_or("value");
        let mut members = Map::new();
        for mut entry in self.numbered(wrapper, tree) {
            let name = entry.children.take(key).and_then(|tree| tree.text).map(Cow::into_owned);
            let held = entry.children.take(value);
            self.unknown(&entry.children);
            if let (Some(name), Some(held), Some(values)) = (name, held, node.values)
                && let Some(value) = self.read(&self.shape.nodes[values], held)
            {
                members.insert(name, value);
            }
        }
        Value::Object(members)
    }

    /// The numbered children in the order of their numbers, below the wrapper name if there is one.
    fn numbered<'t>(&mut self, wrapper: Option<&str>, mut tree: Tree<'t>) -> Vec<Tree<'t>> {
        let list = match wrapper {
            Some(name) => tree.children.take(name).unwrap_or_default().children,
            None => std::mem::take(&mut tree.children),
        };
        self.unknown(&tree.children);
        let mut items: Vec<(u64, Tree<'t>)> = Vec::with_capacity(list.entries.len());
        for (number, item) in list.entries {
            // `01` and `+1` would be second names of `1`.
            match number.parse() {
                Ok(index @ 1..) if !number.starts_with(['0', '+']) => items.push((index, item)),
                _ => self.oddities.push(Oddity::Unknown(number.into_owned())),
            }
        }
        items.sort_by_key(|(index, _)| *index);
        items.into_iter().map(|(_, item)| item).collect()
    }

    fn unknown(&mut self, children: &Children<'_>) {
        self.oddities.extend(children.entries.iter().map(|(name, _)| Oddity::Unknown(name.to_string())));
    }
}

/// Whether a text may be another parameter, none at all, or what it is not written as: lists and objects are the names of what
/// is inside of them, a number or a boolean has no empty text, and XML Schema takes 1 and 0 for booleans.
fn is_unclear(node: &Node, text: &str) -> bool {
    let types = node.types;
    let composite = types.contains(JsonType::Object) || types.contains(JsonType::Array);
    let textual = types.is_empty() || types.contains(JsonType::String);
    let digit = types.contains(JsonType::Boolean) && matches!(text, "0" | "1");
    !textual && (composite != text.is_empty() || digit)
}

/// The member that a name on the wire stands for.
fn member_on_wire<'n>(shape: &Shape, node: &'n Node, name: &str) -> Option<(&'n str, NodeId)> {
    let plain = node.properties.get_key_value(name).filter(|(_, id)| shape.nodes[**id].wire.name.is_none());
    let renamed = || node.properties.iter().find(|(_, id)| shape.nodes[**id].wire.name.as_deref() == Some(name));
    plain.or_else(renamed).map(|(member, id)| (member.as_str(), *id))
}

/// Writes an input as pairs.
pub fn to_pairs(shape: &Shape, input: &View<'_>) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    write_members(shape, shape.root(), input.members(), "", &mut pairs);
    pairs
}

fn write_members(
    shape: &Shape,
    node: &Node,
    members: &[(&str, View<'_>)],
    prefix: &str,
    pairs: &mut Vec<(String, String)>,
) {
    for &(name, ref value) in members {
        let member = node.properties.get(name).map(|id| &shape.nodes[*id]);
        let wire = member.and_then(|member| member.wire.name.as_deref()).unwrap_or(name);
        write(shape, member.unwrap_or(&UNKNOWN), value, &joined(prefix, wire), pairs);
    }
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn write(shape: &Shape, node: &Node, value: &View<'_>, name: &str, pairs: &mut Vec<(String, String)>) {
    match value {
        View::Null => {}
        View::List(items) if items.is_empty() => pairs.push((name.to_owned(), String::new())),
        View::List(items) => {
            let base = if node.wire.flattened {
                name.to_owned()
            } else {
                joined(name, node.wire.item.as_deref().unwrap_or("member"))
            };
            let item = node.items.map_or(node, |id| &shape.nodes[id]);
            for (index, value) in items.iter().enumerate() {
                write(shape, item, value, &format!("{base}.{}", index + 1), pairs);
            }
        }
        View::Object(members) if node.properties.is_empty() && node.values.is_some() => {
            let base = if node.wire.flattened {
                name.to_owned()
            } else {
                joined(name, node.wire.item.as_deref().unwrap_or("entry"))
            };
            let held = node.values.map_or(node, |id| &shape.nodes[id]);
            for (index, (key, value)) in members.iter().enumerate() {
                let entry = format!("{base}.{}", index + 1);
                pairs.push((joined(&entry, node.wire.key.as_deref().unwrap_or("key")), (*key).to_owned()));
                write(shape, held, value, &joined(&entry, node.wire.value.as_deref().unwrap_or("value")), pairs);
            }
        }
        View::Object(members) => write_members(shape, node, members, name, pairs),
        scalar => pairs.push((name.to_owned(), text::render(node, scalar, TimestampFormat::DateTime).into_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plus_percent_and_empty() {
        let pairs = parse(b"a=b+c%20d&e=&f&&g=h%3Di").expect("well formed");
        let expected = [("a", "b c d"), ("e", ""), ("f", ""), ("g", "h=i")];
        assert_eq!(pairs, expected.map(|(name, value)| (Cow::from(name), Cow::from(value))));
        assert!(parse(b"a=%ff").is_err());
        assert_eq!(parse(b"a=%zz%4").expect("well formed")[0].1, "%zz%4");
        assert_eq!(parse(b"a=%41%c3%a9+%2b").expect("well formed")[0].1, "A\u{e9} +");
    }

    #[test]
    fn many_parameters_are_found_as_few_are() {
        for count in [FEW - 1, FEW, FEW + 1, 3 * FEW] {
            let mut children = Children::default();
            for number in (0..count).chain(0..count) {
                children.child(format!("name-{number}").into()).text = Some(number.to_string().into());
            }
            assert_eq!(children.entries.len(), count);
            for number in (0..count).step_by(2).chain((1..count).step_by(2)) {
                let taken = children.take(&format!("name-{number}")).and_then(|tree| tree.text);
                assert_eq!(taken, Some(number.to_string().into()));
                assert!(children.take(&format!("name-{number}")).is_none());
            }
            assert!(children.entries.is_empty());
        }
    }

    #[test]
    fn writes_what_it_reads() {
        let pairs = vec![("a.b".to_owned(), "x y~z+%&=é😀".to_owned())];
        let text = render(&pairs);
        assert!(text.contains("x%20y~z%2B"));
        assert_eq!(parse(text.as_bytes()).expect("well formed"), [(Cow::from("a.b"), Cow::from("x y~z+%&=é😀"))]);
    }

    #[test]
    fn tells_mistakes_from_what_may_be_another_parameter_or_none() {
        let contract = crate::Contract::builtin();
        let operation = contract.operation("RestoreDBClusterFromS3").expect("built in");
        let oddities = |text: &str| {
            let pairs = parse(text.as_bytes()).expect("well formed");
            to_value(&operation.input, pairs, |_| false).expect("within bounds").1
        };
        for unclear in ["Tags=7", "Tags.Tag.1=7", "ServerlessV2ScalingConfiguration=x", "Port=", "StorageEncrypted="] {
            assert_eq!(oddities(unclear), [Oddity::Unclear], "{unclear}");
        }
        for clear in ["Tags=", "Port=x", "StorageEncrypted=maybe", "DatabaseName="] {
            assert_eq!(oddities(clear), [], "{clear}");
        }
    }
}
