//! `accordant report`: joins reports, and prints their schema.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use accordant::file::{self, read_text};
use accordant::report::{Conclusion, Report, merge, render_junit, render_text};
use accordant::text::shown;
use clap::{Args, Subcommand};

use super::Failure;
use super::baseline::has_folder;
use super::failure::{FINDINGS, NOTHING, UNREACHABLE};
use super::output::print;

/// Largest report that is read, in bytes.
const LARGEST: u64 = 256 * 1024 * 1024;

/// Options of `accordant report`.
#[derive(Debug, Args)]
pub struct Options {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Join the JSON reports of the shards of one run, or those of several runs of clients
    Merge {
        /// Reports of shards, or of clients
        #[arg(required = true, value_name = "FILE.json")]
        reports: Vec<PathBuf>,
        /// Write the joined report here: FILE.json or FILE.xml; may be given several times
        #[arg(short, long, value_name = "FILE")]
        output: Vec<PathBuf>,
    },
    /// Print the JSON Schema of reports
    Schema,
}

/// Runs the subcommand.
pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    match &options.command {
        Command::Merge { reports, output } => join(reports, output),
        Command::Schema => {
            let schema = schemars::schema_for!(Report);
            let text = serde_json::to_string_pretty(&schema).unwrap_or_default();
            print(format_args!("{text}\n"))?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

fn join(files: &[PathBuf], output: &[PathBuf]) -> Result<ExitCode, Failure> {
    let reports = files.iter().map(|file| read(file)).collect::<Result<Vec<Report>, Failure>>()?;
    let whole = merge(reports).map_err(|error| Failure::Usage(error.to_string()))?;
    check_names(output)?;
    write(&whole, output)?;
    print(format_args!("{}", render_text(&whole)))?;
    Ok(exit_code(&whole))
}

fn read(file: &Path) -> Result<Report, Failure> {
    let text = read_text(file, LARGEST)?;
    Report::parse(&text).map_err(|error| Failure::Usage(format!("{}: {error}", file.display())))
}

/// Refuses names of reports that say no format, before anything is sent.
pub fn check_names(files: &[PathBuf]) -> Result<(), Failure> {
    match files.iter().find(|file| !matches!(extension(file), "json" | "xml")) {
        Some(file) => Err(Failure::Usage(format!(
            "{} says no format: name a report FILE.json or FILE.xml (JUnit)",
            file.display()
        ))),
        None => files.iter().try_for_each(|file| has_folder(file)),
    }
}

/// Writes a report to files, each in the format that its name says.
pub fn write(report: &Report, files: &[PathBuf]) -> Result<(), Failure> {
    for path in files {
        let text = if extension(path) == "xml" {
            render_junit(report)
                .map_err(|error| Failure::Usage(format!("the report cannot be written as XML: {error}")))?
        } else {
            // What would steer a terminal is escaped, and stays the same to a reader of JSON.
            shown(&serde_json::to_string_pretty(report).unwrap_or_default()).into_owned() + "\n"
        };
        file::write(path, text.as_bytes())?;
    }
    Ok(())
}

fn extension(file: &Path) -> &str {
    file.extension().and_then(|extension| extension.to_str()).unwrap_or_default()
}

/// The exit code that a report stands for.
pub fn exit_code(report: &Report) -> ExitCode {
    match report.conclusion() {
        Conclusion::Conforms => ExitCode::SUCCESS,
        Conclusion::Departs => ExitCode::from(FINDINGS),
        Conclusion::Unreachable => ExitCode::from(UNREACHABLE),
        Conclusion::NothingChecked => ExitCode::from(NOTHING),
    }
}
