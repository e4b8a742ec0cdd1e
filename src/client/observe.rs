//! A request of a client as an observation: what it is for, and what it says.

use std::borrow::Cow;

use bytes::Bytes;
use http::Request;

use crate::auth::{self, credential_region};
use crate::codec::Incoming;
use crate::contract::Contract;
use crate::exchange::{Misaddressed, Observation, Recognition, is_unread};
use crate::mock::{Astray, target};
use crate::model::Operation;

/// Reads a request. What was answered, and what went before, is for the caller to add.
#[must_use]
pub fn observe<'a>(contract: &'a Contract, request: &'a Request<Bytes>) -> Observation<'a> {
    let mut observation = Observation { recognition: recognition(contract, request), ..Observation::unknown(request) };
    observation.ways = contract.router().marks().ways();
    let incoming = Incoming::new(request);
    let Some(target) = target(contract, &incoming, None) else { return observation };
    observation.service = Some(target.service);
    observation.dialect = target.dialect;
    observation.unauthenticated = auth::fault(&target.service.auth, request);
    match target.operation {
        Ok(operation) => {
            observation.operation = Some(operation);
            if !is_unread(request) {
                read_input(&mut observation, &incoming);
            }
        }
        Err(Astray { cause, detail, named }) => {
            let meant = named.and_then(|named| meant(contract, &named));
            observation.misaddressed = Some(Misaddressed { cause, detail, meant });
        }
    }
    observation
}

fn recognition(contract: &Contract, request: &Request<Bytes>) -> Recognition {
    match (contract.router().marks().service(request), credential_region(request)) {
        (Some(_), _) => Recognition::Named,
        (None, Some(_)) => Recognition::Foreign,
        (None, None) => Recognition::PathOnly,
    }
}

fn read_input(observation: &mut Observation<'_>, incoming: &Incoming<'_>) {
    let (Some(operation), Some(codec)) = (observation.operation, observation.codec()) else { return };
    match codec.decode_incoming(operation, incoming) {
        Ok(decoded) => {
            observation.input = Some(Cow::Owned(decoded.input));
            observation.oddities = decoded.oddities;
        }
        Err(rejection) => observation.unreadable = Some(rejection),
    }
}

/// The operation whose name is the one that a request asks for, in other letters.
fn meant<'a>(contract: &'a Contract, named: &str) -> Option<&'a Operation> {
    let entries = contract.index().operations.iter();
    let row = entries.into_iter().position(|entry| entry.name != named && entry.name.eq_ignore_ascii_case(named))?;
    contract.operation_at(row).ok().map(|operation| &**operation)
}
