//! `chunked-body`: the body comes in chunks.

use super::{Base, Manner, Probe, Seen, Shot, Source};

/// The probe.
pub struct ChunkedBody;

const PAGE: &str = "\
# chunked-body

## What it does

Sends a valid request whose body has no length but comes in chunks.

## Why it matters

Clients that stream, and proxies on the way, cut bodies into chunks. A server that reads as many
bytes as `Content-Length` says reads nothing.

## Example

A chunked body is taken for an empty one, and answered with the error for missing members. Due
is the answer to the same body in one piece.

## Remedy

Let the web server read bodies to their end; a server must be able to read the chunked coding.

## When it is a note

Never. `411` is no complaint: a server may ask for a length.
";

impl Probe for ChunkedBody {
    fn name(&self) -> &'static str {
        "chunked-body"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &[""]
    }

    fn shot(&self, _: &str, base: &Base<'_>) -> Option<Shot> {
        let source = Source::standard("RFC 9112, section 7.1");
        base.has_body().then(|| Shot::same(base.request.clone(), source).manner(Manner::Chunked).accepts(&[411]))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.manner == Manner::Chunked
    }
}
