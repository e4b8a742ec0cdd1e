//! What is measured: the start, the speed beside bare hyper, the memory after many requests.

use std::{
    env,
    path::Path,
    process::Command,
    sync::atomic::AtomicU64,
    time::{Duration, Instant},
};

use crate::{
    error::{LoadError, while_doing},
    generator::{Exchange, Load, Sent, Stop},
    options::Options,
    placement::Placement,
    requests::{Call, INVALID},
    server::{Server, cpu_of, cpu_of_all},
};

/// Starts from which the median start is taken.
const STARTS: usize = 11;
/// Load before the first measured round, on each server.
const WARM_UP: Stop = Stop::After(Duration::from_millis(500));
/// Points at which a soak reads the memory.
const SOAK_STEPS: u64 = 10;

/// One round on one server.
#[derive(Clone, Copy, Debug)]
pub struct Round {
    /// What was sent.
    pub sent: Sent,
    /// Processor time that the server used.
    pub server_cpu: Duration,
    /// Processor time that the generator used.
    pub generator_cpu: Duration,
    /// Processor time that the rest of the machine used: should be next to none.
    pub other_cpu: Duration,
}

/// Two rounds, one straight after the other.
#[derive(Clone, Copy, Debug)]
pub struct Pair {
    /// On bare hyper.
    pub bare: Round,
    /// On the mock.
    pub mock: Round,
}

/// All rounds of one operation.
pub struct Measured {
    /// The operation.
    pub call: &'static Call,
    /// Its pairs of rounds.
    pub pairs: Vec<Pair>,
}

/// The mock's memory after some requests.
#[derive(Clone, Copy, Debug)]
pub struct Memory {
    /// Requests answered since the start of the process.
    pub requests: u64,
    /// Resident bytes.
    pub resident: u64,
}

/// What a run measures, and where.
pub struct Run {
    /// As asked for.
    pub options: Options,
    /// Who runs on which processors; `None`: the kernel decides.
    pub placement: Option<Placement>,
}

/// Starts the mock.
///
/// # Errors
/// See [`Server::start`].
pub fn start_mock(run: &Run) -> Result<Server, LoadError> {
    let mut command = server_command(env!("CARGO_BIN_EXE_accordant").as_ref(), run);
    command.args(["mock", "--listen", "127.0.0.1:0"]).args(&run.options.mock_arguments);
    Server::start("mock", &mut command, &[])
}

fn start_bare(answer: &[u8], run: &Run) -> Result<Server, LoadError> {
    let program = env::current_exe().map_err(while_doing("find the bench binary"))?;
    let mut command = server_command(&program, run);
    command.arg("--bare");
    if let Some(workers) = run.options.workers {
        command.args(["--workers", &workers.to_string()]);
    }
    Server::start("bare", &mut command, answer)
}

fn server_command(program: &Path, run: &Run) -> Command {
    let Some(placement) = &run.placement else { return Command::new(program) };
    let mut command = Command::new("taskset");
    command.args(["--cpu-list", &placement.servers]).arg(program);
    command
}

/// Times from starting the mock's process to having its first whole answer, in rising order.
///
/// # Errors
/// The mock does not start, or answers the first operation otherwise than with `2xx`.
pub fn start_times(run: &Run) -> Result<Vec<Duration>, LoadError> {
    let mut times = Vec::new();
    for _ in 0..STARTS {
        let begun = Instant::now();
        let mock = start_mock(run)?;
        Exchange::sample(run.options.operations[0], mock.address)?;
        times.push(begun.elapsed());
    }
    times.sort_unstable();
    Ok(times)
}

