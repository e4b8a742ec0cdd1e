//! The files of specs: a folder for each service, every file below the directory read or named as a problem.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use super::error::{ContractError, SourceText, SpecProblem};
use super::load::SERVICE_FILE;
use super::yaml::MAX_SPEC_BYTES;
use crate::file::{FileError, read_text};

/// Deepest folder that is searched for files in the wrong place.
const MAX_DEPTH: usize = 8;

/// The files of a directory: what could be read, and what is wrong with the rest.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub texts: Vec<Arc<SourceText>>,
    pub problems: Vec<SpecProblem>,
}

/// Reads the specs in a directory: services in folders, or one service in the directory itself.
pub(crate) fn read(directory: &Path) -> Result<Files, ContractError> {
    let failed = |source| ContractError::Read { path: directory.to_owned(), source };
    fs::read_dir(directory).map_err(failed)?;
    let mut files = Files::default();
    files.folder(directory, 0);
    if files.texts.is_empty() && files.problems.is_empty() {
        return Err(ContractError::Empty { path: directory.to_owned() });
    }
    files.texts.sort_by(|left, right| left.name.cmp(&right.name));
    Ok(files)
}

impl Files {
    fn folder(&mut self, folder: &Path, depth: usize) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                return self.problem(folder, format!("cannot be read: {error}"), "let it be read, or move it away");
            }
        };
        let mut paths: Vec<_> = entries.iter().map(fs::DirEntry::path).collect();
        paths.sort();
        let is_service = depth < 2 && paths.iter().any(|path| path.ends_with(SERVICE_FILE));
        for path in paths {
            if path.is_dir() {
                let is_hidden = path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
                // A link may lead anywhere, back to the start too: followed where a service may stand.
                if !is_hidden && depth < MAX_DEPTH && (depth == 0 || !path.is_symlink()) {
                    self.folder(&path, depth + 1);
                }
            } else if is_spec(&path) {
                self.file(&path, is_service, depth);
            }
        }
    }

    fn file(&mut self, path: &Path, is_service: bool, depth: usize) {
        if !is_service {
            let (message, help) = if depth < 2 {
                (format!("there is no {SERVICE_FILE} beside it"), format!("put {SERVICE_FILE} beside it"))
            } else {
                ("it lies too deep".to_owned(), "put it into the folder of a service".to_owned())
            };
            let help = format!("{help}, or keep what is no spec out of the directory");
            return self.problem(path, format!("the file is not read: {message}"), &help);
        }
        match read_spec(path) {
            Ok(text) => {
                self.texts.push(Arc::new(SourceText { name: path.to_string_lossy().into_owned(), text }));
            }
            Err((message, help)) => self.problem(path, message, help),
        }
    }

    fn problem(&mut self, path: &Path, message: String, help: &str) {
        let source = SourceText { name: path.to_string_lossy().into_owned(), text: String::new() };
        self.problems.push(SpecProblem { source: Arc::new(source), span: 0..0, message, help: help.to_owned() });
    }
}

/// Reads a text, or says what is wrong with it and what to do.
fn read_spec(path: &Path) -> Result<String, (String, &'static str)> {
    read_text(path, MAX_SPEC_BYTES as u64).map_err(|error| match error {
        FileError::Special { .. } => ("not a regular file".into(), "put a file of text in its place"),
        FileError::TooLarge { .. } => ("the file is too large for a spec".into(), "keep a spec below 4 MiB"),
        FileError::NotText { line, .. } => {
            (format!("not UTF-8: line {line} has a byte that is no text"), "save the file as UTF-8")
        }
        FileError::Io { source, .. } => (format!("cannot be read: {source}"), "let the file be read, or remove it"),
        other => (other.to_string(), "let the file be read, or remove it"),
    })
}

/// Whether a path is named like a spec.
pub(super) fn is_spec(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
