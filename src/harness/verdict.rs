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
    if let Some(text) = complaints(report, |finding| finding.about.as_deref() == Some(id)) {
        return Err(text.into());
    }
    if let Some(stopped) = &report.stopped {
        return Err(stopped.to_string().into());
    }
    if let Some(unjudged) = report.operations().iter().find_map(unjudged) {
        return if said_elsewhere { Ok(Completion::ignored_with(unjudged)) } else { Err(unjudged.into()) };
    }
    if report.operations().iter().any(|operation| operation.constraints.contains_key(id)) {
        return Ok(Completion::Completed);
    }
    let unreached = report.unreached().iter().find(|unreached| unreached.constraint == id);
    let reason = unreached.map_or("no case of it was sent", |unreached| &unreached.reason);
    Ok(Completion::ignored_with(reason))
}

/// Whether an operation could be judged, and does well in all that is about no constraint.
pub(super) fn judged(report: &Report, constraints: &HashSet<String>) -> Result<(), Failed> {
    let elsewhere = |finding: &Finding| finding.about.as_ref().is_none_or(|about| !constraints.contains(about));
    if let Some(text) = complaints(report, elsewhere) {
        return Err(text.into());
    }
    if let Some(stopped) = &report.stopped {
        return Err(stopped.to_string().into());
    }
    if let Some(Stale { line, check, why, .. }) = report.stale.first() {
        return Err(format!("line {line} of the baseline, {check}, must go: {why}").into());
    }
    let unseen = report.operations().iter().find(|operation| operation.outcome == Outcome::SuccessNeverSeen);
    match report.operations().iter().find_map(unjudged).or(unseen.map(why)) {
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

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "/name#maxLength";

    fn report(change: impl FnOnce(&mut Value)) -> Report {
        let mut report = json!({
            "format": 2, "tool": "accordant", "version": "0", "contract": [], "strict": false, "stopped": null,
            "whole": true, "findings": [], "notes": [], "accepted": [], "stale": [],
            "server": {
                "target": "http://h", "dialect": "native", "seed": 0, "shard": null, "cases": 5, "dropped": 0,
                "unreached": [{"operation": "Op", "constraint": "/a#type", "reason": "nobody can"}],
                "operations": [{
                    "operation": "Op", "service": "s", "outcome": "conforms", "reason": null, "cases": 5,
                    "succeeded": 2, "valid": 2, "refused": 3, "environmental": {}, "dropped": {},
                    "constraints": {ID: 3},
                }],
            },
        });
        change(&mut report);
        serde_json::from_value(report).expect("a report")
    }

    fn finding(about: Value) -> Value {
        json!({
            "code": "invalid-accepted", "operation": "Op", "about": about, "strength": "documented",
            "disputed": false, "count": 1, "expected": "e", "actual": "a", "citation": ["page:1"],
            "evidence": [{"line": "POST /", "headers": [], "body": ""}],
            "replay": {"token": "Op.random.0.0.00000000.b1", "curl": "curl"},
        })
    }

    /// `ok`, `ignored: …` or `failed: …`.
    fn shown(verdict: Result<Completion, Failed>) -> String {
        match verdict {
            Ok(Completion::Completed) => "ok".to_owned(),
            Ok(Completion::Ignored { reason }) => format!("ignored: {}", reason.unwrap_or_default()),
            Err(failed) => format!("failed: {}", failed.message().unwrap_or_default()),
        }
    }

    fn both(report: &Report) -> (String, String) {
        let whole = judged(report, &HashSet::from([ID.to_owned()])).map(|()| Completion::Completed);
        (shown(of_constraint(report, ID, true)), shown(whole))
    }

    #[test]
    fn a_complaint_fails_the_test_that_it_is_about() {
        assert_eq!(both(&report(|_| {})), ("ok".to_owned(), "ok".to_owned()));
        let (constraint, whole) = both(&report(|report| report["findings"] = json!([finding(ID.into())])));
        assert!(constraint.starts_with("failed: invalid-accepted: Op /name#maxLength   (1 case)"), "{constraint}");
        assert_eq!(whole, "ok");
        for elsewhere in [Value::Null, "/output".into()] {
            let (constraint, whole) = both(&report(|report| report["findings"] = json!([finding(elsewhere)])));
            assert!(constraint == "ok" && whole.starts_with("failed: invalid-accepted: Op"), "{constraint}, {whole}");
        }
    }

    #[test]
    fn a_note_fails_only_when_notes_are_to() {
        let with_note = |strict: bool| {
            report(|report| {
                report["notes"] = json!([finding(ID.into())]);
                report["strict"] = strict.into();
            })
        };
        assert_eq!(both(&with_note(false)).0, "ok");
        assert!(both(&with_note(true)).0.starts_with("failed: invalid-accepted"));
    }

    #[test]
    fn nothing_passes_that_was_not_judged() {
        let lacking = report(|report| {
            report["server"]["operations"][0]["outcome"] = "lacking".into();
            report["server"]["operations"][0]["reason"] = "404".into();
        });
        let reason = "not implemented by the server: 404";
        assert_eq!(both(&lacking), (format!("ignored: {reason}"), format!("failed: {reason}")));
        // Alone, nothing else would fail.
        assert_eq!(shown(of_constraint(&lacking, ID, false)), format!("failed: {reason}"));
        let stopped = report(|report| report["stopped"] = "interrupted".into());
        assert_eq!(both(&stopped), ("failed: interrupted".to_owned(), "failed: interrupted".to_owned()));
        let unseen = report(|report| report["server"]["operations"][0]["outcome"] = "success-never-seen".into());
        assert_eq!(both(&unseen), ("ok".to_owned(), "failed: success never seen".to_owned()));
        assert_eq!(shown(of_constraint(&report(|_| {}), "/a#type", true)), "ignored: nobody can");
        assert_eq!(shown(of_constraint(&report(|_| {}), "/b#type", true)), "ignored: no case of it was sent");
    }

    #[test]
    fn an_entry_of_the_baseline_that_must_go_fails_the_operation() {
        let stale = json!({"operation": "Op", "check": "invalid-accepted", "about": null, "line": 3, "why": "gone"});
        let (_, whole) = both(&report(|report| report["stale"] = json!([stale])));
        assert_eq!(whole, "failed: line 3 of the baseline, invalid-accepted, must go: gone");
    }
}
