//! How much of an operation's input is not validated at all: of a member and what is in it, of a keyword, or everything.

use std::collections::{BTreeMap, BTreeSet};

use crate::report::{Finding, OperationReport, Report};

/// The check that says that a broken constraint was accepted.
pub(super) const ACCEPTED: &str = "invalid-accepted";
/// Fewest constraints of which it is said that none is checked.
const FEWEST: usize = 3;

/// What is not validated at all.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Scope {
    /// No constraint of an operation.
    Everything,
    /// No constraint of the member at a pointer, nor of what is in it.
    Member(String),
    /// No constraint of a keyword.
    Keyword(String),
}

/// For each finding, by its position, the widest scope of which each constraint that was tried was accepted broken.
pub(super) fn scopes(report: &Report) -> BTreeMap<usize, Scope> {
    let mut scopes = BTreeMap::new();
    for operation in report.operations() {
        Breadth::of(report, operation).place(&mut scopes);
    }
    scopes
}

/// What was tried of an operation, and what of it was accepted broken.
struct Breadth<'r> {
    /// Ids of constraints that were broken or sat on.
    tried: BTreeSet<&'r str>,
    /// Ids of constraints that were accepted broken, as findings, as notes or as the baseline has them.
    accepted: BTreeSet<&'r str>,
    /// Positions of the findings among them.
    findings: BTreeMap<&'r str, usize>,
}

impl<'r> Breadth<'r> {
    fn of(report: &'r Report, operation: &'r OperationReport) -> Self {
        let name = Some(operation.operation.as_str());
        let about = |finding: &'r Finding| {
            let counts = finding.code == ACCEPTED && finding.operation.as_deref() == name;
            finding.about.as_deref().filter(|_| counts)
        };
        let unreached = report.unreached().iter().filter(|unreached| Some(unreached.operation.as_str()) == name);
        let unreached: BTreeSet<&str> = unreached.map(|unreached| unreached.constraint.as_str()).collect();
        let baseline = report.accepted.iter().map(|accepted| &accepted.finding);
        let all = report.findings.iter().chain(&report.notes).chain(baseline);
        let tried = operation.constraints.keys().map(String::as_str).filter(|id| !unreached.contains(id));
        let findings = report.findings.iter().enumerate();
        Self {
            tried: tried.collect(),
            accepted: all.filter_map(about).collect(),
            findings: findings.filter_map(|(at, finding)| Some((about(finding)?, at))).collect(),
        }
    }

    /// Members from the outside in, then keywords over what is left.
    fn place(&self, scopes: &mut BTreeMap<usize, Scope>) {
        if self.findings.len() < 2 {
            return;
        }
        for member in self.members() {
            let scope = if member.is_empty() { Scope::Everything } else { Scope::Member(member.to_owned()) };
            self.place_where(|id| is_within(id, member), &scope, scopes);
        }
        for keyword in self.findings.keys().filter_map(|id| keyword(id)).collect::<BTreeSet<&str>>() {
            self.place_where(|id| self::keyword(id) == Some(keyword), &Scope::Keyword(keyword.to_owned()), scopes);
        }
    }

    fn place_where(&self, counts: impl Fn(&str) -> bool, scope: &Scope, scopes: &mut BTreeMap<usize, Scope>) {
        let mut tried = self.tried.iter().filter(|id| counts(id)).peekable();
        let number = tried.clone().count();
        if number < FEWEST || !tried.all(|id| self.accepted.contains(id)) {
            return;
        }
        let within = self.findings.iter().filter(|(id, _)| counts(id)).map(|(_, at)| *at);
        let free: Vec<usize> = within.filter(|at| !scopes.contains_key(at)).collect();
        if free.len() > 1 {
            scopes.extend(free.into_iter().map(|at| (at, scope.clone())));
        }
    }

    /// The members that constraints are about and those around them, the outermost first.
    fn members(&self) -> BTreeSet<&'r str> {
        let ids = self.findings.keys().map(|id| id.split('#').next().unwrap_or_default());
        ids.flat_map(|member| {
            let around = member.match_indices('/').map(|(at, _)| &member[..at]);
            around.chain([member])
        })
        .collect()
    }
}

fn is_within(id: &str, member: &str) -> bool {
    id.strip_prefix(member).is_some_and(|rest| rest.starts_with(['/', '#']))
}

/// The keyword of a constraint's id.
pub(super) fn keyword(id: &str) -> Option<&str> {
    id.split_once('#').map(|(_, keyword)| keyword)
}
