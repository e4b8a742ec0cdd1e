//! A valid value for a place in a schema: as plain as its constraints allow.

use serde_json::{Map, Number, Value};

use super::Random;
use super::text::Pattern;
use crate::constraint::Types;
use crate::contract::model::JsonType;
use crate::contract::{Node, NodeId, Shape};

/// Deepest nesting that is generated.
const MAX_DEPTH: usize = 12;
/// Length of a string that nothing constrains.
const USUAL_LENGTH: usize = 12;

/// A value for a node: required members only, lists as short as they may be, but not empty where an item is known.
#[must_use]
pub fn sample(shape: &Shape, node: NodeId, random: &mut Random) -> Value {
    sample_at(shape, node, random, 0)
}

fn sample_at(shape: &Shape, id: NodeId, random: &mut Random, depth: usize) -> Value {
    let node = &shape.nodes[id];
    if let Some(choice) = random.pick(&node.limits.choices) {
        return choice.clone();
    }
    match main_type(node.types) {
        JsonType::Null => Value::Null,
        JsonType::Boolean => Value::Bool(random.one_in(2)),
        JsonType::Integer | JsonType::Number => number(node, random),
        JsonType::String => Value::String(string_of(node, None, random).unwrap_or_default()),
        JsonType::Array => {
            let fewest = usize::try_from(node.limits.min_items.unwrap_or(1)).unwrap_or(usize::MAX);
            let length = if depth >= MAX_DEPTH { 0 } else { fewest.clamp(1, 1024) };
            let item = |index| node.prefix.get(index).copied().or(node.items);
            (0..length).filter_map(|index| Some(sample_at(shape, item(index)?, random, depth + 1))).collect()
        }
        JsonType::Object => object(shape, node, random, depth),
    }
}

fn object(shape: &Shape, node: &Node, random: &mut Random, depth: usize) -> Value {
    let mut members = Map::new();
    if depth >= MAX_DEPTH {
        return Value::Object(members);
    }
    for name in &node.limits.required {
        if let Some(&member) = node.properties.get(name) {
            members.insert(name.clone(), sample_at(shape, member, random, depth + 1));
        }
    }
    let fewest = node.limits.min_properties.unwrap_or(0).max(u64::from(node.properties.is_empty()));
    if let Some(values) = node.values {
        let mut tries = 0;
        while (members.len() as u64) < fewest.min(1024) && tries < 4096 {
            let name = node.keys.map_or_else(|| format!("key{tries}"), |keys| key(shape, keys, random));
            members.insert(name, sample_at(shape, values, random, depth + 1));
            tries += 1;
        }
    }
    Value::Object(members)
}

/// A member name that satisfies the schema of names.
pub fn key(shape: &Shape, keys: NodeId, random: &mut Random) -> String {
    string_of(&shape.nodes[keys], None, random).unwrap_or_default()
}

fn main_type(types: Types) -> JsonType {
    let order = [
        JsonType::Object,
        JsonType::Array,
        JsonType::String,
        JsonType::Integer,
        JsonType::Number,
        JsonType::Boolean,
        JsonType::Null,
    ];
    order.into_iter().find(|json_type| types.contains(*json_type)).unwrap_or(JsonType::String)
}

fn number(node: &Node, random: &mut Random) -> Value {
    let limits = &node.limits;
    let low = limits.minimum.unwrap_or(limits.maximum.map_or(0.0, |most| most - 100.0));
    let high = limits.maximum.unwrap_or(low + 100.0);
    let step = limits.multiple_of.unwrap_or(1.0);
    let steps = ((high - low) / step).floor().clamp(0.0, 1e15);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "clamped above"
    )]
    let drawn = ((low / step).ceil() + random.between(0, steps as u64) as f64) * step;
    let drawn = drawn.min(high);
    #[allow(clippy::cast_possible_truncation, reason = "whole, and within what JSON numbers usually are")]
    let whole = (drawn.fract() == 0.0 && drawn.abs() < 9e15).then(|| Value::from(drawn as i64));
    whole.or_else(|| Number::from_f64(drawn).map(Value::Number)).unwrap_or_default()
}

/// A string for a node: of a wanted length, else of a usual one. Nothing when the length cannot be had.
pub fn string_of(node: &Node, length: Option<usize>, random: &mut Random) -> Option<String> {
    let limits = &node.limits;
    let least = limits.min_length.map_or(0, |least| usize::try_from(least).unwrap_or(usize::MAX));
    let most = limits.max_length.map_or(usize::MAX, |most| usize::try_from(most).unwrap_or(usize::MAX));
    if let Some(pattern) = limits.pattern.as_deref().and_then(Pattern::parse) {
        let (shortest, longest) = pattern.lengths();
        let usual = USUAL_LENGTH.clamp(least.max(shortest), most.min(longest).max(least.max(shortest)));
        let wanted = length.unwrap_or(usual);
        let text = (0..20)
            .map(|_| pattern.draw(wanted, random))
            .find(|text| length.is_none_or(|length| text.chars().count() == length));
        return text;
    }
    let known = node.examples.iter().find_map(Value::as_str);
    let format = format_sample(node);
    if let (None, Some(text)) = (length, format.or(known)) {
        return Some(text.to_owned());
    }
    let wanted = length.unwrap_or_else(|| USUAL_LENGTH.clamp(least, most.max(least)));
    let letters: Vec<char> = ('a'..='z').chain('0'..='9').collect();
    Some((0..wanted).filter_map(|_| random.pick(&letters)).collect())
}

fn format_sample(node: &Node) -> Option<&'static str> {
    Some(match node.format.as_deref()? {
        "date-time" => "2025-03-04T05:06:07.089Z",
        "date" => "2025-03-04",
        "uuid" => "6df2b54c-dd62-4059-a07c-1b8f24f2725d",
        "ipv4" => "192.0.2.1",
        "ipv6" => "2001:db8::1",
        "uri" => "https://example.com/",
        _ => return None,
    })
}
