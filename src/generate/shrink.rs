//! Making a case smaller while it stays what it is: valid, or broken in one place.

use std::collections::HashSet;
use std::sync::Arc;

use proptest::strategy::ValueTree;
use serde_json::{Map, Value};
use xxhash_rust::xxh3::xxh3_64;

use super::case::Case;
use super::plan::Plan;
use crate::exchange::{Verdict, differences, grafted};
use crate::value::pointer;

/// Most neighbours of a case that are tried.
const NEIGHBOURS: usize = 1000;
/// Most changes that are tried one by one.
const CHANGES: usize = 64;

/// A case with its smaller neighbours. A proptest value tree: [`simplify`](ValueTree::simplify) says that the current
/// case shows what is looked for, [`complicate`](ValueTree::complicate) that it does not.
#[derive(Debug)]
pub struct Shrinking {
    plan: Arc<Plan>,
    /// The smallest case so far that shows it.
    best: Case,
    current: Case,
    neighbours: Vec<Edit>,
    next: usize,
    /// Hashes of the neighbours that were tried.
    tried: HashSet<u64>,
}

/// A way to a neighbour.
#[derive(Debug)]
enum Edit {
    /// Another input altogether.
    Whole(Value),
    /// Another value at a place.
    Set(Vec<String>, Value),
    /// No value at a place.
    Remove(Vec<String>),
}

impl Edit {
    fn apply(&self, input: &Value) -> Value {
        let mut edited = input.clone();
        match self {
            Self::Whole(whole) => edited.clone_from(whole),
            Self::Set(path, value) => pointer::set(&mut edited, path, value.clone()),
            Self::Remove(path) => remove(&mut edited, path),
        }
        edited
    }
}

impl Shrinking {
    /// Starts with a case.
    #[must_use]
    pub fn new(plan: &Arc<Plan>, case: Case) -> Self {
        let (plan, best) = (Arc::clone(plan), case.clone());
        Self { plan, best, current: case, neighbours: Vec::new(), next: 0, tried: HashSet::new() }
    }

    /// The case that steps lead to.
    pub(super) fn replay(plan: &Arc<Plan>, case: Case, steps: &[u32]) -> Option<Case> {
        steps.iter().try_fold(case, |case, step| {
            let neighbours = neighbours(plan, &case);
            let edit = neighbours.get(usize::try_from(*step).ok()?)?;
            plan.smaller(&case, &edit.apply(&case.input), *step)
        })
    }

    /// The smallest case so far that shows what is looked for.
    #[must_use]
    pub fn best(&self) -> &Case {
        &self.best
    }

    /// Goes to the next neighbour of the best case that still is what the verdict says.
    fn advance(&mut self) -> bool {
        while let Some(edit) = self.neighbours.get(self.next) {
            let step = u32::try_from(self.next).unwrap_or(u32::MAX);
            self.next += 1;
            let input = edit.apply(&self.best.input);
            let is_smaller = self.plan.weight(&input) < self.plan.weight(&self.best.input);
            if !is_smaller || !self.tried.insert(xxh3_64(input.to_string().as_bytes())) {
                continue;
            }
            if let Some(smaller) = self.plan.smaller(&self.best, &input, step) {
                self.current = smaller;
                return true;
            }
        }
        self.current = self.best.clone();
        false
    }
}

impl ValueTree for Shrinking {
    type Value = Case;

    fn current(&self) -> Case {
        self.current.clone()
    }

    fn simplify(&mut self) -> bool {
        self.best = self.current.clone();
        self.neighbours = neighbours(&self.plan, &self.best);
        self.next = 0;
        self.advance()
    }

    fn complicate(&mut self) -> bool {
        self.advance()
    }
}

/// Ways to smaller inputs, the boldest first: bases with the case's fault or one of its changes, then the case with one
/// change less, then smaller values.
fn neighbours(plan: &Plan, case: &Case) -> Vec<Edit> {
    let mut found: Vec<Edit> = from_bases(plan, case).into_iter().map(Edit::Whole).collect();
    found.extend(towards_base(plan, case).into_iter().map(Edit::Whole));
    below(&case.input, &mut Vec::new(), &mut |path, value| {
        found.push(match value {
            Some(value) => Edit::Set(path.to_vec(), value),
            None => Edit::Remove(path.to_vec()),
        });
    });
    found.truncate(NEIGHBOURS);
    found
}

/// The nearest base with each change of the case alone, and the case without each.
fn towards_base(plan: &Plan, case: &Case) -> Vec<Value> {
    let Some(base) = plan.bases().nearest(&case.input) else { return Vec::new() };
    let mut places = differences(&base, &case.input);
    if places.len() < 2 {
        return Vec::new();
    }
    places.truncate(CHANGES);
    let alone = places.iter().map(|place| grafted(&base, &case.input, place));
    alone.chain(places.iter().map(|place| grafted(&case.input, &base, place))).collect()
}

