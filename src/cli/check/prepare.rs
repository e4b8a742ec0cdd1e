//! What `accordant check` knows before the first request.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::sync::Arc;

use accordant::Contract;
use accordant::generate::{Case, Plan, Token};
use accordant::judge::{Settings, Target};

use super::Options;
use crate::cli::Failure;
use crate::cli::selection::phases;

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
        max_time: options.max_time,
        max_failures: options.max_failures,
        ..defaults
    }
}

/// What makes fresh members those of one run: the one that is asked for, else a new one; nothing where no member is fresh.
pub fn run_id(options: &Options, target: &Target) -> Option<u32> {
    if target.uniques.is_empty() {
        return None;
    }
    #[allow(clippy::cast_possible_truncation, reason = "any part of it will do")]
    let new = || RandomState::new().build_hasher().finish() as u32;
    Some(options.run_id.unwrap_or_else(new))
}

/// The plans of what is selected: by flags, else by tokens, else by the target's file.
pub fn plans(
    options: &Options,
    contract: &Contract,
    target: &Target,
    run_id: Option<u32>,
) -> Result<Vec<Arc<Plan>>, Failure> {
    let mut selection = options.selection.clone();
    if selection.operation.is_empty() && selection.service.is_empty() {
        selection.operation = options.replay.iter().map(|token| token.operation.clone()).collect();
    }
    let plans = options.reach.plans(&selection, contract, target)?;
    let Some(run_id) = run_id else { return Ok(plans) };
    Ok(plans.into_iter().map(|plan| Arc::new(Arc::unwrap_or_clone(plan).in_run(run_id.into()))).collect())
}

pub fn replays(tokens: &[Token], plans: &[Arc<Plan>]) -> Result<Vec<Case>, Failure> {
    let recreate = |token: &Token| {
        let plan = plans.iter().find(|plan| plan.operation().is_called(&token.operation));
        let plan = plan.ok_or_else(|| Failure::Usage(format!("the operation of {token} is not selected")))?;
        plan.replay(token).map_err(|error| Failure::Usage(error.to_string()))
    };
    tokens.iter().map(recreate).collect()
}
