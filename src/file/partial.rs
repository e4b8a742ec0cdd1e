//! Names for files that are not whole yet.

use std::hash::{BuildHasher, Hasher, RandomState};

/// How often a name is drawn, should somebody have it.
pub(super) const ATTEMPTS: u32 = 8;

/// A name that nobody can foresee, so that nobody can put a link there. It is hidden, so that it is taken for nothing
/// that anybody reads.
pub(super) fn name() -> String {
    // The keys of the standard library's hash are the system's random numbers.
    format!(".accordant-{:016x}.partial", RandomState::new().build_hasher().finish())
}
