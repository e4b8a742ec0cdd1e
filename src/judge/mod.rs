//! The judge: sends cases, looks at what comes back, and says what departs from the contract.

mod send;

pub use send::{Reply, Send, TransportFailure};
