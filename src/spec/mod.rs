//! Front ends: from the files of specs to services and operations, with every problem on its line.

mod assemble;
mod compile;
mod definitions;
mod error;
mod files;
mod keys;
mod load;
mod lowering;
mod schema;
mod yaml;

pub use error::{ContractError, SourceText, SpecProblem};
pub use load::{OPERATION_SCHEMA, SERVICE_SCHEMA};
pub use yaml::Parsed;

pub(crate) use files::{Files, read};
pub(crate) use load::{Loaded, ServiceFiles, Trust, builtin, load, sorted};
