//! `request-schema`: an input that breaks a constraint, or that cannot be read.

use crate::check::{Check, Complaint, Party};
use crate::codec::{Oddity, Rejection};
use crate::exchange::Observation;
use crate::model::{Cause, Operation, Strength};
use http::header::CONTENT_ENCODING;
use serde_json::Value;

/// The check.
pub struct RequestSchema;

const PAGE: &str = "\
# request-schema

## What it does

Complains of each constraint of the operation that the input breaks: a member that is missing, too
long, of another type, out of range, not of the pattern, or at odds with another member; and of a
body that cannot be read, or has a member twice.

## Why it matters

The real service refuses the request, or carries out something else than what was meant.

## Example

`StartBackupJob` with a `BackupVaultName` of 51 characters, where the service takes 50.

## Remedy

Send a value that the contract allows; `accordant explain OPERATION/MEMBER#KEYWORD` says which and
who says so. A test that sends wrong input on purpose is reported too: it did exercise the constraint.

## When it is a note

When the constraint is only observed or assumed, or when sources disagree on it; and when the body was
larger than the mock takes, came too late, or broke off, or has a `Content-Encoding`, which is not undone.
";

impl Check for RequestSchema {
    fn code(&self) -> &'static str {
        "request-schema"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Client
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        if observation.is_unread() {
            let complaint = Complaint::new("a body that is taken in", "one that is too large, too late or broken off");
            return vec![complaint.about("#body").at_most(Strength::Assumed)];
        }
        let Some(operation) = observation.operation else { return Vec::new() };
        if let Some(rejection) = &observation.unreadable {
            return unreadable(observation, operation, rejection);
        }
        let mut complaints = observation.input().map(|input| broken(operation, input)).unwrap_or_default();
        if observation.oddities.iter().any(|oddity| matches!(oddity, Oddity::Duplicate(_))) {
            let complaint = Complaint::new("each member once", "a member that is given more than once");
            complaints.push(complaint.about("#duplicate-member").standard("RFC 8259, section 4"));
        }
        complaints
    }
}

/// Media types are the matter of a check of their own.
fn unreadable(observation: &Observation<'_>, operation: &Operation, rejection: &Rejection) -> Vec<Complaint> {
    if rejection.cause == Cause::UnsupportedMediaType {
        return Vec::new();
    }
    let expected = format!("a request that can be read as one for {}", operation.label);
    let complaint = Complaint::new(expected, &rejection.detail).about(format!("#{}", rejection.cause.name()));
    let complaint = complaint.cite_all(operation.service.protocol_fact("*"));
    // Nothing here unpacks it, but the service may.
    let packed = observation.request.headers().contains_key(CONTENT_ENCODING);
    vec![if packed { complaint.at_most(Strength::Assumed) } else { complaint }]
}

/// A complaint for each constraint that the input breaks, with the first place that breaks it.
fn broken(operation: &Operation, input: &Value) -> Vec<Complaint> {
    let mut violations = operation.input.judge(input);
    violations.sort_by_key(|violation| violation.constraint);
    violations.dedup_by_key(|violation| violation.constraint);
    let complaints = violations.iter().map(|violation| {
        let constraint = &operation.input.constraints[violation.constraint];
        let at = if violation.at.is_empty() { "the input".to_owned() } else { at(operation, &violation.at) };
        let actual = match constraint.cause {
            Cause::Required => format!("{at} is absent"),
            _ => format!("{at} does not keep to it"),
        };
        let complaint = Complaint::new(constraint.statement(), actual).about(&constraint.id);
        complaint.cite(&constraint.citations, constraint.strength).disputed(constraint.disputed)
    });
    complaints.collect()
}

/// A place in an input, unless a name in it may be a secret.
fn at(operation: &Operation, pointer: &str) -> String {
    let known = operation.input.place(pointer).is_some_and(|place| !place.pointer.contains('*'));
    let list = pointer.split('/').any(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    if known || list { pointer.to_owned() } else { "a member".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{backup, judged};
    use super::*;

    const GOOD: &str = r#"{"BackupVaultName": "vault", "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1",
        "IamRoleArn": "arn:aws:iam::123456789012:role/r"}"#;

    #[test]
    fn each_broken_constraint_is_told() {
        assert_eq!(judged(&RequestSchema, backup(), GOOD, |_| ()), []);
        let bad = GOOD.replace("\"vault\"", "\"a b\"").replace("ResourceArn", "ResourceARN");
        let complaints = judged(&RequestSchema, backup(), &bad, |_| ());
        let about: Vec<_> = complaints.iter().filter_map(|complaint| complaint.about.as_deref()).collect();
        assert!(about.contains(&"/BackupVaultName#pattern") && about.contains(&"/ResourceArn#required"), "{about:?}");
        assert!(complaints.iter().all(|complaint| !complaint.citations.is_empty()));
    }

    #[test]
    fn of_a_body_that_was_not_taken_in_nothing_else_is_told() {
        let complaints = judged(&RequestSchema, backup().header("content-length", "9000000"), "", |_| ());
        assert_eq!(complaints.len(), 1);
        assert!(!complaints[0].is_finding());
    }

    #[test]
    fn a_body_that_cannot_be_read_is_told_once() {
        let complaints = judged(&RequestSchema, backup(), "{", |_| ());
        assert_eq!(complaints.len(), 1);
        assert!(complaints[0].is_finding() && complaints[0].about.as_deref() == Some("#malformed-body"));
        let packed = judged(&RequestSchema, backup().header("content-encoding", "gzip"), "\u{1f}", |_| ());
        assert!(!packed[0].is_finding(), "the service may unpack it");
    }
}
