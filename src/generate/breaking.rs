//! Inputs on the boundary of one constraint: just inside, everything valid; just outside, nothing else broken.

use serde_json::{Map, Value};

use super::Random;
use super::sample::{key, sample, string_of};
use crate::constraint::Wish;
use crate::contract::{Constraint, ConstraintId, Node, NodeId, Operation, pointer};

/// Which side of a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// Valid, and just so.
    Inside,
    /// Broken, and just so.
    Outside,
}

/// Characters that patterns tend to leave out.
const STRANGE: [char; 12] = [' ', '-', '_', '.', '/', '@', '<', '&', 'é', '\u{200b}', '0', 'A'];

/// The inputs on one side of a constraint's boundary, built on the operation's examples: each is valid altogether, or breaks
/// exactly that constraint. None when there is no such input.
#[must_use]
pub fn inputs_at(operation: &Operation, constraint: ConstraintId, side: Side, random: &mut Random) -> Vec<Value> {
    let stated = &operation.input.constraints[constraint];
    let edges = stated.test.edges();
    let wishes = match side {
        Side::Inside => edges.inside,
        Side::Outside => edges.outside,
    };
    let mut inputs: Vec<Value> = Vec::new();
    for wish in &wishes {
        let found =
            bases(operation, stated).into_iter().flat_map(|base| fulfil(operation, stated, &base, wish, random));
        let fitting = found.into_iter().find(|input| {
            let broken: Vec<ConstraintId> =
                operation.input.judge(input).iter().map(|violation| violation.constraint).collect();
            match side {
                Side::Inside => broken.is_empty(),
                Side::Outside => !broken.is_empty() && broken.iter().all(|broken| *broken == constraint),
            }
        });
        inputs.extend(fitting.filter(|input| !inputs.contains(input)));
    }
    inputs
}

/// The segments from the input to the value that the constraint is judged on.
fn place(constraint: &Constraint) -> Vec<String> {
    let mut segments: Vec<String> = pointer::segments(&constraint.member).collect();
    if constraint.cause == crate::contract::model::Cause::Required {
        segments.pop();
    }
    segments
}

/// The examples' inputs, those that have the place first, then those in which it is made.
fn bases(operation: &Operation, constraint: &Constraint) -> Vec<Value> {
    let place = place(constraint);
    let inputs = || operation.examples.iter().map(|example| &example.input);
    let (having, lacking): (Vec<&Value>, Vec<&Value>) =
        inputs().partition(|input| pointer::first(input, &place).is_some());
    let mut bases: Vec<Value> = having.into_iter().cloned().collect();
    let mut random = Random::new(1);
    bases.extend(lacking.into_iter().filter_map(|input| with_place(operation, input, &place, &mut random)));
    bases
}

/// The input with the place made from samples.
fn with_place(operation: &Operation, input: &Value, place: &[String], random: &mut Random) -> Option<Value> {
    let shape = &operation.input;
    let mut made = input.clone();
    let mut node = shape.root();
    for depth in 0..place.len() {
        let id = child(node, &place[depth])?;
        if pointer::first(&made, &place[..=depth]).is_none() {
            let value = sample(shape, id, random);
            let holder = pointer::slot(&mut made, &place[..depth]);
            match (holder, place[depth].as_str()) {
                (Value::Array(items), "*") => items.push(value),
                (Value::Object(members), "*") => {
                    let name = node.keys.map_or_else(|| "key".to_owned(), |keys| key(shape, keys, random));
                    members.insert(name, value);
                }
                (Value::Object(members), name) => {
                    members.insert(name.to_owned(), value);
                }
                _ => return None,
            }
        }
        node = &shape.nodes[id];
    }
    Some(made)
}

fn child(node: &Node, segment: &str) -> Option<NodeId> {
    node.properties.get(segment).copied().or(if segment == "*" { node.items.or(node.values) } else { node.values })
}

fn node_at<'o>(operation: &'o Operation, place: &[String]) -> Option<&'o Node> {
    let shape = &operation.input;
    place.iter().try_fold(shape.root(), |node, segment| Some(&shape.nodes[child(node, segment)?]))
}

/// Inputs in which the value at the constraint's place is as wished.
fn fulfil(
    operation: &Operation,
    constraint: &Constraint,
    base: &Value,
    wish: &Wish,
    random: &mut Random,
) -> Vec<Value> {
    let place = place(constraint);
    let Some(node) = node_at(operation, &place) else { return Vec::new() };
    let Some(current) = pointer::first(base, &place) else { return Vec::new() };
    if constraint.keyword.starts_with("propertyNames-") {
        let Some(keys) = node.keys.map(|keys| &operation.input.nodes[keys]) else { return Vec::new() };
        let sampled = Value::String(string_of(keys, None, random).unwrap_or_default());
        let names = values(operation, constraint, keys, &sampled, wish, random);
        let names = names.into_iter().filter_map(|name| name.as_str().map(str::to_owned));
        return names.map(|name| replaced(base, &place, renamed(operation, node, current, &name, random))).collect();
    }
    let values = values(operation, constraint, node, current, wish, random);
    values.into_iter().map(|value| replaced(base, &place, value)).collect()
}

