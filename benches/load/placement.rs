//! Which processors the servers and the generator run on.
//!
//! A server that shares its processors with the generator is rarely short of them: its requests per second then count the
//! generator's work too, and two servers look more alike than they are. With a processor to itself, a server is the
//! limit, and its rate is its own. `taskset` (util-linux) does the pinning: this project has no unsafe code.

use std::{
    fs, process,
    process::{Command, Stdio},
};

/// Processor lists, in the words of `taskset --cpu-list`.
#[derive(Clone, Debug)]
pub struct Placement {
    /// For the servers: one processor.
    pub servers: String,
    /// For the generator: the others.
    pub generator: String,
}

impl Placement {
    /// Gives the last processor to the servers and the others to the generator, and moves this process there. `None`
    /// when there is only one, or no `taskset`.
    pub fn take() -> Option<Self> {
        let mut processors = allowed()?;
        let servers = processors.pop()?.to_string();
        let generator = processors.iter().map(ToString::to_string).collect::<Vec<_>>().join(",");
        let pid = process::id().to_string();
        let mut taskset = Command::new("taskset");
        taskset.args(["--cpu-list", "--pid", &generator, &pid]).stdout(Stdio::null()).stderr(Stdio::null());
        let moved = !generator.is_empty() && taskset.status().is_ok_and(|status| status.success());
        moved.then_some(Self { servers, generator })
    }
}

/// The processors that this process may use, from a list like `0-3,6`.
fn allowed() -> Option<Vec<usize>> {
    let status = fs::read_to_string("/proc/thread-self/status").ok()?;
    let allowed = status.lines().find_map(|line| line.strip_prefix("Cpus_allowed_list:"))?;
    let ranges = allowed.trim().split(',').map(|range| {
        let (first, last) = range.split_once('-').unwrap_or((range, range));
        Some(first.parse().ok()?..=last.parse().ok()?)
    });
    let ranges: Option<Vec<_>> = ranges.collect();
    Some(ranges?.into_iter().flatten().collect())
}
