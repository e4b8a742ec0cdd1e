//! Patience with a server that does not answer: after a few requests without an answer the next ones are waited for shortly,
//! and then none are sent.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use crate::exchange::{Reply, TransportFailure};

/// How long answers are waited for once several in a row did not come.
const SHORT: Duration = Duration::from_secs(2);
/// Requests in a row without an answer before that, and before no more are sent, where the server never answered.
const NEVER: [u64; 2] = [1, 4];
/// The same where it did: so many may be on the way at once.
const NO_MORE: [u64; 2] = [32, 64];

/// What is known of a server's silence.
#[derive(Debug, Default)]
pub struct Patience {
    has_answered: AtomicBool,
    /// Requests in a row that were waited for in vain.
    silent: AtomicU64,
}

impl Patience {
    /// Takes in what came back.
    pub fn note(&self, reply: &Result<Reply, TransportFailure>) {
        match reply {
            Err(TransportFailure::Timeout(_)) => _ = self.silent.fetch_add(1, Ordering::Relaxed),
            Err(failure) if failure.is_unreachable() => {}
            _ => {
                self.has_answered.store(true, Ordering::Relaxed);
                self.silent.store(0, Ordering::Relaxed);
            }
        }
    }

    /// How long the next answer is waited for, where that is shorter than the sender would.
    #[must_use]
    pub fn limit(&self) -> Option<Duration> {
        let [shorter, _] = self.bounds();
        (self.silent.load(Ordering::Relaxed) >= shorter).then_some(SHORT)
    }

    /// Whether no more is to be sent.
    #[must_use]
    pub fn is_over(&self) -> bool {
        let [_, last] = self.bounds();
        self.silent.load(Ordering::Relaxed) >= last
    }

    fn bounds(&self) -> [u64; 2] {
        if self.has_answered.load(Ordering::Relaxed) { NO_MORE } else { NEVER }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Response;

    use super::*;

    #[test]
    fn silence_is_borne_for_less_where_no_answer_ever_came() {
        let silence = Err(TransportFailure::Timeout(Duration::from_secs(30)));
        let never = Patience::default();
        assert_eq!((never.limit(), never.is_over()), (None, false));
        never.note(&silence);
        assert_eq!((never.limit(), never.is_over()), (Some(SHORT), false));
        (0..3).for_each(|_| never.note(&silence));
        assert!(never.is_over());

        let patience = Patience::default();
        let answer = Reply { response: Response::new(Bytes::new()), elapsed: Duration::ZERO };
        patience.note(&Ok(answer.clone()));
        (0..31).for_each(|_| patience.note(&silence));
        assert_eq!((patience.limit(), patience.is_over()), (None, false));
        (0..33).for_each(|_| patience.note(&silence));
        assert_eq!((patience.limit(), patience.is_over()), (Some(SHORT), true));
        patience.note(&Ok(answer));
        assert_eq!((patience.limit(), patience.is_over()), (None, false));
    }
}
