//! Schemas made ready for drawing: what the schemas that hold together for one value come to, worked out once.
//!
//! The first plans are those of the shape's nodes, under the nodes' own numbers. Others belong to combinations of nodes: a
//! value that has an `anyOf` is drawn from its own schema and that of one branch together.

use std::sync::Arc;

use serde_json::Value;

use super::medium::Medium;
use super::number::Numbers;
use super::regex_gen::Pattern;
use super::text::Text;
use crate::model::{ConstraintId, JsonType, PlaceId};

/// Index of a plan.
pub(super) type ValuePlanId = usize;

/// How values are drawn that satisfy a set of schemas.
#[derive(Debug, Default)]
pub(super) struct ValuePlan {
    /// The plans of the branches, one of which is drawn from instead.
    pub choose: Vec<ValuePlanId>,
    /// Allowed types, the one that says most first.
    pub types: Vec<JsonType>,
    /// The only values there are, where the schemas list them.
    pub choices: Vec<Value>,
    /// Values that a source shows, or that the service takes by default; texts are in `text`.
    pub suggested: Vec<Value>,
    pub numbers: Numbers,
    pub text: Option<Text>,
    pub list: List,
    pub members: Members,
    /// Constraints that drawing does not guarantee.
    pub checks: Vec<ConstraintId>,
    /// Fewest levels of nesting that a value has.
    pub height: u32,
}

/// How lists are drawn.
#[derive(Debug, Default)]
pub(super) struct List {
    pub least: usize,
    pub most: Option<usize>,
    pub prefix: Vec<ValuePlanId>,
    pub item: Option<ValuePlanId>,
    /// What some items must be besides, and how many.
    pub contains: Vec<(ValuePlanId, usize)>,
    pub unique: bool,
}

/// How objects are drawn.
#[derive(Debug, Default)]
pub(super) struct Members {
    pub named: Vec<Named>,
    pub patterns: Vec<(Pattern, ValuePlanId)>,
    pub values: Option<ValuePlanId>,
    pub keys: Option<ValuePlanId>,
    /// Names of members where no schema is about them.
    pub free_keys: Option<Text>,
    pub least: usize,
    pub most: Option<usize>,
    /// Whether other members than those are allowed.
    pub open: bool,
}

/// A named member.
#[derive(Debug)]
pub(super) struct Named {
    pub name: String,
    pub plan: Option<ValuePlanId>,
    pub required: bool,
    /// Carries the caller's credentials, which are not for drawing.
    pub credential: bool,
    /// Members that must be there when this one is.
    pub needs: Vec<usize>,
}

/// What a shape's surroundings say of its nodes.
#[derive(Debug, Default)]
pub(super) struct Surroundings {
    pub media: Vec<Medium>,
    /// Index of the medium of each node.
    pub medium_of: Vec<usize>,
    pub credentials: Vec<PlaceId>,
    /// Texts that the API's members hold every day.
    pub familiar: Vec<Arc<str>>,
}

/// How deep the values of each plan are at least: by that, recursion finds its end.
pub(super) fn measure(plans: &mut [ValuePlan]) {
    const ENDLESS: u32 = u32::MAX;
    for plan in plans.iter_mut() {
        plan.height = ENDLESS;
    }
    let mut changed = true;
    while changed {
        changed = false;
        for id in 0..plans.len() {
            let height = height(plans, &plans[id]);
            changed |= height < plans[id].height;
            plans[id].height = height;
        }
    }
}

fn height(plans: &[ValuePlan], plan: &ValuePlan) -> u32 {
    let above = |id: &ValuePlanId| plans[*id].height.saturating_add(1);
    if !plan.choose.is_empty() {
        return plan.choose.iter().map(|id| plans[*id].height).min().unwrap_or(0);
    }
    let of_type = |json_type: &JsonType| match json_type {
        JsonType::Object => {
            let required = plan.members.named.iter().filter(|named| named.required).filter_map(|named| named.plan);
            let values = plan.members.values.filter(|_| plan.members.least > 0);
            required.chain(values).map(|id| above(&id)).max().unwrap_or(0)
        }
        JsonType::Array if plan.list.least > 0 => {
            let items = plan.list.prefix.iter().chain(&plan.list.item);
            items.chain(plan.list.contains.iter().map(|(id, _)| id)).map(above).max().unwrap_or(0)
        }
        _ => 0,
    };
    if plan.choices.is_empty() { plan.types.iter().map(of_type).min().unwrap_or(0) } else { 0 }
}
