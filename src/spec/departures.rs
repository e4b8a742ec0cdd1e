//! Where a person's file departs from its form: a JSON Schema's errors as problems on their lines.

use std::collections::HashSet;

use indexmap::IndexMap;
use jsonschema::error::ValidationErrorKind;
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use super::error::SpecProblem;
use super::yaml::Parsed;
use crate::text::similar;
use crate::value::pointer;

/// The form of a person's files: a JSON Schema.
#[derive(Debug)]
pub(crate) struct Form {
    validator: Validator,
    /// Every key that it has, whatever takes it.
    keys: Vec<String>,
    /// The command that prints it.
    prints: &'static str,
}

impl Form {
    /// The form of a schema which a command prints; nothing where it is no schema.
    pub(crate) fn new(schema: &Value, prints: &'static str) -> Option<Self> {
        let mut keys = Vec::new();
        collect_keys(schema, &mut keys);
        Some(Self { validator: jsonschema::draft202012::new(schema).ok()?, keys, prints })
    }

    /// What to do about a key that it does not have.
    fn instead_of(&self, key: &str) -> String {
        let prints = self.prints;
        match similar(key, self.keys.iter().map(String::as_str)).as_slice() {
            [] => format!("remove it; `{prints}` lists the keys"),
            near => format!("did you mean {}? `{prints}` lists the keys", near.join(" or ")),
        }
    }
}

fn collect_keys(schema: &Value, keys: &mut Vec<String>) {
    if let Some(properties) = schema.get("properties").and_then(Value::as_object) {
        keys.extend(properties.keys().cloned());
    }
    match schema {
        Value::Object(members) => members.values().for_each(|member| collect_keys(member, keys)),
        Value::Array(items) => items.iter().for_each(|item| collect_keys(item, keys)),
        _ => {}
    }
}

/// What departs from a form.
#[derive(Debug, Default)]
pub(crate) struct Departures {
    /// What is wrong, each on its line.
    pub problems: Vec<SpecProblem>,
    /// The pointers of what must go.
    at: Vec<String>,
    /// The pointers of objects that lack a key, each with the key.
    missing: Vec<(String, String)>,
}

impl Departures {
    /// Holds a text against a form.
    pub(crate) fn of(text: &Parsed, form: &Form) -> Self {
        let mut departures = Self::default();
        for error in form.validator.iter_errors(&text.value) {
            departures.take(&error, text, form);
        }
        departures
    }

    /// Puts something harmless in the place of missing keys, so that the rest of the file can be read and judged with it.
    pub(crate) fn supply(&self, value: &mut Value, harmless: fn(&str) -> Value) {
        for (at, key) in &self.missing {
            if let Some(Value::Object(members)) = value.pointer_mut(at) {
                members.insert(key.clone(), harmless(key));
            }
        }
    }

    /// The pointers of what goes, and of what is missing.
    pub(crate) fn lost(&self) -> Vec<String> {
        let missing = self.missing.iter().map(|(at, key)| {
            let mut pointer = at.clone();
            pointer::push(&mut pointer, key);
            pointer
        });
        self.at.iter().cloned().chain(missing).collect()
    }

    /// Takes out the objects that lack a key, and with [`Departures::take_out`] all else that departs.
    #[cfg(feature = "check")]
    pub(crate) fn take_out_all(&mut self, value: &mut Value) {
        self.at.extend(self.missing.drain(..).map(|(at, _)| at));
        self.take_out(value);
    }

    /// Takes out what departs, so that the rest can be read. Of a list nothing is taken, lest its items change their
    /// places: the list goes as a whole. Each object is gone through once, however many of its members go.
    pub(crate) fn take_out(&self, value: &mut Value) {
        let mut members: IndexMap<&str, HashSet<String>> = IndexMap::new();
        for (object, name) in self.at.iter().filter_map(|at| member_at(value, at)) {
            members.entry(object).or_default().insert(name.replace("~1", "/").replace("~0", "~"));
        }
        for (object, names) in members {
            if let Some(Value::Object(object)) = value.pointer_mut(object) {
                object.retain(|name, _| !names.contains(name));
            }
        }
    }

    /// Turns a schema's error into problems that a person can act on.
    fn take(&mut self, error: &ValidationError<'_>, text: &Parsed, form: &Form) {
        let prints = form.prints;
        let at = error.instance_path().to_string();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for name in unexpected {
                    let mut key = at.clone();
                    pointer::push(&mut key, name);
                    self.push(text.key_problem(&key, format!("unknown key {name}"), form.instead_of(name)), key);
                }
            }
            ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
                match nearest(context, &at) {
                    Some(errors) => errors.iter().for_each(|error| self.take(error, text, form)),
                    None => {
                        let help = format!("write one of the forms that `{prints}` gives for the key");
                        self.push(text.problem(&at, "a value of another form than this key takes", help), at);
                    }
                }
            }
            ValidationErrorKind::Required { property } => {
                let message = format!("the key {property} is missing");
                let help = format!("add it; `{prints}` says what it means");
                self.problems.push(text.key_problem(&at, message, help));
                self.missing.extend(property.as_str().map(|key| (at, key.to_owned())));
            }
            kind => self.push(text.problem(&at, error.to_string(), remedy(kind, prints)), at),
        }
    }

    /// Adds a problem, and the pointer of what must go.
    pub(crate) fn push(&mut self, problem: SpecProblem, at: String) {
        self.problems.push(problem);
        self.at.push(at);
    }
}

/// The errors of the alternative that fits best: the one whose complaints lie deepest, if they lie below the value.
fn nearest<'c, 'e>(context: &'c [Vec<ValidationError<'e>>], at: &str) -> Option<&'c Vec<ValidationError<'e>>> {
    let path = |error: &ValidationError<'_>| error.instance_path().to_string();
    let depth = |errors: &&Vec<ValidationError<'_>>| errors.iter().map(|error| path(error).len()).max().unwrap_or(0);
    let deepest = context.iter().filter(|errors| !errors.is_empty()).max_by_key(depth);
    deepest.filter(|errors| errors.iter().any(|inner| path(inner) != at))
}

fn remedy(kind: &ValidationErrorKind, prints: &str) -> String {
    match kind {
        ValidationErrorKind::Type { .. } => format!("write a value of that type; `{prints}` describes the key"),
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => {
            format!("write one of these values; `{prints}` describes them")
        }
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => {
            format!("write a number within the bounds; `{prints}` describes the key")
        }
        _ => format!("write a value that the key takes; `{prints}` describes it"),
    }
}

/// The nearest object around what stands at a pointer, and the name of its member that leads there.
fn member_at<'p>(value: &Value, at: &'p str) -> Option<(&'p str, &'p str)> {
    let (mut parent, mut name) = at.rsplit_once('/')?;
    while let Value::Array(_) = value.pointer(parent)? {
        (parent, name) = parent.rsplit_once('/')?;
    }
    value.pointer(parent)?.is_object().then_some((parent, name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn members_go_and_lists_go_as_a_whole() {
        let mut value = json!({"a": {"b/c": 1, "d": 2}, "list": [{"x": 1, "y": 2}, 3], "other": [1]});
        let at = ["/a/b~1c", "/list/0/x", "/other/0", "/nowhere/at"].map(str::to_owned);
        Departures { at: at.into(), ..Departures::default() }.take_out(&mut value);
        assert_eq!(value, json!({"a": {"d": 2}, "list": [{"y": 2}, 3]}));
    }
}
