//! Form pairs: read into a tree by their dotted names, the tree into a value by the schema, and back.

use std::borrow::Cow;
use std::sync::LazyLock;

use indexmap::IndexMap;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, percent_decode, utf8_percent_encode};
use serde_json::{Map, Value};

use super::text;
use super::{MAX_DEPTH, Oddity, Rejection};
use crate::contract::model::{JsonType, TimestampFormat};
use crate::contract::{Node, NodeId, Shape};

/// The unreserved characters of RFC 3986 stay as they are; SigV4 wants exactly these.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A member the schema does not have.
static UNKNOWN: LazyLock<Node> = LazyLock::new(Node::default);

/// Decoded pairs, in their order.
pub type Pairs<'t> = Vec<(Cow<'t, str>, Cow<'t, str>)>;

/// Splits a form body or a query string.
pub fn parse(text: &[u8]) -> Result<Pairs<'_>, Rejection> {
    let pairs = text.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| {
            let middle = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            Ok((unescape(&pair[..middle])?, unescape(pair.get(middle + 1..).unwrap_or_default())?))
        })
        .collect()
}

fn unescape(text: &[u8]) -> Result<Cow<'_, str>, Rejection> {
    let malformed = |_| Rejection::malformed("a parameter is not UTF-8");
    if text.contains(&b'+') {
        let spaced: Vec<u8> = text.iter().map(|byte| if *byte == b'+' { b' ' } else { *byte }).collect();
        let decoded = percent_decode(&spaced).decode_utf8().map_err(malformed)?;
        return Ok(Cow::Owned(decoded.into_owned()));
    }
    percent_decode(text).decode_utf8().map_err(malformed)
}

/// Writes pairs as a form body or a query string, spaces as `%20`.
pub fn render(pairs: &[(String, String)]) -> String {
    let escape = |text| utf8_percent_encode(text, ESCAPED);
    let rendered: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    rendered.join("&")
}

/// Escapes a path segment.
pub fn escape_segment(text: &str) -> String {
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
    for (name, value) in pairs {
        if skip(&name) {
            continue;
        }
        let mut branch = &mut root;
        for (depth, segment) in name.split('.').enumerate() {
            if depth >= MAX_DEPTH {
                return Err(Rejection::malformed("a parameter is nested too deep"));
            }
            if !branch.children.contains_key(segment) {
                branch.children.insert(segment.to_owned(), Tree::default());
            }
            branch = &mut branch.children[segment];
        }
        if branch.text.is_some() {
            oddities.push(Oddity::Duplicate(name.into_owned()));
        } else {
            branch.text = Some(value.into_owned());
        }
    }
    let mut reader = Reader { shape, oddities };
    let input = reader.object(shape.root(), root);
    Ok((input, reader.oddities))
}

/// Parameters by the segments of their names.
#[derive(Default)]
struct Tree {
    text: Option<String>,
    children: IndexMap<String, Tree>,
}

struct Reader<'s> {
    shape: &'s Shape,
    oddities: Vec<Oddity>,
}

