//! `accept-encoding`: how the answer may be coded is said in other ways.

use super::{Base, Probe, Seen, Shot, Source};

/// The probe.
pub struct AcceptEncoding;

const PAGE: &str = "\
# accept-encoding

## What it does

Sends a valid request that asks for an answer without a content coding, for one in gzip, and for
none that there is. Each must be answered, the first two as the same request without the header.

## Why it matters

HTTP libraries ask for gzip by themselves. A server that fails when it codes its answer fails
for them only, and no test by hand shows it.

## Example

`Accept-Encoding: gzip` is answered with `500`. Due is the usual answer, in gzip or as it is.

## Remedy

Run the curl line of the finding. Leave coding to the web server, or send the answer as it is,
which is always right unless `identity` is excluded.

## When it is a note

When the header excludes every coding, any answer is right that is no failure.
";

impl Probe for AcceptEncoding {
    fn name(&self) -> &'static str {
        "accept-encoding"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["identity", "gzip", "none"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let text = match form {
            "identity" => "identity",
            "gzip" => "gzip",
            _ => "identity;q=0, *;q=0",
        };
        let request = base.with_header("accept-encoding", text);
        Some(match form {
            "none" => Shot::answered(request),
            _ => Shot::same(request, Source::standard("RFC 9110, section 12.5.3")),
        })
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.headers().contains_key("accept-encoding")
    }
}
