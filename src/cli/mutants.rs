//! `accordant mutants`: the proof that every stated rule is one that the judge can catch, and every check of clients one
//! that catches.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::thread;

use accordant::client::{Mistakes, judge_mistakes};
use accordant::file;
use accordant::generate::Plan;
use accordant::mock::Mock;
use accordant::model::Dialect;
use accordant::mutate::{Mutants, judge_mutants};
use clap::Args;
use serde::Serialize;

use super::Failure;
use super::cases::RANDOM;
use super::failure::FINDINGS;
use super::output::Output;
use super::selection::Selection;

/// Options of `accordant mutants`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(flatten)]
    selection: Selection,
    /// Random cases for each operation, after its examples and its coverage
    #[arg(short = 'n', long, value_name = "N", default_value_t = RANDOM)]
    cases: u64,
    /// Seed of the random phase
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Write what became of the mutants to this file, as JSON
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    let contract = options.selection.contract()?;
    let plans = options.selection.plans(&contract, Dialect::Native)?;
    let mock = Mock::new(contract);
    let found = judge_all(&mock, plans.into_iter().map(Arc::new).collect(), options);
    let mistakes = judge_mistakes(&mock);
    if let Some(path) = &options.report {
        let written = Written { mutants: &found, mistakes: &mistakes };
        let text = serde_json::to_string_pretty(&written).unwrap_or_default() + "\n";
        file::write(path, text.as_bytes())?;
    }
    let mut out = Output::new();
    print_mistakes(&mistakes, &mut out).and_then(|()| print(&found, &mut out)).map_err(Failure::io("cannot write"))?;
    out.finish()?;
    Ok(if found.all_killed() && mistakes.all_caught() { ExitCode::SUCCESS } else { ExitCode::from(FINDINGS) })
}

/// Judges the mutants of each operation on a thread of its own.
fn judge_all(mock: &Mock, plans: Vec<Arc<Plan>>, options: &Options) -> Mutants {
    let mut all = Mutants::default();
    thread::scope(|scope| {
        let judged = plans.iter().map(|plan| {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build();
                runtime.map(|runtime| runtime.block_on(judge_mutants(mock, plan, options.cases, options.seed)))
            })
        });
        let judged: Vec<_> = judged.collect();
        for operation in judged {
            match operation.join() {
                Ok(Ok(found)) => all.join(found),
                _ => all.accused.push("the mutants of an operation could not be judged".to_owned()),
            }
        }
    });
    all
}

/// What is written to a file.
#[derive(Serialize)]
struct Written<'w> {
    #[serde(flatten)]
    mutants: &'w Mutants,
    /// Mistakes planted in what clients send.
    mistakes: &'w Mistakes,
}

fn print_mistakes(mistakes: &Mistakes, out: &mut impl Write) -> io::Result<()> {
    for missed in &mistakes.missed {
        writeln!(out, "MISSED {missed}")?;
    }
    for accused in &mistakes.accused {
        writeln!(out, "ACCUSED THE INNOCENT {accused}")?;
    }
    let Mistakes { total, caught, checks, accused, .. } = mistakes;
    let right = if accused.is_empty() { "silent" } else { "accused" };
    writeln!(
        out,
        "caught {caught} of {total} mistakes of clients, by {} checks; right requests were {right}",
        checks.len()
    )
}

fn print(found: &Mutants, out: &mut impl Write) -> io::Result<()> {
    for survivor in &found.survivors {
        writeln!(out, "SURVIVED {}\n  {} must catch it: {}", survivor.mutant, survivor.check, survivor.reason)?;
    }
    for accused in &found.accused {
        writeln!(out, "ACCUSED THE INNOCENT {accused}")?;
    }
    let mut reasons: Vec<(&str, usize)> = Vec::new();
    for mutant in &found.unobservable {
        match reasons.iter_mut().find(|(reason, _)| *reason == mutant.reason) {
            Some((_, count)) => *count += 1,
            None => reasons.push((&mutant.reason, 1)),
        }
    }
    if !reasons.is_empty() {
        writeln!(out, "{} mutants that no request can tell from the unbroken mock:", found.unobservable.len())?;
    }
    for (reason, count) in reasons {
        writeln!(out, "  {count:>4}  {reason}")?;
    }
    let unbroken = if found.accused.is_empty() { "silent" } else { "accused" };
    writeln!(
        out,
        "killed {} of {} mutants in {} cases; the unbroken mock was {unbroken}",
        found.killed, found.total, found.cases
    )
}
