//! Which requests meet which fault.

use std::collections::HashSet;

use bytes::Bytes;
use http::Request;

use super::attempts::identity;
use super::observe::observe;
use crate::contract::Contract;
use crate::exchange::Fault;
use crate::mock::{MockResponse, Sending};

/// Most requests that are told apart in a rotation.
const MOST: usize = 100_000;

/// The faults that a run gives to requests which would have had a success.
#[derive(Debug, Default)]
pub struct FaultSchedule {
    faults: Vec<Fault>,
    /// Whether faults take turns, each request meeting one and only at its first attempt.
    turns: bool,
    met: HashSet<String>,
}

impl FaultSchedule {
    /// One fault at each attempt of each request.
    #[must_use]
    pub fn always(fault: Fault) -> Self {
        Self { faults: vec![fault], ..Self::default() }
    }

    /// The faults in turn, the first attempt of each request meeting the next of them.
    #[must_use]
    pub fn in_turn(faults: Vec<Fault>) -> Self {
        Self { faults, turns: true, ..Self::default() }
    }

    /// The fault that a request meets, and what is sent to it.
    pub fn due(
        &mut self,
        contract: &Contract,
        request: &Request<Bytes>,
        answered: &MockResponse,
    ) -> Option<(Fault, Sending)> {
        if self.faults.is_empty() || !answered.response.status().is_success() || self.met.len() >= MOST {
            return None;
        }
        let observation = observe(contract, request);
        observation.input()?;
        let mut turn = 0;
        if self.turns {
            turn = self.met.len();
            if !self.met.insert(identity(&observation)) {
                return None;
            }
        }
        let count = self.faults.len();
        (0..count).find_map(|step| {
            let fault = &self.faults[(turn + step) % count];
            Some((fault.clone(), fault.send(&observation, &answered.response)?))
        })
    }
}
