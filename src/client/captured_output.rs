//! The output of a command, as far as it is kept to see whether it names an error.

/// Most bytes that are kept.
const MOST: usize = 256 * 1024;

/// The end of what a command wrote. It may hold secrets, and so is neither shown nor stored.
#[derive(Default)]
pub struct CapturedOutput {
    kept: Vec<u8>,
    /// Whether something before it was dropped.
    cut: bool,
}

impl std::fmt::Debug for CapturedOutput {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("CapturedOutput").field("bytes", &self.kept.len()).finish_non_exhaustive()
    }
}

impl CapturedOutput {
    /// Takes in what is written next.
    pub fn push(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        // Only now and then, since it moves all that is kept.
        if self.kept.len() > 2 * MOST {
            self.cut = true;
            self.kept.drain(..self.kept.len() - MOST);
        }
    }

    /// Takes over what was written elsewhere.
    pub fn join(&mut self, other: Self) {
        self.kept.push(b'\n');
        self.kept.extend(other.kept);
        self.cut |= other.cut;
    }

    /// Whether a word occurs; nothing where it may have been in what was dropped.
    #[must_use]
    pub fn names(&self, word: &str) -> Option<bool> {
        let found = memchr::memmem::find(&self.kept, word.as_bytes()).is_some();
        (found || !self.cut).then_some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_is_kept_and_what_was_dropped_is_not_guessed_at() {
        let mut output = CapturedOutput::default();
        output.push(b"An error (Limit");
        output.push(b"Exceeded)");
        assert_eq!((output.names("LimitExceeded"), output.names("Throttling")), (Some(true), Some(false)));
        let mut other = CapturedOutput::default();
        other.push(b"Limit");
        other.join(output);
        assert_eq!(other.names("LimitAn"), Some(false), "each ends for itself");
        let mut output = other;
        for _ in 0..100 {
            output.push(&[b'x'; 10_000]);
        }
        output.push(b"Throttling");
        assert_eq!((output.names("LimitExceeded"), output.names("Throttling")), (None, Some(true)));
        assert!(output.kept.len() <= 2 * MOST);
        assert!(!format!("{output:?}").contains("Throttling"));
    }
}
