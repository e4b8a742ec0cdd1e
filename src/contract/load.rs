//! From texts to a contract: parse, check against the spec language's schema, compile; all problems at once.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use include_dir::{Dir, include_dir};
use jsonschema::Validator;
use jsonschema::error::ValidationErrorKind;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::Contract;
use super::assemble::assemble;
use super::error::{ContractError, SourceText, SpecProblem};
use super::lint::check_examples;
use super::model::{OperationSpec, ServiceSpec};
use super::yaml::{MAX_SPEC_BYTES, Parsed};

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/specs");

/// The JSON Schema of an operation's file.
pub const OPERATION_SCHEMA: &str = include_str!("../../specs/operation.schema.json");
/// The JSON Schema of a service's file.
pub const SERVICE_SCHEMA: &str = include_str!("../../specs/service.schema.json");

const SERVICE_FILE: &str = "service.yaml";

/// One service's files.
#[derive(Debug, Default)]
pub(super) struct ServiceFiles {
    /// Whether there is a service file, be it a broken one.
    pub has_service: bool,
    pub service: Option<File<ServiceSpec>>,
    pub operations: Vec<File<OperationSpec>>,
}

/// A file that keeps to the spec language.
#[derive(Debug)]
pub(super) struct File<T> {
    pub text: Parsed,
    pub spec: T,
}

/// The texts of the specs inside the binary.
pub(super) fn builtin_texts() -> Vec<Arc<SourceText>> {
    let files = BUILTIN.dirs().flat_map(Dir::files).filter(|file| is_spec(file.path()));
    let mut texts: Vec<_> = files
        .filter_map(|file| Some((file.path().to_string_lossy().replace('\\', "/"), file.contents_utf8()?)))
        .map(|(name, text)| Arc::new(SourceText { name: format!("specs/{name}"), text: text.to_owned() }))
        .collect();
    texts.sort_by(|left, right| left.name.cmp(&right.name));
    texts
}

/// The texts of the specs in a directory: services in folders, or one service in the directory itself.
pub(super) fn read_texts(directory: &Path) -> Result<Vec<Arc<SourceText>>, ContractError> {
    let read_error = |path: &Path| {
        let path = path.to_owned();
        move |source| ContractError::Read { path, source }
    };
    let mut folders = vec![directory.to_owned()];
    for entry in fs::read_dir(directory).map_err(read_error(directory))? {
        let path = entry.map_err(read_error(directory))?.path();
        if path.is_dir() {
            folders.push(path);
        }
    }
    let mut texts = Vec::new();
    for folder in folders {
        if !folder.join(SERVICE_FILE).is_file() {
            continue;
        }
        for entry in fs::read_dir(&folder).map_err(read_error(&folder))? {
            let path = entry.map_err(read_error(&folder))?.path();
            if path.is_file() && is_spec(&path) {
                texts.push(Arc::new(read_text(&path)?));
            }
        }
    }
    if texts.is_empty() {
        return Err(ContractError::Empty { path: directory.to_owned() });
    }
    texts.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(texts)
}

fn read_text(path: &Path) -> Result<SourceText, ContractError> {
    let failed = |source| ContractError::Read { path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(failed)?.len();
    if size > MAX_SPEC_BYTES as u64 {
        return Err(failed(std::io::Error::other("larger than 4 MiB, too large for a spec")));
    }
    let text = fs::read_to_string(path).map_err(failed)?;
    Ok(SourceText { name: path.to_string_lossy().into_owned(), text })
}

fn is_spec(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}

/// Whether the texts are to be checked against the spec language's schema before they are read as specs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Trust {
    /// They may come from anybody: every departure is shown on its line.
    Nobody,
    /// They ship inside the binary, and a test has checked them.
    Shipped,
}

/// Compiles a contract from texts.
pub(super) fn compile(texts: &[Arc<SourceText>], trust: Trust) -> Result<Contract, ContractError> {
    let mut problems = Vec::new();
    let mut folders: BTreeMap<String, ServiceFiles> = BTreeMap::new();
    for text in texts {
        let (folder, name) = text.name.rsplit_once(['/', '\\']).unwrap_or(("", &text.name));
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
    let contract = assemble(&folders, texts, &mut problems);
    if trust == Trust::Nobody && problems.is_empty() {
        for files in folders.values() {
            let Some(service) = &files.service else { continue };
            for file in &files.operations {
                if let Ok(operation) = contract.operation(&file.spec.operation) {
                    check_examples(operation, &file.text, &service.text, &mut problems);
                }
            }
        }
    }
    if problems.is_empty() { Ok(contract) } else { Err(ContractError::Broken(sorted(problems))) }
}

fn sorted(mut problems: Vec<SpecProblem>) -> Vec<SpecProblem> {
    problems
        .sort_by(|a, b| (&a.source.name, a.span.start, &a.message).cmp(&(&b.source.name, b.span.start, &b.message)));
    problems.dedup_by(|a, b| a.source.name == b.source.name && a.span == b.span && a.message == b.message);
    problems
}

fn read<T: DeserializeOwned>(
    text: Parsed,
    validator: fn() -> &'static Validator,
    trust: Trust,
    problems: &mut Vec<SpecProblem>,
) -> Option<File<T>> {
    if trust == Trust::Nobody {
        let before = problems.len();
        let found: Vec<SpecProblem> =
            validator().iter_errors(&text.value).flat_map(|error| explain(&error, &text)).collect();
        problems.extend(found);
        if problems.len() > before {
            return None;
        }
    }
    match serde_json::from_value(text.value.clone()) {
        Ok(spec) => Some(File { text, spec }),
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

/// Turns a schema error into problems a person can act on.
fn explain(error: &jsonschema::ValidationError<'_>, text: &Parsed) -> Vec<SpecProblem> {
    let at = error.instance_path().to_string();
    match error.kind() {
        ValidationErrorKind::AdditionalProperties { unexpected } => unexpected
            .iter()
            .map(|name| {
                let mut key = at.clone();
                super::pointer::push(&mut key, name);
                text.key_problem(
                    &key,
                    format!("unknown key {name}"),
                    "remove it, or correct its spelling; `accordant spec schema` lists the keys",
                )
            })
            .collect(),
        ValidationErrorKind::AnyOf { context } | ValidationErrorKind::OneOfNotValid { context } => {
            // The alternative that fits best is the one whose complaints lie deepest.
            let deepest = context.iter().filter(|errors| !errors.is_empty()).max_by_key(|errors| {
                errors.iter().map(|error| error.instance_path().to_string().len()).max().unwrap_or(0)
            });
            let inner = deepest.filter(|errors| errors.iter().any(|inner| inner.instance_path().to_string() != at));
            match inner {
                Some(errors) => errors.iter().flat_map(|error| explain(error, text)).collect(),
                None => vec![text.problem(
                    &at,
                    "a value of another form than this key takes",
                    "see `accordant spec schema`",
                )],
            }
        }
        ValidationErrorKind::Required { property } => {
            vec![text.key_problem(
                &at,
                format!("the key {property} is missing"),
                "add it; `accordant spec schema` says what it means",
            )]
        }
        _ => vec![text.problem(&at, error.to_string(), "see `accordant spec schema`")],
    }
}
