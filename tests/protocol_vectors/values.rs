//! Values of the vectors as values of ours: timestamps as RFC 3339 text, blobs as base64 text.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::vectors::{Member, Shape, Suite};

/// The value of an operation's input or output; an operation without one has no members.
pub fn of_structure(suite: &Suite, root: Option<&Member>, value: &Value) -> Value {
    match root {
        Some(root) => of_shape(suite, &suite.shapes[&root.shape], value),
        None => Value::Object(Map::new()),
    }
}

fn of_shape(suite: &Suite, shape: &Shape, value: &Value) -> Value {
    let member = |member: Option<&Member>, value: &Value| match member {
        Some(member) => of_shape(suite, &suite.shapes[&member.shape], value),
        None => value.clone(),
    };
    match (shape.kind.as_str(), value) {
        ("structure", Value::Object(members)) if !shape.document => {
            let known = members.iter().map(|(name, value)| (name.clone(), member(shape.members.get(name), value)));
            Value::Object(known.collect())
        }
        ("list", Value::Array(items)) => items.iter().map(|item| member(shape.member.as_ref(), item)).collect(),
        ("map", Value::Object(entries)) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), member(shape.value.as_ref(), value)));
            Value::Object(entries.collect())
        }
        ("timestamp", Value::Number(seconds)) => Value::String(rfc_3339(seconds)),
        ("blob", Value::String(text)) => Value::String(STANDARD.encode(text)),
        (_, value) => value.clone(),
    }
}

/// Whether a list or a map of the value holds a null: models of the vectors' kind do not say which may.
pub fn holds_nulls(suite: &Suite, root: Option<&Member>, value: &Value) -> bool {
    let Some(shape) = root.map(|root| &suite.shapes[&root.shape]) else { return false };
    match (shape.kind.as_str(), value) {
        ("structure", Value::Object(members)) => {
            members.iter().any(|(name, value)| holds_nulls(suite, shape.members.get(name), value))
        }
        ("list", Value::Array(items)) => {
            items.iter().any(|item| item.is_null() || holds_nulls(suite, shape.member.as_ref(), item))
        }
        ("map", Value::Object(entries)) => {
            entries.values().any(|value| value.is_null() || holds_nulls(suite, shape.value.as_ref(), value))
        }
        _ => false,
    }
}

fn rfc_3339(seconds: &serde_json::Number) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "vectors have times of this age, to the millisecond")]
    let milliseconds = seconds.as_f64().map(|seconds| (seconds * 1000.0).round() as i64);
    let timestamp = milliseconds.and_then(|milliseconds| Timestamp::from_millisecond(milliseconds).ok());
    timestamp.expect("a time of the calendar").to_string()
}
