//! The form of a JSON body: what always stands in it, and words where values stand that the caller knows. One form writes
//! bodies and reads them.

use serde_json::{Map, Value};

/// The form of a JSON body.
#[derive(Debug, Clone, PartialEq)]
pub enum BodyForm {
    /// A value in the place of a word, written as `"{word}"`.
    Word(String),
    /// This value.
    Constant(Value),
    /// An object with such members.
    Object(Vec<(String, BodyForm)>),
}

impl BodyForm {
    /// Reads a form as specs write it.
    ///
    /// # Errors
    /// A text that is neither a constant nor one word.
    pub fn parse(value: &Value) -> Result<Self, String> {
        match value {
            Value::String(text) if text.contains('{') => {
                let word = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
                let word = word.filter(|word| !word.is_empty() && !word.contains(['{', '}', '/', '|', ' ']));
                word.map(|word| Self::Word(word.to_owned())).ok_or_else(|| format!("{text} is not one word in braces"))
            }
            Value::Object(members) => {
                let members = members.iter().map(|(name, member)| Ok((name.clone(), Self::parse(member)?)));
                Ok(Self::Object(members.collect::<Result<_, String>>()?))
            }
            constant => Ok(Self::Constant(constant.clone())),
        }
    }

    /// A body with a value for each word.
    #[must_use]
    pub fn fill(&self, value_of: &dyn Fn(&str) -> Value) -> Value {
        match self {
            Self::Word(word) => value_of(word),
            Self::Constant(value) => value.clone(),
            Self::Object(members) => {
                let filled = members.iter().map(|(name, member)| (name.clone(), member.fill(value_of)));
                Value::Object(filled.collect::<Map<_, _>>())
            }
        }
    }

    /// Whether a body has this form, whatever stands in the places of the words, and whatever else it has. A list tells
    /// nothing.
    #[must_use]
    pub fn fits(&self, body: &Value) -> bool {
        match self {
            Self::Word(_) | Self::Constant(Value::Array(_)) => true,
            Self::Constant(constant) => constant == body,
            Self::Object(members) => members.iter().all(|(name, member)| match (member, body.get(name)) {
                (Self::Word(_), None) => body.is_object(),
                (_, None) => false,
                (member, Some(value)) => member.fits(value),
            }),
        }
    }

    /// The words, in order.
    #[must_use]
    pub fn words(&self) -> Vec<&str> {
        match self {
            Self::Word(word) => vec![word],
            Self::Constant(_) => Vec::new(),
            Self::Object(members) => members.iter().flat_map(|(_, member)| member.words()).collect(),
        }
    }

    /// The value that stands in the place of a word.
    #[must_use]
    pub fn value_of<'v>(&self, word: &str, body: &'v Value) -> Option<&'v Value> {
        match self {
            Self::Word(own) => (own == word).then_some(body),
            Self::Constant(_) => None,
            Self::Object(members) => members.iter().find_map(|(name, member)| member.value_of(word, body.get(name)?)),
        }
    }

    /// The value that stands in the place of the object that has all words as its members.
    #[must_use]
    pub fn holder<'v>(&self, body: &'v Value) -> Option<&'v Value> {
        let Self::Object(members) = self else { return None };
        if self.holds_words() {
            return Some(body);
        }
        members.iter().find_map(|(name, member)| member.holder(body.get(name)?))
    }

    /// Whether one object has all words as its members, of the same names.
    #[must_use]
    pub fn is_one_holder(&self) -> bool {
        let Self::Object(members) = self else { return false };
        if self.holds_words() {
            let words = members.iter().filter(|(name, member)| *member == Self::Word(name.clone()));
            return words.count() == self.words().len();
        }
        let with_words: Vec<_> = members.iter().filter(|(_, member)| !member.words().is_empty()).collect();
        matches!(with_words.as_slice(), [(_, only)] if only.is_one_holder())
    }

    fn holds_words(&self) -> bool {
        matches!(self, Self::Object(members) if members.iter().any(|(_, member)| matches!(member, Self::Word(_))))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn form(value: &Value) -> BodyForm {
        BodyForm::parse(value).expect("a form")
    }

    #[test]
    fn one_form_writes_bodies_and_reads_them() {
        let form = form(&json!({"ok": true, "tags": [], "data": {"id": "{id}", "at": "{at}"}}));
        let body = form.fill(&|word| json!(word.len()));
        assert_eq!(body.to_string(), r#"{"ok":true,"tags":[],"data":{"id":2,"at":2}}"#);
        assert!(form.fits(&body) && form.is_one_holder());
        assert_eq!((form.words(), form.value_of("at", &body)), (vec!["id", "at"], Some(&json!(2))));
        assert_eq!(form.holder(&body), Some(&body["data"]));
    }

    #[test]
    fn more_than_the_form_fits_and_less_does_not() {
        let form = form(&json!({"ok": true, "meta": {"version": 1}, "list": [1], "data": {"id": "{id}"}}));
        for fitting in [
            json!({"ok": true, "meta": {"version": 1, "more": 2}, "list": [], "data": {"id": 1}, "more": 3}),
            json!({"ok": true, "meta": {"version": 1}, "list": [], "data": {}}),
        ] {
            assert!(form.fits(&fitting), "{fitting}");
        }
        for other in [
            json!({"ok": false, "meta": {"version": 1}, "list": [], "data": {}}),
            json!({"ok": true, "meta": {"version": 2}, "list": [], "data": {}}),
            json!({"ok": true, "meta": {"version": 1}, "list": []}),
            json!({"ok": true, "meta": {"version": 1}, "list": [], "data": "id"}),
            json!([]),
        ] {
            assert!(!form.fits(&other), "{other}");
        }
    }

    #[test]
    fn words_stand_alone_and_in_one_object() {
        for text in ["{", "a {id}", "{id}{at}", "{}", "{/Id}", "{id|lower}"] {
            assert!(BodyForm::parse(&json!({"a": text})).is_err(), "{text}");
        }
        for scattered in [json!({"a": "{a}", "b": {"c": "{c}"}}), json!({"a": {"x": "{x}"}, "b": {"y": "{y}"}})] {
            assert!(!form(&scattered).is_one_holder(), "{scattered}");
        }
        assert!(!form(&json!({"data": {"id": "{identity}"}})).is_one_holder());
    }
}
