//! Inputs on the boundary of one constraint: just inside, everything valid; just outside, nothing else broken.

use serde_json::Value;

use super::Random;
use super::generator::Generator;
use super::recipe::{Kitchen, RecipeId};
use super::site::{Path, paths};
use super::wishes;
use crate::constraint::{Edges, Wish};
use crate::contract::model::Cause;
use crate::contract::{ConstraintId, NodeId, Operation, Shape, pointer};

/// How often a wish that leaves a choice is drawn before it is given up.
const TRIES: usize = 40;
/// The same, for one input out of many.
const QUICK_TRIES: usize = 8;

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
pub(super) struct Site {
    pub constraint: ConstraintId,
    /// The node that has the constraint.
    pub node: NodeId,
    pub path: Path,
    pub edges: Edges,
    /// For compositions: recipes whose values may break it.
    pub around: Vec<RecipeId>,
}

impl Site {
    /// The sites of all constraints, in their order.
    pub fn all(shape: &Shape, kitchen: &mut Kitchen<'_>) -> Vec<Self> {
        let paths = paths(shape);
        let mut nodes = vec![0; shape.constraints.len()];
        for (id, node) in shape.nodes.iter().enumerate() {
            node.constraints.iter().for_each(|constraint| nodes[*constraint] = id);
        }
        let site = |(constraint, node): (ConstraintId, NodeId)| {
            let stated = &shape.constraints[constraint];
            Self {
                constraint,
                node,
                path: paths[node].clone().unwrap_or_default(),
                edges: stated.test.edges(),
                around: if stated.cause == Cause::Composition {
                    kitchen.around(node, &stated.keyword)
                } else {
                    Vec::new()
                },
            }
        };
        nodes.into_iter().enumerate().map(site).collect()
    }

    /// Leaves out the variants of rules that do not do what they are for where the examples have the place.
    pub fn vary_rules(&mut self, operation: &Operation) {
        let stated = &operation.input.constraints[self.constraint];
        if stated.cause != Cause::Rule {
            return;
        }
        let segments: Vec<String> = pointer::segments(&stated.member).collect();
        let shown = operation.examples.iter().find_map(|example| pointer::first(&example.input, &segments));
        let base = shown.cloned().unwrap_or_default();
        let holds = |wish: &Wish| {
            let Wish::Patch(patch) = wish else { return true };
            let mut patched = base.clone();
            pointer::merge(&mut patched, patch);
            stated.test.holds(&patched)
        };
        // The first of each side is the spec's own.
        let keep = |wishes: &mut Vec<Wish>, wanted: bool| {
            let mut first = true;
            wishes.retain(|wish| std::mem::take(&mut first) || holds(wish) == wanted);
        };
        keep(&mut self.edges.inside, true);
        keep(&mut self.edges.outside, false);
    }

    fn wishes(&self, side: Side) -> &[Wish] {
        match side {
            Side::Inside => &self.edges.inside,
            Side::Outside => &self.edges.outside,
        }
    }
}

/// The inputs on one side of a constraint's boundary, one for each way to be there, built on the operation's examples: each is
/// valid altogether, or breaks exactly that constraint. None when there is no such input.
#[must_use]
pub fn inputs_at(
    generator: &Generator,
    operation: &Operation,
    constraint: ConstraintId,
    side: Side,
    random: &mut Random,
) -> Vec<Value> {
    let site = &generator.sites[constraint];
    let segments: Vec<String> = pointer::segments(&operation.input.constraints[constraint].member).collect();
    // Those that have the place come first.
    let mut bases: Vec<&Value> = operation.examples.iter().map(|example| &example.input).collect();
    bases.sort_by_key(|input| pointer::first(input, &segments).is_none());
    let mut inputs: Vec<Value> = Vec::new();
    for wish in site.wishes(side) {
        let tries = if wishes::leaves_a_choice(wish) { TRIES } else { 2 };
        let found = bases
            .iter()
            .find_map(|base| (0..tries).find_map(|_| fulfilled(generator, operation, site, side, base, wish, random)));
        inputs.extend(found.filter(|input| !inputs.contains(input)));
    }
    inputs
}

