//! `credentials-empty`: the header of the credentials is empty.

use crate::model::citation::strength_of;
use http::HeaderName;
use http::HeaderValue;

use super::{Base, Probe, Seen, Shot, Signing, Source};
use crate::model::{AuthScheme, Cause};

/// The probe.
pub struct CredentialsEmpty;

const PAGE: &str = "\
# credentials-empty

## What it does

Sends a valid request whose header for credentials is there but empty.

## Why it matters

In a service, anybody can do what only its users may (CWE-287). In an emulator, a client that
sends broken credentials is found out only by the real service.

## Example

An empty `Authorization` is answered with `200`. Due is an error of authentication.

## Remedy

Ask for credentials, not for the header's name.

## When it is a note

When the way to authenticate is only observed or assumed. There is no complaint where requests
without credentials are taken too: `auth-not-required` says so.
";

impl Probe for CredentialsEmpty {
    fn name(&self) -> &'static str {
        "credentials-empty"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let way = base.operation.service.auth.first().filter(|_| base.is_native())?;
        let name = if way.scheme == AuthScheme::Header { way.name.as_str() } else { "authorization" };
        let mut request = base.request.clone();
        request.headers_mut().insert(HeaderName::try_from(name).ok()?, HeaderValue::from_static(""));
        let source = Source::cited(&way.citations, strength_of(&way.citations));
        let causes = [Cause::MissingCredentials, Cause::MalformedCredentials];
        Some(Shot::refused(request, &causes, source).signing(Signing::Own))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request
            .headers()
            .iter()
            .any(|(name, value)| (name == "authorization" || name.as_str().contains("token")) && value.is_empty())
    }
}
