//! The coverage phase: what is covered, and by which inputs. Decided by the contract alone, the same for every seed.
//!
//! The covering rule: each constraint is broken in each way its kind knows, by a value that breaks no other where there is
//! one, and sat on at each of its boundaries; each allowed value of an enumeration is sent; each two optional members are both
//! present, both absent, and each present without the other; once per operation a request goes without credentials, with
//! another method, and twice.

use std::collections::HashMap;

use indexmap::IndexMap;
use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::case::CaseKind;
use super::confirm::confirm;
use super::unbreakable::unbreakable;
use super::{Boundaries, Generator, Side, pairwise};
use crate::exchange::{Variation, Verdict};
use crate::model::{AuthScheme, Cause, ConstraintId, Dialect, Occurrence, Operation, Place, PlaceId};
use crate::random::Random;
use crate::value::digest::digest;
use crate::value::pointer;

/// One case of the coverage phase, before a target adjusts it.
#[derive(Debug)]
pub struct CoverageCase {
    /// The input.
    pub input: Value,
    /// What must happen.
    pub verdict: Verdict,
    /// What is done besides sending it.
    pub variation: Variation,
}

/// The coverage phase of an operation.
#[derive(Debug, Default)]
pub struct Coverage {
    /// The cases, in order: breaks, boundaries, optional members, variations.
    pub cases: Vec<CoverageCase>,
    /// How many of them break a constraint.
    pub breaks: usize,
    /// How many of them sit on a boundary.
    pub boundaries: usize,
    /// How many of them are rows of optional members.
    pub optionals: usize,
    /// How many of them variation something else.
    pub variations: usize,
    /// Combinations of two optional members that exclude each other.
    pub impossible: usize,
    /// The ways in which each constraint is broken and sat on.
    pub ways: Vec<Ways>,
    /// Constraints that no request can break alone, and why.
    pub unbreakable: Vec<(ConstraintId, String)>,
}

/// The ways in which a constraint is broken and sat on: each with how many cases go it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Ways {
    /// Of the cases that break it.
    pub broken: IndexMap<String, usize>,
    /// Of those that sit on its boundary.
    pub kept: IndexMap<String, usize>,
}

/// Finds the cases of the coverage phase.
#[must_use]
pub fn coverage(boundaries: &Boundaries, dialect: Dialect) -> Coverage {
    let operation = boundaries.operation();
    let base = boundaries.base().cloned();
    let base = base.unwrap_or_else(|| boundaries.generator().plain(&operation.input, 0, &mut Random::new(0)));
    let (coverage, known) = Default::default();
    let mut covering = Covering { operation, boundaries, dialect, base, coverage, known };
    covering.breaks();
    covering.boundaries();
    covering.optionals();
    covering.variations();
    covering.coverage
}

struct Covering<'o> {
    operation: &'o Operation,
    boundaries: &'o Boundaries,
    dialect: Dialect,
    /// What optional members are added to, and what is varied.
    base: Value,
    coverage: Coverage,
    /// The cases by the digests of their inputs.
    known: HashMap<u64, Vec<usize>>,
}

