//! Which service, operation and dialect a request is for.

use std::borrow::Cow;
use std::str::FromStr;

use bytes::Bytes;
use http::header::{ACCEPT, AUTHORIZATION};
use http::{Method, Request};
#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::credentials;
use crate::codec::{self, Addressing, is_json, media_type};
use crate::contract::{Contract, Operation, Service};
use crate::model::{Cause, OperationEntry, Protocol};

/// Which protocol an operation is spoken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// What the real SDKs speak.
    Native,
    /// What the documents' pages show.
    Documented,
}

impl Dialect {
    /// The name, as flags and headers have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Documented => "documented",
        }
    }
}

impl FromStr for Dialect {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Native, Self::Documented].into_iter().find(|dialect| dialect.name() == text).ok_or(())
    }
}

/// What a request is for.
#[derive(Debug)]
pub struct Target<'c> {
    /// The service, or the likeliest one.
    pub service: &'c Service,
    /// The dialect the answer is given in.
    pub dialect: Dialect,
    /// The operation, or why there is none.
    pub operation: Result<&'c Operation, (Cause, String)>,
}

/// Finds what a request is for; nothing when the contract is empty.
pub fn target<'c>(contract: &'c Contract, request: &Request<Bytes>, wanted: Option<Dialect>) -> Option<Target<'c>> {
    let dialect = wanted.unwrap_or_else(|| guess_dialect(request));
    let residents = contract.router().by_path(request.uri().path());
    let guess = || contract.router().service(request);
    let (service, operation) = if !residents.operations.is_empty() {
        by_method(contract, request, dialect, &residents.operations, guess)
    } else if !residents.services.is_empty() {
        by_action(contract, request, dialect, &residents.services, guess)
    } else {
        let detail = format!("there is nothing at this path; {}", advice(contract));
        (guess().unwrap_or(0), Err((Cause::UnknownPath, detail)))
    };
    let operation = operation.and_then(|row| compiled(contract, row));
    let service = match &operation {
        Ok(operation) => &*operation.service,
        Err(_) if service < contract.index().services.len() => contract.service_at(service).ok()?,
        Err(_) => return None,
    };
    let dialect = if service.documented.is_some() { dialect } else { Dialect::Native };
    Some(Target { service, dialect, operation })
}

/// The rows of the service and of the operation, or why there is no operation.
type Found = (usize, Result<usize, (Cause, String)>);

/// The operation in a row of the index. One whose spec is broken answers as if it were not there, and says why.
fn compiled(contract: &Contract, row: usize) -> Result<&Operation, (Cause, String)> {
    contract.operation_at(row).map(|operation| &**operation).map_err(|_| {
        let detail = format!("the spec of {} is broken; `accordant spec lint` shows why", contract.index().label(row));
        (Cause::UnknownPath, detail)
    })
}

fn by_method(
    contract: &Contract,
    request: &Request<Bytes>,
    dialect: Dialect,
    candidates: &[usize],
    guess: impl Fn() -> Option<usize>,
) -> Found {
    let entry = |row: &usize| &contract.index().operations[*row];
    let mut speaking = candidates.iter().filter(|row| method_of(entry(row), dialect) == request.method());
    if let Some(first) = speaking.next() {
        let Some(second) = speaking.next() else { return (0, Ok(*first)) };
        let service = guess();
        let of_service = [first, second].into_iter().chain(speaking).find(|row| Some(entry(row).service) == service);
        return (0, Ok(*of_service.unwrap_or(first)));
    }
    let methods: Vec<&str> = candidates.iter().map(|row| method_of(entry(row), dialect).as_str()).collect();
    let owner = candidates.first().map(|row| entry(row).service);
    let detail = format!("this path takes {}", methods.join(", "));
    (guess().or(owner).unwrap_or(0), Err((Cause::MethodNotAllowed, detail)))
}

