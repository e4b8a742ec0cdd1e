//! One file of a spec: parsed, held against the spec language's own schema, and read into its types.

use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::departures::Departures;
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
    read(text, service_validator, trust)
}

/// Reads an operation's file.
pub(super) fn operation(text: &Arc<SourceText>, trust: Trust) -> Lowered<OperationSpec> {
    read(text, operation_validator, trust)
}

fn read<T: DeserializeOwned>(
    text: &Arc<SourceText>,
    validator: fn() -> &'static Validator,
    trust: Trust,
) -> Lowered<T> {
    let mut text = match Parsed::parse(Arc::clone(text)) {
        Ok(text) => text,
        Err(problem) => return Lowered { file: None, problems: vec![problem] },
    };
    let departures = match trust {
        Trust::Nobody => Departures::of(&text, validator(), PRINTS),
        Trust::Shipped => Departures::default(),
    };
    departures.take_out(&mut text.value);
    let mut problems = departures.problems;
    let partial = !problems.is_empty();
    let file = match serde_json::from_value(text.value.clone()) {
        Ok(spec) => Some(File { text, spec, partial }),
        Err(_) if partial => None,
        Err(error) => {
            let help = "keep to the spec language: `accordant spec schema` prints it";
            problems.push(text.problem("", error.to_string(), help));
            None
        }
    };
    Lowered { file, problems }
}

fn operation_validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| validator(OPERATION_SCHEMA))
}

fn service_validator() -> &'static Validator {
    static VALIDATOR: OnceLock<Validator> = OnceLock::new();
    VALIDATOR.get_or_init(|| validator(SERVICE_SCHEMA))
}

fn validator(schema: &str) -> Validator {
    let schema: Value = serde_json::from_str(schema).expect("the embedded schema is JSON");
    jsonschema::draft202012::new(&schema).expect("the embedded schema compiles")
}
