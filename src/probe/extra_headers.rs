//! `extra-headers`: the request has headers that say nothing about the operation.

use http::HeaderName;
use http::HeaderValue;

use super::{Base, Probe, Seen, Shot, Source};
use crate::model::AuthScheme;

/// The probe.
pub struct ExtraHeaders;

const PAGE: &str = "\
# extra-headers

## What it does

Sends a valid request with the headers that an SDK adds, and with those that gateways and
tracing add.

## Why it matters

Every request in production has some. A header that a server does not know is to be ignored.

## Example

`traceparent` is answered with `400`. Due is the answer to the same request without it.

## Remedy

Read the headers that the contract has, and no others.

## When it is a note

Never.
";

impl Probe for ExtraHeaders {
    fn name(&self) -> &'static str {
        "extra-headers"
    }

    fn page(&self) -> &'static str {
        PAGE
    }

    fn forms(&self) -> &'static [&'static str] {
        &["sdk", "gateway"]
    }

    fn shot(&self, form: &str, base: &Base<'_>) -> Option<Shot> {
        let aws = base.operation.service.auth.iter().any(|way| way.scheme == AuthScheme::Sigv4);
        let headers: &[(&str, &str)] = match form {
            "sdk" if aws => &[
                ("amz-sdk-invocation-id", "5f0c2d3e-8a41-4f6e-9a70-1b2c3d4e5f60"),
                ("amz-sdk-request", "attempt=1; max=3"),
                ("x-amz-user-agent", "aws-sdk-js/3.0"),
            ],
            "sdk" => &[("user-agent", "huaweicloud-usdk-python/3.0"), ("x-language", "en-us")],
            _ => &[
                ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"),
                ("via", "1.1 gateway"),
                ("x-forwarded-for", "192.0.2.1"),
                ("x-request-id", "accordant-probe"),
            ],
        };
        let mut request = base.request.clone();
        for (name, value) in headers {
            request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static(value));
        }
        let shown = base.is_native() || form != "sdk";
        shown.then(|| Shot::same(request, Source::standard("RFC 9110, section 5.1")))
    }

    fn shows(&self, seen: &Seen<'_>) -> bool {
        ["amz-sdk-seen.request", "x-language", "traceparent"]
            .iter()
            .any(|name| seen.request.headers().contains_key(*name))
    }
}
