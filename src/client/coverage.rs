//! Coverage: which operations, members, values, constraints and errors a client's requests exercised.

use std::collections::BTreeSet;

use serde_json::Value;

use super::exchange::Exchange;
use crate::codec::Outcome;
use crate::contract::Contract;
use crate::exchange::Observation;
use crate::model::{Operation, PlaceId, Table};
use crate::report::{Coverage, Exercised};
use crate::value::walk::{Next, Places, walk};

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
            exercise(&operation.input, input, seen);
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
    let branches = &node.branches;
    let parts = node.values.iter().chain(&node.items).chain(&node.prefix).chain(node.patterns.iter().map(|(_, id)| id));
    let parts = parts.chain(&node.all_of).chain(&branches.any_of).chain(&branches.one_of);
    for below in parts.chain(&branches.then).chain(&branches.otherwise) {
        list(shape, *below, done, members, values);
    }
}

/// Notes what a value exercises.
fn exercise(shape: &Table, value: &Value, seen: &mut Seen) {
    walk(&Places::of(shape), value, |places, value, _| {
        for place in places.iter() {
            seen.members.insert(place.pointer.clone());
            if place.limits.choices.contains(value) {
                seen.values.insert(chosen(&place.pointer, value));
            }
        }
        if places.is_empty() { Next::Past } else { Next::Below }
    });
}

fn chosen(pointer: &str, value: &Value) -> String {
    format!("{pointer}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}
