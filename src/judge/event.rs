//! What happens in a run, as values: progress, the tally and so the report in all its formats are folded from them.

use super::preflight::Support;
use super::wire::Judgement;
use crate::generate::{Case, Dropped};
use crate::report::{Finding, Stopped};

/// Something that happened in a run. Operations are named by their place in it.
#[derive(Debug)]
pub enum Event<'e> {
    /// It is known how many cases there are.
    Planned {
        /// All of them, those of other shards too.
        cases: u64,
    },
    /// It is known how far the server supports an operation.
    Supported {
        /// The operation.
        operation: usize,
        /// How far.
        support: Support,
        /// The inputs that it accepted, by name: what cases are built on.
        bases: Vec<String>,
        /// How the first input that it did not accept was answered.
        refused: Option<String>,
    },
    /// A case was passed over: it is another shard's, or its operation is not supported.
    PassedOver,
    /// A case was not judged.
    Dropped {
        /// Its operation.
        operation: usize,
        /// Why.
        reason: Dropped,
    },
    /// A case was sent and judged.
    Judged {
        /// Its operation.
        operation: usize,
        /// The case.
        case: &'e Case,
        /// What came back, and what the checks say.
        judgement: Judgement,
    },
    /// The run ended before its end.
    Stopped(Stopped),
    /// All cases are through, and findings are made smaller.
    Shrinking,
    /// A finding or a note is as small as it gets.
    Found(Finding),
}
