use std::collections::BTreeMap;

use serde_json::json;

use super::{RootCause, Severity, root_causes};
use crate::check::Complaint;
use crate::exchange::RedactedMessage;
use crate::model::Strength;
use crate::report::{Finding, OperationReport, Report, Unreached, render_text};

fn finding(code: &str, operation: &str, about: &str, [expected, actual]: [&str; 2]) -> Finding {
    let complaint = Complaint::new(expected, actual).at_most(Strength::Documented);
    let about = Some(about.to_owned()).filter(|about| !about.is_empty());
    Finding { about, ..Finding::new(code, Some(operation.to_owned()), complaint) }
}

fn accepted(operation: &str, about: &str) -> Finding {
    let (_, name) = about.rsplit_once('/').unwrap_or_default();
    finding("invalid-accepted", operation, about, [&format!("400, because of {name}"), "200 with an output"])
}

/// A crash by a request whose answer has a body.
fn crash(operation: &str, about: &str, sent: &str, answered: &str) -> Finding {
    let message =
        |line: &str, body: &str| RedactedMessage { line: line.to_owned(), headers: Vec::new(), body: body.to_owned() };
    let evidence = vec![message("POST /", sent), message("500 Internal Server Error", answered)];
    let crash = finding("server-error", operation, about, ["an answer below 500", "500 InternalError"]);
    Finding { evidence, ..crash }
}

fn operation(name: &str, constraints: &[&str]) -> OperationReport {
    let constraints: BTreeMap<&str, u64> = constraints.iter().map(|id| (*id, 1)).collect();
    let report = json!({
        "operation": name, "service": "s", "outcome": "findings", "reason": null, "cases": 10, "succeeded": 5, "valid": 5,
        "refused": 5, "environmental": {}, "dropped": {}, "constraints": constraints,
    });
    serde_json::from_value(report).expect("a report of an operation")
}

fn report(operations: Vec<OperationReport>, findings: Vec<Finding>) -> Report {
    let server = json!({
        "target": "http://127.0.0.1", "dialect": "native", "seed": 0, "shard": null, "cases": 10, "dropped": 0,
        "operations": operations, "unreached": [],
    });
    let server = serde_json::from_value(server).expect("a section");
    Report { findings, server: Some(server), ..Report::new(Vec::new(), false) }
}

fn titles(causes: &[RootCause]) -> Vec<&str> {
    causes.iter().map(|cause| cause.title.as_str()).collect()
}

#[test]
fn the_worst_comes_first_and_no_finding_is_lost() {
    let codes = [
        "unknown-output-member",
        "invalid-accepted",
        "wrong-error-code",
        "valid-rejected",
        "internals-exposed",
        "undecodable-response",
    ];
    let mut findings: Vec<Finding> = codes
        .iter()
        .map(|code| finding(code, "Op", &format!("/{code}"), ["something", "200 with an output"]))
        .collect();
    findings[4].actual = "500 InternalError".to_owned();
    let causes = root_causes(&report(Vec::new(), findings));
    let shown: Vec<usize> = causes.iter().flat_map(|cause| cause.findings.clone()).collect();
    assert_eq!(shown, [5, 4, 3, 2, 1, 0]);
    assert_eq!(causes[1].severity, Severity::Security);
}

#[test]
fn what_is_no_check_is_placed_by_what_came() {
    let of = |expected, actual| {
        root_causes(&report(Vec::new(), vec![finding("some-probe", "Op", "", [expected, actual])]))[0].severity
    };
    assert_eq!(of("200 with an output", "503 Slow"), Severity::Failure);
    assert_eq!(of("200 with an output", "400 Bad"), Severity::ValidRefused);
    assert_eq!(of("400 Bad", "200 with an output"), Severity::InvalidAccepted);
    assert_eq!(of("400 Bad", "404 Gone"), Severity::WrongError);
    assert_eq!(of("Allow", "no such header"), Severity::Form);
}

#[test]
fn one_crash_has_many_triggers() {
    let findings = vec![
        crash("Op", "/A#type", "a=7", "KeyError in run, request 4f-12"),
        crash("Op", "/B#type", "b=name&run=1", "KeyError name in run, request 77-09"),
        crash("Op", "/C#type", "c=7", "TypeError in stop"),
        crash("Other", "/A#type", "a=7", "KeyError in run"),
        // Not made smaller, and therefore without its answer.
        Finding { evidence: Vec::new(), ..crash("Other", "/B#type", "", "") },
    ];
    let report = report(Vec::new(), findings);
    let causes = root_causes(&report);
    let positions: Vec<&[usize]> = causes.iter().map(|cause| &cause.findings[..]).collect();
    assert_eq!(positions, [&[0, 1][..], &[2], &[3, 4]]);
    assert_eq!(causes[0].title, "server-error: Op, 2 triggers: 500 InternalError");
    assert!(render_text(&report).ends_with("departs from the contract: 3 root causes of 5 findings\n"));
}

