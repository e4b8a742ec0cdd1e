//! The report as `JUnit` XML: one test suite per operation, one test case per constraint that was judged, one per check that
//! is about no constraint and complains; and a suite for what is about the run, when it fails for that. Of a client, the
//! operations are those that it called, and there is a suite for requests that are for none.

use std::collections::BTreeMap;
use std::fmt::Write;

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Finding, OperationReport, Outcome, Replay, Report, Stale, root_causes};
use crate::check::Key;
use crate::text::{escape, is_unprintable, xml_escape};

/// Writes a report as `JUnit` XML.
///
/// # Errors
/// When the text cannot be written as XML.
pub fn render_junit(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let mut document = Document::new("accordant");
    let causes = causes(report);
    for operation in report.operations() {
        document.add_test_suite(suite(report, &causes, operation));
    }
    for operation in called(report) {
        document.add_test_suite(suite_of_client(report, &causes, operation));
    }
    if report.stopped.is_some() || !report.stale.is_empty() {
        document.add_test_suite(whole(report));
    }
    // A reference stands for what would steer a terminal, and is the same to a reader of XML.
    Ok(escape(&document.to_string()?, is_unprintable, xml_escape))
}

/// Titles of root causes, by the findings that share one with others.
type Causes = BTreeMap<Key, String>;

fn causes(report: &Report) -> Causes {
    let shared = root_causes(report).into_iter().filter(|cause| cause.findings.len() + cause.consequences.len() > 1);
    let named = shared.flat_map(|cause| {
        let positions = cause.findings.into_iter().chain(cause.consequences);
        positions.map(move |at| (report.findings[at].key(), cause.title.clone()))
    });
    named.collect()
}

/// What fails the run, and is about no operation alone: that it ended early, and what must go from the baseline.
fn whole(report: &Report) -> TestSuite {
    let mut suite = TestSuite::new("run");
    let mut fail = |name: String, message: String| {
        let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
        status.set_message(message);
        let mut case = TestCase::new(name, status);
        case.set_classname("run");
        suite.add_test_case(case);
    };
    if let Some(stopped) = &report.stopped {
        fail("ended".to_owned(), stopped.to_string());
    }
    for Stale { operation, check, about, line, why } in &report.stale {
        let about = about.as_deref().unwrap_or_default();
        fail(format!("baseline line {line}"), format!("remove {check}: {operation} {about}: {why}"));
    }
    suite
}

/// What fails the run, of an operation or of none.
fn failing<'r>(report: &'r Report, operation: Option<&str>) -> Vec<&'r Finding> {
    let notes = report.notes.iter().filter(|_| report.strict);
    let all = report.findings.iter().chain(notes);
    all.filter(|finding| finding.operation.as_deref() == operation).collect()
}

fn suite(report: &Report, causes: &Causes, operation: &OperationReport) -> TestSuite {
    let name = operation.operation.as_str();
    let mut suite = TestSuite::new(name);
    let failing = failing(report, Some(name));
    suite.add_test_case(overall(operation));
    for constraint in operation.constraints.keys() {
        let complaints: Vec<&Finding> =
            failing.iter().copied().filter(|finding| finding.about.as_ref() == Some(constraint)).collect();
        suite.add_test_case(case(causes, name, constraint, &complaints));
    }
    let elsewhere =
        |finding: &&Finding| finding.about.as_ref().is_none_or(|about| !operation.constraints.contains_key(about));
    for finding in failing.iter().copied().filter(elsewhere) {
        suite.add_test_case(case(causes, name, &title(finding), &[finding]));
    }
    let unreached = report.unreached().iter().filter(|unreached| unreached.operation == operation.operation);
    for unreached in unreached.filter(|unreached| !operation.constraints.contains_key(&unreached.constraint)) {
        let mut status = TestCaseStatus::skipped();
        status.set_message(unreached.reason.clone());
        suite.add_test_case(named(name, &unreached.constraint, status));
    }
    suite
}

/// The operations that a client called, and none where a request that was for none fails the run.
fn called(report: &Report) -> Vec<Option<&str>> {
    let Some(client) = &report.client else { return Vec::new() };
    let called = client.coverage.iter().filter(|one| one.calls > 0).map(|one| Some(one.operation.as_str()));
    let none = (!failing(report, None).is_empty()).then_some(None);
    called.chain(none).collect()
}

fn suite_of_client(report: &Report, causes: &Causes, operation: Option<&str>) -> TestSuite {
    let name = operation.unwrap_or("no operation");
    let mut suite = TestSuite::new(name);
    suite.add_test_case(named(name, "judged", TestCaseStatus::success()));
    for finding in failing(report, operation) {
        suite.add_test_case(case(causes, name, &title(finding), &[finding]));
    }
    suite
}

fn title(finding: &Finding) -> String {
    finding.about.as_ref().map_or_else(|| finding.code.clone(), |about| format!("{about} {}", finding.code))
}

/// Whether the operation could be judged at all.
fn overall(operation: &OperationReport) -> TestCase {
    let status = match operation.outcome {
        Outcome::Conforms | Outcome::Findings => TestCaseStatus::success(),
        Outcome::NotRun => TestCaseStatus::skipped(),
        outcome => {
            let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
            let reason = operation.reason.as_deref().unwrap_or_default();
            status.set_message(format!("{}: {reason}", outcome.words()));
            status
        }
    };
    named(&operation.operation, "judged", status)
}

fn case(causes: &Causes, suite: &str, name: &str, complaints: &[&Finding]) -> TestCase {
    let Some(first) = complaints.first() else { return named(suite, name, TestCaseStatus::success()) };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(first.code.clone());
    status.set_message(format!("expected {}; actual {}", first.expected, first.actual));
    let described: Vec<String> = complaints.iter().map(|finding| described(causes, finding)).collect();
    status.set_description(described.join("\n"));
    named(suite, name, status)
}

fn described(causes: &Causes, finding: &Finding) -> String {
    let whole = if finding.replay.is_some() { "cases" } else { "requests" };
    let mut text = format!("{} in {} of the {whole}", finding.code, finding.count);
    if let Some(fault) = &finding.fault {
        let _ = write!(text, ", under {fault}");
    }
    if let Some(title) = causes.get(&finding.key()) {
        let _ = write!(text, "\nroot cause: {title}");
    }
    let (expected, actual, source) = (&finding.expected, &finding.actual, finding.citation.join(", "));
    let _ = write!(text, "\nexpected: {expected}\nactual: {actual}\nsource: {source}\n");
    match (&finding.replay, finding.evidence.first()) {
        (Some(Replay { token, curl }), _) => drop(write!(text, "{curl}\ntoken: {token}\n")),
        (None, Some(request)) => drop(write!(text, "{}\n{}\n", request.line, request.body)),
        (None, None) => {}
    }
    text
}

fn named(suite: &str, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name.to_owned(), status);
    case.set_classname(suite.to_owned());
    case
}
