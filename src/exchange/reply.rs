//! What came back to a request: an answer, or the reason why there is none.

use std::time::Duration;

use bytes::Bytes;
use http::Response;

/// An answer.
#[derive(Debug, Clone)]
pub struct Reply {
    /// The answer, its body whole.
    pub response: Response<Bytes>,
    /// From the first byte sent to the last byte received.
    pub elapsed: Duration,
}

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransportFailure {
    /// Nobody listens, or the name is not known.
    #[error("cannot connect: {0}")]
    Unreachable(String),
    /// No TLS connection could be made.
    #[error("no TLS connection: {0}")]
    Tls(String),
    /// The answer was not complete in time.
    #[error("no complete answer within {0:?}")]
    Timeout(Duration),
    /// Who had asked did not wait any longer.
    #[error("no complete answer within {0:?}, when the client left")]
    Abandoned(Duration),
    /// The connection ended before the answer did.
    #[error("the connection ended before the answer did: {0}")]
    Closed(String),
    /// What came back is not HTTP, or beyond what a client takes of it.
    #[error("the answer is not HTTP that a client can read: {0}")]
    Garbage(String),
    /// The body is larger than is read.
    #[error("the body of the answer is larger than {0} bytes")]
    TooLarge(usize),
    /// The request cannot be sent as it is.
    #[error("the request cannot be sent: {0}")]
    Unsendable(String),
}

impl TransportFailure {
    /// Whether it says that there is no such server, rather than something about this request.
    #[must_use]
    pub fn is_unreachable(&self) -> bool {
        matches!(self, Self::Unreachable(_) | Self::Tls(_))
    }
}
