//! Appending whole lines to a file that others append to as well.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::Path;

/// Opens without waiting for the other end.
#[cfg(unix)]
#[allow(clippy::cast_possible_wrap, reason = "the flag is one bit, far from the sign")]
const NONBLOCK: i32 = rustix::fs::OFlags::NONBLOCK.bits() as i32;
/// How much is read at a time when the end of the last whole line is looked for.
const STEP: u64 = 64 * 1024;
/// Longest rest of a line that is looked at.
const LONGEST_REST: u64 = 64 * 1024 * 1024;

/// A file that whole lines are appended to. Several programs may do so at a time.
#[derive(Debug)]
pub struct Appender {
    file: File,
    /// Whether it can be read and cut; pipes and devices cannot.
    is_regular: bool,
}

impl Appender {
    /// Opens a file, which is made where there is none. A pipe must have a reader.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub fn open(path: &Path) -> io::Result<Self> {
        let is_stream = std::fs::metadata(path).is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir());
        if is_stream {
            return Ok(Self { file: open_stream(path)?, is_regular: false });
        }
        let file = without_waiting().read(true).append(true).create(true).open(path)?;
        let is_regular = file.metadata()?.is_file();
        Ok(Self { file, is_regular })
    }

    /// Appends lines, each with its end. Where the last line of the file has none, it gets one; a line that a killed
    /// program has left half-written, as `is_torn` knows it, is cut off. So are these lines where the disk has no room.
    ///
    /// # Errors
    /// When they cannot be written.
    pub fn append(&mut self, lines: &[u8], is_torn: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        if !self.is_regular {
            return self.file.write_all(lines);
        }
        lock(&self.file);
        let appended = self.append_locked(lines, is_torn);
        unlock(&self.file);
        appended
    }

    fn append_locked(&mut self, lines: &[u8], is_torn: impl Fn(&[u8]) -> bool) -> io::Result<()> {
        let mut end = self.file.metadata()?.len();
        let start = self.last_line(end)?;
        if start < end {
            if self.is_torn(start, end, is_torn)? {
                self.file.set_len(start)?;
                end = start;
            } else {
                self.file.write_all(b"\n")?;
                end += 1;
            }
        }
        self.file.write_all(lines).inspect_err(|_| {
            // Should that fail too, the next one finds half a line and cuts it.
            let _ = self.file.set_len(end);
        })
    }

    fn is_torn(&mut self, start: u64, end: u64, is_torn: impl Fn(&[u8]) -> bool) -> io::Result<bool> {
        Ok(end - start <= LONGEST_REST && is_torn(&self.piece(start, end)?))
    }

    /// Where the last line begins that has no end: at the end of the file where all have theirs.
    fn last_line(&mut self, end: u64) -> io::Result<u64> {
        let (mut from, mut step) = (end, 1);
        while from > 0 && end - from <= LONGEST_REST {
            let to = from;
            from = from.saturating_sub(step);
            step = STEP;
            if let Some(last) = self.piece(from, to)?.iter().rposition(|byte| *byte == b'\n') {
                return Ok(from + last as u64 + 1);
            }
        }
        Ok(from)
    }

    fn piece(&mut self, from: u64, to: u64) -> io::Result<Vec<u8>> {
        let mut piece = vec![0; usize::try_from(to - from).unwrap_or_default()];
        // Where lines are appended is not where they are read.
        self.file.seek(SeekFrom::Start(from))?;
        self.file.read_exact(&mut piece)?;
        Ok(piece)
    }
}

/// Opens a device or a pipe for writing. A pipe that nobody reads is an error, where it would be waited for.
///
/// # Errors
/// When it cannot be opened.
pub(super) fn open_stream(path: &Path) -> io::Result<File> {
    let stream = without_waiting().append(true).open(path)?;
    #[cfg(unix)]
    {
        use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
        // From now on a full pipe is waited for.
        fcntl_setfl(&stream, fcntl_getfl(&stream)? - OFlags::NONBLOCK)?;
    }
    Ok(stream)
}

/// Opens nothing that would be waited for.
pub(super) fn without_waiting() -> OpenOptions {
    #[allow(unused_mut, reason = "only Unix has the flag")]
    let mut options = OpenOptions::new();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(NONBLOCK);
    }
    options
}

/// Locks a file where there are locks. Where there are none, lines are still written in one call of the system, which
/// appends them in one piece unless the disk is full.
#[cfg(unix)]
fn lock(file: &File) {
    let _ = rustix::io::retry_on_intr(|| rustix::fs::flock(file, rustix::fs::FlockOperation::LockExclusive));
}

#[cfg(unix)]
fn unlock(file: &File) {
    let _ = rustix::fs::flock(file, rustix::fs::FlockOperation::Unlock);
}

#[cfg(not(unix))]
fn lock(_: &File) {}

#[cfg(not(unix))]
fn unlock(_: &File) {}

#[cfg(test)]
mod tests {
    use super::*;

    fn appended(before: &[u8], lines: &[u8]) -> String {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lines");
        std::fs::write(&path, before).expect("is written");
        let mut file = Appender::open(&path).expect("it opens");
        file.append(lines, |rest| rest.starts_with(b"torn")).expect("is written");
        std::fs::read_to_string(path).expect("text")
    }

    #[test]
    fn lines_follow_whole_lines() {
        assert_eq!(appended(b"", b"new\n"), "new\n");
        assert_eq!(appended(b"one\n", b"new\n"), "one\nnew\n");
        assert_eq!(appended(b"one\ntorn li", b"new\n"), "one\nnew\n");
        assert_eq!(appended(b"torn", b"new\n"), "new\n");
        assert_eq!(appended(b"one\nsomebody's", b"new\n"), "one\nsomebody's\nnew\n");
        let long = format!("one\ntorn{}", "x".repeat(200_000));
        assert_eq!(appended(long.as_bytes(), b"new\n"), "one\nnew\n");
    }

    #[test]
    fn lines_of_several_programs_stay_whole() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("lines");
        std::thread::scope(|scope| {
            for letter in ["a", "b", "c"] {
                let mut file = Appender::open(&path).expect("it opens");
                let line = letter.repeat(100_000) + "\n";
                scope.spawn(move || {
                    for _ in 0..20 {
                        file.append(line.as_bytes(), |_| true).expect("is written");
                    }
                });
            }
        });
        let text = std::fs::read_to_string(path).expect("text");
        assert_eq!(text.lines().count(), 60);
        assert!(text.lines().all(|line| line.len() == 100_000 && line.replace(&line[..1], "").is_empty()));
    }
}
