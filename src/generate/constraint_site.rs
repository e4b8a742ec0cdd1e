//! Where a constraint is judged, and what lies on both sides of its boundary.

use serde_json::Value;

use super::dictionary::STRANGE;
use super::generator::Generator;
use super::path::{Path, paths};
use super::seams::Seams;
use crate::model::{BoundaryValue, Cause, ConstraintId, Edges, Occurrence, PlaceId, Seam, Table, Test};
use crate::random::Random;

/// Which side of a boundary.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Side {
    /// Valid, and just so.
    Inside,
    /// Broken, and just so.
    Outside,
}

/// Where a constraint is judged, and what lies on both sides of it.
#[derive(Debug)]
pub(super) struct ConstraintSite {
    pub constraint: ConstraintId,
    /// The node that has the constraint, and the one that describes the value as a whole.
    pub node: PlaceId,
    pub whole: PlaceId,
    pub path: Path,
    pub edges: Edges,
    /// For patterns: characters that break a match.
    pub foreign: Vec<char>,
}

impl ConstraintSite {
    /// The sites of all constraints, in the constraints' order.
    pub fn all(shape: &Table, generator: &Generator) -> Vec<Self> {
        let paths = paths(shape);
        let mut nodes = vec![0; shape.constraints.len()];
        for (id, node) in shape.nodes.iter().enumerate() {
            node.constraints.iter().for_each(|constraint| nodes[*constraint] = id);
        }
        let site = |(id, node): (ConstraintId, PlaceId)| {
            Self::new(shape, generator, id, node, paths[node].clone().unwrap_or_default())
        };
        nodes.into_iter().enumerate().map(site).collect()
    }

    fn new(shape: &Table, generator: &Generator, constraint: ConstraintId, node: PlaceId, path: Path) -> Self {
        let stated = &shape.constraints[constraint];
        let whole = path.whole.unwrap_or(node);
        let mut edges = stated.test.edges();
        if stated.cause == Cause::Range {
            stretch(&mut edges, &shape.nodes[whole], &*stated.test);
        }
        let sample = || generator.text(shape, whole, None, &mut Random::new(1));
        let sample = if stated.cause == Cause::Pattern { sample() } else { None };
        let foreign = sample.as_deref().map(|sample| foreign(&*stated.test, sample)).unwrap_or_default();
        if stated.cause == Cause::Pattern {
            let pattern = shape.nodes[node].limits.pattern.as_deref();
            add_seams(&mut edges, generator, (shape, whole), (&*stated.test, pattern), sample.as_deref());
        }
        Self { constraint, node, whole, path, edges, foreign }
    }

    /// The values on one side of the boundary.
    pub fn values(&self, side: Side) -> &[BoundaryValue] {
        match side {
            Side::Inside => &self.edges.inside,
            Side::Outside => &self.edges.outside,
        }
    }
}

/// Adds the texts at the seams of a pattern, as its place can carry them.
fn add_seams(
    edges: &mut Edges,
    generator: &Generator,
    (shape, place): (&Table, PlaceId),
    (test, pattern): (&dyn Test, Option<&str>),
    sample: Option<&str>,
) {
    let (Some(pattern), Some(medium)) = (pattern, generator.medium(shape, place)) else { return };
    let limits = &shape.nodes[place].limits;
    let size = |length: u64| usize::try_from(length).unwrap_or(usize::MAX);
    let (least, most) = (limits.min_length.map_or(0, size), limits.max_length.map_or(usize::MAX, size));
    let holds = |text: &str| test.holds(&Value::from(text));
    let sides = Seams { holds: &holds, medium, least, most }.of(pattern, sample);
    let values = |side: Vec<(Seam, String)>| side.into_iter().map(|(seam, text)| BoundaryValue::Seam(seam, text));
    edges.inside.extend(values(sides.kept));
    edges.outside.splice(0..0, values(sides.broken));
}

/// The characters that break a pattern's match when they follow a text that matches.
fn foreign(test: &dyn Test, sample: &str) -> Vec<char> {
    let breaks = |c: &char| !test.holds(&Value::String(format!("{sample}{c}")));
    STRANGE.into_iter().chain(['a', 'Z', '5']).filter(breaks).collect()
}

/// Adds numbers farther from the bound where others than its neighbours are wanted: multiples, or those of a branch.
fn stretch(edges: &mut Edges, node: &Occurrence, test: &dyn Test) {
    let step = node.limits.multiple_of.as_ref().and_then(serde_json::Number::as_i64).filter(|step| *step > 1);
    if step.is_none() && !node.branches.is_any() {
        return;
    }
    let known: Vec<i64> = edges.inside.iter().chain(&edges.outside).filter_map(integer).collect();
    let multiples = known.iter().flat_map(|n| {
        let below = |step: i64| n.saturating_sub(n.rem_euclid(step));
        step.into_iter().flat_map(move |step| [below(step), below(step).saturating_add(step)])
    });
    let near = known.iter().flat_map(|n| (2..10).flat_map(|far| [n.saturating_sub(far), n.saturating_add(far)]));
    let near: Vec<i64> = if node.branches.is_any() { near.chain(multiples).collect() } else { multiples.collect() };
    for value in near.into_iter().map(Value::from) {
        let side = if test.holds(&value) { &mut edges.inside } else { &mut edges.outside };
        let value = BoundaryValue::Value(value);
        if !side.contains(&value) {
            side.push(value);
        }
    }
}

fn integer(value: &BoundaryValue) -> Option<i64> {
    let BoundaryValue::Value(value) = value else { return None };
    value.as_i64()
}
