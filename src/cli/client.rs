//! `accordant client`: runs a command against the mock, and judges what it sends and how it takes faults.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use accordant::Contract;
use accordant::client::{Calls, CapturedOutput, ClientRun, Exchanges, FaultSchedule, judge_fault};
use accordant::exchange::{Ended, Fault, FaultError, parse_faults};
use accordant::mock::Mock;
use accordant::net::serve::{Limits, Server};
use accordant::net::watch::Watch;
use accordant::report::{Conclusion, Report, render_text};
use clap::Args;
use tokio::sync::oneshot;

use super::Failure;
use super::baseline::BaselineOptions;
use super::command::{Environment, Streams, run as run_command};
use super::duration::parse_duration;
use super::failure::{FINDINGS, INTERRUPTED};
use super::output::tell;
use super::report::{check_names, write};
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
    /// Faults to give: names with commas between them, all, or rotation
    #[arg(long, value_name = "NAMES")]
    faults: Option<String>,
    /// Longest time for the command, for each of its runs: 500ms, 30s, 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// Write the report to FILE.json or FILE.xml; may be given several times
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
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
    check_names(&options.report)?;
    let baseline = options.baseline.read(&contract)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::io("cannot start"))?;
    let (mut report, ended) = runtime.block_on(judge_command(options, &contract))?;
    let accepted = options.baseline.accept(&contract, &baseline, &mut report);
    let nothing = "the command sent no request to ACCORDANT_URL or AWS_ENDPOINT_URL";
    let code = conclude(&report, ended, &options.report, nothing)?;
    accepted.map(|()| code)
}

/// Shows and writes a report, and tells the exit code.
pub fn conclude(report: &Report, ended: Ended, files: &[PathBuf], nothing: &str) -> Result<ExitCode, Failure> {
    tell(format_args!("{}", render_text(report)));
    write(report, files)?;
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

/// Runs the command without faults, then with those that are asked for.
async fn judge_command(options: &Options, contract: &Arc<Contract>) -> Result<(Report, Ended), Failure> {
    let Watched { exchanges, ended, .. } = watched(options, contract, FaultSchedule::default(), Streams::Ours).await?;
    let program = options.command.first().map(|program| program.to_string_lossy().into_owned());
    let mut run = ClientRun::new(contract, program.unwrap_or_default(), ended, options.strict, &exchanges);
    // Of a command that fails by itself, nothing is learnt by giving it faults.
    let asked = options.faults.as_deref().filter(|_| ended == Ended::Exit(0) && !exchanges.kept().is_empty());
    let calls = Calls::of(contract, &exchanges);
    let interrupted = match asked.map(|names| parse(contract, names, &run.called())).transpose()? {
        Some(Asked::Each(faults)) => each(options, contract, &faults, &calls, &mut run).await?,
        Some(Asked::InTurn(faults)) => in_turn(options, contract, &faults, &calls, &mut run).await?,
        None => false,
    };
    if interrupted {
        run.interrupt();
    }
    Ok((run.report(), if interrupted { Ended::Interrupted } else { ended }))
}

/// Runs the command once for each fault; says whether it was interrupted.
async fn each(
    options: &Options,
    contract: &Arc<Contract>,
    faults: &[Fault],
    calls: &Calls,
    run: &mut ClientRun,
) -> Result<bool, Failure> {
    for (number, fault) in faults.iter().enumerate() {
        if io::stderr().is_terminal() {
            tell(format_args!("accordant: {} of {} faults: {}\n", number + 1, faults.len(), fault.name()));
        }
        let watched = watched(options, contract, FaultSchedule::always(fault.clone()), Streams::Kept).await?;
        if watched.ended == Ended::Interrupted {
            return Ok(true);
        }
        take(contract, &watched, fault, calls, run);
        run.add_requests(contract, &watched.exchanges, calls, &fault.name());
    }
    Ok(false)
}

/// Runs the command once, with the faults in turn; says whether it was interrupted.
async fn in_turn(
    options: &Options,
    contract: &Arc<Contract>,
    faults: &[Fault],
    calls: &Calls,
    run: &mut ClientRun,
) -> Result<bool, Failure> {
    let watched = watched(options, contract, FaultSchedule::in_turn(faults.to_vec()), Streams::Kept).await?;
    for fault in faults {
        let met = watched.exchanges.kept().iter().any(|exchange| exchange.fault.as_deref() == Some(&*fault.name()));
        if met {
            take(contract, &watched, fault, calls, run);
        }
    }
    run.add_requests(contract, &watched.exchanges, calls, "rotation");
    Ok(watched.ended == Ended::Interrupted)
}

fn take(contract: &Contract, watched: &Watched, fault: &Fault, calls: &Calls, run: &mut ClientRun) {
    let (row, found) = judge_fault(contract, &watched.exchanges, fault, (watched.ended, &watched.output, calls));
    run.add_fault(row, found);
}

/// What a run of the command came to.
struct Watched {
    exchanges: Exchanges,
    ended: Ended,
    output: CapturedOutput,
}

/// Runs the command against a mock of its own, and keeps what it sends.
async fn watched(
    options: &Options,
    contract: &Arc<Contract>,
    faults: FaultSchedule,
    streams: Streams,
) -> Result<Watched, Failure> {
    let watch = Arc::new(Watch::new(Arc::clone(contract), faults));
    let address = SocketAddr::from(([127, 0, 0, 1], 0));
    let limits = Limits { stop_time: Duration::from_millis(200), ..Limits::default() };
    let mock = Mock::new(Arc::clone(contract));
    let observer: Arc<dyn accordant::net::serve::Observer> = Arc::<Watch>::clone(&watch);
    let server = Server::bind_observed(address, mock, limits, None, Some(observer)).await;
    let server = server.map_err(Failure::io("cannot listen on a port of this machine"))?;
    let url = format!("http://{}", server.address());
    let environment = Environment::new(&url, contract.services().iter().map(AsRef::as_ref));
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));
    let ended = run_command(&options.command, &environment, streams, options.timeout).await;
    drop(stop);
    let _ = serving.await;
    let (ended, output) = ended?;
    Ok(Watched { exchanges: watch.take(), ended, output })
}

/// The command's own code if it failed, else what was found.
fn exit_code(report: &Report, ended: Ended, nothing: &str) -> Result<ExitCode, Failure> {
    let signalled = |signal: i32| u8::try_from(128 + signal).unwrap_or(u8::MAX);
    match ended {
        Ended::Exit(0) => match report.conclusion() {
            Conclusion::Conforms => Ok(ExitCode::SUCCESS),
            _ if sent_nothing(report) => Err(Failure::Nothing(nothing.to_owned())),
            _ => Ok(ExitCode::from(FINDINGS)),
        },
        Ended::Exit(code) => Ok(ExitCode::from(u8::try_from(code).unwrap_or(1))),
        Ended::Signal(signal) => Ok(ExitCode::from(signalled(signal))),
        Ended::TimedOut => Ok(ExitCode::from(TIMED_OUT)),
        Ended::Interrupted => Ok(ExitCode::from(INTERRUPTED)),
    }
}

fn sent_nothing(report: &Report) -> bool {
    report.client.as_ref().is_none_or(|client| client.requests + client.lost == 0)
}
