//! Judging clients: what they send, which of the contract they exercise, and how they take trouble. Pure: exchanges in, a
//! report out.

mod answers;
mod attempt;
mod behaviour;
pub mod check;
mod conclude;
mod coverage;
mod exchange;
mod fault;
#[cfg(test)]
mod innocent;
mod report;
mod retry;
mod said;
mod sent;
mod text;
mod trouble;

pub use answers::judge_answers;
pub use attempt::{Attempt, Calls, Outcome};
pub use behaviour::{Ended, WRONG_ANSWER_PAGE, WRONG_ANSWER_TAKEN, behaviour};
pub use conclude::{judge, judge_under_fault};
pub use coverage::{Coverage, Exercised};
#[cfg(feature = "cli")]
pub(crate) use exchange::size;
pub use exchange::{Exchange, Exchanges};
pub use fault::{Fault, FaultError, parse_faults};
pub use report::{ClientFinding, ClientReport, FaultReport, Judged};
pub use said::Said;
pub use sent::Sent;
pub use text::{render_faults, render_text};
pub use trouble::Trouble;
