//! A request on its way to an operation: what has been read of it once is not read again.

use std::borrow::Cow;
use std::cell::{OnceCell, RefCell};

use bytes::Bytes;
use http::Request;

use super::form::{self, Pairs};
use super::{Rejection, is_json, media_type};

/// A request, with what has been read of it so far.
#[derive(Debug)]
pub struct Incoming<'r> {
    /// The request.
    pub request: &'r Request<Bytes>,
    query: RefCell<Option<Pairs<'r>>>,
    body: RefCell<Option<Pairs<'r>>>,
    labels: OnceCell<Vec<&'r str>>,
}

impl<'r> Incoming<'r> {
    /// A request of which nothing has been read.
    #[must_use]
    pub fn new(request: &'r Request<Bytes>) -> Self {
        Self { request, query: RefCell::default(), body: RefCell::default(), labels: OnceCell::new() }
    }

    /// Keeps what the labels of the operation's path stand for, in their order and as it is written.
    pub fn set_labels(&self, labels: Vec<&'r str>) {
        // The first who finds them is the router.
        let _ = self.labels.set(labels);
    }

    /// What the labels of the operation's path stand for, where somebody has found them.
    pub(super) fn labels(&self) -> Option<&[&'r str]> {
        self.labels.get().map(Vec::as_slice)
    }

    /// The first value of a parameter in the query string, or else in a form body; empty ones are none. It is found
    /// even where others cannot be read.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<Cow<'r, str>> {
        let query = self.request.uri().query().unwrap_or_default().as_bytes();
        let found = first(&self.query, query, name);
        let found = found.or_else(|| if self.has_json() { None } else { first(&self.body, self.request.body(), name) });
        found.filter(|value| !value.is_empty())
    }

    /// Whether the query string has a parameter, or one with this value.
    #[must_use]
    pub fn asks(&self, name: &str, value: Option<&str>) -> bool {
        let query = self.request.uri().query().unwrap_or_default().as_bytes();
        with(&self.query, query, |pairs| {
            pairs.iter().any(|(known, said)| known == name && value.is_none_or(|value| said == value))
        })
    }

    /// Whether the body says that it is JSON.
    #[must_use]
    pub fn has_json(&self) -> bool {
        media_type(self.request.headers()).is_some_and(|media_type| is_json(&media_type))
    }

    /// The parameters of the query string.
    pub(super) fn query(&self) -> Result<Pairs<'r>, Rejection> {
        take(&self.query, self.request.uri().query().unwrap_or_default().as_bytes())
    }

    /// The parameters of a form body.
    pub(super) fn form(&self) -> Result<Pairs<'r>, Rejection> {
        take(&self.body, self.request.body())
    }
}

/// The pairs, which may have been parsed before.
fn take<'r>(kept: &RefCell<Option<Pairs<'r>>>, text: &'r [u8]) -> Result<Pairs<'r>, Rejection> {
    kept.borrow_mut().take().map_or_else(|| form::parse(text), Ok)
}

/// The first value of a name; the pairs are kept.
fn first<'r>(kept: &RefCell<Option<Pairs<'r>>>, text: &'r [u8], name: &str) -> Option<Cow<'r, str>> {
    with(kept, text, |pairs| pairs.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone()))
}

/// Asks something of pairs, which are kept; of a text with some that are not UTF-8, these are read as far as they are.
fn with<'r, T>(
    kept: &RefCell<Option<Pairs<'r>>>,
    text: &'r [u8],
    ask: impl FnOnce(&[(Cow<'r, str>, Cow<'r, str>)]) -> T,
) -> T {
    let mut kept = kept.borrow_mut();
    if kept.is_none() {
        match form::parse(text) {
            Ok(pairs) => *kept = Some(pairs),
            Err(_) => return ask(&form_urlencoded::parse(text).collect::<Pairs<'r>>()),
        }
    }
    ask(kept.as_deref().unwrap_or_default())
}