fn by_action(
    contract: &Contract,
    request: &Request<Bytes>,
    dialect: Dialect,
    services: &[usize],
    guess: impl Fn() -> Option<usize>,
) -> Found {
    let likely = guess().unwrap_or(services[0]);
    let elsewhere = || (likely, Err((Cause::UnknownPath, "the service has nothing at this path".into())));
    let Some(action) = action(request) else {
        if !services.contains(&likely) {
            return elsewhere();
        }
        let protocol = contract.index().services[likely].protocol;
        return (likely, Err(without_action(protocol, dialect, request)));
    };
    let entry = |row: &usize| &contract.index().operations[*row];
    let candidates = contract.router().by_action(&action);
    let mut named = candidates.iter().filter(|row| entry(row).name == action);
    let row = match (named.next(), named.next()) {
        (Some(only), None) => *only,
        (Some(first), Some(_)) => {
            let service = guess();
            *candidates.iter().find(|row| Some(entry(row).service) == service).unwrap_or(first)
        }
        (None, _) if !services.contains(&likely) => return elsewhere(),
        (None, _) => {
            let detail = "the service has no such action, or this contract does not describe it";
            return (likely, Err((Cause::UnknownAction, detail.into())));
        }
    };
    let operation = entry(&row);
    let service = operation.service;
    let spoken = match dialect {
        Dialect::Native => [Method::POST, Method::GET].contains(request.method()),
        Dialect::Documented => method_of(operation, dialect) == request.method(),
    };
    if !spoken {
        let detail = format!("the operation takes {} here", method_of(operation, dialect));
        return (service, Err((Cause::MethodNotAllowed, detail)));
    }
    (service, Ok(row))
}

/// Why a request to a service with actions names none.
fn without_action(protocol: Protocol, dialect: Dialect, request: &Request<Bytes>) -> (Cause, String) {
    let spoken = [Method::GET, Method::POST].contains(request.method());
    if !spoken && dialect == Dialect::Native {
        return (Cause::MethodNotAllowed, "actions are asked for with POST or GET".into());
    }
    if request.body().is_empty() {
        let fragment =
            "no Action reached the server: a URL's fragment (#Action=...) is never sent, so write ?Action=...";
        return (Cause::MissingAction, fragment.into());
    }
    let takes_forms = dialect == Dialect::Native && codec::of(protocol).addressing() == Addressing::Action;
    if takes_forms && media_type(request.headers()).is_some_and(|media_type| is_json(&media_type)) {
        return (Cause::UnsupportedMediaType, "the body is JSON, and this service takes forms".into());
    }
    (Cause::MissingAction, "the request has no Action parameter".into())
}

fn method_of(operation: &OperationEntry, dialect: Dialect) -> &Method {
    match (&operation.documented, dialect) {
        (Some(documented), Dialect::Documented) => &documented.method,
        _ => &operation.route.method,
    }
}

/// The `Action` parameter, of the query string or of a form body.
fn action(request: &Request<Bytes>) -> Option<Cow<'_, str>> {
    let find = |text| form_urlencoded::parse(text).find(|(name, _)| name == "Action").map(|(_, value)| value);
    let in_query = request.uri().query().and_then(|query| find(query.as_bytes()));
    let json = || media_type(request.headers()).is_some_and(|media_type| is_json(&media_type));
    in_query.or_else(|| find(request.body()).filter(|_| !json())).filter(|action| !action.is_empty())
}

/// A signature, a token or an SDK's header speak for the native dialect; asking for JSON without any for the documented one.
fn guess_dialect(request: &Request<Bytes>) -> Dialect {
    let headers = request.headers();
    if headers.contains_key(AUTHORIZATION) {
        return Dialect::Native;
    }
    let asks_for_json = headers
        .get(ACCEPT)
        .and_then(|value| value.to_str().ok())
        .is_some_and(|accept| accept.contains("application/json"));
    let of_sdk = |name: &str| {
        name.starts_with("amz-sdk-") || name.starts_with("x-amz-") || name == "x-auth-token" || name == "x-sdk-date"
    };
    if !asks_for_json || credentials::is_presigned(request) || headers.keys().any(|name| of_sdk(name.as_str())) {
        return Dialect::Native;
    }
    Dialect::Documented
}

fn advice(contract: &Contract) -> String {
    let routes = contract.index().operations.iter().map(|operation| &operation.route).take(20);
    let mut known: Vec<String> = routes.map(|route| format!("{} {}", route.method, route.path)).collect();
    known.dedup();
    known.truncate(5);
    format!("there is, among others, {}", known.join(", "))
}
