//! The judge: sends cases, looks at what comes back, and says what departs from the contract.

mod given;
mod send;
mod sign;
pub mod target;

pub use given::{Given, GivenFailed, GivenFailure, GivenRequest, run_givens};
pub use send::{Reply, Send, TransportFailure};
pub use sign::{Credentials, CredentialsError, Signer};
pub use target::{PinError, Set, Target, Unique};
