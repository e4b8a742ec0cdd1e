//! `presigned`: the request is signed in its query string.

use bytes::Bytes;
use http::Method;
use http::header::CONTENT_TYPE;

use super::{Base, Probe, Seen, Shot, Signing, Source};
use crate::model::{AuthScheme, Strength};

/// The probe.
pub struct Presigned;

const PAGE: &str = "\
# presigned

## What it does

Sends a valid request whose signature stands in the query string; a form goes there as well, as
in a presigned URL.

## Why it matters

Presigned URLs are handed to others, who have no credentials. A server that looks at the header
alone refuses them.

## Example

A request with `X-Amz-Signature` in its query string is answered with `403`. Due is the answer
to the same request signed in a header.

## Remedy

Look for a signature in both places.

## When it is a note

Never.
";

impl Probe for Presigned {
    fn name(&self) -> &'static str {
        "presigned"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let way = base.operation.service.auth.first().filter(|_| base.is_native())?;
        let source =
            Source::of("AWS, Signature Version 4: authentication information in the query string", Strength::Model);
        let request = match base.pairs() {
            Some(pairs) => {
                let (path, _) = base.target();
                let mut request = base.with_target(path, &pairs.join("&"))?;
                *request.method_mut() = Method::GET;
                *request.body_mut() = Bytes::new();
                request.headers_mut().remove(CONTENT_TYPE);
                request
            }
            None => base.request.clone(),
        };
        (way.scheme == AuthScheme::Sigv4).then(|| Shot::same(request, source).signing(Signing::Presigned))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.uri().query().is_some_and(|query| query.contains("X-Amz-Signature="))
    }
}
