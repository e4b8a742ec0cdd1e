//! `unknown-operation`: a request that is for no operation of the contract.

use crate::check::{Check, Complaint, Party};
use crate::exchange::Observation;
use crate::model::{Cause, Strength};

/// The check.
pub struct UnknownOperation;

const PAGE: &str = "\
# unknown-operation

## What it does

Complains of a request that is for no operation of the contract: another path, method, action or
version.

## Why it matters

The mock cannot answer it, so nothing is judged of it.

## Example

`Action=copyDBClusterSnapshot`, where actions are told apart by the case of their letters.

## Remedy

Correct the name; or add the operation's spec to the contract, when the service has it.

## When it is a note

Unless the action differs from one of the contract's in the case of its letters only: a contract need
not have all operations of a service, so that the request may well be right.
";

impl Check for UnknownOperation {
    fn code(&self) -> &'static str {
        "unknown-operation"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Client
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let elsewhere = |cause| cause == Cause::MissingAction && !observation.is_foreign();
        let Some(reason) = observation.misaddressed.as_ref().filter(|reason| !elsewhere(reason.cause)) else {
            return Vec::new();
        };
        vec![match reason.meant {
            Some(operation) => Complaint::new(format!("the action {}", operation.label), "its name in other letters")
                .about(&operation.label)
                .cite_all(&operation.http.citations),
            None => Complaint::new("an operation of the contract", &reason.detail)
                .about(format!("#{}", reason.cause.name()))
                .at_most(Strength::Assumed),
        }]
    }
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::super::tests::{SIGNED, backup, judged};
    use super::*;

    #[test]
    fn only_another_spelling_is_a_finding() {
        let check = &UnknownOperation;
        let form = || Request::post("/").header("content-type", "application/x-www-form-urlencoded");
        let misspelt = judged(check, form(), "Action=copyDbClusterSnapshot", |_| ());
        assert!(misspelt[0].is_finding() && misspelt[0].about.as_deref() == Some("CopyDBClusterSnapshot"));
        let other = judged(check, form(), "Action=DescribeDBInstances", |_| ());
        assert!(!other[0].is_finding() && other[0].about.as_deref() == Some("#unknown-action"));
        assert!(judged(check, backup(), "{}", |_| ()).is_empty());
        let other = Request::post("/").header("authorization", SIGNED.replace("/backup/", "/dynamodb/"));
        assert!(!judged(check, other, "{}", |_| ())[0].is_finding(), "a service outside of the contract");
    }
}
