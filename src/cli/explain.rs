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
    /// The code of a check, as invalid-accepted; a constraint: OPERATION, OPERATION/MEMBER or OPERATION/MEMBER#KEYWORD, of inputs
    /// and outputs; a fact about answers: OPERATION@NAME; a source: page:23, or with its operation; or the title of a finding.
    /// Without it, everything that can be explained is listed
    #[arg(value_name = "NAME")]
    words: Vec<String>,
    /// Directory of the specs; the built-in ones when absent
    #[arg(long, value_name = "DIR")]
    specs: Option<PathBuf>,
}

/// Runs the subcommand.
pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    let contract = contract(options.specs.as_deref())?;
    let name = options.words.join(" ");
    let text = match &*name {
        "" => explain::contents(&contract),
        name => explain::explain(&contract, name).map_err(|error| Failure::Usage(error.to_string()))?,
    };
    print(format_args!("{text}"))?;
    Ok(ExitCode::SUCCESS)
}
