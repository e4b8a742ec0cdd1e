//! How many connections there may be at a time. When all slots are taken, the connections that have waited longest for a
//! request make room: a client may find an idle connection closed at any time (RFC 9112, section 9.3.1), and one that
//! holds a header back loses nothing that it had a right to.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::AbortHandle;
use tokio::time::timeout;

/// Longest time until a connection that waits for a slot looks again for one that may be closed.
const LOOK: Duration = Duration::from_millis(20);

/// One in so many idle connections is closed at once: looking for the longest idle ones costs a walk over all.
const PART: usize = 64;

/// The state of a connection that is evicted; it is not evicted twice.
const EVICTED: u64 = u64::MAX - 1;
/// The state of a connection that answers: it is never evicted.
const BUSY: u64 = u64::MAX;
/// Added to the state of a connection that reads a body: it is evicted after all idle ones.
const READING: u64 = 1 << 62;

/// The connections that there may be.
#[derive(Debug)]
pub struct Slots {
    limit: usize,
    free: Arc<Semaphore>,
    /// Counts connections, which is time enough to tell who has waited longest.
    clock: Arc<AtomicU64>,
    taken: Mutex<BTreeMap<u64, Arc<Activity>>>,
    told: AtomicBool,
}

/// The slot of one connection, free again when this is dropped.
#[derive(Debug)]
pub struct Slot {
    number: u64,
    slots: Arc<Slots>,
    _free: OwnedSemaphorePermit,
}

/// What a connection is doing, and since when.
#[derive(Debug)]
pub struct Activity {
    state: AtomicU64,
    clock: Arc<AtomicU64>,
    task: OnceLock<AbortHandle>,
}

impl Activity {
    /// A request, or an answer to one, is on its way.
    pub fn is_busy(&self) -> bool {
        let state = self.state.load(Ordering::Relaxed);
        state != EVICTED && state >= READING
    }

    /// The body of a request is read.
    pub fn read(&self) {
        self.state.store(READING + self.clock.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// A request is answered.
    pub fn answer(&self) {
        self.state.store(BUSY, Ordering::Relaxed);
    }

    /// The next request is waited for.
    pub fn rest(&self) {
        self.state.store(self.clock.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The task that ends with the connection. Without one, the connection is never evicted.
    pub fn belongs_to(&self, task: AbortHandle) {
        let _ = self.task.set(task);
    }

    /// Ends the connection, unless its state has changed.
    fn evict(&self, state: u64) {
        let Some(task) = self.task.get() else { return };
        if self.state.compare_exchange(state, EVICTED, Ordering::Relaxed, Ordering::Relaxed).is_ok() {
            task.abort();
        }
    }
}

impl Slots {
    /// So many slots, all free.
    pub fn new(limit: usize) -> Arc<Self> {
        let (clock, taken, told) = Default::default();
        Arc::new(Self { limit, free: Arc::new(Semaphore::new(limit)), clock, taken, told })
    }

    /// What a new connection does: nothing yet.
    pub fn activity(&self) -> Arc<Activity> {
        let now = self.clock.fetch_add(1, Ordering::Relaxed);
        Arc::new(Activity { state: AtomicU64::new(now), clock: Arc::clone(&self.clock), task: OnceLock::new() })
    }

    /// A slot for a connection. Where there is none, idle connections are closed; where there are none of those either,
    /// it waits.
    pub async fn take(self: &Arc<Self>, activity: &Arc<Activity>) -> Slot {
        let free = match Arc::clone(&self.free).try_acquire_owned() {
            Ok(free) => free,
            Err(_) => self.make_room().await,
        };
        let number = self.clock.fetch_add(1, Ordering::Relaxed);
        self.taken().insert(number, Arc::clone(activity));
        Slot { number, slots: Arc::clone(self), _free: free }
    }

    async fn make_room(&self) -> OwnedSemaphorePermit {
        let mut free = pin!(Arc::clone(&self.free).acquire_owned());
        loop {
            self.evict();
            if let Ok(free) = timeout(LOOK, &mut free).await {
                return free.expect("nothing closes the semaphore");
            }
        }
    }

    /// Closes the connections that have waited longest.
    pub fn evict(&self) {
        let mut idle: Vec<(u64, Arc<Activity>)> = {
            let taken = self.taken();
            let states = taken.values().map(|one| (one.state.load(Ordering::Relaxed), Arc::clone(one)));
            states.filter(|(state, _)| *state < EVICTED).collect()
        };
        self.tell(idle.is_empty());
        let count = (idle.len() / PART).max(1);
        if count < idle.len() {
            idle.select_nth_unstable_by_key(count, |(state, _)| *state);
        }
        for (state, activity) in idle.iter().take(count) {
            activity.evict(*state);
        }
    }

    /// Tells once that connections are closed, or have to wait: each of thousands is no news.
    fn tell(&self, all_busy: bool) {
        if self.told.swap(true, Ordering::Relaxed) {
            return;
        }
        let limit = self.limit;
        if all_busy {
            tracing::warn!(limit, "as many connections as there may be are all busy: more of them wait");
        } else {
            tracing::warn!(
                limit,
                "there are as many connections as there may be: for more, the longest idle ones are closed"
            );
        }
    }

    fn taken(&self) -> MutexGuard<'_, BTreeMap<u64, Arc<Activity>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.slots.taken().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A connection that ends when it is evicted, and not before.
    async fn connection(slots: &Arc<Slots>) -> (Arc<Activity>, tokio::task::JoinHandle<()>) {
        let activity = slots.activity();
        let slot = slots.take(&activity).await;
        let task = tokio::spawn(async move {
            std::future::pending::<()>().await;
            drop(slot);
        });
        activity.belongs_to(task.abort_handle());
        (activity, task)
    }

    #[tokio::test]
    async fn the_longest_idle_connection_makes_room_then_those_that_read_and_none_that_answers() {
        let slots = Slots::new(3);
        let (first, answers) = connection(&slots).await;
        let (second, reads) = connection(&slots).await;
        let (_, idle) = connection(&slots).await;
        first.answer();
        second.read();
        connection(&slots).await;
        assert!(idle.await.is_err_and(|ended| ended.is_cancelled()));
        let (last, _) = connection(&slots).await;
        last.answer();
        connection(&slots).await.0.answer();
        assert!(reads.await.is_err_and(|ended| ended.is_cancelled()));
        assert!(!answers.is_finished());
        let waits = timeout(LOOK * 3, connection(&slots)).await;
        assert!(waits.is_err(), "all are busy");
        answers.abort();
        connection(&slots).await;
    }
}
