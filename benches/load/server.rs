//! A server under load: its own process, watched through `/proc` (Linux only).

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::SocketAddr,
    ops::Range,
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use crate::error::{LoadError, while_doing};

/// Length of a clock tick in `/proc/PID/stat`: `USER_HZ`, 100 on every Linux architecture in use.
const TICK: Duration = Duration::from_millis(10);

/// A running server; killed when dropped.
pub struct Server {
    /// Where it listens.
    pub address: SocketAddr,
    child: Child,
    // Kept open: a server may print more, and must not fail for it.
    _stdout: BufReader<ChildStdout>,
}

impl Server {
    /// Starts `command`, hands it `input` on standard input, and waits for `listening on http://ADDRESS` on its standard
    /// output.
    ///
    /// # Errors
    /// [`LoadError::Io`] when it cannot be started, [`LoadError::NotListening`] when it ends before it listens.
    pub fn start(name: &'static str, command: &mut Command, input: &[u8]) -> Result<Self, LoadError> {
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).env_remove("RUST_LOG");
        let mut child = command.spawn().map_err(while_doing(format!("start the {name} server")))?;
        match Self::await_address(&mut child, input) {
            Ok(Some((address, stdout))) => Ok(Self { address, child, _stdout: stdout }),
            Ok(None) => {
                reap(&mut child);
                Err(LoadError::NotListening { server: name })
            }
            Err(source) => {
                reap(&mut child);
                Err(while_doing(format!("talk to the {name} server"))(source))
            }
        }
    }

    fn await_address(child: &mut Child, input: &[u8]) -> std::io::Result<Option<(SocketAddr, BufReader<ChildStdout>)>> {
        let stdin = child.stdin.take();
        if let (Some(mut stdin), false) = (stdin, input.is_empty()) {
            stdin.write_all(input)?;
        }
        let Some(stdout) = child.stdout.take() else { return Ok(None) };
        let mut stdout = BufReader::new(stdout);
        let mut line = String::new();
        while stdout.read_line(&mut line)? > 0 {
            let url = line.split_once("listening on http://").map(|(_, rest)| rest);
            let address = url.and_then(|rest| rest.split(['/', ' ', '\n', '\r']).next());
            if let Some(address) = address.and_then(|text| text.parse().ok()) {
                return Ok(Some((address, stdout)));
            }
            line.clear();
        }
        Ok(None)
    }

    /// Processor time that the server has used so far, in user and kernel mode.
    ///
    /// # Errors
    /// [`LoadError::Io`] when the process has ended or the system has no `/proc`.
    pub fn cpu(&self) -> Result<Duration, LoadError> {
        cpu_of(&self.child.id().to_string())
    }

    /// Resident memory (`VmRSS`) in bytes.
    ///
    /// # Errors
    /// [`LoadError::Io`] when the process has ended or the system has no `/proc`.
    pub fn resident(&self) -> Result<u64, LoadError> {
        let path = format!("/proc/{}/status", self.child.id());
        let status = fs::read_to_string(&path).map_err(while_doing(format!("read {path}")))?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
        let kib = line.and_then(|value| value.trim().strip_suffix(" kB")?.parse::<u64>().ok());
        kib.map(|kib| kib * 1024).ok_or_else(|| malformed(&path))
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        reap(&mut self.child);
    }
}

fn reap(child: &mut Child) {
    // A process that has ended already is as good as killed.
    let _ = child.kill();
    let _ = child.wait();
}

/// Processor time of the process `pid`, which is a number or `self`.
///
/// # Errors
/// [`LoadError::Io`] when there is no such process or the system has no `/proc`.
pub fn cpu_of(pid: &str) -> Result<Duration, LoadError> {
    // The second field, the name, may hold spaces: count from the parenthesis that ends it. utime and stime are the
    // 14th and 15th field (proc_pid_stat(5)).
    ticks(&format!("/proc/{pid}/stat"), ')', 11..13)
}

/// Processor time that all processes of the machine have used so far.
///
/// # Errors
/// [`LoadError::Io`] when the system has no `/proc`.
pub fn cpu_of_all() -> Result<Duration, LoadError> {
    // The first line is `cpu  USER NICE SYSTEM IDLE …` (proc_stat(5)).
    ticks("/proc/stat", 'u', 0..3)
}

/// The sum of some numbers of a `stat` file's first line, counted after the last `mark` in it.
fn ticks(path: &str, mark: char, fields: Range<usize>) -> Result<Duration, LoadError> {
    let stat = fs::read_to_string(path).map_err(while_doing(format!("read {path}")))?;
    let line = stat.lines().next().and_then(|line| line.rsplit_once(mark));
    let sum = line.and_then(|(_, after)| {
        let numbers = after.split_whitespace().skip(fields.start).take(fields.len());
        numbers.map(|number| number.parse::<u32>().ok()).try_fold(0_u32, |sum, number| sum.checked_add(number?))
    });
    sum.map(|ticks| TICK * ticks).ok_or_else(|| malformed(path))
}

fn malformed(path: &str) -> LoadError {
    LoadError::Io { doing: format!("read {path}"), source: std::io::ErrorKind::InvalidData.into() }
}
