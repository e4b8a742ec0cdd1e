//! `accordant check`: judges a server, and says where it departs from the contract.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use accordant::{Contract, ContractError};
use accordant::contract::SourceText;
use accordant::generate::{Adjustments, Case, Plan, Shard, Token, fingerprint};
use accordant::judge::{Credentials, GivenFailed, GivenFailure, Progress, Run, Set, Settings, Signer, Target, Unique, Wire, run_givens};
use accordant::mock::{DEFAULT_REGION, Dialect, Mock};
use accordant::net::send::{Client, SendLimits};
use accordant::net::serve::{Limits, Server};
use accordant::report::{Baseline, Report, render_text};
use clap::Args;
use http::{HeaderName, HeaderValue};
use indicatif::{ProgressBar, ProgressStyle};
use tokio::runtime::Runtime;
use url::Url;

use super::Failure;
use super::cases::RANDOM;
use super::failure::INTERRUPTED;
use super::report::{check_names, exit_code, write};
use super::selection::{DialectFlag, PhaseFlag, Selection, phases};
use super::signals::Signals;

/// Where credentials are looked for when no flag has them.
const CREDENTIALS: &str = "ACCORDANT_CREDENTIALS";
/// How often the progress bar is drawn.
const FRAME: Duration = Duration::from_millis(100);
/// Shortest header value that is kept from being shown, in bytes: shorter ones stand everywhere.
const HIDDEN: usize = 6;
/// Largest file of credentials, givens or a target, in bytes.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

/// Options of `accordant check`.
#[derive(Debug, Args)]
#[command(after_help = "Without a URL the built-in mock is started on loopback and checked: it keeps the contract, so the run is \
                        silent and shows what a report looks like.\n\nExit codes: 0 conforms, 1 findings, 2 usage error or \
                        broken spec, 3 target unreachable, 4 nothing was checked, 130 interrupted.")]
pub struct Options {
    /// Where the server is, as http://localhost:5000
    url: Option<String>,
    #[command(flatten)]
    selection: Selection,
    /// A file that describes the server: URL, headers, givens, sets, uniques; flags go before it
    #[arg(long, value_name = "FILE.yaml")]
    target: Option<PathBuf>,
    /// Only this phase; may be given several times
    #[arg(long, value_enum, value_name = "PHASE")]
    phase: Vec<PhaseFlag>,
    /// Random cases for each operation
    #[arg(short = 'n', long, value_name = "N", default_value_t = RANDOM)]
    cases: u64,
    /// Seed of the random phase: the same seed has the same cases
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Only a part of the run: I/N; `accordant report merge` joins the reports
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE)]
    shard: Shard,
    /// Requests on the way at a time [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    concurrency: Option<u16>,
    /// Most requests per second, as 50/s
    #[arg(long, value_name = "N/s", value_parser = parse_rate)]
    rate: Option<f64>,
    /// Longest time for an answer, as 500ms, 30s or 2m [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// Which protocol is spoken [default: native]
    #[arg(long, value_enum)]
    dialect: Option<DialectFlag>,
    /// A header for every request; may be given several times
    #[arg(long, value_name = "K: V", value_parser = parse_header)]
    header: Vec<(HeaderName, HeaderValue)>,
    /// Credentials, which everybody on this machine may see: the environment's ACCORDANT_CREDENTIALS and
    /// --credentials-file are better places. Without any, dummy ones are sent
    #[arg(long, value_name = "KEY:SECRET[:TOKEN]", conflicts_with = "credentials_file")]
    credentials: Option<String>,
    /// A file with KEY:SECRET[:TOKEN]
    #[arg(long, value_name = "FILE")]
    credentials_file: Option<PathBuf>,
    /// The region that requests are signed for [default: us-east-1]
    #[arg(long)]
    region: Option<String>,
    /// A file with requests that are sent first, in order, so that what valid cases need exists
    #[arg(long, value_name = "FILE.yaml")]
    given: Option<PathBuf>,
    /// Sets an input member in every case: [OPERATION:]/POINTER=VALUE; may be given several times
    #[arg(long, value_name = "POINTER=VALUE")]
    set: Vec<Set>,
    /// Makes an input member fresh in every case: [OPERATION:]/POINTER; may be given several times
    #[arg(long, value_name = "POINTER")]
    unique: Vec<Unique>,
    /// Sends only the case of this token; may be given several times
    #[arg(long, value_name = "TOKEN")]
    replay: Vec<Token>,
    /// Lets notes fail the run too
    #[arg(long)]
    strict: bool,
    /// A file of accepted findings: they do not fail the run, but entries that have expired or that nothing shows any more do
    #[arg(long, value_name = "FILE.toml")]
    baseline: Option<PathBuf>,
    /// Writes the findings of this run to the baseline, with what it says of them already
    #[arg(long, requires = "baseline")]
    update_baseline: bool,
    /// Writes a report: FILE.json, or FILE.xml for JUnit; may be given several times
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
}

