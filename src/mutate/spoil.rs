//! What is done to outputs: members dropped, retyped, or echoed as something else.

use bytes::Bytes;
use serde_json::{Map, Value, json};

use super::mutant::written;
use crate::model::{Node, Operation, Shape, Test};
use crate::value::walk::{Next, Places, walk};

/// Name of a member, and code of an error, that no contract declares.
pub const UNHEARD_OF: &str = "UnheardOf";

/// Leaves a member out.
pub fn drop_member(output: &mut Value, path: &[String]) -> bool {
    at_holders(output, path, &mut |members, name| members.shift_remove(name).is_some())
}

/// Adds a member that the output does not have.
pub fn add_member(output: &mut Value, text: &str) -> bool {
    output.as_object_mut().is_some_and(|members| members.insert(UNHEARD_OF.into(), text.into()).is_none())
}

/// Puts the output into an object of its own.
pub fn wrap(output: &mut Value) -> bool {
    *output = json!({ UNHEARD_OF: output.take() });
    true
}

/// Turns the case of the letters that the names of members begin with.
pub fn turn_capitals(output: &mut Value) -> bool {
    let Some(members) = output.as_object_mut() else { return false };
    let turned = |name: &str| {
        let (first, rest) = name.split_at_checked(1).unwrap_or_default();
        let other = if first == first.to_uppercase() { first.to_lowercase() } else { first.to_uppercase() };
        format!("{other}{rest}")
    };
    *members = std::mem::take(members).into_iter().map(|(name, value)| (turned(&name), value)).collect();
    !members.is_empty()
}

/// A JSON body in which the first member is there twice.
pub fn with_member_twice(body: &[u8]) -> Option<Bytes> {
    let value: Map<String, Value> = serde_json::from_slice(body).ok()?;
    let (name, member) = value.iter().next()?;
    let once = serde_json::to_string(&json!({ name: member })).ok()?;
    let rest = std::str::from_utf8(body).ok()?.trim_start().strip_prefix('{')?;
    Some(Bytes::from(format!("{},{rest}", once.strip_suffix('}')?)))
}

/// Gives a member another value.
pub fn replace_member(output: &mut Value, path: &[String], with: &Value) -> bool {
    at_holders(output, path, &mut |members, name| match members.get_mut(name) {
        Some(value) => {
            *value = with.clone();
            true
        }
        None => false,
    })
}

/// Gives a member a value of its own kind that is not the one it has.
pub fn alter_member(shape: &Shape, output: &mut Value, path: &[String]) -> bool {
    let Some(node) = shape.node(&written(path)) else { return false };
    at_holders(output, path, &mut |members, name| {
        let Some(value) = members.get_mut(name) else { return false };
        let other = other_than(node, value);
        let found = other.is_some();
        *value = other.unwrap_or_else(|| value.take());
        found
    })
}

/// Lets something be done to each object that may hold the member; says whether any of it had an effect.
fn at_holders(value: &mut Value, path: &[String], act: &mut dyn FnMut(&mut Map<String, Value>, &str) -> bool) -> bool {
    match (path, value) {
        ([last], Value::Object(members)) => act(members, last),
        ([head, rest @ ..], Value::Array(items)) if head == "*" => {
            items.iter_mut().fold(false, |done, item| at_holders(item, rest, act) | done)
        }
        ([head, rest @ ..], Value::Object(members)) if head == "*" => {
            members.values_mut().fold(false, |done, member| at_holders(member, rest, act) | done)
        }
        ([head, rest @ ..], Value::Object(members)) => {
            members.get_mut(head).is_some_and(|member| at_holders(member, rest, act))
        }
        _ => false,
    }
}

/// Values of types that a node does not take, the plainest first.
pub fn of_other_types(node: &Node) -> Vec<Value> {
    let all = [json!(7), json!("text"), json!(true), json!(["text"]), json!({ "text": "text" })];
    all.into_iter().filter(|value| !node.types.is_empty() && !node.types.holds(value)).collect()
}

/// A value that the node takes, and that differs in more than its letters' case.
fn other_than(node: &Node, value: &Value) -> Option<Value> {
    let mut others = node.limits.choices.clone();
    match value {
        Value::String(text) => {
            others.extend([json!(format!("{text}-other")), json!("other"), json!("2001-02-03T04:05:06Z")]);
        }
        Value::Bool(value) => others.push(json!(!value)),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => others.extend([json!(integer.saturating_add(1)), json!(integer.saturating_sub(1))]),
            None => others.extend(number.as_f64().map(|float| json!(float / 2.0 + 1.0))),
        },
        Value::Array(items) => others.extend(items.split_last().map(|(_, rest)| json!(rest))),
        Value::Object(members) => others.push(members.iter().skip(1).map(|(k, v)| (k.clone(), v.clone())).collect()),
        Value::Null => {}
    }
    let holds = |other: &Value| node.facts.iter().all(|fact| fact.test.holds(other));
    others.into_iter().find(|other| !alike(other, value) && holds(other))
}

fn alike(one: &Value, other: &Value) -> bool {
    match (one.as_str(), other.as_str()) {
        (Some(one), Some(other)) => one.to_lowercase() == other.to_lowercase(),
        _ => one == other,
    }
}

/// An XML body without the element that holds a text.
pub fn without_element(body: &[u8], text: &str) -> Option<Bytes> {
    let body = std::str::from_utf8(body).ok()?;
    let at = body.find(&format!(">{text}</"))?;
    let start = body[..at].rfind('<')?;
    let end = at + 1 + body[at + 1..].find('>')? + 1;
    Some(Bytes::from([&body[..start], &body[end..]].concat()))
}

/// Whether a value has a character outside of ASCII, in a text or in a member's name.
pub fn has_non_ascii(value: &Value) -> bool {
    match value {
        Value::String(text) => !text.is_ascii(),
        Value::Array(items) => items.iter().any(has_non_ascii),
        Value::Object(members) => members.iter().any(|(name, value)| !name.is_ascii() || has_non_ascii(value)),
        _ => false,
    }
}

/// Whether an input has a member that it need not have, the credentials among its headers aside.
pub fn has_optional(operation: &Operation, input: &Value) -> bool {
    let mut is_found = false;
    walk(&Places::of(&operation.input), input, |places, value, _| {
        let named = |name: &str| places.iter().any(|place| place.properties.contains_key(name));
        let optional = |name: &str| places.iter().all(|place| is_optional(operation, place, name));
        is_found |= value.as_object().is_some_and(|members| members.keys().any(|name| named(name) && optional(name)));
        if is_found || places.is_empty() { Next::Past } else { Next::Below }
    });
    is_found
}

/// Whether a node's member may be absent, and is no credential.
pub fn is_optional(operation: &Operation, node: &Node, name: &str) -> bool {
    let is_credential = operation.service.auth.iter().any(|auth| auth.name.eq_ignore_ascii_case(name));
    !is_credential && !node.limits.required.iter().any(|required| required == name)
}
