//! A request of a client as an observation: what it is for, and what it says.

use std::borrow::Cow;

use bytes::Bytes;
use http::Request;

use crate::contract::Contract;
use crate::contract::route::credential_region;
use crate::exchange::{Misaddressed, Observation, Recognition, is_unread};
use crate::mock::{credentials_fault, target};

/// Reads a request. What was answered, and what went before, is for the caller to add.
#[must_use]
pub fn observe<'a>(contract: &'a Contract, request: &'a Request<Bytes>) -> Observation<'a> {
    let mut observation = Observation { recognition: recognition(contract, request), ..Observation::unknown(request) };
    let Some(target) = target(contract, request, None) else { return observation };
    observation.service = Some(target.service);
    observation.dialect = target.dialect;
    observation.unauthenticated = credentials_fault(target.service, request);
    match target.operation {
        Ok(operation) => {
            observation.operation = Some(operation);
            if !is_unread(request) {
                read_input(&mut observation);
            }
        }
        Err((cause, detail)) => {
            observation.misaddressed = Some(Misaddressed { cause, detail, meant: meant(contract, &observation) });
        }
    }
    observation
}

fn recognition(contract: &Contract, request: &Request<Bytes>) -> Recognition {
    match (contract.router().service(request), credential_region(request)) {
        (Some(_), _) => Recognition::Named,
        (None, Some(_)) => Recognition::Foreign,
        (None, None) => Recognition::PathOnly,
    }
}

fn read_input(observation: &mut Observation<'_>) {
    let (Some(operation), Some(codec)) = (observation.operation, observation.codec()) else { return };
    match codec.decode_request(operation, observation.request) {
        Ok(decoded) => {
            observation.input = Some(Cow::Owned(decoded.input));
            observation.oddities = decoded.oddities;
        }
        Err(rejection) => observation.unreadable = Some(rejection),
    }
}

/// The operation whose name the action of a request has in other letters.
fn meant<'a>(contract: &'a Contract, observation: &Observation<'_>) -> Option<&'a crate::contract::Operation> {
    let form = form_urlencoded::parse(observation.request.body()).into_owned();
    let (_, action) = observation.query().into_iter().chain(form).find(|(name, _)| name == "Action")?;
    let mut operations = contract.operations().iter().map(|operation| &**operation);
    operations.find(|known| known.name != action && known.name.eq_ignore_ascii_case(&action))
}
