//! Exchanges: a request and what came back, with all that is known about it, and how much of it a person may see.

pub(crate) mod redaction;
mod reply;

pub use redaction::RedactedMessage;
pub use reply::{Reply, TransportFailure};
