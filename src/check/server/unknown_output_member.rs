//! `unknown-output-member`: an output with a member that its schema does not have.

use std::collections::BTreeSet;

use crate::check::{Check, Complaint, Party};
use crate::exchange::Observation;

/// The check.
pub struct UnknownOutputMember;

/// Most members of one output that are told.
const MAX_MEMBERS: usize = 10;

const PAGE: &str = "\
# unknown-output-member

## What it does

Notes members of an output that the contract does not know.

## Why it matters

Clients pass over what they do not know, so nothing breaks. Often, though, the member is a
misspelt one, or one whose case is wrong, and a known one is missing beside it.

## Example

`StartBackupJob` answers `backupJobId` as well. The contract has `BackupJobId`.

## Remedy

Correct the name, or leave the member out. If the real service has it, add it to the spec.

## When it is a note

Always: services gain members, and a contract that is written today cannot know them.
";

impl Check for UnknownOutputMember {
    fn code(&self) -> &'static str {
        "unknown-output-member"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let Some(output) = exchange.output().filter(|_| exchange.is_native()) else { return Vec::new() };
        let mut unknown = Vec::new();
        exchange.operation().output.unknown_members(output, &mut unknown);
        // Of many, most are not told, and need no look for secrets.
        let unknown: BTreeSet<String> = unknown.iter().map(|at| without_indexes(at)).collect();
        let mut told: Vec<String> = unknown.iter().take(MAX_MEMBERS).map(|at| exchange.foreign(at)).collect();
        told.sort();
        told.dedup();
        let complaints = told
            .into_iter()
            .map(|at| Complaint::new("members that the contract has", format!("{at} as well")).about(at));
        complaints.collect()
    }
}

/// The pointer with `*` for items of lists, whose number says nothing.
fn without_indexes(at: &str) -> String {
    let numeric = |segment: &str| !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
    at.split('/').map(|segment| if numeric(segment) { "*" } else { segment }).collect::<Vec<_>>().join("/")
}
