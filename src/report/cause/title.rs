//! Titles of findings and of root causes.

use std::collections::{BTreeMap, BTreeSet};

use super::origin::Origin;
use super::scope::{ACCEPTED, Scope};
use crate::report::{Finding, Report};
use crate::text::cut;

/// Longest description of an answer in a title, in characters.
const LONGEST: usize = 60;

/// What a finding is called: the check, the operation, and what it is about.
pub(in crate::report) fn of_finding(finding: &Finding) -> String {
    let about = finding.about.as_deref().map(|about| format!(" {about}")).unwrap_or_default();
    format!("{}: {}{about}", finding.code, operation(finding))
}

/// What a group of findings is called.
pub(super) fn of_group(
    report: &Report,
    scopes: &BTreeMap<usize, Scope>,
    origin: &Origin,
    positions: &[usize],
) -> String {
    let findings: Vec<&Finding> = positions.iter().map(|at| &report.findings[*at]).collect();
    let [first, _, ..] = &findings[..] else { return findings.first().map(|one| of_finding(one)).unwrap_or_default() };
    let operations: BTreeSet<&str> = findings.iter().map(|finding| operation(finding)).collect();
    let (whose, s) = match operations.len() {
        1 => (operation(first).to_owned(), "s"),
        number => (format!("{number} operations"), ""),
    };
    match origin {
        Origin::Everything => format!("{ACCEPTED}: {whose} validate{s} nothing"),
        Origin::Keyword(keyword) => format!("{ACCEPTED}: {whose} check{s} #{keyword} nowhere"),
        Origin::Failure(_) => {
            let actual = cut(first.actual.clone(), LONGEST);
            format!("{}: {}, {} triggers: {actual}", first.code, operation(first), findings.len())
        }
        Origin::Definitions(statements) if statements.len() > 1 => {
            let members = members(report, scopes, positions);
            let member = members.first().map(|(_, member)| *member).unwrap_or_default();
            let more = match members.len() {
                0 | 1 => String::new(),
                number => format!(", nor in {} more", places(number - 1)),
            };
            format!("{ACCEPTED}: {} validates nothing in {member}{more}", operation(first))
        }
        Origin::Definitions(_) => format!("{}, and in {} more", of_finding(first), places(findings.len() - 1)),
    }
}

/// The members that findings are about as a whole, with their operations.
fn members<'r>(
    report: &'r Report,
    scopes: &'r BTreeMap<usize, Scope>,
    positions: &[usize],
) -> BTreeSet<(&'r str, &'r str)> {
    let member = |at: &usize| match scopes.get(at) {
        Some(Scope::Member(member)) => Some((operation(&report.findings[*at]), member.as_str())),
        _ => None,
    };
    positions.iter().filter_map(member).collect()
}

fn places(number: usize) -> String {
    if number == 1 { "1 place".to_owned() } else { format!("{number} places") }
}

fn operation(finding: &Finding) -> &str {
    finding.operation.as_deref().unwrap_or("no operation")
}
