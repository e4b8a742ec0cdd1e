//! Options of `accordant check`.

#![allow(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    reason = "what is said of options is their help, which is no Markdown"
)]

use std::path::PathBuf;
use std::time::Duration;

use accordant::generate::{Shard, Token};
use clap::Args;

use crate::cli::baseline::BaselineOptions;
use crate::cli::cases::RANDOM;
use crate::cli::duration::parse_duration;
use crate::cli::reach::Reach;
use crate::cli::selection::{PhaseFlag, Selection};

/// Options of `accordant check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without a URL the built-in mock is started on loopback and checked: it keeps the contract, so the run is \
                        silent and shows what a report looks like.\n\nExit codes: 0 conforms, 1 findings, 2 usage error or \
                        broken spec, 3 target unreachable, 4 nothing was checked, 130 interrupted."
)]
pub struct Options {
    #[command(flatten)]
    pub reach: Reach,
    #[command(flatten)]
    pub selection: Selection,
    /// Only this phase; may be given several times
    #[arg(long, value_enum, value_name = "PHASE")]
    pub phase: Vec<PhaseFlag>,
    /// Random cases for each operation
    #[arg(short = 'n', long, value_name = "N", default_value_t = RANDOM)]
    pub cases: u64,
    /// Seed of the random phase: the same seed has the same cases
    #[arg(long, default_value_t = 0)]
    pub seed: u64,
    /// Only a part of the run: I/N; `accordant report merge` joins the reports
    #[arg(long, value_name = "I/N", default_value_t = Shard::WHOLE)]
    pub shard: Shard,
    /// Requests on the way at a time [default: 16]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    pub concurrency: Option<u16>,
    /// Most requests per second, as 50/s
    #[arg(long, value_name = "N/s", value_parser = parse_rate)]
    pub rate: Option<f64>,
    /// Longest time for all cases, as 10m; what was seen by then is reported
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub max_time: Option<Duration>,
    /// Ends the run after so many cases that show a finding
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    pub max_failures: Option<u64>,
    /// Waits so long for the server to accept connections, as 30s
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub wait: Option<Duration>,
    /// What makes --unique members those of one run: a new one each time, printed, and needed for a replay
    #[arg(long, value_name = "ID", value_parser = parse_run_id)]
    pub run_id: Option<u32>,
    /// Sends only the case of this token; may be given several times
    #[arg(long, value_name = "TOKEN")]
    pub replay: Vec<Token>,
    /// Lets notes fail the run too
    #[arg(long)]
    pub strict: bool,
    #[command(flatten)]
    pub baseline: BaselineOptions,
    /// Writes a report: FILE.json, or FILE.xml for JUnit; may be given several times
    #[arg(long, value_name = "FILE")]
    pub report: Vec<PathBuf>,
}

impl Options {
    /// The flags without which a token is another case, or none. A run id counts where members are fresh in each run.
    pub fn again(&self, run_id: Option<u32>) -> Vec<String> {
        let Reach { target, given, set, unique, header, .. } = &self.reach;
        let file = |flag: &str, file: &Option<PathBuf>| {
            file.iter().flat_map(|file| [flag.to_owned(), file.display().to_string()]).collect::<Vec<String>>()
        };
        let mut again =
            [file("--specs", &self.selection.specs), file("--target", target), file("--given", given)].concat();
        again.extend(unique.iter().flat_map(|unique| ["--unique".to_owned(), unique.to_string()]));
        again.extend(run_id.iter().flat_map(|id| ["--run-id".to_owned(), format!("{id:08x}")]));
        // Values may be secrets.
        again.extend(set.iter().flat_map(|set| ["--set".to_owned(), format!("{}=…", set.member())]));
        again.extend(header.iter().flat_map(|(name, _)| ["--header".to_owned(), format!("{name}: …")]));
        again
    }
}

fn parse_run_id(text: &str) -> Result<u32, String> {
    u32::from_str_radix(text, 16).map_err(|_| "write up to eight hexadecimal digits, as a run prints them".to_owned())
}

fn parse_rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    let rate = number.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate >= 0.001 && *rate <= 1e6);
    rate.ok_or_else(|| "write a number of requests per second, as 50/s".to_owned())
}
