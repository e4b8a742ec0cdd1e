//! Approved outputs: what a server answered, as text that a person reviews and that later answers are held against.

mod body;
mod exchange;
mod file;
mod mask;
mod meaning;
mod select;
mod xml;

#[cfg(feature = "fuzzing")]
pub(crate) use body::Body;
pub use exchange::render;
pub use file::{ForeignSnapshot, SOURCE, Snapshot};
pub use mask::Masks;
pub use meaning::same;
pub use select::{Selected, phase_of, select};
