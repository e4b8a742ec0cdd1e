//! The plan of an operation: which cases there are, and each of them by its number.

use std::sync::{Arc, OnceLock};

use serde_json::Value;
use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::adjust::Adjustments;
use super::candidates::{Candidate, candidates};
use super::case::Case;
use super::confirm::{Confirmed, Dropped, confirm};
use super::coverage::{Coverage, coverage};
use super::phase::Phase;
use super::weight::Shown;
use super::{Boundaries, Side, Token};
use crate::exchange::{Bases, Variation, Verdict, differences, grafted};
use crate::model::{ConstraintId, Dialect, Operation};
use crate::probe::{self, Base, Chosen, Due};
use crate::random::Random;
use crate::value::pointer;
use crate::value::walk::Places;

/// Draws of an input before a case is given up, or made from an example.
const TRIES: usize = 6;

/// All cases of an operation, each of them by phase, seed and number.
#[derive(Debug, Clone)]
pub struct Plan {
    operation: Arc<Operation>,
    dialect: Dialect,
    boundaries: Boundaries,
    adjustments: Adjustments,
    /// What makes fresh members those of one run.
    run: u64,
    candidates: Arc<Vec<Candidate>>,
    /// Which of the candidates are bases.
    chosen: u32,
    bases: Arc<Bases>,
    /// Texts of the examples.
    shown: Arc<Shown>,
    covered: OnceLock<Arc<Covered>>,
}

/// What the bases lead to.
#[derive(Debug)]
struct Covered {
    coverage: Coverage,
    /// Constraints that can be broken.
    breakable: Vec<ConstraintId>,
    /// Constraints with a boundary to sit on.
    bounded: Vec<ConstraintId>,
    probes: Vec<Chosen>,
}

impl Plan {
    /// The plan of an operation in a dialect, built on its examples, or on drawn inputs where it has none.
    #[must_use]
    pub fn new(operation: &Arc<Operation>, dialect: Dialect) -> Self {
        let boundaries = Boundaries::of(operation);
        let candidates = candidates(operation, boundaries.generator());
        let token = operation.idempotency.iter().map(|idempotency| idempotency.token.clone());
        let examples =
            candidates.iter().filter(|candidate| candidate.example.is_some() || operation.examples.is_empty());
        let chosen = examples.fold(0, |chosen, candidate| chosen | candidate.bit);
        let plan = Self {
            operation: Arc::clone(operation),
            dialect,
            boundaries,
            adjustments: Adjustments { sets: Vec::new(), uniques: token.collect() },
            run: 0,
            candidates: Arc::new(candidates),
            chosen,
            bases: Arc::default(),
            shown: Arc::new(Shown::of(operation)),
            covered: OnceLock::new(),
        };
        plan.on(chosen)
    }

    /// Sets members, or makes them fresh, in every case. An idempotency token is always fresh, since what a known one
    /// does with other members is not known.
    #[must_use]
    pub fn adjusted(mut self, adjustments: &Adjustments) -> Self {
        self.adjustments.sets.extend(adjustments.sets.iter().cloned());
        self.adjustments.uniques.extend(adjustments.uniques.iter().cloned());
        self.on(self.chosen)
    }

    /// The same plan with other values for fresh members than in any other run.
    #[must_use]
    pub fn in_run(self, run: u64) -> Self {
        Self { run, ..self }
    }

    /// The plan built on those candidates alone whose bits are given, as the inputs that the server has accepted. Without
    /// any it is built on the examples, as inputs of which nobody knows whether they are accepted.
    #[must_use]
    pub fn on(&self, chosen: u32) -> Self {
        let accepted = self.candidates.iter().filter(|candidate| chosen & candidate.bit != 0);
        let inputs: Vec<Value> = accepted.map(|candidate| self.set(&candidate.input)).collect();
        let bases = Bases { inputs: inputs.clone(), fresh: self.adjustments.uniques.clone() };
        Self {
            chosen,
            bases: Arc::new(bases),
            boundaries: self.boundaries.on(inputs),
            covered: OnceLock::new(),
            ..self.clone()
        }
    }

    /// An input with the members that are set, unless that makes it another than a valid one.
    fn set(&self, input: &Value) -> Value {
        let sets = Adjustments { uniques: Vec::new(), ..self.adjustments.clone() };
        let set = sets.apply(input, None, &mut Random::new(0), |_, _| None);
        if self.operation.input.judge(&set).is_empty() { set } else { input.clone() }
    }

