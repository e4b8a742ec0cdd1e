//! Subcommands, one file each: the only place that prints.

mod failure;
mod mock;
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
    after_help = "Exit codes: 0 success, 2 usage error or broken spec, 130 a second signal while the mock was stopping."
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Answer requests as a service that keeps its contract would
    Mock(mock::Options),
    /// Look at specs, and check them
    Spec(spec::Options),
}

/// Parses the command line, runs the subcommand and shows what went wrong.
pub fn run() -> ExitCode {
    let cli = Cli::parse();
    let outcome = match cli.command {
        Command::Mock(options) => mock::run(&options),
        Command::Spec(options) => spec::run(options),
    };
    match outcome {
        Ok(code) => code,
        Err(failure) => failure.show(),
    }
}
