//! `echo-mismatch`: an output member does not repeat the input member that it must repeat.

use std::cmp::Ordering;
use std::mem::discriminant;

use serde_json::Value;

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Exchange, Observation};
use crate::model::{Echo, Fold, Node, Operation, Shape};
use crate::text::MASK;
use crate::value::pointer;

/// The check.
pub struct EchoMismatch;

const PAGE: &str = "\
# echo-mismatch

## What it does

Complains when an output shows another value than the input gave for it, or leaves out what the
input gave.

## Why it matters

The output is the receipt. A client that stores what it reads there goes on with another resource
than it asked for.

## Example

`ReplicateBackup` to `region2` answers `destination_region: region1`. Due is `region2`.

## Remedy

Answer with the value of the request, not with a constant or that of an earlier call.

## When it is a note

When the echo itself is only assumed, or sources disagree on it. Letters' case does not count
where the contract folds it, times are compared as times, and characters that the protocol cannot
carry are not compared. What the schema requires anyway is missed by `output-schema`.
";

impl Check for EchoMismatch {
    fn code(&self) -> &'static str {
        "echo-mismatch"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let Some(output) = exchange.output().filter(|_| exchange.is_native()) else { return Vec::new() };
        exchange.operation().echo.iter().filter_map(|echo| complaint(exchange, echo, output)).collect()
    }
}

fn complaint(exchange: &Exchange<'_>, echo: &Echo, output: &Value) -> Option<Complaint> {
    let operation = exchange.operation();
    let (from, to) = (pointed(&echo.from), pointed(&echo.to));
    let node = operation.input.node(&from)?;
    let given = pointer::first(exchange.input, &echo.from).filter(|value| !value.is_null());
    let sent = given.or(node.default.as_deref())?;
    let shown = pointer::first(output, &echo.to).filter(|value| !value.is_null());
    let wrong = match shown {
        Some(shown) => carries(exchange, sent) && !is_same(node, echo.fold, sent, shown),
        None => given.is_some_and(|given| given != "") && !is_required(&operation.output, output, &echo.to),
    };
    let secret = is_sensitive(operation, &from, &to);
    let render = |value: &Value| if secret { MASK.to_owned() } else { exchange.foreign(&value.to_string()) };
    wrong.then(|| {
        let actual = shown.map_or_else(|| format!("no {to}"), |shown| format!("{to} is {}", render(shown)));
        let complaint = Complaint::new(format!("{to} is {}, as {from}", render(sent)), actual).about(&to);
        let is_other_type = shown.is_some_and(|shown| discriminant(shown) != discriminant(sent));
        let is_disputed = |about: &str| exchange.is_disputed(about, shown.unwrap_or(&Value::Null));
        let disputed = !is_other_type && (is_disputed(&to) || is_disputed(&from));
        complaint.cite_all(&echo.citations).disputed(disputed)
    })
}

fn pointed(path: &[String]) -> String {
    path.iter().fold(String::new(), |mut text, segment| {
        pointer::push(&mut text, segment);
        text
    })
}

/// Whether the protocol can carry the value back.
fn carries(exchange: &Exchange<'_>, value: &Value) -> bool {
    let codec = exchange.codec();
    value.as_str().is_none_or(|text| text.chars().all(|character| codec.carries(character)))
}

/// Whether two values are the same for a client: as texts, as numbers or as times.
fn is_same(node: &Node, fold: Option<Fold>, sent: &Value, shown: &Value) -> bool {
    if sent == shown {
        return true;
    }
    if let (Some(sent), Some(shown)) = (sent.as_i64(), shown.as_i64()) {
        return sent == shown;
    }
    if let (Some(sent), Some(shown)) = (sent.as_f64(), shown.as_f64()) {
        return sent.partial_cmp(&shown).is_some_and(Ordering::is_eq);
    }
    let (Some(sent), Some(shown)) = (scalar(sent), scalar(shown)) else { return false };
    let time = |text: &str| text.parse::<jiff::Timestamp>().ok();
    if node.format.as_deref() == Some("date-time") && time(&sent).is_some() {
        return time(&sent) == time(&shown);
    }
    match fold {
        Some(Fold::LowerCase) => sent.to_lowercase() == shown.to_lowercase(),
        None => sent == shown,
    }
}

/// A scalar's text, with the ends of lines as XML reads them (XML 1.0, section 2.11).
fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.replace("\r\n", "\n").replace('\r', "\n")),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}

/// Whether the schema itself requires the first member of the path that is absent.
fn is_required(shape: &Shape, output: &Value, path: &[String]) -> bool {
    let present = |depth: &usize| pointer::first(output, &path[..*depth]).is_some_and(|value| !value.is_null());
    let depth = (0..path.len()).take_while(|depth| present(&(depth + 1))).count();
    let node = shape.node(&pointed(&path[..depth]));
    node.is_some_and(|node| path.get(depth).is_some_and(|name| node.limits.required.contains(name)))
}

fn is_sensitive(operation: &Operation, from: &str, to: &str) -> bool {
    let sensitive = |shape: &Shape, at: &str| shape.node(at).is_some_and(|node| node.sensitive);
    sensitive(&operation.input, from) || sensitive(&operation.output, to)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn values_are_the_same_for_a_client() {
        let time = Node { format: Some("date-time".into()), ..Node::default() };
        let plain = Node::default();
        let same = |node, sent: &Value, shown: &Value| is_same(node, None, sent, shown);
        assert!(same(&plain, &json!(1), &json!(1.0)) && same(&plain, &json!(true), &json!("true")));
        assert!(same(&plain, &json!("a\r\nb"), &json!("a\nb")) && !same(&plain, &json!("a"), &json!("A")));
        assert!(!same(&plain, &json!(9_007_199_254_740_993_i64), &json!(9_007_199_254_740_992_i64)));
        assert!(same(&time, &json!("2025-01-05T01:00:00+01:00"), &json!("2025-01-05T00:00:00.000Z")));
        assert!(!same(&plain, &json!("2025-01-05T01:00:00+01:00"), &json!("2025-01-05T00:00:00.000Z")));
        assert!(is_same(&plain, Some(Fold::LowerCase), &json!("STRASSE-É"), &json!("strasse-é")));
        assert!(!same(&plain, &json!([1]), &json!([2])) && !same(&plain, &json!("7"), &json!([7])));
    }
}
