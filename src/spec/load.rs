//! From texts to services and operations: parse, check against the spec language's schema, compile; all problems at once.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::assemble::assemble;
use super::error::{SourceText, SpecProblem};
use super::files::{Files, is_spec};
use super::yaml::Parsed;
use crate::model::{Operation, OperationSpec, Protocol, Service, ServiceSpec};
use crate::value::pointer;

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/specs");

/// The JSON Schema of an operation's file.
pub const OPERATION_SCHEMA: &str = include_str!("../../specs/operation.schema.json");
/// The JSON Schema of a service's file.
pub const SERVICE_SCHEMA: &str = include_str!("../../specs/service.schema.json");

/// The name of a service's own file; its operations stand beside it.
pub(super) const SERVICE_FILE: &str = "service.yaml";

/// One service's files.
#[derive(Debug, Default)]
pub(crate) struct ServiceFiles {
    /// Whether there is a service file, be it a broken one.
    pub has_service: bool,
    pub service: Option<File<ServiceSpec>>,
    pub operations: Vec<File<OperationSpec>>,
}

/// A file that keeps to the spec language.
#[derive(Debug)]
pub(crate) struct File<T> {
    pub text: Parsed,
    pub spec: T,
    /// Whether members that break the spec language were left out.
    pub partial: bool,
}

/// The specs inside the binary.
pub(crate) fn builtin() -> Files {
    let files = BUILTIN.dirs().flat_map(Dir::files).filter(|file| is_spec(file.path()));
    let mut texts: Vec<_> = files
        .filter_map(|file| Some((file.path().to_string_lossy().replace('\\', "/"), file.contents_utf8()?)))
        .map(|(name, text)| Arc::new(SourceText { name: format!("specs/{name}"), text: text.to_owned() }))
        .collect();
    texts.sort_by(|left, right| left.name.cmp(&right.name));
    Files { texts, problems: Vec::new() }
}

/// Whether the texts are to be checked against the spec language's schema before they are read as specs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// They may come from anybody: every departure is shown on its line.
    Nobody,
    /// They ship inside the binary, and a test has checked them.
    Shipped,
}

/// What the files of specs say, and everything that is wrong with them.
#[derive(Debug)]
pub(crate) struct Loaded {
    pub services: Vec<Arc<Service>>,
    pub operations: Vec<Arc<Operation>>,
    pub texts: Vec<Arc<SourceText>>,
    /// The files by folder.
    pub folders: BTreeMap<String, ServiceFiles>,
    pub problems: Vec<SpecProblem>,
}

/// Compiles the specs of files; what was wrong with them before is among the problems.
pub(crate) fn load(files: Files, trust: Trust, protocols: &[Protocol]) -> Loaded {
    let Files { texts, mut problems } = files;
    let mut folders: BTreeMap<String, ServiceFiles> = BTreeMap::new();
    for problem in &problems {
        let (folder, name) = split(&problem.source.name);
        folders.entry(folder.to_owned()).or_default().has_service |= name == SERVICE_FILE;
    }
    for text in &texts {
        let (folder, name) = split(&text.name);
        let files = folders.entry(folder.to_owned()).or_default();
        files.has_service |= name == SERVICE_FILE;
        let parsed = match Parsed::parse(Arc::clone(text)) {
            Ok(parsed) => parsed,
            Err(problem) => {
                problems.push(problem);
                continue;
            }
        };
        if name == SERVICE_FILE {
            files.service = read(parsed, service_validator, trust, &mut problems);
        } else {
            files.operations.extend(read(parsed, operation_validator, trust, &mut problems));
        }
    }
    for files in folders.values().filter(|files| !files.has_service) {
        for file in &files.operations {
            problems.push(file.text.problem(
                "/operation",
                "the operation has no service",
                format!("put {SERVICE_FILE} beside it"),
            ));
        }
    }
    let (services, operations) = assemble(&folders, protocols, &mut problems);
    Loaded { services, operations, texts, folders, problems }
}

/// The folder and the file of a name.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once(['/', '\\']).unwrap_or(("", name))
}

/// The problems by file and line, each once.
pub(crate) fn sorted(mut problems: Vec<SpecProblem>) -> Vec<SpecProblem> {
    problems
        .sort_by(|a, b| (&a.source.name, a.span.start, &a.message).cmp(&(&b.source.name, b.span.start, &b.message)));
    problems.dedup_by(|a, b| a.source.name == b.source.name && a.span == b.span && a.message == b.message);
    problems
}

fn read<T: DeserializeOwned>(
    mut text: Parsed,
    validator: fn() -> &'static Validator,
    trust: Trust,
    problems: &mut Vec<SpecProblem>,
) -> Option<File<T>> {
    let mut found: Vec<Departure> = Vec::new();
    if trust == Trust::Nobody {
        found = validator().iter_errors(&text.value).flat_map(|error| explain(&error, &text)).collect();
    }
    let partial = !found.is_empty();
    for (at, problem) in found {
        remove(&mut text.value, &at);
        problems.push(problem);
    }
    match serde_json::from_value(text.value.clone()) {
        Ok(spec) => Some(File { text, spec, partial }),
        Err(_) if partial => None,
        Err(error) => {
            problems.push(text.problem(
                "",
                error.to_string(),
                "keep to the spec language: `accordant spec schema` prints it",
            ));
            None
        }
    }
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
