//! `accordant check`: judges a server, and says where it departs from the contract.

mod options;
mod prepare;

use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use accordant::Contract;
use accordant::generate::{Case, Plan, Shard};
use accordant::judge::{Progress, Run, Signer, Target};
use accordant::mock::Mock;
use accordant::net::send::Client;
use accordant::net::serve::{Limits, Server};
use accordant::report::{Baseline, Report, render_text};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use url::Url;

use super::Failure;
use super::failure::INTERRUPTED;
use super::output::{Output, tell};
use super::report::{check_names, exit_code, write};
use super::selection::{phases, some_cases, total};
use super::signals::Signals;
pub use options::Options;
use prepare::{plans, replays, run_id, settings};

/// How often the progress bar is drawn.
const FRAME: Duration = Duration::from_millis(100);
/// How long a run lasts before its first complaint is told to whoever reads a log.
const LONG: Duration = Duration::from_secs(10);

/// Runs the subcommand.
pub fn run(options: Options) -> Result<ExitCode, Failure> {
    check_names(&options.report)?;
    if options.replay.is_empty() {
        some_cases(options.cases)?;
    }
    let contract = options.selection.contract()?;
    let baseline = options.baseline.read(&contract)?;
    let target = options.reach.target(&contract)?;
    let run_id = run_id(&options, &target);
    let plans = plans(&options, &contract, &target, run_id)?;
    let replays = replays(&options.replay, &plans)?;
    let cases = match replays.len() {
        0 => total(plans.iter().map(Arc::as_ref), &phases(&options.phase), options.cases)?,
        replays => replays as u64,
    };
    let signer = options.reach.signer(&target)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::io("cannot start"))?;
    let checked =
        check(&options, &runtime, Checking { contract, target, plans, run_id, replays, cases, signer, baseline });
    // What still waits for a server that says nothing is not waited for.
    runtime.shutdown_background();
    checked
}

/// Everything that is known before the first request.
struct Checking {
    contract: Contract,
    target: Target,
    plans: Vec<Arc<Plan>>,
    run_id: Option<u32>,
    replays: Vec<Case>,
    cases: u64,
    signer: Signer,
    baseline: Baseline,
}

fn check(options: &Options, runtime: &Runtime, checking: Checking) -> Result<ExitCode, Failure> {
    let Checking { contract, target, plans, run_id, replays, cases, signer, baseline } = checking;
    let (url, name) = match options.reach.url.as_ref().or(target.url.as_ref()) {
        Some(url) => (url.clone(), url.clone()),
        None => {
            let address = runtime.block_on(start_mock(&contract))?;
            (format!("http://{address}"), format!("the built-in mock on {address}"))
        }
    };
    if let Some(longest) = options.wait {
        runtime.block_on(wait_for(&url, longest))?;
    }
    let wire = runtime.block_on(options.reach.wire(&url, signer, &contract, &target))?;
    let settings = settings(options, target.concurrency);
    let progress = Arc::new(Progress::default());
    let run = Run { plans, wire, settings, replays, target: name, url, progress: Arc::clone(&progress) };
    let started = Instant::now();
    // Caught from here on: whoever reads the first line may interrupt the run at once.
    let caught = runtime.block_on(async { Signals::catch() });
    let mut out = Output::new();
    announce(&run, cases, run_id, &mut out).map_err(Failure::io("cannot write"))?;
    let mut report = runtime.block_on(watched(run, &progress, caught.map_err(Failure::io("cannot catch signals"))?));
    if let Some(server) = &mut report.server {
        server.again = options.again(run_id);
    }
    let accepted = options.baseline.accept(&contract, &baseline, &mut report);
    let written = write(&report, &options.report);
    print(&report, started.elapsed(), options.baseline.updated(), &mut out).map_err(Failure::io("cannot write"))?;
    accepted.and(written).and(out.finish())?;
    let interrupted = progress.is_stopped() && report.findings.is_empty();
    Ok(if interrupted { ExitCode::from(INTERRUPTED) } else { exit_code(&report) })
}

/// Runs, with a progress bar where somebody looks at one; an interruption ends the run, and what was seen is reported.
async fn watched(run: Run<Client>, progress: &Progress, mut signals: Signals) -> Report {
    let bar = if io::stderr().is_terminal() { bar() } else { ProgressBar::hidden() };
    let mut running = std::pin::pin!(run.run());
    let (started, mut told) = (Instant::now(), false);
    loop {
        tokio::select! {
            report = &mut running => {
                bar.finish_and_clear();
                return report;
            }
            () = signals.next() => {
                if progress.is_stopped() {
                    bar.finish_and_clear();
                    std::process::exit(INTERRUPTED.into());
                }
                progress.stop();
            }
            () = tokio::time::sleep(FRAME) => {
                show(&bar, progress);
                let is_awaited = io::stderr().is_terminal() || started.elapsed() > LONG;
                told = told || is_awaited && tell_first(&bar, progress);
            }
        }
    }
}