    /// The inputs that may become bases, in the order in which they are tried.
    #[must_use]
    pub fn candidates(&self) -> &[Candidate] {
        &self.candidates
    }

    /// The bits of the candidates that are bases.
    #[must_use]
    pub fn chosen(&self) -> u32 {
        self.chosen
    }

    /// The inputs that cases are twins of.
    #[must_use]
    pub fn bases(&self) -> &Bases {
        &self.bases
    }

    /// The case that sends a candidate, and nothing else: of an example, the one of the examples' phase.
    ///
    /// # Errors
    /// Why it is not to be sent.
    pub fn trial(&self, candidate: &Candidate) -> Result<Case, Dropped> {
        let position =
            self.candidates.iter().filter(|other| other.example.is_none() && other.bit < candidate.bit).count();
        let index = candidate.example.unwrap_or(self.operation.examples.len() + position);
        self.case(Phase::Examples, 0, index as u64).unwrap_or(Err(Dropped::NothingFound))
    }

    fn covered(&self) -> &Covered {
        self.covered.get_or_init(|| {
            let coverage = coverage(&self.boundaries, self.dialect);
            let (mut breakable, mut bounded): (Vec<ConstraintId>, Vec<ConstraintId>) = (Vec::new(), Vec::new());
            let entangled: Vec<ConstraintId> = coverage.unbreakable.iter().map(|(id, _)| *id).collect();
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
            Arc::new(Covered { coverage, breakable, bounded, probes: self.probes() })
        })
    }

    /// The members that are fresh in every case.
    #[must_use]
    pub fn fresh_members(&self) -> &[Vec<String>] {
        &self.adjustments.uniques
    }

    pub(super) fn boundaries(&self) -> &Boundaries {
        &self.boundaries
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
        &self.covered().coverage
    }

