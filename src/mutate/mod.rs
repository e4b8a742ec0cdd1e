//! Mutants: the mock with one fact of the contract broken on purpose, to prove that the judge sees it.
//!
//! A mutant lets the mock answer, looks at what the answer was given to, and changes it where its fault applies;
//! everywhere else it answers as the mock does. All of it comes from the compiled contract; mutants speak the native
//! dialect only.

mod admit;
mod depart;
mod fault;
mod hunt;
mod mutant;
mod plan;
mod probed;
mod secret;
mod spoil;
#[cfg(test)]
mod tests;

pub use fault::Fault;
pub use hunt::{Mutants, Survivor, judge_mutants};
pub use mutant::Mutant;
