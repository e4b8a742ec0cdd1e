//! What one schema says by itself: its bounds, its branches, and what stands beside a reference.

use indexmap::IndexMap;
use serde_json::{Number, Value};

use super::model::{BoolOrSchema, SchemaSpec};
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

/// The bounds as plain values.
pub(super) fn limits(schema: &SchemaSpec) -> Limits {
    let constant = schema.constant.iter().cloned();
    Limits {
        min_length: schema.min_length,
        max_length: schema.max_length,
        pattern: schema.pattern.clone(),
        choices: schema.enumeration.clone().unwrap_or_else(|| constant.collect()),
        minimum: schema.minimum.clone(),
        maximum: schema.maximum.clone(),
        exclusive_minimum: schema.exclusive_minimum.clone(),
        exclusive_maximum: schema.exclusive_maximum.clone(),
        multiple_of: schema.multiple_of.clone(),
        min_items: schema.min_items,
        max_items: schema.max_items,
        unique_items: schema.unique_items == Some(true),
        min_contains: schema.min_contains,
        max_contains: schema.max_contains,
        min_properties: schema.min_properties,
        max_properties: schema.max_properties,
        required: schema.required.clone(),
        dependent_required: schema.dependent_required.clone(),
        closed: matches!(schema.additional_properties, Some(BoolOrSchema::Bool(false))),
    }
}

/// The referred schema with the annotations written beside the reference.
pub(super) fn overlay(target: &SchemaSpec, beside: &SchemaSpec) -> SchemaSpec {
    let mut merged = target.clone();
    merged.cite = merged.cite.or_else(|| beside.cite.clone());
    merged.description = beside.description.clone().or(merged.description);
    merged.sensitive |= beside.sensitive;
    merged.place = beside.place.or(merged.place);
    merged.wire = beside.wire.clone().or(merged.wire);
    merged.default = beside.default.clone().or(merged.default);
    merged.errors.extend(beside.errors.clone());
    merged.examples.extend(beside.examples.clone());
    merged
}
