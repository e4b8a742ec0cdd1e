//! What a client sent and what it was sent, as it is kept until it is judged.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_ENCODING;
use http::{HeaderMap, Request, Response};

use crate::exchange::TransportFailure;
use crate::mock::{Pace, Sending};

/// Most exchanges that are kept.
const MOST: usize = 100_000;
/// Most bytes of headers and bodies that are kept.
const MOST_BYTES: usize = 128 * 1024 * 1024;
/// What an exchange takes besides, roughly.
const OVERHEAD: usize = 2048;

/// A request and what was sent to it.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The request.
    pub request: Request<Bytes>,
    /// What was sent; nothing where the connection ended before.
    pub response: Option<Response<Bytes>>,
    /// Whether all of the answer was sent.
    pub whole: bool,
    /// Why it was not, where that says something of the server.
    pub failure: Option<TransportFailure>,
    /// When the request had arrived, since the command's start.
    pub at: Duration,
    /// How long the answer took, as far as that was seen.
    pub elapsed: Duration,
    /// The fault that it met.
    pub fault: Option<String>,
}

impl Exchange {
    /// An exchange, given how its answer was sent.
    #[must_use]
    pub fn new(request: Request<Bytes>, sending: &Sending, at: Duration) -> Self {
        let response = (sending.pace != Pace::Reset).then(|| sending.response.clone());
        Self {
            request,
            response,
            whole: !matches!(sending.pace, Pace::Cut | Pace::Reset),
            failure: None,
            at,
            elapsed: Duration::ZERO,
            fault: None,
        }
    }

    fn bytes(&self) -> usize {
        let answer = self.response.as_ref().map_or(0, |response| size(response.headers(), response.body()));
        OVERHEAD + size(self.request.headers(), self.request.body()) + answer
    }
}

/// Bytes that a message takes, roughly.
pub(crate) fn size(headers: &HeaderMap, body: &Bytes) -> usize {
    body.len() + headers.iter().map(|(name, value)| name.as_str().len() + value.len()).sum::<usize>()
}

/// Exchanges, up to a bound.
#[derive(Debug, Default)]
pub struct Exchanges {
    kept: Vec<Exchange>,
    bytes: usize,
    /// Exchanges that came when the bound was reached.
    lost: u64,
}

impl Exchanges {
    /// Keeps an exchange, or counts it where too many are kept.
    pub fn push(&mut self, exchange: Exchange) {
        let bytes = exchange.bytes();
        if self.kept.len() >= MOST || self.bytes + bytes > MOST_BYTES {
            self.lost += 1;
            return;
        }
        self.bytes += bytes;
        self.kept.push(exchange);
    }

    /// The same, in the order in which the requests had arrived.
    #[must_use]
    pub fn in_order(mut self) -> Self {
        self.kept.sort_by_key(|exchange| exchange.at);
        self
    }

    /// Those that were kept, in the order of their arrival.
    #[must_use]
    pub fn kept(&self) -> &[Exchange] {
        &self.kept
    }

    /// How many have an answer in a content coding, which is not read.
    #[must_use]
    pub fn encoded(&self) -> u64 {
        let answers = self.kept.iter().filter_map(|exchange| exchange.response.as_ref());
        let coded = |answer: &&Response<Bytes>| {
            let coding = answer.headers().get(CONTENT_ENCODING);
            !answer.body().is_empty()
                && coding.is_some_and(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
        };
        answers.filter(coded).count() as u64
    }

    /// How many were not kept.
    #[must_use]
    pub fn lost(&self) -> u64 {
        self.lost
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_counted() {
        let body = Request::new(Bytes::from(vec![0; MOST_BYTES / 2]));
        let mut header = Request::new(Bytes::new());
        let long = http::HeaderValue::from_bytes(&vec![b'a'; MOST_BYTES / 2]).expect("a header");
        header.headers_mut().insert("a", long);
        let sending = Sending::from(Response::new(Bytes::new()));
        for request in [body, header] {
            let mut exchanges = Exchanges::default();
            for _ in 0..3 {
                exchanges.push(Exchange::new(request.clone(), &sending, Duration::ZERO));
            }
            assert_eq!((exchanges.kept().len(), exchanges.lost()), (1, 2));
        }
    }
}
