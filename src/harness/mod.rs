//! One test for each constraint, for a test binary with `harness = false`: filtered, listed and reported by `cargo test`
//! and by nextest as other tests are.
//!
//! ```toml
//! [[test]]
//! name = "contract"
//! harness = false
//! ```
//!
//! ```no_run
//! # async fn start_my_server() -> String { String::new() }
//! use accordant::{Contract, harness};
//!
//! fn main() -> std::process::ExitCode {
//!     harness::run(Contract::builtin(), async |contract| contract.check(start_my_server().await))
//! }
//! ```
//!
//! Tests are named `operation::member::keyword`, as `replicate_backup::replicate::name::max_length`. One more for each
//! operation, `replicate_backup::judged`, is about everything that is about no constraint, and says whether the
//! operation could be judged at all. The server is started once, before the first test that needs it; `--list` does not
//! start it. It must go on after `start` has ended, in a task of the runtime or a thread. Each operation's cases are sent
//! once for all its tests; of a selection of tests, only theirs are sent.
//!
//! A part of a name selects, as `cargo test --test contract replicate_backup::replicate`; `--exact` takes a whole one, and
//! `--skip` may be given several times. Where each test is a process, as under nextest, each starts the server: one with a
//! fixed port needs a test group with `max-threads = 1` there.

mod name;
mod verdict;

use std::collections::{BTreeSet, HashSet};
use std::future::Future;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use libtest_mimic::{Arguments, Completion, Failed, Trial};
use tokio::runtime::Runtime;

use crate::contract::Contract;
use crate::generate::Case;
use crate::model::Operation;
use crate::net::CheckBuilder;
use crate::net::check_builder::Ready;
use crate::report::Report;
use crate::spec::ContractError;
use verdict::{judged, of_constraint};

/// Runs a test for each constraint of every operation: [`Harness::run`] with nothing left out.
pub fn run<S, F>(contract: Contract, start: S) -> ExitCode
where
    S: FnOnce(Contract) -> F + Send + 'static,
    F: Future<Output = CheckBuilder>,
{
    Harness::new(contract).run(start)
}

/// The tests of a contract.
#[derive(Debug)]
#[must_use = "no test runs until the harness does"]
pub struct Harness {
    contract: Contract,
    operations: Vec<Arc<Operation>>,
}

impl Harness {
    /// The tests of every operation.
    pub fn new(contract: Contract) -> Self {
        let operations = contract.operations().to_vec();
        Self { contract, operations }
    }

    /// Only the tests of these operations.
    ///
    /// # Errors
    /// [`ContractError::UnknownOperation`] with the names there are.
    pub fn operations<'n>(mut self, names: impl IntoIterator<Item = &'n str>) -> Result<Self, ContractError> {
        let operations = names.into_iter().map(|name| self.contract.operation(name).cloned());
        self.operations = operations.collect::<Result<_, _>>()?;
        Ok(self)
    }

    /// Runs the tests that the command line selects. `start` starts the server, on a runtime that lives until the last
    /// test, and says how it is judged.
    pub fn run<S, F>(self, start: S) -> ExitCode
    where
        S: FnOnce(Contract) -> F + Send + 'static,
        F: Future<Output = CheckBuilder>,
    {
        let arguments = Arguments::from_args();
        let mut taken = HashSet::new();
        let selections = self.operations.iter().map(|operation| Selection::of(operation, &mut taken, &arguments));
        let selections: Vec<Selection> = selections.collect();
        let needed = selections.iter().filter(|selection| selection.is_needed());
        let needed: BTreeSet<String> = needed.map(|selection| selection.operation.label.clone()).collect();
        let contract = self.contract;
        let start = move |runtime: &Runtime| {
            let prepared = runtime.block_on(async { start(contract).await.prepare(Some(needed)).await });
            prepared.map_err(|error| error.to_string())
        };
        let server = Arc::new(Server { start: Mutex::new(Some(start)), started: OnceLock::new() });
        let trials = selections.into_iter().flat_map(|selection| tests(selection, &server)).collect();
        libtest_mimic::run(&arguments, trials).exit_code()
    }
}

/// The server under test, which is started when it is first asked for.
struct Server<S> {
    start: Mutex<Option<S>>,
    started: OnceLock<Result<Started, String>>,
}

