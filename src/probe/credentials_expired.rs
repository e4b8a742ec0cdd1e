//! `credentials-expired`: the request was signed years ago.

use super::headers::header;

use super::{Base, Probe, Seen, Shot, Signing};
use crate::model::AuthScheme;

/// The probe.
pub struct CredentialsExpired;

const PAGE: &str = "\
# credentials-expired

## What it does

Sends a valid request with a signature of the year 2015.

## Why it matters

Old signatures come from clocks that are wrong and from requests that somebody kept. They must
be answered like any other fault of the caller's.

## Example

A signature of 2015 is answered with `500`. Due is an error of authentication; an emulator may
take it.

## Remedy

Run the curl line of the finding and look for the exception in the service's log.

## When it is a note

Never. Whether signatures are verified is the service's affair: a success is no complaint.
";

impl Probe for CredentialsExpired {
    fn name(&self) -> &'static str {
        "credentials-expired"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let way = base.operation.service.auth.first().filter(|_| base.is_native())?;
        (way.scheme == AuthScheme::Sigv4).then(|| Shot::answered(base.request.clone()).signing(Signing::Expired))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        header(seen.request, "x-amz-date").starts_with("2015")
    }
}
