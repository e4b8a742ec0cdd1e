//! Messages out of the bytes of a connection, HTTP/1.0 and HTTP/1.1, without holding the bytes up: what cannot be read is
//! passed over, since nobody here answers for it.

use std::mem;

use bytes::Bytes;
use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};

/// Longest head that is read, in bytes.
const HEAD: usize = 128 * 1024;
/// Most headers of a message.
const HEADERS: usize = 128;
/// Longest body that is kept, in bytes. Of a longer one, only the head is.
const BODY: usize = 8 * 1024 * 1024;
/// Longest line that says how long a chunk is, in bytes.
const CHUNK_LINE: usize = 8 * 1024;

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
    /// Whether it came to its end.
    pub whole: bool,
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

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Head,
    /// A body of which so much is still to come.
    Sized(u64),
    ChunkLine,
    Chunk(u64),
    ChunkEnd,
    Trailers,
    UntilClose,
    /// What comes cannot be read any more.
    Lost,
}

/// Reads the messages of one direction of a connection.
#[derive(Debug)]
pub struct Reader {
    direction: Direction,
    state: State,
    /// Bytes of a line or head that is not complete.
    pending: Vec<u8>,
    message: Option<Message>,
    body: Vec<u8>,
    too_long: bool,
}

impl Reader {
    /// Of a connection's beginning.
    #[must_use]
    pub fn new(direction: Direction) -> Self {
        Self { direction, state: State::Head, pending: Vec::new(), message: None, body: Vec::new(), too_long: false }
    }

    /// Whether messages can still be read.
    #[must_use]
    pub fn is_lost(&self) -> bool {
        self.state == State::Lost
    }

    /// Takes bytes in, and gives out the messages that they complete. `bodiless` says of an answer, when its head is read,
    /// whether it has no body whatever its headers say, as one to `HEAD` has not.
    pub fn read(&mut self, mut bytes: &[u8], bodiless: &mut dyn FnMut() -> bool) -> Vec<Message> {
        let mut complete = Vec::new();
        while !bytes.is_empty() && self.state != State::Lost {
            bytes = self.step(bytes, bodiless, &mut complete);
        }
        complete
    }

    /// The message that the connection's end completes, or breaks off.
    #[must_use]
    pub fn end(&mut self) -> Option<Message> {
        let whole = self.state == State::UntilClose;
        let mut message = self.message.take()?;
        message.body = mem::take(&mut self.body).into();
        message.whole = whole && !self.too_long;
        Some(message)
    }

    fn step<'b>(
        &mut self,
        bytes: &'b [u8],
        bodiless: &mut dyn FnMut() -> bool,
        complete: &mut Vec<Message>,
    ) -> &'b [u8] {
        match self.state {
            State::Head => self.head(bytes, bodiless, complete),
            State::Sized(left) => {
                let (rest, left) = self.keep(bytes, left);
                self.state = State::Sized(left);
                if left == 0 {
                    self.finish(complete);
                }
                rest
            }
            State::Chunk(left) => {
                let (rest, left) = self.keep(bytes, left);
                self.state = if left == 0 { State::ChunkEnd } else { State::Chunk(left) };
                rest
            }
            State::UntilClose => {
                self.keep(bytes, u64::MAX);
                &[]
            }
            State::ChunkLine | State::ChunkEnd | State::Trailers => self.line(bytes, complete),
            State::Lost => &[],
        }
    }

    /// Keeps so much of a body, and tells what follows and how much is still to come.
    fn keep<'b>(&mut self, bytes: &'b [u8], left: u64) -> (&'b [u8], u64) {
        let length = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let (part, rest) = bytes.split_at(length);
        self.too_long |= self.body.len() + part.len() > BODY;
        if self.too_long {
            self.body.clear();
        } else {
            self.body.extend_from_slice(part);
        }
        (rest, left - length as u64)
    }

    fn head<'b>(
        &mut self,
        bytes: &'b [u8],
        bodiless: &mut dyn FnMut() -> bool,
        complete: &mut Vec<Message>,
    ) -> &'b [u8] {
        let before = self.pending.len();
        let end = {
            self.pending.extend_from_slice(bytes);
            // Empty lines may stand before a request (RFC 9112, section 2.2).
            let start = self.pending.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            head_end(&self.pending[start..]).map(|end| start + end)
        };
        let Some(end) = end else {
            if self.pending.len() > HEAD {
                self.state = State::Lost;
            }
            return &[];
        };
        let head = mem::take(&mut self.pending);
        let Some(message) = parse(self.direction, &head[..end]) else {
            self.state = State::Lost;
            return &[];
        };
        self.state = self.framing(&message, bodiless);
        self.message = Some(message);
        if self.state == State::Sized(0) {
            self.finish(complete);
        }
        &bytes[end - before..]
    }

    /// How the body of a message ends (RFC 9112, section 6.3).
    fn framing(&self, message: &Message, bodiless: &mut dyn FnMut() -> bool) -> State {
        if let Head::Response(status) = message.head {
            if status == StatusCode::SWITCHING_PROTOCOLS {
                return State::Lost;
            }
            let never = status.is_informational() || matches!(status.as_u16(), 204 | 304);
            if never || bodiless() {
                return State::Sized(0);
            }
        }
        if message.headers.contains_key(TRANSFER_ENCODING) {
            let last = message.headers.get_all(TRANSFER_ENCODING).iter().next_back();
            let last = last.and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
            return match last.rsplit(',').next().map(str::trim) {
                Some("chunked") => State::ChunkLine,
                _ if self.direction == Direction::Responses => State::UntilClose,
                _ => State::Lost,
            };
        }
        match message.headers.get(CONTENT_LENGTH).map(|length| length.to_str().ok()?.trim().parse().ok()) {
            Some(Some(length)) => State::Sized(length),
            Some(None) => State::Lost,
            None if self.direction == Direction::Responses => State::UntilClose,
            None => State::Sized(0),
        }
    }

    /// A line between chunks.
    fn line<'b>(&mut self, bytes: &'b [u8], complete: &mut Vec<Message>) -> &'b [u8] {
        let Some(end) = memchr::memchr(b'\n', bytes) else {
            self.pending.extend_from_slice(bytes);
            if self.pending.len() > CHUNK_LINE {
                self.state = State::Lost;
            }
            return &[];
        };
        self.pending.extend_from_slice(&bytes[..end]);
        let line = mem::take(&mut self.pending);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        match self.state {
            State::ChunkLine => {
                let size = line.split(|byte| *byte == b';').next().and_then(|size| std::str::from_utf8(size).ok());
                self.state = match size.and_then(|size| u64::from_str_radix(size.trim(), 16).ok()) {
                    Some(0) => State::Trailers,
                    Some(size) => State::Chunk(size),
                    None => State::Lost,
                };
            }
            State::Trailers if line.is_empty() => self.finish(complete),
            State::Trailers => {}
            _ => self.state = if line.is_empty() { State::ChunkLine } else { State::Lost },
        }
        &bytes[end + 1..]
    }

    fn finish(&mut self, complete: &mut Vec<Message>) {
        self.state = State::Head;
        let body = mem::take(&mut self.body).into();
        let whole = !mem::take(&mut self.too_long);
        complete.extend(self.message.take().map(|message| Message { body, whole, ..message }));
    }
}

