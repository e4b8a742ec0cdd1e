//! Root causes: findings grouped by what the server or the client did, worst first.
//!
//! A pure fold over the findings of a report, so that joined shards come to the same as the whole run. The findings stay as
//! they are, and a baseline accepts them one by one.

mod follow;
mod origin;
mod scope;
mod severity;
mod title;

use std::collections::BTreeMap;

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use severity::Severity;
pub(super) use title::of_finding;

use super::Report;

/// One thing that is wrong, with all findings that come of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct RootCause {
    /// What is wrong, in one sentence that begins with the code of a check or a probe.
    pub title: String,
    /// How bad it is.
    pub severity: Severity,
    /// How many cases or requests showed one of its findings.
    pub count: u64,
    /// Its findings, as positions from 0 in the report's `findings`. The first is shown in full.
    pub findings: Vec<usize>,
    /// Findings that are its consequences, as positions too.
    pub consequences: Vec<usize>,
}

/// The root causes of a report's findings, worst first. Each finding is in one of them, once.
#[must_use]
pub fn root_causes(report: &Report) -> Vec<RootCause> {
    let follows = follow::follows(&report.findings);
    let scopes = scope::scopes(report);
    let mut causes = Vec::new();
    for (origin, mut findings) in origin::origins(report, &scopes) {
        findings.retain(|at| !follows.contains_key(at));
        let Some(shown) = findings.first().map(|at| &report.findings[*at]) else { continue };
        causes.push(RootCause {
            title: title::of_group(report, &scopes, &origin, &findings),
            severity: Severity::of(shown),
            count: findings.iter().map(|at| report.findings[*at].count).sum(),
            consequences: Vec::new(),
            findings,
        });
    }
    causes.sort_by_key(|cause: &RootCause| (cause.severity, cause.findings[0]));
    let places: BTreeMap<usize, usize> = (causes.iter().enumerate())
        .flat_map(|(place, cause)| cause.findings.iter().map(move |at| (*at, place)))
        .collect();
    for (at, of) in follows {
        causes[places[&of]].consequences.push(at);
    }
    causes
}

#[cfg(test)]
mod tests;
