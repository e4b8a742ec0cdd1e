//! Subcommands, one file each: the only place that prints.

mod cases;
mod check;
mod client;
mod command;
mod explain;
mod failure;
mod mock;
mod mutants;
mod report;
mod selection;
mod spec;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

pub use failure::Failure;

/// Judges whether an HTTP API and its clients keep their contract.
#[derive(Debug, Parser)]
#[command(
    name = "accordant",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 success, 1 findings, 2 usage error or broken spec, 3 target unreachable, 4 nothing was checked, \
                  130 interrupted."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Judge a server: send cases and see whether it keeps the contract; without a URL, the built-in mock
    Check(Box<check::Options>),
    /// Print generated cases without sending them
    Cases(cases::Options),
    /// Judge a client: run a command against the mock, and see what it sends and how it takes trouble
    Client(client::Options),
    /// Explain a check or a constraint
    Explain(explain::Options),
    /// Prove that the judge bites: every mutant of the mock must be caught
    Mutants(mutants::Options),
    /// Work on reports
    Report(report::Options),
    /// Answer requests as a service that keeps its contract would
    Mock(mock::Options),
    /// Look at specs, and check them
    Spec(spec::Options),
}

/// Parses the command line, runs the subcommand and shows what went wrong.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Check(options) => check::run(*options),
        Command::Cases(options) => cases::run(&options),
        Command::Client(options) => client::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Mutants(options) => mutants::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Mock(options) => mock::run(&options),
        Command::Spec(options) => spec::run(options),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.show(),
    }
}
