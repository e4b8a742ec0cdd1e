//! Why a load run could not be finished. A missed target is not among the reasons.

use std::{io, net::SocketAddr, time::Duration};

/// The run is of no value: what happened, and to whom.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LoadError {
    /// The command line was not understood.
    #[error("{0} (benches/README.md lists the arguments)")]
    Usage(String),
    /// The operating system refused.
    #[error("cannot {doing}")]
    Io {
        /// The attempt, as a verb phrase.
        doing: String,
        /// What the operating system said.
        source: io::Error,
    },
    /// A server process ended, or closed its output, before it said where it listens.
    #[error("the {server} server ended before it printed `listening on http://…`")]
    NotListening {
        /// Which server.
        server: &'static str,
    },
    /// A server closed a connection that should have stayed open.
    #[error("{peer} closed a keep-alive connection after {answers} answers on it")]
    Closed {
        /// Whose connection it was.
        peer: SocketAddr,
        /// Answers received on this connection before.
        answers: u64,
    },
    /// A server kept a request without answering it.
    #[error("{peer} gave no answer within {patience:?}")]
    Silent {
        /// Who should have answered.
        peer: SocketAddr,
        /// How long the answer was waited for.
        patience: Duration,
    },
    /// Bytes came that are not an HTTP/1.1 answer of a known length.
    #[error("{peer} sent an answer that cannot be measured: {why}")]
    Unreadable {
        /// Who sent it.
        peer: SocketAddr,
        /// What is wrong with it.
        why: &'static str,
    },
    /// An answer differs from the one the same request got first.
    #[error("{request}: expected {expected}, got {got}")]
    Unexpected {
        /// Name of the request.
        request: &'static str,
        /// What the sample, or the kind of the request, promised.
        expected: String,
        /// What came.
        got: String,
    },
}

/// Turns an [`io::Error`] into a [`LoadError`] that says what was being done.
pub fn while_doing(doing: impl Into<String>) -> impl FnOnce(io::Error) -> LoadError {
    let doing = doing.into();
    |source| LoadError::Io { doing, source }
}
