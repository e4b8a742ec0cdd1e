//! Forms and query strings: their pairs, the input that they stand for by a schema, and the way back.

mod pairs;
mod read;
mod write;

pub use pairs::{Pairs, escape, parse, render};
pub use read::to_value;
pub use write::to_pairs;
