//! A request of a client as the checks see it: what it is for, what it says, and what came of earlier attempts.

use bytes::Bytes;
use http::Request;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use serde_json::Value;

use super::attempt::Attempt;
use crate::auth::credential_region;
use crate::codec::{Codec, Decoded, Incoming, Rejection};
use crate::contract::model::Cause;
use crate::contract::{Contract, Operation, Service};
use crate::mock::{Astray, Dialect, Target, target};
use crate::report::Shown;
use crate::text::{MASK, cut};

/// Longest text that is shown, in characters.
const LONGEST: usize = 2000;
/// Headers whose values are shown.
const SHOWN: [&str; 5] = ["content-type", "accept", "user-agent", "amz-sdk-request", "prefer"];

/// A request of a client.
#[derive(Debug)]
pub struct Sent<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// The request.
    pub request: &'a Request<Bytes>,
    /// What it says, where it is for an operation.
    pub decoded: Option<Result<Decoded, Rejection>>,
    /// Which attempt it is.
    pub attempt: Attempt,
    /// Earlier attempts of the same request, in their order.
    pub earlier: Vec<Attempt>,
    /// How often the command asks for the same when all goes well, where that is known.
    pub calls: Option<usize>,
    target: Option<Target<'a>>,
}

impl<'a> Sent<'a> {
    /// Reads a request. Attempts are told apart by what follows.
    #[must_use]
    pub fn read(contract: &'a Contract, request: &'a Request<Bytes>) -> Self {
        let incoming = Incoming::new(request);
        let target = target(contract, &incoming, None);
        let mut sent = Self {
            contract,
            request,
            decoded: None,
            attempt: Attempt::default(),
            earlier: Vec::new(),
            calls: None,
            target,
        };
        let operation = sent.operation().filter(|_| !sent.is_unread());
        sent.decoded = operation.and_then(|operation| Some(sent.codec()?.decode_incoming(operation, &incoming)));
        sent
    }

    /// The service it is for, or the likeliest one.
    #[must_use]
    pub fn service(&self) -> Option<&'a Service> {
        self.target.as_ref().map(|target| target.service)
    }

    /// The operation it is for.
    #[must_use]
    pub fn operation(&self) -> Option<&'a Operation> {
        self.target.as_ref()?.operation.as_ref().ok().copied()
    }

    /// Why it is for no operation.
    #[must_use]
    pub fn astray(&self) -> Option<(Cause, &str)> {
        let Astray { cause, detail, .. } = self.target.as_ref()?.operation.as_ref().err()?;
        Some((*cause, detail))
    }

    /// The name by which it asks for an operation that there is not.
    #[must_use]
    pub fn misnamed(&self) -> Option<&str> {
        self.target.as_ref()?.operation.as_ref().err()?.named.as_deref()
    }

    /// Whether it is signed for a service that the contract does not describe.
    #[must_use]
    pub fn is_for_others(&self) -> bool {
        credential_region(self.request).is_some() && self.is_for_nobody()
    }

    /// Whether nothing but its path says which service it is for.
    #[must_use]
    pub fn is_for_nobody(&self) -> bool {
        self.contract.router().marks().service(self.request).is_none()
    }

    /// The dialect it is spoken in.
    #[must_use]
    pub fn dialect(&self) -> Dialect {
        self.target.as_ref().map_or(Dialect::Native, |target| target.dialect)
    }

    /// The codec it is spoken in.
    #[must_use]
    pub fn codec(&self) -> Option<&'static dyn Codec> {
        Some(self.service()?.codec_for(self.dialect()))
    }

    /// Whether it has a body that was not taken in: too large, too late, or broken off.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        let headers = self.request.headers();
        let announced = headers.get(CONTENT_LENGTH).is_some_and(|length| length != "0");
        self.request.body().is_empty() && (announced || headers.contains_key(TRANSFER_ENCODING))
    }

    /// The input, where it could be read.
    #[must_use]
    pub fn input(&self) -> Option<&Value> {
        self.decoded.as_ref()?.as_ref().ok().map(|decoded| &decoded.input)
    }

    /// Parameters of the query string, decoded.
    #[must_use]
    pub fn query(&self) -> Vec<(String, String)> {
        form_urlencoded::parse(self.request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect()
    }

    /// The request as a person may see it: its input with everything sensitive or unknown masked, and of its headers and
    /// its query what cannot be a secret.
    #[must_use]
    pub fn shown(&self) -> Shown {
        let named = self.query().into_iter().map(|(name, value)| {
            let is_plain = self.service().is_some_and(|service| service.owns_parameter(&name));
            let value = if is_plain { value } else { MASK.to_owned() };
            format!("{}={}", cut(name, 60), cut(value, 60))
        });
        let query = named.take(20).collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        let headers = self.request.headers().iter().filter(|(name, _)| SHOWN.contains(&name.as_str()));
        Shown {
            line: format!("{} {}{mark}{query}", self.request.method(), cut(self.request.uri().path(), 200)),
            headers: headers
                .map(|(name, value)| (name.to_string(), cut(String::from_utf8_lossy(value.as_bytes()), 200)))
                .collect(),
            body: self.shown_input(),
        }
    }

    fn shown_input(&self) -> String {
        match (self.operation(), self.input()) {
            (Some(operation), Some(input)) => cut(operation.input.mask(input).to_string(), LONGEST),
            _ if self.request.body().is_empty() => String::new(),
            _ => format!("({} bytes that could not be read as an input)", self.request.body().len()),
        }
    }
}
