//! Options of `accordant check`.

#![allow(
    clippy::doc_markdown,
    rustdoc::bare_urls,
    reason = "what is said of options is their help, which is no Markdown"
)]

use std::path::PathBuf;
use std::time::Duration;

use accordant::generate::{Shard, Token};
use accordant::judge::{Set, Unique};
use clap::Args;
use http::{HeaderName, HeaderValue};

use crate::cli::baseline::BaselineOptions;
use crate::cli::cases::RANDOM;
use crate::cli::duration::parse_duration;
use crate::cli::selection::{DialectFlag, PhaseFlag, Selection};

/// Options of `accordant check`.
#[derive(Debug, Args)]
#[command(
    after_help = "Without a URL the built-in mock is started on loopback and checked: it keeps the contract, so the run is \
                        silent and shows what a report looks like.\n\nExit codes: 0 conforms, 1 findings, 2 usage error or \
                        broken spec, 3 target unreachable, 4 nothing was checked, 130 interrupted."
)]
pub struct Options {
    /// Where the server is, as http://localhost:5000
    pub url: Option<String>,
    #[command(flatten)]
    pub selection: Selection,
    /// A file that describes the server: URL, headers, givens, sets, uniques; flags go before it
    #[arg(long, value_name = "FILE.yaml")]
    pub target: Option<PathBuf>,
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
    /// Longest time for an answer, as 500ms, 30s or 2m [default: 30s]
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    pub timeout: Option<Duration>,
    /// Which protocol is spoken [default: native]
    #[arg(long, value_enum)]
    pub dialect: Option<DialectFlag>,
    /// A header for every request; may be given several times
    #[arg(long, value_name = "K: V", value_parser = parse_header)]
    pub header: Vec<(HeaderName, HeaderValue)>,
    /// Credentials, which everybody on this machine may see: the environment's ACCORDANT_CREDENTIALS and
    /// --credentials-file are better places. Without any, dummy ones are sent
    #[arg(long, value_name = "KEY:SECRET[:TOKEN]", conflicts_with = "credentials_file")]
    pub credentials: Option<String>,
    /// A file with KEY:SECRET[:TOKEN]
    #[arg(long, value_name = "FILE")]
    pub credentials_file: Option<PathBuf>,
    /// The region that requests are signed for [default: us-east-1]
    #[arg(long)]
    pub region: Option<String>,
    /// A file with requests that are sent first, in order, so that what valid cases need exists
    #[arg(long, value_name = "FILE.yaml")]
    pub given: Option<PathBuf>,
    /// Sets an input member in every case: [OPERATION:]/POINTER=VALUE; may be given several times
    #[arg(long, value_name = "POINTER=VALUE")]
    pub set: Vec<Set>,
    /// Makes an input member fresh in every case: [OPERATION:]/POINTER; may be given several times
    #[arg(long, value_name = "POINTER")]
    pub unique: Vec<Unique>,
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

fn parse_rate(text: &str) -> Result<f64, String> {
    let number = text.strip_suffix("/s").unwrap_or(text);
    let rate = number.parse::<f64>().ok().filter(|rate| rate.is_finite() && *rate >= 0.001 && *rate <= 1e6);
    rate.ok_or_else(|| "write a number of requests per second, as 50/s".to_owned())
}

fn parse_header(text: &str) -> Result<(HeaderName, HeaderValue), String> {
    let (name, value) = text.split_once(':').ok_or("write NAME: VALUE")?;
    let name = name.trim().parse().map_err(|_| "the name is no header's name")?;
    let mut value: HeaderValue = value.trim().parse().map_err(|_| "the value is none that a header can have")?;
    value.set_sensitive(true);
    Ok((name, value))
}
