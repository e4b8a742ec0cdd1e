//! `accordant mock`: the mock server.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use accordant::mock::{Dialect, Mock};
use accordant::net::journal::Journal;
use accordant::net::serve::{Limits, Server};
use clap::{Args, ValueEnum};

use super::Failure;
use super::spec::contract;

/// Options of `accordant mock`.
#[derive(Debug, Args)]
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
    /// Success status of an operation, where sources disagree: OPERATION=STATUS
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
    tracing_subscriber::fmt().with_writer(std::io::stderr).with_target(false).with_ansi(false).init();
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
    let journal = options.journal.as_ref().map(|path| Journal::open(path, Arc::clone(mock.contract())));
    let journal = journal.transpose().map_err(Failure::io("cannot open the journal"))?;
    let limits = Limits { body_bytes: options.max_body, ..Limits::default() };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::io("cannot start"))?;
    runtime.block_on(serve(options.listen, mock, limits, journal))
}

async fn serve(listen: SocketAddr, mock: Mock, limits: Limits, journal: Option<Journal>) -> Result<ExitCode, Failure> {
    let server =
        Server::bind(listen, mock, limits, journal).await.map_err(Failure::io(format!("cannot listen on {listen}")))?;
    println!("listening on http://{}", server.address());
    server.run(stop_signal()).await;
    Ok(ExitCode::SUCCESS)
}

fn parse_status(choice: &str, mock: &Mock) -> Result<(String, u16), Failure> {
    let usage = |message: String| Failure::Usage(format!("--status {choice}: {message}"));
    let (name, status) = choice.split_once('=').ok_or_else(|| usage("write OPERATION=STATUS".into()))?;
    let operation = mock.contract().operation(name).map_err(|error| usage(error.to_string()))?;
    let status: u16 = status
        .parse()
        .ok()
        .filter(|status| (200..300).contains(status))
        .ok_or_else(|| usage("a success has a status from 200 to 299".into()))?;
    Ok((operation.name.clone(), status))
}

/// Ends with the first SIGINT or SIGTERM.
async fn stop_signal() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = tokio::signal::ctrl_c() => {}
                _ = terminate.recv() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
