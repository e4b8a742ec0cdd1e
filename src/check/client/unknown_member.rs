//! `unknown-member`: a member that the operation does not have.

use std::collections::HashSet;

use super::secret_in_url::credential;
use crate::auth;
use crate::check::{Check, Complaint, Party};
use crate::codec::Oddity;
use crate::exchange::Observation;
use crate::model::{Operation, Strength};
use crate::value::pointer;

/// The check.
pub struct UnknownMember;

const PAGE: &str = "\
# unknown-member

## What it does

Complains of a member or parameter that the operation's input does not have.

## Why it matters

The service ignores it, or refuses the request. Often it is a misspelt name, and the setting that was
meant does not take effect.

## Example

`StartBackupJob` with `BackupvaultName`.

## Remedy

Send the member by the name that `accordant explain OPERATION` has.

## When it is a note

When a parameter of a form may as well be one that is just written in another way.
";

impl Check for UnknownMember {
    fn code(&self) -> &'static str {
        "unknown-member"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn party(&self) -> Party {
        Party::Client
    }

    fn judge(&self, observation: &Observation<'_>) -> Vec<Complaint> {
        let (Some(operation), Some(input)) = (observation.operation, observation.input()) else { return Vec::new() };
        let mut named = Vec::new();
        operation.input.unknown_members(input, &mut named);
        // What the schema tells by its whole place, the codec may tell by its name.
        let mut placed: HashSet<String> = named.iter().map(|place| own_name(place).to_owned()).collect();
        for oddity in &observation.oddities {
            match oddity {
                Oddity::Unknown(name) => {
                    let mut own = String::new();
                    pointer::push(&mut own, name);
                    if placed.insert(own) {
                        named.push(format!("/{name}"));
                    }
                }
                Oddity::Unclear => return vec![complaint(operation, None).at_most(Strength::Assumed)],
                Oddity::Duplicate(_) | Oddity::OtherForm(_) | Oddity::Envelope(..) => {}
            }
        }
        let parameters: Vec<&str> = named.iter().map(|name| &name[1..]).collect();
        let mut signing = auth::signing(&operation.service.auth, &parameters).into_iter();
        named.retain(|name| !signing.next().unwrap_or(false) && credential(observation, &name[1..]).is_none());
        named.sort();
        named.dedup();
        named.iter().take(MAX_MEMBERS).map(|name| complaint(operation, Some(name))).collect()
    }
}

/// The last part of a place, with the slash before it.
fn own_name(place: &str) -> &str {
    place.rfind('/').map_or(place, |at| &place[at..])
}

/// Most members of a request that are named.
const MAX_MEMBERS: usize = 100;

/// A name that is too long to be one of a member is not repeated: it may be anything.
const LONGEST: usize = 60;

fn complaint(operation: &Operation, name: Option<&String>) -> Complaint {
    let named = name.filter(|name| name.len() <= LONGEST);
    let actual = named
        .map_or_else(|| "a member that it does not have".to_owned(), |name| format!("{name}, which it does not have"));
    let expected = format!("members of {}", operation.label);
    let complaint = Complaint::new(expected, actual).cite_all(&operation.http.citations);
    match named {
        Some(name) => complaint.about(name),
        None => complaint,
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use http::Request;

    use super::super::tests::{backup, judged};
    use super::*;

    #[test]
    fn members_nobody_knows_are_named() {
        let complaints = judged(&UnknownMember, backup(), r#"{"BackupvaultName": "x"}"#, |_| ());
        assert_eq!(complaints.len(), 1);
        assert_eq!(complaints[0].about.as_deref(), Some("/BackupvaultName"));
        assert!(judged(&UnknownMember, backup(), r#"{"BackupVaultName": "x"}"#, |_| ()).is_empty());
        let form = Request::post("/").header("content-type", "application/x-www-form-urlencoded");
        let complaints = judged(&UnknownMember, form, "Action=CopyDBClusterSnapshot&Nonsense=1", |_| ());
        assert_eq!(complaints[0].about.as_deref(), Some("/Nonsense"));
        let cbr = || Request::post("/v3/p/backups/b/replicate").header("content-type", "application/json");
        let nested = judged(&UnknownMember, cbr(), r#"{"replicate": {"zork": 1}}"#, |_| ());
        assert_eq!(nested.iter().map(|one| one.about.as_deref()).collect::<Vec<_>>(), [Some("/replicate/zork")]);
        let token =
            Request::post("/v3/p/backups/b/replicate?X-Auth-Token=t").header("content-type", "application/json");
        assert!(judged(&UnknownMember, token, r#"{"replicate": {}}"#, |_| ()).is_empty(), "a matter of another check");
        let presigned = Request::get("/?Action=CopyDBClusterSnapshot&Version=2014-10-31&X-Amz-Signature=x");
        assert!(judged(&UnknownMember, presigned, "", |_| ()).is_empty());
        let older =
            Request::get("/?Action=CopyDBClusterSnapshot&AWSAccessKeyId=x&SignatureVersion=2&Signature=x&Timestamp=x");
        assert!(judged(&UnknownMember, older, "", |_| ()).is_empty());
        let alone = Request::get("/?Action=CopyDBClusterSnapshot&Timestamp=x");
        assert_eq!(judged(&UnknownMember, alone, "", |_| ()).len(), 1);
    }

    #[test]
    fn of_very_many_members_some_are_named_in_a_moment() {
        let members: Vec<String> = (0..60_000).map(|number| format!("\"{number:x}\":0")).collect();
        let started = Instant::now();
        let complaints = judged(&UnknownMember, backup(), &format!("{{{}}}", members.join(",")), |_| ());
        assert_eq!(complaints.len(), MAX_MEMBERS);
        assert!(started.elapsed() < Duration::from_secs(10), "each is held against each: {:?}", started.elapsed());
    }
}
