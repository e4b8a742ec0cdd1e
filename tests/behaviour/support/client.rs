//! A client that sends bytes as they are, and reads answers.

use std::io;
use std::net::SocketAddr;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::in_time;

/// One connection.
pub struct Client {
    pub stream: TcpStream,
    received: Vec<u8>,
}

impl Client {
    pub async fn connect(address: SocketAddr) -> Self {
        let stream = in_time("a connection", TcpStream::connect(address)).await.expect("a connection");
        Self { stream, received: Vec::new() }
    }

    pub async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        self.try_send(bytes).await.expect("the server takes the bytes");
    }

    /// Sends to a server that may have closed the connection.
    pub async fn try_send(&mut self, bytes: impl AsRef<[u8]>) -> io::Result<()> {
        in_time("the server to take bytes", self.stream.write_all(bytes.as_ref())).await
    }

    /// Says that no more bytes come.
    pub async fn finish(&mut self) {
        self.stream.shutdown().await.expect("the end is sent");
    }

    /// The next answer.
    pub async fn answer(&mut self) -> Answer {
        self.next().await.expect("an answer")
    }

    /// The next answer; nothing when the connection is closed without one.
    pub async fn next(&mut self) -> Option<Answer> {
        loop {
            if let Some((answer, length)) = Answer::parse(&self.received) {
                self.received.drain(..length);
                return Some(answer);
            }
            if !self.read().await {
                let rest = String::from_utf8_lossy(&self.received);
                assert!(self.received.is_empty(), "the connection ends within an answer: {rest}");
                return None;
            }
        }
    }

    /// Waits until the server closes the connection, which it does without another answer.
    pub async fn expect_close(&mut self) {
        let answer = self.next().await;
        assert!(answer.is_none(), "a close, not {answer:?}");
    }

    /// Whether more came before the connection was closed or reset.
    async fn read(&mut self) -> bool {
        let read = in_time("an answer or a close", self.stream.read_buf(&mut self.received)).await;
        read.is_ok_and(|length| length > 0)
    }
}

/// An answer, as it was on the wire.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    /// Status line and headers.
    pub head: String,
    pub body: String,
}

impl Answer {
    /// The answer at the start of some bytes, with its length, when it is complete.
    fn parse(bytes: &[u8]) -> Option<(Self, usize)> {
        let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
        let head = std::str::from_utf8(&bytes[..end]).expect("headers are text").to_owned();
        let status = head.split(' ').nth(1).and_then(|text| text.parse().ok()).expect("a status");
        let mut answer = Self { status, head, body: String::new() };
        let length = answer.header("content-length").map_or(0, |text| text.parse().expect("a length"));
        answer.body = String::from_utf8(bytes.get(end..end + length)?.to_vec()).expect("a body is text");
        Some((answer, end + length))
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        let headers = self.head.lines().filter_map(|line| line.split_once(": "));
        headers.into_iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.body))
    }

    /// The error code, wherever the protocol has it.
    pub fn code(&self) -> String {
        if let Some(code) = self.header("x-amzn-errortype") {
            return code.to_owned();
        }
        if let Some((_, rest)) = self.body.split_once("<Code>") {
            return rest.split('<').next().unwrap_or_default().to_owned();
        }
        let body: Value = serde_json::from_str(&self.body).unwrap_or_default();
        let code = body.get("error_code").or_else(|| body.pointer("/error/code"));
        code.and_then(Value::as_str).unwrap_or_default().to_owned()
    }
}
