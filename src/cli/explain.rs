//! `accordant explain`: what a check complains of, and what a constraint says.

use std::path::PathBuf;
use std::process::ExitCode;

use accordant::explain;
use clap::Args;

use super::Failure;
use super::output::print;
use super::spec::contract;

/// Options of `accordant explain`.
#[derive(Debug, Args)]
pub struct Options {
    /// The code of a check, as invalid-accepted; or a constraint: OPERATION, OPERATION/MEMBER or OPERATION/MEMBER#KEYWORD.
    /// Without it, everything that can be explained is listed
    name: Option<String>,
    /// Directory of the specs; the built-in ones when absent
    #[arg(long, value_name = "DIR")]
    specs: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    let contract = contract(options.specs.as_deref())?;
    let text = match &options.name {
        None => explain::contents(&contract),
        Some(name) => explain::explain(&contract, name).map_err(|error| Failure::Usage(error.to_string()))?,
    };
    print(format_args!("{text}"))?;
    Ok(ExitCode::SUCCESS)
}
