//! Inputs on the boundary of one constraint: just inside, everything valid; just outside, nothing else broken.

use std::sync::Arc;

use serde_json::Value;

use super::boundary_value::{apply, leaves_a_choice};
use super::constraint_site::{ConstraintSite, Side};
use super::generator::Generator;
use super::path::Aim;
use crate::exchange::is_about;
use crate::model::{BoundaryValue, Cause, ConstraintId, Edges, Operation};
use crate::random::Random;
use crate::value::pointer;

/// How often a value that leaves a choice is drawn before it is given up.
const TRIES: usize = 40;
/// The same, for one input out of many.
const QUICK_TRIES: usize = 8;
/// The same, for one of many values.
const FEW_TRIES: usize = 4;
/// How many of the values that break what is stated of items are put at each end of a list and in its middle.
const AIMED: usize = 2;
/// On how many examples a value is proven, and how many values a side keeps.
const MAX_BASES: usize = 4;
const MAX_VALUES: usize = 24;

/// The boundaries of an operation's constraints.
#[derive(Debug, Clone)]
pub struct Boundaries {
    generator: Arc<Generator>,
    operation: Arc<Operation>,
    /// By constraint.
    sites: Arc<Vec<ConstraintSite>>,
    /// The inputs that others are built on, before the examples.
    bases: Vec<Value>,
}

/// One way to be on one side of a boundary.
#[derive(Clone, Copy)]
struct Way<'b> {
    at: &'b ConstraintSite,
    side: Side,
    value: &'b BoundaryValue,
    /// Which item of a list it is about.
    aim: Aim,
}

/// What else an input breaks.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Breaks {
    /// Nothing.
    Alone,
    /// Other constraints, by the same value.
    Together,
}

impl Boundaries {
    /// Finds the boundaries of all constraints of an operation, whose generator is given.
    #[must_use]
    pub fn new(generator: &Arc<Generator>, operation: &Arc<Operation>) -> Self {
        let mut sites = ConstraintSite::all(&operation.input, generator);
        let mut boundaries = Self {
            generator: Arc::clone(generator),
            operation: Arc::clone(operation),
            sites: Arc::default(),
            bases: Vec::new(),
        };
        for (id, constraint) in operation.input.constraints.iter().enumerate() {
            // Only of these, what lies on which side is not known before it is tried.
            if matches!(constraint.cause, Cause::Rule | Cause::Composition) {
                sites[id].edges = boundaries.proven(&sites[id]);
            }
        }
        boundaries.sites = Arc::new(sites);
        boundaries
    }

    /// The same boundaries with inputs that are built on these, and only where these do not serve on the examples.
    #[must_use]
    pub fn on(&self, bases: Vec<Value>) -> Self {
        Self { bases, ..self.clone() }
    }

