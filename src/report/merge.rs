//! Joining reports: of the shards of a run, and of runs of clients.

use std::collections::BTreeMap;

use super::{ClientSection, Coverage, OperationReport, Outcome, Report, ServerSection, Stopped, findings_and_notes};
use crate::check::Tally;
use crate::exchange::Ended;

/// Why reports cannot be joined.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum MergeError {
    /// There is none.
    #[error("there is no report to join")]
    Nothing,
    /// They are not of one run.
    #[error(
        "{what} differs between the reports: {first} and {other}; only shards of one run, and runs of clients, can be joined"
    )]
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

/// Joins reports: of the shards of one run against a server, or of runs of clients. The shards that are missing are named in
/// `stopped`.
///
/// # Errors
/// When they are not of one run, or not of the same kind.
pub fn merge(reports: Vec<Report>) -> Result<Report, MergeError> {
    let mut reports = reports.into_iter();
    let mut whole = reports.next().ok_or(MergeError::Nothing)?;
    let mut shards: Vec<Option<String>> = vec![shard(&whole)];
    for report in reports {
        same(&whole, &report)?;
        let next = shard(&report);
        if report.server.is_some() && shards.contains(&next) {
            return Err(MergeError::Twice(next.unwrap_or_else(|| "1/1".into())));
        }
        shards.push(next);
        join(&mut whole, report);
    }
    let missing = missing(&shards);
    if !missing.is_empty() {
        whole.stopped.get_or_insert(Stopped::MissingShards(missing));
    }
    if let Some(server) = &mut whole.server {
        server.shard = None;
    }
    Ok(whole.grouped())
}

fn shard(report: &Report) -> Option<String> {
    report.server.as_ref()?.shard.clone()
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
        let shard = shard(report).unwrap_or_else(|| "1/1".into());
        shard.split_once('/').map_or(shard.clone(), |(_, of)| of.to_owned())
    };
    let of_server = |report: &Report, fact: fn(&ServerSection) -> String| report.server.as_ref().map(fact);
    let dialect = |report: &Report| of_server(report, |server| server.dialect.name().to_owned()).unwrap_or_default();
    let seed = |report: &Report| of_server(report, |server| server.seed.to_string()).unwrap_or_default();
    let kind = |report: &Report| if report.server.is_some() { "a server" } else { "a client" }.to_owned();
    let facts = [
        ("the version", first.version.clone(), other.version.clone()),
        ("what is judged", kind(first), kind(other)),
        ("the contract", first.contract.join(" "), other.contract.join(" ")),
        ("the dialect", dialect(first), dialect(other)),
        ("the seed", seed(first), seed(other)),
        ("the number of shards", shards(first), shards(other)),
    ];
    match facts.into_iter().find(|(_, first, other)| first != other) {
        Some((what, first, other)) => Err(MergeError::Different { what, first, other }),
        None => Ok(()),
    }
}

fn join(whole: &mut Report, part: Report) {
    whole.strict |= part.strict;
    whole.whole &= part.whole;
    whole.stopped = whole.stopped.take().or(part.stopped);
    let mut tally = Tally::default();
    let found = [&mut whole.findings, &mut whole.notes].into_iter().flat_map(std::mem::take);
    found.chain(part.findings).chain(part.notes).for_each(|finding| finding.add_to(&mut tally));
    (whole.findings, whole.notes) = findings_and_notes(tally);
    whole.accepted.extend(part.accepted);
    whole.stale.extend(part.stale);
    if let (Some(server), Some(part)) = (&mut whole.server, part.server) {
        join_servers(server, part);
    }
    if let (Some(client), Some(part)) = (&mut whole.client, part.client) {
        join_clients(client, part);
    }
}

fn join_servers(whole: &mut ServerSection, part: ServerSection) {
    whole.cases += part.cases;
    whole.dropped += part.dropped;
    for operation in part.operations {
        match whole.operations.iter_mut().find(|known| known.operation == operation.operation) {
            Some(known) => join_operations(known, operation),
            None => whole.operations.push(operation),
        }
    }
    whole.unreached.extend(part.unreached);
    whole.unreached.sort();
    whole.unreached.dedup();
}

/// What several commands did: the end that is shown is the first that is no success.
fn join_clients(whole: &mut ClientSection, part: ClientSection) {
    if !whole.command.split(", ").any(|command| command == part.command) {
        whole.command = format!("{}, {}", whole.command, part.command);
    }
    if whole.ended == Ended::Exit(0) {
        whole.ended = part.ended;
    }
    whole.requests += part.requests;
    whole.lost += part.lost;
    whole.faults.extend(part.faults);
    for coverage in part.coverage {
        match whole.coverage.iter_mut().find(|known| known.operation == coverage.operation) {
            Some(known) => join_coverage(known, coverage),
            None => whole.coverage.push(coverage),
        }
    }
}

fn join_coverage(known: &mut Coverage, other: Coverage) {
    known.calls += other.calls;
    known.members.join(other.members);
    known.values.join(other.values);
    known.constraints.join(other.constraints);
    known.errors.join(other.errors);
}

fn join_operations(known: &mut OperationReport, other: OperationReport) {
    let outcome = joined([known, &other]);
    known.cases += other.cases;
    known.succeeded += other.succeeded;
    known.valid += other.valid;
    known.refused += other.refused;
    join_counts(&mut known.environmental, other.environmental);
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

#[cfg(test)]
mod tests {
    use super::*;

    fn part(outcome: Outcome, valid: u64, succeeded: u64) -> OperationReport {
        OperationReport {
            operation: "Op".into(),
            service: "s".into(),
            outcome,
            reason: None,
            bases: Vec::new(),
            refused_base: None,
            cases: 10,
            succeeded,
            valid,
            refused: 10 - succeeded,
            environmental: BTreeMap::new(),
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
