//! Inputs on the boundary of one constraint: just inside, everything valid; just outside, nothing else broken.

use serde_json::Value;

use super::compile::Compiler;
use super::generator::Generator;
use super::hostile::STRANGE;
use super::recipe::RecipeId;
use super::site::{Path, paths};
use super::wishes::{self, leaves_a_choice};
use crate::constraint::{Edges, Test, Wish};
use crate::contract::model::Cause;
use crate::contract::{ConstraintId, Occurrence, Operation, PlaceId, Table, pointer};
use crate::random::Random;

/// How often a wish that leaves a choice is drawn before it is given up.
const TRIES: usize = 40;
/// The same, for one input out of many.
const QUICK_TRIES: usize = 8;
/// On how many examples a wish is proven, and how many wishes a side keeps.
const MAX_BASES: usize = 4;
const MAX_WISHES: usize = 16;

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
    /// The node that has the constraint, and the one that describes the value as a whole.
    pub node: PlaceId,
    pub whole: PlaceId,
    pub path: Path,
    pub edges: Edges,
    /// For compositions: recipes whose values may break it.
    pub around: Vec<RecipeId>,
    /// For patterns: characters that break a match.
    pub foreign: Vec<char>,
}

impl Site {
    /// The sites of all constraints, in their order.
    pub fn all(shape: &Table, compiler: &mut Compiler<'_>) -> Vec<Self> {
        let paths = paths(shape);
        let mut nodes = vec![0; shape.constraints.len()];
        for (id, node) in shape.nodes.iter().enumerate() {
            node.constraints.iter().for_each(|constraint| nodes[*constraint] = id);
        }
        let spot = |(constraint, node): (ConstraintId, PlaceId)| {
            let stated = &shape.constraints[constraint];
            let path = paths[node].clone().unwrap_or_default();
            let whole = path.whole.unwrap_or(node);
            let mut edges = stated.test.edges();
            if stated.cause == Cause::Range {
                stretch(&mut edges, &shape.nodes[whole], &*stated.test);
            }
            Self {
                constraint,
                node,
                foreign: Vec::new(),
                whole,
                path,
                edges,
                around: if stated.cause == Cause::Composition {
                    compiler.around(whole, node, &stated.keyword)
                } else {
                    Vec::new()
                },
            }
        };
        nodes.into_iter().enumerate().map(spot).collect()
    }

    /// Learns which characters break a match of the pattern.
    pub fn learn(&mut self, test: &dyn Test, sample: &str) {
        let foreign = STRANGE.into_iter().chain(['a', 'Z', '5']);
        self.foreign = foreign.filter(|c| !test.holds(&Value::String(format!("{sample}{c}")))).collect();
    }

    fn wishes(&self, side: Side) -> &[Wish] {
        match side {
            Side::Inside => &self.edges.inside,
            Side::Outside => &self.edges.outside,
        }
    }
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
        let wish = Wish::Value(value);
        if !side.contains(&wish) {
            side.push(wish);
        }
    }
}

fn integer(wish: &Wish) -> Option<i64> {
    let Wish::Value(value) = wish else { return None };
    value.as_i64()
}

