//! A connection's stream, with an end to what hyper would wait for without one: a peer that does not read its answers,
//! a peer that does not close, and, when the server stops, a peer that has sent a part of a header.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep};

use super::slots::Activity;

/// Longest time that a closed connection still takes in what its peer sends.
const LINGER: Duration = Duration::from_secs(2);

/// A stream whose writes and whose close come to an end.
#[derive(Debug)]
pub struct Stream {
    tcp: TcpStream,
    /// Longest time for a write to get anywhere.
    write_time: Duration,
    /// Whether the server stops, and closes without lingering.
    stopping: Arc<AtomicBool>,
    /// Whether a request is being read or answered.
    activity: Arc<Activity>,
    /// Runs only while a write or a close has to wait.
    timer: Option<Pin<Box<Sleep>>>,
    /// Whether the peer has sent its end.
    ended: bool,
    /// Whether this side has sent its end.
    closed: bool,
    /// Whether the connection ends in a reset, rather than in order.
    reset: Arc<AtomicBool>,
}

impl Stream {
    /// Takes over an accepted connection.
    pub fn new(tcp: TcpStream, write_time: Duration, stopping: Arc<AtomicBool>, activity: Arc<Activity>) -> Self {
        Self { tcp, write_time, stopping, activity, timer: None, ended: false, closed: false, reset: Arc::default() }
    }

    /// Set, it makes the connection end in a reset once it is dropped.
    pub fn reset(&self) -> Arc<AtomicBool> {
        Arc::clone(&self.reset)
    }

    /// Whether the server stops, and neither a request nor an answer is on its way. What hyper has of an answer is
    /// written before it reads on, unless the write has to wait.
    fn is_unwanted(&self) -> bool {
        self.stopping.load(Ordering::Relaxed) && !self.activity.is_busy() && self.timer.is_none()
    }

    /// Ready when the current wait has taken too long.
    fn poll_overdue(&mut self, context: &mut Context<'_>, limit: Duration) -> Poll<()> {
        self.timer.get_or_insert_with(|| Box::pin(sleep(limit))).as_mut().poll(context)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        if self.reset.load(Ordering::Relaxed) {
            let _ = self.tcp.set_zero_linger();
        }
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, context: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let read = match Pin::new(&mut this.tcp).poll_read(context, buffer) {
            // Nothing more is waited for: this looks like the peer's end.
            Poll::Pending if this.is_unwanted() => Ok(()),
            read => ready!(read),
        };
        this.ended = buffer.filled().len() == before && buffer.remaining() > 0;
        Poll::Ready(read)
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        match Pin::new(&mut this.tcp).poll_write(context, bytes) {
            Poll::Pending => this.poll_overdue(context, this.write_time).map(|()| Err(io::ErrorKind::TimedOut.into())),
            written @ Poll::Ready(_) => {
                this.timer = None;
                written
            }
        }
    }

    fn poll_flush(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().tcp).poll_flush(context)
    }

    /// Sends the end, then takes in what the peer still sends: closing over bytes that were not read resets the
    /// connection, and the peer may lose the answer that tells it why (RFC 9112, section 9.6).
    fn poll_shutdown(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if !this.closed {
            ready!(Pin::new(&mut this.tcp).poll_shutdown(context))?;
            this.closed = true;
            this.timer = None;
        }
        let mut unread = [0; 16 * 1024];
        while !this.ended && !this.stopping.load(Ordering::Relaxed) {
            // Before the read: a peer that sends without a pause would use up the task's budget, the timer's with it.
            if this.poll_overdue(context, LINGER).is_ready() {
                break;
            }
            if ready!(Pin::new(&mut *this).poll_read(context, &mut ReadBuf::new(&mut unread))).is_err() {
                break;
            }
        }
        Poll::Ready(Ok(()))
    }
}
