//! What large contracts cost: starts, memory, requests and counting, for contracts of 164 to 20,000 operations.
//!
//! `cargo bench --bench scale` measures all of them; `-- 1000 5000` only those. With `-- --compile DIR` the process compiles
//! a directory whole and prints its memory: the bench starts itself so.

#![allow(clippy::print_stdout, reason = "a bench prints")]

mod program;
mod specs;

use std::io;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use accordant::Contract;
use program::{Mock, accordant};

const COUNTS: [usize; 4] = [164, 1_000, 5_000, 20_000];
/// Requests of which the median is printed.
const REQUESTS: usize = 201;
/// A request that the sample operation takes.
const BODY: &str =
    r#"{"replicate":{"destination_project_id":"p","destination_region":"r","destination_vault_id":"v"}}"#;

fn main() -> io::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    if let [flag, directory] = arguments.as_slice()
        && flag == "--compile"
    {
        return compile(Path::new(directory));
    }
    let wanted: Vec<usize> = arguments.iter().filter_map(|argument| argument.parse().ok()).collect();
    println!(
        "operations | first start | MiB | next start | MiB | first request | request | unknown path | all compiled | MiB | count"
    );
    for count in if wanted.is_empty() { COUNTS.to_vec() } else { wanted } {
        measure(count)?;
    }
    Ok(())
}

fn measure(count: usize) -> io::Result<()> {
    let folder = tempfile::tempdir()?;
    let (directory, caches) = (folder.path().join("specs"), folder.path().join("caches"));
    let sample = specs::write(&directory, count)?;
    let first = Mock::start(&directory, &caches)?;
    let (cold, cold_memory) = (first.started, first.resident());
    drop(first);
    // The files written last are too fresh to be cached by the first start; the second one adds them.
    drop(Mock::start(&directory, &caches)?);
    let mock = Mock::start(&directory, &caches)?;
    let (next, memory) = (mock.started, mock.resident());
    let (first_request, status) = mock.ask(&sample.path, BODY)?;
    if status != 200 {
        return Err(io::Error::other(format!("{} was answered with {status}", sample.name)));
    }
    let request = median(|| Ok(mock.ask(&sample.path, BODY)?.0))?;
    let unknown = median(|| Ok(mock.ask("/nobody/has/this/path", BODY)?.0))?;
    drop(mock);
    let compiled = Command::new(std::env::current_exe()?)
        .arg("--compile")
        .arg(&directory)
        .env("XDG_CACHE_HOME", &caches)
        .output()?;
    let began = Instant::now();
    let counted = accordant(&caches).args(["cases", "--count", "--specs"]).arg(&directory).output()?;
    if !counted.status.success() {
        return Err(io::Error::other("the cases could not be counted"));
    }
    println!(
        "{count:>10} | {:>8} ms | {cold_memory:>3.0} | {:>7} ms | {memory:>3.0} | {:>10} µs | {:>4} µs | {:>9} µs | {} | {:>6.1} s",
        cold.as_millis(),
        next.as_millis(),
        first_request.as_micros(),
        request.as_micros(),
        unknown.as_micros(),
        String::from_utf8_lossy(&compiled.stdout).trim(),
        began.elapsed().as_secs_f64()
    );
    Ok(())
}

/// Compiles a directory whole.
fn compile(directory: &Path) -> io::Result<()> {
    let began = Instant::now();
    let contract = Contract::load(directory).map_err(io::Error::other)?;
    let sound = contract.operations().len();
    if sound != contract.index().operations.len() {
        return Err(io::Error::other("a synthetic operation is broken"));
    }
    println!("{:>10.1} s | {:>4.0}", began.elapsed().as_secs_f64(), program::resident("self"));
    Ok(())
}

fn median(mut measure: impl FnMut() -> io::Result<Duration>) -> io::Result<Duration> {
    let mut times = (0..REQUESTS).map(|_| measure()).collect::<io::Result<Vec<_>>>()?;
    times.sort_unstable();
    Ok(times[times.len() / 2])
}