    /// How many cases a phase has, where the random phase has as many as asked for.
    #[must_use]
    pub fn count(&self, phase: Phase, random: u64) -> u64 {
        match phase {
            Phase::Examples => self.operation.examples.len() as u64,
            Phase::Coverage => self.coverage().cases.len() as u64,
            Phase::Random => random,
            Phase::Probes => self.covered().probes.len() as u64,
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
                let example = self.operation.examples.get(at).map(|example| &example.input);
                let drawn = || self.candidates.iter().filter(|candidate| candidate.example.is_none());
                let other = || drawn().nth(at - self.operation.examples.len()).map(|candidate| &candidate.input);
                self.finish(
                    example.or_else(other)?,
                    Verdict::Valid { boundary: None },
                    Variation::Plain,
                    &mut random,
                    token,
                )
            }
            Phase::Coverage => {
                let case = self.coverage().cases.get(at)?;
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
            Phase::Probes => self.probe(at, &mut random, token)?,
        })
    }

    /// The case of a probe by its number, built on the smallest base.
    fn probe(&self, at: usize, random: &mut Random, token: impl Fn() -> Token) -> Option<Result<Case, Dropped>> {
        let chosen = *self.covered().probes.get(at)?;
        let plain = Verdict::Valid { boundary: None };
        let case = self.finish(self.ground()?, plain, Variation::Plain, random, token);
        Some(case.and_then(|mut case| {
            case.verdict = Verdict::Probe { probe: chosen.probe, form: chosen.form };
            case.request = case.shot().ok_or(Dropped::Unprobed)?.request;
            Ok(case)
        }))
    }

    /// What probes are built on: the smallest base, or without any the first candidate.
    fn ground(&self) -> Option<&Value> {
        self.bases.inputs.first().or_else(|| self.candidates.first().map(|candidate| &candidate.input))
    }

    /// The probes of the operation. Where the server accepted nothing, none that must be answered as a base is.
    fn probes(&self) -> Vec<Chosen> {
        let Some(input) = self.ground() else { return Vec::new() };
        let base = Base::new(&self.operation, self.dialect, input);
        let mut probes = probe::all_of(&self.operation, self.dialect, input);
        let says_the_same = |chosen: &Chosen| chosen.shot(&base).is_some_and(|shot| shot.due == Due::Same);
        probes.retain(|chosen| self.chosen != 0 || !says_the_same(chosen));
        probes
    }

    /// The case with another input and one more step, if that still is what the verdict says, and smaller: each step
    /// makes it smaller, so that there is an end to them.
    pub(super) fn smaller(&self, case: &Case, input: &Value, step: u32) -> Option<Case> {
        let mut token = case.token.clone();
        if token.phase == Phase::Probes {
            return None;
        }
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

    /// How far an input is from what the server has accepted, and how large it is for a reader.
    pub(super) fn weight(&self, input: &Value) -> (usize, u64) {
        (self.bases.distance(input), self.shown.weight(input))
    }

    fn token(&self, phase: Phase, seed: u64, index: u64) -> Token {
        let operation = self.operation.label.clone();
        let (contract, bases) = (self.operation.fingerprint, self.chosen);
        Token { operation, phase, seed, index, contract, bases, steps: Vec::new() }
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
            bases: Arc::clone(&self.bases),
        })
    }

    /// The input with all adjustments; where these get in the way of a broken constraint, with those that do not.
    pub(super) fn adjust(&self, input: &Value, verdict: Verdict, random: &mut Random) -> Result<Confirmed, Dropped> {
        let confirm = |input: &Value| confirm(&self.operation, self.dialect, input, verdict);
        if self.adjustments.is_empty() {
            return confirm(input);
        }
        let mut fresh =
            |path: &[String], random: &mut Random| self.fresh(path, &mut Random::new(random.next() ^ self.run));
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
        let places = path.iter().fold(Places::of(shape), |places, segment| places.below(segment));
        let node = *places.certain_ids().first()?;
        let length = shape.nodes[node].limits.max_length.map_or(24, |most| usize::try_from(most).unwrap_or(24).min(24));
        let text = self.boundaries.generator().text(shape, node, Some(length), random);
        Some(text.map_or_else(|| self.boundaries.generator().plain(shape, node, random), Value::String))
    }

    /// Half of the random cases are valid, an eighth sits on a boundary, the rest is broken. Most of them are a base with one
    /// change, so that no more than the change can be to blame for the answer.
    fn draw(&self, random: &mut Random) -> Result<(Value, Verdict), Dropped> {
        let valid = Verdict::Valid { boundary: None };
        match random.below(8) {
            0 => Ok((self.valid(random), valid)),
            1..4 => Ok((self.changed(random), valid)),
            4 => match self.beside(&self.covered().bounded, Side::Inside, random) {
                Some((input, constraint)) => Ok((input, Verdict::Valid { boundary: Some(constraint) })),
                None => Ok((self.changed(random), valid)),
            },
            _ => match self.beside(&self.covered().breakable, Side::Outside, random) {
                Some((input, constraint)) => Ok((input, Verdict::Invalid { constraint })),
                None => Err(Dropped::NothingFound),
            },
        }
    }

    /// A base with one change: a member added, taken away or with another value.
    fn changed(&self, random: &mut Random) -> Value {
        for _ in 0..TRIES {
            let Some(base) = self.base(random) else { break };
            let drawn = self.boundaries.generator().rich(&self.operation.input, 0, random);
            let places = differences(&base, &drawn);
            let Some(place) = random.pick(&places) else { continue };
            let input = grafted(&base, &drawn, place);
            if self.operation.input.judge(&input).is_empty() {
                return input;
            }
        }
        self.valid(random)
    }

    /// A base, or an example where there is none.
    fn base(&self, random: &mut Random) -> Option<Value> {
        if self.bases.inputs.is_empty() {
            return random.pick(&self.operation.examples).map(|example| example.input.clone());
        }
        random.pick(&self.bases.inputs).cloned()
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
        (0..TRIES).find_map(|_| {
            let constraint = *random.pick(constraints)?;
            let drawn = random.one_in(8);
            let base = if drawn { self.valid(random) } else { self.base(random).unwrap_or_default() };
            let input = self.boundaries.input_at(&base, constraint, side, random)?;
            Some((input, constraint))
        })
    }

    /// Constraints that some request breaks alone.
    #[must_use]
    pub fn breakable(&self) -> &[ConstraintId] {
        &self.covered().breakable
    }
}

fn mixed(phase: Phase, seed: u64, index: u64) -> u64 {
    let mut random = Random::new(seed ^ (phase as u64) << 56);
    random.next() ^ Random::new(index).next()
}
