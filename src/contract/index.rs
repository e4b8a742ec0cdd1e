//! Rows of a contract's index.

pub use crate::model::{Index, OperationEntry, OperationId, Route, ServiceEntry};
