//! `credentials-other-service`: the request is signed for another service.

use super::headers::header;

use super::{Base, Probe, Seen, Shot, Signing};
use crate::model::AuthScheme;

/// The probe.
pub struct CredentialsOtherService;

const PAGE: &str = "\
# credentials-other-service

## What it does

Sends a valid request signed for a service of another name.

## Why it matters

A client with the wrong endpoint sends such requests. They must be answered as the caller's
fault, or carried out where scopes are not looked at.

## Example

A request signed for `s3` is answered with `500`. Due is an error of authentication; an emulator
may take it.

## Remedy

Run the curl line of the finding and look for the exception in the service's log.

## When it is a note

Never. An emulator of several services may route by the scope, so that any answer is right that
is no failure.
";

impl Probe for CredentialsOtherService {
    fn name(&self) -> &'static str {
        "credentials-other-service"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let way = base.operation.service.auth.first().filter(|_| base.is_native())?;
        let shot = Shot::answered(base.request.clone()).signing(Signing::OtherService).elsewhere();
        (way.scheme == AuthScheme::Sigv4).then_some(shot)
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        header(seen.request, "authorization").contains("/nobodys-service/")
    }
}
