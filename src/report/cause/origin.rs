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
    /// The source of the definition; others may be of the place.
    citation: Option<String>,
    fault: Option<String>,
}

/// The findings of a report by what they have in common, by their positions.
pub(super) fn origins(report: &Report, scopes: &BTreeMap<usize, Scope>) -> BTreeMap<Origin, Vec<usize>> {
    let members = member_statements(report, scopes);
    let failures = Failures::of(report);
    let mut origins: BTreeMap<Origin, Vec<usize>> = BTreeMap::new();
    for (at, finding) in report.findings.iter().enumerate() {
        let origin = match scopes.get(&at) {
            Some(Scope::Everything) => Origin::Everything,
            Some(Scope::Keyword(keyword)) => Origin::Keyword(keyword.clone()),
            Some(Scope::Member(member)) => {
                let statements = members.get(&(finding.operation.as_deref(), member));
                Origin::Definitions(statements.cloned().unwrap_or_default())
            }
            None if is_failure(finding) => Origin::Failure(failures.failure(finding)),
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
        citation: finding.citation.first().cloned(),
        fault: finding.fault.clone(),
    }
}

/// What the failures of a report have in common.
struct Failures<'r> {
    /// The words of all requests that made an operation fail: in an answer they say nothing about what failed.
    sent: BTreeMap<Option<&'r str>, HashSet<&'r str>>,
    /// What answers say, by how their failures are described. Not each finding has an answer to show.
    answers: BTreeMap<(Option<String>, String), String>,
}

impl<'r> Failures<'r> {
    fn of(report: &'r Report) -> Self {
        let mut failures = Self { sent: BTreeMap::new(), answers: BTreeMap::new() };
        let failing = || report.findings.iter().filter(|finding| is_failure(finding));
        for finding in failing() {
            let request = finding.evidence.first();
            let sent = request.into_iter().flat_map(|request| words(&request.line).chain(words(&request.body)));
            failures.sent.entry(finding.operation.as_deref()).or_default().extend(sent);
        }
        for finding in failing() {
            let Failure { operation, described, answer } = failures.failure(finding);
            if let Some(answer) = answer {
                failures.answers.entry((operation, described)).or_insert(answer);
            }
        }
        failures
    }

    fn failure(&self, finding: &Finding) -> Failure {
        let sent = self.sent.get(&finding.operation.as_deref());
        let is_sent = |word: &str| sent.is_some_and(|sent| sent.contains(word));
        let steady = |text: &str| words(text).filter(|word| !is_sent(word)).collect::<Vec<_>>().join(" ");
        let status = finding.actual.split(' ').next().unwrap_or_default();
        let described = format!("{status} {}", steady(&finding.actual));
        let operation = finding.operation.clone();
        let answer = finding.evidence.get(1).map(|answer| steady(&answer.body));
        let answer = answer.or_else(|| self.answers.get(&(operation.clone(), described.clone())).cloned());
        Failure { operation, described, answer }
    }
}

/// The words of a text but for those with digits in them, as ids, times and lengths have.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|c: char| !c.is_alphanumeric() && c != '-' && c != '_');
    parts.filter(|word| !word.is_empty() && !word.contains(|c: char| c.is_ascii_digit()))
}
