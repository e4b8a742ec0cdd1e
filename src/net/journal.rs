//! The journal: one JSON line for each exchange, written by a thread of its own so that no answer waits for a disk.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};

use crate::contract::Contract;
use crate::file::Appender;
use crate::mock::MockResponse;

/// Exchanges that may wait to be written; when more come in, they are counted instead.
const QUEUE: usize = 10_000;
/// Bytes of memory that waiting exchanges may take.
const QUEUE_BYTES: usize = 32 * 1024 * 1024;
/// Bytes of memory that an input may take; a larger one is left out.
const INPUT_BYTES: usize = 4 * 1024 * 1024;
/// How long a written line may stay in memory.
const FLUSH_AFTER: Duration = Duration::from_millis(200);
/// Bytes of lines that are written together.
const WAITING_BYTES: usize = 64 * 1024;
/// Longest time for the queue to be written when the journal is closed.
const CLOSE_TIME: Duration = Duration::from_secs(3);

/// An open journal. Dropping it writes what is still queued, unless that takes more than some seconds.
#[derive(Debug)]
pub struct Journal {
    queue: Option<SyncSender<Entry>>,
    counts: Arc<Counts>,
    writer: Option<JoinHandle<()>>,
}

/// What the answering side and the writer both count.
#[derive(Debug, Default)]
struct Counts {
    /// Bytes of memory of the exchanges in the queue.
    queued: AtomicUsize,
    /// Exchanges that found it full.
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    operation: Option<String>,
    dialect: &'static str,
    input: Input,
    violations: Vec<String>,
    status: u16,
    duration: Duration,
    at: SystemTime,
    bytes: usize,
}

/// The input of an exchange.
#[derive(Debug)]
enum Input {
    None,
    Read(Value),
    /// Too large to be kept until it is written.
    Omitted,
}

/// A line of the journal.
#[derive(Debug, Serialize)]
struct Line {
    at: String,
    operation: Option<String>,
    dialect: &'static str,
    input: Option<Value>,
    violations: Vec<String>,
    status: u16,
    duration_us: u64,
}

impl Journal {
    /// Opens a file for appending. Several mocks may share one: their lines stay whole.
    ///
    /// # Errors
    /// When the file cannot be opened for appending.
    pub fn open(path: &Path, contract: Arc<Contract>) -> io::Result<Self> {
        let file = Appender::open(path)?;
        let (queue, entries) = sync_channel(QUEUE);
        let counts = Arc::new(Counts::default());
        let counted = Arc::clone(&counts);
        let writer = std::thread::Builder::new().name("journal".into()).spawn(move || {
            if let Err(error) = write_all(file, &entries, &contract, &counted) {
                tracing::error!(%error, "the journal cannot be written; no more exchanges are recorded");
            }
        })?;
        Ok(Self { queue: Some(queue), counts, writer: Some(writer) })
    }

