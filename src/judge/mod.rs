//! The judge: sends cases, looks at what comes back, and says what departs from the contract.

mod send;
mod sign;

pub use send::{Reply, Send, TransportFailure};
pub use sign::{Credentials, CredentialsError, Signer};
