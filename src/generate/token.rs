//! Tokens: a short text that recreates a case exactly.

use std::fmt;
use std::str::FromStr;

use super::phase::Phase;

/// What recreates a case: operation, phase, seed and number, the specs they hold for, the bases that cases are built on, and
/// the steps by which the case was made smaller.
///
/// ```text
/// ReplicateBackup.random.7.123.3fa9c1d2.bf
/// ReplicateBackup.coverage.0.41.3fa9c1d2.b1.0-2-0
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Token {
    /// The operation's name.
    pub operation: String,
    /// The phase.
    pub phase: Phase,
    /// The seed; 0 where the phase has none.
    pub seed: u64,
    /// The number of the case in its phase.
    pub index: u64,
    /// What identifies the operation's specs.
    pub contract: u32,
    /// Which of the operation's candidates are bases: a bit for each, as [`Plan::on`](super::Plan::on) takes them.
    pub bases: u32,
    /// Which of its smaller neighbours was taken, step by step.
    pub steps: Vec<u32>,
}

/// Most steps that a token may have.
const MAX_STEPS: usize = 256;

/// Why a text is no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TokenError {
    /// It has another form.
    #[error("{0:?} is no token, which looks like ReplicateBackup.random.7.123.3fa9c1d2.bf")]
    Unreadable(String),
    /// It is of a version that built no cases on bases.
    #[error("the token {0} is of an earlier version: it does not name the bases that its case is built on; run again")]
    WithoutBases(String),
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { operation, phase, seed, index, contract, bases, steps } = self;
        write!(f, "{operation}.{}.{seed}.{index}.{contract:08x}.b{bases:x}", phase.name())?;
        for (position, step) in steps.iter().enumerate() {
            write!(f, "{}{step}", if position == 0 { '.' } else { '-' })?;
        }
        Ok(())
    }
}

impl FromStr for Token {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        let mut parts: Vec<&str> = text.split('.').collect();
        if let Some(token) = parse(&parts) {
            return Ok(token);
        }
        let shown = text.chars().take(100).collect();
        parts.insert(parts.len().min(5), "b0");
        Err(if parse(&parts).is_some() { TokenError::WithoutBases(shown) } else { TokenError::Unreadable(shown) })
    }
}

fn parse(parts: &[&str]) -> Option<Token> {
    let mut parts = parts.iter().copied();
    let token = Token {
        operation: parts.next().filter(|name| !name.is_empty())?.to_owned(),
        phase: parts.next()?.parse().ok()?,
        seed: parts.next()?.parse().ok()?,
        index: parts.next()?.parse().ok()?,
        contract: parts.next().filter(|hash| hash.len() == 8).and_then(|hash| u32::from_str_radix(hash, 16).ok())?,
        bases: parts.next()?.strip_prefix('b').and_then(|bases| u32::from_str_radix(bases, 16).ok())?,
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
            let (operation, phase, bases) = ("Op".to_owned(), Phase::Random, 0x1f);
            let token = Token { operation, phase, seed: u64::MAX, index: 7, contract: 0xab, bases, steps };
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
            "Op.random.1.2.000000ab.b1.x",
            "Op.random.1.2.000000ab.b1.1.2",
            "Op.random.1.2.000000ab.b",
            "Op.random.99999999999999999999.2.000000ab.b1",
        ] {
            assert!(matches!(text.parse::<Token>(), Err(TokenError::Unreadable(_))), "{text}");
        }
    }

    #[test]
    fn says_what_a_token_of_an_earlier_version_lacks() {
        for text in ["Op.random.1.2.000000ab", "Op.random.1.2.000000ab.0-2-0"] {
            assert!(matches!(text.parse::<Token>(), Err(TokenError::WithoutBases(_))), "{text}");
        }
    }
}
