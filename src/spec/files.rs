//! The files of specs: a folder for each service, every file below the directory listed or named as a problem.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::cache::Stamp;
use super::error::{ContractError, SourceText, SpecProblem};
use super::yaml::MAX_SPEC_BYTES;
use crate::file::{FileError, read_text};

/// Deepest folder that is searched for files in the wrong place.
const MAX_DEPTH: usize = 8;

/// The name of a service's own file; its operations stand beside it.
pub(super) const SERVICE_FILE: &str = "service.yaml";

/// The files of a directory, unread, and what is wrong with the others.
#[derive(Debug, Default)]
pub(super) struct Listing {
    pub files: Vec<(PathBuf, Stamp)>,
    pub problems: Vec<SpecProblem>,
}

/// Lists the specs in a directory: services in folders, or one service in the directory itself.
pub(super) fn list(directory: &Path) -> Result<Listing, ContractError> {
    let failed = |source| ContractError::Read { path: directory.to_owned(), source };
    fs::read_dir(directory).map_err(failed)?;
    let mut listing = Listing::default();
    listing.folder(directory, 0);
    if listing.files.is_empty() && listing.problems.is_empty() {
        return Err(ContractError::Empty { path: directory.to_owned() });
    }
    listing.files.sort_by(|(left, _), (right, _)| left.as_os_str().cmp(right.as_os_str()));
    Ok(listing)
}

impl Listing {
    fn folder(&mut self, folder: &Path, depth: usize) {
        let entries = fs::read_dir(folder).and_then(Iterator::collect::<Result<Vec<_>, _>>);
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                return self.problem(folder, format!("cannot be read: {error}"), "let it be read, or move it away");
            }
        };
        let is_service = depth < 2 && entries.iter().any(|entry| entry.file_name() == SERVICE_FILE);
        for entry in entries {
            let (path, kind) = (entry.path(), entry.file_type());
            let is_link = kind.as_ref().is_ok_and(fs::FileType::is_symlink);
            if kind.is_ok_and(|kind| kind.is_dir()) || is_link && path.is_dir() {
                let is_hidden = entry.file_name().as_encoded_bytes().starts_with(b".");
                // A link may lead anywhere, back to the start too: followed where a service may stand.
                if !is_hidden && depth < MAX_DEPTH && (depth == 0 || !is_link) {
                    self.folder(&path, depth + 1);
                }
            } else if is_spec(&path) {
                // Asked of the open folder, the system has no path to walk.
                let metadata = if is_link { fs::metadata(&path) } else { entry.metadata() };
                self.file(path, metadata, is_service, depth);
            }
        }
    }

    fn file(&mut self, path: PathBuf, metadata: io::Result<fs::Metadata>, is_service: bool, depth: usize) {
        if !is_service {
            let (message, help) = if depth < 2 {
                (format!("there is no {SERVICE_FILE} beside it"), format!("put {SERVICE_FILE} beside it"))
            } else {
                ("it lies too deep".to_owned(), "put it into the folder of a service".to_owned())
            };
            let help = format!("{help}, or keep what is no spec out of the directory");
            return self.problem(&path, format!("the file is not read: {message}"), &help);
        }
        match metadata {
            Ok(metadata) => self.files.push((path, Stamp::of(&metadata))),
            Err(error) => self.problem(&path, format!("cannot be read: {error}"), UNREAD),
        }
    }

    fn problem(&mut self, path: &Path, message: String, help: &str) {
        self.problems.push(problem(path, message, help));
    }
}

const UNREAD: &str = "let the file be read, or remove it";

/// A problem of a file that was not read.
fn problem(path: &Path, message: String, help: &str) -> SpecProblem {
    let source = SourceText { name: path.to_string_lossy().into_owned(), text: String::new() };
    SpecProblem::new(&Arc::new(source), 0..0, message, help)
}

/// Reads a file.
///
/// # Errors
/// What is wrong with it.
pub(super) fn read(path: &Path) -> Result<Arc<SourceText>, SpecProblem> {
    match read_spec(path) {
        Ok(text) => Ok(Arc::new(SourceText { name: path.to_string_lossy().into_owned(), text })),
        Err((message, help)) => Err(problem(path, message, help)),
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
        FileError::Io { source, .. } => (format!("cannot be read: {source}"), UNREAD),
        other => (other.to_string(), UNREAD),
    })
}

/// Whether a path is named like a spec.
pub(super) fn is_spec(path: &Path) -> bool {
    path.extension().is_some_and(|extension| extension == "yaml" || extension == "yml")
}
