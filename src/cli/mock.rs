//! `accordant mock`: the mock server.

use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use accordant::mock::Mock;
use accordant::model::Dialect;
use accordant::net::journal::Journal;
use accordant::net::serve::{Limits, Server};
use clap::{Args, ValueEnum};

use super::Failure;
use super::failure::INTERRUPTED;
use super::log::start_log;
use super::open_files::allow_open_files;
use super::signals::Signals;
use super::spec::contract;

/// Options of `accordant mock`.
#[derive(Debug, Args)]
#[command(
    after_help = "SIGINT or SIGTERM stops it once the requests in flight are answered; a second one at once, with \
    exit code 130.\nRUST_LOG says what is logged: error, warn, info (the default), debug (each exchange, without values)."
)]
pub struct Options {
    /// Directory of the specs; the built-in ones when absent
    #[arg(long, value_name = "DIR")]
    specs: Option<PathBuf>,
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4010")]
    listen: SocketAddr,
    /// Listen on an address that other machines reach
    #[arg(long)]
    allow_remote: bool,
    /// Protocol to answer in: by the request, as the SDKs speak, or as the documents show
    #[arg(long, value_enum, default_value_t = DialectChoice::Auto)]
    dialect: DialectChoice,
    /// Seed of generated ids and times
    #[arg(long, value_name = "N", default_value_t = 0)]
    seed: u64,
    /// Append one JSON line for each exchange to this file
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Success status of an operation in the native dialect, where sources disagree: OPERATION=STATUS
    #[arg(long, value_name = "OPERATION=STATUS")]
    status: Vec<String>,
    /// Largest request body, in bytes
    #[arg(long, value_name = "BYTES", default_value_t = Limits::default().body_bytes)]
    max_body: usize,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum DialectChoice {
    Auto,
    Native,
    Documented,
}

/// Runs the subcommand.
pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    start_log();
    allow_open_files();
    if !options.listen.ip().is_loopback() && !options.allow_remote {
        let message =
            format!("{} can be reached from other machines: add --allow-remote if that is meant", options.listen);
        return Err(Failure::Usage(message));
    }
    let mut mock = Mock::new(Arc::new(contract(options.specs.as_deref())?)).seed(options.seed);
    mock = match options.dialect {
        DialectChoice::Auto => mock,
        DialectChoice::Native => mock.dialect(Dialect::Native),
        DialectChoice::Documented => mock.dialect(Dialect::Documented),
    };
    for choice in &options.status {
        let (operation, status) = parse_status(choice, &mock)?;
        mock = mock.status(operation, status);
    }
    let limits = Limits { body_bytes: options.max_body, ..Limits::default() };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::io("cannot start"))?;
    runtime.block_on(serve(options, mock, limits))
}

async fn serve(options: &Options, mock: Mock, limits: Limits) -> Result<ExitCode, Failure> {
    let journal = options.journal.as_ref().map(|path| {
        let what = format!("cannot open the journal {}", path.display());
        Journal::open(path, Arc::clone(mock.contract())).map_err(Failure::io(what))
    });
    let what = format!("cannot listen on {}, where port 0 would pick a free one", options.listen);
    let server = Server::bind(options.listen, mock, limits, journal.transpose()?).await.map_err(Failure::io(what))?;
    // Caught from here on: whoever reads the line may stop the server at once.
    let signals = || Signals::catch().map_err(Failure::io("cannot catch signals"));
    let (mut stop, mut again) = (signals()?, signals()?);
    if let Err(error) = writeln!(std::io::stdout(), "listening on http://{}", server.address()) {
        tracing::warn!(%error, "cannot print where the server listens");
    }
    let stopped = async {
        stop.next().await;
        tracing::info!("stopping, once the requests in flight are answered; a second signal does not wait for them");
    };
    let impatient = async {
        again.next().await;
        again.next().await;
    };
    tokio::select! {
        () = server.run(stopped) => Ok(ExitCode::SUCCESS),
        () = impatient => Ok(ExitCode::from(INTERRUPTED)),
    }
}

fn parse_status(choice: &str, mock: &Mock) -> Result<(String, u16), Failure> {
    let usage = |message: String| Failure::Usage(format!("--status {choice}: {message}"));
    let (name, status) = choice.split_once('=').ok_or_else(|| usage("write OPERATION=STATUS".into()))?;
    let row = mock.contract().row_in_any_case(name).map_err(|error| usage(error.to_string()))?;
    let status: u16 = status
        .parse()
        .ok()
        .filter(|status| (200..300).contains(status))
        .ok_or_else(|| usage("a success has a status from 200 to 299".into()))?;
    if matches!(status, 204 | 205) {
        return Err(usage(format!("an answer with status {status} cannot have a body, and this mock's has one")));
    }
    Ok((mock.contract().index().label(row), status))
}
