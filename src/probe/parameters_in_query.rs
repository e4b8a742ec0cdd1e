//! `parameters-in-query`: the parameters stand in the query string.

use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::Strength;

/// The probe.
pub struct ParametersInQuery;

const PAGE: &str = "\
# parameters-in-query

## What it does

Sends a valid request of a protocol of parameters as a `GET` with all of them in the query
string.

## Why it matters

That is how such services are called by a link: a presigned URL is one.

## Example

`GET /?Action=…` is answered with `MissingAction`. Due is the answer to the same parameters in a
form.

## Remedy

Read parameters from the query string and from the body.

## When it is a note

Never.
";

impl Probe for ParametersInQuery {
    fn name(&self) -> &'static str {
        "parameters-in-query"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let pairs =
            base.pairs().filter(|_| base.naming().is_some_and(|naming| naming.methods().contains(&Method::GET)))?;
        let (path, _) = base.target();
        let mut request = base.with_target(path, &pairs.join("&"))?;
        *request.method_mut() = Method::GET;
        *request.body_mut() = Bytes::new();
        request.headers_mut().remove(CONTENT_TYPE);
        let source = Source::of("AWS, query requests: GET or POST with the parameters", Strength::Model);
        Some(Shot::same(request, source).rewritten())
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.method() == Method::GET
            && seen.request.uri().query().is_some_and(|query| query.contains("Action=") && !query.contains("X-Amz-"))
    }
}
