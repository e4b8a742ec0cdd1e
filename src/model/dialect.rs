//! Dialects: the two ways in which a service may be spoken to.

use std::str::FromStr;

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Which protocol an operation is spoken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Dialect {
    /// What the real SDKs speak.
    Native,
    /// What the documents' pages show.
    Documented,
}

impl Dialect {
    /// The name, as flags and headers have it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Native => "native",
            Self::Documented => "documented",
        }
    }
}

impl FromStr for Dialect {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        [Self::Native, Self::Documented].into_iter().find(|dialect| dialect.name() == text).ok_or(())
    }
}
