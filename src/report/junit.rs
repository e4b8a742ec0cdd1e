//! The report as `JUnit` XML: one test suite per operation, one test case per constraint, one per check that is about no
//! constraint and complains; and a suite for what is about the run, when it fails for that.

use quick_junit::{NonSuccessKind, Report as Document, TestCase, TestCaseStatus, TestSuite};

use super::{Finding, OperationReport, Outcome, Report, Stale};

/// Writes a report as `JUnit` XML.
///
/// # Errors
/// When the text cannot be written as XML.
pub fn render_junit(report: &Report) -> Result<String, quick_junit::SerializeError> {
    let mut document = Document::new("accordant");
    for operation in &report.operations {
        document.add_test_suite(suite(report, operation));
    }
    if report.stopped.is_some() || !report.stale.is_empty() {
        document.add_test_suite(whole(report));
    }
    document.to_string()
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
        fail("ended".to_owned(), stopped.clone());
    }
    for Stale { operation, check, constraint, line, why } in &report.stale {
        let about = constraint.as_deref().unwrap_or_default();
        fail(format!("baseline line {line}"), format!("remove {check}: {operation} {about}: {why}"));
    }
    suite
}

fn suite(report: &Report, operation: &OperationReport) -> TestSuite {
    let mut suite = TestSuite::new(operation.operation.clone());
    let failing = || {
        let notes = report.notes.iter().filter(|_| report.strict);
        report.findings.iter().chain(notes).filter(|finding| finding.operation == operation.operation)
    };
    suite.add_test_case(overall(operation));
    for constraint in operation.constraints.keys() {
        let complaints: Vec<&Finding> =
            failing().filter(|finding| finding.constraint.as_ref() == Some(constraint)).collect();
        suite.add_test_case(case(operation, constraint, &complaints));
    }
    let elsewhere = failing()
        .filter(|finding| finding.constraint.as_ref().is_none_or(|about| !operation.constraints.contains_key(about)));
    for finding in elsewhere {
        let name = finding
            .constraint
            .as_ref()
            .map_or_else(|| finding.code.clone(), |about| format!("{about} {}", finding.code));
        suite.add_test_case(case(operation, &name, &[finding]));
    }
    let unreached = report.unreached.iter().filter(|unreached| unreached.operation == operation.operation);
    for unreached in unreached.filter(|unreached| !operation.constraints.contains_key(&unreached.constraint)) {
        let mut status = TestCaseStatus::skipped();
        status.set_message(unreached.reason.clone());
        suite.add_test_case(named(operation, &unreached.constraint, status));
    }
    suite
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
    named(operation, "judged", status)
}

fn case(operation: &OperationReport, name: &str, complaints: &[&Finding]) -> TestCase {
    let Some(first) = complaints.first() else { return named(operation, name, TestCaseStatus::success()) };
    let mut status = TestCaseStatus::non_success(NonSuccessKind::Failure);
    status.set_type(first.code.clone());
    status.set_message(format!("expected {}; actual {}", first.expected, first.actual));
    let described = complaints.iter().map(|finding| {
        format!(
            "{} in {} of the cases\nexpected: {}\nactual: {}\nsource: {}\n{}\ntoken: {}\n",
            finding.code,
            finding.count,
            finding.expected,
            finding.actual,
            finding.citation.join(", "),
            finding.curl,
            finding.token
        )
    });
    status.set_description(described.collect::<Vec<_>>().join("\n"));
    named(operation, name, status)
}

fn named(operation: &OperationReport, name: &str, status: TestCaseStatus) -> TestCase {
    let mut case = TestCase::new(name.to_owned(), status);
    case.set_classname(operation.operation.clone());
    case
}