/// A random input on one side of a constraint's boundary, built on any valid input. Nothing when a few tries do not find one.
#[must_use]
pub fn input_at(
    generator: &Generator,
    operation: &Operation,
    base: &Value,
    constraint: ConstraintId,
    side: Side,
    random: &mut Random,
) -> Option<Value> {
    let site = &generator.sites[constraint];
    (0..QUICK_TRIES).find_map(|_| {
        let wish = random.pick(site.wishes(side))?;
        fulfilled(generator, operation, site, side, base, wish, random)
    })
}

/// The input with the place as wished, when that puts it on the wanted side and changes nothing else.
fn fulfilled(
    generator: &Generator,
    operation: &Operation,
    site: &Site,
    side: Side,
    base: &Value,
    wish: &Wish,
    random: &mut Random,
) -> Option<Value> {
    let input = wished(generator, operation, site, side, base, wish, random)?;
    let mut broken = operation.input.judge(&input).into_iter().peekable();
    let fits = match side {
        Side::Inside => broken.peek().is_none(),
        Side::Outside => broken.peek().is_some() && broken.all(|violation| violation.constraint == site.constraint),
    };
    fits.then_some(input)
}

/// The input with the place as wished, whatever else that breaks.
fn wished(
    generator: &Generator,
    operation: &Operation,
    site: &Site,
    side: Side,
    base: &Value,
    wish: &Wish,
    random: &mut Random,
) -> Option<Value> {
    let mut input = base.clone();
    let place = site.reach(generator, &operation.input, &mut input, random)?;
    wishes::fulfil(generator, operation, site, side, wish, place, random)?;
    Some(input)
}

/// Inputs that break a constraint, whatever else they break.
pub(super) fn broken_at(
    generator: &Generator,
    operation: &Operation,
    constraint: ConstraintId,
    random: &mut Random,
) -> Vec<Value> {
    let site = &generator.sites[constraint];
    let Some(base) = operation.examples.first().map(|example| &example.input) else { return Vec::new() };
    let tries = site.wishes(Side::Outside).iter().flat_map(|wish| std::iter::repeat_n(wish, 4));
    tries.filter_map(|wish| wished(generator, operation, site, Side::Outside, base, wish, random)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;

    #[test]
    fn any_valid_input_serves_as_a_base() {
        for operation in Contract::builtin().operations() {
            let generator = Generator::new(operation);
            let (mut random, mut asked, mut given) = (Random::new(5), 0, 0);
            for constraint in 0..operation.input.constraints.len() {
                let possible = inputs_at(&generator, operation, constraint, Side::Outside, &mut random);
                for _ in 0..4 {
                    let base = generator.plain(&operation.input, 0, &mut random);
                    let input = input_at(&generator, operation, &base, constraint, Side::Outside, &mut random);
                    asked += usize::from(!possible.is_empty());
                    given += usize::from(input.is_some());
                    for violation in input.map(|input| operation.input.judge(&input)).unwrap_or_default() {
                        assert_eq!(violation.constraint, constraint);
                    }
                }
            }
            assert!(given * 20 >= asked * 17, "{}: {given} of {asked}", operation.name);
        }
    }

    #[test]
    fn both_sides_of_each_constraint() {
        for operation in Contract::builtin().operations() {
            let generator = Generator::new(operation);
            for constraint in 0..operation.input.constraints.len() {
                let inside = inputs_at(&generator, operation, constraint, Side::Inside, &mut Random::new(1));
                let id = &operation.input.constraints[constraint].id;
                let credential = id.starts_with("/X-Auth-Token");
                assert!(!inside.is_empty() || credential, "{}{id}", operation.name);
            }
        }
    }
}
