//! The contract: specs loaded, checked and compiled.

mod assemble;
pub mod citation;
mod compile;
mod error;
mod files;
mod ground;
pub mod lint;
mod load;
mod marks;
pub mod model;
mod operation;
mod paths;
pub mod pointer;
pub mod router;
mod schema;
mod shape;
pub mod template;
pub mod view;
mod workshop;
mod yaml;

use std::path::Path;
use std::sync::Arc;

pub use citation::Citation;
pub use error::{ContractError, SourceText, SpecProblem};
pub use load::{OPERATION_SCHEMA, SERVICE_SCHEMA};
pub use operation::{
    Auth, Documented, Echo, ErrorDef, ErrorShape, Errors, Example, Http, Idempotency, Operation, Remark, Service,
};
pub use schema::{Branches, Limits};
pub use shape::{Constraint, ConstraintId, ErrorLink, MASK, Node, NodeId, Shape, Violation};
pub use yaml::Parsed;

/// Everything loaded from a set of specs. Cloning it copies no spec.
#[derive(Debug, Clone)]
pub struct Contract {
    services: Vec<Arc<Service>>,
    operations: Vec<Arc<Operation>>,
    router: Arc<router::Router>,
    texts: Vec<Arc<SourceText>>,
}

impl Contract {
    /// The contract that ships inside the library: the specs of this release.
    ///
    /// # Panics
    /// Never for a released library: a test loads the same specs with every check on.
    #[must_use]
    pub fn builtin() -> Self {
        load::compile(load::builtin(), load::Trust::Shipped).expect("the embedded specs are sound")
    }

    /// Loads the specs of a directory: folders with a `service.yaml` and operations beside it.
    ///
    /// # Errors
    /// [`ContractError::Read`] and [`ContractError::Empty`] when there is nothing to load;
    /// [`ContractError::Broken`] with every problem of every file.
    pub fn load(directory: impl AsRef<Path>) -> Result<Self, ContractError> {
        load::compile(files::read(directory.as_ref())?, load::Trust::Nobody)
    }

    /// Reads the texts of a directory's specs, without a look at what they say.
    ///
    /// # Errors
    /// [`ContractError::Read`] and [`ContractError::Empty`] when there is nothing to read;
    /// [`ContractError::Broken`] with every problem of every file when a file cannot be read as text.
    pub fn read(directory: impl AsRef<Path>) -> Result<Vec<Arc<SourceText>>, ContractError> {
        let files = files::read(directory.as_ref())?;
        if files.problems.is_empty() {
            return Ok(files.texts);
        }
        load::compile(files, load::Trust::Nobody).map(|contract| contract.texts)
    }

    /// Compiles specs from texts; each name is the path the text would have, as `rds/service.yaml`.
    ///
    /// # Errors
    /// [`ContractError::Broken`] with every problem of every text.
    pub fn from_texts(texts: impl IntoIterator<Item = SourceText>) -> Result<Self, ContractError> {
        let texts = texts.into_iter().map(Arc::new).collect();
        load::compile(files::Files { texts, problems: Vec::new() }, load::Trust::Nobody)
    }

    /// The services.
    #[must_use]
    pub fn services(&self) -> &[Arc<Service>] {
        &self.services
    }

    /// The operations, by service and file name.
    #[must_use]
    pub fn operations(&self) -> &[Arc<Operation>] {
        &self.operations
    }

    /// The operation of this name or alias.
    ///
    /// # Errors
    /// [`ContractError::UnknownOperation`] with the names there are.
    pub fn operation(&self, name: &str) -> Result<&Arc<Operation>, ContractError> {
        let found = self
            .operations
            .iter()
            .find(|operation| operation.name == name || operation.aliases.iter().any(|alias| alias == name));
        found.ok_or_else(|| ContractError::UnknownOperation {
            name: name.to_owned(),
            known: self.operations.iter().map(|operation| operation.name.as_str()).collect::<Vec<_>>().join(", "),
        })
    }

    /// Finds the operation a request is for.
    #[must_use]
    pub fn router(&self) -> &router::Router {
        &self.router
    }

    /// The texts it was compiled from.
    #[must_use]
    pub fn texts(&self) -> &[Arc<SourceText>] {
        &self.texts
    }
}
