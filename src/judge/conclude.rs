//! The end of a run: findings are made smaller, and everything becomes a report.

use std::collections::BTreeMap;
use std::sync::atomic::Ordering;

use super::look::Standing;
use super::run::Run;
use super::shrink::{Shown, shrink};
use super::tally::{Group, Key, Seen, Tally};
use super::{Send, show};
use crate::generate::{Phase, Plan, Shrinking};
use crate::report::{Finding, OperationReport, Outcome, Report, UNREACHABLE, Unreached};

/// Most findings that are made smaller; more of them are shown as they were seen.
const SHRUNK: usize = 64;

/// Makes the report of a run.
pub async fn conclude<S: Send>(run: &Run<S>, standings: &[Standing], tally: Tally, stopped: Option<String>) -> Report {
    run.progress.shrinking.store(true, Ordering::Relaxed);
    let (mut findings, mut notes) = (Vec::new(), Vec::new());
    let mut groups: Vec<(Key, Group)> = tally.groups.into_iter().collect();
    // Findings first, should there be too many.
    groups.sort_by_key(|(key, _)| !key.3);
    for (position, (key, group)) in groups.into_iter().enumerate() {
        let shrinks = position < SHRUNK && stopped.is_none() && !run.progress.is_stopped();
        let most = if shrinks { run.settings.shrinking } else { 0 };
        let (is_finding, finding) = (key.3, finding(run, &key, group, most).await);
        if is_finding { findings.push(finding) } else { notes.push(finding) }
    }
    for found in [&mut findings, &mut notes] {
        found.sort_by(|a, b| (&a.operation, &a.code, &a.constraint).cmp(&(&b.operation, &b.code, &b.constraint)));
    }
    let operations: Vec<OperationReport> = run
        .plans
        .iter()
        .zip(standings)
        .zip(&tally.seen)
        .map(|((plan, standing), seen)| operation(plan, standing, seen, &findings))
        .collect();
    let unreachable = standings.iter().any(|standing| matches!(standing, Standing::Unreachable(_)));
    let mut unreached: Vec<Unreached> = run.plans.iter().flat_map(|plan| unreached_of(plan)).collect();
    unreached.sort();
    let settings = &run.settings;
    Report {
        tool: "accordant".into(),
        version: env!("CARGO_PKG_VERSION").into(),
        contract: run.plans.iter().map(|plan| format!("{:08x}", plan.operation().fingerprint)).collect(),
        target: run.target.clone(),
        dialect: run.plans.first().map_or("native", |plan| plan.dialect().name()).into(),
        seed: settings.seed,
        shard: (settings.shard.of > 1).then(|| settings.shard.to_string()),
        strict: settings.strict,
        stopped: stopped.or_else(|| unreachable.then(|| UNREACHABLE.to_owned())),
        cases: operations.iter().map(|operation| operation.cases).sum(),
        dropped: operations.iter().flat_map(|operation| operation.dropped.values()).sum(),
        unreached,
        operations,
        findings,
        notes,
        again: Vec::new(),
        accepted: Vec::new(),
        stale: Vec::new(),
        whole: run.replays.is_empty() && Phase::ALL.iter().all(|phase| settings.phases.contains(phase)),
    }
}

async fn finding<S: Send>(run: &Run<S>, key: &Key, group: Group, most: usize) -> Finding {
    let (plan, code) = (&run.plans[key.0], key.1);
    let tree = Shrinking::new(plan, group.case.clone());
    let seen = Shown { case: group.case, complaint: group.complaint.clone(), reply: None };
    let Shown { case, complaint, reply } = if most == 0 {
        seen
    } else {
        tokio::select! {
            shown = shrink(&run.wire, tree, code, group.complaint, most) => shown,
            () = run.progress.ended() => seen,
        }
    };
    let reply = reply.and_then(Result::ok);
    let hidden = |mut text: String| {
        show::hide(&mut text, &run.wire.secrets);
        show::hide(&mut text, &run.wire.hidden);
        text
    };
    Finding {
        code: code.to_owned(),
        operation: plan.operation().label.clone(),
        constraint: complaint.about,
        strength: complaint.strength,
        disputed: complaint.disputed,
        count: group.count,
        token: case.token.to_string(),
        expected: hidden(complaint.expected),
        actual: hidden(complaint.actual),
        request: show::request(&run.wire, &case),
        response: reply.map(|reply| show::response(&run.wire, &case, &reply)),
        curl: show::curl(&run.wire, &run.url, &case),
        citation: complaint.citations,
    }
}

fn operation(plan: &Plan, standing: &Standing, seen: &Seen, findings: &[Finding]) -> OperationReport {
    let operation = plan.operation();
    let (outcome, reason) = match standing {
        Standing::Lacking(reason) => (Outcome::Lacking, Some(reason.clone())),
        Standing::CredentialsRefused(reason) => (Outcome::CredentialsRefused, Some(reason.clone())),
        Standing::Unreachable(reason) => (Outcome::NotRun, Some(reason.clone())),
        Standing::Ready | Standing::Unknown => judged(&operation.label, seen, findings),
    };
    let constraints = seen.constraints.iter();
    let constraints: BTreeMap<String, u64> =
        constraints.map(|(id, count)| (operation.input.constraints[*id].id.clone(), *count)).collect();
    OperationReport {
        operation: operation.label.clone(),
        service: operation.service.name.clone(),
        outcome,
        reason,
        cases: seen.cases,
        succeeded: seen.succeeded,
        valid: seen.valid,
        refused: seen.refused,
        circumstances: seen.circumstances.clone(),
        dropped: seen.dropped.iter().map(|(reason, count)| (reason.to_string(), *count)).collect(),
        constraints,
    }
}

fn judged(name: &str, seen: &Seen, findings: &[Finding]) -> (Outcome, Option<String>) {
    if findings.iter().any(|finding| finding.operation == name) {
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
