//! The contract: an index of services and operations, each compiled when it is first used.

mod marks;
mod names;
mod paths;
pub mod residents;
mod router;
mod search;

use std::path::Path;
use std::sync::{Arc, OnceLock};

use rustc_hash::FxHashMap;

use crate::codec;
use crate::spec::{self, File, Lowered, Source, Specs, is_usable};

use crate::model::{Index, Operation, OperationSpec, Service, ServiceSpec};
use crate::spec::{ContractError, SourceText, SpecProblem};

/// Everything loaded from a set of specs. Cloning it copies no spec.
#[derive(Debug, Clone)]
pub struct Contract {
    parts: Arc<Parts>,
}

#[derive(Debug)]
struct Parts {
    source: Box<dyn Source>,
    router: OnceLock<router::Router>,
    services: Box<[OnceLock<ServiceUnit>]>,
    operations: Box<[OnceLock<Compiled<Operation>>]>,
    every_service: OnceLock<Vec<Arc<Service>>>,
    every_operation: OnceLock<Vec<Arc<Operation>>>,
}

/// What a spec was compiled to, or everything that is wrong with it.
type Compiled<T> = Result<Arc<T>, Vec<SpecProblem>>;

/// A service that was compiled, with the file that its operations refer to.
#[derive(Debug)]
pub(crate) struct ServiceUnit {
    pub file: Option<File<ServiceSpec>>,
    /// The service, as far as it can be compiled.
    pub service: Option<Arc<Service>>,
    pub problems: Vec<SpecProblem>,
}

/// An operation that was compiled, with its file and everything that is wrong with it.
#[derive(Debug)]
pub(crate) struct OperationUnit {
    pub file: Option<File<OperationSpec>>,
    pub operation: Option<Operation>,
    pub problems: Vec<SpecProblem>,
}

impl Contract {
    /// The contract that ships inside the library: the specs of this release. All of a process share it.
    #[must_use]
    pub fn builtin() -> Self {
        static BUILTIN: OnceLock<Contract> = OnceLock::new();
        BUILTIN.get_or_init(|| Self::of(Box::new(Specs::builtin(&codec::protocols())))).clone()
    }

    /// Indexes the specs of a directory: folders with a `service.yaml` and operations beside it. Each operation is compiled
    /// when it is first used. What cannot be indexed is left out: see [`Contract::problems`].
    ///
    /// # Errors
    /// [`ContractError::Read`] and [`ContractError::Empty`] when there is nothing to load;
    /// [`ContractError::Broken`] when no operation can be indexed, with what is wrong with each.
    pub fn load(directory: impl AsRef<Path>) -> Result<Self, ContractError> {
        let contract = Self::of(Box::new(Specs::open(directory.as_ref(), &codec::protocols())?));
        if !contract.index().operations.is_empty() {
            return Ok(contract);
        }
        Err(match contract.problems() {
            problems if problems.is_empty() => ContractError::Empty { path: directory.as_ref().to_owned() },
            problems => ContractError::Broken(problems),
        })
    }

    /// Indexes specs from texts; each name is the path the text would have, as `rds/service.yaml`.
    pub(crate) fn index_texts(texts: impl IntoIterator<Item = SourceText>) -> Self {
        Self::of(Box::new(Specs::given(texts, &codec::protocols())))
    }

    fn of(source: Box<dyn Source>) -> Self {
        let index = source.index();
        let services = index.services.iter().map(|_| OnceLock::new()).collect();
        let operations = index.operations.iter().map(|_| OnceLock::new()).collect();
        let (every_service, every_operation) = Default::default();
        let router = OnceLock::new();
        let parts = Parts { source, router, services, operations, every_service, every_operation };
        Self { parts: Arc::new(parts) }
    }

    /// What is known without compiling anything.
    #[must_use]
    pub fn index(&self) -> &Index {
        self.parts.source.index()
    }

    /// The service in a row of the index.
    ///
    /// # Errors
    /// [`ContractError::Broken`] with everything that is wrong with its file.
    pub fn service_at(&self, row: usize) -> Result<&Arc<Service>, ContractError> {
        let ServiceUnit { service, problems, .. } = self.service_unit(row);
        let sound = service.as_ref().filter(|_| is_usable(problems));
        sound.ok_or_else(|| ContractError::Broken(problems.clone()))
    }

    /// The operation in a row of the index, compiled when it is first asked for.
    ///
    /// # Errors
    /// [`ContractError::Broken`] with everything that is wrong with its file, or with its service's.
    pub fn operation_at(&self, row: usize) -> Result<&Arc<Operation>, ContractError> {
        self.compiled(row).map_err(|problems| ContractError::Broken(problems.to_vec()))
    }

