//! What `check`, `cases` and `mutants` share: which operations of which contract, in which dialect.

use std::path::PathBuf;
use std::sync::Arc;

use accordant::Contract;
use accordant::generate::{Phase, Plan};
use accordant::model::{Dialect, Operation};
use clap::{Args, ValueEnum};

use super::Failure;
use super::spec::contract;

/// Which operations.
#[derive(Debug, Clone, Default, Args)]
pub struct Selection {
    /// Directory of the specs; the built-in ones when absent
    #[arg(long, value_name = "DIR")]
    pub specs: Option<PathBuf>,
    /// Only operations of this service; may be given several times
    #[arg(long, value_name = "SERVICE")]
    pub service: Vec<String>,
    /// Only this operation; may be given several times
    #[arg(long, value_name = "OPERATION")]
    pub operation: Vec<String>,
}

/// A dialect, as a flag has it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
pub enum DialectFlag {
    /// What the SDKs speak
    #[default]
    Native,
    /// What the documents' pages show
    Documented,
}

impl From<DialectFlag> for Dialect {
    fn from(flag: DialectFlag) -> Self {
        match flag {
            DialectFlag::Native => Self::Native,
            DialectFlag::Documented => Self::Documented,
        }
    }
}

/// A phase, as a flag has it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum PhaseFlag {
    /// The spec's examples
    Examples,
    /// By a covering rule, the same for every seed
    Coverage,
    /// By the seed
    Random,
    /// Of the protocol rather than of members, the same for every seed
    Probes,
}

/// The phases that are asked for, in order; all of them when none is.
pub fn phases(flags: &[PhaseFlag]) -> Vec<Phase> {
    let wanted = |phase: Phase| {
        flags.iter().any(|flag| match flag {
            PhaseFlag::Examples => phase == Phase::Examples,
            PhaseFlag::Coverage => phase == Phase::Coverage,
            PhaseFlag::Random => phase == Phase::Random,
            PhaseFlag::Probes => phase == Phase::Probes,
        })
    };
    Phase::ALL.into_iter().filter(|phase| flags.is_empty() || wanted(*phase)).collect()
}

/// Refuses to ask for no random cases: that is said by the phases.
pub fn some_cases(random: u64) -> Result<(), Failure> {
    if random == 0 {
        let message =
            "--cases 0 leaves the random phase without cases; --phase examples --phase coverage leaves it out";
        return Err(Failure::Nothing(message.into()));
    }
    Ok(())
}

/// How many cases the phases of plans have, with so many random ones for each plan.
pub fn total<'p>(plans: impl Iterator<Item = &'p Plan>, phases: &[Phase], random: u64) -> Result<u64, Failure> {
    let mut counts = plans.flat_map(|plan| phases.iter().map(move |phase| plan.count(*phase, random)));
    counts.try_fold(0_u64, u64::checked_add).ok_or_else(|| too_many(random))
}

/// Refuses so many random cases for each of so many operations that they could not be numbered, with up to 2³² others that
/// each operation may have.
pub fn numbered(phases: &[Phase], random: u64, operations: usize) -> Result<(), Failure> {
    let each = if phases.contains(&Phase::Random) { random } else { 0 };
    let all = each.checked_add(1 << 32).and_then(|each| each.checked_mul(operations as u64));
    all.map(|_| ()).ok_or_else(|| too_many(random))
}

fn too_many(random: u64) -> Failure {
    Failure::Usage(format!(
        "--cases {random}: with so many for each operation, the cases cannot be numbered; ask for fewer"
    ))
}

impl Selection {
    /// The contract.
    pub fn contract(&self) -> Result<Contract, Failure> {
        contract(self.specs.as_deref())
    }

    /// The operations of the contract that are asked for. It is a failure when there are none.
    pub fn operations(&self, contract: &Contract, dialect: Dialect) -> Result<Vec<Arc<Operation>>, Failure> {
        let rows = self.rows(contract, dialect)?;
        let selected: Vec<Arc<Operation>> =
            rows.into_iter().filter_map(|row| contract.operation_at(row).ok().cloned()).collect();
        if selected.is_empty() { Err(nothing(contract, dialect)) } else { Ok(selected) }
    }

    /// The rows of the operations that are asked for, in their order. Those that are asked for by name are sound. It is a
    /// failure when there are none.
    pub fn rows(&self, contract: &Contract, dialect: Dialect) -> Result<Vec<usize>, Failure> {
        let mut named = Vec::new();
        for name in &self.operation {
            // An unknown name is as good as a filter that matches nothing.
            let row = contract.row_in_any_case(name).map_err(|error| Failure::Nothing(error.to_string()))?;
            // What is asked for by name is not left out in silence.
            contract.operation_at(row)?;
            named.push(row);
        }
        let index = contract.index();
        let is_meant = |row: &usize| {
            let entry = &index.operations[*row];
            (named.is_empty() || named.contains(row))
                && (self.service.is_empty() || self.service.contains(&index.services[entry.service].name))
                && (dialect == Dialect::Native || entry.documented.is_some())
        };
        let rows: Vec<usize> = (0..index.operations.len()).filter(is_meant).collect();
        if rows.is_empty() { Err(nothing(contract, dialect)) } else { Ok(rows) }
    }

    /// The plans of the operations that are asked for.
    pub fn plans(&self, contract: &Contract, dialect: Dialect) -> Result<Vec<Plan>, Failure> {
        let operations = self.operations(contract, dialect)?;
        Ok(operations.iter().map(|operation| Plan::new(operation, dialect)).collect())
    }
}

fn nothing(contract: &Contract, dialect: Dialect) -> Failure {
    let available = available(contract, dialect);
    let dialect = dialect.name();
    Failure::Nothing(format!("no operation is selected; there are, in the {dialect} dialect: {available}"))
}

fn available(contract: &Contract, dialect: Dialect) -> String {
    let index = contract.index();
    let spoken = |row: &usize| dialect == Dialect::Native || index.operations[*row].documented.is_some();
    let rows = (0..index.operations.len()).filter(spoken);
    let name = |row: usize| {
        let service = &index.services[index.operations[row].service].name;
        format!("{} (service {service})", index.label(row))
    };
    rows.map(name).collect::<Vec<_>>().join(", ")
}
