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

impl Shard {
    /// Those of `count` cases that belong to it, from 0, where the first of them has a number in the whole run.
    pub fn among(self, first: u64, count: u64) -> impl Iterator<Item = u64> {
        let (mine, turn) = (self.number - 1, first % self.of);
        let skipped = if mine >= turn { mine - turn } else { self.of - (turn - mine) };
        let of = usize::try_from(self.of).unwrap_or(usize::MAX);
        (skipped..count).step_by(of)
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
    fn a_part_of_some_cases_is_a_part_of_all() {
        for of in 1..9 {
            for number in 1..=of {
                let shard = Shard { number, of };
                for (first, count) in [(0, 20), (3, 20), (8, 1), (9, 0), (u64::MAX - 5, 5)] {
                    let among: Vec<u64> = shard.among(first, count).collect();
                    let having: Vec<u64> = (0..count).filter(|index| shard.has(first + index)).collect();
                    assert_eq!(among, having, "{shard} of {count} from {first}");
                }
            }
        }
        assert_eq!(Shard { number: 2, of: u64::MAX }.among(0, 9).collect::<Vec<_>>(), [1]);
    }

    #[test]
    fn reads_only_shards() {
        assert_eq!("2/4".parse(), Ok(Shard { number: 2, of: 4 }));
        for text in ["", "0/4", "5/4", "1/0", "1", "-1/4", "a/b", "1/4/2"] {
            assert!(text.parse::<Shard>().is_err(), "{text}");
        }
    }
}
