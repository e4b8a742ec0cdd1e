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
use crate::codec::{Addressing, is_json, media_type};
use crate::contract::model::Cause;
use crate::contract::{Contract, Operation, Service};

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
    let service = match &operation {
        Ok(operation) => &*operation.service,
        Err(_) => contract.services().get(service)?,
    };
    let dialect = if service.documented.is_some() { dialect } else { Dialect::Native };
    Some(Target { service, dialect, operation })
}

type Found<'c> = (usize, Result<&'c Operation, (Cause, String)>);

fn by_method<'c>(
    contract: &'c Contract,
    request: &Request<Bytes>,
    dialect: Dialect,
    candidates: &[usize],
    guess: impl Fn() -> Option<usize>,
) -> Found<'c> {
    let operations = candidates.iter().map(|index| &*contract.operations()[*index]);
    let mut speaking = operations.clone().filter(|operation| method_of(operation, dialect) == request.method());
    if let Some(first) = speaking.next() {
        let Some(second) = speaking.next() else { return (0, Ok(first)) };
        let service = guess().map(|index| &contract.services()[index].name);
        let of_service =
            [first, second].into_iter().chain(speaking).find(|operation| Some(&operation.service.name) == service);
        return (0, Ok(of_service.unwrap_or(first)));
    }
    let methods: Vec<&str> = operations.clone().map(|operation| method_of(operation, dialect).as_str()).collect();
    let owner = operations.clone().next().and_then(|operation| index_of(contract, &operation.service));
    let detail = format!("this path takes {}", methods.join(", "));
    (guess().or(owner).unwrap_or(0), Err((Cause::MethodNotAllowed, detail)))
}

fn by_action<'c>(
    contract: &'c Contract,
    request: &Request<Bytes>,
    dialect: Dialect,
    services: &[usize],
    guess: impl Fn() -> Option<usize>,
) -> Found<'c> {
    let likely = guess().unwrap_or(services[0]);
    let elsewhere = || (likely, Err((Cause::UnknownPath, "the service has nothing at this path".into())));
    let Some(action) = action(request) else {
        if !services.contains(&likely) {
            return elsewhere();
        }
        let service = &contract.services()[likely];
        return (likely, Err(without_action(service, dialect, request)));
    };
    let candidates = contract.router().by_action(&action);
    let mut named =
        candidates.iter().map(|index| &*contract.operations()[*index]).filter(|operation| operation.name == action);
    let operation = match (named.next(), named.next()) {
        (Some(only), None) => only,
        (Some(first), Some(_)) => {
            let service = guess().map(|index| &contract.services()[index].name);
            let of_service = candidates
                .iter()
                .map(|index| &*contract.operations()[*index])
                .find(|operation| Some(&operation.service.name) == service);
            of_service.unwrap_or(first)
        }
        (None, _) if !services.contains(&likely) => return elsewhere(),
        (None, _) => {
            let detail = "the service has no such action, or this contract does not describe it";
            return (likely, Err((Cause::UnknownAction, detail.into())));
        }
    };
    let service = index_of(contract, &operation.service).unwrap_or(services[0]);
    let spoken = match dialect {
        Dialect::Native => [Method::POST, Method::GET].contains(request.method()),
        Dialect::Documented => method_of(operation, dialect) == request.method(),
    };
    if !spoken {
        let detail = format!("the operation takes {} here", method_of(operation, dialect));
        return (service, Err((Cause::MethodNotAllowed, detail)));
    }
    (service, Ok(operation))
}

/// Why a request to a service with actions names none.
fn without_action(service: &Service, dialect: Dialect, request: &Request<Bytes>) -> (Cause, String) {
    let spoken = [Method::GET, Method::POST].contains(request.method());
    if !spoken && dialect == Dialect::Native {
        return (Cause::MethodNotAllowed, "actions are asked for with POST or GET".into());
    }
    if request.body().is_empty() {
        let fragment =
            "no Action reached the server: a URL's fragment (#Action=...) is never sent, so write ?Action=...";
        return (Cause::MissingAction, fragment.into());
    }
    let takes_forms = dialect == Dialect::Native && service.codec().addressing() == Addressing::Action;
    if takes_forms && media_type(request.headers()).is_some_and(|media_type| is_json(&media_type)) {
        return (Cause::UnsupportedMediaType, "the body is JSON, and this service takes forms".into());
    }
    (Cause::MissingAction, "the request has no Action parameter".into())
}

fn index_of(contract: &Contract, service: &Service) -> Option<usize> {
    contract.services().iter().position(|known| known.name == service.name)
}

fn method_of(operation: &Operation, dialect: Dialect) -> &Method {
    match (&operation.documented, dialect) {
        (Some(documented), Dialect::Documented) => &documented.method,
        _ => &operation.http.method,
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
    let operations = contract.operations().iter();
    let mut known: Vec<String> =
        operations.map(|operation| format!("{} {}", operation.http.method, operation.http.path)).collect();
    known.dedup();
    known.truncate(5);
    format!("there is, among others, {}", known.join(", "))
}
