//! One keep-alive connection, blocking, without pipelining, with no more HTTP than a measurement needs.

use std::{
    io::{ErrorKind, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

use crate::error::{LoadError, while_doing};

/// How long an answer may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(10);

/// The part of an answer's head that framing needs.
#[derive(Clone, Copy, Debug)]
pub struct Head {
    /// Status code.
    pub status: u16,
    /// Bytes up to and including the empty line.
    pub length: usize,
    /// Bytes of body that follow.
    pub body: usize,
    /// The server is about to close the connection.
    pub closes: bool,
}

/// Reads the head of an answer; `None` when it has not wholly arrived.
///
/// # Errors
/// What is wrong, when the bytes are no HTTP/1.1 answer with a `Content-Length`.
pub fn parse_head(bytes: &[u8]) -> Result<Option<Head>, &'static str> {
    let (mut status, mut body, mut closes, mut at) = (None, None, false, 0);
    while let Some(end) = bytes[at..].iter().position(|&byte| byte == b'\n') {
        let line = bytes[at..at + end].trim_ascii_end();
        at += end + 1;
        if status.is_none() {
            let code = line.strip_prefix(b"HTTP/1.1 ").and_then(|rest| rest.get(..3));
            status = Some(code.and_then(decimal).ok_or("no HTTP/1.1 status line")?);
        } else if let Some(value) = header(line, b"content-length:") {
            body = Some(decimal(value).ok_or("Content-Length is no number")?);
        } else if let Some(value) = header(line, b"connection:") {
            closes = value.eq_ignore_ascii_case(b"close");
        } else if line.is_empty() {
            let status = status.and_then(|code| u16::try_from(code).ok()).ok_or("no status")?;
            let body = body.ok_or("no Content-Length")?;
            return Ok(Some(Head { status, length: at, body, closes }));
        }
    }
    Ok(None)
}

fn header<'a>(line: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let (start, value) = line.split_at_checked(name.len())?;
    start.eq_ignore_ascii_case(name).then(|| value.trim_ascii())
}

fn decimal(text: &[u8]) -> Option<usize> {
    std::str::from_utf8(text).ok()?.parse().ok()
}

/// A connection with at most one request under way.
pub struct Connection {
    peer: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
    answers: u64,
}

impl Connection {
    /// Connects to `peer`.
    ///
    /// # Errors
    /// [`LoadError::Io`] when nobody listens there.
    pub fn open(peer: SocketAddr) -> Result<Self, LoadError> {
        let connect = || {
            let stream = TcpStream::connect(peer)?;
            stream.set_nodelay(true)?;
            stream.set_read_timeout(Some(PATIENCE))?;
            stream.set_write_timeout(Some(PATIENCE))?;
            Ok(stream)
        };
        let stream = connect().map_err(while_doing(format!("connect to {peer}")))?;
        Ok(Self { peer, stream, buffer: vec![0; 16 * 1024], answers: 0 })
    }

    /// Sends one request.
    ///
    /// # Errors
    /// [`LoadError::Closed`] when the server has gone, [`LoadError::Silent`] when it does not read.
    pub fn send(&mut self, request: &[u8]) -> Result<(), LoadError> {
        self.stream.write_all(request).map_err(|error| self.broken(error))
    }

    /// Receives one whole answer: its head, and all its bytes.
    ///
    /// # Errors
    /// [`LoadError::Closed`] when the server closed or announces that it will, [`LoadError::Silent`] when nothing came
    /// in time, [`LoadError::Unreadable`] when the answer has no known length or is followed by more bytes.
    pub fn receive(&mut self) -> Result<(Head, &[u8]), LoadError> {
        let mut filled = 0;
        loop {
            match self.stream.read(&mut self.buffer[filled..]) {
                Ok(0) => return Err(self.closed()),
                Ok(read) => filled += read,
                Err(error) => return Err(self.broken(error)),
            }
            let head = parse_head(&self.buffer[..filled]).map_err(|why| self.unreadable(why))?;
            let whole = head.map(|head| (head, head.length + head.body));
            match whole {
                Some((head, total)) if filled == total => {
                    if head.closes {
                        return Err(self.closed());
                    }
                    self.answers += 1;
                    return Ok((head, &self.buffer[..total]));
                }
                Some((_, total)) if filled > total => return Err(self.unreadable("more bytes than Content-Length")),
                Some((_, total)) if total > self.buffer.len() => self.buffer.resize(total, 0),
                None if filled == self.buffer.len() => return Err(self.unreadable("a head that does not end")),
                _ => {}
            }
        }
    }

    fn closed(&self) -> LoadError {
        LoadError::Closed { peer: self.peer, answers: self.answers }
    }

    fn unreadable(&self, why: &'static str) -> LoadError {
        LoadError::Unreadable { peer: self.peer, why }
    }

    fn broken(&self, error: std::io::Error) -> LoadError {
        match error.kind() {
            ErrorKind::ConnectionReset | ErrorKind::BrokenPipe | ErrorKind::ConnectionAborted => self.closed(),
            ErrorKind::WouldBlock | ErrorKind::TimedOut => LoadError::Silent { peer: self.peer, patience: PATIENCE },
            _ => LoadError::Io { doing: format!("talk to {}", self.peer), source: error },
        }
    }
}
