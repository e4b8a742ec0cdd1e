//! `additionalProperties: false`: members that nobody knows.

use serde_json::Value;

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit};
use crate::model::{BoolOrSchema, Cause, Matcher, SchemaSpec};

/// The kind.
pub struct UnknownMember;

impl Kind for UnknownMember {
    fn cause(&self) -> Cause {
        Cause::UnknownMember
    }

    fn compile(&self, schema: &SchemaSpec, _: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        if !matches!(schema.additional_properties, Some(BoolOrSchema::Bool(false))) {
            return Vec::new();
        }
        let patterns: Result<Vec<_>, _> = schema.pattern_properties.keys().map(|text| Matcher::new(text)).collect();
        let patterns = patterns.map_err(|error| Unfit {
            at: "/patternProperties".into(),
            message: format!("the pattern does not compile: {error}"),
            help: "correct the regular expression".into(),
        });
        let names = schema.properties.keys().cloned().collect();
        vec![patterns.map(|patterns| Stated::new("additionalProperties", Known { names, patterns }))]
    }
}

#[derive(Debug)]
struct Known {
    names: Vec<String>,
    patterns: Vec<Matcher>,
}

impl Test for Known {
    fn holds(&self, value: &Value) -> bool {
        let Value::Object(members) = value else { return true };
        members.keys().all(|name| self.names.contains(name) || self.patterns.iter().any(|p| p.may_match(name)))
    }

    fn state(&self) -> String {
        format!("must have no members besides {}", self.names.join(", "))
    }

    fn edges(&self) -> Edges {
        Edges { inside: vec![BoundaryValue::Whole, BoundaryValue::Drawn], outside: vec![BoundaryValue::UnknownMember] }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn knows_names_and_patterns() {
        let test = Known { names: vec!["a".into()], patterns: vec![Matcher::new("^x-").expect("valid")] };
        assert!(test.holds(&json!({"a": 1, "x-y": 2})) && !test.holds(&json!({"b": 1})) && test.holds(&json!([])));
    }
}
