//! Shards: a run divided among several machines.

use std::fmt;
use std::str::FromStr;

/// One of several equal parts of a run. The parts together are the whole, and no case is in two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, from 1.
    pub number: u64,
    /// How many there are.
    pub of: u64,
}

/// Why a text names no shard.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no shard: write I/N with I from 1 to N, as 2/4")]
pub struct ShardError(String);

impl Shard {
    /// The whole run.
    pub const WHOLE: Self = Self { number: 1, of: 1 };

    /// Whether a case, by its number in the whole run, belongs to it.
    #[must_use]
    pub fn has(self, number: u64) -> bool {
        number % self.of == self.number - 1
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.number, self.of)
    }
}

impl FromStr for Shard {
    type Err = ShardError;

    fn from_str(text: &str) -> Result<Self, ShardError> {
        let parts = text.split_once('/').and_then(|(number, of)| Some((number.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((number, of)) if 1 <= number && number <= of => Ok(Self { number, of }),
            _ => Err(ShardError(text.chars().take(50).collect())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_make_the_whole() {
        for of in 1..9 {
            for case in 0..100 {
                let having = (1..=of).filter(|number| Shard { number: *number, of }.has(case));
                assert_eq!(having.count(), 1, "case {case} of {of} parts");
            }
        }
        assert!((0..100).all(|case| Shard::WHOLE.has(case)));
    }

    #[test]
    fn reads_only_shards() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        for text in ["", "0/4", "5/4", "1/0", "1", "-1/4", "a/b", "1/4/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
