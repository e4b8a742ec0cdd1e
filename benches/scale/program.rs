//! The program under measure: a mock of a directory, asked over one connection at a time, and its memory.

use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long a start or an answer may take before the bench gives up.
const PATIENCE: Duration = Duration::from_secs(600);

/// The program with a cache folder of its own.
pub fn accordant(caches: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_accordant"));
    command.env("XDG_CACHE_HOME", caches).stdin(Stdio::null()).stderr(Stdio::null());
    command
}

/// A running mock.
pub struct Mock {
    child: Child,
    address: String,
    /// From the start of the process to the line that says it listens.
    pub started: Duration,
}

impl Mock {
    pub fn start(specs: &Path, caches: &Path) -> io::Result<Self> {
        let began = Instant::now();
        let mut command = accordant(caches);
        command.args(["mock", "--listen", "127.0.0.1:0", "--specs"]).arg(specs).stdout(Stdio::piped());
        let mut child = command.spawn()?;
        let output = child.stdout.take().ok_or_else(|| io::Error::other("no standard output"))?;
        let mut lines = BufReader::new(output).lines();
        while let Some(line) = lines.next().transpose()? {
            if let Some(address) = line.split("http://").nth(1) {
                let address = address.trim_end_matches('/').to_owned();
                return Ok(Self { child, address, started: began.elapsed() });
            }
        }
        Err(io::Error::other("the mock ended before it listened"))
    }

    /// Sends a request and reads its answer; how long that took, connecting aside, and the status.
    pub fn ask(&self, path: &str, body: &str) -> io::Result<(Duration, u16)> {
        let mut stream = TcpStream::connect(&self.address)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_nodelay(true)?;
        let length = body.len();
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: localhost\r\nx-auth-token: t\r\ncontent-type: application/json\r\nconnection: close\r\ncontent-length: {length}\r\n\r\n{body}"
        );
        let began = Instant::now();
        stream.write_all(request.as_bytes())?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        Ok((began.elapsed(), status))
    }

    /// Resident memory in MiB.
    pub fn resident(&self) -> f64 {
        resident(&self.child.id().to_string())
    }
}

impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Resident memory of a process in MiB, as Linux counts it; nothing to be had elsewhere.
pub fn resident(process: &str) -> f64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.split_whitespace().next().and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN) / 1024.0
}
