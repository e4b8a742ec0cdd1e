//! Constraint kinds: everything that can be stated about a value, one file per kind.
//!
//! A [`Kind`] reads the keywords it owns from a schema and turns each into a [`Test`], which judges
//! values and states itself in a sentence. Adding a kind is adding a file and a line in [`KINDS`].

mod composition;
mod enumeration;
mod format;
mod items;
mod length;
mod pattern;
mod range;
mod required;
mod rule;
mod types;
mod unknown_member;

use serde_json::Value;

use crate::model::{Cause, SchemaSpec};

use crate::model::{BoundaryValue, Edges, Form, Test, Types};
pub use rule::over as rule_over;
pub use types::is_integer;

/// A constraint found in a schema, not yet placed.
#[derive(Debug)]
pub struct Stated {
    /// The keyword, or the rule's id.
    pub keyword: String,
    /// The member it is about, where that is not the value it is judged on: a missing member has no value.
    pub member: Option<String>,
    /// Pointer from the schema to the text that states it.
    pub at: String,
    /// The judgement.
    pub test: Box<dyn Test>,
}

impl Stated {
    fn new(keyword: &str, test: impl Test + 'static) -> Self {
        Self { keyword: keyword.to_owned(), member: None, at: format!("/{keyword}"), test: Box::new(test) }
    }
}

/// A keyword that cannot be compiled.
#[derive(Debug)]
pub struct Unfit {
    /// Pointer from the schema to the text at fault.
    pub at: String,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

/// A kind of constraint.
pub trait Kind: Sync {
    /// The kind of violation it guards against.
    fn cause(&self) -> Cause;

    /// The constraints of this kind that a schema states about its own value.
    fn compile(&self, schema: &SchemaSpec, scope: &Scope<'_>) -> Vec<Result<Stated, Unfit>>;
}

/// What a kind may look up while it compiles.
#[derive(Debug)]
pub struct Scope<'a> {
    /// The schema as it is written.
    pub raw: &'a Value,
    /// The `$defs` that `#/$defs/NAME` refers to: the operation's, then its service's.
    pub defs: &'a [&'a Value],
}

/// The schema that `#/$defs/NAME` refers to.
#[must_use]
pub fn definition<'a>(defs: &[&'a Value], name: &str) -> Option<&'a Value> {
    defs.iter().find_map(|defs| defs.get(name))
}

/// All kinds, in the order in which their violations are reported.
pub static KINDS: &[&dyn Kind] = &[
    &required::Required,
    &types::Type,
    &enumeration::Enum,
    &length::Length,
    &pattern::Pattern,
    &range::Range,
    &format::Format,
    &items::Items,
    &unknown_member::UnknownMember,
    &composition::Composition,
    &rule::Rules,
];

/// Wishes for exact values.
fn values(values: impl IntoIterator<Item = Value>) -> Vec<BoundaryValue> {
    values.into_iter().map(BoundaryValue::Value).collect()
}

/// Writes a number of things: "1 item", "2 items".
fn count(number: u64, thing: &str) -> String {
    if number == 1 { format!("1 {thing}") } else { format!("{number} {thing}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_the_order_of_the_causes_and_equals_the_directory() {
        let causes: Vec<Cause> = KINDS.iter().map(|kind| kind.cause()).collect();
        assert!(causes.is_sorted(), "{causes:?}");
        let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/src/constraint");
        let files = std::fs::read_dir(directory).expect("the source directory");
        assert_eq!(files.count() - 1, KINDS.len(), "a file without a kind in the list");
    }
}
