//! What a spec promises about itself, put to the test: its examples against its constraints, its
//! citations against the documents.

mod cautions;
#[cfg(feature = "cli")]
mod documents;
mod examples;

#[cfg(feature = "cli")]
pub use documents::{Documents, Uncited, verify};

use std::path::PathBuf;

use crate::contract::{Contract, OperationUnit};
use crate::spec::{ContractError, SourceText, SpecProblem, is_usable, sorted};

/// Everything that is wrong with the specs of a contract: every operation compiled, every example tried.
#[must_use]
pub fn problems(contract: &Contract) -> Vec<SpecProblem> {
    let mut problems = contract.problems();
    for row in 0..contract.index().services.len() {
        let unit = contract.service_unit(row);
        problems.extend(unit.problems.iter().cloned());
        if let Some(file) = &unit.file {
            cautions::patterns(&file.text, &mut problems);
        }
    }
    for row in 0..contract.index().operations.len() {
        problems.extend(problems_of(contract, row));
    }
    sorted(problems)
}

/// What is wrong with the operation in a row.
fn problems_of(contract: &Contract, row: usize) -> Vec<SpecProblem> {
    let OperationUnit { file, operation, mut problems } = contract.operation_unit(row);
    let service = contract.service_unit(contract.index().operations[row].service);
    if let Some(file) = &file {
        cautions::patterns(&file.text, &mut problems);
    }
    if let (Some(file), Some(operation), Some(service)) = (file, operation, &service.file) {
        cautions::places(&operation, &file.text, &mut problems);
        examples::check(&operation, &file, service, &mut problems);
    }
    problems
}

impl Contract {
    /// Compiles specs from texts, and tries their examples; each name is the path the text would have, as
    /// `rds/service.yaml`.
    ///
    /// # Errors
    /// [`ContractError::Broken`] with every problem of every text where one of them is an error, [`ContractError::Empty`] without any operation.
    pub fn from_texts(texts: impl IntoIterator<Item = SourceText>) -> Result<Self, ContractError> {
        let contract = Self::index_texts(texts);
        let problems = problems(&contract);
        if !is_usable(&problems) {
            return Err(ContractError::Broken(problems));
        }
        if contract.index().operations.is_empty() {
            return Err(ContractError::Empty { path: PathBuf::from("the texts given") });
        }
        Ok(contract)
    }
}
