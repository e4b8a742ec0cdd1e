//! What one schema says by itself: its bounds and its branches.

use indexmap::IndexMap;
use serde_json::{Number, Value};

use super::shape::NodeId;

/// The parts of `anyOf`, `oneOf`, `not`, `if` and `contains`: nodes without constraints.
#[derive(Debug, Default)]
#[allow(missing_docs, reason = "JSON Schema's own names")]
pub struct Branches {
    pub any_of: Vec<NodeId>,
    pub one_of: Vec<NodeId>,
    pub not: Option<NodeId>,
    /// `if`.
    pub condition: Option<NodeId>,
    pub then: Option<NodeId>,
    /// `else`.
    pub otherwise: Option<NodeId>,
    pub contains: Option<NodeId>,
}

impl Branches {
    /// Whether there are any.
    #[must_use]
    pub fn is_any(&self) -> bool {
        let single = self.not.or(self.condition).or(self.contains);
        single.is_some() || !self.any_of.is_empty() || !self.one_of.is_empty()
    }
}

/// The bounds of a schema as plain values.
#[derive(Debug, Clone, Default)]
#[allow(missing_docs, reason = "JSON Schema's own names")]
pub struct Limits {
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub pattern: Option<String>,
    /// `enum`, or `const` alone.
    pub choices: Vec<Value>,
    pub minimum: Option<Number>,
    pub maximum: Option<Number>,
    pub exclusive_minimum: Option<Number>,
    pub exclusive_maximum: Option<Number>,
    pub multiple_of: Option<Number>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub unique_items: bool,
    pub min_contains: Option<u64>,
    pub max_contains: Option<u64>,
    pub min_properties: Option<u64>,
    pub max_properties: Option<u64>,
    pub required: Vec<String>,
    /// Members that must be present when the named one is.
    pub dependent_required: IndexMap<String, Vec<String>>,
    /// Whether `additionalProperties` is `false`.
    pub closed: bool,
}
