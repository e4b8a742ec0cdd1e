//! What a run has seen so far: counts, and for each kind of complaint how often and the first case that shows it.

use std::collections::BTreeMap;

use super::event::Event;
use super::preflight::Support;
use super::wire::Judgement;
use crate::check::{Complaint, Key, Shown, Tally};
use crate::exchange::Verdict;
use crate::generate::{Case, Dropped};
use crate::report::{Finding, Stopped};

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
    /// Outputs in which the contract's members were looked for.
    pub outputs: u64,
    /// Cases that were refused.
    pub refused: u64,
    /// Answers that speak of the state of the world, by code.
    pub environmental: BTreeMap<String, u64>,
    /// Cases that were not sent.
    pub dropped: BTreeMap<Dropped, u64>,
    /// How often each constraint was broken or sat on.
    pub constraints: BTreeMap<usize, u64>,
}

/// A case with what a check says of it.
#[derive(Debug, Clone)]
pub struct Complained {
    /// The case.
    pub case: Case,
    /// What the check says.
    pub complaint: Complaint,
}

/// The first by token is shown.
impl Shown for Complained {
    fn precedes(&self, other: &Self) -> bool {
        self.case.token < other.case.token
    }
}

/// What the preflight found to build cases on.
#[derive(Debug, Clone, Default)]
pub struct Grounds {
    /// The inputs that the server accepted, by name.
    pub bases: Vec<String>,
    /// How the first input that it did not accept was answered.
    pub refused: Option<String>,
}

/// What was seen of all operations. Workers have one each; joining them in any order gives the same.
#[derive(Debug, Default)]
pub struct RunTally {
    /// By the operation's place in the run.
    pub seen: Vec<Seen>,
    /// How far the server supports each.
    pub supports: Vec<Support>,
    /// What the preflight found to build cases on.
    pub grounds: Vec<Grounds>,
    /// What is complained of.
    pub complaints: Tally<Complained>,
    /// Why the run ended before its end.
    pub stopped: Option<Stopped>,
    /// What was found, as small as it gets.
    pub findings: Vec<Finding>,
    /// What was found on doubtful or disputed facts.
    pub notes: Vec<Finding>,
}

impl RunTally {
    /// For so many operations.
    #[must_use]
    pub fn new(operations: usize) -> Self {
        Self {
            seen: (0..operations).map(|_| Seen::default()).collect(),
            supports: vec![Support::Unknown; operations],
            grounds: vec![Grounds::default(); operations],
            ..Self::default()
        }
    }

    /// Takes in what happened.
    pub fn fold(&mut self, event: Event<'_>) {
        match event {
            Event::Planned { .. } | Event::PassedOver | Event::Shrinking => {}
            Event::Supported { operation, support, bases, refused } => {
                self.supports[operation] = support;
                self.grounds[operation] = Grounds { bases, refused };
            }
            Event::Dropped { operation, reason } => {
                *self.seen[operation].dropped.entry(reason).or_default() += 1;
            }
            Event::Judged { operation, case, judgement } => self.judged(operation, case, judgement),
            Event::Stopped(stopped) => self.stopped = Some(stopped),
            Event::Found(finding) if finding.is_finding() => self.findings.push(finding),
            Event::Found(note) => self.notes.push(note),
        }
    }

    fn judged(&mut self, operation: usize, case: &Case, judgement: Judgement) {
        let Judgement { succeeded, received, has_output, environmental, complaints, .. } = judgement;
        let seen = &mut self.seen[operation];
        let valid = matches!(case.verdict, Verdict::Valid { .. });
        seen.cases += 1;
        seen.valid += u64::from(valid);
        seen.succeeded += u64::from(succeeded);
        seen.outputs += u64::from(has_output);
        seen.valid_succeeded += u64::from(valid && succeeded);
        seen.refused += u64::from(!succeeded && received.is_some());
        if let Some(code) = environmental {
            *seen.environmental.entry(code).or_default() += 1;
        }
        if let Some(constraint) = case.verdict.constraint() {
            *seen.constraints.entry(constraint).or_default() += 1;
        }
        for (code, complaint) in complaints {
            self.complain(code, case, complaint);
        }
    }

    /// Takes a complaint about a case.
    pub fn complain(&mut self, code: &'static str, case: &Case, complaint: Complaint) {
        let key = Key {
            operation: Some(case.operation.label.clone()),
            code: code.to_owned(),
            about: complaint.about.clone(),
            is_finding: complaint.is_finding(),
        };
        self.complaints.add(key, Complained { case: case.clone(), complaint });
    }

    /// Joins what another worker has seen.
    pub fn join(&mut self, other: Self) {
        for (seen, other) in self.seen.iter_mut().zip(other.seen) {
            seen.cases += other.cases;
            seen.valid += other.valid;
            seen.succeeded += other.succeeded;
            seen.outputs += other.outputs;
            seen.valid_succeeded += other.valid_succeeded;
            seen.refused += other.refused;
            add(&mut seen.environmental, other.environmental);
            add(&mut seen.dropped, other.dropped);
            add(&mut seen.constraints, other.constraints);
        }
        self.complaints.join(other.complaints);
    }
}

fn add<K: Ord>(counts: &mut BTreeMap<K, u64>, others: BTreeMap<K, u64>) {
    for (key, count) in others {
        *counts.entry(key).or_default() += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contract::Contract;
    use crate::generate::{Phase, Plan};
    use crate::model::Dialect;

    /// Whoever saw it first, and in whatever order workers are joined.
    #[test]
    fn the_case_with_the_smallest_token_is_kept() {
        let contract = Contract::builtin();
        let plan = Plan::new(&contract.operations()[0], Dialect::Native);
        let seen_by = |indices: &[u64]| {
            let mut tally = RunTally::new(1);
            for index in indices {
                let case = plan.case(Phase::Coverage, 0, *index).expect("a case").expect("it is sent");
                tally.complain("server-error", &case, Complaint::new("a success", "500"));
            }
            tally
        };
        for (one, other) in [([3, 1], [2, 5]), ([2, 5], [3, 1])] {
            let mut tally = seen_by(&one);
            tally.join(seen_by(&other));
            let groups: Vec<_> = tally.complaints.into_iter().collect();
            assert_eq!((groups.len(), groups[0].count, groups[0].shown.case.token.index), (1, 4, 1));
        }
    }
}
