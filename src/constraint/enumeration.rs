//! `enum` and `const`: the values there are.

use serde_json::Value;

use super::{Edges, Kind, Scope, Stated, Test, Unfit, values};
use crate::model::{Cause, SchemaSpec};

/// The kind.
pub struct Enum;

impl Kind for Enum {
    fn cause(&self) -> Cause {
        Cause::Enum
    }

    fn compile(&self, schema: &SchemaSpec, _: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        let values = schema.enumeration.clone().map(|values| Stated::new("enum", OneOf(values)));
        let constant = schema.constant.clone().map(|value| Stated::new("const", OneOf(vec![value])));
        values.into_iter().chain(constant).map(Ok).collect()
    }
}

#[derive(Debug)]
struct OneOf(Vec<Value>);

impl Test for OneOf {
    fn holds(&self, value: &Value) -> bool {
        self.0.iter().any(|allowed| same(allowed, value))
    }

    fn state(&self) -> String {
        let values: Vec<String> = self.0.iter().map(ToString::to_string).collect();
        match values.as_slice() {
            [one] => format!("must be {one}"),
            many => format!("must be one of {}", many.join(", ")),
        }
    }

    fn edges(&self) -> Edges {
        let joined = match self.0.as_slice() {
            [Value::String(one), Value::String(other), ..] => Some(Value::from(format!("{one},{other}"))),
            _ => None,
        };
        let near = self.0.iter().flat_map(near_misses).chain(joined).filter(|value| !self.holds(value));
        Edges { inside: values(self.0.clone()), outside: values(near) }
    }
}

/// Values that are easily taken for an allowed one: other case, one letter more or less, a blank around, one number beside.
fn near_misses(value: &Value) -> Vec<Value> {
    match value {
        Value::String(text) => {
            let mut shorter = text.clone();
            shorter.pop();
            let texts = [
                text.to_lowercase(),
                text.to_uppercase(),
                capitalised(text),
                shorter,
                format!("{text}x"),
                format!("{text} "),
                format!(" {text}"),
            ];
            texts.into_iter().map(Value::String).collect()
        }
        Value::Number(number) => number
            .as_i64()
            .into_iter()
            .flat_map(|n| [n.saturating_add(1), n.saturating_sub(1)])
            .map(Value::from)
            .collect(),
        Value::Bool(value) => vec![Value::Bool(!value)],
        _ => vec![Value::from("x")],
    }
}

fn capitalised(text: &str) -> String {
    let mut rest = text.chars();
    rest.next()
        .map(|first| first.to_uppercase().chain(rest.as_str().to_lowercase().chars()).collect())
        .unwrap_or_default()
}

/// Equality as JSON Schema has it: numbers by value, so that 1 equals 1.0.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a == b || a.as_f64() == b.as_f64() && (a.is_f64() || b.is_f64()),
        (Value::Array(a), Value::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(name, a)| b.get(name).is_some_and(|b| same(a, b)))
        }
        (left, right) => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn compares_numbers_by_value_and_text_by_case() {
        let test = OneOf(vec![json!(1), json!("a"), json!({"x": [1]})]);
        assert!(test.holds(&json!(1.0)) && test.holds(&json!("a")) && test.holds(&json!({"x": [1.0]})));
        assert!(!test.holds(&json!("A")) && !test.holds(&json!("1")) && !test.holds(&json!({"x": []})));
    }
}
