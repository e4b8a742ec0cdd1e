//! Which service, operation and dialect a request is for.

use std::borrow::Cow;

use bytes::Bytes;
use http::Request;
use http::header::{ACCEPT, AUTHORIZATION};

use crate::codec::Incoming;
use crate::contract::Contract;
use crate::model::{Cause, Dialect, Operation, Service};

/// What a request is for.
#[derive(Debug)]
pub struct Target<'c> {
    /// The service, or the likeliest one.
    pub service: &'c Service,
    /// The dialect the answer is given in.
    pub dialect: Dialect,
    /// The operation, or why there is none.
    pub operation: Result<&'c Operation, Astray>,
}

/// A request that is for no operation.
#[derive(Debug, Clone)]
pub struct Astray {
    /// What is wrong with it.
    pub cause: Cause,
    /// The same in words, without any value of the request.
    pub detail: String,
    /// The name by which it asks for an operation, where its protocol has names.
    #[cfg_attr(not(feature = "check"), allow(dead_code, reason = "checks of clients ask for it"))]
    pub named: Option<String>,
}

/// Finds what a request is for; nothing when the contract is empty.
pub fn target<'c>(contract: &'c Contract, incoming: &Incoming<'_>, wanted: Option<Dialect>) -> Option<Target<'c>> {
    let dialect = wanted.unwrap_or_else(|| guess_dialect(contract, incoming.request));
    let route = contract.router().find(incoming, dialect);
    let named = route.named;
    let operation =
        route.operation.map_err(|(cause, detail)| Astray { cause, detail, named: named.map(Cow::into_owned) });
    let operation = operation.and_then(|row| compiled(contract, row));
    let service = match &operation {
        Ok(operation) => &*operation.service,
        Err(_) if route.service < contract.index().services.len() => contract.service_at(route.service).ok()?,
        Err(_) => return None,
    };
    let dialect = if service.documented.is_some() { dialect } else { Dialect::Native };
    Some(Target { service, dialect, operation })
}

fn compiled(contract: &Contract, row: usize) -> Result<&Operation, Astray> {
    contract.operation_at(row).map(|operation| &**operation).map_err(|_| {
        let detail = format!("the spec of {} is broken; `accordant spec lint` shows why", contract.index().label(row));
        Astray { cause: Cause::UnknownPath, detail, named: None }
    })
}

/// A signature, a token or an SDK's header speak for the native dialect; asking for JSON without any for the documented one.
fn guess_dialect(contract: &Contract, request: &Request<Bytes>) -> Dialect {
    let headers = request.headers();
    if headers.contains_key(AUTHORIZATION) {
        return Dialect::Native;
    }
    let asks_for_json = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"));
    if !asks_for_json || contract.router().marks().is_native(request) {
        return Dialect::Native;
    }
    Dialect::Documented
}
