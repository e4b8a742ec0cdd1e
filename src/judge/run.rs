//! A run: cases go out, are judged as they come back, and what was seen becomes a report.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::Send;
use super::conclude::conclude;
use super::event::Event;
use super::preflight::{Preflight, Support, preflight, support};
use super::progress::Progress;
use super::tally::RunTally;
use super::wire::{Judgement, Wire};
use crate::exchange::TransportFailure;
use crate::generate::{Candidate, Case, Dropped, Phase, Plan, Shard};
use crate::report::{Report, Stopped};

/// Cases in a row that reach nobody before a run ends.
const GONE: u64 = 20;

/// What a run sends, and how.
#[derive(Debug, Clone)]
pub struct Settings {
    /// The phases, in order.
    pub phases: Vec<Phase>,
    /// Random cases for each operation.
    pub cases: u64,
    /// The seed of the random phase.
    pub seed: u64,
    /// Which part of the run.
    pub shard: Shard,
    /// Requests on the way at a time.
    pub concurrency: usize,
    /// Most requests per second.
    pub rate: Option<f64>,
    /// Whether notes fail the run.
    pub strict: bool,
    /// Most requests that go into making one finding smaller.
    pub shrinking: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            phases: Phase::ALL.to_vec(),
            cases: 300,
            seed: 0,
            shard: Shard::WHOLE,
            concurrency: 16,
            rate: None,
            strict: false,
            shrinking: 150,
        }
    }
}

/// A judgement that can be made: cases, where they go, and how.
#[derive(Debug)]
#[must_use = "nothing is judged until it runs"]
pub struct Run<S> {
    /// The plans of the operations.
    pub plans: Vec<Arc<Plan>>,
    /// Where cases go.
    pub wire: Wire<S>,
    /// What is sent.
    pub settings: Settings,
    /// Cases that are sent instead of those of the phases.
    pub replays: Vec<Case>,
    /// What is said of the target in the report.
    pub target: String,
    /// Where requests go, for the commands that are shown.
    pub url: String,
    /// How far it has come.
    pub progress: Arc<Progress>,
}

/// What all workers share.
struct Shared<S> {
    run: Run<S>,
    /// The number of the next case of the whole run.
    next: AtomicU64,
    /// Where each operation's phases begin in the whole run.
    parts: Vec<Part>,
    /// What the preflight has judged of examples.
    kept: Mutex<Kept>,
    supports: Vec<Support>,
    started: Instant,
    /// Requests that went out, by which the rate is kept.
    sent: AtomicU64,
    /// Cases in a row that reached nobody.
    lost: AtomicU64,
}

/// Judgements of examples, by operation and number.
type Kept = HashMap<(usize, u64), Judgement>;

struct Part {
    operation: usize,
    phase: Phase,
    first: u64,
    count: u64,
}

impl<S: Send + std::marker::Send + Sync + 'static> Run<S> {
    /// Finds the bases, sends all cases and reports.
    pub async fn run(mut self) -> Report {
        let mut tally = RunTally::new(self.plans.len());
        let kept = self.prepare(&mut tally).await;
        let parts = parts(&self);
        let cases = parts.last().map_or(0, |part| part.first + part.count).max(self.replays.len() as u64);
        self.emit(&mut tally, Event::Planned { cases });
        let shared = Arc::new(Shared {
            next: AtomicU64::new(0),
            parts,
            kept: Mutex::new(kept),
            supports: tally.supports.clone(),
            started: Instant::now(),
            sent: AtomicU64::new(0),
            lost: AtomicU64::new(0),
            run: self,
        });
        let failed = if shared.supports.iter().any(is_judged) { send(&shared, &mut tally).await } else { false };
        let stopped = match (shared.gone(), shared.run.progress.is_stopped()) {
            (true, _) => Some(Stopped::Unreachable),
            (false, true) => Some(Stopped::Interrupted),
            (false, false) => failed.then_some(Stopped::PartFailed),
        };
        if let Some(stopped) = stopped {
            shared.run.emit(&mut tally, Event::Stopped(stopped));
        }
        conclude(&shared.run, tally).await
    }

    /// Makes the preflight of each operation, alone and in their order, and builds its plan on the bases that it found.
    /// Replays name their bases. What was judged of examples is kept.
    async fn prepare(&mut self, tally: &mut RunTally) -> Kept {
        let mut kept = Kept::new();
        for operation in 0..self.plans.len() {
            let plan = Arc::clone(&self.plans[operation]);
            let found = tokio::select! {
                biased;
                () = self.progress.ended() => None,
                found = self.look(&plan) => Some(found),
            };
            let Some(Preflight { support, bases, refused, examples }) = found else { continue };
            let has = |candidate: &&Candidate| bases & candidate.bit != 0;
            let names = plan.candidates().iter().filter(has).map(|candidate| candidate.name.clone()).collect();
            if is_judged(&support) && self.replays.is_empty() {
                kept.extend(examples.into_iter().map(|(index, judgement)| ((operation, index), judgement)));
                if bases != plan.chosen() {
                    self.plans[operation] = Arc::new(plan.on(bases));
                }
            }
            self.emit(tally, Event::Supported { operation, support, bases: names, refused });
        }
        kept
    }

    async fn look(&self, plan: &Arc<Plan>) -> Preflight {
        if self.replays.is_empty() {
            return preflight(&self.wire, plan).await;
        }
        let support = support(&self.wire, plan).await;
        Preflight { support, bases: plan.chosen(), refused: None, examples: Vec::new() }
    }
}

