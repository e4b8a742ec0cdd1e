//! The program as a process of its own.

use std::io::{BufRead, BufReader, Read};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use super::{Client, PATIENCE};

const PROGRAM: &str = env!("CARGO_BIN_EXE_accordant");

/// `accordant` with arguments, as every test starts it: nothing on standard input, no credentials of whoever runs the
/// tests.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(PROGRAM);
    command.args(arguments).env_remove("ACCORDANT_CREDENTIALS").stdin(Stdio::null());
    command
}

/// A running `accordant`; killed when it is dropped.
pub struct Program {
    child: Child,
    stdout: Option<BufReader<ChildStdout>>,
    /// Read all the time, so that the program never waits for it.
    stderr: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
}

/// How a program ended.
#[derive(Debug)]
pub struct Ended {
    /// Nothing when a signal ended it.
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Program {
    /// Starts `accordant` with arguments.
    pub fn start(arguments: &[&str]) -> Self {
        Self::start_logging("", arguments)
    }

    /// Starts it with a value of `RUST_LOG`.
    pub fn start_logging(level: &str, arguments: &[&str]) -> Self {
        Self::spawn(command(arguments).env("RUST_LOG", level))
    }

    /// Starts it by a script of the shell, which finds the program's path in `$0`.
    pub fn start_by_shell(script: &str) -> Self {
        Self::spawn(Command::new("sh").args(["-c", script, PROGRAM]))
    }

    fn spawn(command: &mut Command) -> Self {
        let piped = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = piped.spawn().expect("the program starts");
        let stdout = child.stdout.take().map(BufReader::new);
        let lines = BufReader::new(child.stderr.take().expect("piped")).lines();
        let stderr = Arc::new(Mutex::new(String::new()));
        let text = Arc::clone(&stderr);
        let reader = std::thread::spawn(move || {
            for line in lines {
                let line = line.expect("standard error is text");
                text.lock().expect("nobody panics with it").extend([line.as_str(), "\n"]);
            }
        });
        Self { child, stdout, stderr, reader: Some(reader) }
    }

    /// Starts `accordant mock` on a free port, and waits until it listens.
    pub fn mock(arguments: &[&str]) -> (Self, SocketAddr) {
        let mut program = Self::start(&[&["mock", "--listen", "127.0.0.1:0"], arguments].concat());
        let address = program.address();
        (program, address)
    }

    /// The address in the line that tells it.
    pub fn address(&mut self) -> SocketAddr {
        let mut line = String::new();
        self.stdout.as_mut().expect("standard output is open").read_line(&mut line).expect("standard output is text");
        let address = line.strip_prefix("listening on http://").and_then(|rest| rest.trim_end().parse().ok());
        address.unwrap_or_else(|| panic!("no address: {line:?}{}", self.wait().stderr))
    }

    /// Closes this end of the program's standard output.
    pub fn close_stdout(&mut self) {
        self.stdout = None;
    }

    pub fn signal(&self, name: &str) {
        let kill = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status();
        assert!(kill.expect("kill is there").success(), "SIG{name} is sent");
    }

    /// Bytes of memory that it takes.
    #[cfg(target_os = "linux")]
    pub fn memory(&self) -> usize {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).expect("a running program");
        let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("its memory");
        line.trim().trim_end_matches(" kB").parse::<usize>().expect("a number") * 1024
    }

    /// Waits for the program's end, in which it never holds more than so many bytes. A program that meets what is as large
    /// as can be gets twice the time.
    pub fn wait_within(&mut self, bytes: usize) -> Ended {
        let mut most = 0;
        let deadline = Instant::now() + 2 * PATIENCE;
        while self.is_running() {
            most = most.max(self.peak().unwrap_or_default());
            assert!(Instant::now() < deadline, "waited too long for the program's end");
            std::thread::sleep(Duration::from_millis(2));
        }
        assert!(most <= bytes, "it held {most} bytes");
        self.wait()
    }

    /// The most bytes of memory that it has held; nothing where the system does not tell.
    fn peak(&self) -> Option<usize> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        Some(line.trim().trim_end_matches(" kB").parse::<usize>().ok()? * 1024)
    }

    pub fn is_running(&mut self) -> bool {
        self.child.try_wait().expect("the state of a child").is_none()
    }

    /// Waits until the program has logged something.
    pub fn wait_for_log(&self, text: &str) {
        wait_until(text, || self.stderr().contains(text));
    }

    fn stderr(&self) -> String {
        self.stderr.lock().expect("nobody panics with it").clone()
    }

    /// Waits for the program's end.
    pub fn wait(&mut self) -> Ended {
        wait_until("the program's end", || !self.is_running());
        let code = self.child.wait().expect("the program has ended").code();
        if let Some(reader) = self.reader.take() {
            reader.join().expect("standard error is text");
        }
        Ended { code, stdout: rest(self.stdout.take()), stderr: self.stderr() }
    }

    pub fn stop(&mut self) -> Ended {
        self.signal("TERM");
        self.wait()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // A program that has ended already is as good as killed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Starts a program fifty times, ten at a time, and ends each at some moment of its run, by three signals in turn.
pub fn end_fifty(start: impl Fn() -> Program) {
    let started = Instant::now();
    start().wait();
    // Ten at a time take longer than one.
    let longest = started.elapsed() * 4;
    let mut moment = 0.5_f64;
    for round in 0..5 {
        let begun = Instant::now();
        let mut due: Vec<(Duration, Program)> = Vec::new();
        for _ in 0..10 {
            // Moments that repeat at each run of the test, and come near to every moment of the program's.
            moment = (moment + 0.618_033_988_749_895).fract();
            due.push((longest.mul_f64(moment), start()));
        }
        due.sort_by_key(|(moment, _)| *moment);
        for (number, (moment, program)) in due.iter().enumerate() {
            std::thread::sleep(moment.saturating_sub(begun.elapsed()));
            program.signal(["KILL", "INT", "TERM"][(round + number) % 3]);
        }
        for (_, mut program) in due {
            program.wait();
        }
    }
}

fn wait_until(what: &str, mut done: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !done() {
        assert!(Instant::now() < deadline, "waited too long for {what}");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What is left to be read; nothing where it is closed already.
fn rest(output: Option<impl Read>) -> String {
    let mut text = String::new();
    if let Some(mut output) = output {
        output.read_to_string(&mut text).expect("output is text");
    }
    text
}

/// Runs `accordant` to its end.
pub fn run(arguments: &[&str]) -> Ended {
    Program::start(arguments).wait()
}

/// The answer to a request on a connection of its own.
pub async fn ask(address: SocketAddr, request: impl AsRef<[u8]>) -> super::Answer {
    let mut client = Client::connect(address).await;
    client.send(request).await;
    client.answer().await
}
