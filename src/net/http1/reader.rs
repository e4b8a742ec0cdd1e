//! Messages out of the bytes of a connection, HTTP/1.0 and HTTP/1.1, without holding the bytes up: what cannot be read is
//! passed over, since nobody here answers for it.

use std::mem;

use http::header::{CONTENT_LENGTH, TRANSFER_ENCODING};
use http::{Method, StatusCode};

use super::message::{Direction, Extent, Head, Message, parse};

/// Longest head that is read, in bytes.
const HEAD: usize = 128 * 1024;
/// Longest body that is kept, in bytes. Of a longer one, only the head is.
pub const LONGEST_BODY: usize = 8 * 1024 * 1024;
/// Longest line that says how long a chunk is, in bytes.
const CHUNK_LINE: usize = 8 * 1024;

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
    Lost(Loss),
}

/// Why messages cannot be read any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loss {
    /// What follows is another protocol than HTTP, or may be one.
    Upgrade,
    /// It is no HTTP that a reader could be sure of.
    Unreadable(&'static str),
    /// The connection has ended.
    End,
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

    /// Why messages cannot be read any more; nothing where they can.
    #[must_use]
    pub fn loss(&self) -> Option<Loss> {
        match self.state {
            State::Lost(loss) => Some(loss),
            _ => None,
        }
    }

    /// Whether a message has begun and not ended.
    #[must_use]
    pub fn is_within(&self) -> bool {
        self.message.is_some() || !self.pending.is_empty()
    }

    /// Whether the message that has begun has its end where the connection has it.
    #[must_use]
    pub fn is_until_close(&self) -> bool {
        self.state == State::UntilClose
    }

    /// The message whose head has been read, and whose end has not.
    #[must_use]
    pub fn unfinished(&self) -> Option<&Message> {
        self.message.as_ref()
    }

    /// Bytes that are kept of what is not complete.
    #[must_use]
    pub fn held(&self) -> usize {
        self.pending.capacity() + self.body.capacity()
    }

    /// Takes bytes in, up to the end of a message, and gives that one out. `bodiless` says of an answer whether it has no
    /// body whatever its headers say, as one to `HEAD` has not.
    pub fn next(&mut self, bytes: &mut &[u8], bodiless: bool) -> Option<Message> {
        while !bytes.is_empty() && self.loss().is_none() {
            let complete = self.step(bytes, bodiless);
            if complete.is_some() {
                return complete;
            }
        }
        None
    }

    /// The message that the connection's end completes, or breaks off: where it is `cut`, nobody has closed it.
    #[must_use]
    pub fn end(&mut self, cut: bool) -> Option<Message> {
        let whole = self.state == State::UntilClose && !cut;
        let mut message = self.message.take()?;
        self.state = State::Lost(Loss::End);
        message.body = mem::take(&mut self.body).into();
        message.extent = match (self.too_long, whole) {
            (true, _) => Extent::TooLong,
            (false, true) => Extent::Whole,
            (false, false) => Extent::Cut,
        };
        Some(message)
    }

    fn step(&mut self, bytes: &mut &[u8], bodiless: bool) -> Option<Message> {
        match self.state {
            State::Head => return self.head(bytes, bodiless),
            State::Sized(left) => {
                let left = self.keep(bytes, left);
                self.state = State::Sized(left);
                if left == 0 {
                    return self.finish();
                }
            }
            State::Chunk(left) => {
                let left = self.keep(bytes, left);
                self.state = if left == 0 { State::ChunkEnd } else { State::Chunk(left) };
            }
            State::UntilClose => drop(self.keep(bytes, u64::MAX)),
            State::ChunkLine | State::ChunkEnd | State::Trailers => return self.line(bytes),
            State::Lost(_) => {}
        }
        None
    }

    /// Keeps so much of a body, and tells how much is still to come.
    fn keep(&mut self, bytes: &mut &[u8], left: u64) -> u64 {
        let length = bytes.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        let (part, rest) = bytes.split_at(length);
        *bytes = rest;
        self.too_long |= self.body.len() + part.len() > LONGEST_BODY;
        if self.too_long {
            self.body = Vec::new();
        } else {
            self.body.extend_from_slice(part);
        }
        left - length as u64
    }

    fn head(&mut self, bytes: &mut &[u8], bodiless: bool) -> Option<Message> {
        let before = self.pending.len();
        self.pending.extend_from_slice(bytes);
        // Empty lines may stand before a request (RFC 9112, section 2.2). However many there are, they are not held.
        let empty = empty_lines(&self.pending);
        self.pending.drain(..empty);
        // An end that came with these bytes begins at most three before them.
        let from = before.saturating_sub(empty + 3);
        let Some(end) = head_end(&self.pending[from..]).map(|end| from + end) else {
            *bytes = &[];
            if self.pending.len() > HEAD {
                self.lose(Loss::Unreadable("its head is too long"));
            }
            return None;
        };
        let head = mem::take(&mut self.pending);
        *bytes = &bytes[end + empty - before..];
        let Some(message) = parse(self.direction, &head[..end]) else {
            self.lose(Loss::Unreadable("its head is none of HTTP/1"));
            return None;
        };
        self.state = self.framing(&message, bodiless);
        self.message = Some(message);
        match self.state {
            State::Sized(0) => return self.finish(),
            State::Lost(loss) => self.lose(loss),
            _ => {}
        }
        None
    }

    /// How the body of a message ends (RFC 9112, section 6.3).
    fn framing(&self, message: &Message, bodiless: bool) -> State {
        match &message.head {
            // What follows is not HTTP any more, or may not be.
            Head::Response(StatusCode::SWITCHING_PROTOCOLS) | Head::Request(Method::CONNECT, _) => {
                return State::Lost(Loss::Upgrade);
            }
            Head::Response(status) if status.is_informational() || matches!(status.as_u16(), 204 | 304) || bodiless => {
                return State::Sized(0);
            }
            _ => {}
        }
        let until_close = if self.direction == Direction::Responses {
            State::UntilClose
        } else {
            State::Lost(Loss::Unreadable("its transfer coding has no end"))
        };
        if message.headers.contains_key(TRANSFER_ENCODING) {
            let last = message.headers.get_all(TRANSFER_ENCODING).iter().next_back();
            let last = last.and_then(|value| value.to_str().ok()).unwrap_or_default().to_ascii_lowercase();
            let is_chunked = last.rsplit(',').next().map(str::trim) == Some("chunked");
            return if is_chunked { State::ChunkLine } else { until_close };
        }
        let mut lengths = message.headers.get_all(CONTENT_LENGTH).iter().map(|length| number(length.as_bytes(), 10));
        match lengths.next() {
            // The same length again may be read as one (RFC 9110, section 8.6). Of others, readers differ on where the
            // message ends.
            Some(Some(length)) if lengths.all(|other| other == Some(length)) => State::Sized(length),
            Some(_) => State::Lost(Loss::Unreadable("its length is no number, or more than one")),
            None if self.direction == Direction::Responses => State::UntilClose,
            None => State::Sized(0),
        }
    }

    /// A line between chunks.
    fn line(&mut self, bytes: &mut &[u8]) -> Option<Message> {
        let end = memchr::memchr(b'\n', bytes);
        self.pending.extend_from_slice(&bytes[..end.unwrap_or(bytes.len())]);
        *bytes = end.map_or(&[], |end| &bytes[end + 1..]);
        if self.pending.len() > CHUNK_LINE {
            self.lose(Loss::Unreadable("a line between its chunks is too long"));
        }
        end?;
        let line = mem::take(&mut self.pending);
        let line = line.strip_suffix(b"\r").unwrap_or(&line);
        match self.state {
            State::ChunkLine => match line.split(|byte| *byte == b';').next().and_then(|size| number(size, 16)) {
                Some(0) => self.state = State::Trailers,
                Some(size) => self.state = State::Chunk(size),
                None => self.lose(Loss::Unreadable("the length of a chunk is no number")),
            },
            State::Trailers if line.is_empty() => return self.finish(),
            State::ChunkEnd if line.is_empty() => self.state = State::ChunkLine,
            State::ChunkEnd => self.lose(Loss::Unreadable("a chunk is longer than it says")),
            _ => {}
        }
        None
    }

    fn finish(&mut self) -> Option<Message> {
        self.state = State::Head;
        let body = mem::take(&mut self.body).into();
        let extent = if mem::take(&mut self.too_long) { Extent::TooLong } else { Extent::Whole };
        self.message.take().map(|message| Message { body, extent, ..message })
    }

    /// Nothing more can be read, and nothing is held.
    fn lose(&mut self, loss: Loss) {
        *self = Self { state: State::Lost(loss), ..Self::new(self.direction) };
    }
}

