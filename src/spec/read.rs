//! One file of a spec: parsed, held against the spec language's own schema, and read into its types.

use std::sync::{Arc, OnceLock};

use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::error::{SourceText, SpecProblem};
use super::source::{File, Lowered};
use super::yaml::Parsed;
use crate::model::{OperationSpec, ServiceSpec};
use crate::value::pointer;

/// The JSON Schema of an operation's file.
pub const OPERATION_SCHEMA: &str = include_str!("../../specs/operation.schema.json");
/// The JSON Schema of a service's file.
pub const SERVICE_SCHEMA: &str = include_str!("../../specs/service.schema.json");

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
    let mut problems = Vec::new();
    let mut found: Vec<Departure> = Vec::new();
    if trust == Trust::Nobody {
        found = validator().iter_errors(&text.value).flat_map(|error| explain(&error, &text)).collect();
    }
    let partial = !found.is_empty();
    for (at, problem) in found {
        remove(&mut text.value, &at);
        problems.push(problem);
    }
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

/// Removes what stands at a pointer, so that the rest can be compiled. Of a list nothing is removed, lest
/// its items change their places: the list goes as a whole.
fn remove(value: &mut Value, at: &str) {
    let Some((parent, name)) = at.rsplit_once('/') else { return };
    match value.pointer_mut(parent) {
        Some(Value::Object(members)) => {
            members.shift_remove(&name.replace("~1", "/").replace("~0", "~"));
        }
        Some(Value::Array(_)) => remove(value, parent),
        _ => {}
    }
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

/// A departure from the spec language: the pointer of what must go, and the problem.
type Departure = (String, SpecProblem);

/// Turns a schema error into problems a person can act on.
fn explain(error: &jsonschema::ValidationError<'_>, text: &Parsed) -> Vec<Departure> {
    let at = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                let mut key = at.clone();
                pointer::push(&mut key, name);
                let message = format!("unknown key {name}");
                let help = "remove it, or correct its spelling; `accordant spec schema` lists the keys";
                let problem = text.key_problem(&key, message, help);
                (key, problem)
            })
            .collect(),
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            // The alternative that fits best is the one whose complaints lie deepest.
            let deepest = context.iter().filter(|errors| !errors.is_empty()).max_by_key(|errors| {
                errors.iter().map(|error| error.instance_path().to_string().len()).max().unwrap_or(0)
            });
            let inner = deepest.filter(|errors| errors.iter().any(|inner| inner.instance_path().to_string() != at));
            if let Some(errors) = inner {
                return errors.iter().flat_map(|error| explain(error, text)).collect();
            }
            let help = "write one of the forms that `accordant spec schema` gives for the key";
            let problem = text.problem(&at, "a value of another form than this key takes", help);
            vec![(at, problem)]
        }
        ValidationErrorKind::Required { property } => {
            let message = format!("the key {property} is missing");
            let problem = text.key_problem(&at, message, "add it; `accordant spec schema` says what it means");
            vec![(at, problem)]
        }
        kind => {
            let problem = text.problem(&at, error.to_string(), remedy(kind));
            vec![(at, problem)]
        }
    }
}

fn remedy(kind: &ValidationErrorKind) -> &'static str {
    match kind {
        ValidationErrorKind::Type { .. } => "write a value of that type; `accordant spec schema` describes the key",
        ValidationErrorKind::Enum { .. } | ValidationErrorKind::Constant { .. } => {
            "write one of these values; `accordant spec schema` describes them"
        }
        ValidationErrorKind::Minimum { .. } | ValidationErrorKind::Maximum { .. } => {
            "write a number within the bounds; `accordant spec schema` describes the key"
        }
        _ => "write a value that the key takes; `accordant spec schema` describes it",
    }
}
