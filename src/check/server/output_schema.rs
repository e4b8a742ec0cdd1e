//! `output-schema`: an output that breaks a constraint of its schema.

use serde_json::Value;

use crate::check::{Check, Complaint, Party};
use crate::codec::Oddity;
use crate::exchange::{Exchange, Observation};
use crate::model::{Cause, Constraint, Violation};

/// The check.
pub struct OutputSchema;

const PAGE: &str = "\
# output-schema

## What it does

Complains of each constraint of the output's schema that the output of a success breaks: a
required member that is absent, a value of another type or form. A time must also have the
protocol's form: text in place of the number of its seconds breaks strict clients. In the
documented dialect the members that the page shows are looked for, and no others.

## Why it matters

Clients read the output by the same schema. A missing member is a null where nobody expects one, a
number in place of a text an exception.

## Example

`StartBackupJob` answers `CreationDate: \"now\"`. Due is a timestamp.

## Remedy

Add the member, or write it as the schema has it; `accordant explain ID` shows the constraint and
its source.

## When it is a note

When the constraint is only assumed or observed, as most demands for members of AWS outputs are,
or sources disagree.
";

impl Check for OutputSchema {
    fn code(&self) -> &'static str {
        "output-schema"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Server
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let Some(exchange) = &observation.exchange() else { return Vec::new() };
        let Some(output) = exchange.output() else { return Vec::new() };
        if !exchange.is_native() {
            return shown_members(exchange, output);
        }
        let mut violations = exchange.operation().output.judge(output);
        violations.dedup_by_key(|violation| violation.constraint);
        let complaints = violations.iter().map(|violation| complaint(exchange, output, violation));
        complaints.chain(other_forms(exchange)).collect()
    }
}

/// Of the members that are not in the protocol's form.
fn other_forms(exchange: &Exchange<'_>) -> Vec<Complaint> {
    let Some(Ok(received)) = exchange.received() else { return Vec::new() };
    let service = &exchange.operation().service;
    let complaints = received.oddities.iter().filter_map(|oddity| match oddity {
        // Where nothing says how times travel, it is the codec that assumes it.
        Oddity::OtherForm(name) if service.timestamps.is_some() => {
            let expected = format!("{name} as a number: the seconds since 1970");
            let complaint = Complaint::new(expected, format!("{name} is a text")).about(format!("/{name}"));
            Some(complaint.cite_all(service.protocol_fact("timestamps")))
        }
        _ => None,
    });
    complaints.collect()
}

fn complaint(exchange: &Exchange<'_>, output: &Value, violation: &Violation) -> Complaint {
    let shape = &exchange.operation().output;
    let constraint = &shape.constraints[violation.constraint];
    let actual = match constraint.cause {
        Cause::Required => format!("no {}", violation.at),
        _ => {
            let masked = shape.mask(output);
            let value = masked.pointer(&violation.at).map(ToString::to_string).unwrap_or_default();
            format!("{} is {}", violation.at, exchange.foreign(&value))
        }
    };
    let complaint = Complaint::new(expected(constraint), exchange.foreign(&actual)).about(&constraint.id);
    let disputed = [&constraint.id, &constraint.member].into_iter().any(|about| exchange.is_disputed(about));
    complaint.cite(&constraint.citations, constraint.strength).disputed(disputed || constraint.disputed)
}

fn expected(constraint: &Constraint) -> String {
    format!("an output in which {}", constraint.statement())
}

/// In the documented dialect: the members that the page shows.
fn shown_members(exchange: &Exchange<'_>, output: &Value) -> Vec<Complaint> {
    let Some(documented) = &exchange.operation().documented else { return Vec::new() };
    let names = documented.output.iter().map(|(name, _)| name);
    let absent = names.filter(|name| output.get(name.as_str()).is_none_or(Value::is_null));
    let complaints = absent.map(|name| {
        let complaint = Complaint::new(format!("data with the member {name}"), format!("data without {name}"));
        complaint.about(format!("/{name}")).cite_all(&documented.citations)
    });
    complaints.collect()
}
