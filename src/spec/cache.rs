//! Heads of specs, kept in the user's cache folder so that a large directory is read once.
//!
//! A row is good for a file of the same length, times of change and number of the file system: reading the contents of
//! 20,000 files to compare them takes most of what the cache saves. The time of a file's last change of status
//! cannot be set by a program, so a restored time of modification deceives nobody. A file that was written a moment before
//! it was read gets no row, since a second change within the same tick of the clock would leave no trace: git calls such an
//! entry racily clean. What is not exactly a cache of this version for this directory is no cache.

use std::collections::HashMap;
use std::fs::{self, Metadata};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};
use xxhash_rust::xxh3::xxh3_64;

use super::heads::Head;
use crate::file;

/// Fewer files than this are read faster than anybody notices, and leave nothing behind.
pub(super) const FEWEST_FILES: usize = 64;
/// A change so shortly before the reading may be followed by one that leaves no trace: the coarsest clock of a file
/// system in use, FAT's, ticks every two seconds.
const TICK: Duration = Duration::from_secs(2);
/// Largest cache that is read, in bytes: some hundred for each file.
const LARGEST: u64 = 64 * 1024 * 1024;

/// What tells whether a file has changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stamp {
    length: u64,
    /// Nanoseconds since 1970 at the last change, of contents or status.
    changed: u64,
    modified: u64,
    number: u64,
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Self {
        let modified = metadata.modified().map_or(0, nanoseconds);
        #[cfg(unix)]
        let (changed, number) = {
            use std::os::unix::fs::MetadataExt;
            let seconds = u64::try_from(metadata.ctime()).unwrap_or_default();
            let rest = u64::try_from(metadata.ctime_nsec()).unwrap_or_default();
            (seconds.saturating_mul(1_000_000_000).saturating_add(rest), metadata.ino())
        };
        #[cfg(not(unix))]
        let (changed, number) = (modified, 0);
        Self { length: metadata.len(), changed, modified, number }
    }

    /// Whether a change after this moment would have another stamp.
    fn is_settled(&self, now: SystemTime) -> bool {
        let latest = self.changed.max(self.modified);
        latest.saturating_add(u64::try_from(TICK.as_nanos()).unwrap_or(u64::MAX)) < nanoseconds(now)
    }
}

fn nanoseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_nanos()).unwrap_or(u64::MAX)
}

/// One file's head, as long as the file has the stamp.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Row {
    /// Name below the directory.
    pub name: String,
    pub stamp: Stamp,
    pub head: Head,
}

/// The cache of one directory.
#[derive(Debug)]
pub(super) struct Cache {
    path: PathBuf,
    header: String,
}

impl Cache {
    /// The place of a directory's cache; nothing where the user has no cache folder.
    pub fn of(directory: &Path) -> Option<Self> {
        Some(Self::within(&folder()?, directory))
    }

    fn within(folder: &Path, directory: &Path) -> Self {
        let directory = fs::canonicalize(directory).unwrap_or_else(|_| directory.to_owned());
        let name = directory.to_string_lossy();
        let header = format!("accordant index 1 {} {name}", env!("CARGO_PKG_VERSION"));
        let path = folder.join("index").join(format!("{:016x}", xxh3_64(name.as_bytes())));
        Self { path, header }
    }

    /// The rows by file name; none where there is no cache that can be trusted.
    pub fn read(&self) -> HashMap<String, Row> {
        let rows = file::read(&self.path, LARGEST).ok().and_then(|bytes| self.parse(&bytes)).unwrap_or_default();
        rows.into_iter().map(|row| (row.name.clone(), row)).collect()
    }

    fn parse(&self, bytes: &[u8]) -> Option<Vec<Row>> {
        let rest = bytes.strip_prefix(self.header.as_bytes())?.strip_prefix(b"\n")?;
        let (sum, body) = rest.split_at_checked(17)?;
        (sum == checksum(body).as_bytes()).then(|| serde_json::from_slice(body).ok())?
    }

    /// Keeps rows whose files were old enough when the reading began. Without a cache the next start is slow, and that is
    /// all: a failure is not reported.
    pub fn write(&self, mut rows: Vec<Row>, began: SystemTime) {
        rows.retain(|row| row.stamp.is_settled(began));
        let Ok(body) = serde_json::to_vec(&rows) else { return };
        let text = [self.header.as_bytes(), b"\n", checksum(&body).as_bytes(), &body].concat();
        let Some(folder) = self.path.parent() else { return };
        let temporary = folder.join(format!(".{}-{:x}", std::process::id(), nanoseconds(began)));
        let written = fs::create_dir_all(folder)
            .and_then(|()| fs::File::create_new(&temporary))
            .and_then(|mut file| file.write_all(&text))
            .and_then(|()| fs::rename(&temporary, &self.path));
        if written.is_err() {
            let _ = fs::remove_file(&temporary);
        }
    }
}

fn checksum(body: &[u8]) -> String {
    format!("{:016x}\n", xxh3_64(body))
}

/// The program's folder in the user's cache folder, by the XDG base directory specification.
fn folder() -> Option<PathBuf> {
    let set = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let caches = set("XDG_CACHE_HOME").or_else(|| Some(set("HOME")?.join(".cache"))).or_else(|| set("LOCALAPPDATA"))?;
    Some(caches.join("accordant"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::heads::{OperationHead, Place};

    fn row(name: &str, changed: SystemTime) -> Row {
        let at = nanoseconds(changed);
        let http = Place { method: "GET".into(), path: "/x".into() };
        let head = OperationHead { operation: "X".into(), aliases: Vec::new(), http, documented: None };
        let stamp = Stamp { length: 7, changed: at, modified: at, number: 1 };
        Row { name: name.into(), stamp, head: Head::Operation(head) }
    }

    #[test]
    fn keeps_what_is_old_enough_and_believes_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::within(folder.path(), Path::new("/specs"));
        assert!(cache.read().is_empty());
        let now = SystemTime::now();
        let hour = Duration::from_secs(3600);
        cache.write(vec![row("old.yaml", now - hour), row("fresh.yaml", now), row("future.yaml", now + hour)], now);
        assert_eq!(cache.read().keys().collect::<Vec<_>>(), ["old.yaml"]);
        let other = Cache { header: "accordant index 1 0.0.0 /specs".into(), path: cache.path.clone() };
        assert!(other.read().is_empty(), "another version's");
        let mut bytes = fs::read(&cache.path).expect("the cache");
        let last = bytes.len() - 3;
        bytes[last] ^= 1;
        fs::write(&cache.path, &bytes).expect("a changed byte");
        assert!(cache.read().is_empty(), "a changed byte");
        fs::write(&cache.path, &bytes[..40]).expect("half a file");
        assert!(cache.read().is_empty(), "half a file");
        let left: Vec<_> = fs::read_dir(folder.path().join("index")).expect("the folder").collect();
        assert_eq!(left.len(), 1, "no temporary files");
    }

    #[cfg(unix)]
    #[test]
    fn a_pipe_is_no_cache_and_not_waited_for() {
        let folder = tempfile::tempdir().expect("a folder");
        let cache = Cache::within(folder.path(), Path::new("/specs"));
        fs::create_dir_all(cache.path.parent().expect("its folder")).expect("is made");
        assert!(std::process::Command::new("mkfifo").arg(&cache.path).status().expect("mkfifo").success());
        assert!(cache.read().is_empty());
    }
}
