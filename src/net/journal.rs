//! The journal: one JSON line for each exchange, written by a thread of its own so that no answer waits for a disk.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::{JoinHandle, sleep};
use std::time::{Duration, Instant, SystemTime};

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use crate::contract::Contract;
use crate::mock::Answered;

/// Exchanges that may wait to be written; when more come in, they are counted instead.
const QUEUE: usize = 10_000;
/// Bytes that the requests of waiting exchanges may have had on the wire.
const QUEUE_BYTES: usize = 16 * 1024 * 1024;
/// How long a written line may stay in memory.
const FLUSH_AFTER: Duration = Duration::from_millis(200);
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
    /// Bytes of the exchanges in the queue.
    queued: AtomicUsize,
    /// Exchanges that found it full.
    dropped: AtomicU64,
}

#[derive(Debug)]
struct Entry {
    operation: Option<String>,
    dialect: &'static str,
    input: Option<Value>,
    violations: Vec<String>,
    status: u16,
    duration: Duration,
    at: SystemTime,
    bytes: usize,
}

impl Journal {
    /// Opens a file for appending.
    ///
    /// # Errors
    /// When the file cannot be opened for appending.
    pub fn open(path: &Path, contract: Arc<Contract>) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
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
    pub fn record(&self, request: &Request<Bytes>, answered: &mut Answered, duration: Duration) {
        let Some(queue) = &self.queue else { return };
        let bytes = size(request);
        let entry = Entry {
            operation: answered.operation.take(),
            dialect: answered.dialect.name(),
            input: answered.input.take(),
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

/// All that an input can be read from.
fn size(request: &Request<Bytes>) -> usize {
    let query = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let headers: usize = request.headers().values().map(http::HeaderValue::len).sum();
    request.body().len() + query + headers
}

fn write_all(file: File, entries: &Receiver<Entry>, contract: &Contract, counts: &Counts) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    let mut flush_at: Option<Instant> = None;
    loop {
        let wait = flush_at.map_or(FLUSH_AFTER, |at| at.saturating_duration_since(Instant::now()));
        let received = entries.recv_timeout(wait);
        if let Ok(entry) = received {
            counts.queued.fetch_sub(entry.bytes, Ordering::Relaxed);
            writeln!(file, "{}", line(entry, contract))?;
            flush_at.get_or_insert_with(|| Instant::now() + FLUSH_AFTER);
        } else if received.is_err_and(|error| error == RecvTimeoutError::Disconnected) {
            write_dropped(&mut file, counts)?;
            return file.flush();
        }
        if flush_at.is_none_or(|at| at <= Instant::now()) {
            write_dropped(&mut file, counts)?;
            file.flush()?;
            flush_at = None;
        }
    }
}

fn write_dropped(file: &mut impl Write, counts: &Counts) -> io::Result<()> {
    let missing = counts.dropped.swap(0, Ordering::Relaxed);
    if missing == 0 {
        return Ok(());
    }
    tracing::warn!(missing, "exchanges came faster than the journal could be written");
    writeln!(file, "{}", json!({"dropped": missing}))
}

fn line(entry: Entry, contract: &Contract) -> Value {
    let operation = entry.operation.as_ref().and_then(|name| contract.operation(name).ok());
    let input = entry.input.and_then(|input| operation.map(|operation| operation.input.mask(&input)));
    let at = jiff::Timestamp::try_from(entry.at).map(|at| at.to_string()).unwrap_or_default();
    json!({
        "at": at,
        "operation": entry.operation,
        "dialect": entry.dialect,
        "input": input,
        "violations": entry.violations,
        "status": entry.status,
        "duration_us": u64::try_from(entry.duration.as_micros()).unwrap_or(u64::MAX),
    })
}
