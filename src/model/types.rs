//! Sets of JSON types.

use std::fmt;

use super::{JsonType, TypeSpec};

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

    /// The types of the set, in the order of JSON Schema.
    pub fn each(self) -> impl Iterator<Item = JsonType> {
        ORDER.iter().map(|(json_type, _)| *json_type).filter(move |json_type| self.contains(*json_type))
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
