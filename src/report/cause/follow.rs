//! Findings that are consequences of others.

use std::collections::BTreeMap;

use super::scope::{ACCEPTED, keyword};
use crate::report::Finding;

/// Checks that look at the members of an output.
const OF_OUTPUTS: [&str; 4] = ["output-schema", "echo-mismatch", "unknown-output-member", "output-rule"];
/// Checks that say that an output cannot be read at all.
const UNREADABLE: [&str; 2] = ["undecodable-response", "output-not-found"];

/// Positions of findings that follow from another, with the position of that one.
pub(super) fn follows(findings: &[Finding]) -> BTreeMap<usize, usize> {
    let causes: Vec<usize> = (0..findings.len())
        .filter(|at| {
            let code = findings[*at].code.as_str();
            code == ACCEPTED || UNREADABLE.contains(&code)
        })
        .collect();
    let outputs = (0..findings.len()).filter(|at| OF_OUTPUTS.contains(&findings[*at].code.as_str()));
    let found = outputs.filter_map(|at| {
        let of = causes.iter().find(|of| follows_from(&findings[at], &findings[**of]))?;
        Some((at, *of))
    });
    found.collect()
}

fn follows_from(finding: &Finding, cause: &Finding) -> bool {
    if finding.operation != cause.operation {
        return false;
    }
    if cause.code == ACCEPTED { repeats(finding, cause) } else { has_answer_of(finding, cause) }
}

/// Whether a value that should have been refused comes back: the same keyword is broken in a member of the same name.
fn repeats(finding: &Finding, cause: &Finding) -> bool {
    let (Some(output), Some(input)) = (finding.about.as_deref(), cause.about.as_deref()) else { return false };
    let is_value = keyword(input).is_some_and(|keyword| keyword != "required");
    finding.code == "output-schema" && is_value && last(output) == last(input)
}

/// The last member of a constraint's id, with the keyword.
fn last(id: &str) -> &str {
    id.rsplit('/').next().unwrap_or(id)
}

/// Whether both are about one answer.
fn has_answer_of(finding: &Finding, cause: &Finding) -> bool {
    match (&finding.replay, &cause.replay) {
        (Some(one), Some(other)) if one.token == other.token => true,
        _ => match (finding.evidence.get(1), cause.evidence.get(1)) {
            (Some(one), Some(other)) => one.body == other.body,
            _ => false,
        },
    }
}
