//! How far a run has come, and the wish that it ends.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use tokio::sync::Notify;

use super::event::Event;
use super::wire::Judgement;
use crate::generate::Case;

/// How far a run has come; may be read while it runs.
#[derive(Debug, Default)]
pub struct Progress {
    /// Cases in all.
    pub total: AtomicU64,
    /// Cases that are through, dropped ones among them.
    pub done: AtomicU64,
    /// Complaints so far.
    pub complaints: AtomicU64,
    /// The first complaint that may fail the run, in a line.
    pub first: OnceLock<String>,
    /// Whether findings are being made smaller.
    pub shrinking: AtomicBool,
    stop: AtomicBool,
    stopped: Notify,
}

impl Progress {
    /// Takes in what happened.
    pub(super) fn fold(&self, event: &Event<'_>) {
        match event {
            Event::Planned { cases } => self.total.store(*cases, Ordering::Relaxed),
            Event::PassedOver | Event::Dropped { .. } => self.count(0),
            Event::Judged { case, judgement, .. } => {
                self.keep_first(case, judgement);
                self.count(judgement.complaints.len() as u64);
            }
            Event::Shrinking => self.shrinking.store(true, Ordering::Relaxed),
            Event::Supported { .. } | Event::Stopped(_) | Event::Found(_) => {}
        }
    }

    /// Keeps the first complaint that may fail the run, in a line.
    fn keep_first(&self, case: &Case, judgement: &Judgement) {
        let found = judgement.complaints.iter().find(|(_, complaint)| complaint.is_finding());
        if let Some((code, complaint)) = found {
            self.first.get_or_init(|| {
                let about = complaint.about.as_deref().map(|about| format!(" {about}")).unwrap_or_default();
                format!("{code}: {}{about}: {}", case.operation.label, complaint.actual)
            });
        }
    }

    /// Counts a case that is through.
    fn count(&self, complaints: u64) {
        self.done.fetch_add(1, Ordering::Relaxed);
        self.complaints.fetch_add(complaints, Ordering::Relaxed);
    }

    /// Ends the run: what is on the way is given up, what was seen is reported.
    pub fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.stopped.notify_waiters();
    }

    /// Waits until the run is to end.
    pub(super) async fn ended(&self) {
        // Before the question whether it is, so that no call is missed.
        let stopped = self.stopped.notified();
        if !self.is_stopped() {
            stopped.await;
        }
    }

    /// Whether the run is to end.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generate::Dropped;

    #[test]
    fn progress_is_folded_from_events() {
        let progress = Progress::default();
        let dropped = Event::Dropped { operation: 0, reason: Dropped::Unreached };
        for event in [Event::Planned { cases: 3 }, Event::PassedOver, dropped, Event::Shrinking] {
            progress.fold(&event);
        }
        let [total, done, complaints] =
            [&progress.total, &progress.done, &progress.complaints].map(|count| count.load(Ordering::Relaxed));
        assert_eq!((total, done, complaints, progress.shrinking.load(Ordering::Relaxed)), (3, 2, 0, true));
    }
}
