//! The members that a rule is over.

use serde_json::Value;

use crate::value::pointer;

/// A member that a rule names.
#[derive(Debug)]
pub struct Operand {
    pub name: String,
    pub path: Vec<String>,
    /// What is judged where it is absent.
    pub default: Option<Value>,
}

impl Operand {
    /// Its value, or its default, in what the rule is stated of.
    pub fn of<'v>(&'v self, value: &'v Value) -> Option<&'v Value> {
        pointer::first(value, &self.path).or(self.default.as_ref())
    }
}