fn replaced(base: &Value, place: &[String], value: Value) -> Value {
    let mut input = base.clone();
    match place.split_last() {
        // The first member of a map is replaced under its own name.
        Some((last, parent)) if last == "*" => match pointer::slot(&mut input, parent) {
            Value::Object(members) => members.values_mut().take(1).for_each(|first| *first = value.clone()),
            Value::Array(items) => items.iter_mut().take(1).for_each(|first| *first = value.clone()),
            _ => {}
        },
        _ => pointer::set(&mut input, place, value),
    }
    input
}

/// The map with its first member under another name.
fn renamed(operation: &Operation, node: &Node, current: &Value, name: &str, random: &mut Random) -> Value {
    let first = current.as_object().and_then(|members| members.values().next()).cloned();
    let value =
        first.or_else(|| node.values.map(|values| sample(&operation.input, values, random))).unwrap_or_default();
    Value::Object(Map::from_iter([(name.to_owned(), value)]))
}

/// Values as wished, to stand where the current value stands; the judge decides which of them do.
fn values(
    operation: &Operation,
    constraint: &Constraint,
    node: &Node,
    current: &Value,
    wish: &Wish,
    random: &mut Random,
) -> Vec<Value> {
    match wish {
        Wish::Value(value) => vec![value.clone()],
        Wish::Length(length) => {
            let length = usize::try_from(*length).unwrap_or(usize::MAX);
            let drawn = (0..10).filter_map(|_| string_of(node, Some(length), random));
            drawn.map(Value::String).collect()
        }
        Wish::NearMiss => near_misses(constraint, node, current, random),
        Wish::Items(size) => {
            let size = usize::try_from(*size).unwrap_or(usize::MAX).min(100_000);
            let item = |_| node.items.map(|item| sample(&operation.input, item, random));
            vec![(0..size).filter_map(item).collect()]
        }
        Wish::Members(size) => {
            let size = usize::try_from(*size).unwrap_or(usize::MAX).min(100_000);
            let mut members = Map::new();
            for index in 0..size * 2 {
                if let (true, Some(values)) = (members.len() < size, node.values) {
                    let name =
                        node.keys.map_or_else(|| format!("key{index}"), |keys| key(&operation.input, keys, random));
                    members.insert(name, sample(&operation.input, values, random));
                }
            }
            vec![Value::Object(members)]
        }
        Wish::Twins => {
            let item =
                current.get(0).cloned().or_else(|| node.items.map(|item| sample(&operation.input, item, random)));
            item.map(|item| Value::Array(vec![item.clone(), item])).into_iter().collect()
        }
        Wish::Stranger => vec![with_member(current, "UnknownMember", Some(Value::from("x")))],
        Wish::Absent(name) => vec![with_member(current, name, None)],
        Wish::Null(name) => vec![with_member(current, name, Some(Value::Null))],
        Wish::Present(name) => {
            let value = current.get(name).cloned();
            let value =
                value.or_else(|| node.properties.get(name).map(|member| sample(&operation.input, *member, random)));
            value.map(|value| with_member(current, name, Some(value))).into_iter().collect()
        }
        Wish::Patch(patch) => {
            let mut patched = current.clone();
            pointer::merge(&mut patched, patch);
            vec![patched]
        }
    }
}

fn with_member(object: &Value, name: &str, value: Option<Value>) -> Value {
    let mut object = object.clone();
    if let Value::Object(members) = &mut object {
        match value {
            Some(value) => members.insert(name.to_owned(), value),
            None => members.shift_remove(name),
        };
    }
    object
}

/// Valid strings with one thing wrong: a character in another place, one too many, one too few.
fn near_misses(constraint: &Constraint, node: &Node, current: &Value, random: &mut Random) -> Vec<Value> {
    let mut seeds: Vec<String> = current.as_str().map(str::to_owned).into_iter().collect();
    seeds.extend((0..3).filter_map(|_| string_of(node, None, random)));
    let mut found = Vec::new();
    for seed in &seeds {
        let characters: Vec<char> = seed.chars().collect();
        for strange in STRANGE {
            for position in [characters.len(), 0, characters.len() / 2] {
                let mut inserted = characters.clone();
                inserted.insert(position, strange);
                found.push(inserted.iter().collect());
                if let Some(replaced) = characters.get(position) {
                    let replaced = *replaced;
                    found.push(seed.replacen(replaced, &strange.to_string(), 1));
                }
            }
        }
        for cut in [characters.len().saturating_sub(1), 1, 0] {
            found.push(characters[..cut.min(characters.len())].iter().collect());
        }
        found.push(format!("{seed}{seed}"));
    }
    found.into_iter().map(Value::String).filter(|value| !constraint.test.holds(value)).collect()
}
