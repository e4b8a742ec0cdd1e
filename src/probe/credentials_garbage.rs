//! `credentials-garbage`: the credentials cannot be read.

use super::headers::header;
use crate::model::citation::strength_of;
use http::HeaderValue;
use http::header::AUTHORIZATION;

use super::{Base, Probe, Seen, Shot, Signing, Source};
use crate::model::{AuthScheme, Cause};

/// The probe.
pub struct CredentialsGarbage;

const PAGE: &str = "\
# credentials-garbage

## What it does

Sends a valid request whose `Authorization` begins as it should and goes on with nothing that
can be read; and one whose `Authorization` is a word.

## Why it matters

In a service, anybody can do what only its users may (CWE-287). In an emulator, a client that
sends broken credentials is found out only by the real service.

## Example

`Authorization: AWS4-HMAC-SHA256 garbage` is answered with `200`. Due is `400
IncompleteSignature`.

## Remedy

Refuse credentials that lack their parts.

## When it is a note

When the way to authenticate is only observed or assumed. There is no complaint where requests
without credentials are taken too: `auth-not-required` says so.
";

impl Probe for CredentialsGarbage {
    fn name(&self) -> &'static str {
        "credentials-garbage"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["scheme", "word"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let ways = &base.operation.service.auth;
        let way = ways.iter().find(|way| way.scheme != AuthScheme::Header).filter(|_| base.is_native())?;
        let text = match (form, way.scheme) {
            ("word", _) => "garbage".to_owned(),
            (_, AuthScheme::Sigv4) => format!("{} garbage", way.name),
            _ => way.name.clone(),
        };
        let mut request = base.request.clone();
        request.headers_mut().insert(AUTHORIZATION, HeaderValue::from_str(&text).ok()?);
        let source = Source::cited(&way.citations, strength_of(&way.citations));
        let causes = [Cause::MalformedCredentials, Cause::MissingCredentials];
        Some(Shot::refused(request, &causes, source).signing(Signing::Own))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        header(seen.request, "authorization").ends_with("garbage")
            || header(seen.request, "authorization") == "SDK-HMAC-SHA256"
    }
}
