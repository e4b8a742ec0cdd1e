//! Subcommands, one file each: the only place that prints.

mod baseline;
mod captured_output;
mod cases;
mod check;
mod client;
mod command;
mod config;
mod duration;
mod explain;
mod failure;
mod in_order;
mod log;
mod mock;
mod mutants;
mod open_files;
mod output;
mod problems;
mod proxy;
mod reach;
mod report;
mod selection;
mod signals;
mod snapshot;
mod spec;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

use config::Configured;
pub use failure::Failure;

/// Judges whether an HTTP API and its clients keep their contract.
#[derive(Debug, Parser)]
#[command(
    name = "accordant",
    version,
    max_term_width = 100,
    after_help = "Exit codes: 0 success, 1 findings, 2 usage error or broken spec, 3 target unreachable, 4 nothing was checked, \
                  130 interrupted.\n\nOptions may stand in accordant.toml, in the working directory or above it in its repository: a table \
                  for each subcommand, a key for each option. Flags win."
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
    /// Judge the traffic between clients and a real implementation, both ways, without changing a byte
    Proxy(Box<proxy::Options>),
    /// Join the reports of shards, or print the schema of reports
    Report(report::Options),
    /// Answer requests as a service that keeps its contract would
    Mock(mock::Options),
    /// Record what a server answers, and hold later answers against what was approved
    Snapshot(Box<snapshot::Options>),
    /// Look at specs, and check them
    Spec(spec::Options),
}

/// Parses the command line, runs the subcommand and shows what went wrong.
pub fn run() -> ExitCode {
    let cli = match parse() {
        Ok(cli) => cli,
        Err(failure) => return failure.show(),
    };
    let outcome = match cli.command {
        Command::Check(options) => check::run(*options),
        Command::Cases(options) => cases::run(&options),
        Command::Client(options) => client::run(&options),
        Command::Explain(options) => explain::run(&options),
        Command::Mutants(options) => mutants::run(&options),
        Command::Proxy(options) => proxy::run(&options),
        Command::Report(options) => report::run(&options),
        Command::Mock(options) => mock::run(&options),
        Command::Snapshot(options) => snapshot::run(&options),
        Command::Spec(options) => spec::run(options),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.show(),
    }
}

/// The command line, with what `accordant.toml` says besides.
fn parse() -> Result<Cli, Failure> {
    let arguments: Vec<OsString> = std::env::args_os().collect();
    let here = std::env::current_dir().unwrap_or_default();
    let Configured { mut command, file } = config::configured(Cli::command(), &arguments, &here)?;
    let matches = command.try_get_matches_from_mut(arguments).unwrap_or_else(|error| error.exit());
    let cli = Cli::from_arg_matches(&matches).unwrap_or_else(|error| error.format(&mut command).exit());
    if let Some(file) = file {
        output::tell(format_args!("accordant: options from {}\n", file.display()));
    }
    Ok(cli)
}
