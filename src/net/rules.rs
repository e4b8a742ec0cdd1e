//! What RFC 9112 and RFC 3986 have a server refuse in the head of a request, beyond what hyper refuses itself.

use http::header::{HOST, TRANSFER_ENCODING};
use http::request::Parts;
use http::{HeaderMap, StatusCode, Version};

/// Why a head is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong with it. No value of the request is among the words.
    pub detail: &'static str,
    /// The status, where it is not the one of a malformed request.
    pub status: Option<StatusCode>,
}

/// Why a request is not one that may be answered otherwise.
pub fn refusal(parts: &Parts) -> Option<Refusal> {
    let malformed = |detail| Refusal { detail, status: None };
    host(parts).or_else(|| escapes(parts)).map(malformed).or_else(|| transfer_coding(&parts.headers))
}

/// RFC 9112, section 3.2: a request of HTTP/1.1 has one `Host`, no request has more, and it holds a host.
fn host(parts: &Parts) -> Option<&'static str> {
    let mut hosts = parts.headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (None, _) if parts.version >= Version::HTTP_11 => Some("there is no Host header"),
        (Some(_), Some(_)) => Some("there is more than one Host header"),
        (Some(host), None) if !is_host(host.as_bytes()) => Some("the Host header holds no host"),
        _ => None,
    }
}

/// Whether bytes are of those that a host and a port are written with (RFC 3986, section 3.2.2).
fn is_host(text: &[u8]) -> bool {
    text.iter().all(|byte| byte.is_ascii_alphanumeric() || b"-._~%!$&'()*+,;=:[]".contains(byte))
}

/// RFC 3986, section 2.1: a percent sign stands before two hexadecimal digits.
fn escapes(parts: &Parts) -> Option<&'static str> {
    let target = parts.uri.path_and_query()?.as_str().as_bytes();
    let broken = |at: usize| !target.get(at + 1..at + 3).is_some_and(|pair| pair.iter().all(u8::is_ascii_hexdigit));
    let found = memchr::memchr_iter(b'%', target).any(broken);
    found.then_some("the request's target holds a percent sign that escapes nothing")
}

/// RFC 9112, section 6.1: no coding is applied twice after `chunked`, and one that is not known is not implemented.
fn transfer_coding(headers: &HeaderMap) -> Option<Refusal> {
    let mut chunked = 0;
    for value in headers.get_all(TRANSFER_ENCODING) {
        for coding in value.as_bytes().split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if coding.eq_ignore_ascii_case(b"chunked") {
                chunked += 1;
            } else if !coding.is_empty() {
                let status = Some(StatusCode::NOT_IMPLEMENTED);
                return Some(Refusal { detail: "the body has a transfer coding other than chunked", status });
            }
        }
    }
    (chunked > 1).then_some(Refusal { detail: "the body is chunked more than once", status: None })
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;

    fn detail(target: &str, headers: &[(&str, &str)]) -> Option<&'static str> {
        let request = headers.iter().fold(Request::get(target), |request, (name, value)| request.header(*name, *value));
        let (parts, ()) = request.body(()).expect("a request").into_parts();
        refusal(&parts).map(|refusal| refusal.detail)
    }

    #[test]
    fn what_is_well_formed_is_not_refused() {
        for host in ["localhost", "localhost:80", "[::1]:4010", "", "a_b.example"] {
            assert_eq!(detail("/a%20b?c=%7E", &[("host", host)]), None, "{host}");
        }
        assert_eq!(detail("/", &[("host", "a"), ("transfer-encoding", " Chunked")]), None);
    }

    #[test]
    fn a_percent_sign_escapes_a_byte() {
        for target in ["/%zz", "/%", "/a%4", "/?b=%g0", "/a?b=1%"] {
            assert!(detail(target, &[("host", "a")]).is_some_and(|detail| detail.contains("percent")), "{target}");
        }
    }
}
