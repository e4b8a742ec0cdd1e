//! Writing whole files: beside, and then in their place.

use std::fs::{self, File, Metadata, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::append::open_stream;
use super::{FileError, partial};

/// Writes a file so that at any moment, whatever happens, it is the old one or the new one. It keeps its permissions; a
/// link is followed; what is written to a device or a pipe goes through.
///
/// # Errors
/// [`FileError`] when it cannot be written. The file that was there still is.
pub fn write(path: &Path, content: &[u8]) -> Result<(), FileError> {
    let failed = |error| FileError::io("write", path)(error);
    let target = followed(path).map_err(failed)?;
    match fs::metadata(&target) {
        Ok(old) if old.is_file() => replace(&target, Some(&old), content).map_err(failed),
        Ok(old) if old.is_dir() => Err(FileError::special(path, old.file_type())),
        Ok(_) => open_stream(&target).and_then(|mut stream| stream.write_all(content)).map_err(failed),
        Err(error) if error.kind() == ErrorKind::NotFound => replace(&target, None, content).map_err(failed),
        Err(error) => Err(failed(error)),
    }
}

/// What a link leads to, so that the link stays.
fn followed(path: &Path) -> io::Result<PathBuf> {
    let is_link = fs::symlink_metadata(path).is_ok_and(|metadata| metadata.is_symlink());
    if is_link { fs::canonicalize(path) } else { Ok(path.to_owned()) }
}

fn replace(path: &Path, old: Option<&Metadata>, content: &[u8]) -> io::Result<()> {
    if old.is_some() {
        // What may not be written is not replaced either.
        OpenOptions::new().write(true).open(path)?;
    }
    let folder = folder_of(path);
    let mut partial = Partial::create(folder)?;
    if let Some(old) = old {
        keep_owner(&partial.file, old);
        partial.file.set_permissions(old.permissions())?;
    }
    partial.file.write_all(content)?;
    partial.file.sync_all()?;
    fs::rename(&partial.path, path)?;
    partial.is_whole = true;
    sync_folder(folder);
    Ok(())
}

/// The folder that a file is in.
pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that is being written; removed unless it becomes whole.
struct Partial {
    path: PathBuf,
    file: File,
    is_whole: bool,
}

impl Partial {
    fn create(folder: &Path) -> io::Result<Self> {
        let mut taken = None;
        for _ in 0..partial::ATTEMPTS {
            let path = folder.join(partial::name());
            match OpenOptions::new().write(true).create_new(true).open(&path) {
                Ok(file) => return Ok(Self { path, file, is_whole: false }),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(taken.unwrap_or_else(|| ErrorKind::AlreadyExists.into()))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.is_whole {
            // What is left of it says nothing to anybody.
            let _ = fs::remove_file(&self.path);
        }
    }
}

/// Root's runs leave files to those who own them; nobody else can give a file away.
#[cfg(unix)]
fn keep_owner(file: &File, old: &Metadata) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let _ = fchown(file, Some(old.uid()), Some(old.gid()));
}

#[cfg(not(unix))]
fn keep_owner(_: &File, _: &Metadata) {}

/// Makes the new name last beyond a loss of power, where the system can.
fn sync_folder(folder: &Path) {
    let _ = File::open(folder).and_then(|folder| folder.sync_all());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(folder: &Path) -> Vec<String> {
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
        entries.map(|name| name.into_string().expect("text")).collect()
    }

    #[test]
    fn a_file_is_replaced_and_nothing_is_left_beside_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("file");
        write(&file, b"old").expect("is written");
        write(&file, b"new").expect("is written");
        assert_eq!((fs::read(&file).expect("bytes"), names(folder.path())), (b"new".to_vec(), vec!["file".to_owned()]));
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().expect("a folder");
        let (file, link) = (folder.path().join("file"), folder.path().join("link"));
        fs::write(&file, "old").expect("is written");
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).expect("its owner may");
        symlink(&file, &link).expect("a link");
        write(&link, b"new").expect("is written");
        assert!(fs::symlink_metadata(&link).expect("a link").is_symlink());
        assert_eq!(fs::read(&file).expect("bytes"), b"new");
        assert_eq!(fs::metadata(&file).expect("a file").permissions().mode() & 0o777, 0o640);
        assert!(write(folder.path(), b"new").is_err());
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_device_is_written_to_and_stays_one() {
        write(Path::new("/dev/null"), b"new").expect("it takes everything");
        let error = write(Path::new("/dev/full"), b"new").expect_err("it takes nothing");
        assert!(error.to_string().starts_with("cannot write /dev/full: "), "{error}");
    }
}
