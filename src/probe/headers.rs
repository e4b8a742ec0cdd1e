//! What probes ask of the headers of a request.

use bytes::Bytes;
use http::Request;

/// The text of a header; empty where there is none.
pub fn header<'r>(request: &'r Request<Bytes>, name: &str) -> &'r str {
    request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}
