//! What a run has seen so far: counts, and for each kind of complaint how often and the first case that shows it.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::check::Complaint;
use crate::generate::{Case, Dropped};

/// What the complaints of one group have in common: operation, check, and what of the contract they are about.
pub type Key = (usize, &'static str, Option<String>, bool);

/// Most groups that are kept apart. A server whose answers have another unknown member each time would have one for each
/// of them; what comes later is then one group for each check.
const MOST_GROUPS: usize = 4096;

/// What was seen of one operation.
#[derive(Debug, Default)]
pub struct Seen {
    /// Cases that were judged.
    pub cases: u64,
    /// Cases that had to succeed.
    pub valid: u64,
    /// Cases that did succeed.
    pub succeeded: u64,
    /// Cases that had to succeed, and did.
    pub valid_succeeded: u64,
    /// Cases that were refused.
    pub refused: u64,
    /// Answers that speak of the world, by code.
    pub circumstances: BTreeMap<String, u64>,
    /// Cases that were not sent.
    pub dropped: BTreeMap<Dropped, u64>,
    /// How often each constraint was broken or sat on.
    pub constraints: BTreeMap<usize, u64>,
}

/// The complaints of one group.
#[derive(Debug)]
pub struct Group {
    /// How many cases showed it.
    pub count: u64,
    /// The first of them, by token.
    pub case: Case,
    /// What was said of that one.
    pub complaint: Complaint,
}

/// What was seen of all operations. Workers have one each; joining them in any order gives the same.
#[derive(Debug, Default)]
pub struct Tally {
    /// By the operation's place in the run.
    pub seen: Vec<Seen>,
    /// By what they have in common.
    pub groups: BTreeMap<Key, Group>,
}

impl Tally {
    /// For so many operations.
    #[must_use]
    pub fn new(operations: usize) -> Self {
        Self { seen: (0..operations).map(|_| Seen::default()).collect(), groups: BTreeMap::new() }
    }

    /// Takes a complaint about a case.
    pub fn complain(&mut self, operation: usize, code: &'static str, case: &Case, complaint: Complaint) {
        let key = (operation, code, complaint.about.clone(), complaint.is_finding());
        self.add(key, Group { count: 1, case: case.clone(), complaint });
    }

    fn add(&mut self, mut key: Key, group: Group) {
        if self.groups.len() >= MOST_GROUPS && !self.groups.contains_key(&key) {
            key.2 = None;
        }
        match self.groups.entry(key) {
            Entry::Vacant(entry) => {
                entry.insert(group);
            }
            Entry::Occupied(mut entry) => {
                let known = entry.get_mut();
                let count = known.count + group.count;
                if group.case.token < known.case.token {
                    *known = group;
                }
                known.count = count;
            }
        }
    }

    /// Joins what another worker has seen.
    pub fn join(&mut self, other: Self) {
        for (seen, other) in self.seen.iter_mut().zip(other.seen) {
            seen.cases += other.cases;
            seen.valid += other.valid;
            seen.succeeded += other.succeeded;
            seen.valid_succeeded += other.valid_succeeded;
            seen.refused += other.refused;
            add(&mut seen.circumstances, other.circumstances);
            add(&mut seen.dropped, other.dropped);
            add(&mut seen.constraints, other.constraints);
        }
        for (key, group) in other.groups {
            self.add(key, group);
        }
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, others: BTreeMap<K, u64>) {
    for (key, count) in others {
        *counts.entry(key).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::contract::Contract;
    use crate::generate::{Phase, Plan};
    use crate::mock::Dialect;

    /// Whoever saw it first, and in whatever order workers are joined.
    #[test]
    fn the_case_with_the_smallest_token_is_kept() {
        let contract = Contract::builtin();
        let plan = Plan::new(&contract.operations()[0], Dialect::Native);
        let seen_by = |indices: &[u64]| {
            let mut tally = Tally::new(1);
            for index in indices {
                let case = plan.case(Phase::Coverage, 0, *index).expect("a case").expect("it is sent");
                tally.complain(0, "server-error", &case, Complaint::new("a success", "500"));
            }
            tally
        };
        for (one, other) in [([3, 1], [2, 5]), ([2, 5], [3, 1])] {
            let mut tally = seen_by(&one);
            tally.join(seen_by(&other));
            let group = tally.groups.values().next().expect("one group");
            assert_eq!((tally.groups.len(), group.count, group.case.token.index), (1, 4, 1));
        }
    }

    #[test]
    fn a_server_that_makes_up_names_makes_no_more_groups_than_are_kept_apart() {
        let contract = Contract::builtin();
        let plan = Plan::new(&Arc::clone(&contract.operations()[0]), Dialect::Native);
        let case = plan.case(Phase::Examples, 0, 0).expect("an example").expect("it is sent");
        let mut tally = Tally::new(1);
        let most = MOST_GROUPS as u64;
        for number in 0..most + 100 {
            let complaint = Complaint::new("known members", "another").about(format!("/{number}"));
            tally.complain(0, "unknown-output-member", &case, complaint);
        }
        assert_eq!(tally.groups.len() as u64, most + 1);
        assert_eq!(tally.groups.values().map(|group| group.count).sum::<u64>(), most + 100);
    }
}
