//! What findings of one root cause have in common.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::scope::{Scope, keyword};
use super::severity::{is_failure, status};
use crate::check;
use crate::report::{Finding, Report};

/// What findings of one root cause have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Origin {
    /// One way in which an operation fails.
    Failure(Failure),
    /// The same statements, wherever they are made: one definition, or the definitions of one kind of member.
    Definitions(BTreeSet<Statement>),
    /// No constraint of a keyword is checked.
    Keyword(String),
    /// Nothing is checked.
    Everything,
}

/// How an operation fails: as it is described, and what the answer says about it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Failure {
    operation: Option<String>,
    described: String,
    answer: Option<String>,
}

/// What a finding says, without the place; with the operation, where it may mean something else for another one.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Statement {
    code: String,
    operation: Option<String>,
    about: Option<String>,
    expected: String,
    answered: Option<String>,
    citation: Vec<String>,
    fault: Option<String>,
}

/// The findings of a report by what they have in common, by their positions.
pub(super) fn origins(report: &Report, scopes: &BTreeMap<usize, Scope>) -> BTreeMap<Origin, Vec<usize>> {
    let members = member_statements(report, scopes);
    let answers = answers(report);
    let mut origins: BTreeMap<Origin, Vec<usize>> = BTreeMap::new();
    for (at, finding) in report.findings.iter().enumerate() {
        let origin = match scopes.get(&at) {
            Some(Scope::Everything) => Origin::Everything,
            Some(Scope::Keyword(keyword)) => Origin::Keyword(keyword.clone()),
            Some(Scope::Member(member)) => {
                let statements = members.get(&(finding.operation.as_deref(), member));
                Origin::Definitions(statements.cloned().unwrap_or_default())
            }
            None if is_failure(finding) => Origin::Failure(failure(finding, &answers)),
            None => Origin::Definitions([statement(finding)].into()),
        };
        origins.entry(origin).or_default().push(at);
    }
    origins
}

/// A member that is not validated, by operation and pointer.
type Member<'r> = (Option<&'r str>, &'r String);

/// What is said of each member that is not validated.
fn member_statements<'r>(
    report: &'r Report,
    scopes: &'r BTreeMap<usize, Scope>,
) -> BTreeMap<Member<'r>, BTreeSet<Statement>> {
    let mut members: BTreeMap<Member<'r>, BTreeSet<Statement>> = BTreeMap::new();
    for (at, scope) in scopes {
        let finding = &report.findings[*at];
        if let Scope::Member(member) = scope {
            members.entry((finding.operation.as_deref(), member)).or_default().insert(statement(finding));
        }
    }
    members
}

/// Checks of what a server does alike for all of its operations.
const OF_SERVERS: [&str; 5] =
    ["auth-not-required", "content-type", "method-not-refused", "request-id-missing", "wrong-envelope"];

/// A constraint is known by its keyword, since its place may be another; a pointer or a code stays.
fn statement(finding: &Finding) -> Statement {
    let keyword = finding.about.as_deref().and_then(keyword);
    let of_server = OF_SERVERS.contains(&finding.code.as_str()) || check::by_code(&finding.code).is_none();
    let anywhere = keyword.is_some() || of_server;
    Statement {
        code: finding.code.clone(),
        operation: finding.operation.clone().filter(|_| !anywhere),
        about: keyword.or(finding.about.as_deref()).map(str::to_owned),
        answered: status(&finding.actual).map(|_| finding.actual.clone()),
        expected: finding.expected.clone(),
        citation: finding.citation.clone(),
        fault: finding.fault.clone(),
    }
}

/// What answers say, by how their failures are described. Not each finding has an answer to show.
type Answers = BTreeMap<(Option<String>, String), String>;

fn answers(report: &Report) -> Answers {
    let mut answers = Answers::new();
    for finding in report.findings.iter().filter(|finding| is_failure(finding)) {
        let Failure { operation, described, answer } = failure(finding, &Answers::new());
        if let Some(answer) = answer {
            answers.entry((operation, described)).or_insert(answer);
        }
    }
    answers
}

fn failure(finding: &Finding, answers: &Answers) -> Failure {
    let request = finding.evidence.first().map(|request| format!("{} {}", request.line, request.body));
    let sent: HashSet<&str> = words(request.as_deref().unwrap_or_default()).collect();
    let steady = |text: &str| words(text).filter(|word| !sent.contains(word)).collect::<Vec<_>>().join(" ");
    let status = finding.actual.split(' ').next().unwrap_or_default();
    let described = format!("{status} {}", steady(&finding.actual));
    let operation = finding.operation.clone();
    let answer = finding.evidence.get(1).map(|answer| steady(&answer.body));
    let answer = answer.or_else(|| answers.get(&(operation.clone(), described.clone())).cloned());
    Failure { operation, described, answer }
}

/// The words of a text but for those with digits in them, as ids, times and lengths have.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    parts.filter(|word| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit()))
}
