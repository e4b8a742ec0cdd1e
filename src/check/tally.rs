//! The one way in which complaints are counted: those about the same are one group, of which the first is shown.

use std::collections::BTreeMap;
use std::collections::btree_map::{Entry, IntoValues};

/// What the complaints of a group have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Key {
    /// The operation, where there is one.
    pub operation: Option<String>,
    /// The check.
    pub code: String,
    /// What of the contract they are about.
    pub about: Option<String>,
    /// Whether they can fail a run.
    pub is_finding: bool,
}

/// What a group shows: of two, always the same one, whichever was seen first.
pub trait Shown {
    /// Whether it is shown instead of another one that was seen before it.
    fn precedes(&self, other: &Self) -> bool;
}

/// The complaints of one group.
#[derive(Debug, Clone)]
pub struct Group<T> {
    /// How many there are.
    pub count: u64,
    /// The one that is shown.
    pub shown: T,
}

/// Complaints by what they have in common. Joining tallies in any order gives the same.
#[derive(Debug, Clone)]
pub struct Tally<T> {
    groups: BTreeMap<Key, Group<T>>,
}

/// Most groups that are kept apart. A server whose answers have another unknown member each time would have one for each
/// of them; what comes later is then one group for each check.
const MOST_GROUPS: usize = 4096;

impl<T> Default for Tally<T> {
    fn default() -> Self {
        Self { groups: BTreeMap::new() }
    }
}

impl<T: Shown> Tally<T> {
    /// Takes a complaint.
    pub fn add(&mut self, key: Key, shown: T) {
        self.add_group(key, Group { count: 1, shown });
    }

    /// Takes so many complaints, of which one is shown.
    pub fn add_group(&mut self, mut key: Key, group: Group<T>) {
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&key) {
            key.about = None;
        }
        match self.groups.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(group);
            }
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                let count = known.count + group.count;
                if group.shown.precedes(&known.shown) {
                    *known = group;
                }
                known.count = count;
            }
        }
    }

    /// Joins what another one has counted.
    pub fn join(&mut self, other: Self) {
        for (key, group) in other.groups {
            self.add_group(key, group);
        }
    }

    /// Joins the groups of another one that it has none of itself.
    pub fn join_new(&mut self, other: Self) {
        for (key, group) in other.groups {
            self.groups.entry(key).or_insert(group);
        }
    }
}

impl<T> Tally<T> {
    /// How many groups there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.groups.is_empty()
    }

    /// The groups in the order of their keys.
    pub fn groups(&self) -> impl Iterator<Item = (&Key, &Group<T>)> {
        self.groups.iter()
    }

    /// The groups in the order of their keys.
    #[must_use]
    pub fn into_groups(self) -> Vec<(Key, Group<T>)> {
        self.groups.into_iter().collect()
    }
}

impl<T> IntoIterator for Tally<T> {
    type Item = Group<T>;
    type IntoIter = IntoValues<Key, Group<T>>;

    fn into_iter(self) -> Self::IntoIter {
        self.groups.into_values()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    impl Shown for u32 {
        fn precedes(&self, other: &Self) -> bool {
            self < other
        }
    }

    fn key(about: u64) -> Key {
        Key { operation: Some("Op".into()), code: "c".into(), about: Some(format!("/{about}")), is_finding: true }
    }

    fn of(shown: &[u32]) -> Tally<u32> {
        let mut tally = Tally::default();
        for shown in shown {
            tally.add(key(0), *shown);
        }
        tally
    }

    #[test]
    fn the_first_is_shown_in_whatever_order_tallies_are_joined() {
        for (one, other) in [([3, 1], [2, 5]), ([2, 5], [3, 1])] {
            let mut tally = of(&one);
            tally.join(of(&other));
            let groups: Vec<(u64, u32)> = tally.into_iter().map(|group| (group.count, group.shown)).collect();
            assert_eq!(groups, [(4, 1)]);
        }
    }

    #[test]
    fn made_up_names_make_no_more_groups_than_are_kept_apart() {
        let mut tally = Tally::default();
        let most = MOST_GROUPS as u64;
        (0..most + 100).for_each(|number| tally.add(key(number), 0));
        assert_eq!(tally.len() as u64, most + 1);
        assert_eq!(tally.into_iter().map(|group| group.count).sum::<u64>(), most + 100);
    }

    #[test]
    fn what_is_known_already_may_be_left_out() {
        let mut tally = of(&[3]);
        let mut other = of(&[1]);
        other.add(key(1), 2);
        tally.join_new(other);
        let groups: Vec<(u64, u32)> = tally.into_iter().map(|group| (group.count, group.shown)).collect();
        assert_eq!(groups, [(1, 3), (1, 2)]);
    }
}
