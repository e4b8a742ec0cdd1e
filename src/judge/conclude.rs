//! The end of a run: findings are made smaller, and everything becomes a report.

use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use super::event::Event;
use super::preflight::Support;
use super::run::Run;
use super::shrink::{Smallest, shrink};
use super::tally::{Complained, Grounds, RunTally, Seen};
use super::trial::try_again;
use super::{Send, show};
use crate::check::{Group, Tally};
use crate::exchange::redaction;
use crate::generate::{Phase, Plan, Shrinking};
use crate::model::citation::strength_of;
use crate::model::{Cause, Dialect, Operation};
use crate::report::{
    Comparison, Finding, OperationReport, Outcome, Replay, Report, ServerSection, Stopped, Unreached,
    findings_and_notes,
};

/// Fewest outputs that say something about all of them.
const FEW: u64 = 5;

/// Most findings that are made smaller; more of them are shown as they were seen.
const SHRUNK: usize = 64;

/// Makes what was complained of smaller, and then the report of a run.
pub async fn conclude<S: Send>(run: &Run<S>, mut tally: RunTally) -> Report {
    run.emit(&mut tally, Event::Shrinking);
    let mut groups = mem::take(&mut tally.complaints).into_groups();
    // Findings first, should there be too many.
    groups.sort_by_key(|(key, _)| !key.is_finding);
    for (position, (key, group)) in groups.into_iter().enumerate() {
        let shrinks = position < SHRUNK && tally.stopped.is_none() && !run.progress.is_stopped();
        let most = if shrinks { run.settings.shrinking } else { 0 };
        let is_of = |plan: &&Arc<Plan>| key.operation.as_ref() == Some(&plan.operation().label);
        if let Some((at, plan)) = run.plans.iter().enumerate().find(|(_, plan)| is_of(plan)) {
            let mut finding = finding(run, plan, &key.code, group, most).await;
            missing_from_all(plan.operation(), tally.seen[at].outputs, &mut finding);
            run.emit(&mut tally, Event::Found(finding));
        }
    }
    (tally.findings, tally.notes) = distinct(mem::take(&mut tally.findings), mem::take(&mut tally.notes));
    report(run, tally)
}

/// Findings and notes of which no two say the same: different cases may have been shown to have one change in common.
fn distinct(findings: Vec<Finding>, notes: Vec<Finding>) -> (Vec<Finding>, Vec<Finding>) {
    let mut found = Tally::default();
    findings.into_iter().chain(notes).for_each(|finding| finding.add_to(&mut found));
    findings_and_notes(found)
}

fn report<S>(run: &Run<S>, tally: RunTally) -> Report {
    let judged = run.plans.iter().zip(tally.supports.iter().zip(&tally.grounds)).zip(&tally.seen);
    let operations = judged
        .map(|((plan, (support, grounds)), seen)| operation(plan, (support, grounds), seen, &tally.findings))
        .collect();
    let unreachable = tally.supports.iter().any(|support| matches!(support, Support::Unreachable(_)));
    let contract = run.plans.iter().map(|plan| format!("{:08x}", plan.operation().fingerprint)).collect();
    Report {
        stopped: tally.stopped.or_else(|| unreachable.then_some(Stopped::Unreachable)),
        whole: run.replays.is_empty() && Phase::ALL.iter().all(|phase| run.settings.phases.contains(phase)),
        findings: tally.findings,
        notes: tally.notes,
        server: Some(section(run, operations)),
        ..Report::new(contract, run.settings.strict)
    }
    .grouped()
}

fn section<S>(run: &Run<S>, operations: Vec<OperationReport>) -> ServerSection {
    let settings = &run.settings;
    let mut unreached: Vec<Unreached> = run.plans.iter().flat_map(|plan| unreached_of(plan)).collect();
    unreached.sort();
    ServerSection {
        target: run.target.clone(),
        dialect: run.plans.first().map_or(Dialect::Native, |plan| plan.dialect()),
        seed: settings.seed,
        shard: (settings.shard.of > 1).then(|| settings.shard.to_string()),
        cases: operations.iter().map(|operation| operation.cases).sum(),
        dropped: operations.iter().flat_map(|operation| operation.dropped.values()).sum(),
        operations,
        unreached,
        again: Vec::new(),
    }
}

async fn finding<S: Send>(
    run: &Run<S>,
    plan: &Arc<Plan>,
    code: &str,
    group: Group<Complained>,
    most: usize,
) -> Finding {
    let Group { count, shown: Complained { case, complaint } } = group;
    let plan = &plan.based_as(&case.token);
    let seen = Smallest { case, complaint, reply: None };
    let proven = if run.progress.is_stopped() {
        None
    } else {
        tokio::select! {
            proven = prove(run, plan, code, &seen, most) => Some(proven),
            () = run.progress.ended() => None,
        }
    };
    let (Smallest { case, mut complaint, reply }, comparison) = match proven {
        Some((smallest, comparison)) => (smallest, Some(comparison)),
        None => (seen, None),
    };
    for text in [&mut complaint.expected, &mut complaint.actual] {
        redaction::hide(text, &run.wire.secrets);
        redaction::hide(text, &run.wire.hidden);
    }
    let answer = reply.and_then(Result::ok).map(|reply| show::response(&run.wire, &case, &reply));
    Finding {
        count,
        evidence: [show::request(&run.wire, &case)].into_iter().chain(answer).collect(),
        comparison,
        replay: Some(Replay { token: case.token.clone(), curl: show::curl(&run.wire, &run.url, &case) }),
        ..Finding::new(code, Some(plan.operation().label.clone()), complaint)
    }
}

