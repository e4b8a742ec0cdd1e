//! What `accordant check` knows before the first request.

use std::path::PathBuf;
use std::sync::Arc;

use accordant::contract::SourceText;
use accordant::generate::{Adjustments, Case, Plan, Token};
use accordant::judge::{Credentials, Settings, Signer, Target};
use accordant::mock::{DEFAULT_REGION, Dialect};
use accordant::{Contract, ContractError};

use super::Options;
use crate::cli::Failure;
use crate::cli::selection::phases;

/// Where credentials are looked for when no flag has them.
const CREDENTIALS: &str = "ACCORDANT_CREDENTIALS";
/// Largest file of credentials, givens or a target, in bytes.
const LARGEST_FILE: u64 = 4 * 1024 * 1024;

pub fn settings(options: &Options, concurrency: Option<usize>) -> Settings {
    let defaults = Settings::default();
    Settings {
        phases: phases(&options.phase),
        cases: options.cases,
        seed: options.seed,
        shard: options.shard,
        concurrency: options.concurrency.map(usize::from).or(concurrency).unwrap_or(defaults.concurrency),
        rate: options.rate,
        strict: options.strict,
        ..defaults
    }
}

/// The target as the file has it, with what flags say besides.
pub fn target(options: &Options, contract: &Contract) -> Result<Target, Failure> {
    let environment = |name: &str| std::env::var(name).ok();
    let mut target = match &options.target {
        Some(file) => Target::parse(source(file)?, contract, environment).map_err(ContractError::Broken)?,
        None => Target::default(),
    };
    if let Some(file) = &options.given {
        target.add_givens(source(file)?, contract, environment).map_err(ContractError::Broken)?;
    }
    for (name, value) in &options.header {
        target.headers.insert(name.clone(), value.clone());
    }
    for set in &options.set {
        let mut set = set.clone();
        set.fit(contract).map_err(|error| Failure::Usage(format!("--set: {error}")))?;
        target.sets.push(set);
    }
    for unique in &options.unique {
        unique.fit(contract).map_err(|error| Failure::Usage(format!("--unique: {error}")))?;
        target.uniques.push(unique.clone());
    }
    Ok(target)
}

/// The plans of what is selected: by flags, else by tokens, else by the target's file.
pub fn plans(
    options: &Options,
    contract: &Contract,
    target: &Target,
    dialect: Dialect,
) -> Result<Vec<Arc<Plan>>, Failure> {
    let mut selection = options.selection.clone();
    if selection.operation.is_empty() && selection.service.is_empty() {
        if options.replay.is_empty() {
            selection.operation.clone_from(&target.operations);
            selection.service.clone_from(&target.services);
        } else {
            selection.operation = options.replay.iter().map(|token| token.operation.clone()).collect();
        }
    }
    let plans = selection.plans(contract, dialect)?.into_iter().map(|plan| {
        let operation = Arc::clone(plan.operation());
        let adjustments = Adjustments { sets: target.sets_for(&operation), uniques: target.uniques_for(&operation) };
        Arc::new(plan.adjusted(&adjustments))
    });
    Ok(plans.collect())
}

pub fn replays(tokens: &[Token], plans: &[Arc<Plan>]) -> Result<Vec<Case>, Failure> {
    let recreate = |token: &Token| {
        let plan = plans.iter().find(|plan| plan.operation().name == token.operation);
        let plan = plan.ok_or_else(|| Failure::Usage(format!("the operation of {token} is not selected")))?;
        plan.replay(token).map_err(|error| Failure::Usage(error.to_string()))
    };
    tokens.iter().map(recreate).collect()
}

/// Credentials of the flags, else of the environment, else dummy ones.
pub fn signer(options: &Options, target: &Target) -> Result<Signer, Failure> {
    let (text, place) = match (&options.credentials, &options.credentials_file) {
        (Some(text), _) => (Some(text.clone()), "--credentials"),
        (None, Some(file)) => (Some(read(file)?.trim().to_owned()), "--credentials-file"),
        (None, None) => (std::env::var(CREDENTIALS).ok(), CREDENTIALS),
    };
    let usage = |error: &dyn std::fmt::Display| Failure::Usage(format!("{place}: {error}"));
    let credentials = text.map_or(Ok(Credentials::dummy()), |text| text.parse()).map_err(|error| usage(&error))?;
    let region = options.region.as_deref().or(target.region.as_deref()).unwrap_or(DEFAULT_REGION);
    Signer::new(credentials, region).map_err(|error| Failure::Usage(format!("--region {region}: {error}")))
}

fn source(file: &PathBuf) -> Result<Arc<SourceText>, Failure> {
    Ok(Arc::new(SourceText { name: file.display().to_string(), text: read(file)? }))
}

pub fn read(file: &PathBuf) -> Result<String, Failure> {
    let what = || format!("cannot read {}", file.display());
    let size = std::fs::metadata(file).map_err(Failure::io(what()))?.len();
    if size > LARGEST_FILE {
        return Err(Failure::Usage(format!("{} is larger than {LARGEST_FILE} bytes", file.display())));
    }
    std::fs::read_to_string(file).map_err(Failure::io(what()))
}
