//! Requests as clients put them on the wire.

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Request, Uri};

/// A recorded request: request line, headers, blank line, body.
pub fn parse_recording(bytes: &[u8]) -> Request<Bytes> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n").expect("the end of the headers");
    let head = std::str::from_utf8(&bytes[..end]).expect("headers are text");
    let mut lines = head.split("\r\n");
    let mut line = lines.next().expect("a request line").split(' ');
    let mut request = Request::new(Bytes::copy_from_slice(&bytes[end + 4..]));
    *request.method_mut() =
        line.next().and_then(|method| Method::from_bytes(method.as_bytes()).ok()).expect("a method");
    *request.uri_mut() = line.next().and_then(|target| target.parse::<Uri>().ok()).expect("a target");
    for header in lines {
        let (name, value) = header.split_once(": ").expect("a header");
        let name: HeaderName = name.parse().expect("a header name");
        request.headers_mut().append(name, HeaderValue::from_str(value).expect("a header value"));
    }
    request
}

/// The request with credentials that a service takes: SigV4 of dummy keys, or a token.
pub fn with_credentials(mut request: Request<Bytes>, service: &str) -> Request<Bytes> {
    let headers = request.headers_mut();
    if service == "cbr" {
        headers.entry("x-auth-token").or_insert(HeaderValue::from_static("a-token"));
    } else {
        let value = format!(
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0"
        );
        headers.insert("authorization", HeaderValue::from_str(&value).expect("a header value"));
    }
    request
}
