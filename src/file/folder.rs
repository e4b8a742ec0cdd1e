//! A folder whose files are ours: no link in it is followed, neither when it is read nor when it is written.

use std::fs;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use super::read::{read_open, text};
use super::sys::Base;
use super::{FileError, partial};

/// An open folder.
#[derive(Debug)]
pub struct Folder {
    path: PathBuf,
    base: Base,
}

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// Its name; where that is no text, with a mark in its place.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}

/// What an entry of a folder is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Kind {
    /// A regular file.
    File,
    /// A folder.
    Folder,
    /// A link to anything.
    Link,
    /// A pipe, a socket or a device.
    Special,
}

impl Folder {
    /// Opens a folder that a person named, so the way to it may have links; nothing where there is none.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be opened, or is no folder.
    pub fn open(path: &Path) -> Result<Option<Self>, FileError> {
        found(Base::open(path), path)
    }

    /// The same, made where there is none.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be made or opened.
    pub fn create(path: &Path) -> Result<Self, FileError> {
        let made = fs::create_dir_all(path).and_then(|()| Base::open(path));
        let base = made.map_err(FileError::io("make", path))?;
        Ok(Self { path: path.to_owned(), base })
    }

    /// A folder in it; nothing where there is none.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be opened, or is no folder: a link to one is none.
    pub fn folder(&self, name: &str) -> Result<Option<Self>, FileError> {
        let path = self.path.join(name);
        found(one_name(name).and_then(|name| self.base.open_folder(name)), &path)
    }

    /// The same, made where there is none.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be made or opened, or is no folder.
    pub fn create_folder(&self, name: &str) -> Result<Self, FileError> {
        let path = self.path.join(name);
        let made = one_name(name).and_then(|name| match self.base.create_folder(name) {
            Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
            _ => self.base.open_folder(name),
        });
        let base = made.map_err(FileError::io("make", &path))?;
        Ok(Self { path, base })
    }

    /// What it holds, by name, at most so many.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be read.
    pub fn entries(&self, most: usize) -> Result<Vec<Entry>, FileError> {
        let listed = self.base.names().and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let names = listed.map_err(FileError::io("read", &self.path))?;
        let names = names.into_iter().filter(|name| name != "." && name != "..");
        let kind =
            |name: &Path| fs::symlink_metadata(self.path.join(name)).map_or(Kind::Special, |known| kind_of(&known));
        let entry = |name: std::ffi::OsString| Entry {
            kind: kind(Path::new(&name)),
            name: name.to_string_lossy().into_owned(),
        };
        let mut entries: Vec<Entry> = names.take(most).map(entry).collect();
        entries.sort();
        Ok(entries)
    }

    /// The text of a regular file in it that has at most `most` bytes.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be read, is a link or anything else but a regular file, is larger, or no text.
    pub fn read_text(&self, name: &str, most: u64) -> Result<String, FileError> {
        let path = self.path.join(name);
        let opened = one_name(name).and_then(|name| self.base.open_file(name));
        let file = opened.map_err(FileError::io("read", &path))?;
        text(read_open(file, &path, most)?, &path)
    }

    /// Writes a file in it, so that it is the old one or the new one whenever the program is killed. A link there is replaced, and what it
    /// leads to left alone.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be written. What was there still is.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), FileError> {
        let written = one_name(name).and_then(|name| {
            let (partial, mut file) = self.partial()?;
            // Not made to outlast a loss of power: that takes longer for some hundred files than all else.
            let written = file.write_all(content);
            written.and_then(|()| self.base.rename(&partial, name)).inspect_err(|_| {
                // What is left of it says nothing to anybody.
                let _ = self.base.remove_file(&partial);
            })
        });
        written.map_err(FileError::io("write", &self.path.join(name)))
    }

    fn partial(&self) -> io::Result<(String, fs::File)> {
        let mut taken = None;
        for _ in 0..partial::ATTEMPTS {
            let name = partial::name();
            match self.base.create_file(&name) {
                Ok(file) => return Ok((name, file)),
                Err(error) if error.kind() == ErrorKind::AlreadyExists => taken = Some(error),
                Err(error) => return Err(error),
            }
        }
        Err(taken.unwrap_or_else(|| ErrorKind::AlreadyExists.into()))
    }

    /// Removes a file in it, or a link; there need be none.
    ///
    /// # Errors
    /// [`FileError`] when it cannot be removed.
    pub fn remove(&self, name: &str) -> Result<(), FileError> {
        match one_name(name).and_then(|name| self.base.remove_file(name)) {
            Err(error) if error.kind() != ErrorKind::NotFound => {
                Err(FileError::io("remove", &self.path.join(name))(error))
            }
            _ => Ok(()),
        }
    }
}

fn found(opened: io::Result<Base>, path: &Path) -> Result<Option<Folder>, FileError> {
    match opened {
        Ok(base) => Ok(Some(Folder { path: path.to_owned(), base })),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(FileError::io("read", path)(error)),
    }
}

/// A name that leads to no other folder.
fn one_name(name: &str) -> io::Result<&str> {
    let leads_away = matches!(name, "" | "." | "..") || name.contains(['/', '\\', '\0']);
    if leads_away { Err(io::Error::new(ErrorKind::InvalidInput, "not a name of one part")) } else { Ok(name) }
}

fn kind_of(metadata: &fs::Metadata) -> Kind {
    match metadata.file_type() {
        kind if kind.is_symlink() => Kind::Link,
        kind if kind.is_dir() => Kind::Folder,
        kind if kind.is_file() => Kind::File,
        _ => Kind::Special,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_written_read_and_removed() {
        let root = tempfile::tempdir().expect("a folder");
        assert!(Folder::open(&root.path().join("none")).expect("there is none").is_none());
        let folder =
            Folder::create(&root.path().join("a/b")).and_then(|folder| folder.create_folder("c")).expect("made");
        folder.write("file", b"old").expect("is written");
        folder.write("file", b"new").expect("is written");
        assert_eq!(folder.read_text("file", 3).expect("text"), "new");
        assert_eq!(folder.entries(9).expect("entries"), [Entry { name: "file".into(), kind: Kind::File }]);
        assert!(matches!(folder.read_text("file", 2), Err(FileError::TooLarge { .. })));
        folder.remove("file").and_then(|()| folder.remove("file")).expect("it is gone");
        assert_eq!(folder.entries(9).expect("entries"), []);
        assert!(folder.write("../file", b"").is_err() && folder.folder("..").is_err());
    }

    #[cfg(unix)]
    #[test]
    fn links_lead_nowhere() {
        use std::os::unix::fs::symlink;
        let (root, other) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
        let outside = other.path().join("outside");
        fs::write(&outside, "theirs").expect("is written");
        let folder = Folder::create(root.path()).expect("made");
        symlink(&outside, root.path().join("file")).expect("a link");
        symlink(other.path(), root.path().join("folder")).expect("a link");
        assert!(folder.read_text("file", 100).is_err());
        assert!(folder.folder("folder").is_err() && folder.create_folder("folder").is_err());
        assert!(folder.entries(9).expect("entries").iter().all(|entry| entry.kind == Kind::Link));
        folder.write("file", b"ours").expect("is written");
        assert_eq!(
            (fs::read_to_string(&outside).expect("text"), folder.read_text("file", 9).expect("text")),
            ("theirs".into(), "ours".into())
        );
        folder.remove("folder").expect("a link goes");
        assert!(outside.exists());
    }
}
