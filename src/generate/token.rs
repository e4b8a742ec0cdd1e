//! Tokens: a short text that recreates a case exactly.

use std::fmt;
use std::str::FromStr;

use super::phase::Phase;

/// What recreates a case: operation, phase, seed and number, the specs they hold for, and the steps by which the case was
/// made smaller.
///
/// ```text
/// ReplicateBackup.random.7.123.3fa9c1d2
/// ReplicateBackup.coverage.0.41.3fa9c1d2.0-2-0
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    /// The operation's name.
    pub operation: String,
    /// The phase.
    pub phase: Phase,
    /// The seed; 0 where the phase has none; of a probe, the number of the example that it is built on.
    pub seed: u64,
    /// The number of the case in its phase.
    pub index: u64,
    /// What identifies the operation's specs.
    pub contract: u32,
    /// Which of its smaller neighbours was taken, step by step.
    pub steps: Vec<u32>,
}

/// Most steps that a token may have.
const MAX_STEPS: usize = 256;

/// Why a text is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no token, which looks like ReplicateBackup.random.7.123.3fa9c1d2")]
pub struct TokenError(String);

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, phase, seed, index, contract, steps } = self;
        write!(f, "{operation}.{}.{seed}.{index}.{contract:08x}", phase.name())?;
        for (position, step) in steps.iter().enumerate() {
            write!(f, "{}{step}", if position == 0 { '.' } else { '-' })?;
        }
        Ok(())
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        parse(text).ok_or_else(|| TokenError(text.chars().take(100).collect()))
    }
}

fn parse(text: &str) -> Option<Token> {
    let mut parts = text.split('.');
    let token = Token {
        operation: parts.next().filter(|name| !name.is_empty())?.to_owned(),
        phase: parts.next()?.parse().ok()?,
        seed: parts.next()?.parse().ok()?,
        index: parts.next()?.parse().ok()?,
        contract: parts.next().filter(|hash| hash.len() == 8).and_then(|hash| u32::from_str_radix(hash, 16).ok())?,
        steps: match parts.next() {
            Some(steps) => steps.split('-').map(|step| step.parse().ok()).collect::<Option<Vec<u32>>>()?,
            None => Vec::new(),
        },
    };
    (parts.next().is_none() && token.steps.len() <= MAX_STEPS).then_some(token)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_it_writes() {
        for steps in [vec![], vec![0, 12, 3]] {
            let token =
                Token { operation: "Op".into(), phase: Phase::Random, seed: u64::MAX, index: 7, contract: 0xab, steps };
            assert_eq!(token.to_string().parse(), Ok(token));
        }
    }

    #[test]
    fn refuses_everything_else() {
        for text in [
            "",
            "Op",
            ".random.1.2.000000ab",
            "Op.later.1.2.000000ab",
            "Op.random.-1.2.000000ab",
            "Op.random.1.2.ab",
            "Op.random.1.2.000000ab.x",
            "Op.random.1.2.000000ab.1.2",
            "Op.random.99999999999999999999.2.000000ab",
        ] {
            assert!(text.parse::<Token>().is_err(), "{text}");
        }
    }
}
