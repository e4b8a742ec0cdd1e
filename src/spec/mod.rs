//! Front ends: from the files of specs to the types of the spec language, and from those to compiled operations, with
//! every problem on its line.

mod assemble;
mod cache;
mod compile;
mod definitions;
mod departures;
mod directory;
mod documented;
mod error;
mod files;
mod heads;
mod keys;
mod lowering;
mod read;
mod schema;
mod sections;
mod source;
mod yaml;

pub use error::{ContractError, Severity, SourceText, SpecProblem, grouped};
pub use read::{OPERATION_SCHEMA, SERVICE_SCHEMA};
pub use yaml::Parsed;

pub(crate) use assemble::{operation, service};
#[cfg(feature = "check")]
pub(crate) use departures::{Departures, Form};
pub(crate) use directory::Specs;
pub(crate) use error::{is_usable, sorted};
pub(crate) use source::{File, Lowered, Source};
