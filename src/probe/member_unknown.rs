//! `member-unknown`: the request has a member that the operation does not have.

use super::body::{NOBODYS, text, with_member, with_pair};

use super::{Base, Probe, Seen, Shot};

/// The probe.
pub struct MemberUnknown;

const PAGE: &str = "\
# member-unknown

## What it does

Sends a valid request with one more member, in the body and in the query string.

## Why it matters

Clients are newer than servers. What a server does not know it may ignore or refuse; it must not
fail.

## Example

A member of another name is answered with `500`. Due is the usual answer, or an error of the
caller's.

## Remedy

Ignore members that are not known, or refuse them in the protocol's words.

## When it is a note

Never: any answer that is no failure is right.
";

impl Probe for MemberUnknown {
    fn name(&self) -> &'static str {
        "member-unknown"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["body", "query"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let request = if form == "query" {
            let (path, query) = base.target();
            let mark = if query.is_empty() { "" } else { "&" };
            base.with_target(path, &format!("{query}{mark}{NOBODYS}=1"))?
        } else if let Some(members) = base.members() {
            base.with_body(with_member(&members, NOBODYS, "\"1\""))
        } else {
            base.with_body(with_pair(&base.pairs()?, &format!("{NOBODYS}=1")))
        };
        Some(Shot::answered(request))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        let (member, pair) = (format!("\"{NOBODYS}\":\"1\""), format!("{NOBODYS}=1"));
        let query = seen.request.uri().query().unwrap_or_default();
        text(seen.request).contains(&member) || text(seen.request).contains(&pair) || query.contains(&pair)
    }
}
