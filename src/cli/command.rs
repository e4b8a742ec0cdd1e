//! A command that is run as a process of its own, and ended with everything it started.

use std::ffi::OsString;
use std::io::{self, IsTerminal};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use accordant::client::CapturedOutput;
use accordant::exchange::Ended;
use accordant::model::Service;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use super::Failure;
use super::captured_output::Capture;
use super::signals::Signals;

/// How long a command may take to end once it is told to.
const GRACE: Duration = Duration::from_secs(2);

/// Where a command's input comes from, and where its output goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Streams {
    /// They are those of this program.
    Ours,
    /// It has no input, and its output is kept.
    Kept,
}

/// Runs a command to its end, or until it takes too long or a signal asks for the end; also gives its output, as far as
/// that is kept.
pub async fn run(
    words: &[OsString],
    environment: &Environment,
    streams: Streams,
    limit: Option<Duration>,
) -> Result<(Ended, CapturedOutput), Failure> {
    let Some((program, arguments)) = words.split_first() else {
        return Err(Failure::Usage("no command is given: write it after --".to_owned()));
    };
    let mut signals = Signals::catch().map_err(Failure::io("cannot catch signals"))?;
    let mut command = Command::new(program);
    command.args(arguments).kill_on_drop(true);
    environment.apply(&mut command);
    if streams == Streams::Kept {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    }
    // In a group of its own, a command cannot read from the terminal.
    let own_group = streams == Streams::Kept || !io::stdin().is_terminal();
    #[cfg(unix)]
    if own_group {
        command.process_group(0);
    }
    let mut child = command.spawn().map_err(|source| not_started(program, source))?;
    let capture = Capture::to(&mut child);
    let mut running = Running { group: child.id().filter(|_| own_group), child };
    let late = async {
        match limit {
            Some(limit) => sleep(limit).await,
            None => std::future::pending().await,
        }
    };
    let ended = tokio::select! {
        status = running.child.wait() => ended(status.map_err(Failure::io("cannot wait for the command"))?),
        () = late => {
            running.end().await;
            Ended::TimedOut
        }
        () = signals.next() => {
            running.end().await;
            Ended::Interrupted
        }
    };
    running.kill_group();
    Ok((ended, capture.end().await))
}

fn not_started(program: &OsString, source: io::Error) -> Failure {
    let program = program.to_string_lossy();
    match source.kind() {
        io::ErrorKind::NotFound => {
            let one = program.contains(char::is_whitespace);
            let apart = if one { "; write the program and its arguments as words of their own" } else { "" };
            Failure::Usage(format!("there is no command {program}: it is neither a file nor in PATH{apart}"))
        }
        io::ErrorKind::PermissionDenied => {
            Failure::Usage(format!("{program} cannot be run: it is no program, or not ours to run"))
        }
        _ => Failure::io(format!("cannot run {program}"))(source),
    }
}

#[cfg(unix)]
fn ended(status: ExitStatus) -> Ended {
    use std::os::unix::process::ExitStatusExt;
    let signal = status.signal().map(Ended::Signal);
    status.code().map(Ended::Exit).or(signal).unwrap_or(Ended::Exit(1))
}

#[cfg(not(unix))]
fn ended(status: ExitStatus) -> Ended {
    Ended::Exit(status.code().unwrap_or(1))
}

/// A command that runs, and the group of what it starts; killed when it is dropped.
struct Running {
    child: Child,
    group: Option<u32>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.kill_group();
    }
}

impl Running {
    /// Asks for the end, and forces it after some time.
    async fn end(&mut self) {
        self.terminate();
        if timeout(GRACE, self.child.wait()).await.is_err() {
            self.kill_group();
            let _ = self.child.kill().await;
        }
    }

    #[cfg(unix)]
    fn terminate(&mut self) {
        use rustix::process::{Pid, Signal, kill_process, kill_process_group};
        let own = self.child.id().and_then(pid);
        let _ = match self.group.and_then(pid) {
            Some(group) => kill_process_group(group, Signal::TERM),
            None => own.map_or(Ok(()), |own: Pid| kill_process(own, Signal::TERM)),
        };
    }

    #[cfg(not(unix))]
    fn terminate(&mut self) {
        let _ = self.child.start_kill();
    }

    /// Ends what the command has left behind.
    #[cfg(unix)]
    fn kill_group(&mut self) {
        use rustix::process::{Signal, kill_process_group};
        if let Some(group) = self.group.take().and_then(pid) {
            let _ = kill_process_group(group, Signal::KILL);
        }
    }

    #[cfg(not(unix))]
    fn kill_group(&mut self) {
        self.group = None;
    }
}

#[cfg(unix)]
fn pid(raw: u32) -> Option<rustix::process::Pid> {
    rustix::process::Pid::from_raw(i32::try_from(raw).ok()?)
}

/// What a command finds in its environment.
#[derive(Debug)]
pub struct Environment {
    set: Vec<(String, String)>,
    removed: Vec<String>,
}

impl Environment {
    /// One in which the clients of services speak to a URL, with credentials that are worth nothing.
    pub fn new<'s>(url: &str, services: impl Iterator<Item = &'s Service>) -> Self {
        let mut set = vec![("ACCORDANT_URL".to_owned(), url.to_owned())];
        let mut removed = Vec::new();
        for client in services.flat_map(|service| &service.clients) {
            let led = client.environment.iter().map(|(name, value)| (name.clone(), value.replace("{url}", url)));
            set.extend(led);
            let is_unset = |name: &str| std::env::var_os(name).is_none_or(|value| value.is_empty());
            let needed = client.defaults.iter().filter(|(name, _)| is_unset(name));
            set.extend(needed.map(|(name, value)| (name.clone(), value.clone())));
            removed.extend(client.without.iter().cloned());
        }
        // What goes to this machine must not go through a proxy.
        for name in ["NO_PROXY", "no_proxy"] {
            let others = std::env::var(name).unwrap_or_default();
            let comma = if others.is_empty() { "" } else { "," };
            set.push((name.to_owned(), format!("{others}{comma}127.0.0.1,localhost")));
        }
        Self { set, removed }
    }

    fn apply(&self, command: &mut Command) {
        for name in &self.removed {
            command.env_remove(name);
        }
        command.envs(self.set.iter().map(|(name, value)| (name, value)));
    }
}
