//! Judging clients: what they send, which of the contract they exercise, and how they take faults. Pure: exchanges in, a
//! report out.

mod answers;
mod attempts;
mod captured_output;
mod conclude;
mod coverage;
mod exchange;
mod fault;
mod fault_outcome;
mod fault_schedule;
mod mistakes;
mod observe;
mod retry;

pub use attempts::Calls;
pub use captured_output::CapturedOutput;
pub use conclude::ClientRun;
#[cfg(feature = "cli")]
pub(crate) use exchange::size;
pub use exchange::{Exchange, Exchanges};
pub use fault_outcome::judge_fault;
pub use fault_schedule::FaultSchedule;
pub use mistakes::{Mistakes, judge_mistakes};
pub use observe::observe;