/// A number of digits alone, as lengths are: no sign, and nothing but blanks around it.
fn number(text: &[u8], radix: u32) -> Option<u64> {
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t']);
    let digits = text.chars().all(|digit| digit.is_digit(radix));
    digits.then(|| u64::from_str_radix(text, radix).ok()).flatten()
}

/// How many bytes the empty lines take that are at the start.
fn empty_lines(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    while let Some(after) = rest.strip_prefix(b"\n").or_else(|| rest.strip_prefix(b"\r\n")) {
        rest = after;
    }
    bytes.len() - rest.len()
}

/// Where a head ends, the empty line included.
fn head_end(bytes: &[u8]) -> Option<usize> {
    memchr::memchr_iter(b'\n', bytes).find_map(|at| {
        let rest = &bytes[at + 1..];
        let empty = if rest.starts_with(b"\r\n") { 2 } else { usize::from(rest.starts_with(b"\n")) };
        (empty > 0).then_some(at + 1 + empty)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn take(reader: &mut Reader, mut bytes: &[u8], bodiless: bool) -> Vec<Message> {
        std::iter::from_fn(|| reader.next(&mut bytes, bodiless)).collect()
    }

    /// The messages in bytes that come in pieces of a size, and the one that the end completes.
    fn read(direction: Direction, text: &str, piece: usize) -> (Vec<Message>, Option<Message>) {
        let mut reader = Reader::new(direction);
        let pieces = text.as_bytes().chunks(piece);
        let messages = pieces.flat_map(|piece| take(&mut reader, piece, false)).collect();
        assert_eq!(reader.loss(), None, "{text}");
        (messages, reader.end(false))
    }

    #[test]
    fn messages_are_the_same_however_bytes_come() {
        let text = "\r\nPOST /a HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcPUT /b HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n\
                    2;x=y\r\nde\r\n1\r\nf\r\n0\r\nTrailer: 1\r\n\r\nGET /c HTTP/1.0\n\n";
        for piece in [1, 2, 3, 4, 5, 7, 1000] {
            let (messages, rest) = read(Direction::Requests, text, piece);
            let bodies: Vec<_> = messages.iter().map(|message| message.body.clone()).collect();
            assert_eq!(bodies, ["abc", "def", ""], "{piece}");
            assert!(rest.is_none() && messages.iter().all(|message| message.extent == Extent::Whole));
        }
    }

    #[test]
    fn an_answer_without_a_length_ends_with_its_connection() {
        let text = "HTTP/1.0 200 OK\r\nA: b\r\n\r\nabc";
        let (messages, rest) = read(Direction::Responses, text, 4);
        assert!(messages.is_empty());
        assert!(rest.is_some_and(|last| last.extent == Extent::Whole && last.body == "abc"));
        let (_, rest) = read(Direction::Responses, "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", 4);
        assert!(rest.is_some_and(|last| last.extent == Extent::Cut), "it broke off");
        let mut reader = Reader::new(Direction::Responses);
        assert!(take(&mut reader, text.as_bytes(), false).is_empty());
        assert!(reader.end(true).is_some_and(|last| last.extent == Extent::Cut), "nobody closed it");
    }

    #[test]
    fn some_answers_have_no_body() {
        let mut reader = Reader::new(Direction::Responses);
        let text =
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n";
        assert_eq!(take(&mut reader, text, true).len(), 3);
    }

    #[test]
    fn what_cannot_be_read_is_passed_over() {
        for text in [
            "nonsense\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n",
            "POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n+5\r\n",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nab\r\n",
            "CONNECT a:1 HTTP/1.1\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\n",
        ] {
            let mut reader = Reader::new(Direction::Requests);
            assert!(take(&mut reader, text.as_bytes(), false).is_empty());
            assert!(reader.loss().is_some() && reader.held() == 0, "{text}");
        }
    }

    #[test]
    fn no_head_and_no_line_is_held_without_end() {
        for start in ["", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"] {
            let mut reader = Reader::new(Direction::Requests);
            let mut most = 0;
            assert!(take(&mut reader, start.as_bytes(), false).is_empty());
            for _ in 0..300 {
                assert!(take(&mut reader, &[b'x'; 1024], false).is_empty());
                most = most.max(reader.held());
            }
            assert!(reader.loss().is_some() && reader.held() == 0 && most <= 2 * HEAD + 2048, "{start}: {most}");
        }
    }

    #[test]
    fn empty_lines_before_a_request_are_not_held() {
        let mut reader = Reader::new(Direction::Requests);
        for byte in "\r\n".repeat(HEAD).bytes() {
            assert!(take(&mut reader, &[byte], false).is_empty());
        }
        assert!(reader.held() < 1024 && !reader.is_within());
        assert_eq!(take(&mut reader, b"\n\r\nGET / HTTP/1.1\r\n\r\nGET", false).len(), 1);
        assert!(reader.is_within());
    }

    #[test]
    fn of_a_long_body_the_head_is_kept() {
        let mut reader = Reader::new(Direction::Requests);
        let head = format!("POST / HTTP/1.1\r\nContent-Length: {}\r\n\r\n", LONGEST_BODY + 10);
        let mut messages = take(&mut reader, head.as_bytes(), false);
        messages.extend(take(&mut reader, &vec![b'x'; LONGEST_BODY + 10], false));
        assert!(messages.len() == 1 && messages[0].body.is_empty() && messages[0].extent == Extent::TooLong);
    }
}