/// Of a member that only an assumption requires: one answer may rightly leave it out, but where no answer of a run has it,
/// who knows the member asks for it in vain.
fn missing_from_all(operation: &Operation, outputs: u64, finding: &mut Finding) {
    let is_missed = finding.code == "output-schema" && !finding.disputed && !finding.is_finding();
    if !is_missed || outputs < FEW || finding.count < outputs {
        return;
    }
    let constraints = operation.output.constraints.iter();
    let required = constraints.filter(|constraint| constraint.cause == Cause::Required);
    let mut missed =
        required.filter(|constraint| finding.about.as_ref() == Some(&constraint.id)).map(|found| &found.member);
    let Some(member) = missed.find_map(|member| operation.output.place(member)) else { return };
    finding.strength = finding.strength.min(strength_of(&member.citations));
    finding.citation = member.citations.iter().map(ToString::to_string).chain(finding.citation.drain(..)).collect();
    finding.citation.dedup();
    finding.expected = format!("{} in some output", member.pointer);
    finding.actual = format!("none of {outputs} outputs has it");
}

/// Makes a case smaller, by at most so many requests, and tries again what is left.
async fn prove<S: Send>(
    run: &Run<S>,
    plan: &Arc<Plan>,
    code: &str,
    seen: &Smallest,
    most: usize,
) -> (Smallest, Comparison) {
    let mut smallest = if most == 0 {
        seen.clone()
    } else {
        shrink(&run.wire, Shrinking::new(plan, seen.case.clone()), code, seen.complaint.clone(), most).await
    };
    let comparison = try_again(&run.wire, plan, code, &mut smallest).await;
    (smallest, comparison)
}

fn operation(
    plan: &Plan,
    (support, grounds): (&Support, &Grounds),
    seen: &Seen,
    findings: &[Finding],
) -> OperationReport {
    let operation = plan.operation();
    let (outcome, reason) = match support {
        Support::Lacking(reason) => (Outcome::Lacking, Some(reason.clone())),
        Support::CredentialsRefused(reason) => (Outcome::CredentialsRefused, Some(reason.clone())),
        Support::Unreachable(reason) => (Outcome::NotRun, Some(reason.clone())),
        Support::Ready | Support::Unknown => judged(&operation.label, seen, findings),
    };
    let constraints = seen.constraints.iter();
    let constraints: BTreeMap<String, u64> =
        constraints.map(|(id, count)| (operation.input.constraints[*id].id.clone(), *count)).collect();
    OperationReport {
        operation: operation.label.clone(),
        service: operation.service.name.clone(),
        outcome,
        reason,
        bases: grounds.bases.clone(),
        refused_base: grounds.refused.clone(),
        cases: seen.cases,
        succeeded: seen.succeeded,
        valid: seen.valid,
        refused: seen.refused,
        environmental: seen.environmental.clone(),
        dropped: seen.dropped.iter().map(|(reason, count)| (reason.to_string(), *count)).collect(),
        constraints,
    }
}

fn judged(name: &str, seen: &Seen, findings: &[Finding]) -> (Outcome, Option<String>) {
    if findings.iter().any(|finding| finding.operation.as_deref() == Some(name)) {
        (Outcome::Findings, None)
    } else if seen.cases == 0 {
        (Outcome::NotRun, None)
    } else if seen.valid > 0 && seen.valid_succeeded == 0 {
        let reason = format!("none of {} valid cases succeeded, so little was seen of it", seen.valid);
        (Outcome::SuccessNeverSeen, Some(reason))
    } else {
        (Outcome::Conforms, None)
    }
}

fn unreached_of(plan: &Plan) -> Vec<Unreached> {
    let operation = plan.operation();
    let unbreakable = plan.coverage().unbreakable.iter();
    let unreached = unbreakable.map(|(id, reason)| Unreached {
        operation: operation.label.clone(),
        constraint: operation.input.constraints[*id].id.clone(),
        reason: reason.clone(),
    });
    unreached.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Complaint;
    use crate::contract::Contract;

    #[test]
    fn a_member_that_no_answer_has_is_a_finding() {
        let contract = Contract::builtin();
        let operation = contract.operation("StartBackupJob").expect("an operation");
        let seen = |about: &str, count: u64, outputs: u64| {
            let complaint = Complaint::new("a job", "no job").about(about);
            let mut finding = Finding { count, ..Finding::new("output-schema", None, complaint) };
            missing_from_all(operation, outputs, &mut finding);
            (finding.is_finding(), finding.actual)
        };
        assert_eq!(seen("/BackupJobId#required", 7, 7), (true, "none of 7 outputs has it".to_owned()));
        for (about, count, outputs) in
            [("/BackupJobId#required", 6, 7), ("/BackupJobId#required", 4, 4), ("/BackupJobId#type", 7, 7)]
        {
            assert_eq!(seen(about, count, outputs), (false, "no job".to_owned()), "{about} {count} {outputs}");
        }
    }
}
