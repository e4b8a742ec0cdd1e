//! `accordant snapshot`: records what a server answers, and holds later answers against what was approved.

mod folder;
mod recorder;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use accordant::Contract;
use accordant::generate::{Phase, Plan};
use accordant::judge::{Signer, Target, Volatile};
use accordant::snapshot::Masks;
use clap::Args;

use super::Failure;
use super::failure::{FINDINGS, INTERRUPTED};
use super::output::{print, tell};
use super::reach::Reach;
use super::selection::{PhaseFlag, Selection, phases};
use super::signals::Signals;
use folder::Folder;
use recorder::{Recorder, Tally};

/// Random cases for each operation when nobody says how many.
const RANDOM: u64 = 20;

/// Options of `accordant snapshot`.
#[derive(Debug, Args)]
#[command(
    after_help = "The first run records: the examples, and of each constraint the first boundary and the first break. Members that \
                  the contract calls volatile, times, fresh and sensitive ones are masked by their type. Later runs compare by \
                  meaning (JSON as values, XML whatever its order and prefixes) and leave a FILE.snap.new beside each snapshot that \
                  differs, for `cargo insta review` in the Cargo project that DIR is in; without one, rename it to accept \
                  it.\n\nExit codes: 0 recorded or compared, 1 differences with --check, 2 usage error or a folder that is not \
                  ours, 3 target unreachable, 4 nothing was recorded, 130 interrupted."
)]
pub struct Options {
    #[command(flatten)]
    reach: Reach,
    #[command(flatten)]
    selection: Selection,
    /// The folder of the snapshots
    #[arg(long, value_name = "DIR")]
    dir: PathBuf,
    /// Only this phase; may be given several times [default: examples and coverage]
    #[arg(long, value_enum, value_name = "PHASE")]
    phase: Vec<PhaseFlag>,
    /// Random cases for each operation, in the random phase
    #[arg(short = 'n', long, value_name = "N", default_value_t = RANDOM, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    cases: u64,
    /// Seed of the random phase: the same seed has the same cases
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// An output member that differs from call to call, besides those of the contract and the target file:
    /// [OPERATION:]/POINTER; may be given several times
    #[arg(long, value_name = "POINTER")]
    volatile: Vec<Volatile>,
    /// Record nothing as approved; show how answers differ, and fail when they do
    #[arg(long)]
    check: bool,
}

/// Runs the subcommand.
pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    let contract = options.selection.contract()?;
    let mut target = options.reach.target(&contract)?;
    for volatile in &options.volatile {
        volatile.fit(&contract).map_err(|error| Failure::Usage(format!("--volatile: {error}")))?;
        target.volatile.push(volatile.clone());
    }
    let plans = options.reach.plans(&options.selection, &contract, &target)?;
    let signer = options.reach.signer(&target)?;
    let Some(url) = options.reach.url.clone().or(target.url.clone()) else {
        return Err(Failure::Usage("no URL is given, and no target file that has one".to_owned()));
    };
    let folder = Folder::open(&options.dir)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.map_err(Failure::io("cannot start"))?;
    let recorded = runtime
        .block_on(until_interrupted(options, record(options, &url, signer, &contract, &target, &plans, &folder)));
    // What still waits for a server that says nothing is not waited for.
    runtime.shutdown_background();
    recorded
}

/// What is on the way when a signal comes is given up; what was recorded stays.
async fn until_interrupted(
    options: &Options,
    recording: impl Future<Output = Result<Tally, Failure>>,
) -> Result<ExitCode, Failure> {
    let mut signals = Signals::catch().map_err(Failure::io("cannot catch signals"))?;
    tokio::select! {
        tally = recording => conclude(options, &tally?),
        () = signals.next() => {
            tell(format_args!("interrupted; what was recorded until now stays in {}\n", options.dir.display()));
            Ok(ExitCode::from(INTERRUPTED))
        }
    }
}

async fn record(
    options: &Options,
    url: &str,
    signer: Signer,
    contract: &Contract,
    target: &Target,
    plans: &[Arc<Plan>],
    folder: &Folder,
) -> Result<Tally, Failure> {
    let wire = options.reach.wire(url, signer, contract, target).await?;
    let phases = match options.phase.as_slice() {
        [] => vec![Phase::Examples, Phase::Coverage],
        flags => phases(flags),
    };
    let recorder = Recorder { options, wire, phases };
    let mut total = Tally::default();
    for plan in plans {
        let group = folder.group(&format!("{}_{}", plan.operation().label.replace('/', "_"), plan.dialect().name()))?;
        let volatile = target.volatile_for(plan.operation());
        let masks = Masks::new(plan.operation(), plan.dialect(), &volatile);
        let tally = recorder.operation(plan, &masks, &group).await?;
        say(format_args!("{} ({}): {}", plan.operation().label, plan.dialect().name(), tally.words()))?;
        total.add(&tally);
    }
    Ok(total)
}

fn conclude(options: &Options, tally: &Tally) -> Result<ExitCode, Failure> {
    let differences = tally.differences();
    if differences + tally.recorded + tally.same == 0 {
        return Err(Failure::Nothing("nothing is recorded of any operation, for the reasons above".to_owned()));
    }
    if tally.differ + tally.new > 0 {
        say(format_args!(
            "\n`cargo insta review` accepts or rejects what differs and what is new, in the Cargo project that {} is in; without \
             one, rename FILE.snap.new to FILE.snap, or remove it",
            options.dir.display()
        ))?;
    }
    Ok(if options.check && differences > 0 { ExitCode::from(FINDINGS) } else { ExitCode::SUCCESS })
}

fn say(line: std::fmt::Arguments<'_>) -> Result<(), Failure> {
    print(format_args!("{line}\n"))
}