/// The edges of a constraint, without those that on no example do what they are for. The first of each side are the spec's own.
pub(super) fn proven(generator: &Generator, operation: &Operation, constraint: ConstraintId) -> Edges {
    let spot = &generator.sites[constraint];
    let bases: Vec<&Value> = operation.examples.iter().map(|example| &example.input).take(MAX_BASES).collect();
    let mut random = Random::new(1);
    let mut prove = |side: Side| {
        let mut proven: Vec<Wish> = Vec::new();
        for (index, wish) in spot.wishes(side).iter().enumerate() {
            let mut works =
                |base: &&Value| fulfilled(generator, operation, spot, side, base, wish, &mut random).is_some();
            let new = leaves_a_choice(wish) || !proven.contains(wish);
            if index == 0 || new && proven.len() < MAX_WISHES && (leaves_a_choice(wish) || bases.iter().any(&mut works))
            {
                proven.push(wish.clone());
            }
        }
        proven
    };
    Edges { inside: prove(Side::Inside), outside: prove(Side::Outside) }
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
    let spot = &generator.sites[constraint];
    let segments: Vec<String> = pointer::segments(&operation.input.constraints[constraint].member).collect();
    // Those that have the place come first.
    let mut bases: Vec<&Value> = operation.examples.iter().map(|example| &example.input).collect();
    bases.sort_by_key(|input| pointer::first(input, &segments).is_none());
    let mut inputs: Vec<Value> = Vec::new();
    for wish in spot.wishes(side) {
        let is_free = leaves_a_choice(wish) || spot.path.leaves_a_choice();
        let found = bases.iter().find_map(|base| {
            let made = pointer::first(base, &segments).is_none();
            let tries = if is_free || made { TRIES } else { 2 };
            (0..tries).find_map(|_| fulfilled(generator, operation, spot, side, base, wish, random))
        });
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
    let spot = &generator.sites[constraint];
    (0..QUICK_TRIES).find_map(|_| {
        let wish = random.pick(spot.wishes(side))?;
        fulfilled(generator, operation, spot, side, base, wish, random)
    })
}

/// The input with the place as wished, when that puts it on the wanted side and changes nothing else.
fn fulfilled(
    generator: &Generator,
    operation: &Operation,
    spot: &Site,
    side: Side,
    base: &Value,
    wish: &Wish,
    random: &mut Random,
) -> Option<Value> {
    let input = wished(generator, operation, spot, side, base, wish, random)?;
    let mut broken = operation.input.judge(&input).into_iter().peekable();
    let fits = match side {
        Side::Inside => broken.peek().is_none(),
        Side::Outside => broken.peek().is_some() && broken.all(|violation| violation.constraint == spot.constraint),
    };
    fits.then_some(input)
}

/// The input with the place as wished, whatever else that breaks.
fn wished(
    generator: &Generator,
    operation: &Operation,
    spot: &Site,
    side: Side,
    base: &Value,
    wish: &Wish,
    random: &mut Random,
) -> Option<Value> {
    let mut input = base.clone();
    let place = spot.reach(generator, &operation.input, &mut input, random)?;
    wishes::fulfil(generator, operation, spot, side, wish, place, random)?;
    Some(input)
}

/// Inputs that break a constraint, whatever else they break.
pub(super) fn broken_at(
    generator: &Generator,
    operation: &Operation,
    constraint: ConstraintId,
    random: &mut Random,
) -> Vec<Value> {
    let spot = &generator.sites[constraint];
    let Some(base) = operation.examples.first().map(|example| &example.input) else { return Vec::new() };
    let tries = spot.wishes(Side::Outside).iter().flat_map(|wish| std::iter::repeat_n(wish, 4));
    tries.filter_map(|wish| wished(generator, operation, spot, Side::Outside, base, wish, random)).collect()
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
    fn rules_are_searched_around_what_the_spec_says() {
        let contract = Contract::builtin();
        let operation = contract.operation("StartBackupJob").expect("built in");
        let generator = Generator::new(operation);
        let rule = operation.input.constraints.iter().position(|c| c.id == "/Lifecycle#delete-after-cold");
        let at = |side| inputs_at(&generator, operation, rule.expect("a rule"), side, &mut Random::new(1));
        let days = |input: &Value| {
            let days = |name: &str| input["Lifecycle"][name].as_i64();
            days("DeleteAfterDays").zip(days("MoveToColdStorageAfterDays"))
        };
        let (inside, outside) = (at(Side::Inside), at(Side::Outside));
        assert!(inside.len() >= 4 && outside.len() >= 4, "{} and {}", inside.len(), outside.len());
        assert!(inside.iter().filter_map(days).any(|(deleted, cold)| deleted - cold == 91));
        assert!(outside.iter().filter_map(days).any(|(deleted, cold)| deleted - cold == 88));
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