    /// The operation in a row of the index, compiled for the caller and not kept: for those who go through all operations of
    /// a large contract once.
    ///
    /// # Errors
    /// As [`Contract::operation_at`].
    pub fn operation_for_once(&self, row: usize) -> Result<Arc<Operation>, ContractError> {
        match self.parts.operations[row].get() {
            Some(kept) => kept.clone().map_err(ContractError::Broken),
            None => self.compile(row).map_err(ContractError::Broken),
        }
    }

    fn compile(&self, row: usize) -> Compiled<Operation> {
        let OperationUnit { operation, mut problems, .. } = self.operation_unit(row);
        problems.extend(self.service_unit(self.index().operations[row].service).problems.iter().cloned());
        operation.filter(|_| is_usable(&problems)).map(Arc::new).ok_or(problems)
    }

    fn compiled(&self, row: usize) -> Result<&Arc<Operation>, &[SpecProblem]> {
        self.parts.operations[row].get_or_init(|| self.compile(row)).as_ref().map_err(Vec::as_slice)
    }

    /// The service in a row, with its file.
    pub(crate) fn service_unit(&self, row: usize) -> &ServiceUnit {
        self.parts.services[row].get_or_init(|| {
            let Lowered { file, mut problems } = self.parts.source.service(row);
            let service = file.as_ref().map(|file| spec::service(file, &codec::protocols(), &mut problems));
            ServiceUnit { file, service: service.map(Arc::new), problems }
        })
    }

    /// Compiles an operation without keeping it, as far as it and its service can be compiled.
    pub(crate) fn operation_unit(&self, row: usize) -> OperationUnit {
        let Lowered { file, mut problems } = self.parts.source.operation(row);
        let unit = self.service_unit(self.index().operations[row].service);
        let service = unit.file.as_ref().zip(unit.service.as_ref());
        let operation = file
            .as_ref()
            .zip(service)
            .map(|(file, service)| spec::operation(file, service, self.index().label(row), &mut problems));
        OperationUnit { file, operation, problems }
    }

    /// The services, all of them compiled; without those whose file is broken.
    #[must_use]
    pub fn services(&self) -> &[Arc<Service>] {
        self.parts.every_service.get_or_init(|| {
            (0..self.index().services.len()).filter_map(|row| self.service_at(row).ok().cloned()).collect()
        })
    }

    /// The operations by service and file name, all of them compiled; without the broken ones.
    #[must_use]
    pub fn operations(&self) -> &[Arc<Operation>] {
        self.parts.every_operation.get_or_init(|| {
            (0..self.index().operations.len()).filter_map(|row| self.compiled(row).ok().cloned()).collect()
        })
    }

    /// What is wrong with the specs, as far as is known: what could not be indexed, and operations that turned out to be
    /// broken when they were first used.
    #[must_use]
    pub fn problems(&self) -> Vec<SpecProblem> {
        let used = self.parts.operations.iter().filter_map(|operation| operation.get()?.as_ref().err());
        let indexed = self.parts.source.problems().iter();
        spec::sorted(indexed.chain(used.flatten()).cloned().chain(self.conflicts()).collect())
    }

    /// The operations that no request reaches, since another one has all that tells them.
    fn conflicts(&self) -> impl Iterator<Item = SpecProblem> + use<'_> {
        self.router().conflicts().iter().filter_map(|conflict| {
            let text = self.operation_unit(conflict.hidden).file?.text;
            let (found, hidden) = (self.index().label(conflict.found), self.index().label(conflict.hidden));
            Some(text.problem(
                "/http/path",
                format!("{} is {found} as well as {hidden}: no request tells them apart", conflict.shared),
                "give one of them another method or path, a constant parameter (?key=value) or a required one of its own",
            ))
        })
    }

    /// Finds the operation a request is for. Operations that method, path and constants do not tell apart are compiled for
    /// it: what they cannot do without may.
    #[must_use]
    pub fn router(&self) -> &router::Router {
        self.parts.router.get_or_init(|| {
            let router = router::Router::new(self.index(), &FxHashMap::default());
            if router.conflicts().is_empty() {
                return router;
            }
            let rows = router.conflicts().iter().flat_map(|conflict| [conflict.found, conflict.hidden]);
            let demands = rows.filter_map(|row| Some((row, residents::demands(&self.operation_unit(row).operation?))));
            router::Router::new(self.index(), &demands.collect())
        })
    }

    /// The texts of the specs, as far as they can be read.
    #[must_use]
    pub fn texts(&self) -> Vec<Arc<SourceText>> {
        self.parts.source.texts()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_asks_for_is_not_compiled() {
        let contract = Contract::of(Box::new(Specs::builtin(&codec::protocols())));
        let compiled = || contract.parts.operations.iter().filter(|operation| operation.get().is_some()).count();
        assert_eq!((contract.index().operations.len(), compiled()), (5, 0));
        let once = Arc::clone(contract.operation("ReplicateBackup").expect("built in"));
        assert!(Arc::ptr_eq(&once, contract.operation("ReplicateBackup").expect("built in")));
        assert_eq!(compiled(), 1);
    }
}
