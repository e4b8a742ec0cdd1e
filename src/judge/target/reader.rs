//! Reads a person's file member by member, and keeps all that is wrong with it on its line. What comes from the environment is
//! never part of a problem.

use std::sync::Arc;

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::spec::{Parsed, SourceText, SpecProblem};
use crate::value::pointer;

/// Begins the name of a variable in a text.
const VARIABLE: &str = "${env:";

/// The parts of a file that go into requests, where variables may be secrets.
const CARRIERS: [&str; 3] = ["/headers", "/givens", "/sets"];

/// Where variables come from.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// A text on its way to a target.
pub(super) struct Reader {
    text: Parsed,
    problems: Vec<SpecProblem>,
    hidden: Vec<String>,
}

impl Reader {
    /// Parses a text and fills in its variables.
    pub(super) fn open(source: Arc<SourceText>, environment: Environment<'_>) -> Result<Self, Vec<SpecProblem>> {
        let text = Parsed::parse(source).map_err(|problem| vec![problem])?;
        let mut reader = Self { text, problems: Vec::new(), hidden: Vec::new() };
        let mut value = std::mem::take(&mut reader.text.value);
        reader.fill(&mut value, &mut String::new(), environment);
        reader.text.value = value;
        Ok(reader)
    }

    /// What was read, unless there was a problem; and what of it is not to be shown.
    pub(super) fn close<T>(self, read: T) -> Result<(T, Vec<String>), Vec<SpecProblem>> {
        if self.problems.is_empty() { Ok((read, self.hidden)) } else { Err(self.problems) }
    }

    fn fill(&mut self, value: &mut Value, at: &mut String, environment: Environment<'_>) {
        match value {
            Value::String(text) if text.contains(VARIABLE) => match self.filled(text, at, environment) {
                Some(filled) => *text = filled,
                None => *value = Value::Null,
            },
            Value::Object(members) => {
                for (name, member) in members {
                    self.fill_below(member, name, at, environment);
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.fill_below(item, &index.to_string(), at, environment);
                }
            }
            _ => {}
        }
    }

    fn fill_below(&mut self, value: &mut Value, name: &str, at: &mut String, environment: Environment<'_>) {
        let length = at.len();
        pointer::push(at, name);
        self.fill(value, at, environment);
        at.truncate(length);
    }

    /// The text with its variables' values; nothing, and a problem, when one has none.
    fn filled(&mut self, text: &str, at: &str, environment: Environment<'_>) -> Option<String> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, variable)) = rest.split_once(VARIABLE) {
            let Some((name, after)) = variable.split_once('}') else {
                self.problem(at, "a variable without its end", "write ${env:NAME}");
                return None;
            };
            let Some(value) = environment(name).filter(|value| !value.is_empty()) else {
                self.problem(at, format!("the environment has no {name}"), "set the variable before the program runs");
                return None;
            };
            filled.extend([before, &value]);
            if CARRIERS.iter().any(|carrier| at.starts_with(carrier)) {
                self.hidden.push(value);
            }
            rest = after;
        }
        filled.push_str(rest);
        Some(filled)
    }

    /// The value at a pointer; nothing where it is absent or empty.
    pub(super) fn value(&self, at: &str) -> Option<&Value> {
        self.text.value.pointer(at).filter(|value| !value.is_null())
    }

    /// The value at a pointer as a type, which a person knows as `form`.
    pub(super) fn get<T: DeserializeOwned>(&mut self, at: &str, form: &str) -> Option<T> {
        let value = self.value(at)?.clone();
        let read = serde_json::from_value(value).ok();
        if read.is_none() {
            self.wrong(at, form);
        }
        read
    }

    /// The members of a mapping: their names, and where they stand. Every value may be kept in, or be complained of.
    pub(super) fn members(&mut self, at: &str) -> Vec<(String, String)> {
        let Some(value) = self.value(at) else { return Vec::new() };
        let Some(members) = value.as_object() else {
            self.wrong(at, "a mapping");
            return Vec::new();
        };
        members.keys().map(|name| (name.clone(), below(at, name))).collect()
    }

    /// Where the items of a list stand.
    pub(super) fn items(&mut self, at: &str) -> Vec<String> {
        let Some(value) = self.value(at) else { return Vec::new() };
        let Some(items) = value.as_array() else {
            self.wrong(at, "a list");
            return Vec::new();
        };
        (0..items.len()).map(|index| below(at, &index.to_string())).collect()
    }

    /// The names of a mapping with their values, each of which is text, a number or a boolean.
    pub(super) fn texts(&mut self, at: &str) -> Vec<(String, String, String)> {
        let members = self.members(at);
        members.into_iter().filter_map(|(name, at)| Some((name, self.text_at(&at)?, at))).collect()
    }

    fn text_at(&mut self, at: &str) -> Option<String> {
        match self.value(at) {
            Some(Value::String(text)) => return Some(text.clone()),
            Some(scalar @ (Value::Number(_) | Value::Bool(_))) => return Some(scalar.to_string()),
            // A variable that is not set has its problem already.
            None if self.problems.iter().any(|problem| problem.span == self.text.value_span(at)) => {}
            _ => self.wrong(at, "text"),
        }
        None
    }

    /// Complains of the members that nobody reads.
    pub(super) fn only(&mut self, at: &str, known: &[&str]) {
        for (name, at) in self.members(at) {
            if !known.contains(&name.as_str()) {
                let help = format!("remove it, or correct its spelling; there are {}", known.join(", "));
                self.problems.push(self.text.key_problem(&at, format!("unknown key {name}"), help));
            }
        }
    }

    fn wrong(&mut self, at: &str, form: &str) {
        self.problem(at, format!("not {form}"), &format!("write {form}"));
    }

    pub(super) fn problem(&mut self, at: &str, message: impl Into<String>, help: &str) {
        self.problems.push(self.text.problem(at, message, help));
    }

    /// A problem at the name of a member.
    pub(super) fn key_problem(&mut self, at: &str, message: impl Into<String>, help: &str) {
        self.problems.push(self.text.key_problem(at, message, help));
    }
}

/// The pointer of a member.
pub(super) fn below(at: &str, name: &str) -> String {
    let mut pointer = at.to_owned();
    pointer::push(&mut pointer, name);
    pointer
}
