//! How requests name their operation, in protocols where one path is many operations'.

use std::borrow::Cow;
use std::fmt::Debug;

use bytes::Bytes;
use http::uri::{PathAndQuery, Uri};
use http::{Method, Request};

use super::{Incoming, Rejection, form};
use crate::model::Cause;

/// A way to name an operation in a request.
pub trait Naming: Debug + Send + Sync {
    /// The methods of such requests in the native dialect.
    fn methods(&self) -> &'static [Method];

    /// The name by which requests know a service's operation.
    fn name_of<'o>(&self, service: &str, operation: &'o str) -> Cow<'o, str> {
        let _ = service;
        Cow::Borrowed(operation)
    }

    /// The name that a request has.
    ///
    /// # Errors
    /// [`Rejection`] when it has none, with the reason.
    fn read<'r>(&self, incoming: &Incoming<'r>) -> Result<Cow<'r, str>, Rejection>;

    /// Writes a name into a request: in the place of the one that it has, or where the protocol has it.
    fn write(&self, request: &mut Request<Bytes>, name: &str);
}

/// By a parameter `Action`, in the query string or in a form.
#[derive(Debug)]
pub struct Action {
    /// Whether a body is a form, or else JSON.
    pub takes_forms: bool,
}

/// The parameter.
pub const ACTION: &str = "Action";

impl Naming for Action {
    fn methods(&self) -> &'static [Method] {
        const METHODS: &[Method] = &[Method::POST, Method::GET];
        METHODS
    }

    fn read<'r>(&self, incoming: &Incoming<'r>) -> Result<Cow<'r, str>, Rejection> {
        if let Some(name) = incoming.parameter(ACTION) {
            return Ok(name);
        }
        Err(if incoming.request.body().is_empty() {
            let fragment =
                "no Action reached the server: a URL's fragment (#Action=...) is never sent, so write ?Action=...";
            Rejection::new(Cause::MissingAction, fragment)
        } else if self.takes_forms && incoming.has_json() {
            Rejection::new(Cause::UnsupportedMediaType, "the body is JSON, and this service takes forms")
        } else {
            Rejection::new(Cause::MissingAction, "the request has no Action parameter")
        })
    }

    fn write(&self, request: &mut Request<Bytes>, name: &str) {
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let (path, query) = target.split_once('?').unwrap_or((target, ""));
        let named = format!("{ACTION}={}", form::escape(name));
        let renamed = renamed(query, &named);
        if renamed.is_none()
            && self.takes_forms
            && let Some(body) = std::str::from_utf8(request.body()).ok().and_then(|body| self::renamed(body, &named))
        {
            *request.body_mut() = Bytes::from(body);
            return;
        }
        let added = || if query.is_empty() { named.clone() } else { format!("{named}&{query}") };
        let target = format!("{path}?{}", renamed.unwrap_or_else(added));
        if let Ok(target) = Uri::try_from(target) {
            *request.uri_mut() = target;
        }
    }
}

/// The pairs with another action; nothing where there is none.
fn renamed(pairs: &str, named: &str) -> Option<String> {
    let is_action = |pair: &&str| pair.split_once('=').is_some_and(|(name, _)| name == ACTION);
    let found = pairs.split('&').find(is_action)?;
    Some(pairs.replacen(found, named, 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_written_where_one_is_or_else_into_the_query() {
        for (target, body, expected) in [
            ("/?Action=A&Version=1", "", "/?Action=B&Version=1 "),
            ("/", "Action=A&x=Action=A", "/ Action=B&x=Action=A"),
            ("/?y=1", "{\"a\": 1}", "/?Action=B&y=1 {\"a\": 1}"),
            ("/", "", "/?Action=B "),
        ] {
            let mut request = Request::post(target).body(Bytes::from_static(body.as_bytes())).expect("a request");
            Action { takes_forms: true }.write(&mut request, "B");
            assert_eq!(format!("{} {}", request.uri(), String::from_utf8_lossy(request.body())), expected);
        }
    }
}