    /// Records an exchange, without waiting.
    pub fn record(&self, answered: &mut MockResponse, duration: Duration) {
        let Some(queue) = &self.queue else { return };
        let (input, input_bytes) = match answered.input.take().map(|input| (memory(&input), input)) {
            None => (Input::None, 0),
            Some((bytes, _)) if bytes > INPUT_BYTES => (Input::Omitted, 0),
            Some((bytes, input)) => (Input::Read(input), bytes),
        };
        let violations: usize = answered.violations.iter().map(|id| size_of::<String>() + id.capacity()).sum();
        let bytes = size_of::<Entry>() + input_bytes + violations;
        let entry = Entry {
            operation: answered.operation.take(),
            dialect: answered.dialect.name(),
            input,
            violations: std::mem::take(&mut answered.violations),
            status: answered.response.status().as_u16(),
            duration,
            at: SystemTime::now(),
            bytes,
        };
        let queued = self.counts.queued.fetch_add(bytes, Ordering::Relaxed);
        let full = queued > 0 && queued.saturating_add(bytes) > QUEUE_BYTES;
        if full || queue.try_send(entry).is_err() {
            self.counts.queued.fetch_sub(bytes, Ordering::Relaxed);
            self.counts.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.queue = None;
        let Some(writer) = self.writer.take() else { return };
        let deadline = Instant::now() + CLOSE_TIME;
        while !writer.is_finished() {
            if Instant::now() > deadline {
                tracing::error!("the journal is not written to its end: its file takes too long");
                return;
            }
            sleep(Duration::from_millis(1));
        }
    }
}

/// Bytes of memory that a value takes, with the room that its lists and objects have left.
fn memory(value: &Value) -> usize {
    /// An object's index by name, for each member.
    const INDEX: usize = 2 * size_of::<usize>();
    const MEMBER: usize = size_of::<String>() + size_of::<Value>() + INDEX;
    match value {
        Value::String(text) => text.capacity(),
        Value::Array(items) => {
            let unused = items.capacity() - items.len();
            items.iter().map(|item| size_of::<Value>() + memory(item)).sum::<usize>() + unused * size_of::<Value>()
        }
        Value::Object(members) => {
            // A map does not tell its capacity; one of few members has room for four.
            let unused = if members.is_empty() { 0 } else { 4_usize.saturating_sub(members.len()) };
            let used = members.iter().map(|(name, value)| MEMBER + name.capacity() + memory(value));
            used.sum::<usize>() + unused * MEMBER
        }
        _ => 0,
    }
}

fn write_all(file: Appender, entries: &Receiver<Entry>, contract: &Contract, counts: &Counts) -> io::Result<()> {
    let mut lines = Lines { file, waiting: Vec::new() };
    let mut flush_at: Option<Instant> = None;
    loop {
        let wait = flush_at.map_or(FLUSH_AFTER, |at| at.saturating_duration_since(Instant::now()));
        let received = entries.recv_timeout(wait);
        if let Ok(entry) = received {
            counts.queued.fetch_sub(entry.bytes, Ordering::Relaxed);
            lines.push(&line(entry, contract))?;
            flush_at.get_or_insert_with(|| Instant::now() + FLUSH_AFTER);
        } else if received.is_err_and(|error| error == RecvTimeoutError::Disconnected) {
            write_dropped(&mut lines, counts)?;
            return lines.flush();
        }
        if flush_at.is_none_or(|at| at <= Instant::now()) {
            write_dropped(&mut lines, counts)?;
            lines.flush()?;
            flush_at = None;
        }
    }
}

/// Lines that go to the file together, and whole.
struct Lines {
    file: Appender,
    waiting: Vec<u8>,
}

impl Lines {
    fn push(&mut self, line: &impl Serialize) -> io::Result<()> {
        serde_json::to_writer(&mut self.waiting, line)?;
        self.waiting.push(b'\n');
        if self.waiting.len() >= WAITING_BYTES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.file.append(&self.waiting, is_torn)?;
        // What one long line took is not kept for short ones.
        self.waiting.clear();
        self.waiting.shrink_to(2 * WAITING_BYTES);
        Ok(())
    }
}

/// Whether a program was killed while it wrote this line of a journal.
fn is_torn(line: &[u8]) -> bool {
    let begins = |start: &[u8]| line.iter().zip(start).all(|(byte, other)| byte == other);
    (begins(br#"{"at":""#) || begins(br#"{"dropped":"#)) && serde_json::from_slice::<IgnoredAny>(line).is_err()
}

fn write_dropped(lines: &mut Lines, counts: &Counts) -> io::Result<()> {
    let missing = counts.dropped.swap(0, Ordering::Relaxed);
    if missing == 0 {
        return Ok(());
    }
    tracing::warn!(missing, "exchanges came faster than the journal could be written");
    lines.push(&json!({"dropped": missing}))
}

fn line(entry: Entry, contract: &Contract) -> Line {
    let operation = entry.operation.as_ref().and_then(|name| contract.operation(name).ok());
    let input = match entry.input {
        Input::None => None,
        Input::Read(input) => operation.map(|operation| operation.input.mask(&input)),
        Input::Omitted => Some(json!({"omitted": format!("larger than {INPUT_BYTES} bytes in memory")})),
    };
    Line {
        at: jiff::Timestamp::try_from(entry.at).map(|at| at.to_string()).unwrap_or_default(),
        operation: entry.operation,
        dialect: entry.dialect,
        input,
        violations: entry.violations,
        status: entry.status,
        duration_us: u64::try_from(entry.duration.as_micros()).unwrap_or(u64::MAX),
    }
}