impl Covering<'_> {
    fn breaks(&mut self) {
        for (id, constraint) in self.operation.input.constraints.iter().enumerate() {
            let mut random = Random::new(xxh3_64(constraint.id.as_bytes()));
            let verdict = Verdict::Invalid { constraint: id };
            let before = self.coverage.cases.len();
            let broken = self.add_each(id, Side::Outside, verdict, &mut random);
            self.coverage.ways.push(Ways { broken, kept: IndexMap::new() });
            let added = &self.coverage.cases[before..];
            if !added.iter().any(|case| self.is_alone(case, id))
                && let Some(reason) = unbreakable(self.boundaries, self.dialect, id)
            {
                self.coverage.unbreakable.push((id, reason));
            }
        }
        self.coverage.breaks = self.coverage.cases.len();
    }

    /// Whether a case breaks nothing but this constraint.
    fn is_alone(&self, case: &CoverageCase, constraint: ConstraintId) -> bool {
        self.operation.input.judge(&case.input).iter().all(|violation| violation.constraint == constraint)
    }

    fn boundaries(&mut self) {
        for (id, constraint) in self.operation.input.constraints.iter().enumerate() {
            let mut random = Random::new(xxh3_64(constraint.id.as_bytes()));
            // Of types and required members, every valid input is inside.
            if matches!(constraint.cause, Cause::Type | Cause::Required) {
                continue;
            }
            let verdict = Verdict::Valid { boundary: Some(id) };
            self.coverage.ways[id].kept = self.add_each(id, Side::Inside, verdict, &mut random);
        }
        self.coverage.boundaries = self.coverage.cases.len() - self.coverage.breaks;
    }

    fn optionals(&mut self) {
        let before = self.coverage.cases.len();
        let optionals = Optionals::of(self.operation, self.boundaries.generator(), &self.base);
        let fits = |row: &[bool]| {
            optionals.input(row).is_some_and(|input| {
                confirm(self.operation, self.dialect, &input, Verdict::Valid { boundary: None }).is_ok()
            })
        };
        let found = pairwise::rows(optionals.members.len(), &fits);
        self.coverage.impossible = found.impossible.saturating_sub(optionals.nested());
        for input in found.rows.iter().filter_map(|row| optionals.input(row)) {
            self.add(input, Verdict::Valid { boundary: None }, Variation::Plain);
        }
        self.coverage.optionals = self.coverage.cases.len() - before;
    }

    fn variations(&mut self) {
        let before = self.coverage.cases.len();
        if self.boundaries.base().is_some() {
            let input = self.base.clone();
            // The documented dialect has no credentials.
            if self.dialect == Dialect::Native && !self.operation.service.auth.is_empty() {
                let verdict = Verdict::Refused { cause: Cause::MissingCredentials };
                self.add(input.clone(), verdict, Variation::NoCredentials);
            }
            let verdict = Verdict::Refused { cause: Cause::MethodNotAllowed };
            self.add(input.clone(), verdict, Variation::OtherMethod);
            if let Some(idempotency) = &self.operation.idempotency {
                let mut marked = input.clone();
                pointer::set(&mut marked, &idempotency.token, Value::from("the-same-twice"));
                self.add(marked, Verdict::Valid { boundary: None }, Variation::Twice);
            }
        }
        self.coverage.variations = self.coverage.cases.len() - before;
    }

    /// Takes the inputs on one side of a constraint's boundary; by which ways, and how many of each.
    fn add_each(
        &mut self,
        constraint: ConstraintId,
        side: Side,
        verdict: Verdict,
        random: &mut Random,
    ) -> IndexMap<String, usize> {
        let boundaries = self.boundaries;
        let edges = boundaries.edges(constraint);
        let values = if side == Side::Inside { &edges.inside } else { &edges.outside };
        let mut ways = IndexMap::new();
        for (number, input) in boundaries.ways_at(constraint, side, random) {
            let before = self.coverage.cases.len();
            self.add(input, verdict, Variation::Plain);
            if self.coverage.cases.len() > before {
                *ways.entry(values[number].kind()).or_default() += 1;
            }
        }
        ways
    }

    /// Takes an input that a request can carry, unless it is there already.
    fn add(&mut self, input: Value, verdict: Verdict, variation: Variation) {
        let is_same = |case: &CoverageCase| {
            case.variation == variation
                && case.input == input
                && CaseKind::from(case.verdict) == CaseKind::from(verdict)
        };
        let alike = self.known.entry(digest(&input, 0)).or_default();
        if alike.iter().any(|case| is_same(&self.coverage.cases[*case]))
            || confirm(self.operation, self.dialect, &input, verdict).is_err()
        {
            return;
        }
        alike.push(self.coverage.cases.len());
        self.coverage.cases.push(CoverageCase { input, verdict, variation });
    }
}

