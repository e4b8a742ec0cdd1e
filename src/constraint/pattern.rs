//! `pattern`: a regular expression without backtracking, matched anywhere in the string.

use std::cell::RefCell;
use std::collections::HashMap;

use regex::{Regex, RegexBuilder};
use serde_json::Value;

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit};
use crate::contract::model::{Cause, SchemaSpec};

/// The kind.
pub struct Pattern;

/// Largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 4 * 1024 * 1024;

impl Kind for Pattern {
    fn cause(&self) -> Cause {
        Cause::Pattern
    }

    fn compile(&self, schema: &SchemaSpec, scope: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        let Some(pattern) = &schema.pattern else { return Vec::new() };
        let regex = scope.patterns.get(pattern).map_err(|error| Unfit {
            at: "/pattern".into(),
            message: format!("the pattern does not compile: {}", one_line(&error)),
            help: "write it without look-around and back-references, so that matching takes linear time".into(),
        });
        vec![regex.map(|regex| Stated::new("pattern", Matches(regex)))]
    }
}

/// The last line of the error, which says what is wrong.
fn one_line(error: &regex::Error) -> String {
    let text = error.to_string();
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// Compiled patterns by their text: a contract says the same pattern in many places, and each is large.
#[derive(Debug, Default)]
pub struct Patterns(RefCell<HashMap<String, Regex>>);

impl Patterns {
    /// Compiles a pattern within bounds, or finds it compiled.
    ///
    /// # Errors
    /// When it is no pattern, or needs backtracking or too much memory.
    pub fn get(&self, pattern: &str) -> Result<Regex, regex::Error> {
        if let Some(regex) = self.0.borrow().get(pattern) {
            return Ok(regex.clone());
        }
        let regex = RegexBuilder::new(pattern).size_limit(MAX_COMPILED).build()?;
        self.0.borrow_mut().insert(pattern.to_owned(), regex.clone());
        Ok(regex)
    }
}

#[derive(Debug)]
struct Matches(Regex);

impl Test for Matches {
    fn holds(&self, value: &Value) -> bool {
        let Value::String(text) = value else { return true };
        self.0.is_match(text)
    }

    fn state(&self) -> String {
        format!("must match {}", self.0.as_str())
    }

    fn edges(&self) -> Edges {
        Edges { inside: vec![BoundaryValue::Match], outside: vec![BoundaryValue::NearMiss; 3] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn matches_anywhere_and_only_strings() {
        let test = Matches(Patterns::default().get("b").expect("valid"));
        assert!(test.holds(&json!("abc")) && !test.holds(&json!("a")) && test.holds(&json!(7)));
    }

    #[test]
    fn refuses_what_backtracks_or_explodes() {
        for pattern in ["(?=a)", r"(a)\1", "((a{1000}){1000}){1000}", "["] {
            assert!(Patterns::default().get(pattern).is_err(), "{pattern}");
        }
    }
}
