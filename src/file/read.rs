//! Reading whole files that somebody named.

use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

use super::FileError;
use super::append::without_waiting;

/// The bytes of a regular file that has at most `most` of them.
///
/// # Errors
/// [`FileError`] when it cannot be read, is no regular file (links to one are followed), or is larger.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    let failed = |error| FileError::io("read", path)(error);
    // Not even opened: that alone wakes up some devices.
    let named = fs::metadata(path).map_err(failed)?;
    if !named.is_file() {
        return Err(FileError::special(path, named.file_type()));
    }
    read_open(without_waiting().read(true).open(path).map_err(failed)?, path, most)
}

/// The text of a regular file that has at most `most` bytes.
///
/// # Errors
/// As [`read`], and when the file is not UTF-8.
pub fn read_text(path: &Path, most: u64) -> Result<String, FileError> {
    text(read(path, most)?, path)
}

/// The bytes of an open file, which may be another one than was named a moment ago.
pub(super) fn read_open(file: File, path: &Path, most: u64) -> Result<Vec<u8>, FileError> {
    let failed = |error| FileError::io("read", path)(error);
    let metadata = file.metadata().map_err(failed)?;
    if !metadata.is_file() {
        return Err(FileError::special(path, metadata.file_type()));
    }
    let mut bytes = Vec::new();
    // It may grow, and some systems tell no length of theirs.
    if metadata.len() <= most {
        file.take(most.saturating_add(1)).read_to_end(&mut bytes).map_err(failed)?;
    }
    if metadata.len().max(bytes.len() as u64) > most {
        return Err(FileError::TooLarge { path: path.to_owned(), most });
    }
    Ok(bytes)
}

pub(super) fn text(bytes: Vec<u8>, path: &Path) -> Result<String, FileError> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = valid.iter().filter(|byte| **byte == b'\n').count() + 1;
        FileError::NotText { path: path.to_owned(), line }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_read_up_to_its_bound() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        fs::write(&file, "text\n\u{fffd}").expect("is written");
        assert_eq!(read_text(&file, 8).expect("text"), "text\n\u{fffd}");
        assert!(matches!(read_text(&file, 7), Err(FileError::TooLarge { most: 7, .. })));
        fs::write(&file, b"text\n\xff").expect("is written");
        assert!(matches!(read_text(&file, 8), Err(FileError::NotText { line: 2, .. })));
    }

    #[cfg(unix)]
    #[test]
    fn nothing_but_a_regular_file_is_read() {
        let folder = tempfile::tempdir().expect("a folder");
        let pipe = folder.path().join("pipe");
        assert!(std::process::Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        for (path, says) in
            [(pipe.as_path(), "is a pipe"), (folder.path(), "is a folder"), (Path::new("/dev/zero"), "is a device")]
        {
            let error = read(path, 100).expect_err("no file").to_string();
            assert!(error.contains(says), "{error}");
        }
        // As when it takes a file's place after the question what it is.
        let swapped = without_waiting().read(true).open(&pipe).expect("it opens at once");
        assert!(matches!(read_open(swapped, &pipe, 100), Err(FileError::Special { .. })));
    }
}
