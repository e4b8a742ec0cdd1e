//! The plan of an operation: which cases there are, and each of them by its number.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::Value;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::adjust::Adjustments;
use super::case::Case;
use super::confirm::{Confirmed, Dropped, confirm};
use super::coverage::{Coverage, coverage};
use super::phase::Phase;
use super::weight::weight;
use super::{Boundaries, Side, Token};
use crate::exchange::{Variation, Verdict};
use crate::model::{ConstraintId, Dialect, Operation, PlaceId};
use crate::random::Random;
use crate::value::pointer;

/// Draws of an input before a case is given up, or made from an example.
const TRIES: usize = 6;

/// All cases of an operation, each of them by phase, seed and number.
#[derive(Debug)]
pub struct Plan {
    operation: Arc<Operation>,
    dialect: Dialect,
    boundaries: Boundaries,
    coverage: Coverage,
    adjustments: Adjustments,
    /// Constraints that can be broken.
    breakable: Vec<ConstraintId>,
    /// Constraints with a boundary to sit on.
    bounded: Vec<ConstraintId>,
    /// Texts of the examples.
    familiar: HashSet<String>,
}

impl Plan {
    /// The plan of an operation in a dialect.
    #[must_use]
    pub fn new(operation: &Arc<Operation>, dialect: Dialect) -> Self {
        let boundaries = Boundaries::of(operation);
        let coverage = coverage(&boundaries, dialect);
        let mut breakable: Vec<ConstraintId> = Vec::new();
        let mut bounded: Vec<ConstraintId> = Vec::new();
        let entangled: HashSet<ConstraintId> = coverage.unbreakable.iter().map(|(id, _)| *id).collect();
        let is_new = |known: &[ConstraintId], id: ConstraintId| !known.contains(&id) && !entangled.contains(&id);
        for case in &coverage.cases {
            match case.verdict {
                Verdict::Invalid { constraint } if is_new(&breakable, constraint) => breakable.push(constraint),
                Verdict::Valid { boundary: Some(constraint) } if !bounded.contains(&constraint) => {
                    bounded.push(constraint);
                }
                _ => {}
            }
        }
        let token = operation.idempotency.iter().map(|idempotency| idempotency.token.clone());
        let adjustments = Adjustments { sets: Vec::new(), uniques: token.collect() };
        let operation = Arc::clone(operation);
        let mut familiar = HashSet::new();
        operation.examples.iter().for_each(|example| texts(&example.input, &mut familiar));
        Self { operation, dialect, boundaries, coverage, adjustments, breakable, bounded, familiar }
    }

    /// Sets members, or makes them fresh, in every case. An idempotency token is always fresh, since what a known one
    /// does with other members is not known.
    #[must_use]
    pub fn adjusted(mut self, adjustments: &Adjustments) -> Self {
        self.adjustments.sets.extend(adjustments.sets.iter().cloned());
        self.adjustments.uniques.extend(adjustments.uniques.iter().cloned());
        self
    }

    /// The members that are fresh in every case.
    #[must_use]
    pub fn fresh_members(&self) -> &[Vec<String>] {
        &self.adjustments.uniques
    }

    /// The operation.
    #[must_use]
    pub fn operation(&self) -> &Arc<Operation> {
        &self.operation
    }

