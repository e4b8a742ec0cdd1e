//! Joining the reports of shards to the report of the whole run.

use std::collections::BTreeMap;

use super::{Finding, OperationReport, Outcome, Report};

/// Why reports cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is none.
    #[error("there is no report to join")]
    Nothing,
    /// They are not of one run.
    #[error("{what} differs between the reports: {first} and {other}; only shards of one run can be joined")]
    Different {
        /// What differs.
        what: &'static str,
        /// In the first report.
        first: String,
        /// In the other.
        other: String,
    },
    /// Two of them are the same shard.
    #[error("the shard {0} is there twice")]
    Twice(String),
}

/// Joins the reports of the shards of one run. The shards that are missing are named in `stopped`.
///
/// # Errors
/// When they are not of one run.
pub fn merge(reports: Vec<Report>) -> Result<Report, MergeError> {
    let mut reports = reports.into_iter();
    let mut whole = reports.next().ok_or(MergeError::Nothing)?;
    let mut shards: Vec<Option<String>> = vec![whole.shard.clone()];
    for report in reports {
        same(&whole, &report)?;
        if shards.contains(&report.shard) {
            return Err(MergeError::Twice(report.shard.unwrap_or_else(|| "1/1".into())));
        }
        shards.push(report.shard.clone());
        join(&mut whole, report);
    }
    let missing = missing(&shards);
    if !missing.is_empty() {
        whole.stopped.get_or_insert(format!("missing shards: {}", missing.join(", ")));
    }
    whole.shard = None;
    Ok(whole)
}

/// The shards that there must be besides.
fn missing(shards: &[Option<String>]) -> Vec<String> {
    let of = shards.iter().flatten().find_map(|shard| shard.split_once('/')?.1.parse::<u64>().ok()).unwrap_or(1);
    let there = |shard: &String| shards.iter().flatten().any(|known| known == shard);
    let names = (1..=of.min(10_000)).map(|number| format!("{number}/{of}"));
    if of == 1 { Vec::new() } else { names.filter(|shard| !there(shard)).collect() }
}

fn same(first: &Report, other: &Report) -> Result<(), MergeError> {
    let shards = |report: &Report| {
        let shard = report.shard.clone().unwrap_or_else(|| "1/1".into());
        shard.split_once('/').map_or(shard.clone(), |(_, of)| of.to_owned())
    };
    let facts = [
        ("the version", first.version.clone(), other.version.clone()),
        ("the contract", first.contract.join(" "), other.contract.join(" ")),
        ("the dialect", first.dialect.clone(), other.dialect.clone()),
        ("the seed", first.seed.to_string(), other.seed.to_string()),
        ("the number of shards", shards(first), shards(other)),
    ];
    match facts.into_iter().find(|(_, first, other)| first != other) {
        Some((what, first, other)) => Err(MergeError::Different { what, first, other }),
        None => Ok(()),
    }
}

fn join(whole: &mut Report, part: Report) {
    whole.cases += part.cases;
    whole.dropped += part.dropped;
    whole.strict |= part.strict;
    whole.whole &= part.whole;
    whole.stopped = whole.stopped.take().or(part.stopped);
    for operation in part.operations {
        match whole.operations.iter_mut().find(|known| known.operation == operation.operation) {
            Some(known) => join_operations(known, operation),
            None => whole.operations.push(operation),
        }
    }
    join_findings(&mut whole.findings, part.findings);
    join_findings(&mut whole.notes, part.notes);
    whole.unreached.extend(part.unreached);
    whole.accepted.extend(part.accepted);
    whole.stale.extend(part.stale);
    whole.unreached.sort();
    whole.unreached.dedup();
}

fn join_operations(known: &mut OperationReport, other: OperationReport) {
    let outcome = joined([known, &other]);
    known.cases += other.cases;
    known.succeeded += other.succeeded;
    known.valid += other.valid;
    known.refused += other.refused;
    join_counts(&mut known.circumstances, other.circumstances);
    join_counts(&mut known.dropped, other.dropped);
    join_counts(&mut known.constraints, other.constraints);
    known.outcome = outcome;
    known.reason =
        known.reason.take().or(other.reason).filter(|_| !matches!(outcome, Outcome::Conforms | Outcome::Findings));
}

/// The verdict on an operation of which two parts were judged, in either order: the worse one, but for a success that
/// one of them has seen.
fn joined(parts: [&OperationReport; 2]) -> Outcome {
    let severity = [
        Outcome::Findings,
        Outcome::CredentialsRefused,
        Outcome::Lacking,
        Outcome::SuccessNeverSeen,
        Outcome::Conforms,
        Outcome::NotRun,
    ];
    let is = |outcome: Outcome| parts.iter().any(|part| part.outcome == outcome);
    let worst = severity.into_iter().find(|outcome| is(*outcome)).unwrap_or(Outcome::NotRun);
    // A part without valid cases conforms, and has seen nothing.
    let seen = parts.iter().any(|part| part.outcome == Outcome::Conforms && part.valid > 0);
    if worst == Outcome::SuccessNeverSeen && seen { Outcome::Conforms } else { worst }
}

fn join_counts(known: &mut BTreeMap<String, u64>, other: BTreeMap<String, u64>) {
    for (name, count) in other {
        *known.entry(name).or_default() += count;
    }
}

/// Findings about the same are one; the one shown is that of the smaller token, whatever the order of the shards.
fn join_findings(known: &mut Vec<Finding>, others: Vec<Finding>) {
    for other in others {
        let about = |finding: &Finding| (finding.operation.clone(), finding.code.clone(), finding.constraint.clone());
        match known.iter_mut().find(|finding| about(finding) == about(&other)) {
            Some(finding) => {
                let count = finding.count + other.count;
                if other.token < finding.token {
                    *finding = other;
                }
                finding.count = count;
            }
            None => known.push(other),
        }
    }
    known.sort_by(|a, b| (&a.operation, &a.code, &a.constraint).cmp(&(&b.operation, &b.code, &b.constraint)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(outcome: Outcome, valid: u64, succeeded: u64) -> OperationReport {
        OperationReport {
            operation: "Op".into(),
            service: "s".into(),
            outcome,
            reason: None,
            cases: 10,
            succeeded,
            valid,
            refused: 10 - succeeded,
            circumstances: BTreeMap::new(),
            dropped: BTreeMap::new(),
            constraints: BTreeMap::new(),
        }
    }

    #[test]
    fn parts_of_an_operation_come_to_the_same_in_any_order() {
        use Outcome::{Conforms, CredentialsRefused, Findings, Lacking, NotRun, SuccessNeverSeen};
        for (one, other, whole) in [
            (part(Conforms, 5, 5), part(SuccessNeverSeen, 3, 0), Conforms),
            // What succeeded there should have been refused, and nothing valid was sent here.
            (part(SuccessNeverSeen, 3, 2), part(Conforms, 0, 1), SuccessNeverSeen),
            (part(Conforms, 5, 5), part(Lacking, 0, 0), Lacking),
            (part(Findings, 5, 5), part(CredentialsRefused, 0, 0), Findings),
            (part(NotRun, 0, 0), part(Conforms, 5, 5), Conforms),
        ] {
            for [first, then] in [[&one, &other], [&other, &one]] {
                let mut known = first.clone();
                join_operations(&mut known, then.clone());
                assert_eq!(known.outcome, whole, "{first:?} {then:?}");
            }
        }
    }
}