#[test]
fn one_definition_in_several_places_is_one_cause() {
    let mut findings = vec![
        accepted("One", "/Tags/*/Key#maxLength"),
        accepted("One", "/Tags/*/Value#maxLength"),
        accepted("Other", "/Copied/*/Key#maxLength"),
    ];
    for (finding, citations) in
        findings.iter_mut().zip([&["model:Tag"][..], &["model:Tag"], &["model:Tag", "model:Copied"]])
    {
        finding.citation = citations.iter().map(|citation| (*citation).to_owned()).collect();
    }
    let causes = root_causes(&report(Vec::new(), findings));
    assert_eq!(
        titles(&causes),
        [
            "invalid-accepted: One /Tags/*/Key#maxLength, and in 1 place more",
            "invalid-accepted: One /Tags/*/Value#maxLength"
        ]
    );
}

#[test]
fn valid_requests_that_two_operations_refuse_have_two_causes() {
    let refused = |operation| finding("valid-rejected", operation, "", ["200 with an output", "400 Bad"]);
    assert_eq!(root_causes(&report(Vec::new(), vec![refused("One"), refused("Other")])).len(), 2);
}

#[test]
fn a_member_that_is_validated_nowhere_is_one_cause() {
    let ids =
        |member: &str| ["/*/Key#maxLength", "/*/Key#minLength", "/*/Value#pattern"].map(|id| format!("{member}{id}"));
    let tried: Vec<String> =
        [ids("/Tags"), ids("/Copied"), ["/Name#type", "/Name#enum", "#x"].map(str::to_owned)].concat();
    let tried: Vec<&str> = tried.iter().map(String::as_str).collect();
    // As a report has them: by operation, check and place.
    let mut findings: Vec<Finding> = tried[..6].iter().map(|id| accepted("Op", id)).collect();
    findings.sort_by_key(Finding::key);
    let whole = report(vec![operation("Op", &tried)], findings.clone());
    assert_eq!(
        titles(&root_causes(&whole)),
        ["invalid-accepted: Op validates nothing in /Copied, nor in 1 place more"]
    );

    // One of them is checked: then the others are told, one by one.
    let checked = report(vec![operation("Op", &tried)], findings[..5].to_vec());
    let causes = root_causes(&checked);
    assert!(titles(&causes).iter().all(|title| !title.contains("nothing in /Tags")), "{causes:?}");
    assert!(titles(&causes).contains(&"invalid-accepted: Op validates nothing in /Copied"), "{causes:?}");
}

#[test]
fn an_operation_that_validates_nothing_or_no_keyword_is_one_cause() {
    let tried = ["/A#pattern", "/B#pattern", "/C#pattern", "/C#type"];
    let findings = |ids: &[&str]| ids.iter().map(|id| accepted("Op", id)).collect();
    let nothing = root_causes(&report(vec![operation("Op", &tried)], findings(&tried)));
    assert_eq!(titles(&nothing), ["invalid-accepted: Op validates nothing"]);
    let mut report = report(vec![operation("Op", &tried)], findings(&tried[..3]));
    assert_eq!(titles(&root_causes(&report)), ["invalid-accepted: Op checks #pattern nowhere"]);

    // What nothing can break says nothing.
    let unreached = Unreached { operation: "Op".into(), constraint: "/C#type".into(), reason: "text".into() };
    report.server.as_mut().expect("of a server").unreached.push(unreached);
    assert_eq!(titles(&root_causes(&report)), ["invalid-accepted: Op validates nothing"]);
}

#[test]
fn a_value_that_comes_back_is_a_consequence() {
    let echoed = |about| finding("output-schema", "Op", about, ["an output with a name", "/name is long"]);
    let findings =
        vec![accepted("Op", "/in/name#maxLength"), echoed("/out/name#maxLength"), echoed("/out/id#maxLength")];
    let report = report(Vec::new(), findings);
    let causes = root_causes(&report);
    assert_eq!((&causes[0].findings[..], &causes[0].consequences[..]), (&[0][..], &[1][..]));
    assert_eq!(causes[1].findings, [2]);
    assert!(render_text(&report).contains("  follows   output-schema: Op /out/name#maxLength   (1 request)\n"));
}

#[test]
fn the_titles_fit_on_a_screen() {
    let findings = (0..30).map(|number| accepted("Op", &format!("/{number}{}#enum", "x".repeat(200)))).collect();
    let text = render_text(&report(Vec::new(), findings));
    let (_, titles) = text.split_once("30 root causes, worst first:\n").expect("titles");
    assert!(titles.lines().count() < 24 && titles.lines().all(|line| line.chars().count() < 120), "{titles}");
    assert!(titles.contains("… and 10 more\n"));
}
