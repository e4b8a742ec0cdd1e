//! `output-rule`: an output that breaks a rule about it and the input that it answers.

use serde_json::{Value, json};

use crate::check::{Check, Complaint, Party};
use crate::exchange::{Exchange, Observation};
use crate::model::{OutputRule as Rule, Shape};
use crate::text::MASK;
use crate::value::pointer;

/// The check.
pub struct OutputRule;

const PAGE: &str = "\
# output-rule

## What it does

Complains of an output that breaks a rule of the contract between members of the output, or between
it and the input: an ARN that ends in another name, tags that were sent and are not among those
shown.

## Why it matters

Each member may be right by itself, and the whole still describes another resource than the one
that was made. Clients take names out of ARNs, and find nothing.

## Example

`CopyDBClusterSnapshot` answers `DBClusterSnapshotIdentifier: copy` and an ARN that ends in
`:cluster-snapshot:other`. Due is an ARN that ends in `:cluster-snapshot:copy`.

## Remedy

Make all members from the same record; `accordant explain OPERATION` lists the rules.

## When it is a note

When the rule is only observed or assumed, or sources disagree on it. A rule says nothing where one
of its members is absent.
";

impl Check for OutputRule {
    fn code(&self) -> &'static str {
        "output-rule"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let rules = &exchange.operation().output_rules;
        let Some(output) = exchange.output().filter(|_| exchange.is_native() && !rules.is_empty()) else {
            return Vec::new();
        };
        let both = json!({ "input": exchange.input, "output": output });
        let broken = rules.iter().filter(|rule| !rule.test.holds(&both));
        broken.map(|rule| complaint(exchange, rule, &both)).collect()
    }
}

fn complaint(exchange: &Exchange<'_>, rule: &Rule, both: &Value) -> Complaint {
    let about = format!("@{}", rule.id);
    let operation = exchange.operation();
    let shown = rule.over.iter().filter_map(|(_, path)| {
        let value = pointer::first(both, path)?;
        let (whose, member) = path.split_first()?;
        let shape = if whose == "input" { &operation.input } else { &operation.output };
        let at = member.iter().fold(String::new(), |mut at, segment| {
            pointer::push(&mut at, segment);
            at
        });
        let value = if is_sensitive(shape, &at) { MASK.to_owned() } else { exchange.foreign(&value.to_string()) };
        Some(format!("{whose} {at} is {value}"))
    });
    let actual = shown.collect::<Vec<_>>().join(", ");
    let complaint = Complaint::new(&rule.says, actual).about(&about).cite_all(&rule.citations);
    complaint.disputed(exchange.is_disputed(&about))
}

fn is_sensitive(shape: &Shape, at: &str) -> bool {
    shape.node(at).is_some_and(|node| node.sensitive)
}
