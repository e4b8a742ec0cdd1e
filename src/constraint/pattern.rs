//! `pattern`: a regular expression, matched anywhere in the string.

use serde_json::Value;

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit};
use crate::model::{Cause, Matcher, SchemaSpec};

/// The kind.
pub struct Pattern;

impl Kind for Pattern {
    fn cause(&self) -> Cause {
        Cause::Pattern
    }

    fn compile(&self, schema: &SchemaSpec, _: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        let Some(pattern) = &schema.pattern else { return Vec::new() };
        let matcher = Matcher::new(pattern).map_err(|error| Unfit {
            at: "/pattern".into(),
            message: format!("the pattern does not compile: {error}"),
            help: "correct the regular expression".into(),
        });
        vec![matcher.map(|matcher| Stated::new("pattern", Matches(matcher)))]
    }
}

#[derive(Debug)]
struct Matches(Matcher);

impl Test for Matches {
    /// A text that cannot be judged within bounds counts as a match.
    fn holds(&self, value: &Value) -> bool {
        let Value::String(text) = value else { return true };
        self.0.may_match(text)
    }

    fn state(&self) -> String {
        format!("must match {}", self.0.as_str())
    }

    fn edges(&self) -> Edges {
        // What a pattern with look-around matches cannot be told from its text.
        let inside = if self.0.is_linear() { BoundaryValue::Match } else { BoundaryValue::Drawn };
        Edges { inside: vec![inside], outside: vec![BoundaryValue::NearMiss; 3] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn test(pattern: &str) -> Matches {
        Matches(Matcher::new(pattern).expect("a pattern"))
    }

    #[test]
    fn matches_anywhere_and_only_strings() {
        assert!(test("b").holds(&json!("abc")) && !test("b").holds(&json!("a")) && test("b").holds(&json!(7)));
    }

    #[test]
    fn judges_what_looks_around_and_lets_pass_what_cannot_be_judged() {
        assert!(!test("^(?!aws)").holds(&json!("aws:x")) && test("^(?!aws)").holds(&json!("x")));
        assert!(test("((a{1000}){1000}){1000}").holds(&json!("b")));
    }
}
