//! Values by a schema: valid ones, and ones that break exactly one constraint. Pure, and decided by the seed alone.

pub mod adjust;
mod breaking;
pub mod case;
mod compile;
mod confirm;
pub mod coverage;
mod draw;
mod generator;
mod hostile;
mod inputs;
mod number;
mod pairwise;
mod plan;
mod recipe;
mod shard;
mod shrink;
mod site;
mod strategy;
mod strings;
mod text;
mod token;
mod unbreakable;
mod wishes;

pub use crate::random::Random;
pub use adjust::Adjustments;
pub use breaking::{Side, input_at, inputs_at};
pub use case::{Case, CaseKind, Expected, Phase, Probe, Verdict};
pub use confirm::Dropped;
pub use generator::Generator;
pub use plan::{Plan, ReplayError};
pub use shard::{Shard, ShardError};
pub use shrink::Shrinking;
pub use strategy::Cases;
pub use token::{Token, TokenError};
pub use unbreakable::unbreakable;
