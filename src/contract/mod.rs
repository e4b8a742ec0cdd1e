//! The contract: specs loaded, checked and compiled.

pub mod router;

use std::collections::{BTreeMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::codec;
use crate::lint::check_examples;
use crate::spec::{self, Files, Loaded, ServiceFiles, Trust};

// The old paths of what moved to `model`, `value`, `spec` and `lint`.
pub use crate::lint;
pub use crate::model::{self, citation};
pub use crate::model::{
    Auth, Branches, Citation, Constraint, ConstraintId, Documented, Echo, ErrorDef, ErrorLink, ErrorShape, Errors,
    Example, Fact, Http, Idempotency, Limits, Matcher, Node, NodeId, Occurrence, Operation, PlaceId, Remark, Service,
    Shape, Table, Violation,
};
pub use crate::spec::{ContractError, OPERATION_SCHEMA, Parsed, SERVICE_SCHEMA, SourceText, SpecProblem};
pub use crate::value::{pointer, view};
pub use router as route;

/// The old path of templates.
pub mod template {
    pub use crate::model::template::{Origin, Piece, Pipe, Template};
    pub use crate::value::template::{Filler, uuid};
}

/// Everything loaded from a set of specs. Cloning it copies no spec.
#[derive(Debug, Clone)]
pub struct Contract {
    services: Vec<Arc<Service>>,
    operations: Vec<Arc<Operation>>,
    router: Arc<route::Router>,
    texts: Vec<Arc<SourceText>>,
}

impl Contract {
    /// The contract that ships inside the library: the specs of this release.
    ///
    /// # Panics
    /// Never for a released library: a test loads the same specs with every check on.
    #[must_use]
    pub fn builtin() -> Self {
        compile(spec::builtin(), Trust::Shipped).expect("the embedded specs are sound")
    }

    /// Loads the specs of a directory: folders with a `service.yaml` and operations beside it.
    ///
    /// # Errors
    /// [`ContractError::Read`] and [`ContractError::Empty`] when there is nothing to load;
    /// [`ContractError::Broken`] with every problem of every file.
    pub fn load(directory: impl AsRef<Path>) -> Result<Self, ContractError> {
        compile(spec::read(directory.as_ref())?, Trust::Nobody)
    }

    /// Reads the texts of a directory's specs, without a look at what they say.
    ///
    /// # Errors
    /// [`ContractError::Read`] and [`ContractError::Empty`] when there is nothing to read;
    /// [`ContractError::Broken`] with every problem of every file when a file cannot be read as text.
    pub fn read(directory: impl AsRef<Path>) -> Result<Vec<Arc<SourceText>>, ContractError> {
        let files = spec::read(directory.as_ref())?;
        if files.problems.is_empty() {
            return Ok(files.texts);
        }
        compile(files, Trust::Nobody).map(|contract| contract.texts)
    }

    /// Compiles specs from texts; each name is the path the text would have, as `rds/service.yaml`.
    ///
    /// # Errors
    /// [`ContractError::Broken`] with every problem of every text.
    pub fn from_texts(texts: impl IntoIterator<Item = SourceText>) -> Result<Self, ContractError> {
        let texts = texts.into_iter().map(Arc::new).collect();
        compile(Files { texts, problems: Vec::new() }, Trust::Nobody)
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
    pub fn router(&self) -> &route::Router {
        &self.router
    }

    /// The texts it was compiled from.
    #[must_use]
    pub fn texts(&self) -> &[Arc<SourceText>] {
        &self.texts
    }
}

/// Compiles a contract from files; what was wrong with them before is among the problems.
fn compile(files: Files, trust: Trust) -> Result<Contract, ContractError> {
    let Loaded { services, operations, texts, folders, mut problems } = spec::load(files, trust, &codec::protocols());
    let router = Arc::new(router::Router::new(&services, &operations));
    let contract = Contract { services, operations, router, texts };
    if trust == Trust::Nobody {
        try_examples(&contract, &folders, &mut problems);
    }
    if !problems.is_empty() {
        return Err(ContractError::Broken(spec::sorted(problems)));
    }
    if contract.operations().is_empty() {
        let path = folders.into_keys().next().map_or_else(|| PathBuf::from("the texts given"), PathBuf::from);
        return Err(ContractError::Empty { path });
    }
    Ok(contract)
}

/// Tries the examples of the operations that are sound so far.
fn try_examples(contract: &Contract, folders: &BTreeMap<String, ServiceFiles>, problems: &mut Vec<SpecProblem>) {
    let broken: HashSet<String> = problems.iter().map(|problem| problem.source.name.clone()).collect();
    let is_sound = |text: &Parsed| !broken.contains(&text.source.name);
    for files in folders.values() {
        let Some(service) = files.service.as_ref().filter(|service| is_sound(&service.text)) else { continue };
        for file in files.operations.iter().filter(|file| is_sound(&file.text)) {
            if let Ok(operation) = contract.operation(&file.spec.operation) {
                check_examples(operation, &file.text, &service.text, problems);
            }
        }
    }
}