/// Runs the subcommand.
pub fn run(options: Options) -> Result<ExitCode, Failure> {
    check_names(&options.report)?;
    if options.cases == 0 && options.replay.is_empty() {
        let message = "--cases 0 leaves the random phase without cases; --phase examples --phase coverage leaves it out";
        return Err(Failure::Nothing(message.into()));
    }
    let contract = options.selection.contract()?;
    let baseline = baseline(&options, &contract)?;
    let target = target(&options, &contract)?;
    let dialect = options.dialect.map(Dialect::from).or(target.dialect).unwrap_or(Dialect::Native);
    let plans = plans(&options, &contract, &target, dialect)?;
    let replays = replays(&options.replay, &plans)?;
    let signer = signer(&options, &target)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::io("cannot start"))?;
    let checked = check(&options, &runtime, Checking { contract, target, plans, replays, signer, baseline });
    // What still waits for a server that says nothing is not waited for.
    runtime.shutdown_background();
    checked
}

/// Everything that is known before the first request.
struct Checking {
    contract: Contract,
    target: Target,
    plans: Vec<Arc<Plan>>,
    replays: Vec<Case>,
    signer: Signer,
    baseline: Baseline,
}

fn check(options: &Options, runtime: &Runtime, checking: Checking) -> Result<ExitCode, Failure> {
    let Checking { contract, target, plans, replays, signer, baseline } = checking;
    let (url, name) = match options.url.as_ref().or(target.url.as_ref()) {
        Some(url) => (url.clone(), url.clone()),
        None => {
            let address = runtime.block_on(start_mock(&contract))?;
            (format!("http://{address}"), format!("the built-in mock on {address}"))
        }
    };
    let parsed = Url::parse(&url).map_err(|error| Failure::Usage(format!("the URL cannot be read: {error}")))?;
    let limits = SendLimits::default();
    let timeout = options.timeout.or(target.timeout).unwrap_or(limits.timeout);
    let limits = SendLimits { timeout, connect_timeout: limits.connect_timeout.min(timeout), ..limits };
    let client = Client::new(&parsed, limits).map_err(|error| Failure::Usage(error.to_string()))?;
    let signer = signer.below(client.prefix());
    let given = run_givens(&client, &contract, &signer, &target, client.host());
    runtime.block_on(given).map_err(given_failed)?;
    let wire = wire(client, signer, &target);
    let settings = settings(options, target.concurrency);
    let progress = Arc::new(Progress::default());
    let run = Run { plans, wire, settings, replays, target: name, url, progress: Arc::clone(&progress) };
    let started = Instant::now();
    // Caught from here on: whoever reads the first line may interrupt the run at once.
    let caught = runtime.block_on(async { Signals::catch() });
    announce(&run).map_err(Failure::io("cannot write"))?;
    let mut report = runtime.block_on(watched(run, &progress, caught.map_err(Failure::io("cannot catch signals"))?));
    accept(options, &contract, baseline, &mut report)?;
    write(&report, &options.report)?;
    print(&report, started.elapsed()).map_err(Failure::io("cannot write"))?;
    let interrupted = progress.is_stopped() && report.findings.is_empty();
    Ok(if interrupted { ExitCode::from(INTERRUPTED) } else { exit_code(&report) })
}

/// Where cases go. Headers may carry secrets, so what they say is shown nowhere.
fn wire(client: Client, signer: Signer, target: &Target) -> Wire<Client> {
    let values = target.headers.values().filter_map(|value| value.to_str().ok()).filter(|text| text.len() >= HIDDEN);
    let hidden = target.hidden.iter().cloned().chain(values.map(str::to_owned)).collect();
    let (host, secrets) = (client.host().to_owned(), signer.secrets());
    Wire { sender: client, signer, host, headers: target.headers.clone(), secrets, hidden }
}

fn given_failed(failed: GivenFailed) -> Failure {
    match &failed.reason {
        GivenFailure::Unanswered(failure) if failure.is_unreachable() => Failure::Unreachable(failed.to_string()),
        _ => Failure::Usage(failed.to_string()),
    }
}

