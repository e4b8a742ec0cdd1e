//! `type`: the JSON type of a value.

use serde_json::{Value, json};

use super::{BoundaryValue, Edges, Form, Kind, Scope, Stated, Test, Types, Unfit, values};
use crate::model::{Cause, JsonType, SchemaSpec};

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
        let (number, boolean) =
            (self.contains(JsonType::Integer) || self.contains(JsonType::Number), self.contains(JsonType::Boolean));
        let texts = [(number, "NaN"), (number, "7a"), (number, "0x1F"), (boolean, "true"), (boolean, "yes")];
        let nearly = texts.into_iter().filter(|(is_near, _)| *is_near).map(|(_, text)| Value::from(text));
        let nearly = nearly.chain([json!(1), json!(0)].into_iter().filter(|_| boolean));
        let others = others.into_iter().chain(nearly).filter(|value| !self.holds(value));
        // What is there in another form comes first: it is what a lenient server takes.
        let forms = [
            (number || boolean, Form::Text),
            (!self.contains(JsonType::Array), Form::ListOfOne),
            (self.contains(JsonType::Array), Form::FirstItem),
            (self.contains(JsonType::Array), Form::Numbered),
        ];
        let forms = forms.into_iter().filter(|(is_other, _)| *is_other).map(|(_, form)| BoundaryValue::Form(form));
        Edges {
            inside: self.each().map(BoundaryValue::OfType).collect(),
            outside: forms.chain(values(others)).collect(),
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
    use crate::model::TypeSpec;

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
