//! How an answer is sent.

use std::time::Duration;

use bytes::Bytes;
use http::Response;

/// An answer and how it is sent.
#[derive(Debug, Clone)]
pub struct Sending {
    /// The answer.
    pub response: Response<Bytes>,
    /// How it is sent.
    pub pace: Pace,
}

impl From<Response<Bytes>> for Sending {
    fn from(response: Response<Bytes>) -> Self {
        Self { response, pace: Pace::AtOnce }
    }
}

/// How an answer is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pace {
    /// All of it, at once.
    AtOnce,
    /// All of it, after a pause.
    After(Duration),
    /// Its body in pieces.
    Dripped {
        /// Bytes of a piece.
        piece: usize,
        /// What lies between two.
        pause: Duration,
    },
    /// Half of its body; then the connection ends.
    Cut,
    /// Nothing: the connection is reset.
    Reset,
}
