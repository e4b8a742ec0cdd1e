//! How many files the mock may have open: each connection is one.

/// Allows as many open files as the system lets this process have, where many shells start with 1024.
#[cfg(unix)]
pub fn allow_open_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // Where it is refused, fewer connections are accepted at a time.
    let _ = setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum });
}

/// Allows nothing: the system has no such limit.
#[cfg(not(unix))]
pub fn allow_open_files() {}