/// Runs, with a progress bar where somebody looks at one; an interruption ends the run, and what was seen is reported.
async fn watched(run: Run<Client>, progress: &Progress, mut signals: Signals) -> Report {
    let bar = if io::stderr().is_terminal() { bar() } else { ProgressBar::hidden() };
    let mut running = std::pin::pin!(run.run());
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
            () = tokio::time::sleep(FRAME) => show(&bar, progress),
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
fn announce(run: &Run<Client>) -> io::Result<()> {
    let cases: u64 = match run.replays.len() {
        0 => {
            let count = |plan: &Arc<Plan>| -> u64 {
                run.settings.phases.iter().map(|phase| plan.count(*phase, run.settings.cases)).sum()
            };
            run.plans.iter().map(count).sum()
        }
        replays => replays as u64,
    };
    let names: Vec<&str> = run.settings.phases.iter().map(|phase| phase.name()).collect();
    let shard = if run.settings.shard == Shard::WHOLE { String::new() } else { format!(", shard {}", run.settings.shard) };
    let operations = match run.plans.len() {
        1 => "1 operation".to_owned(),
        count => format!("{count} operations"),
    };
    writeln!(
        io::stdout().lock(),
        "accordant {} checks {}: {operations}, {cases} cases ({}; seed {}{shard})\n",
        env!("CARGO_PKG_VERSION"),
        run.target,
        names.join(", "),
        run.settings.seed
    )
}

fn print(report: &Report, elapsed: Duration) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(render_text(report).as_bytes())?;
    #[allow(clippy::cast_precision_loss, reason = "a rate for a person")]
    let rate = report.cases as f64 / elapsed.as_secs_f64().max(0.001);
    writeln!(out, "in {:.1} s, {rate:.0} cases per second", elapsed.as_secs_f64())?;
    if report.target.starts_with("http") {
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

/// The baseline, empty where there is no file of it yet and one is to be written.
fn baseline(options: &Options, contract: &Contract) -> Result<Baseline, Failure> {
    let Some(file) = &options.baseline else { return Ok(Baseline::default()) };
    if options.update_baseline && !file.exists() {
        return Ok(Baseline::default());
    }
    let parsed = Baseline::parse(&file.display().to_string(), &read(file)?, contract);
    parsed.map_err(|error| Failure::Usage(error.to_string()))
}

/// Takes accepted findings out of a report, after the baseline was brought up to date where that is asked for.
fn accept(options: &Options, contract: &Contract, baseline: Baseline, report: &mut Report) -> Result<(), Failure> {
    let Some(file) = &options.baseline else { return Ok(()) };
    let today = jiff::Timestamp::now().to_zoned(jiff::tz::TimeZone::UTC).date();
    if !options.update_baseline {
        baseline.apply(report, today);
        return Ok(());
    }
    let text = baseline.updated(report, today);
    std::fs::write(file, &text).map_err(Failure::io(format!("cannot write {}", file.display())))?;
    let updated = Baseline::parse(&file.display().to_string(), &text, contract);
    updated.map_err(|error| Failure::Usage(error.to_string()))?.apply(report, today);
    Ok(())
}

async fn start_mock(contract: &Contract) -> Result<std::net::SocketAddr, Failure> {
    let address = std::net::SocketAddr::from(([127, 0, 0, 1], 0));
    let server = Server::bind(address, Mock::new(contract.clone()), Limits::default(), None).await;
    let server = server.map_err(Failure::io("cannot start the built-in mock"))?;
    let address = server.address();
    tokio::spawn(server.run(std::future::pending()));
    Ok(address)
}

fn settings(options: &Options, concurrency: Option<usize>) -> Settings {
    let defaults = Settings::default();
    Settings {
        phases: phases(&options.phase),
        cases: options.cases,
        seed: options.seed,
        shard: options.shard,
        concurrency: options.concurrency.map(usize::from).or(concurrency).unwrap_or(defaults.concurrency),
        rate: options.rate,
        strict: options.strict,
        ..defaults
    }
}

/// The target as the file has it, with what flags say besides.
fn target(options: &Options, contract: &Contract) -> Result<Target, Failure> {
    let environment = |name: &str| std::env::var(name).ok();
    let mut target = match &options.target {
        Some(file) => Target::parse(source(file)?, contract, environment).map_err(ContractError::Broken)?,
        None => Target::default(),
    };
    if let Some(file) = &options.given {
        target.add_givens(source(file)?, contract, environment).map_err(ContractError::Broken)?;
    }
    for (name, value) in &options.header {
        target.headers.insert(name.clone(), value.clone());
    }
    for set in &options.set {
        let mut set = set.clone();
        set.fit(contract).map_err(|error| Failure::Usage(format!("--set: {error}")))?;
        target.sets.push(set);
    }
    for unique in &options.unique {
        unique.fit(contract).map_err(|error| Failure::Usage(format!("--unique: {error}")))?;
        target.uniques.push(unique.clone());
    }
    Ok(target)
}

/// The plans of what is selected: by flags, else by tokens, else by the target's file.
fn plans(options: &Options, contract: &Contract, target: &Target, dialect: Dialect) -> Result<Vec<Arc<Plan>>, Failure> {
    let mut selection = options.selection.clone();
    if selection.operation.is_empty() && selection.service.is_empty() {
        if options.replay.is_empty() {
            selection.operation.clone_from(&target.operations);
            selection.service.clone_from(&target.services);
        } else {
            selection.operation = options.replay.iter().map(|token| token.operation.clone()).collect();
        }
    }
    if let Some(token) = options.replay.iter().find(|token| token.contract != fingerprint(contract)) {
        return Err(Failure::Usage(format!(
            "the token {token} is of another contract or another version; this one's tokens end in {:08x}",
            fingerprint(contract)
        )));
    }
    let plans = selection.plans(contract, dialect)?.into_iter().map(|plan| {
        let operation = Arc::clone(plan.operation());
        let adjustments = Adjustments { sets: target.sets_for(&operation), uniques: target.uniques_for(&operation) };
        Arc::new(plan.adjusted(&adjustments))
    });
    Ok(plans.collect())
}

fn replays(tokens: &[Token], plans: &[Arc<Plan>]) -> Result<Vec<Case>, Failure> {
    let recreate = |token: &Token| {
        let plan = plans.iter().find(|plan| plan.operation().name == token.operation);
        let plan = plan.ok_or_else(|| Failure::Usage(format!("the operation of {token} is not selected")))?;
        plan.replay(token).map_err(|error| Failure::Usage(error.to_string()))
    };
    tokens.iter().map(recreate).collect()
}

/// Credentials of the flags, else of the environment, else dummy ones.
fn signer(options: &Options, target: &Target) -> Result<Signer, Failure> {
    let (text, place) = match (&options.credentials, &options.credentials_file) {
        (Some(text), _) => (Some(text.clone()), "--credentials"),
        (None, Some(file)) => (Some(read(file)?.trim().to_owned()), "--credentials-file"),
        (None, None) => (std::env::var(CREDENTIALS).ok(), CREDENTIALS),
    };
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{place}: {error}"));
    let credentials = text.map_or(Ok(Credentials::dummy()), |text| text.parse()).map_err(|error| usage(&error))?;
    let region = options.region.as_deref().or(target.region.as_deref()).unwrap_or(DEFAULT_REGION);
    Signer::new(credentials, region).map_err(|error| Failure::Usage(format!("--region {region}: {error}")))
}

fn source(file: &PathBuf) -> Result<Arc<SourceText>, Failure> {
    Ok(Arc::new(SourceText { name: file.display().to_string(), text: read(file)? }))
}

fn read(file: &PathBuf) -> Result<String, Failure> {
    let what = || format!("cannot read {}", file.display());
    let size = std::fs::metadata(file).map_err(Failure::io(what()))?.len();
    if size > LARGEST_FILE {
        return Err(Failure::Usage(format!("{} is larger than {LARGEST_FILE} bytes", file.display())));
    }
    std::fs::read_to_string(file).map_err(Failure::io(what()))
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    let rate = number.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate >= 0.001 && *rate <= 1e6);
    rate.ok_or_else(|| "write a number of requests per second, as 50/s".to_owned())
}

fn parse_duration(text: &str) -> Result<Duration, String> {
    let units = [("ms", 0.001), ("s", 1.0), ("m", 60.0)];
    let parsed = units.iter().find_map(|(unit, seconds)| {
        let number: f64 = text.strip_suffix(unit)?.trim().parse().ok()?;
        Duration::try_from_secs_f64(number * seconds).ok()
    });
    let fits = |duration: &Duration| !duration.is_zero() && *duration <= Duration::from_secs(3600);
    parsed.filter(fits).ok_or_else(|| "write a time up to an hour with its unit, as 500ms, 30s or 2m".to_owned())
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("write NAME: VALUE")?;
    let name = name.trim().parse().map_err(|_| "the name is no header's name")?;
    let mut value: HeaderValue = value.trim().parse().map_err(|_| "the value is none that a header can have")?;
    value.set_sensitive(true);
    Ok((name, value))
}