impl<S> Run<S> {
    /// Tells what happened.
    pub(super) fn emit(&self, tally: &mut RunTally, event: Event<'_>) {
        self.progress.fold(&event);
        tally.fold(event);
    }
}

/// Whether cases of an operation are sent.
fn is_judged(support: &Support) -> bool {
    matches!(support, Support::Ready | Support::Unknown)
}

/// Lets workers send all cases, and joins what they have seen; says whether one of them failed.
async fn send<S: Send + std::marker::Send + Sync + 'static>(shared: &Arc<Shared<S>>, tally: &mut RunTally) -> bool {
    let mut workers = JoinSet::new();
    for _ in 0..shared.run.settings.concurrency.max(1) {
        workers.spawn(Arc::clone(shared).work());
    }
    let mut failed = false;
    while let Some(worked) = workers.join_next().await {
        match worked {
            Ok(part) => tally.join(part),
            Err(error) => {
                tracing::error!(%error, "a worker ended before its time");
                failed = true;
            }
        }
    }
    failed
}

fn parts<S>(run: &Run<S>) -> Vec<Part> {
    let mut first = 0;
    let mut parts = Vec::new();
    if !run.replays.is_empty() {
        return parts;
    }
    for (operation, plan) in run.plans.iter().enumerate() {
        for &phase in &run.settings.phases {
            // No case has a number beyond the last one there is.
            let count = plan.count(phase, run.settings.cases).min(u64::MAX - first);
            parts.push(Part { operation, phase, first, count });
            first += count;
        }
    }
    parts
}

impl<S: Send + std::marker::Send + Sync + 'static> Shared<S> {
    /// Takes cases until there are none left.
    async fn work(self: Arc<Self>) -> RunTally {
        let mut tally = RunTally::new(self.run.plans.len());
        let progress = &self.run.progress;
        while !progress.is_stopped() && !self.gone() {
            let number = self.next.fetch_add(1, Ordering::Relaxed);
            let Some((operation, case)) = self.case(number) else { break };
            match case {
                Some(Ok(case)) => {
                    tokio::select! {
                        () = self.one(operation, &case, &mut tally) => {}
                        () = progress.ended() => {}
                    }
                }
                Some(Err(reason)) => self.run.emit(&mut tally, Event::Dropped { operation, reason }),
                None => self.run.emit(&mut tally, Event::PassedOver),
            }
        }
        tally
    }

    /// A case by its number in the whole run; nothing past the end, and no case where it is not this run's.
    fn case(&self, number: u64) -> Option<(usize, Option<Result<Case, Dropped>>)> {
        let run = &self.run;
        if !run.replays.is_empty() {
            let case = run.replays.get(usize::try_from(number).ok()?)?;
            let operation = run.plans.iter().position(|plan| plan.operation().label == case.operation.label)?;
            return Some((operation, Some(Ok(case.clone()))));
        }
        let after = self.parts.partition_point(|part| part.first <= number);
        let part = &self.parts[after.checked_sub(1)?];
        let index = number - part.first;
        if index >= part.count {
            // Empty phases share their beginning with the next one.
            return None;
        }
        if !is_judged(&self.supports[part.operation]) || !run.settings.shard.has(number) {
            return Some((part.operation, None));
        }
        Some((part.operation, run.plans[part.operation].case(part.phase, run.settings.seed, index)))
    }

    /// Sends a case and tells what came of it.
    async fn one(&self, operation: usize, case: &Case, tally: &mut RunTally) {
        let judgement = match self.kept(operation, case) {
            Some(judgement) => judgement,
            None => {
                self.keep_the_rate().await;
                self.run.wire.judge(case).await
            }
        };
        let event = match &judgement.reply {
            Err(failure) if failure.is_unreachable() => {
                self.lost.fetch_add(1, Ordering::Relaxed);
                Event::Dropped { operation, reason: Dropped::Unreached }
            }
            reply => {
                self.lost.store(0, Ordering::Relaxed);
                match reply {
                    Err(TransportFailure::Unsendable(_)) => Event::Dropped { operation, reason: Dropped::Unsendable },
                    _ => Event::Judged { operation, case, judgement },
                }
            }
        };
        self.run.emit(tally, event);
    }

    /// What the preflight has judged of the case.
    fn kept(&self, operation: usize, case: &Case) -> Option<Judgement> {
        if case.token.phase != Phase::Examples || !self.run.replays.is_empty() {
            return None;
        }
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).remove(&(operation, case.token.index))
    }

    /// Waits until the next request may go out.
    async fn keep_the_rate(&self) {
        let Some(rate) = self.run.settings.rate else { return };
        let number = self.sent.fetch_add(1, Ordering::Relaxed);
        #[allow(clippy::cast_precision_loss, reason = "requests in one run")]
        let due = self.started + Duration::try_from_secs_f64(number as f64 / rate).unwrap_or(Duration::MAX / 4);
        tokio::time::sleep_until(due.into()).await;
    }

    fn gone(&self) -> bool {
        self.lost.load(Ordering::Relaxed) >= GONE
    }
}