    /// The boundaries of an operation, with a generator made for them.
    #[must_use]
    pub fn of(operation: &Arc<Operation>) -> Self {
        Self::new(&Arc::new(Generator::new(operation)), operation)
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &Arc<Operation> {
        &self.operation
    }

    /// What draws the operation's values.
    #[must_use]
    pub fn generator(&self) -> &Generator {
        &self.generator
    }

    /// What lies on both sides of a constraint's boundary. Of rules and compositions, only what was seen to do so on an
    /// example; of all others, what their kind knows.
    #[must_use]
    pub fn edges(&self, constraint: ConstraintId) -> &Edges {
        &self.sites[constraint].edges
    }

    /// The edges of a constraint, without those that on no example do what they are for. The first of each side is the
    /// spec's own.
    fn proven(&self, at: &ConstraintSite) -> Edges {
        let bases: Vec<&Value> = self.grounds().take(MAX_BASES).collect();
        let mut random = Random::new(1);
        let mut prove = |side: Side| {
            let mut proven: Vec<BoundaryValue> = Vec::new();
            for (index, value) in at.values(side).iter().enumerate() {
                let way = Way { at, side, value, aim: Aim::Any };
                let mut works = |base: &&Value| self.alone(way, base, &mut random).is_some();
                let is_free = leaves_a_choice(value);
                let is_new = is_free || !proven.contains(value);
                let has_room = proven.len() < MAX_VALUES;
                if index == 0 || is_new && has_room && (is_free || bases.iter().any(&mut works)) {
                    proven.push(value.clone());
                }
            }
            proven
        };
        Edges { inside: prove(Side::Inside), outside: prove(Side::Outside) }
    }

    /// The inputs on one side of a constraint's boundary, one for each way to be there, built on the bases, or else on the
    /// operation's examples: each is valid altogether, or breaks that constraint and others only by the very value that breaks
    /// it. None when there is no such input.
    #[must_use]
    pub fn inputs_at(&self, constraint: ConstraintId, side: Side, random: &mut Random) -> Vec<Value> {
        self.ways_at(constraint, side, random).into_iter().map(|(_, input)| input).collect()
    }

    /// The same inputs, each with the number of the value, among those on that side, that it has.
    pub(super) fn ways_at(&self, constraint: ConstraintId, side: Side, random: &mut Random) -> Vec<(usize, Value)> {
        let at = &self.sites[constraint];
        let segments: Vec<String> = pointer::segments(&self.operation.input.constraints[constraint].member).collect();
        // Those that have the place come first; an example that is no base only where nothing else serves.
        let mut bases: Vec<(usize, &Value)> = self.grounds().enumerate().collect();
        bases.sort_by_key(|(number, input)| (*number >= self.bases.len(), pointer::first(input, &segments).is_none()));
        let mut bases: Vec<&Value> = bases.into_iter().map(|(_, input)| input).collect();
        let mut found: Vec<(usize, Value)> = Vec::new();
        for (number, value) in at.values(side).iter().enumerate() {
            let aimed = side == Side::Outside && number < AIMED && at.path.leaves_a_choice();
            let aims = if aimed { &Aim::EACH[..] } else { &[Aim::Any] };
            for aim in aims {
                let way = Way { at, side, value, aim: *aim };
                let tries = match value {
                    // There are many of them, and what is wrong with one is wrong with it every time.
                    BoundaryValue::Seam(..) => FEW_TRIES,
                    _ if *aim != Aim::Any => FEW_TRIES,
                    _ if found.is_empty() => TRIES,
                    _ => QUICK_TRIES,
                };
                let Some((base, input)) = self.built(way, &bases, (&segments, tries), random) else { continue };
                // What one value could be built on is likely to do for the next.
                if base < self.bases.len() || self.bases.is_empty() {
                    bases[..=base].rotate_right(1);
                }
                if found.iter().all(|(_, known)| *known != input) {
                    found.push((number, input));
                }
            }
        }
        found
    }

    /// The first of these bases that can be changed in this way, and what becomes of it: where that can be, something that
    /// breaks no other constraint.
    fn built(
        &self,
        way: Way<'_>,
        bases: &[&Value],
        (place, tries): (&[String], usize),
        random: &mut Random,
    ) -> Option<(usize, Value)> {
        let is_free = leaves_a_choice(way.value) || way.at.path.leaves_a_choice();
        let mut together = None;
        for (index, base) in bases.iter().enumerate() {
            let is_absent = pointer::first(base, place).is_none();
            let tries = if is_free || is_absent { tries } else { 2 };
            for _ in 0..tries {
                match self.taken(way, base, random) {
                    Some((input, Breaks::Alone)) => return Some((index, input)),
                    Some((input, Breaks::Together)) => together = together.or(Some((index, input))),
                    None => {}
                }
            }
        }
        together
    }

    /// A random input on one side of a constraint's boundary, built on any valid input. Nothing when a few tries do not
    /// find one.
    #[must_use]
    pub fn input_at(&self, base: &Value, constraint: ConstraintId, side: Side, random: &mut Random) -> Option<Value> {
        let at = &self.sites[constraint];
        (0..QUICK_TRIES).find_map(|_| {
            let value = random.pick(at.values(side))?;
            self.alone(Way { at, side, value, aim: Aim::Any }, base, random)
        })
    }

    /// Inputs that break a constraint, whatever else they break.
    pub(super) fn broken_at(&self, constraint: ConstraintId, random: &mut Random) -> Vec<Value> {
        let (at, side) = (&self.sites[constraint], Side::Outside);
        let Some(base) = self.grounds().next() else { return Vec::new() };
        let tries = at.values(side).iter().flat_map(|value| std::iter::repeat_n(value, 4));
        tries.filter_map(|value| self.tried(Way { at, side, value, aim: Aim::Any }, base, random)).collect()
    }

    /// A base that has the place of a constraint, made plainly where it is not there: what an input on the boundary differs
    /// from in nothing but the boundary. Nothing when that is not valid.
    pub(super) fn reached(&self, base: &Value, constraint: ConstraintId, random: &mut Random) -> Option<Value> {
        let mut input = base.clone();
        self.sites[constraint].path.reach(&self.generator, &self.operation.input, (&mut input, Aim::Any), random)?;
        self.operation.input.judge(&input).is_empty().then_some(input)
    }

    /// The first of what inputs are built on.
    pub(super) fn base(&self) -> Option<&Value> {
        self.grounds().next()
    }

    /// What inputs are built on: the bases, then the examples that are none.
    fn grounds(&self) -> impl Iterator<Item = &Value> {
        let examples = self.operation.examples.iter().map(|example| &example.input);
        self.bases.iter().chain(examples.filter(|input| !self.bases.contains(input)))
    }

    /// The input changed in this way, when that puts it on the wanted side and changes nothing else.
    fn alone(&self, way: Way<'_>, base: &Value, random: &mut Random) -> Option<Value> {
        let (input, breaks) = self.taken(way, base, random)?;
        (breaks == Breaks::Alone).then_some(input)
    }

    /// The same, where the value that breaks the constraint may break others too.
    fn taken(&self, way: Way<'_>, base: &Value, random: &mut Random) -> Option<(Value, Breaks)> {
        let input = self.tried(way, base, random)?;
        let (broken, constraint) = (self.operation.input.judge(&input), way.at.constraint);
        let breaks = match way.side {
            Side::Inside => broken.is_empty().then_some(Breaks::Alone),
            Side::Outside if !is_about(&self.operation.input, &broken, constraint) => None,
            Side::Outside if broken.iter().all(|violation| violation.constraint == constraint) => Some(Breaks::Alone),
            Side::Outside => Some(Breaks::Together),
        };
        breaks.map(|breaks| (input, breaks))
    }

    /// The input changed in this way, whatever else that breaks.
    fn tried(&self, way: Way<'_>, base: &Value, random: &mut Random) -> Option<Value> {
        let Way { at, side, value, aim } = way;
        let (shape, mut input) = (&self.operation.input, base.clone());
        let place = at.path.reach(&self.generator, shape, (&mut input, aim), random)?;
        apply(&self.generator, shape, at, value, place, random)?;
        let is_there = at.path.key || shape.constraints[at.constraint].test.holds(place) == (side == Side::Inside);
        is_there.then_some(input)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;

    #[test]
    fn any_valid_input_serves_as_a_base() {
        for operation in Contract::builtin().operations() {
            let boundaries = Boundaries::of(operation);
            let (mut random, mut asked, mut given) = (Random::new(5), 0, 0);
            for constraint in 0..operation.input.constraints.len() {
                let alone = |input: &Value| {
                    operation.input.judge(input).iter().all(|violation| violation.constraint == constraint)
                };
                let possible: Vec<Value> =
                    boundaries.inputs_at(constraint, Side::Outside, &mut random).into_iter().filter(alone).collect();
                for _ in 0..4 {
                    let base = boundaries.generator().plain(&operation.input, 0, &mut random);
                    let input = boundaries.input_at(&base, constraint, Side::Outside, &mut random);
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

    /// The pattern wants a letter, so that no text is too short for the length alone.
    #[test]
    fn what_two_constraints_object_to_is_among_the_inputs() {
        let contract = Contract::builtin();
        let operation = contract.operation("RestoreDBClusterFromS3").expect("built in");
        let boundaries = Boundaries::of(operation);
        let id = |id: &str| operation.input.constraints.iter().position(|constraint| constraint.id == id).expect(id);
        let (length, pattern) = (id("/MasterUsername#minLength"), id("/MasterUsername#pattern"));
        let inputs = boundaries.inputs_at(length, Side::Outside, &mut Random::new(1));
        assert!(inputs.iter().any(|input| input["MasterUsername"] == ""), "{inputs:?}");
        for input in &inputs {
            let broken: Vec<ConstraintId> = operation.input.judge(input).iter().map(|found| found.constraint).collect();
            assert_eq!(broken, [length, pattern]);
        }
    }

    /// Whoever looks at the first item only, or at the last, accepts one of these.
    #[test]
    fn items_are_broken_at_each_end_of_a_list() {
        let contract = Contract::builtin();
        let operation = contract.operation("CopyDBClusterSnapshot").expect("built in");
        let id = |constraint: &&crate::model::Constraint| constraint.id == "/Tags/*/Key#maxLength";
        let too_long = operation.input.constraints.iter().position(|constraint| id(&constraint)).expect("a length");
        let inputs = Boundaries::of(operation).inputs_at(too_long, Side::Outside, &mut Random::new(1));
        let places = |input: &Value| -> Vec<bool> {
            let tags = input["Tags"].as_array().into_iter().flatten();
            tags.map(|tag| tag["Key"].as_str().is_some_and(|key| key.len() > 128)).collect()
        };
        let all: Vec<Vec<bool>> = inputs.iter().map(places).collect();
        for place in [[true, false, false], [false, true, false], [false, false, true]] {
            assert!(all.contains(&place.to_vec()), "{place:?} is not among {all:?}");
        }
    }

    #[test]
    fn rules_are_searched_around_what_the_spec_says() {
        let contract = Contract::builtin();
        let operation = contract.operation("StartBackupJob").expect("built in");
        let boundaries = Boundaries::of(operation);
        let rule = operation.input.constraints.iter().position(|c| c.id == "/Lifecycle#delete-after-cold");
        let at = |side| boundaries.inputs_at(rule.expect("a rule"), side, &mut Random::new(1));
        let days = |input: &Value| {
            let days = |name: &str| input["Lifecycle"][name].as_i64();
            days("DeleteAfterDays").zip(days("MoveToColdStorageAfterDays"))
        };
        let (inside, outside) = (at(Side::Inside), at(Side::Outside));
        assert!(inside.len() >= 4 && outside.len() >= 4, "{} and {}", inside.len(), outside.len());
        assert!(inside.iter().filter_map(days).any(|(deleted, cold)| deleted - cold == 91));
        assert!(outside.iter().filter_map(days).any(|(deleted, cold)| deleted - cold == 89));
    }

    #[test]
    fn both_sides_of_each_constraint() {
        for operation in Contract::builtin().operations() {
            let boundaries = Boundaries::of(operation);
            for constraint in 0..operation.input.constraints.len() {
                let inside = boundaries.inputs_at(constraint, Side::Inside, &mut Random::new(1));
                let id = &operation.input.constraints[constraint].id;
                let credential = id.starts_with("/X-Auth-Token");
                assert!(!inside.is_empty() || credential, "{}{id}", operation.name);
            }
        }
    }
}