impl Reader<'_> {
    fn read(&mut self, node: &Node, tree: Tree) -> Option<Value> {
        let types = node.types;
        let object = types.contains(JsonType::Object);
        let array = types.contains(JsonType::Array);
        match tree.text {
            // `Tags=` is the empty list, also beside its items.
            Some(text) if tree.children.is_empty() || !(object || array) => {
                self.unknown(&tree.children);
                Some(match text.is_empty() {
                    true if array => Value::Array(Vec::new()),
                    true if object => Value::Object(Map::new()),
                    _ => text::parse(node, Cow::Owned(text), TimestampFormat::DateTime),
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

    fn object(&mut self, node: &Node, mut tree: Tree) -> Value {
        let mut members = Map::new();
        if tree.children.len() * 4 < node.properties.len() {
            // Few parameters of many: look each up.
            for (name, child) in std::mem::take(&mut tree.children) {
                match member_on_wire(self.shape, node, &name) {
                    Some((member, id)) => self.member(&mut members, member, id, child),
                    None => self.oddities.push(Oddity::Unknown(name)),
                }
            }
        } else {
            for (member, &id) in &node.properties {
                let name = self.shape.nodes[id].wire.name.as_deref().unwrap_or(member);
                if let Some(child) = tree.children.swap_remove(name) {
                    self.member(&mut members, member, id, child);
                }
            }
            self.oddities.extend(tree.children.into_keys().map(Oddity::Unknown));
        }
        Value::Object(members)
    }

    fn member(&mut self, members: &mut Map<String, Value>, name: &str, id: NodeId, tree: Tree) {
        if let Some(value) = self.read(&self.shape.nodes[id], tree) {
            members.insert(name.to_owned(), value);
        }
    }

    /// Items by their number; gaps close up, and no number costs more than another.
    fn array(&mut self, node: &Node, tree: Tree) -> Value {
        let wrapper = (!node.wire.flattened).then(|| node.wire.item.as_deref().unwrap_or("member"));
        let numbered = self.numbered(wrapper, tree);
        let Some(item) = node.items else { return Value::Array(Vec::new()) };
        let items = numbered.into_iter().filter_map(|tree| self.read(&self.shape.nodes[item], tree));
        Value::Array(items.collect())
    }

    fn map(&mut self, node: &Node, tree: Tree) -> Value {
        let wrapper = (!node.wire.flattened).then(|| node.wire.item.as_deref().unwrap_or("entry"));
        let key = node.wire.key.as_deref().unwrap_or("key");
        let value = node.wire.value.as_deref().unwrap_or("value");
        let mut members = Map::new();
        for mut entry in self.numbered(wrapper, tree) {
            let name = entry.children.swap_remove(key).and_then(|tree| tree.text);
            let held = entry.children.swap_remove(value);
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
    fn numbered(&mut self, wrapper: Option<&str>, mut tree: Tree) -> Vec<Tree> {
        let list = match wrapper {
            Some(name) => tree.children.swap_remove(name).unwrap_or_default().children,
            None => std::mem::take(&mut tree.children),
        };
        self.unknown(&tree.children);
        let mut items: Vec<(u64, Tree)> = Vec::with_capacity(list.len());
        for (number, item) in list {
            match number.parse() {
                Ok(index @ 1..) => items.push((index, item)),
                _ => self.oddities.push(Oddity::Unknown(number)),
            }
        }
        items.sort_by_key(|(index, _)| *index);
        items.into_iter().map(|(_, item)| item).collect()
    }

    fn unknown(&mut self, children: &IndexMap<String, Tree>) {
        self.oddities.extend(children.keys().cloned().map(Oddity::Unknown));
    }
}

/// The member that a name on the wire stands for.
fn member_on_wire<'n>(shape: &Shape, node: &'n Node, name: &str) -> Option<(&'n str, NodeId)> {
    let plain = node.properties.get_key_value(name).filter(|(_, id)| shape.nodes[**id].wire.name.is_none());
    let renamed = || node.properties.iter().find(|(_, id)| shape.nodes[**id].wire.name.as_deref() == Some(name));
    plain.or_else(renamed).map(|(member, id)| (member.as_str(), *id))
}

/// Writes an input as pairs.
pub fn to_pairs(shape: &Shape, input: &Value) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    if let Value::Object(members) = input {
        write_members(shape, shape.root(), members, "", &mut pairs);
    }
    pairs
}

fn write_members(
    shape: &Shape,
    node: &Node,
    members: &Map<String, Value>,
    prefix: &str,
    pairs: &mut Vec<(String, String)>,
) {
    for (name, value) in members {
        let member = node.properties.get(name).map(|id| &shape.nodes[*id]);
        let wire = member.and_then(|member| member.wire.name.as_deref()).unwrap_or(name);
        write(shape, member.unwrap_or(&UNKNOWN), value, &joined(prefix, wire), pairs);
    }
}

fn joined(prefix: &str, name: &str) -> String {
    if prefix.is_empty() { name.to_owned() } else { format!("{prefix}.{name}") }
}

fn write(shape: &Shape, node: &Node, value: &Value, name: &str, pairs: &mut Vec<(String, String)>) {
    match value {
        Value::Null => {}
        Value::Array(items) if items.is_empty() => pairs.push((name.to_owned(), String::new())),
        Value::Array(items) => {
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
        Value::Object(members) if node.properties.is_empty() && node.values.is_some() => {
            let base = if node.wire.flattened {
                name.to_owned()
            } else {
                joined(name, node.wire.item.as_deref().unwrap_or("entry"))
            };
            let held = node.values.map_or(node, |id| &shape.nodes[id]);
            for (index, (key, value)) in members.iter().enumerate() {
                let entry = format!("{base}.{}", index + 1);
                pairs.push((joined(&entry, node.wire.key.as_deref().unwrap_or("key")), key.clone()));
                write(shape, held, value, &joined(&entry, node.wire.value.as_deref().unwrap_or("value")), pairs);
            }
        }
        Value::Object(members) => write_members(shape, node, members, name, pairs),
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
    }

    #[test]
    fn writes_what_it_reads() {
        let pairs = vec![("a.b".to_owned(), "x y~z+%&=é😀".to_owned())];
        let text = render(&pairs);
        assert!(text.contains("x%20y~z%2B"));
        assert_eq!(parse(text.as_bytes()).expect("well formed"), [(Cow::from("a.b"), Cow::from("x y~z+%&=é😀"))]);
    }
}
