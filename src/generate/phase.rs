//! The phases of generation.

use std::str::FromStr;

/// The phases of generation, in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Phase {
    /// The spec's examples.
    Examples,
    /// By a covering rule, the same for every seed.
    Coverage,
    /// By the seed, as many as asked for.
    Random,
    /// Of the protocol rather than of members, the same for every seed.
    Probes,
}

impl Phase {
    /// All phases, in order.
    pub const ALL: [Self; 4] = [Self::Examples, Self::Coverage, Self::Random, Self::Probes];

    /// The name, as flags have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Examples => "examples",
            Self::Coverage => "coverage",
            Self::Random => "random",
            Self::Probes => "probes",
        }
    }
}

impl FromStr for Phase {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        Self::ALL.into_iter().find(|phase| phase.name() == text).ok_or(())
    }
}
