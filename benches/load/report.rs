//! The figures: as a table for a reader, as JSON for a machine.

use std::{fmt::Write, time::Duration};

use serde_json::{Value, json};

use crate::{
    measure::{Measured, Memory, Pair, Round, Run},
    options::Options,
};

/// Longest time to the first answer that is aimed at.
const START_TARGET: Duration = Duration::from_millis(15);
/// Resident memory to stay under.
const MEMORY_TARGET_MIB: f64 = 20.0;
/// Share of its threads' time above which the generator may be what was measured.
const GENERATOR_LIMIT: f64 = 0.95;
/// Processors kept busy by other programs, above which the figures are of little value.
const OTHERS_LIMIT: f64 = 0.1;

/// The figures of one server, as medians over its rounds.
struct Figures {
    per_second: f64,
    cpu_micros: f64,
    /// Processors that the generator kept busy, per thread of it.
    generator: f64,
    /// Processors that other programs kept busy.
    others: f64,
}

impl Figures {
    fn of(measured: &Measured, side: fn(&Pair) -> &Round, threads: usize) -> Self {
        let over = |figure: &dyn Fn(&Round) -> f64| median(measured.pairs.iter().map(|pair| figure(side(pair))));
        Self {
            per_second: over(&per_second),
            cpu_micros: over(&cpu_micros),
            generator: over(&|round| busy(round, round.generator_cpu)) / float(threads as u64),
            others: over(&|round| busy(round, round.other_cpu)),
        }
    }
}

fn ratios(measured: &Measured) -> impl Iterator<Item = f64> {
    measured.pairs.iter().map(|pair| per_second(&pair.mock) / per_second(&pair.bare))
}

fn per_second(round: &Round) -> f64 {
    float(round.sent.requests) / round.sent.elapsed.as_secs_f64()
}

fn cpu_micros(round: &Round) -> f64 {
    round.server_cpu.as_secs_f64() * 1e6 / float(round.sent.requests)
}

fn busy(round: &Round, cpu: Duration) -> f64 {
    cpu.as_secs_f64() / round.sent.elapsed.as_secs_f64()
}

fn median(values: impl Iterator<Item = f64>) -> f64 {
    quartile(2, values)
}

/// The value that is `quarters` of the way up among the sorted values, the lower one of two; NaN when there is none.
fn quartile(quarters: usize, values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len().saturating_sub(1) * quarters / 4).copied().unwrap_or(f64::NAN)
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests and bytes stay far below 2^52")]
fn float(count: u64) -> f64 {
    count as f64
}

