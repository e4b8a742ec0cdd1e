//! A JSON value that borrows what it can: what codecs write.
//!
//! A template filled for an answer, or a value somebody holds, becomes a view without copying any text.

use std::borrow::Cow;

use serde_json::{Map, Number, Value};

/// A JSON value; members keep their order.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "JSON's own names")]
pub enum View<'v> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'v, str>),
    List(Vec<View<'v>>),
    Object(Vec<(&'v str, View<'v>)>),
}

impl<'v> From<&'v Value> for View<'v> {
    fn from(value: &'v Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(*value),
            Value::Number(number) => Self::Number(number.clone()),
            Value::String(text) => Self::Text(Cow::Borrowed(text)),
            Value::Array(items) => Self::List(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Object(members.iter().map(|(name, value)| (name.as_str(), Self::from(value))).collect())
            }
        }
    }
}

impl View<'_> {
    /// The members of an object; none of anything else.
    #[must_use]
    pub fn members(&self) -> &[(&str, Self)] {
        match self {
            Self::Object(members) => members,
            _ => &[],
        }
    }

    /// The member at a path.
    #[must_use]
    pub fn at(&self, path: &[String]) -> Option<&Self> {
        path.iter().try_fold(self, |view, name| {
            view.members().iter().find(|(member, _)| member == name).map(|(_, value)| value)
        })
    }

    /// The text of a string.
    #[must_use]
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The value, copied.
    #[must_use]
    pub fn to_value(&self) -> Value {
        match self {
            Self::Null => Value::Null,
            Self::Bool(value) => Value::Bool(*value),
            Self::Number(number) => Value::Number(number.clone()),
            Self::Text(text) => Value::String(text.clone().into_owned()),
            Self::List(items) => items.iter().map(Self::to_value).collect(),
            Self::Object(members) => Value::Object(
                members.iter().map(|(name, value)| ((*name).to_owned(), value.to_value())).collect::<Map<_, _>>(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn views_are_their_values() {
        let value = json!({"b": [1, 0.5, "x", null, true], "a": {"c": {}}});
        let view = View::from(&value);
        assert_eq!(view.to_value(), value);
        assert_eq!(view.at(&["a".into(), "c".into()]), Some(&View::Object(Vec::new())));
        assert_eq!(view.members()[0].0, "b", "order is kept");
    }
}
