//! Values by a schema: valid ones, and ones that break exactly one constraint. Pure, and decided by the seed alone.

mod breaking;
pub mod case;
mod random;
mod sample;
mod text;
mod token;

pub use breaking::{Side, inputs_at};
pub use case::{Case, CaseKind, Expected, Phase, Probe, Verdict};
pub use random::Random;
pub use sample::sample;
pub use token::{Token, TokenError, fingerprint};