    /// The dialect.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.dialect
    }

    /// The coverage phase.
    #[must_use]
    pub fn coverage(&self) -> &Coverage {
        &self.coverage
    }

    /// How many cases a phase has, where the random phase has as many as asked for.
    #[must_use]
    pub fn count(&self, phase: Phase, random: u64) -> u64 {
        match phase {
            Phase::Examples => self.operation.examples.len() as u64,
            Phase::Coverage => self.coverage.cases.len() as u64,
            Phase::Random => random,
        }
    }

    /// A case by phase, seed and number. Past the end of a phase there is none.
    ///
    /// # Errors
    /// Why the case is not to be sent.
    #[must_use]
    pub fn case(&self, phase: Phase, seed: u64, index: u64) -> Option<Result<Case, Dropped>> {
        let at = usize::try_from(index).ok()?;
        // Examples and coverage are the same for every seed.
        let seed = if phase == Phase::Random { seed } else { 0 };
        let token = || self.token(phase, seed, index);
        let mut random = Random::new(xxh3_64_with_seed(self.operation.name.as_bytes(), mixed(phase, seed, index)));
        Some(match phase {
            Phase::Examples => {
                let example = self.operation.examples.get(at)?;
                self.finish(&example.input, Verdict::Valid { boundary: None }, Variation::Plain, &mut random, token)
            }
            Phase::Coverage => {
                let case = self.coverage.cases.get(at)?;
                self.finish(&case.input, case.verdict, case.variation, &mut random, token)
            }
            Phase::Random => {
                let mut attempt = || {
                    let (input, verdict) = self.draw(&mut random)?;
                    self.finish(&input, verdict, Variation::Plain, &mut random, token)
                };
                let first = attempt();
                (1..TRIES).fold(first, |drawn, _| drawn.or_else(|_| attempt()))
            }
        })
    }

    /// The case with another input and one more step, if that still is what the verdict says, and smaller: each step
    /// makes it smaller, so that there is an end to them.
    pub(super) fn smaller(&self, case: &Case, input: &Value, step: u32) -> Option<Case> {
        let mut token = case.token.clone();
        token.steps.push(step);
        // Of any contract: a change elsewhere in the specs changes no case.
        let seed = Token { contract: 0, ..token.clone() }.to_string();
        let mut random = Random::new(xxh3_64(seed.as_bytes()));
        let Confirmed { input, request } = self.adjust(input, case.verdict, &mut random).ok()?;
        let broken = |input: &Value| -> Vec<ConstraintId> {
            self.operation.input.judge(input).iter().map(|violation| violation.constraint).collect()
        };
        let before = broken(&case.input);
        if broken(&input).iter().any(|constraint| !before.contains(constraint)) {
            return None;
        }
        (self.weight(&input) < self.weight(&case.input)).then(|| Case { token, input, request, ..case.clone() })
    }

    /// How large an input is for a reader.
    pub(super) fn weight(&self, input: &Value) -> u64 {
        weight(input, &self.familiar)
    }

    fn token(&self, phase: Phase, seed: u64, index: u64) -> Token {
        let operation = self.operation.label.clone();
        Token { operation, phase, seed, index, contract: self.operation.fingerprint, steps: Vec::new() }
    }

    /// Adjusts an input and takes the last look at it.
    fn finish(
        &self,
        input: &Value,
        verdict: Verdict,
        variation: Variation,
        random: &mut Random,
        token: impl Fn() -> Token,
    ) -> Result<Case, Dropped> {
        let confirmed = self.adjust(input, verdict, random)?;
        Ok(Case {
            operation: Arc::clone(&self.operation),
            dialect: self.dialect,
            token: token(),
            input: confirmed.input,
            verdict,
            variation,
            request: confirmed.request,
        })
    }

    /// The input with all adjustments; where these get in the way of a broken constraint, with those that do not.
    fn adjust(&self, input: &Value, verdict: Verdict, random: &mut Random) -> Result<Confirmed, Dropped> {
        let confirm = |input: &Value| confirm(&self.operation, self.dialect, input, verdict);
        if self.adjustments.is_empty() {
            return confirm(input);
        }
        let mut fresh = |path: &[String], random: &mut Random| self.fresh(path, random);
        let all = self.adjustments.apply(input, None, random, &mut fresh);
        let confirmed = confirm(&all);
        let (Err(_), Some(constraint)) = (&confirmed, verdict.constraint()) else { return confirmed };
        let member = &self.operation.input.constraints[constraint].member;
        let spared: Vec<String> = pointer::segments(member).collect();
        confirm(&self.adjustments.apply(input, Some(&spared), random, &mut fresh)).or_else(|_| confirm(input))
    }

    /// A value for a member that is not likely to have been there before.
    fn fresh(&self, path: &[String], random: &mut Random) -> Option<Value> {
        let shape = self.operation.input.table();
        let node = path.iter().try_fold(0, |node: PlaceId, segment| {
            let node = &shape.nodes[node];
            node.properties.get(segment).copied().or(if segment == "*" { node.items.or(node.values) } else { None })
        })?;
        let length = shape.nodes[node].limits.max_length.map_or(24, |most| usize::try_from(most).unwrap_or(24).min(24));
        let text = self.boundaries.generator().text(shape, node, Some(length), random);
        Some(text.map_or_else(|| self.boundaries.generator().plain(shape, node, random), Value::String))
    }

    /// Half of the random cases are valid, an eighth sits on a boundary, the rest is broken.
    fn draw(&self, random: &mut Random) -> Result<(Value, Verdict), Dropped> {
        match random.below(8) {
            0..4 => Ok((self.valid(random), Verdict::Valid { boundary: None })),
            4 => match self.beside(&self.bounded, Side::Inside, random) {
                Some((input, constraint)) => Ok((input, Verdict::Valid { boundary: Some(constraint) })),
                None => Ok((self.valid(random), Verdict::Valid { boundary: None })),
            },
            _ => match self.beside(&self.breakable, Side::Outside, random) {
                Some((input, constraint)) => Ok((input, Verdict::Invalid { constraint })),
                None => Err(Dropped::NothingFound),
            },
        }
    }

    /// A valid input.
    pub(super) fn valid(&self, random: &mut Random) -> Value {
        for _ in 0..TRIES {
            let input = self.boundaries.generator().rich(&self.operation.input, 0, random);
            if self.operation.input.judge(&input).is_empty() {
                return input;
            }
        }
        self.beside_example(random)
    }

    /// An example with some of its members replaced by drawn ones, as far as it stays valid.
    fn beside_example(&self, random: &mut Random) -> Value {
        let shape = &self.operation.input;
        let Some(example) = random.pick(&self.operation.examples) else {
            return self.boundaries.generator().plain(shape, 0, random);
        };
        let mut input = example.input.clone();
        let drawn = self.boundaries.generator().rich(shape, 0, random);
        for (name, value) in drawn.as_object().into_iter().flatten() {
            let mut changed = input.clone();
            changed[name.as_str()] = value.clone();
            if shape.judge(&changed).is_empty() {
                input = changed;
            }
        }
        input
    }

    /// An input on one side of one of these constraints.
    pub(super) fn beside(
        &self,
        constraints: &[ConstraintId],
        side: Side,
        random: &mut Random,
    ) -> Option<(Value, ConstraintId)> {
        (0..TRIES).find_map(|attempt| {
            let constraint = *random.pick(constraints)?;
            let example = || random.clone().pick(&self.operation.examples).map(|example| example.input.clone());
            // Drawn inputs first; examples have what some rules need.
            let base = if attempt % 2 == 0 { self.valid(random) } else { example().unwrap_or_default() };
            let input = self.boundaries.input_at(&base, constraint, side, random)?;
            Some((input, constraint))
        })
    }

    /// Constraints that some request breaks alone.
    #[must_use]
    pub fn breakable(&self) -> &[ConstraintId] {
        &self.breakable
    }
}

/// All texts of a value.
fn texts(value: &Value, found: &mut HashSet<String>) {
    match value {
        Value::String(text) => drop(found.insert(text.clone())),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

fn mixed(phase: Phase, seed: u64, index: u64) -> u64 {
    let mut random = Random::new(seed ^ (phase as u64) << 56);
    random.next() ^ Random::new(index).next()
}
