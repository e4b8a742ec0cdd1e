//! proptest strategies of a contract: valid inputs of an operation, and inputs that break exactly one constraint.

use std::sync::Arc;

use proptest::prelude::Rng;
use proptest::strategy::{NewTree, Strategy};
use proptest::test_runner::TestRunner;

use super::case::Case;
use super::plan::Plan;
use super::{CaseKind, Phase, Shrinking};

/// Draws before proptest is told that there is nothing to draw.
const TRIES: usize = 1000;

/// Cases of one kind; they shrink without becoming another kind.
#[derive(Debug, Clone)]
#[must_use = "a strategy draws nothing by itself"]
pub struct Cases {
    plan: Arc<Plan>,
    kinds: Vec<CaseKind>,
}

impl Cases {
    /// Cases of a plan's random phase that are of one kind.
    pub fn new(plan: &Arc<Plan>, kind: CaseKind) -> Self {
        Self::of_kinds(plan, &[kind])
    }

    /// Cases of a plan's random phase that are of one of these kinds.
    pub fn of_kinds(plan: &Arc<Plan>, kinds: &[CaseKind]) -> Self {
        Self { plan: Arc::clone(plan), kinds: kinds.to_vec() }
    }
}

impl Strategy for Cases {
    type Tree = Shrinking;
    type Value = Case;

    fn new_tree(&self, runner: &mut TestRunner) -> NewTree<Self> {
        for _ in 0..TRIES {
            let (seed, index) = (runner.rng().next_u64(), runner.rng().next_u64() >> 1);
            if let Some(Ok(case)) = self.plan.case(Phase::Random, seed, index)
                && self.kinds.contains(&case.kind())
            {
                return Ok(Shrinking::new(&self.plan, case));
            }
        }
        let kinds: Vec<&str> = self.kinds.iter().map(|kind| kind.name()).collect();
        Err(format!("{} has no {} cases", self.plan.operation().label, kinds.join(" or ")).into())
    }
}