struct Started {
    runtime: Runtime,
    ready: Ready,
}

impl<S: FnOnce(&Runtime) -> Result<Ready, String>> Server<S> {
    fn started(&self) -> Result<&Started, String> {
        let started = self.started.get_or_init(|| {
            let start = self.start.lock().unwrap_or_else(PoisonError::into_inner).take();
            let start = start.ok_or("the server's start ended in a panic, which another test shows")?;
            let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
            let runtime = runtime.map_err(|error| format!("no runtime for the server: {error}"))?;
            let ready = start(&runtime)?;
            Ok(Started { runtime, ready })
        });
        started.as_ref().map_err(String::clone)
    }
}

/// What the tests of an operation share.
struct Shared<S> {
    operation: Arc<Operation>,
    server: Arc<Server<S>>,
    /// The constraints whose tests run; nothing when all is to be sent.
    only: Option<BTreeSet<String>>,
    /// Whether the test that says whether the operation could be judged runs too.
    with_judged: bool,
    report: OnceLock<Result<Report, String>>,
}

impl<S: FnOnce(&Runtime) -> Result<Ready, String>> Shared<S> {
    fn report(&self) -> Result<&Report, Failed> {
        let report = self.report.get_or_init(|| {
            let Started { runtime, ready } = self.server.started()?;
            let name = &self.operation.label;
            let plan = ready.plan(name).ok_or_else(|| format!("what is judged leaves {name} out"))?;
            let wanted = |case: &Case| self.wants(case);
            let cases = self.only.as_ref().map(|_| ready.cases(&plan, wanted)).unwrap_or_default();
            Ok(runtime.block_on(ready.judge(vec![plan], cases)))
        });
        report.as_ref().map_err(Failed::from)
    }

    fn wants(&self, case: &Case) -> bool {
        let id = case.verdict.constraint().map(|constraint| &case.operation.input.constraints[constraint].id);
        id.is_some_and(|id| self.only.as_ref().is_some_and(|only| only.contains(id)))
    }
}

/// The tests of an operation, and which of them the command line selects.
struct Selection {
    operation: Arc<Operation>,
    /// The name of the test that says whether the operation could be judged.
    whole: String,
    with_judged: bool,
    /// The names of the others, and the constraints that they are about.
    constraints: Vec<(String, String)>,
    /// The constraints whose tests run.
    selected: BTreeSet<String>,
}

impl Selection {
    /// Names are taken in the order of the contract, so they are the same for every selection.
    fn of(operation: &Arc<Operation>, taken: &mut HashSet<String>, arguments: &Arguments) -> Self {
        let whole = name::unique(format!("{}::judged", name::prefix(operation)), taken);
        let constraints = name::of_constraints(operation, taken);
        let runs = |name: &String| !arguments.is_filtered_out(&Trial::test(name.clone(), || Ok(())));
        let selected = constraints.iter().filter(|(name, _)| runs(name)).map(|(_, id)| id.clone()).collect();
        Self { operation: Arc::clone(operation), with_judged: runs(&whole), whole, constraints, selected }
    }

    fn is_needed(&self) -> bool {
        self.with_judged || !self.selected.is_empty()
    }
}

/// The tests of an operation.
fn tests<S>(selection: Selection, server: &Arc<Server<S>>) -> Vec<Trial>
where
    S: FnOnce(&Runtime) -> Result<Ready, String> + Send + 'static,
{
    let Selection { operation, whole, with_judged, constraints, selected } = selection;
    let shared = Arc::new(Shared {
        operation,
        server: Arc::clone(server),
        only: (!with_judged && selected.len() < constraints.len()).then_some(selected),
        with_judged,
        report: OnceLock::new(),
    });
    let known: HashSet<String> = constraints.iter().map(|(_, id)| id.clone()).collect();
    let mut trials = Vec::new();
    let this = Arc::clone(&shared);
    trials.push(Trial::test(whole, move || judged(this.report()?, &known)));
    for (name, id) in constraints {
        let this = Arc::clone(&shared);
        trials.push(Trial::ignorable_test(name, move || -> Result<Completion, Failed> {
            of_constraint(this.report()?, &id, this.with_judged)
        }));
    }
    trials
}
