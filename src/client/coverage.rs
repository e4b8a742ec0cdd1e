//! Coverage: which operations, members, values, constraints and errors a client's requests exercised.

use std::collections::BTreeSet;

use serde_json::Value;

use super::exchange::Exchange;
use crate::codec::Outcome;
use crate::contract::Contract;
use crate::exchange::{Observation, child};
use crate::model::{Operation, PlaceId, Table};
use crate::report::{Coverage, Exercised};

/// What has been seen so far.
#[derive(Debug)]
pub struct Survey<'c> {
    operations: Vec<(&'c Operation, Seen)>,
}

#[derive(Debug, Default)]
struct Seen {
    calls: u64,
    members: BTreeSet<String>,
    values: BTreeSet<String>,
    constraints: BTreeSet<String>,
    errors: BTreeSet<String>,
}

impl<'c> Survey<'c> {
    /// Of a contract of which nothing has been exercised.
    pub fn new(contract: &'c Contract) -> Self {
        Self { operations: contract.operations().iter().map(|operation| (&**operation, Seen::default())).collect() }
    }

    /// Takes in an exchange.
    pub fn see(&mut self, observation: &Observation<'_>, exchange: &Exchange) {
        let Some(operation) = observation.operation else { return };
        let mut known = self.operations.iter_mut();
        let Some((operation, seen)) = known.find(|(known, _)| std::ptr::eq(*known, operation)) else { return };
        seen.calls += 1;
        if let Some(input) = observation.input() {
            visit(&operation.input, 0, input, seen);
            let broken = operation.input.judge(input);
            let ids = broken.iter().map(|violation| operation.input.constraints[violation.constraint].id.clone());
            seen.constraints.extend(ids);
        }
        let received = exchange.response.as_ref().filter(|_| exchange.whole);
        let received = received.and_then(|response| observation.codec()?.decode_response(operation, response).ok());
        if let Some(Outcome::Error { code, .. }) = received.map(|received| received.outcome) {
            seen.errors.insert(code);
        }
    }

    /// What came of it.
    pub fn end(self) -> Vec<Coverage> {
        self.operations.into_iter().map(|(operation, seen)| covered(operation, &seen)).collect()
    }
}

fn covered(operation: &Operation, seen: &Seen) -> Coverage {
    let (mut members, mut values) = (Vec::new(), Vec::new());
    list(&operation.input, 0, &mut BTreeSet::new(), &mut members, &mut values);
    Coverage {
        operation: operation.label.clone(),
        calls: seen.calls,
        members: Exercised::of(members, &seen.members),
        values: Exercised::of(values, &seen.values),
        constraints: Exercised::of(
            operation.input.constraints.iter().map(|constraint| constraint.id.clone()),
            &seen.constraints,
        ),
        // The documented dialect has an error of its own, which nobody misses who does not speak it.
        errors: Exercised::of(
            operation.errors.all.iter().map(|error| error.code.clone()).chain(seen.errors.iter().cloned()),
            &seen.errors,
        ),
    }
}

/// Everything of a schema that can be exercised.
fn list(shape: &Table, id: PlaceId, done: &mut BTreeSet<PlaceId>, members: &mut Vec<String>, values: &mut Vec<String>) {
    let node = &shape.nodes[id];
    if !done.insert(id) {
        return;
    }
    values.extend(node.limits.choices.iter().map(|choice| chosen(&node.pointer, choice)));
    for member in node.properties.values() {
        members.push(shape.nodes[*member].pointer.clone());
        list(shape, *member, done, members, values);
    }
    for below in node.values.iter().chain(&node.items).chain(&node.prefix) {
        list(shape, *below, done, members, values);
    }
}

fn visit(shape: &Table, id: PlaceId, value: &Value, seen: &mut Seen) {
    let node = &shape.nodes[id];
    if node.limits.choices.contains(value) {
        seen.values.insert(chosen(&node.pointer, value));
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                let Some(id) = child(node, name) else { continue };
                seen.members.insert(shape.nodes[id].pointer.clone());
                visit(shape, id, member, seen);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                if let Some(id) = node.prefix.get(index).copied().or(node.items) {
                    visit(shape, id, item, seen);
                }
            }
        }
        _ => {}
    }
}

fn chosen(pointer: &str, value: &Value) -> String {
    format!("{pointer}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
