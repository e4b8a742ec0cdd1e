//! The judge: sends cases, looks at what comes back, and says what departs from the contract.

mod conclude;
mod event;
mod given;
mod preflight;
mod probe_faults;
mod probing;
mod progress;
mod run;
mod send;
pub(crate) mod show;
mod shrink;
mod sign;
mod tally;
pub mod target;
mod trial;
mod wire;

pub use event::Event;
pub use given::{Given, GivenFailed, GivenFailure, GivenRequest, run_givens};
pub use preflight::{Inference, Preflight, Support, infer, preflight, support};
pub use progress::Progress;
pub use run::{Run, Settings};
pub use send::Send;
pub use sign::{Credentials, CredentialsError, Signer};
pub use target::{PinError, Set, Target, Unique, Volatile};
pub use wire::{Judgement, Wire};
