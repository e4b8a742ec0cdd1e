//! A run: cases go out, are judged as they come back, and what was seen becomes a report.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use tokio::task::JoinSet;

use super::Send;
use super::conclude::conclude;
use super::event::Event;
use super::preflight::{Support, preflight};
use super::probing::{self, Ground};
use super::progress::Progress;
use super::tally::RunTally;
use super::wire::Wire;
use crate::exchange::TransportFailure;
use crate::generate::{Case, Dropped, Phase, Plan, Shard};
use crate::probe::Due;
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
    supports: Vec<Support>,
    /// What each operation's probes are built on.
    grounds: Vec<Option<Ground>>,
    started: Instant,
    /// Requests that went out, by which the rate is kept.
    sent: AtomicU64,
    /// Cases in a row that reached nobody.
    lost: AtomicU64,
}

struct Part {
    operation: usize,
    phase: Phase,
    first: u64,
    count: u64,
}

impl<S: Send + std::marker::Send + Sync + 'static> Run<S> {
    /// Sends all cases and reports.
    pub async fn run(self) -> Report {
        let parts = parts(&self);
        let mut tally = RunTally::new(self.plans.len());
        let cases = parts.last().map_or(0, |part| part.first + part.count).max(self.replays.len() as u64);
        self.emit(&mut tally, Event::Planned { cases });
        for (operation, plan) in self.plans.iter().enumerate() {
            let support = tokio::select! {
                biased;
                () = self.progress.ended() => Support::Unknown,
                support = preflight(&self.wire, plan) => support,
            };
            self.emit(&mut tally, Event::Supported { operation, support });
        }
        let grounds = Box::pin(self.grounds(&tally.supports)).await;
        let shared = Arc::new(Shared {
            grounds,
            next: AtomicU64::new(0),
            parts,
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
}

impl<S: Send> Run<S> {
    /// What the probes of each operation are built on, one after the other.
    async fn grounds(&self, supports: &[Support]) -> Vec<Option<Ground>> {
        let mut grounds = Vec::new();
        let wanted = self.replays.is_empty() && self.settings.phases.contains(&Phase::Probes);
        for (plan, support) in self.plans.iter().zip(supports) {
            let ground =
                async { if wanted && is_judged(support) { probing::ground(&self.wire, plan).await } else { None } };
            grounds.push(tokio::select! {
                biased;
                () = self.progress.ended() => None,
                ground = ground => ground,
            });
        }
        grounds
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
        if part.phase == Phase::Probes {
            return Some((part.operation, self.probe(part.operation, index)));
        }
        Some((part.operation, run.plans[part.operation].case(part.phase, run.settings.seed, index)))
    }

    /// The case of a probe on what the server accepts; without that, one that must be refused or only answered.
    fn probe(&self, operation: usize, index: u64) -> Option<Result<Case, Dropped>> {
        let ground = self.grounds[operation]?;
        let case = self.run.plans[operation].probe(ground.example, index)?;
        let says_the_same = |case: &Case| case.shot().is_some_and(|shot| shot.due == Due::Same);
        let needs_base = !ground.is_accepted && case.as_ref().is_ok_and(says_the_same);
        (!needs_base).then_some(case)
    }

    /// Sends a case and tells what came of it.
    async fn one(&self, operation: usize, case: &Case, tally: &mut RunTally) {
        self.keep_the_rate().await;
        let judgement = self.run.wire.judge(case).await;
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
