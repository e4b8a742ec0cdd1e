//! What one schema says by itself: its bounds, and what is written beside a reference.

use crate::model::{BoolOrSchema, Limits, SchemaSpec};

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
        dependent_required: schema.dependent_required.clone().into_iter().collect(),
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
