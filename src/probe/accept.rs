//! `accept`: what the client can read is said in other ways.

use http::HeaderValue;
use http::header::ACCEPT;

use super::{Base, Probe, Seen, Shot, Source};

/// The probe.
pub struct Accept;

const PAGE: &str = "\
# accept

## What it does

Sends a valid request with an `Accept` header: any type, the protocol's own among several, and
one that nobody can send. The first two must be answered as the same request without it.

## Why it matters

Clients send what their HTTP library sends, `*/*` most of all. A server that looks for one exact
text refuses half of them.

## Example

`Accept: */*` is answered with `406`. Due is the answer to any other request.

## Remedy

Read the header as a list of ranges with weights (RFC 9110, section 12.5.1), or do not read it.

## When it is a note

When nothing that can be had is asked for, any answer is right that is no failure: `406` as well
as the usual one.
";

impl Probe for Accept {
    fn name(&self) -> &'static str {
        "accept"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["any", "several", "none"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        if !base.is_native() {
            return None;
        }
        let own = base.operation.service.codec().media_types().first()?;
        let mut request = base.request.clone();
        let text = match form {
            "any" => "*/*".to_owned(),
            "several" => format!("text/html;q=0.2, {own}, */*;q=0.1"),
            _ => "application/x-nobody-has-this".to_owned(),
        };
        request.headers_mut().insert(ACCEPT, HeaderValue::from_str(&text).ok()?);
        Some(match form {
            "none" => Shot::answered(request),
            _ => Shot::same(request, Source::standard("RFC 9110, section 12.5.1")),
        })
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        seen.request.headers().contains_key(ACCEPT)
    }
}
