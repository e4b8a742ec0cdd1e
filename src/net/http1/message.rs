//! A message that passes through a proxy, and how its head is read.

use bytes::Bytes;
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};

/// Most headers of a message.
const HEADERS: usize = 128;

/// The head of a message.
#[derive(Debug, Clone)]
pub enum Head {
    /// Of a request.
    Request(Method, Uri),
    /// Of an answer.
    Response(StatusCode),
}

/// A message.
#[derive(Debug, Clone)]
pub struct Message {
    /// Request line or status line.
    pub head: Head,
    /// Headers.
    pub headers: HeaderMap,
    /// The body; nothing of one that is too long.
    pub body: Bytes,
    /// How much of it there is.
    pub extent: Extent,
}

/// How much of a message there is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of it.
    Whole,
    /// It broke off.
    Cut,
    /// Its head: the body is longer than what is kept.
    TooLong,
}

impl Message {
    /// The request that it is.
    #[must_use]
    pub fn into_request(self) -> Option<Request<Bytes>> {
        let Head::Request(method, uri) = self.head else { return None };
        let mut request = Request::new(self.body);
        *request.method_mut() = method;
        *request.uri_mut() = uri;
        *request.headers_mut() = self.headers;
        Some(request)
    }

    /// The answer that it is.
    #[must_use]
    pub fn into_response(self) -> Option<Response<Bytes>> {
        let Head::Response(status) = self.head else { return None };
        let mut response = Response::new(self.body);
        *response.status_mut() = status;
        *response.headers_mut() = self.headers;
        Some(response)
    }
}

/// Which way bytes go.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// From the client.
    Requests,
    /// To the client.
    Responses,
}

/// Reads a head that is complete; nothing where it is none.
pub(super) fn parse(direction: Direction, bytes: &[u8]) -> Option<Message> {
    let mut fields = [httparse::EMPTY_HEADER; HEADERS];
    let (head, fields): (Head, &[httparse::Header<'_>]) = match direction {
        Direction::Requests => {
            let mut request = httparse::Request::new(&mut fields);
            request.parse(bytes).ok().filter(httparse::Status::is_complete)?;
            let method = request.method?.parse().ok()?;
            (Head::Request(method, request.path?.parse().ok()?), request.headers)
        }
        Direction::Responses => {
            let mut response = httparse::Response::new(&mut fields);
            response.parse(bytes).ok().filter(httparse::Status::is_complete)?;
            (Head::Response(StatusCode::from_u16(response.code?).ok()?), response.headers)
        }
    };
    let mut headers = HeaderMap::new();
    for field in fields {
        let name = HeaderName::from_bytes(field.name.as_bytes()).ok()?;
        headers.append(name, HeaderValue::from_bytes(field.value).ok()?);
    }
    Some(Message { head, headers, body: Bytes::new(), extent: Extent::Whole })
}
