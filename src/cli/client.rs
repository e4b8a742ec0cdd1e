//! `accordant client`: runs a command against the mock, and judges what it sends and how it takes trouble.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use accordant::Contract;
use accordant::client::{
    Calls, ClientReport, Ended, Exchanges, Fault, FaultError, Judged, Said, Trouble, behaviour, judge,
    judge_under_fault, parse_faults, render_text,
};
use accordant::file;
use accordant::mock::Mock;
use accordant::net::serve::{Limits, Server};
use accordant::net::watch::Watch;
use clap::Args;
use tokio::sync::oneshot;

use super::Failure;
use super::baseline::{BaselineOptions, has_folder};
use super::command::{Environment, Streams, run as run_command};
use super::duration::parse_duration;
use super::failure::{FINDINGS, INTERRUPTED};
use super::output::tell;
use super::spec::contract;

/// Exit code of a command that took too long, as `timeout` has it.
const TIMED_OUT: u8 = 124;

/// Options of `accordant client`.
#[derive(Debug, Args)]
#[command(
    after_help = "The command finds the mock in ACCORDANT_URL, AWS_ENDPOINT_URL and AWS_ENDPOINT_URL_<SERVICE>, and credentials \
    that are worth nothing. Its input, output and exit code are passed through; the report goes to standard error.\n\n\
    With --faults, the command runs once more for each fault, without input and with its output kept back, and each attempt of each \
    request that would have had a success meets the fault. `rotation` runs it once more in all, with each request meeting \
    another fault at its first attempt. Faults: throttling, server-error, unavailable, error:CODE, slow, dripped, \
    connection-reset, truncated-body, wrong-content-type, unknown-members, unknown-enum-value, \
    missing-optional-members, html-gateway, html-success.\n\n\
    Exit codes: the command's own if it failed (128+N for signal N), 124 when it took too long, 1 on findings, \
    4 when it sent no request, 2 when it could not be run, 130 when interrupted, else 0."
)]
pub struct Options {
    /// Directory of the specs; the built-in ones when absent
    #[arg(long, value_name = "DIR")]
    specs: Option<PathBuf>,
    /// Trouble to give: names with commas between them, all, or rotation
    #[arg(long, value_name = "NAMES")]
    faults: Option<String>,
    /// Longest time for the command, for each of its runs: 500ms, 30s, 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// Write the report to this file, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Fail on notes too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    baseline: BaselineOptions,
    /// The command and its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the subcommand.
pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    let contract = Arc::new(contract(options.specs.as_deref())?);
    if let Some(names) = &options.faults {
        parse(&contract, names, &[])?;
    }
    options.report.as_deref().map_or(Ok(()), has_folder)?;
    let baseline = options.baseline.read(&contract)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::io("cannot start"))?;
    let (mut report, ended) = runtime.block_on(judge_command(options, &contract))?;
    let accepted = options.baseline.accept(&contract, &baseline, &mut report);
    let nothing = "the command sent no request to ACCORDANT_URL or AWS_ENDPOINT_URL";
    let code = conclude(&report, ended, options.report.as_deref(), nothing)?;
    accepted.map(|()| code)
}

/// Shows and writes a report, and tells the exit code.
pub fn conclude(report: &ClientReport, ended: Ended, path: Option<&Path>, nothing: &str) -> Result<ExitCode, Failure> {
    tell(format_args!("{}", render_text(report)));
    if let Some(path) = path {
        let text = serde_json::to_string_pretty(report).unwrap_or_default() + "\n";
        file::write(path, text.as_bytes())?;
    }
    exit_code(report, ended, nothing)
}

/// What a list of faults asks for.
enum Asked {
    Each(Vec<Fault>),
    InTurn(Vec<Fault>),
}

fn parse(contract: &Contract, names: &str, called: &[String]) -> Result<Asked, Failure> {
    let usage = |error: FaultError| Failure::Usage(format!("--faults {names}: {error}"));
    if names.trim() == "rotation" {
        return Ok(Asked::InTurn(parse_faults(contract, "all", called).map_err(usage)?));
    }
    if names.split(',').any(|name| name.trim() == "rotation") {
        return Err(Failure::Usage(format!("--faults {names}: rotation is of all faults, and stands alone")));
    }
    let faults = parse_faults(contract, names, called).map_err(usage)?;
    let none = || Failure::Usage("--faults names no fault; all stands for all of them".to_owned());
    (!faults.is_empty() || names.trim() == "all").then_some(Asked::Each(faults)).ok_or_else(none)
}

