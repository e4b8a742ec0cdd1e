//! From the text of a person's file to its types, with all that is wrong on its line. What comes from the environment is
//! never part of a problem.

use std::sync::{Arc, LazyLock};

use serde_json::Value;

use super::spec::{GivenSpec, TargetSpec};
use crate::spec::{Departures, Form, Parsed, SourceText, SpecProblem};
use crate::value::pointer;

/// The JSON Schema of a target file.
const TARGET_SCHEMA: &str = include_str!("../../../targets/target.schema.json");
/// What prints it.
const PRINTS: &str = "accordant spec schema target";
/// Begins the name of a variable in a text.
const VARIABLE: &str = "${env:";
/// The parts of a file that go into requests, where variables may be secrets.
const CARRIERS: [&str; 3] = ["/headers", "/givens", "/sets"];

/// Where variables come from.
pub(super) type Environment<'e> = &'e dyn Fn(&str) -> Option<String>;

/// A file on its way to a target.
pub(super) struct Reading {
    text: Parsed,
    departures: Departures,
    hidden: Vec<String>,
}

impl Reading {
    /// Reads a target file.
    pub(super) fn target(
        source: Arc<SourceText>,
        environment: Environment<'_>,
    ) -> Result<(Self, TargetSpec), Vec<SpecProblem>> {
        static FORM: LazyLock<Form> = LazyLock::new(|| form(|_| true));
        Self::open(source, &FORM, environment)
    }

    /// Reads a file with nothing but givens.
    pub(super) fn givens(
        source: Arc<SourceText>,
        environment: Environment<'_>,
    ) -> Result<(Self, Vec<GivenSpec>), Vec<SpecProblem>> {
        static FORM: LazyLock<Form> = LazyLock::new(|| form(|key| key == "givens"));
        let (reading, spec) = Self::open(source, &FORM, environment)?;
        Ok((reading, spec.givens.unwrap_or_default()))
    }

    /// Holds a text against a form, fills in its variables and reads it into its type. What departs is left out, so that
    /// the rest can be judged too.
    fn open(
        source: Arc<SourceText>,
        form: &Form,
        environment: Environment<'_>,
    ) -> Result<(Self, TargetSpec), Vec<SpecProblem>> {
        let text = Parsed::parse(source).map_err(|problem| vec![problem])?;
        let departures = Departures::of(&text, form);
        let mut reading = Self { text, departures, hidden: Vec::new() };
        let mut value = reading.text.value.clone();
        reading.fill(&mut value, &mut String::new(), environment);
        reading.departures.take_out_all(&mut value);
        match serde_json::from_value(value) {
            Ok(spec) => Ok((reading, spec)),
            Err(_) => {
                if reading.departures.problems.is_empty() {
                    // Without its words, which may repeat a variable.
                    reading.problem("", "a value of another form than its key takes", &format!("see `{PRINTS}`"));
                }
                Err(reading.departures.problems)
            }
        }
    }

    /// What was read, unless there was a problem; and what of it is not to be shown.
    pub(super) fn close<T>(self, read: T) -> Result<(T, Vec<String>), Vec<SpecProblem>> {
        let problems = self.departures.problems;
        if problems.is_empty() { Ok((read, self.hidden)) } else { Err(problems) }
    }

    fn fill(&mut self, value: &mut Value, at: &mut String, environment: Environment<'_>) {
        match value {
            Value::String(text) if text.contains(VARIABLE) => match self.filled(text, at, environment) {
                Ok(filled) => *text = filled,
                Err(Unfilled { message, help }) => {
                    self.departures.push(self.text.problem(at, message, help), at.clone());
                }
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

    /// The text with its variables' values.
    fn filled(&mut self, text: &str, at: &str, environment: Environment<'_>) -> Result<String, Unfilled> {
        let mut filled = String::new();
        let mut rest = text;
        while let Some((before, variable)) = rest.split_once(VARIABLE) {
            let (name, after) = variable.split_once('}').ok_or_else(Unfilled::endless)?;
            let value = environment(name).filter(|value| !value.is_empty()).ok_or_else(|| Unfilled::unset(name))?;
            filled.extend([before, &value]);
            if CARRIERS.iter().any(|carrier| at.starts_with(carrier)) {
                self.hidden.push(value);
            }
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    pub(super) fn problem(&mut self, at: &str, message: impl Into<String>, help: &str) {
        self.departures.problems.push(self.text.problem(at, message, help));
    }

    /// A problem at the name of a member.
    pub(super) fn key_problem(&mut self, at: &str, message: impl Into<String>, help: &str) {
        self.departures.problems.push(self.text.key_problem(at, message, help));
    }
}

/// Why a variable has no value.
struct Unfilled {
    message: String,
    help: &'static str,
}

impl Unfilled {
    fn endless() -> Self {
        Self { message: "a variable without its end".to_owned(), help: "write ${env:NAME}" }
    }

    fn unset(name: &str) -> Self {
        let message = format!("the environment has no {name}");
        Self { message, help: "set the variable before the program runs" }
    }
}

/// What a file is held against: the keys of a target that it may have, and the types of their values.
fn form(has: impl Fn(&str) -> bool) -> Form {
    let mut schema: Value = serde_json::from_str(TARGET_SCHEMA).expect("the embedded schema is JSON");
    if let Some(keys) = schema["properties"].as_object_mut() {
        keys.retain(|key, _| has(key));
    }
    keep_types(&mut schema);
    Form::new(&schema, PRINTS).expect("the embedded schema compiles")
}

/// Leaves out what is for editors only: the code that reads a value, its variables filled in, says the same in better words.
fn keep_types(schema: &mut Value) {
    match schema {
        Value::Object(keywords) => {
            keywords.retain(|keyword, _| !["pattern", "propertyNames", "oneOf"].contains(&keyword.as_str()));
            keywords.values_mut().for_each(keep_types);
        }
        Value::Array(schemas) => schemas.iter_mut().for_each(keep_types),
        _ => {}
    }
}

/// The pointer of a member.
pub(super) fn below(at: &str, name: &str) -> String {
    let mut pointer = at.to_owned();
    pointer::push(&mut pointer, name);
    pointer
}
