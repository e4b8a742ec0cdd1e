//! Accordant judges whether an HTTP API and its clients keep their contract.

#![forbid(unsafe_code)]

pub mod codec;
pub mod constraint;
pub mod contract;
pub mod generate;
pub mod mock;
pub mod net;

pub use contract::{Contract, ContractError};
pub use mock::Mock;
