//! `output-not-found`: a success in which a client finds none of the output's members.

use serde_json::Value;

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Exchange, Observation};
use crate::model::Strength;
use crate::value::pointer;

/// The check.
pub struct OutputNotFound;

/// Most members that are told.
const MAX_MEMBERS: usize = 5;

const PAGE: &str = "\
# output-not-found

## What it does

Complains of a success whose body can be read, but has none of the members that the contract
describes: another wrapper stands around them, their names have other capitals, or there is nothing.

## Why it matters

The work is done, and every client reads an output without members: no id, no status, no error
either. What fails is the next call, far from the cause.

## Example

`StartBackupJob` answers `{\"data\": {\"BackupJobId\": \"1\"}}`. Due is `{\"BackupJobId\": \"1\"}`.

## Remedy

Compare the body with the answer that `accordant mock` gives to the same request: wrapper, names
and capitals.

## When it is a note

When nothing says that the output always has members, and the members that the contract describes
stand nowhere else in the body. An output without any member is then none at all.
";

impl Check for OutputNotFound {
    fn code(&self) -> &'static str {
        "output-not-found"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let Some(output) = exchange.lost_output() else { return Vec::new() };
        let operation = exchange.operation();
        let root = operation.output.root();
        let certain = !root.limits.required.is_empty() || stands_elsewhere(exchange, output);
        let found = names(exchange, output);
        if !certain && found.is_empty() {
            return Vec::new();
        }
        let mut due: Vec<&str> = root.properties.keys().map(String::as_str).take(MAX_MEMBERS).collect();
        due.sort_unstable();
        let expected = format!("{} with members such as {}", exchange.success(), due.join(", "));
        let actual = if found.is_empty() { "none of them".to_owned() } else { format!("only {}", found.join(", ")) };
        let status = exchange.status().unwrap_or_default();
        let complaint = Complaint::new(expected, format!("{status} with an output that has {actual}"));
        let first = root.limits.required.first().map(String::as_str).or(due.first().copied()).unwrap_or_default();
        let mut at = String::new();
        pointer::push(&mut at, first);
        let complaint = complaint.about(at).cite_all(operation.service.protocol_fact("*"));
        let complaint = complaint.and(&root.citations, complaint_strength(certain));
        vec![complaint]
    }
}

fn complaint_strength(certain: bool) -> Strength {
    if certain { Strength::Model } else { Strength::Assumed }
}

/// The names of what stands there instead.
fn names(exchange: &Exchange<'_>, output: &Value) -> Vec<String> {
    let members = output.as_object().into_iter().flatten();
    members.map(|(name, _)| exchange.foreign(name)).take(MAX_MEMBERS).collect()
}

/// Whether a member of the output stands below another one, or has a name in other letters.
fn stands_elsewhere(exchange: &Exchange<'_>, output: &Value) -> bool {
    let known: Vec<String> = exchange.operation().output.root().properties.keys().map(|name| plain(name)).collect();
    has_any(output, &known)
}

fn has_any(value: &Value, known: &[String]) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, member)| !member.is_null() && (known.contains(&plain(name)) || has_any(member, known))),
        Value::Array(items) => items.iter().any(|item| has_any(item, known)),
        _ => false,
    }
}

/// A name without what differs between ways to write it.
fn plain(name: &str) -> String {
    name.chars().filter(|character| !matches!(character, '_' | '-')).flat_map(char::to_lowercase).collect()
}
