//! `accordant proxy`: judges the traffic between clients and a real implementation, both ways.

use std::ffi::OsString;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use accordant::Contract;
use accordant::client::{ClientRun, Exchanges};
use accordant::exchange::Ended;
use accordant::net::http1::LONGEST_BODY;
use accordant::net::origin::{Origin, OriginError};
use accordant::net::proxy::{Proxy, ProxyLimits, Seen};
use accordant::report::Report;
use clap::Args;
use tokio::sync::oneshot;

use super::Failure;
use super::baseline::BaselineOptions;
use super::client::conclude;
use super::command::{Environment, Streams, run as run_command};
use super::duration::parse_duration;
use super::log::start_log;
use super::output;
use super::report::check_names;
use super::signals::Signals;
use super::spec::contract;

/// Options of `accordant proxy`.
#[derive(Debug, Args)]
#[command(
    after_help = "No byte is changed on the way, so signatures hold for the Host that the client sends. With a command, \
    it is run with ACCORDANT_URL and AWS_ENDPOINT_URL leading to the proxy and credentials that are worth nothing; without, \
    the proxy runs until SIGINT or SIGTERM. Then it reports on standard error.\n\n\
    Exit codes: the command's own if it failed, 124 when it took too long, 1 on findings, 3 when the target cannot be \
    reached, 4 when nothing was judged, else 0."
)]
pub struct Options {
    /// The implementation, as http://HOST:PORT or https://HOST:PORT; the client speaks plain HTTP to the proxy either way
    url: String,
    /// Directory of the specs; the built-in ones when absent
    #[arg(long, value_name = "DIR")]
    specs: Option<PathBuf>,
    /// Address to listen on; port 0 picks a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    listen: SocketAddr,
    /// Listen on an address that other machines reach
    #[arg(long)]
    allow_remote: bool,
    /// Longest time for the command: 500ms, 30s, 5m
    #[arg(long, value_name = "DURATION", value_parser = parse_duration)]
    timeout: Option<Duration>,
    /// Write the report to FILE.json or FILE.xml; may be given several times
    #[arg(long, value_name = "FILE")]
    report: Vec<PathBuf>,
    /// Fail on notes too
    #[arg(long)]
    strict: bool,
    #[command(flatten)]
    baseline: BaselineOptions,
    /// A command to run, and its arguments
    #[arg(last = true, value_name = "COMMAND")]
    command: Vec<OsString>,
}

/// Runs the subcommand.
pub fn run(options: &Options) -> Result<ExitCode, Failure> {
    start_log();
    let contract = Arc::new(contract(options.specs.as_deref())?);
    let target: Origin = options.url.parse().map_err(|error: OriginError| Failure::Usage(error.to_string()))?;
    if !options.listen.ip().is_loopback() && !options.allow_remote {
        let message =
            format!("{} can be reached from other machines: add --allow-remote if that is meant", options.listen);
        return Err(Failure::Usage(message));
    }
    check_names(&options.report)?;
    let baseline = options.baseline.read(&contract)?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Failure::io("cannot start"))?;
    let (seen, ended) = runtime.block_on(pass(options, &contract, &target))?;
    let exchanges = seen.take();
    let mut report = reported(options, &contract, &exchanges, ended);
    let accepted = options.baseline.accept(&contract, &baseline, &mut report);
    tell(&seen, exchanges.encoded(), &target);
    let nothing = "nothing came through the proxy that could be judged";
    let code = match conclude(&report, ended, &options.report, nothing) {
        Err(Failure::Nothing(_)) if seen.unreachable() > 0 => {
            Err(Failure::Unreachable(format!("{target} cannot be reached any more, and nothing was judged before")))
        }
        concluded => concluded,
    }?;
    accepted.map(|()| code)
}

/// Tells what was not judged.
fn tell(seen: &Seen, encoded: u64, target: &Origin) {
    let (longest, target) = (LONGEST_BODY / (1024 * 1024), target.to_string());
    let lines = [
        (seen.unread(), "connection", "could not be read, and so not be judged".to_owned()),
        (seen.too_long(), "exchange", format!("passed on but not judged, since a body is longer than {longest} MiB")),
        (encoded, "exchange", "judged without the answer's body, since that is in a content coding".to_owned()),
        (seen.crossed(), "request", "not judged, since the target ended the connection at the same time".to_owned()),
        (seen.refused(), "connection", "answered 503, since there were too many at a time".to_owned()),
        (seen.unreachable(), "connection", format!("failed, since {target} could not be reached")),
    ];
    for (count, what, line) in lines.iter().filter(|(count, ..)| *count > 0) {
        let plural = if *count == 1 { "" } else { "s" };
        output::tell(format_args!("accordant: {line}: {count} {what}{plural}\n"));
    }
}

/// Passes on while the command runs, or until a signal.
async fn pass(options: &Options, contract: &Contract, target: &Origin) -> Result<(Arc<Seen>, Ended), Failure> {
    let unreachable = |error: io::Error| Failure::Unreachable(format!("{target} cannot be reached: {error}"));
    target.reach().await.map_err(unreachable)?;
    let what = format!("cannot listen on {}, where port 0 would pick a free one", options.listen);
    let proxy = Proxy::bind(options.listen, target.clone(), ProxyLimits::default()).await.map_err(Failure::io(what))?;
    let (seen, url) = (proxy.seen(), format!("http://{}", proxy.address()));
    let mut signals = Signals::catch().map_err(Failure::io("cannot catch signals"))?;
    let (stop, stopped) = oneshot::channel::<()>();
    let passing = tokio::spawn(proxy.run(async {
        let _ = stopped.await;
    }));
    let ended = if options.command.is_empty() {
        output::print(format_args!("listening on {url}\n"))?;
        signals.next().await;
        Ok(Ended::Exit(0))
    } else {
        let environment = Environment::new(&url, contract.services().iter().map(AsRef::as_ref));
        run_command(&options.command, &environment, Streams::Ours, options.timeout).await.map(|(ended, _)| ended)
    };
    drop(stop);
    let _ = passing.await;
    Ok((seen, ended?))
}

fn reported(options: &Options, contract: &Contract, exchanges: &Exchanges, ended: Ended) -> Report {
    let program = options.command.first().map(|program| program.to_string_lossy().into_owned());
    let mut run = ClientRun::new(contract, program.unwrap_or_default(), ended, options.strict, exchanges);
    run.add_answers(contract, exchanges);
    run.report()
}
