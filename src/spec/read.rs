//! One file of a spec: parsed, held against the spec language's own schema, and read into its types.

use std::sync::{Arc, OnceLock};

use serde::de::DeserializeOwned;
use serde_json::Value;

use super::departures::{Departures, Form};
use super::error::SourceText;
use super::source::{File, Lowered};
use super::yaml::Parsed;
use crate::model::{OperationSpec, ServiceSpec};

/// The JSON Schema of an operation's file.
pub const OPERATION_SCHEMA: &str = include_str!("../../specs/operation.schema.json");
/// The JSON Schema of a service's file.
pub const SERVICE_SCHEMA: &str = include_str!("../../specs/service.schema.json");

/// What prints them.
const PRINTS: &str = "accordant spec schema";

/// Whether the texts are to be checked against the spec language's schema before they are read as specs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// They may come from anybody: every departure is shown on its line.
    Nobody,
    /// They ship inside the binary, and a test has checked them.
    Shipped,
}

/// Reads a service's file.
pub(super) fn service(text: &Arc<SourceText>, trust: Trust) -> Lowered<ServiceSpec> {
    read(text, service_form, trust)
}

/// Reads an operation's file.
pub(super) fn operation(text: &Arc<SourceText>, trust: Trust) -> Lowered<OperationSpec> {
    read(text, operation_form, trust)
}

fn read<T: DeserializeOwned>(text: &Arc<SourceText>, form: fn() -> &'static Form, trust: Trust) -> Lowered<T> {
    let mut text = match Parsed::parse(Arc::clone(text)) {
        Ok(text) => text,
        Err(problem) => return Lowered { file: None, problems: vec![problem] },
    };
    let departures = match trust {
        Trust::Nobody => Departures::of(&text, form()),
        Trust::Shipped => Departures::default(),
    };
    departures.supply(&mut text.value, harmless);
    departures.take_out(&mut text.value);
    let lost = departures.lost();
    let mut problems = departures.problems;
    let file = match serde_json::from_value(text.value.clone()) {
        Ok(spec) => Some(File { text, spec, lost }),
        Err(_) if !problems.is_empty() => None,
        Err(error) => {
            let help = "keep to the spec language: `accordant spec schema` prints it";
            problems.push(text.problem("", error.to_string(), help));
            None
        }
    };
    Lowered { file, problems }
}

/// What stands for a missing key until a person adds it.
fn harmless(key: &str) -> Value {
    match key {
        "status" => Value::from(400),
        "kind" => Value::from("validation"),
        "level" => Value::from("none"),
        "strength" => Value::from("assumed"),
        "scheme" => Value::from("sigv4"),
        "method" => Value::from("GET"),
        "path" => Value::from("/"),
        "cite" | "follows" | "same" => Value::Array(Vec::new()),
        "input" | "over" | "protocol" | "http" => Value::Object(serde_json::Map::new()),
        _ => Value::from(key),
    }
}

fn operation_form() -> &'static Form {
    static FORM: OnceLock<Form> = OnceLock::new();
    FORM.get_or_init(|| form(OPERATION_SCHEMA))
}

fn service_form() -> &'static Form {
    static FORM: OnceLock<Form> = OnceLock::new();
    FORM.get_or_init(|| form(SERVICE_SCHEMA))
}

fn form(schema: &str) -> Form {
    let schema: Value = serde_json::from_str(schema).expect("the embedded schema is JSON");
    Form::new(&schema, PRINTS).expect("the embedded schema compiles")
}
