//! Values by a schema: valid ones, and ones that break exactly one constraint. Pure, and decided by the seed alone.

mod breaking;
mod random;
mod sample;
mod text;

pub use breaking::{Side, inputs_at};
pub use random::Random;
pub use sample::sample;
