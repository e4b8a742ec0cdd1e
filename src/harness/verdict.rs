//! What a report says about one test.

use std::collections::HashSet;

use libtest_mimic::{Completion, Failed};

use crate::report::{Finding, OperationReport, Outcome, Report, Stale, render_finding};

/// The complaints that fail a test, as a terminal shows them; nothing when there is none.
fn complaints(report: &Report, concerns: impl Fn(&Finding) -> bool) -> Option<String> {
    let notes = report.notes.iter().filter(|_| report.strict);
    let complaints = report.findings.iter().chain(notes).filter(|finding| concerns(finding));
    let text: String = complaints.map(|finding| render_finding(report, finding)).collect();
    (!text.is_empty()).then_some(text)
}

/// Whether a constraint is kept. One that was not judged is ignored with the reason, as long as another test says
/// that its operation was not judged.
pub(super) fn of_constraint(report: &Report, id: &str, said_elsewhere: bool) -> Result<Completion, Failed> {
    if let Some(text) = complaints(report, |finding| finding.constraint.as_deref() == Some(id)) {
        return Err(text.into());
    }
    if let Some(stopped) = &report.stopped {
        return Err(stopped.into());
    }
    if let Some(unjudged) = report.operations.iter().find_map(unjudged) {
        return if said_elsewhere { Ok(Completion::ignored_with(unjudged)) } else { Err(unjudged.into()) };
    }
    if report.operations.iter().any(|operation| operation.constraints.contains_key(id)) {
        return Ok(Completion::Completed);
    }
    let unreached = report.unreached.iter().find(|unreached| unreached.constraint == id);
    let reason = unreached.map_or("no case of it was sent", |unreached| &unreached.reason);
    Ok(Completion::ignored_with(reason))
}

/// Whether an operation could be judged, and does well in all that is about no constraint.
pub(super) fn judged(report: &Report, constraints: &HashSet<String>) -> Result<(), Failed> {
    let elsewhere = |finding: &Finding| finding.constraint.as_ref().is_none_or(|about| !constraints.contains(about));
    if let Some(text) = complaints(report, elsewhere) {
        return Err(text.into());
    }
    if let Some(stopped) = &report.stopped {
        return Err(stopped.into());
    }
    if let Some(Stale { line, check, why, .. }) = report.stale.first() {
        return Err(format!("line {line} of the baseline, {check}, must go: {why}").into());
    }
    let unseen = report.operations.iter().find(|operation| operation.outcome == Outcome::SuccessNeverSeen);
    match report.operations.iter().find_map(unjudged).or(unseen.map(why)) {
        Some(reason) => Err(reason.into()),
        None => Ok(()),
    }
}

/// Why an operation was not judged.
fn unjudged(operation: &OperationReport) -> Option<String> {
    let is_unjudged = matches!(operation.outcome, Outcome::Lacking | Outcome::CredentialsRefused | Outcome::NotRun);
    is_unjudged.then(|| why(operation))
}

fn why(operation: &OperationReport) -> String {
    let reason = operation.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
    format!("{}{reason}", operation.outcome.words())
}
