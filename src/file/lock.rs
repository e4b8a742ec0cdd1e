//! A lock around what is read, changed and written again.

use std::fs::File;
use std::io;
use std::path::Path;
use std::thread::sleep;
use std::time::{Duration, Instant};

use super::FileError;
use super::write::folder_of;

/// Longest time for a lock.
const PATIENCE: Duration = Duration::from_secs(20);
/// How long is waited before it is tried again.
const AGAIN: Duration = Duration::from_millis(5);

/// Keeps other runs from a file as long as it is there. What is locked is the file's folder: the file itself is replaced,
/// and a file that is only there for the lock would be one more to explain.
#[derive(Debug)]
#[must_use = "the lock ends when it is dropped"]
pub struct Lock {
    /// Nothing where there are no locks.
    _folder: Option<File>,
}

impl Lock {
    /// Waits until nobody else has the lock of a file, which need not exist.
    ///
    /// # Errors
    /// [`FileError`] when the folder cannot be opened, or is locked for 20 seconds.
    pub fn of(path: &Path) -> Result<Self, FileError> {
        let failed = |error| FileError::io("lock the folder of", path)(error);
        let folder = File::open(folder_of(path)).map_err(failed)?;
        let deadline = Instant::now() + PATIENCE;
        loop {
            match try_lock(&folder) {
                Ok(true) => return Ok(Self { _folder: Some(folder) }),
                Ok(false) if Instant::now() < deadline => sleep(AGAIN),
                Ok(false) => return Err(FileError::Locked { path: path.to_owned(), seconds: PATIENCE.as_secs() }),
                // Some file systems of other machines know no locks: there, runs must not meet.
                Err(_) => return Ok(Self { _folder: None }),
            }
        }
    }
}

/// Whether it is locked now; not where another program has it.
#[cfg(unix)]
fn try_lock(folder: &File) -> io::Result<bool> {
    use rustix::fs::{FlockOperation, flock};
    match flock(folder, FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => Ok(true),
        Err(rustix::io::Errno::WOULDBLOCK | rustix::io::Errno::INTR) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

#[cfg(not(unix))]
fn try_lock(_: &File) -> io::Result<bool> {
    Err(io::ErrorKind::Unsupported.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[cfg(unix)]
    #[test]
    fn one_at_a_time_has_it() {
        let folder = tempfile::tempdir().expect("a folder");
        let (one, other) = (folder.path().join("one"), File::open(folder.path()).expect("a folder"));
        let lock = Lock::of(&one).expect("nobody has it");
        assert_eq!(try_lock(&other).ok(), Some(false));
        drop(lock);
        assert_eq!(try_lock(&other).ok(), Some(true));
    }
}
