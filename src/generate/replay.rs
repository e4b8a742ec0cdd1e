//! From a token back to its case: the token names the bases, so that no server is asked for them.

use std::sync::Arc;

use super::case::Case;
use super::plan::Plan;
use super::shrink::Shrinking;
use super::token::Token;

/// Why a token recreates no case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ReplayError {
    /// It was made for other specs, or by another version.
    #[error("the token {0} is of another contract or another version: those of this one have {1:08x} in its place")]
    OtherContract(Token, u32),
    /// There is no such case.
    #[error("there is no case {0}")]
    NoSuchCase(Token),
}

impl Plan {
    /// The case that a token stands for.
    ///
    /// # Errors
    /// When the token is of another contract, or there is no such case.
    pub fn replay(self: &Arc<Self>, token: &Token) -> Result<Case, ReplayError> {
        if token.contract != self.operation().fingerprint {
            return Err(ReplayError::OtherContract(token.clone(), self.operation().fingerprint));
        }
        let missing = || ReplayError::NoSuchCase(token.clone());
        let plan = self.based_as(token);
        let case = plan.case(token.phase, token.seed, token.index).and_then(Result::ok).ok_or_else(missing)?;
        let shrunk = Shrinking::replay(&plan, case, &token.steps).ok_or_else(missing)?;
        if shrunk.token == *token { Ok(shrunk) } else { Err(missing()) }
    }

    /// The plan built on the bases that a token names.
    #[must_use]
    pub fn based_as(self: &Arc<Self>, token: &Token) -> Arc<Self> {
        if self.chosen() == token.bases { Arc::clone(self) } else { Arc::new(self.on(token.bases)) }
    }
}