/// Measures one operation: warms both servers up, then takes pairs of rounds. The order within a pair alternates, so that
/// a drift of the machine favours neither.
///
/// # Errors
/// A server that does not answer as it did at first; see [`Load::run`].
pub fn measure(call: &'static Call, mock: &Server, run: &Run) -> Result<Measured, LoadError> {
    let exchange = Exchange::sample(call, mock.address)?;
    let bare = start_bare(&exchange.sample, run)?;
    let copy = Exchange::sample(call, bare.address)?;
    if comparable(&exchange.sample) != comparable(&copy.sample) {
        return Err(LoadError::Unexpected {
            request: call.name,
            expected: String::from_utf8_lossy(&exchange.sample).into_owned(),
            got: String::from_utf8_lossy(&copy.sample).into_owned(),
        });
    }
    let exchanges = [exchange];
    for server in [&bare, mock] {
        round(server, &exchanges, run, WARM_UP)?;
    }
    let mut pairs = Vec::new();
    for index in 0..run.options.rounds {
        let once = |server| round(server, &exchanges, run, run.options.round);
        pairs.push(if index % 2 == 0 {
            let bare = once(&bare)?;
            Pair { bare, mock: once(mock)? }
        } else {
            let mock = once(mock)?;
            Pair { bare: once(&bare)?, mock }
        });
    }
    Ok(Measured { call, pairs })
}

fn round(server: &Server, exchanges: &[Exchange], run: &Run, stop: Stop) -> Result<Round, LoadError> {
    let Options { connections, threads, .. } = run.options;
    let load = Load { peer: server.address, exchanges, connections, threads, serial: None };
    let used = || Ok((server.cpu()?, cpu_of("self")?, cpu_of_all()?));
    let before = used()?;
    let sent = load.run(stop)?;
    let after = used()?;
    let server_cpu = after.0.saturating_sub(before.0);
    let generator_cpu = after.1.saturating_sub(before.1);
    let other_cpu = after.2.saturating_sub(before.2).saturating_sub(server_cpu + generator_cpu);
    Ok(Round { sent, server_cpu, generator_cpu, other_cpu })
}

/// An answer without what may differ between two servers that send the same: the order and case of the header names,
/// and the date.
fn comparable(answer: &[u8]) -> (Vec<String>, &[u8]) {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    let head = String::from_utf8_lossy(&answer[..end]);
    let lowered = head.lines().map(|line| match line.split_once(':') {
        Some((name, value)) => format!("{}:{value}", name.to_ascii_lowercase()),
        None => line.to_owned(),
    });
    let mut lines: Vec<_> = lowered.filter(|line| !line.starts_with("date:")).collect();
    lines.sort_unstable();
    (lines, &answer[end..])
}

/// Sends `requests` requests to the mock, valid and invalid ones in turn and no two alike, and reads its memory before
/// and on the way; `seen` gets each reading.
///
/// # Errors
/// An answer with another status than the same kind of request got at first; see [`Load::run`].
pub fn soak(mock: &Server, requests: u64, run: &Run, mut seen: impl FnMut(Memory)) -> Result<Vec<Memory>, LoadError> {
    let calls = run.options.operations.iter().copied().chain(&INVALID);
    let exchanges = calls.map(|call| Exchange::sample(call, mock.address)).collect::<Result<Vec<_>, _>>()?;
    let serial = AtomicU64::new(1);
    let Options { connections, threads, .. } = run.options;
    let load = Load { peer: mock.address, exchanges: &exchanges, connections, threads, serial: Some(&serial) };
    let mut memory = Vec::new();
    let mut answered = exchanges.len() as u64;
    for step in 0..=SOAK_STEPS {
        let reading = Memory { requests: answered, resident: mock.resident()? };
        seen(reading);
        memory.push(reading);
        if step < SOAK_STEPS {
            let part = requests / SOAK_STEPS + u64::from(step < requests % SOAK_STEPS);
            answered += load.run(Stop::Requests(part))?.requests;
        }
    }
    Ok(memory)
}

/// The reading of the mock's memory after the speed was measured.
///
/// # Errors
/// See [`Server::resident`].
pub fn memory_after(mock: &Server, measured: &[Measured]) -> Result<Memory, LoadError> {
    let rounds = measured.iter().flat_map(|one| &one.pairs);
    Ok(Memory { requests: rounds.map(|pair| pair.mock.sent.requests).sum(), resident: mock.resident()? })
}
