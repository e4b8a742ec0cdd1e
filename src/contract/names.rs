//! Operations by name: bare where that is unique, `service/Operation` everywhere.

use std::sync::Arc;

use super::{Contract, ContractError};
use crate::model::Operation;
use crate::text::similar;

/// Most names that a message lists.
const MOST_LISTED: usize = 12;

impl Contract {
    /// The operation of this name or alias: `Operation` where that is unique in the contract, or `service/Operation`.
    ///
    /// # Errors
    /// [`ContractError::UnknownOperation`] with the names that come near, [`ContractError::AmbiguousOperation`] with the
    /// candidates, [`ContractError::Broken`] when its spec is broken.
    pub fn operation(&self, name: &str) -> Result<&Arc<Operation>, ContractError> {
        self.operation_at(self.row(name)?)
    }

    /// The row of the operation of this name or alias.
    ///
    /// # Errors
    /// [`ContractError::UnknownOperation`] and [`ContractError::AmbiguousOperation`].
    pub fn row(&self, name: &str) -> Result<usize, ContractError> {
        match self.rows(name, |known, name| known == name).as_slice() {
            [row] => Ok(*row),
            [] => Err(self.unknown(name)),
            several => Err(self.ambiguous(name, several)),
        }
    }

    /// The row of the operation that a person means: as [`Contract::row`], and letters may be of either case where that
    /// leaves one.
    ///
    /// # Errors
    /// As [`Contract::row`].
    pub fn row_in_any_case(&self, name: &str) -> Result<usize, ContractError> {
        match self.row(name) {
            Err(unknown @ ContractError::UnknownOperation { .. }) => {
                match self.rows(name, str::eq_ignore_ascii_case).as_slice() {
                    [row] => Ok(*row),
                    [] => Err(unknown),
                    several => Err(self.ambiguous(name, several)),
                }
            }
            found => found,
        }
    }

    fn rows(&self, name: &str, is_same: impl Fn(&str, &str) -> bool) -> Vec<usize> {
        let index = self.index();
        let (service, bare) = name.split_once('/').map_or((None, name), |(service, bare)| (Some(service), bare));
        let is_meant = |row: &usize| {
            let entry = &index.operations[*row];
            entry.names().any(|known| is_same(known, bare))
                && service.is_none_or(|service| is_same(&index.services[entry.service].name, service))
        };
        (0..index.operations.len()).filter(is_meant).collect()
    }

    fn ambiguous(&self, name: &str, rows: &[usize]) -> ContractError {
        let candidates = rows.iter().map(|row| self.index().id(*row).to_string()).collect();
        ContractError::AmbiguousOperation { name: name.to_owned(), candidates }
    }

    fn unknown(&self, name: &str) -> ContractError {
        let index = self.index();
        let labels: Vec<String> = (0..index.operations.len()).map(|row| index.label(row)).collect();
        let near = similar(name, labels.iter().map(String::as_str));
        let hint = if !near.is_empty() {
            format!("did you mean {}?", near.join(" or "))
        } else if labels.len() <= MOST_LISTED {
            format!("there are {}", labels.join(", "))
        } else {
            format!("`accordant spec list` lists the {} there are", labels.len())
        };
        ContractError::UnknownOperation { name: name.to_owned(), hint }
    }
}
