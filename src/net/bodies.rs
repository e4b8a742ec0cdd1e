//! Room for the bodies of requests: how many bytes of them the server holds at a time, who waits for room, and who must
//! give it up.
//!
//! Small bodies never wait. Larger ones wait in the lane of their size, so that none of a hundred kilobytes waits for
//! those of a megabyte. Room is taken for the whole body before it is read, so that bodies which are being read always
//! come to their end; while others wait, those that hardly get on are given up.

use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Bodies over this size wait for room, in bytes, and are judged where no other answer waits for them.
pub const LARGE: usize = 64 * 1024;

/// Bodies over this size wait in a lane of their own, in bytes.
const LARGEST: usize = 256 * 1024;

/// Room is counted in units of so many bytes.
const UNIT: usize = 1024;

/// Bytes by which a body must get on in [`Bodies::slow`] while others wait for room.
const PROGRESS: usize = 16 * 1024;

/// The lanes.
#[derive(Debug)]
pub struct Bodies {
    middle: Arc<Lane>,
    largest: Arc<Lane>,
}

/// Room for bodies of about one size.
#[derive(Debug)]
struct Lane {
    room: Arc<Semaphore>,
    units: usize,
    /// Of the bodies, as many are judged at a time as there are processors: decoded, they take most memory.
    judging: Arc<Semaphore>,
    /// Those that are being read, and when they were looked at last.
    reading: Mutex<(Instant, Vec<Weak<Progress>>)>,
    slow: Duration,
}

/// How far the reading of a body has come.
#[derive(Debug, Default)]
struct Progress {
    received: AtomicUsize,
    /// What it was when it was looked at last.
    seen: AtomicUsize,
    looked_at: AtomicBool,
    given_up: Notify,
}

/// A body's room, free again when this is dropped.
#[derive(Debug)]
pub struct Room {
    _held: Option<OwnedSemaphorePermit>,
    judging: Arc<Semaphore>,
    /// Nothing once the body has been read.
    progress: Option<Arc<Progress>>,
}

impl Bodies {
    /// Room for so many bytes in all. Where bodies wait, others must get on in each span of `slow`; `judges` are judged
    /// at a time in each lane.
    pub fn new(bytes: usize, slow: Duration, judges: usize) -> Self {
        let lane = |bytes: usize| {
            let units = (bytes / UNIT).clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
            let reading = Mutex::new((Instant::now(), Vec::new()));
            let (room, judging) = (Arc::new(Semaphore::new(units)), Arc::new(Semaphore::new(judges)));
            Arc::new(Lane { room, units, judging, reading, slow })
        };
        Self { middle: lane(bytes / 4), largest: lane(bytes - bytes / 4) }
    }

    /// Room for a body of so many bytes, once there is some.
    pub async fn room(&self, length: usize) -> Room {
        let lane = if length > LARGEST { &self.largest } else { &self.middle };
        // One that is larger than all room has all of it.
        let units = length.div_ceil(UNIT).min(lane.units);
        let room = lane.take(u32::try_from(units).unwrap_or(u32::MAX)).await;
        let progress = Arc::new(Progress::default());
        lane.begin(&progress);
        Room { _held: room, judging: Arc::clone(&lane.judging), progress: Some(progress) }
    }
}

impl Lane {
    async fn take(&self, units: u32) -> Option<OwnedSemaphorePermit> {
        let mut room = pin!(Arc::clone(&self.room).acquire_many_owned(units));
        loop {
            // Nothing closes the semaphore.
            if let Ok(room) = timeout(self.slow, &mut room).await {
                return room.ok();
            }
            self.give_up_slow_ones();
        }
    }

    fn begin(&self, progress: &Arc<Progress>) {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        reading.1.retain(|known| known.strong_count() > 0);
        reading.1.push(Arc::downgrade(progress));
    }

    /// Gives up the bodies that have hardly got on since they were looked at last.
    fn give_up_slow_ones(&self) {
        let mut reading = self.reading.lock().unwrap_or_else(PoisonError::into_inner);
        if reading.0.elapsed() < self.slow {
            return;
        }
        reading.0 = Instant::now();
        for progress in reading.1.iter().filter_map(Weak::upgrade) {
            let received = progress.received.load(Ordering::Relaxed);
            let before = progress.seen.swap(received, Ordering::Relaxed);
            if progress.looked_at.swap(true, Ordering::Relaxed) && received - before < PROGRESS {
                progress.given_up.notify_one();
            }
        }
    }
}

impl Room {
    /// So many bytes of the body have come.
    pub fn received(&self, bytes: usize) {
        if let Some(progress) = &self.progress {
            progress.received.store(bytes, Ordering::Relaxed);
        }
    }

    /// What a step comes to; nothing where the body is given up before.
    pub async fn unless_given_up<T>(&self, step: impl Future<Output = T>) -> Option<T> {
        let Some(progress) = &self.progress else { return Some(step.await) };
        tokio::select! {
            biased;
            done = step => Some(done),
            () = progress.given_up.notified() => None,
        }
    }

    /// The body has been read: it is not given up any more.
    pub fn is_read(&mut self) {
        self.progress = None;
    }

    /// A turn to judge the body.
    pub async fn turn(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.judging).acquire_owned().await.ok()
    }
}
