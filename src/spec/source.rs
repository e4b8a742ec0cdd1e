//! What a front end gives: an index at once, and each service and operation when it is first used.

use std::fmt::Debug;
use std::sync::Arc;

use super::error::{SourceText, SpecProblem};
use super::yaml::Parsed;
use crate::model::{Index, OperationSpec, ServiceSpec};

/// A front end: it reads what somebody wrote about services, and lowers it into the types of the spec language.
pub(crate) trait Source: Debug + Send + Sync {
    /// Names, routes and protocols. Nothing is compiled for it; what could not be indexed is left out.
    fn index(&self) -> &Index;

    /// Why something was left out of the index.
    fn problems(&self) -> &[SpecProblem];

    /// The spec of the service in a row of the index.
    fn service(&self, row: usize) -> Lowered<ServiceSpec>;

    /// The spec of the operation in a row of the index.
    fn operation(&self, row: usize) -> Lowered<OperationSpec>;

    /// Every text that it reads, as far as it can be read.
    fn texts(&self) -> Vec<Arc<SourceText>>;
}

/// A spec in the types of the spec language, and what is wrong with how it was written.
#[derive(Debug)]
pub(crate) struct Lowered<T> {
    /// The spec; nothing where too little of it can be read.
    pub file: Option<File<T>>,
    /// What is wrong.
    pub problems: Vec<SpecProblem>,
}

/// A spec with the text it comes from.
#[derive(Debug)]
pub(crate) struct File<T> {
    /// The text, with the places of its members.
    pub text: Parsed,
    /// The spec.
    pub spec: T,
    /// Pointers of what breaks the spec language and was left out, and of keys that were missing.
    pub lost: Vec<String>,
}