/// Runs the command without trouble, then with what is asked for.
async fn judge_command(options: &Options, contract: &Arc<Contract>) -> Result<(ClientReport, Ended), Failure> {
    let Watched { exchanges, ended, .. } = watched(options, contract, Trouble::default(), Streams::Ours).await?;
    let program = options.command.first().map(|program| program.to_string_lossy().into_owned());
    let judged = judge(contract, &exchanges);
    let mut report = ClientReport::new(program.unwrap_or_default(), ended, options.strict, judged);
    // Of a command that fails by itself, nothing is learnt by giving it trouble.
    let asked = options.faults.as_deref().filter(|_| ended == Ended::Exit(0) && !exchanges.kept().is_empty());
    let (called, calls) = (called(&report.judged), Calls::of(contract, &exchanges));
    let interrupted = match asked.map(|names| parse(contract, names, &called)).transpose()? {
        Some(Asked::Each(faults)) => each(options, contract, &faults, &calls, &mut report).await?,
        Some(Asked::InTurn(faults)) => in_turn(options, contract, &faults, &calls, &mut report).await?,
        None => false,
    };
    if interrupted {
        report.whole = false;
        report.ended = Ended::Interrupted.words();
    }
    Ok((report, if interrupted { Ended::Interrupted } else { ended }))
}

fn called(judged: &Judged) -> Vec<String> {
    judged.coverage.iter().filter(|one| one.calls > 0).map(|one| one.operation.clone()).collect()
}

/// Runs the command once for each fault; says whether it was interrupted.
async fn each(
    options: &Options,
    contract: &Arc<Contract>,
    faults: &[Fault],
    calls: &Calls,
    report: &mut ClientReport,
) -> Result<bool, Failure> {
    for (number, fault) in faults.iter().enumerate() {
        if io::stderr().is_terminal() {
            tell(format_args!("accordant: {} of {} faults: {}\n", number + 1, faults.len(), fault.name()));
        }
        let watched = watched(options, contract, Trouble::always(fault.clone()), Streams::Kept).await?;
        if watched.ended == Ended::Interrupted {
            return Ok(true);
        }
        take(contract, &watched, fault, calls, report);
        report.judged.join(judge_under_fault(contract, &watched.exchanges, calls), &fault.name());
    }
    Ok(false)
}

/// Runs the command once, with the faults in turn; says whether it was interrupted.
async fn in_turn(
    options: &Options,
    contract: &Arc<Contract>,
    faults: &[Fault],
    calls: &Calls,
    report: &mut ClientReport,
) -> Result<bool, Failure> {
    let watched = watched(options, contract, Trouble::in_turn(faults.to_vec()), Streams::Kept).await?;
    for fault in faults {
        let met = watched.exchanges.kept().iter().any(|exchange| exchange.fault.as_deref() == Some(&*fault.name()));
        if met {
            take(contract, &watched, fault, calls, report);
        }
    }
    report.judged.join(judge_under_fault(contract, &watched.exchanges, calls), "rotation");
    Ok(watched.ended == Ended::Interrupted)
}

fn take(contract: &Contract, watched: &Watched, fault: &Fault, calls: &Calls, report: &mut ClientReport) {
    let (row, found) = behaviour(contract, &watched.exchanges, fault, (watched.ended, &watched.said, calls));
    report.faults.push(row);
    report.whole &= watched.ended != Ended::TimedOut;
    for finding in found {
        let list = if finding.is_finding() { &mut report.judged.findings } else { &mut report.judged.notes };
        list.push(finding);
    }
}

/// What a run of the command came to.
struct Watched {
    exchanges: Exchanges,
    ended: Ended,
    said: Said,
}

/// Runs the command against a mock of its own, and keeps what it sends.
async fn watched(
    options: &Options,
    contract: &Arc<Contract>,
    trouble: Trouble,
    streams: Streams,
) -> Result<Watched, Failure> {
    let watch = Arc::new(Watch::new(Arc::clone(contract), trouble));
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let limits = Limits { stop_time: Duration::from_millis(200), ..Limits::default() };
    let mock = Mock::new(Arc::clone(contract));
    let observer: Arc<dyn accordant::net::serve::Observer> = Arc::<Watch>::clone(&watch);
    let server = Server::bind_observed(address, mock, limits, None, Some(observer)).await;
    let server = server.map_err(Failure::io("cannot listen on a port of this machine"))?;
    let url = format!("http://{}", server.address());
    let environment = Environment::new(&url, contract.services().iter().map(|service| service.name.as_str()));
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    let ended = run_command(&options.command, &environment, streams, options.timeout).await;
    drop(stop);
    let _ = serving.await;
    let (ended, said) = ended?;
    Ok(Watched { exchanges: watch.take(), ended, said })
}

/// The command's own code if it failed, else what was found.
fn exit_code(report: &ClientReport, ended: Ended, nothing: &str) -> Result<ExitCode, Failure> {
    let signalled = |signal: i32| u8::try_from(128 + signal).unwrap_or(u8::MAX);
    match ended {
        Ended::Exit(0) if report.judged.requests + report.judged.lost == 0 => Err(Failure::Nothing(nothing.to_owned())),
        Ended::Exit(0) if report.departs() => Ok(ExitCode::from(FINDINGS)),
        Ended::Exit(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        Ended::Signal(signal) => Ok(ExitCode::from(signalled(signal))),
        Ended::TimedOut => Ok(ExitCode::from(TIMED_OUT)),
        Ended::Interrupted => Ok(ExitCode::from(INTERRUPTED)),
    }
}
