//! The bridge to wiremock: the contract as a responder, and as a mock server of its own.

use std::fmt::Write;
use std::ops::Deref;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use http::Uri;
use wiremock::matchers::any;
use wiremock::{MockServer, Respond, ResponseTemplate};

use crate::contract::Contract;
use crate::mock::{Breach, Mock};

/// Most requests whose faults are kept; more are counted.
const KEPT: usize = 1000;
/// Most requests that a failed assertion lists.
const LISTED: usize = 100;

/// Answers wiremock's requests by the contract, and keeps what was wrong with each. Clones share what they keep.
#[derive(Debug, Clone)]
#[must_use = "a responder answers nothing until it is mounted"]
pub struct Responder {
    mock: Mock,
    seen: Arc<Mutex<Seen>>,
}

/// What requests there were.
#[derive(Debug, Default)]
struct Seen {
    requests: u64,
    broken: u64,
    /// The first of the broken ones.
    breaches: Vec<Breach>,
}

/// A wiremock server that answers by the contract, and keeps what was wrong with each request.
///
/// It is a [`MockServer`] for all else: `uri()` says where it listens, and mocks of your own go before the contract when
/// they are mounted on it. What they answer is not judged. Dropping it stops it, and judges nothing; what mocks of your own
/// `expect` is wiremock's to verify then.
#[derive(Debug)]
#[must_use = "the server stops when it is dropped; `assert_conforming` tells whether the requests kept the contract"]
pub struct ContractServer {
    server: MockServer,
    responder: Responder,
}

impl Mock {
    /// This mock as a responder for `wiremock::Mock::respond_with`.
    pub fn responder(self) -> Responder {
        Responder { mock: self, seen: Arc::default() }
    }

    /// This mock as a wiremock server on a free port of loopback.
    pub async fn server(self) -> ContractServer {
        let (server, responder) = (MockServer::start().await, self.responder());
        let everything = wiremock::Mock::given(any()).respond_with(responder.clone()).with_priority(u8::MAX);
        everything.mount(&server).await;
        ContractServer { server, responder }
    }
}

impl Contract {
    /// The contract as a responder for `wiremock::Mock::respond_with`.
    ///
    /// ```
    /// # async fn example() {
    /// use accordant::Contract;
    /// use wiremock::matchers::path_regex;
    /// use wiremock::{Mock, MockServer};
    ///
    /// let server = MockServer::start().await;
    /// let responder = Contract::builtin().responder();
    /// Mock::given(path_regex("^/v3/")).respond_with(responder.clone()).mount(&server).await;
    /// // … requests …
    /// responder.assert_conforming();
    /// # }
    /// ```
    pub fn responder(&self) -> Responder {
        Mock::new(self.clone()).responder()
    }

    /// A server on a free port of loopback that answers everything by the contract, and keeps what was wrong with each
    /// request. Further wiremock mocks may be mounted on it; they go first.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let mock = accordant::Contract::builtin().mock_server().await;
    /// # use accordant::{judge::Send, net::send::{Client, SendLimits}};
    /// # let client = Client::new(&mock.uri().parse()?, SendLimits::default())?;
    /// let request = http::Request::put("/backup-jobs").body("{}".into())?;
    /// assert_eq!(client.send(request).await?.response.status(), 403);
    /// assert_eq!(mock.violations()[0].broken[0].constraint, "#missing-credentials");
    /// # Ok(())
    /// # }
    /// ```
    pub async fn mock_server(&self) -> ContractServer {
        Mock::new(self.clone()).server().await
    }
}