fn mib(bytes: u64) -> f64 {
    float(bytes) / f64::from(1 << 20)
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// One line on how the run is set up.
pub fn render_setup(run: &Run) -> String {
    let Options { connections, threads, rounds, round, soak, .. } = &run.options;
    let length = match soak {
        Some(requests) => format!("soak of {requests} requests"),
        None => format!("{rounds} pairs of rounds of {round}"),
    };
    let place = match &run.placement {
        Some(place) => format!("servers on processor {}, generator on {}", place.servers, place.generator),
        None => "not pinned".to_owned(),
    };
    format!("{length}, {connections} connections, {threads} generator thread(s), {place}")
}

/// The line on the times from start to first answer, given in rising order.
pub fn render_start(times: &[Duration]) -> String {
    let worst = times.last().copied().map_or(f64::NAN, millis);
    format!(
        "first answer after start: median {:.1} ms, worst of {} {worst:.1} ms (target: within {} ms)",
        median(times.iter().copied().map(millis)),
        times.len(),
        START_TARGET.as_millis(),
    )
}

/// The heading over the lines of [`render_line`].
pub fn render_heading() -> String {
    format!(
        "{:<44}{:>11}{:>11}{:>7}{:>13}{:>8}{:>9}{:>9}{:>11}{:>11}",
        "operation",
        "bare/s",
        "mock/s",
        "ratio",
        "(quartiles)",
        "target",
        "bare µs",
        "mock µs",
        "µs ratio",
        "generator"
    )
}

/// The table's line on one operation; `µs` is the server's processor time per request, `generator` the larger of
/// the shares of its threads' time that the generator was busy.
pub fn render_line(measured: &Measured, run: &Run) -> String {
    let bare = Figures::of(measured, |pair| &pair.bare, run.options.threads);
    let mock = Figures::of(measured, |pair| &pair.mock, run.options.threads);
    let spread = format!("{:.2}-{:.2}", quartile(1, ratios(measured)), quartile(3, ratios(measured)));
    let target = measured.call.target.map_or_else(|| "-".to_owned(), |target| format!("≥ {target:.2}"));
    let (generator, others) = (bare.generator.max(mock.generator), bare.others.max(mock.others));
    format!(
        "{:<44}{:>11.0}{:>11.0}{:>7.3}{:>13}{target:>8}{:>9.2}{:>9.2}{:>11.3}{:>9.0} %{}",
        measured.call.name,
        bare.per_second,
        mock.per_second,
        median(ratios(measured)),
        spread,
        bare.cpu_micros,
        mock.cpu_micros,
        bare.cpu_micros / mock.cpu_micros,
        generator * 100.0,
        render_doubts(generator, others),
    )
}

fn render_doubts(generator: f64, others: f64) -> String {
    let mut doubts = String::new();
    if generator > GENERATOR_LIMIT {
        doubts.push_str("  (bound by the generator: try --threads)");
    }
    if others > OTHERS_LIMIT {
        let _ = write!(doubts, "  (other programs kept {others:.1} processors busy)");
    }
    doubts
}

/// The line on the mock's memory.
pub fn render_memory(memory: Memory) -> String {
    let resident = mib(memory.resident);
    format!(
        "resident after {:>11} requests: {resident:.1} MiB (target: under {MEMORY_TARGET_MIB} MiB)",
        memory.requests
    )
}

/// All figures, with every round.
pub fn to_json(run: &Run, starts: &[Duration], measured: &[Measured], memory: &[Memory]) -> Value {
    let operations: Vec<_> = measured.iter().map(|one| operation_json(one, run)).collect();
    let memory = memory.iter().map(|one| json!({ "requests": one.requests, "resident_bytes": one.resident }));
    json!({
        "connections": run.options.connections,
        "generator_threads": run.options.threads,
        "bare_workers": run.options.workers,
        "server_processors": run.placement.as_ref().map(|placement| &placement.servers),
        "generator_processors": run.placement.as_ref().map(|placement| &placement.generator),
        "mock_arguments": run.options.mock_arguments,
        "start_ms": {
            "target": millis(START_TARGET),
            "median": median(starts.iter().copied().map(millis)),
            "all": starts.iter().copied().map(millis).collect::<Vec<_>>(),
        },
        "operations": operations,
        "memory": { "target_mib": MEMORY_TARGET_MIB, "readings": memory.collect::<Vec<_>>() },
    })
}

fn operation_json(measured: &Measured, run: &Run) -> Value {
    let side = |side: fn(&Pair) -> &Round| {
        let figures = Figures::of(measured, side, run.options.threads);
        json!({
            "requests_per_second": figures.per_second,
            "cpu_us_per_request": figures.cpu_micros,
            "generator_busy": figures.generator,
            "others_busy": figures.others,
            "rounds_requests_per_second": measured.pairs.iter().map(|pair| per_second(side(pair))).collect::<Vec<_>>(),
        })
    };
    json!({
        "operation": measured.call.name,
        "ratio": median(ratios(measured)),
        "ratio_of_each_pair": ratios(measured).collect::<Vec<_>>(),
        "target": measured.call.target,
        "bare": side(|pair| &pair.bare),
        "mock": side(|pair| &pair.mock),
    })
}
