//! `credentials-other-scheme`: the credentials are of a scheme that the service does not have.

use super::headers::header;
use crate::model::citation::strength_of;

use super::{Base, Probe, Seen, Shot, Signing, Source};
use crate::model::Cause;

/// The probe.
pub struct CredentialsOtherScheme;

const PAGE: &str = "\
# credentials-other-scheme

## What it does

Sends a valid request with HTTP's own `Basic` credentials, and with a bearer token, in place of
the service's.

## Why it matters

In a service, anybody can do what only its users may (CWE-287). In an emulator, a client that
sends broken credentials is found out only by the real service.

## Example

`Authorization: Basic …` is answered with `200`. Due is an error of authentication.

## Remedy

Look at the scheme's word before its credentials.

## When it is a note

When the way to authenticate is only observed or assumed. There is no complaint where requests
without credentials are taken too: `auth-not-required` says so.
";

impl Probe for CredentialsOtherScheme {
    fn name(&self) -> &'static str {
        "credentials-other-scheme"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["Basic", "Bearer"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let ways = &base.operation.service.auth;
        let way = ways.first().filter(|_| base.is_native() && ways.iter().all(|way| way.name != form))?;
        let text = if form == "Basic" { "Basic bm9ib2R5Om5vYm9keQ==" } else { "Bearer nobody" };
        let request = base.with_header("authorization", text);
        let source = Source::cited(&way.citations, strength_of(&way.citations));
        let causes = [Cause::MalformedCredentials, Cause::MissingCredentials];
        Some(Shot::refused(request, &causes, source).signing(Signing::Own))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        header(seen.request, "authorization").starts_with("Basic ")
            || header(seen.request, "authorization") == "Bearer nobody"
    }
}
