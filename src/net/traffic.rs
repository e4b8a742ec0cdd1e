//! What goes over a connection that a proxy passes on, and when it stands still for too long.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::sleep_until;

use super::proxy::ProxyLimits;
use super::slots::Activity;
use super::talk::Talk;

/// The traffic of one connection.
pub(super) struct Traffic<'a> {
    state: Mutex<State>,
    /// The phase is another one.
    changed: Notify,
    activity: &'a Activity,
    limits: ProxyLimits,
}

struct State {
    talk: Talk,
    moved: Instant,
    phase: Phase,
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// A request.
    Idle,
    /// The rest of a request, or an answer.
    Busy,
    /// The end of the other side, when one has ended and nothing is due any more.
    Ending,
}

impl<'a> Traffic<'a> {
    pub(super) fn new(talk: Talk, activity: &'a Activity, limits: ProxyLimits) -> Self {
        activity.rest();
        let state = Mutex::new(State { talk, moved: Instant::now(), phase: Phase::Idle });
        Self { state, changed: Notify::new(), activity, limits }
    }

    /// Something has moved, which the talk reads.
    pub(super) fn moved(&self, read: impl FnOnce(&mut Talk)) {
        let mut state = self.state();
        read(&mut state.talk);
        state.moved = Instant::now();
        let phase = match (state.talk.is_ended(), state.talk.is_busy()) {
            (true, _) => Phase::Ending,
            (false, true) => Phase::Busy,
            (false, false) => Phase::Idle,
        };
        if phase != state.phase {
            state.phase = phase;
            self.changed.notify_one();
        }
        if phase == Phase::Busy { self.activity.answer() } else { self.activity.rest() }
    }

    /// Ends when nothing has moved for too long.
    pub(super) async fn stalled(&self) {
        loop {
            let due = self.due();
            if due <= Instant::now() {
                return;
            }
            tokio::select! {
                () = sleep_until(due.into()) => {}
                () = self.changed.notified() => {}
            }
        }
    }

    fn due(&self) -> Instant {
        let state = self.state();
        state.moved + self.longest(state.phase)
    }

    fn longest(&self, phase: Phase) -> Duration {
        match phase {
            Phase::Idle => self.limits.idle_time,
            Phase::Busy => self.limits.answer_time,
            Phase::Ending => self.limits.end_time,
        }
    }

    /// Gives a connection up on which nothing moves; says whether that cuts nothing off.
    pub(super) fn give_up(&self) -> bool {
        let mut state = self.state();
        if state.phase == Phase::Busy {
            let time = self.limits.answer_time;
            tracing::warn!("for {time:?} nothing has come of what is due: the connection is given up");
            state.talk.late(time);
        }
        state.phase != Phase::Busy
    }

    /// Whether a request or an answer is on its way, or may be.
    pub(super) fn is_busy(&self) -> bool {
        self.state().talk.is_busy()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