impl Responder {
    /// How many requests it has answered.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.seen().requests
    }

    /// The requests that broke the contract, as they came; of many, the first 1,000.
    #[must_use]
    pub fn violations(&self) -> Vec<Breach> {
        self.seen().breaches.clone()
    }

    /// Asserts that no request broke the contract. It is satisfied when there was none: see [`Self::requests`].
    ///
    /// # Panics
    /// When a request broke the contract; the message lists each with what it broke, who says so, and the error it got.
    #[track_caller]
    #[allow(clippy::panic, reason = "what an assertion is for")]
    pub fn assert_conforming(&self) {
        let failure = self.seen().failure();
        if let Some(failure) = failure {
            panic!("{failure}");
        }
    }

    fn seen(&self) -> MutexGuard<'_, Seen> {
        // Whoever held it has left it whole: what is done to it cannot panic half way.
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Seen {
    fn failure(&self) -> Option<String> {
        if self.broken == 0 {
            return None;
        }
        let mut text = format!("{} of {} requests broke the contract\n", self.broken, self.requests);
        for breach in self.breaches.iter().take(LISTED) {
            let _ = write!(text, "\n{breach}\n");
        }
        if self.broken > LISTED as u64 {
            let _ = write!(text, "\n… and {} more\n", self.broken - LISTED as u64);
        }
        Some(text)
    }
}

impl Respond for Responder {
    fn respond(&self, request: &wiremock::Request) -> ResponseTemplate {
        let target = &request.url[url::Position::BeforePath..url::Position::AfterQuery];
        let mut received = http::Request::new(Bytes::copy_from_slice(&request.body));
        *received.method_mut() = request.method.clone();
        *received.uri_mut() = Uri::try_from(target).unwrap_or(Uri::from_static("/"));
        *received.headers_mut() = request.headers.clone();
        let answered = self.mock.answer(&received);
        {
            let mut seen = self.seen();
            seen.requests += 1;
            let breach = Breach::of(self.mock.contract(), seen.requests, &received, &answered);
            seen.broken += u64::from(breach.is_some());
            let room = KEPT - seen.breaches.len();
            seen.breaches.extend(breach.into_iter().take(room));
        }
        template(answered.response)
    }
}

fn template(response: http::Response<Bytes>) -> ResponseTemplate {
    let (parts, body) = response.into_parts();
    let media_type = parts
        .headers
        .get(http::header::CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .unwrap_or("application/octet-stream")
        .to_owned();
    let mut template = ResponseTemplate::new(parts.status).set_body_raw(body.to_vec(), &media_type);
    for (name, value) in parts.headers.iter().filter(|(name, _)| *name != http::header::CONTENT_TYPE) {
        template = template.append_header(name, value);
    }
    template
}

impl ContractServer {
    /// How many requests were answered by the contract.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.responder.requests()
    }

    /// The requests that broke the contract, as they came; of many, the first 1,000.
    #[must_use]
    pub fn violations(&self) -> Vec<Breach> {
        self.responder.violations()
    }

    /// Asserts that no request broke the contract. It is satisfied when there was none: see [`Self::requests`].
    ///
    /// # Panics
    /// When a request broke the contract; the message lists each with what it broke, who says so, and the error it got.
    #[track_caller]
    pub fn assert_conforming(&self) {
        self.responder.assert_conforming();
    }
}

impl Deref for ContractServer {
    type Target = MockServer;

    fn deref(&self) -> &MockServer {
        &self.server
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_a_thousand_and_counts_them_all() {
        let responder = Contract::builtin().responder();
        let request = wiremock::Request {
            url: "http://h/nowhere".parse().expect("a URL"),
            method: http::Method::GET,
            headers: http::HeaderMap::new(),
            body: Vec::new(),
        };
        for _ in 0..KEPT + 5 {
            let _ = responder.clone().respond(&request);
        }
        assert_eq!((responder.requests(), responder.violations().len()), (1005, KEPT));
        let failure = responder.seen().failure().expect("broken");
        assert!(failure.starts_with("1005 of 1005 requests broke the contract\n\nrequest 1: GET /nowhere, answered"));
        assert!(failure.ends_with("\n… and 905 more\n"), "{failure}");
    }
}
