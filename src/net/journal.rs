//! The journal: one JSON line for each exchange, written by a thread of its own so that no answer waits for a disk.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::contract::Contract;
use crate::mock::Answered;

/// Exchanges that may wait to be written; when more come in, they are counted instead.
const QUEUE: usize = 10_000;
/// How long a written line may stay in memory.
const FLUSH_AFTER: Duration = Duration::from_millis(200);

/// An open journal. Dropping it writes what is still queued.
#[derive(Debug)]
pub struct Journal {
    queue: Option<SyncSender<Entry>>,
    dropped: Arc<AtomicU64>,
    writer: Option<JoinHandle<()>>,
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
}

impl Journal {
    /// Opens a file for appending.
    ///
    /// # Errors
    /// When the file cannot be opened for appending.
    pub fn open(path: &Path, contract: Arc<Contract>) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).open(path)?;
        let (queue, entries) = sync_channel(QUEUE);
        let dropped = Arc::new(AtomicU64::new(0));
        let counted = Arc::clone(&dropped);
        let writer = std::thread::Builder::new().name("journal".into()).spawn(move || {
            if let Err(error) = write_all(file, &entries, &contract, &counted) {
                tracing::error!(%error, "the journal cannot be written; no more exchanges are recorded");
            }
        })?;
        Ok(Self { queue: Some(queue), dropped, writer: Some(writer) })
    }

    /// Records an exchange, without waiting.
    pub fn record(&self, answered: &mut Answered, duration: Duration) {
        let Some(queue) = &self.queue else { return };
        let entry = Entry {
            operation: answered.operation.take(),
            dialect: answered.dialect.name(),
            input: answered.input.take(),
            violations: std::mem::take(&mut answered.violations),
            status: answered.response.status().as_u16(),
            duration,
            at: SystemTime::now(),
        };
        if queue.try_send(entry).is_err() {
            self.dropped.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        self.queue = None;
        if let Some(writer) = self.writer.take() {
            let _ = writer.join();
        }
    }
}

fn write_all(file: File, entries: &Receiver<Entry>, contract: &Contract, dropped: &AtomicU64) -> io::Result<()> {
    let mut file = BufWriter::new(file);
    loop {
        match entries.recv_timeout(FLUSH_AFTER) {
            Ok(entry) => writeln!(file, "{}", line(entry, contract))?,
            Err(RecvTimeoutError::Timeout) => file.flush()?,
            Err(RecvTimeoutError::Disconnected) => break,
        }
        let missing = dropped.swap(0, Ordering::Relaxed);
        if missing > 0 {
            tracing::warn!(missing, "exchanges came faster than the journal could be written");
            writeln!(file, "{}", json!({"dropped": missing}))?;
        }
    }
    file.flush()
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
