//! Watching a client: keeps every exchange, and gives the faults that are asked for.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Instant;

use bytes::Bytes;
use http::Request;

use super::serve::Observer;
use crate::client::{Exchange, Exchanges, FaultSchedule};
use crate::contract::Contract;
use crate::mock::{MockResponse, Sending};

/// An observer that keeps what it sees.
#[derive(Debug)]
pub struct Watch {
    contract: Arc<Contract>,
    started: Instant,
    schedule: Mutex<FaultSchedule>,
    seen: Mutex<Exchanges>,
}

impl Watch {
    /// Starts to watch; times are counted from here.
    #[must_use]
    pub fn new(contract: Arc<Contract>, schedule: FaultSchedule) -> Self {
        Self { contract, started: Instant::now(), schedule: Mutex::new(schedule), seen: Mutex::default() }
    }

    /// What was seen since the start, or since it was last asked for.
    #[must_use]
    pub fn take(&self) -> Exchanges {
        std::mem::take(&mut *self.seen.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Observer for Watch {
    fn see(&self, request: &Request<Bytes>, answered: &MockResponse, arrived: Instant) -> Sending {
        let due = self.schedule.lock().unwrap_or_else(PoisonError::into_inner).due(&self.contract, request, answered);
        let (fault, sending) = match due {
            Some((fault, sending)) => (Some(fault.name()), sending),
            None => (None, answered.response.clone().into()),
        };
        let mut exchange = Exchange::new(request.clone(), &sending, arrived.saturating_duration_since(self.started));
        exchange.fault = fault;
        self.seen.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
        sending
    }
}
