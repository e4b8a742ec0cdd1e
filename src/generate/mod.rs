//! Values by a schema: valid ones, and ones that break exactly one constraint. Pure, and decided by the seed alone.

pub mod adjust;
mod boundaries;
mod boundary_value;
pub mod case;
mod compile;
mod confirm;
pub mod coverage;
mod dictionary;
mod draw;
mod generator;
mod inputs;
mod medium;
mod number;
mod pairwise;
mod path;
mod plan;
mod regex_gen;
mod shard;
mod shrink;
mod strategy;
mod text;
mod token;
mod unbreakable;
mod value_plan;

pub use crate::random::Random;
pub use adjust::Adjustments;
pub use boundaries::{Side, input_at, inputs_at};
pub use case::{Case, CaseKind, Expected, Phase, Variation, Verdict};
pub use confirm::Dropped;
pub use generator::Generator;
pub use plan::{Plan, ReplayError};
pub use shard::{Shard, ShardError};
pub use shrink::Shrinking;
pub use strategy::Cases;
pub use token::{Token, TokenError};
pub use unbreakable::unbreakable;
