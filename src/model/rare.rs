//! Parts that most nodes do not have.

use std::fmt;
use std::ops::Deref;

use indexmap::IndexMap;

/// A part that takes a pointer's room, and reads as the empty one where it is absent.
#[derive(Clone)]
pub struct Rare<T>(Option<Box<T>>);

/// What an absent part reads as.
pub trait Absent: Sized + 'static {
    /// The empty part.
    const ABSENT: &'static Self;
    /// Whether the part is as good as absent.
    fn is_absent(&self) -> bool;
}

impl<T: Absent> Rare<T> {
    /// The part, kept only where it says something.
    #[must_use]
    pub fn new(part: T) -> Self {
        Self((!part.is_absent()).then(|| Box::new(part)))
    }
}

impl<T> Default for Rare<T> {
    fn default() -> Self {
        Self(None)
    }
}

impl<T: Absent> Deref for Rare<T> {
    type Target = T;

    fn deref(&self) -> &T {
        self.0.as_deref().unwrap_or(T::ABSENT)
    }
}

impl<T: Absent + fmt::Debug> fmt::Debug for Rare<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        (**self).fmt(f)
    }
}

#[allow(clippy::into_iter_without_iter, reason = "`iter` is the part's own, by deref")]
impl<'r, T: Absent> IntoIterator for &'r Rare<T>
where
    &'r T: IntoIterator,
{
    type Item = <&'r T as IntoIterator>::Item;
    type IntoIter = <&'r T as IntoIterator>::IntoIter;

    fn into_iter(self) -> Self::IntoIter {
        (**self).into_iter()
    }
}

impl<T: 'static> Absent for Vec<T> {
    const ABSENT: &'static Self = &Vec::new();

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

impl<K: 'static, V: 'static> Absent for IndexMap<K, V, rustc_hash::FxBuildHasher> {
    const ABSENT: &'static Self = &IndexMap::with_hasher(rustc_hash::FxBuildHasher);

    fn is_absent(&self) -> bool {
        self.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_absent_reads_as_empty_and_takes_a_pointer() {
        let rare: Rare<Vec<u8>> = Rare::default();
        assert!(rare.is_empty() && Rare::new(vec![1_u8]).len() == 1 && Rare::new(Vec::<u8>::new()).0.is_none());
        assert_eq!(size_of_val(&rare), size_of::<usize>());
    }
}