/// Where a head ends, the empty line included.
fn head_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| {
        let rest = &bytes[at + 1..];
        let empty = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
        (empty > 0).then_some(at + 1 + empty)
    })
}

fn parse(direction: Direction, bytes: &[u8]) -> Option<Message> {
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
    Some(Message { head, headers, body: Bytes::new(), whole: true })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The messages in bytes that come in pieces of a size, and the one that the end completes.
    fn read(direction: Direction, text: &str, piece: usize) -> (Vec<Message>, Option<Message>) {
        let mut reader = Reader::new(direction);
        let pieces = text.as_bytes().chunks(piece);
        let messages = pieces.flat_map(|piece| reader.read(piece, &mut || false)).collect();
        assert!(!reader.is_lost(), "{text}");
        (messages, reader.end())
    }

    #[test]
    fn messages_are_the_same_however_bytes_come() {
        let text = "\r\nPOST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPUT /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                    2;x=y\r\nde\r\n1\r\nf\r\n0\r\nTrailer: 1\r\n\r\nGET /c HTTP/1.0\n\n";
        for piece in [1, 2, 3, 7, 1000] {
            let (messages, rest) = read(Direction::Requests, text, piece);
            let bodies: Vec<_> = messages.iter().map(|message| message.body.clone()).collect();
            assert_eq!(bodies, ["abc", "def", ""], "{piece}");
            assert!(rest.is_none() && messages.iter().all(|message| message.whole));
        }
    }

    #[test]
    fn an_answer_without_a_length_ends_with_its_connection() {
        let (messages, rest) = read(Direction::Responses, "HTTP/1.0 200 OK\r\nA: b\r\n\r\nabc", 4);
        assert!(messages.is_empty());
        assert!(rest.is_some_and(|last| last.whole && last.body == "abc"));
        let (_, rest) = read(Direction::Responses, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 4);
        assert!(rest.is_some_and(|last| !last.whole), "it broke off");
    }

    #[test]
    fn some_answers_have_no_body() {
        let mut reader = Reader::new(Direction::Responses);
        let text =
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(reader.read(text, &mut || true).len(), 3);
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        for text in [
            "nonsense\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        ] {
            let mut reader = Reader::new(Direction::Requests);
            assert!(reader.read(text.as_bytes(), &mut || false).is_empty());
            assert!(reader.is_lost(), "{text}");
        }
        let mut reader = Reader::new(Direction::Requests);
        for _ in 0..300 {
            let _ = reader.read(&[b'x'; 1024], &mut || false);
        }
        assert!(reader.is_lost() && reader.pending.len() < 2 * HEAD);
    }

    #[test]
    fn of_a_long_body_the_head_is_kept() {
        let mut reader = Reader::new(Direction::Requests);
        let head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", BODY + 10);
        let mut messages = reader.read(head.as_bytes(), &mut || false);
        messages.extend(reader.read(&vec![b'x'; BODY + 10], &mut || false));
        assert!(messages.len() == 1 && messages[0].body.is_empty() && !messages[0].whole);
    }
}
