//! What a command said, as far as it is kept to see whether it told of an error.

/// Most bytes that are kept.
const MOST: usize = 256 * 1024;

/// The end of what a command said. It may hold secrets, and so is neither shown nor stored.
#[derive(Default)]
pub struct Said {
    kept: Vec<u8>,
    /// Whether something before it was dropped.
    cut: bool,
}

impl std::fmt::Debug for Said {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Said").field("bytes", &self.kept.len()).finish_non_exhaustive()
    }
}

impl Said {
    /// Takes in what is said next.
    pub fn push(&mut self, bytes: &[u8]) {
        self.kept.extend_from_slice(bytes);
        // Only now and then, since it moves all that is kept.
        if self.kept.len() > 2 * MOST {
            self.cut = true;
            self.kept.drain(..self.kept.len() - MOST);
        }
    }

    /// Takes over what was said elsewhere.
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
        let mut said = Said::default();
        said.push(b"An error (Limit");
        said.push(b"Exceeded)");
        assert_eq!((said.names("LimitExceeded"), said.names("Throttling")), (Some(true), Some(false)));
        let mut other = Said::default();
        other.push(b"Limit");
        other.join(said);
        assert_eq!(other.names("LimitAn"), Some(false), "each ends for itself");
        let mut said = other;
        for _ in 0..100 {
            said.push(&[b'x'; 10_000]);
        }
        said.push(b"Throttling");
        assert_eq!((said.names("LimitExceeded"), said.names("Throttling")), (None, Some(true)));
        assert!(said.kept.len() <= 2 * MOST);
        assert!(!format!("{said:?}").contains("Throttling"));
    }
}
