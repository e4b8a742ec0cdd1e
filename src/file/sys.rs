//! What is done below an open folder by name: nothing in between can be exchanged for a link. Systems without such calls
//! are asked first what a name is.

#[cfg(unix)]
pub(super) use unix::Base;

#[cfg(not(unix))]
pub(super) use elsewhere::Base;

#[cfg(unix)]
mod unix {
    use std::ffi::OsString;
    use std::fs::File;
    use std::io;
    use std::os::fd::OwnedFd;
    use std::os::unix::ffi::OsStringExt;
    use std::path::Path;

    use rustix::fs::{AtFlags, CWD, Dir, Mode, OFlags, mkdirat, openat, renameat, unlinkat};

    const FOLDER: OFlags = OFlags::RDONLY.union(OFlags::DIRECTORY).union(OFlags::CLOEXEC);

    /// An open folder.
    #[derive(Debug)]
    pub(in crate::file) struct Base(OwnedFd);

    impl Base {
        /// Opens a folder that somebody named; links are followed.
        pub(in crate::file) fn open(path: &Path) -> io::Result<Self> {
            Ok(Self(openat(CWD, path, FOLDER, Mode::empty())?))
        }

        pub(in crate::file) fn open_folder(&self, name: &str) -> io::Result<Self> {
            Ok(Self(openat(&self.0, name, FOLDER | OFlags::NOFOLLOW, Mode::empty())?))
        }

        pub(in crate::file) fn create_folder(&self, name: &str) -> io::Result<()> {
            Ok(mkdirat(&self.0, name, Mode::from_raw_mode(0o777))?)
        }

        pub(in crate::file) fn open_file(&self, name: &str) -> io::Result<File> {
            let flags = OFlags::RDONLY | OFlags::NOFOLLOW | OFlags::NONBLOCK | OFlags::NOCTTY | OFlags::CLOEXEC;
            Ok(openat(&self.0, name, flags, Mode::empty())?.into())
        }

        pub(in crate::file) fn create_file(&self, name: &str) -> io::Result<File> {
            let flags = OFlags::WRONLY | OFlags::CREATE | OFlags::EXCL | OFlags::NOFOLLOW | OFlags::CLOEXEC;
            Ok(openat(&self.0, name, flags, Mode::from_raw_mode(0o666))?.into())
        }

        pub(in crate::file) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
            Ok(renameat(&self.0, from, &self.0, to)?)
        }

        pub(in crate::file) fn remove_file(&self, name: &str) -> io::Result<()> {
            Ok(unlinkat(&self.0, name, AtFlags::empty())?)
        }

        /// The names in it.
        pub(in crate::file) fn names(&self) -> io::Result<impl Iterator<Item = io::Result<OsString>>> {
            let entries = Dir::read_from(&self.0)?;
            let name = |entry: rustix::io::Result<rustix::fs::DirEntry>| {
                Ok(OsString::from_vec(entry?.file_name().to_bytes().to_vec()))
            };
            Ok(entries.map(name))
        }
    }
}

#[cfg(not(unix))]
mod elsewhere {
    use std::ffi::OsString;
    use std::fs::{self, File, OpenOptions};
    use std::io;
    use std::path::{Path, PathBuf};

    /// A folder.
    #[derive(Debug)]
    pub(in crate::file) struct Base(PathBuf);

    impl Base {
        pub(in crate::file) fn open(path: &Path) -> io::Result<Self> {
            fs::read_dir(path).map(|_| Self(path.to_owned()))
        }

        pub(in crate::file) fn open_folder(&self, name: &str) -> io::Result<Self> {
            Self::open(&self.unlinked(name)?)
        }

        pub(in crate::file) fn create_folder(&self, name: &str) -> io::Result<()> {
            fs::create_dir(self.0.join(name))
        }

        pub(in crate::file) fn open_file(&self, name: &str) -> io::Result<File> {
            File::open(self.unlinked(name)?)
        }

        pub(in crate::file) fn create_file(&self, name: &str) -> io::Result<File> {
            OpenOptions::new().write(true).create_new(true).open(self.0.join(name))
        }

        pub(in crate::file) fn rename(&self, from: &str, to: &str) -> io::Result<()> {
            fs::rename(self.0.join(from), self.0.join(to))
        }

        pub(in crate::file) fn remove_file(&self, name: &str) -> io::Result<()> {
            fs::remove_file(self.0.join(name))
        }

        pub(in crate::file) fn names(&self) -> io::Result<impl Iterator<Item = io::Result<OsString>>> {
            Ok(fs::read_dir(&self.0)?.map(|entry| Ok(entry?.file_name())))
        }

        fn unlinked(&self, name: &str) -> io::Result<PathBuf> {
            let path = self.0.join(name);
            let is_link = fs::symlink_metadata(&path)?.is_symlink();
            if is_link { Err(io::ErrorKind::InvalidInput.into()) } else { Ok(path) }
        }
    }
}
