//! A proxy that passes bytes on as they are, both ways, and reads them on the side.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Method, Request};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::client::{Direction, Exchange, Exchanges, Message, Reader};

/// Longest time for a connection to the target.
const CONNECT: Duration = Duration::from_secs(10);
/// Most connections at a time; more have to wait.
const CONNECTIONS: usize = 1024;
/// Most requests of a connection that wait for their answers, and are still judged.
const PIPELINE: usize = 256;
/// Bytes that are passed on at a time.
const PIECE: usize = 16 * 1024;

/// A bound proxy that passes nothing on yet.
#[derive(Debug)]
#[must_use = "a proxy passes on only while it runs"]
pub struct Proxy {
    listener: TcpListener,
    address: SocketAddr,
    /// Host and port of the target.
    target: String,
    seen: Arc<Seen>,
}

/// What a proxy has seen.
#[derive(Debug)]
pub struct Seen {
    started: Instant,
    exchanges: Mutex<Exchanges>,
    unreachable: AtomicU64,
    unread: AtomicU64,
}

impl Seen {
    /// The exchanges since the start, or since they were last asked for.
    #[must_use]
    pub fn take(&self) -> Exchanges {
        std::mem::take(&mut *self.exchanges.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Connections for which the target could not be reached.
    #[must_use]
    pub fn unreachable(&self) -> u64 {
        self.unreachable.load(Ordering::Relaxed)
    }

    /// Connections of which something was passed on that could not be read, and so was not judged.
    #[must_use]
    pub fn unread(&self) -> u64 {
        self.unread.load(Ordering::Relaxed)
    }
}

impl Proxy {
    /// Binds an address, for a target given as host and port.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(address: SocketAddr, target: String) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let seen = Seen {
            started: Instant::now(),
            exchanges: Mutex::default(),
            unreachable: AtomicU64::new(0),
            unread: AtomicU64::new(0),
        };
        Ok(Self { listener, address, target, seen: Arc::new(seen) })
    }

    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is seen from now on.
    #[must_use]
    pub fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.seen)
    }

    /// Passes on until `stop` ends, then gives up the connections that are open.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let slots = Arc::new(Semaphore::new(CONNECTIONS));
        let mut open = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            // Nothing closes the semaphore.
            let accept = async { (Arc::clone(&slots).acquire_owned().await.ok(), self.listener.accept().await) };
            let (slot, accepted) = tokio::select! {
                () = &mut stop => break,
                accepted = accept => accepted,
            };
            while open.try_join_next().is_some() {}
            let client = match accepted {
                Ok((client, _)) => client,
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let (target, seen) = (self.target.clone(), Arc::clone(&self.seen));
            open.spawn(async move {
                pass(client, &target, &seen).await;
                drop(slot);
            });
        }
        open.shutdown().await;
    }
}

/// Passes a connection on, both ways, to the end of both.
async fn pass(client: TcpStream, target: &str, seen: &Arc<Seen>) {
    let server = match timeout(CONNECT, TcpStream::connect(target)).await {
        Ok(Ok(server)) => server,
        failed => {
            seen.unreachable.fetch_add(1, Ordering::Relaxed);
            let reason = match failed {
                Ok(Err(error)) => error.to_string(),
                _ => "it takes too long".to_owned(),
            };
            tracing::warn!(target, reason, "the target cannot be reached");
            return;
        }
    };
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let talk = Arc::new(Mutex::new(Talk::new(Arc::clone(seen))));
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    let requests = forward(from_client, to_server, &talk, Direction::Requests);
    let responses = forward(from_server, to_client, &talk, Direction::Responses);
    tokio::join!(requests, responses);
}

/// Passes bytes on as they come, and lets them be read. Its end is passed on too.
async fn forward(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, talk: &Mutex<Talk>, direction: Direction) {
    let mut buffer = vec![0; PIECE];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        // Read before it is passed on, so that a request is known when its answer comes.
        lock(talk).read(direction, &buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
    let _ = to.shutdown().await;
}

fn lock(talk: &Mutex<Talk>) -> MutexGuard<'_, Talk> {
    talk.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Whatever ends a connection, what was said on it is kept.
impl Drop for Talk {
    fn drop(&mut self) {
        self.end();
    }
}

/// What is said on a connection.
#[derive(Debug)]
struct Talk {
    requests: Reader,
    responses: Reader,
    /// Requests whose answers are due.
    due: VecDeque<(Request<Bytes>, Instant)>,
    seen: Arc<Seen>,
    lost: bool,
}

impl Talk {
    fn new(seen: Arc<Seen>) -> Self {
        let (requests, responses) = (Reader::new(Direction::Requests), Reader::new(Direction::Responses));
        Self { requests, responses, due: VecDeque::new(), seen, lost: false }
    }

    fn read(&mut self, direction: Direction, bytes: &[u8]) {
        if self.lost {
            return;
        }
        match direction {
            Direction::Requests => {
                let now = Instant::now();
                let requests = self.requests.read(bytes, &mut || false);
                self.due.extend(requests.into_iter().filter_map(Message::into_request).map(|request| (request, now)));
            }
            Direction::Responses => {
                let Self { responses, due, .. } = self;
                // Only the first request of a piece is known to be HEAD; pipelines are not what clients do.
                let messages = responses
                    .read(bytes, &mut || due.front().is_some_and(|(request, _)| request.method() == Method::HEAD));
                for message in messages {
                    self.answered(message);
                }
            }
        }
        if self.requests.is_lost() || self.responses.is_lost() || self.due.len() > PIPELINE {
            self.unanswered();
            self.lost = true;
            self.seen.unread.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Keeps the exchange that an answer completes.
    fn answered(&mut self, message: Message) {
        let whole = message.whole;
        let Some(response) = message.into_response().filter(|response| !response.status().is_informational()) else {
            return;
        };
        let Some((request, at)) = self.due.pop_front() else { return };
        self.keep(request, Some(response), whole, at);
    }

    /// Keeps what the connection's end leaves without an answer, or completes.
    fn end(&mut self) {
        if self.lost {
            return;
        }
        if let Some(message) = self.responses.end() {
            self.answered(message);
        }
        self.unanswered();
    }

    /// Keeps the requests that get no answer, or none that can be read.
    fn unanswered(&mut self) {
        while let Some((request, at)) = self.due.pop_front() {
            self.keep(request, None, false, at);
        }
    }

    fn keep(&self, request: Request<Bytes>, response: Option<http::Response<Bytes>>, whole: bool, at: Instant) {
        let exchange = Exchange {
            request,
            response,
            whole,
            at: at.saturating_duration_since(self.seen.started),
            elapsed: at.elapsed(),
            fault: None,
        };
        self.seen.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}
