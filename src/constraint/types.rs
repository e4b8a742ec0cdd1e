//! `type`: the JSON type of a value.

use std::fmt;

use serde_json::{Value, json};

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit, values};
use crate::contract::model::{Cause, JsonType, SchemaSpec, TypeSpec};

/// The kind.
pub struct Type;

impl Kind for Type {
    fn cause(&self) -> Cause {
        Cause::Type
    }

    fn compile(&self, schema: &SchemaSpec, _: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        schema.types.as_ref().map(|types| Ok(Stated::new("type", Types::from(types)))).into_iter().collect()
    }
}

/// A set of JSON types.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Types(u8);

const ORDER: [(JsonType, &str); 7] = [
    (JsonType::Null, "null"),
    (JsonType::Boolean, "a boolean"),
    (JsonType::Object, "an object"),
    (JsonType::Array, "a list"),
    (JsonType::Number, "a number"),
    (JsonType::Integer, "an integer"),
    (JsonType::String, "a string"),
];

impl Types {
    /// Whether the set has this type.
    #[must_use]
    pub fn contains(self, json_type: JsonType) -> bool {
        self.0 & (1 << json_type as u8) != 0
    }

    /// The types of both sets; an empty set says nothing and takes none away. Nothing when no type is in both.
    #[must_use]
    pub fn and(self, other: Self) -> Option<Self> {
        if self.is_empty() || other.is_empty() {
            return Some(Self(self.0 | other.0));
        }
        let integer = |set: Self| set.0 | u8::from(set.contains(JsonType::Number)) << JsonType::Integer as u8;
        let both = integer(self) & integer(other);
        (both != 0).then_some(Self(both))
    }

    /// Whether the set is empty: nothing is said about the type.
    #[must_use]
    pub fn is_empty(self) -> bool {
        self.0 == 0
    }
}

impl From<&TypeSpec> for Types {
    fn from(spec: &TypeSpec) -> Self {
        let all = match spec {
            TypeSpec::One(one) => std::slice::from_ref(one),
            TypeSpec::Many(many) => many.as_slice(),
        };
        Self(all.iter().fold(0, |set, json_type| set | 1 << *json_type as u8))
    }
}

impl fmt::Display for Types {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = ORDER.iter().filter(|(t, _)| self.contains(*t)).map(|(_, name)| *name).collect();
        f.write_str(&names.join(" or "))
    }
}

impl Test for Types {
    fn holds(&self, value: &Value) -> bool {
        match value {
            Value::Null => self.contains(JsonType::Null),
            Value::Bool(_) => self.contains(JsonType::Boolean),
            Value::Object(_) => self.contains(JsonType::Object),
            Value::Array(_) => self.contains(JsonType::Array),
            Value::String(_) => self.contains(JsonType::String),
            Value::Number(number) => {
                self.contains(JsonType::Number) || self.contains(JsonType::Integer) && is_integer(number)
            }
        }
    }

    fn state(&self) -> String {
        format!("must be {self}")
    }

    fn edges(&self) -> Edges {
        let others = [
            json!("7"),
            json!("text"),
            json!(7),
            json!(0.5),
            json!(true),
            json!([]),
            json!(["text"]),
            json!({}),
            json!({"key": "text"}),
            Value::Null,
        ];
        let inside = ORDER.iter().map(|(json_type, _)| *json_type).filter(|json_type| self.contains(*json_type));
        Edges {
            inside: inside.map(BoundaryValue::OfType).collect(),
            outside: values(others.into_iter().filter(|value| !self.holds(value))),
        }
    }
}

/// Whether JSON Schema takes the number for an integer: no fraction, however it is written.
#[must_use]
pub fn is_integer(number: &serde_json::Number) -> bool {
    !number.is_f64() || number.as_f64().is_some_and(|float| float.fract() == 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_integer_is_a_number_without_fraction() {
        let integer = Types::from(&TypeSpec::One(JsonType::Integer));
        assert!(integer.holds(&json!(1)) && integer.holds(&json!(1.0)) && integer.holds(&json!(u64::MAX)));
        assert!(!integer.holds(&json!(1.5)) && !integer.holds(&json!("1")) && !integer.holds(&Value::Null));
        let both = Types::from(&TypeSpec::Many(vec![JsonType::String, JsonType::Null]));
        assert!(both.holds(&Value::Null) && both.holds(&json!("")) && !both.holds(&json!({})));
        assert_eq!(both.state(), "must be null or a string");
    }
}
