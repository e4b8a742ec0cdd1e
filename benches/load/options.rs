//! The command line of the load script.

use std::{ffi::OsString, path::PathBuf, time::Duration};

use crate::{
    error::LoadError,
    generator::Stop,
    requests::{Call, OPERATIONS},
};

/// What to measure, and how long.
pub struct Options {
    /// The operations, in the order of the table.
    pub operations: Vec<&'static Call>,
    /// Length of one round.
    pub round: Stop,
    /// Pairs of rounds per operation.
    pub rounds: usize,
    /// Open connections.
    pub connections: usize,
    /// Threads of the generator.
    pub threads: usize,
    /// Tokio workers of the bare server; without, as many as it has processors, which is what the mock does.
    pub workers: Option<usize>,
    /// Give servers and generator different processors.
    pub pin: bool,
    /// Requests to send to the mock instead of measuring its speed.
    pub soak: Option<u64>,
    /// Where to write the figures.
    pub json: Option<PathBuf>,
    /// Further arguments of `accordant mock`.
    pub mock_arguments: Vec<String>,
}

/// What a command line asks for.
pub enum Invocation {
    /// Nothing: run by `cargo test`, which, unlike `cargo bench`, passes no `--bench`.
    Idle,
    /// Be the bare server with this many workers; what the script starts itself with.
    Bare(Option<usize>),
    /// Measure.
    Load(Box<Options>),
}

impl Default for Options {
    fn default() -> Self {
        Self {
            operations: Vec::new(),
            round: Stop::After(Duration::from_millis(250)),
            rounds: 20,
            connections: 32,
            threads: 1,
            workers: None,
            pin: true,
            soak: None,
            json: None,
            mock_arguments: Vec::new(),
        }
    }
}

/// Reads the arguments, without the program's name.
///
/// # Errors
/// [`LoadError::Usage`] with the argument that was not understood.
pub fn parse(arguments: impl Iterator<Item = OsString>) -> Result<Invocation, LoadError> {
    let arguments: Vec<String> = arguments.map(|argument| argument.to_string_lossy().into_owned()).collect();
    let asked = |flag: &str| arguments.iter().any(|argument| argument == flag);
    // Cargo puts `--bench` behind all other arguments.
    let (bench, bare) = (asked("--bench"), asked("--bare"));
    if !bench && !bare {
        return Ok(Invocation::Idle);
    }
    let options = parse_options(arguments.into_iter())?;
    Ok(if bare { Invocation::Bare(options.workers) } else { Invocation::Load(Box::new(options)) })
}

fn parse_options(mut arguments: impl Iterator<Item = String>) -> Result<Options, LoadError> {
    let mut options = Options::default();
    while let Some(argument) = arguments.next() {
        let mut value = || arguments.next().ok_or_else(|| LoadError::Usage(format!("{argument} needs a value")));
        match argument.as_str() {
            "--bench" | "--bare" => {}
            "--requests" => options.round = Stop::Requests(number(&value()?)?),
            "--seconds" => options.round = Stop::After(seconds(&value()?)?),
            "--rounds" => options.rounds = at_least_one(&value()?)?,
            "--connections" => options.connections = at_least_one(&value()?)?,
            "--threads" => options.threads = at_least_one(&value()?)?,
            "--workers" => options.workers = Some(at_least_one(&value()?)?),
            "--no-pin" => options.pin = false,
            "--operation" => options.operations.push(operation(&value()?)?),
            "--soak" => options.soak = Some(number(&value()?)?),
            "--json" => options.json = Some(value()?.into()),
            "--mock-argument" => options.mock_arguments.push(value()?),
            _ => return Err(LoadError::Usage(format!("unknown argument {argument}"))),
        }
    }
    if options.operations.is_empty() {
        options.operations.extend(&OPERATIONS);
    }
    Ok(options)
}

fn number(text: &str) -> Result<u64, LoadError> {
    let digits = text.replace('_', "");
    digits.parse().map_err(|_| LoadError::Usage(format!("`{text}` is not a whole number")))
}

fn at_least_one(text: &str) -> Result<usize, LoadError> {
    let count = usize::try_from(number(text)?).ok().filter(|&count| count > 0);
    count.ok_or_else(|| LoadError::Usage(format!("`{text}` must be at least 1")))
}

fn seconds(text: &str) -> Result<Duration, LoadError> {
    let time = text.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    time.ok_or_else(|| LoadError::Usage(format!("`{text}` is not a number of seconds")))
}

fn operation(name: &str) -> Result<&'static Call, LoadError> {
    OPERATIONS.iter().find(|call| call.name == name).ok_or_else(|| {
        let names: Vec<_> = OPERATIONS.iter().map(|call| call.name).collect();
        LoadError::Usage(format!("no operation `{name}`; there are {}", names.join(", ")))
    })
}