/// The bases, or the examples without any: as they are for a valid case, with the broken place of the case for an invalid
/// one.
fn from_bases(plan: &Plan, case: &Case) -> Vec<Value> {
    let operation = plan.operation();
    let examples = operation.examples.iter().map(|example| &example.input);
    let accepted = plan.bases().inputs.iter();
    let bases: Vec<&Value> = if accepted.len() == 0 { examples.collect() } else { accepted.collect() };
    let Verdict::Invalid { constraint } = case.verdict else { return bases.into_iter().cloned().collect() };
    let mut path: Vec<String> = pointer::segments(&operation.input.constraints[constraint].member).collect();
    // A list or map is taken as a whole.
    if let Some(star) = path.iter().position(|segment| segment == "*") {
        path.truncate(star);
    }
    let at_fault = pointer::first(&case.input, &path);
    bases
        .into_iter()
        .map(|base| {
            let mut grafted = base.clone();
            match at_fault {
                Some(value) => pointer::set(&mut grafted, &path, value.clone()),
                None => remove(&mut grafted, &path),
            }
            grafted
        })
        .collect()
}

/// Offers smaller values for each place of a value: a new value, or nothing for a member or item that goes.
fn below(value: &Value, path: &mut Vec<String>, offer: &mut impl FnMut(&[String], Option<Value>)) {
    match value {
        Value::Object(members) => {
            if !members.is_empty() {
                offer(path, Some(Value::Object(Map::new())));
            }
            for name in members.keys() {
                path.push(name.clone());
                offer(path, None);
                path.pop();
            }
            for (name, value) in members {
                path.push(name.clone());
                below(value, path, offer);
                path.pop();
            }
        }
        Value::Array(items) => {
            for length in [0, 1, items.len() / 2, items.len().saturating_sub(1)] {
                if length < items.len() {
                    offer(path, Some(Value::Array(items[..length].to_vec())));
                    offer(path, Some(Value::Array(items[items.len() - length..].to_vec())));
                }
            }
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                below(item, path, offer);
                path.pop();
            }
        }
        Value::String(text) => texts(text).into_iter().for_each(|text| offer(path, Some(Value::String(text)))),
        Value::Number(number) => numbers(number).into_iter().for_each(|number| offer(path, Some(number))),
        Value::Bool(true) => offer(path, Some(Value::Bool(false))),
        Value::Bool(false) | Value::Null => {}
    }
}

/// Shorter and plainer texts.
fn texts(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    for length in [0, 1, characters.len() / 2, characters.len() * 3 / 4, characters.len().saturating_sub(1)] {
        if length < characters.len() {
            found.push(characters[..length].iter().collect());
            found.push(characters[characters.len() - length..].iter().collect());
        }
    }
    let plain = |character: char| character.is_ascii_alphanumeric();
    if !characters.iter().all(|character| *character == 'a') {
        found.push("a".repeat(characters.len()));
    }
    if characters.iter().any(|character| !plain(*character)) {
        found.push(characters.iter().map(|character| if plain(*character) { *character } else { 'a' }).collect());
        found.push(characters.iter().filter(|character| plain(**character)).collect());
        let first = characters.iter().position(|character| !plain(*character)).unwrap_or(0);
        let mut one: Vec<char> = characters.clone();
        one[first] = 'a';
        found.push(one.into_iter().collect());
    }
    found
}

/// Numbers nearer to zero.
fn numbers(number: &serde_json::Number) -> Vec<Value> {
    if let Some(integer) = number.as_i64() {
        // By ever smaller steps, so that a bound is found in few of them.
        let steps = std::iter::successors(Some(integer / 2), |step| Some(step / 2)).take_while(|step| *step != 0);
        let nearer = [0, 1].into_iter().chain(steps.map(|step| integer - step));
        return nearer.filter(|near| near.unsigned_abs() < integer.unsigned_abs()).map(Value::from).collect();
    }
    let float = number.as_f64().unwrap_or_default();
    let nearer = [0.0, float.trunc(), float / 2.0];
    nearer.into_iter().filter(|near| near.abs() < float.abs()).map(whole).collect()
}

fn whole(number: f64) -> Value {
    #[allow(clippy::cast_possible_truncation, reason = "small and whole")]
    if number.fract() == 0.0 && number.abs() < 1e15 { Value::from(number as i64) } else { Value::from(number) }
}

fn remove(input: &mut Value, path: &[String]) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().try_fold(input, |value, segment| match value {
        Value::Object(members) => members.get_mut(segment),
        Value::Array(items) => items.get_mut(segment.parse::<usize>().ok()?),
        _ => None,
    });
    if let Some(Value::Object(members)) = parent {
        members.shift_remove(last);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One less at a time took tens of thousands of requests.
    #[test]
    fn a_bound_is_found_in_few_steps() {
        for (first, bound) in [(i64::MAX, 36_501_i64), (1 << 33, 52_560_001), (i64::MIN, -2), (7, 1)] {
            let mut number = Value::from(first);
            let beyond = |value: &Value| {
                value.as_i64().is_some_and(|n| n.signum() == bound.signum() && n.unsigned_abs() >= bound.unsigned_abs())
            };
            let smaller = |number: &Value| numbers(number.as_number().expect("a number")).into_iter().find(beyond);
            let mut steps = 0;
            while let Some(next) = smaller(&number) {
                (number, steps) = (next, steps + 1);
            }
            assert!(number == bound && steps < 200, "{number} after {steps} steps from {first}");
        }
    }
}
