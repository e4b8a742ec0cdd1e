//! The judge: sends cases, looks at what comes back, and says what departs from the contract.

mod conclude;
mod exchange;
mod given;
mod look;
mod run;
mod send;
pub(crate) mod show;
mod shrink;
mod sign;
mod tally;
pub mod target;

pub(crate) use exchange::is_transient;
pub use exchange::{Judged, Wire};
pub use given::{Given, GivenFailed, GivenFailure, GivenRequest, run_givens};
pub use look::{Glimpse, Standing, glimpse, look};
pub use run::{Progress, Run, Settings};
pub use send::{Reply, Send, TransportFailure};
pub use sign::{Credentials, CredentialsError, Signer};
pub use target::{PinError, Set, Target, Unique, Volatile};