/// An input without its optional members.
pub(super) fn bare(operation: &Operation, generator: &Generator, input: &Value) -> Value {
    Optionals::of(operation, generator, input).bare
}

/// Whether a member of the input carries the caller's credentials, which are the sender's business.
#[must_use]
pub fn is_credential(operation: &Operation, name: &str, node: &Occurrence) -> bool {
    let is_header = |auth: &crate::model::Auth| auth.scheme == AuthScheme::Header && auth.name == name;
    node.place == Some(Place::Header) && operation.service.auth.iter().any(is_header)
}

/// The optional members of an input, each with a value, and the input without any of them.
struct Optionals {
    bare: Value,
    /// Parents stand before their members.
    members: Vec<Optional>,
}

struct Optional {
    path: Vec<String>,
    value: Value,
    parent: Option<usize>,
}

impl Optionals {
    fn of(operation: &Operation, generator: &Generator, input: &Value) -> Self {
        let mut bare = input.clone();
        let mut members = Vec::new();
        collect(operation, generator, 0, &mut Vec::new(), None, &mut members);
        for optional in members.iter().rev() {
            remove(&mut bare, &optional.path);
        }
        Self { bare, members }
    }

    /// The input in which these members are present; nothing when one is present without its parent.
    fn input(&self, row: &[bool]) -> Option<Value> {
        let mut input = self.bare.clone();
        for (member, _) in self.members.iter().zip(row).filter(|(_, present)| **present) {
            if member.parent.is_some_and(|parent| !row[parent]) {
                return None;
            }
            pointer::set(&mut input, &member.path, member.value.clone());
        }
        Some(input)
    }

    /// How many combinations are impossible only because a member is not without its parent.
    fn nested(&self) -> usize {
        let mut count = 0;
        for (index, member) in self.members.iter().enumerate() {
            let mut ancestor = member.parent;
            let mut ancestors = Vec::new();
            while let Some(parent) = ancestor {
                ancestors.push(parent);
                ancestor = self.members[parent].parent;
            }
            count += ancestors.iter().filter(|ancestor| **ancestor < index).count();
        }
        count
    }
}

/// Finds the optional members below a node, through objects only.
fn collect(
    operation: &Operation,
    generator: &Generator,
    node: PlaceId,
    path: &mut Vec<String>,
    parent: Option<usize>,
    found: &mut Vec<Optional>,
) {
    let shape = operation.input.table();
    if path.len() > 8 {
        return;
    }
    for (name, &member) in &shape.nodes[node].properties {
        if is_credential(operation, name, &shape.nodes[member]) {
            continue;
        }
        path.push(name.clone());
        let mut within = parent;
        if !shape.nodes[node].limits.required.contains(name) {
            within = Some(found.len());
            let value = value_for(operation, generator, member, path);
            found.push(Optional { path: path.clone(), value, parent });
        }
        collect(operation, generator, member, path, within, found);
        path.pop();
    }
}

/// A value for an optional member, without the optional members it has itself: an example's, else a plain one.
fn value_for(operation: &Operation, generator: &Generator, node: PlaceId, path: &[String]) -> Value {
    let shown = operation.examples.iter().rev().find_map(|example| pointer::first(&example.input, path));
    let mut value = shown.cloned().unwrap_or_else(|| {
        generator.plain(&operation.input, node, &mut Random::new(xxh3_64(path.join("/").as_bytes())))
    });
    let node = &operation.input.table().nodes[node];
    if let Value::Object(members) = &mut value {
        members.retain(|name, _| !node.properties.contains_key(name) || node.limits.required.contains(name));
    }
    value
}

fn remove(input: &mut Value, path: &[String]) {
    let Some((last, parents)) = path.split_last() else { return };
    let parent = parents.iter().try_fold(input, |value, segment| value.get_mut(segment));
    if let Some(Value::Object(members)) = parent {
        members.shift_remove(last);
    }
}
