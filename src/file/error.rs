//! Why a file cannot be read or written.

use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

use crate::text::shown_in_line;

/// Why a file cannot be read or written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FileError {
    /// The system refuses it.
    #[error("cannot {doing} {path}: {source}", path = named(path))]
    Io {
        /// What was to be done with the file.
        doing: &'static str,
        /// The file.
        path: PathBuf,
        /// Why it failed.
        source: io::Error,
    },
    /// It is a folder, a link, a device or the like.
    #[error("{path} is {kind}: only a regular file will do", path = named(path))]
    Special {
        /// The file.
        path: PathBuf,
        /// What it is.
        kind: &'static str,
    },
    /// It is longer than anything of its kind.
    #[error("{path} is larger than {most} bytes", path = named(path))]
    TooLarge {
        /// The file.
        path: PathBuf,
        /// The most bytes that are read.
        most: u64,
    },
    /// It holds bytes that are no text.
    #[error("{path}:{line}: a byte that is no text: save the file as UTF-8", path = named(path))]
    NotText {
        /// The file.
        path: PathBuf,
        /// The first such line, from 1.
        line: usize,
    },
    /// Another program holds the folder for too long.
    #[error("cannot write {path}: another program has locked its folder for {seconds} seconds", path = named(path))]
    Locked {
        /// The file.
        path: PathBuf,
        /// How long it was waited for.
        seconds: u64,
    },
}

impl FileError {
    /// Names what the system refuses.
    pub(super) fn io(doing: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Io { doing, path: path.to_owned(), source }
    }

    /// Refuses what is no regular file.
    pub(super) fn special(path: &Path, kind: FileType) -> Self {
        Self::Special { path: path.to_owned(), kind: name_of(kind) }
    }
}

/// A path as a person is told it, whatever its names hold.
fn named(path: &Path) -> String {
    shown_in_line(&path.to_string_lossy()).into_owned()
}

/// What a file is that is no regular one.
#[cfg(unix)]
fn name_of(kind: FileType) -> &'static str {
    use std::os::unix::fs::FileTypeExt;
    if kind.is_dir() {
        "a folder"
    } else if kind.is_symlink() {
        "a link"
    } else if kind.is_fifo() {
        "a pipe"
    } else if kind.is_socket() {
        "a socket"
    } else {
        "a device"
    }
}

/// What a file is that is no regular one.
#[cfg(not(unix))]
fn name_of(kind: FileType) -> &'static str {
    if kind.is_dir() { "a folder" } else { "no file" }
}
