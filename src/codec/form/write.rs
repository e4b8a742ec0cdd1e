//! An input as pairs: the names of its members, joined by dots.

use std::sync::LazyLock;

use crate::codec::text;
use crate::model::{Node, Shape, TimestampFormat};
use crate::value::view::View;

/// A member the schema does not have.
static UNKNOWN: LazyLock<Node> = LazyLock::new(Node::default);

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