/// Tells the first complaint as soon as there is one; whether there was.
fn tell_first(bar: &ProgressBar, progress: &Progress) -> bool {
    let Some(first) = progress.first.get() else { return false };
    bar.suspend(|| tell(format_args!("seen first: {first}; findings are tried again and told at the end\n")));
    true
}

/// Waits until something accepts connections where the server should be.
async fn wait_for(url: &str, longest: Duration) -> Result<(), Failure> {
    let parsed = Url::parse(url).ok();
    let address = parsed.as_ref().and_then(|url| Some((url.host_str()?.to_owned(), url.port_or_known_default()?)));
    // What is no URL is told where it is read.
    let Some((host, port)) = address else { return Ok(()) };
    let host = host.trim_matches(['[', ']']);
    let started = Instant::now();
    loop {
        let left = longest.saturating_sub(started.elapsed());
        match tokio::time::timeout(left, TcpStream::connect((host, port))).await {
            Ok(Ok(_)) => return Ok(()),
            Ok(Err(_)) if started.elapsed() + FRAME < longest => tokio::time::sleep(FRAME).await,
            _ => {
                return Err(Failure::Unreachable(format!(
                    "nothing accepts connections at {host}:{port} after {longest:?}"
                )));
            }
        }
    }
}

fn bar() -> ProgressBar {
    let template = "{bar:30} {pos}/{len} cases, {per_sec}, {msg}";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

fn show(bar: &ProgressBar, progress: &Progress) {
    bar.set_length(progress.total.load(Ordering::Relaxed));
    bar.set_position(progress.done.load(Ordering::Relaxed));
    let complaints = progress.complaints.load(Ordering::Relaxed);
    let shrinking = if progress.shrinking.load(Ordering::Relaxed) { ", looking for the smallest requests" } else { "" };
    bar.set_message(format!("{complaints} complaints{shrinking}"));
}

/// Says what is about to happen.
fn announce(run: &Run<Client>, cases: u64, run_id: Option<u32>, out: &mut Output) -> io::Result<()> {
    let names: Vec<&str> = run.settings.phases.iter().map(|phase| phase.name()).collect();
    let shard =
        if run.settings.shard == Shard::WHOLE { String::new() } else { format!(", shard {}", run.settings.shard) };
    let fresh = run_id.map(|id| format!(", run {id:08x}")).unwrap_or_default();
    let operations = match run.plans.len() {
        1 => "1 operation".to_owned(),
        count => format!("{count} operations"),
    };
    writeln!(
        out,
        "accordant {} checks {}: {operations}, {cases} cases ({}; seed {}{shard}{fresh})\n",
        env!("CARGO_PKG_VERSION"),
        run.target,
        names.join(", "),
        run.settings.seed
    )?;
    out.flush()
}

fn print(report: &Report, elapsed: Duration, updated: Option<&Path>, out: &mut Output) -> io::Result<()> {
    out.write_all(render_text(report).as_bytes())?;
    #[allow(clippy::cast_precision_loss, reason = "a rate for a person")]
    let rate = report.cases() as f64 / elapsed.as_secs_f64().max(0.001);
    writeln!(out, "in {:.1} s, {rate:.0} cases per second", elapsed.as_secs_f64())?;
    if let Some(baseline) = updated {
        let count = report.accepted.len();
        let s = if count == 1 { "" } else { "s" };
        writeln!(out, "{} was written, with {count} accepted finding{s}", baseline.display())?;
    }
    if report.subject().starts_with("http") || !report.stale.is_empty() {
        return Ok(());
    }
    writeln!(
        out,
        "\nThe built-in mock keeps the contract, so there is nothing to find. To judge your own server:\n  \
         accordant check http://localhost:5000      what departs is shown with the smallest request and its source\n  \
         accordant cases --count                    what is sent, and by which rule\n  \
         accordant explain                          what is looked at"
    )
}

async fn start_mock(contract: &Contract) -> Result<std::net::SocketAddr, Failure> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(address, Mock::new(contract.clone()), Limits::default(), None).await;
    let server = server.map_err(Failure::io("cannot start the built-in mock"))?;
    let address = server.address();
    tokio::spawn(server.run(std::future::pending()));
    Ok(address)
}
