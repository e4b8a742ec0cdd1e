//! Exchanges: a request and what came back, with all that is known about it, and how much of it a person may see.
//!
//! An [`Observation`] is the one thing that checks look at, whoever observed it: the judge that sent a case, the mock that
//! was called, the proxy that passed it on, or a snapshot.

mod bases;
mod demand;
#[cfg(feature = "check")]
pub(crate) mod escapes;
#[cfg(feature = "check")]
mod fault;
#[cfg(feature = "check")]
mod history;
#[cfg(feature = "check")]
mod observation;
#[cfg(feature = "check")]
mod questions;
#[cfg(feature = "check")]
pub(crate) mod redaction;
#[cfg(feature = "check")]
mod reply;
#[cfg(feature = "check")]
pub(crate) mod spelling;

pub use bases::{Bases, differences, grafted};
pub use demand::{Demand, Expected, Refusal, Variation, Verdict, is_about};
#[cfg(feature = "check")]
pub use fault::{Fault, FaultError, parse_faults};
#[cfg(feature = "check")]
pub use history::{Attempt, AttemptOutcome, Ended, EndedError, FaultEnd, History};
#[cfg(feature = "check")]
pub(crate) use observation::is_unread;
#[cfg(feature = "check")]
pub use observation::{Misaddressed, Observation, Recognition};
#[cfg(feature = "check")]
pub use questions::{Alternative, Answer, DueRefusal, Exchange, is_environmental};
#[cfg(feature = "check")]
pub(crate) use questions::{is_in_front, sensitive_strings, texts};
#[cfg(feature = "check")]
pub use redaction::RedactedMessage;
#[cfg(feature = "check")]
pub use reply::{Reply, TransportFailure};
