//! A target: what is known of the server under test, and what its valid cases need.

mod file;
mod pin;
mod reading;
mod requests;
mod spec;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http::HeaderMap;
use serde_json::Value;

use pin::Side;
pub use pin::{PinError, Set, Unique, Volatile};
pub use spec::TargetSpec;

use super::Given;
use crate::contract::Contract;
use crate::model::{Dialect, Operation};
use crate::spec::{SourceText, SpecProblem};

/// The region that is signed for where none is given.
pub const DEFAULT_REGION: &str = "us-east-1";

/// What is known of a server under test.
#[derive(Clone, Default)]
pub struct Target {
    /// Where it listens.
    pub url: Option<String>,
    /// The region that is signed for.
    pub region: Option<String>,
    /// Headers of every request.
    pub headers: HeaderMap,
    /// Requests that go first, in order, so that what valid cases need exists.
    pub givens: Vec<Given>,
    /// Input members with a value of their own.
    pub sets: Vec<Set>,
    /// Input members that are fresh in every case.
    pub uniques: Vec<Unique>,
    /// Output members that differ from call to call here, though the contract does not say so.
    pub volatile: Vec<Volatile>,
    /// The operations to check; all of the services when there are none.
    pub operations: Vec<String>,
    /// The services to check; all when there are none.
    pub services: Vec<String>,
    /// The dialect it is spoken to in.
    pub dialect: Option<Dialect>,
    /// Longest time for an answer.
    pub timeout: Option<Duration>,
    /// Most requests on the way at a time.
    pub concurrency: Option<usize>,
    /// What was taken from the environment, and is not to be shown.
    pub hidden: Vec<String>,
}

/// Without what may come from the environment: headers, givens and sets.
impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Target");
        shown.field("url", &self.url).field("region", &self.region).field("uniques", &self.uniques);
        shown.field("operations", &self.operations).field("services", &self.services);
        shown.field("dialect", &self.dialect).field("timeout", &self.timeout);
        shown.field("concurrency", &self.concurrency).finish_non_exhaustive()
    }
}

impl Target {
    /// Reads a target file. `${env:NAME}` in any text of it stands for a variable of the `environment`.
    ///
    /// # Errors
    /// Every problem of the text on its line: keys nobody knows, values of another form, services, operations and
    /// members that the contract does not have, variables that are not set.
    pub fn parse(
        source: Arc<SourceText>,
        contract: &Contract,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Vec<SpecProblem>> {
        file::target(source, contract, &environment)
    }

    /// Adds the givens of a text: a list of them, or a mapping that has it under `givens`.
    ///
    /// # Errors
    /// Every problem of the text on its line.
    pub fn add_givens(
        &mut self,
        source: Arc<SourceText>,
        contract: &Contract,
        environment: impl Fn(&str) -> Option<String>,
    ) -> Result<(), Vec<SpecProblem>> {
        let more = file::givens(source, contract, &environment)?;
        self.givens.extend(more.givens);
        self.hidden.extend(more.hidden);
        Ok(())
    }

    /// The members of an operation's input that have a value of their own.
    #[must_use]
    pub fn sets_for(&self, operation: &Operation) -> Vec<(Vec<String>, Value)> {
        let sets = self
            .sets
            .iter()
            .filter(|set| pin::concerns(set.operation.as_deref(), &set.pointer, operation, Side::Input));
        sets.map(|set| (set.pointer.clone(), set.value.clone())).collect()
    }

    /// The members of an operation's input that are fresh in every case.
    #[must_use]
    pub fn uniques_for(&self, operation: &Operation) -> Vec<Vec<String>> {
        let concerns =
            |unique: &&Unique| pin::concerns(unique.operation.as_deref(), &unique.pointer, operation, Side::Input);
        self.uniques.iter().filter(concerns).map(|unique| unique.pointer.clone()).collect()
    }

    /// The members of an operation's output that differ from call to call here.
    #[must_use]
    pub fn volatile_for(&self, operation: &Operation) -> Vec<Vec<String>> {
        let concerns = |one: &&Volatile| pin::concerns(one.operation.as_deref(), &one.pointer, operation, Side::Output);
        self.volatile.iter().filter(concerns).map(|one| one.pointer.clone()).collect()
    }

    /// Puts the target's headers among others, in place of those with the same names.
    pub fn add_headers(&self, headers: &mut HeaderMap) {
        overlay(headers, &self.headers);
    }
}

/// Puts headers among others, in place of those with the same names.
pub(in crate::judge) fn overlay(headers: &mut HeaderMap, over: &HeaderMap) {
    for name in over.keys() {
        headers.remove(name);
    }
    for (name, value) in over {
        headers.append(name.clone(), value.clone());
    }
}
