//! Checks of a whole run of a command: what it made of the faults that its requests met.

pub mod wrong_answer_taken;
