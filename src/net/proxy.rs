//! A proxy that passes bytes on as they are, both ways, and reads them on the side.

use std::collections::VecDeque;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::header::EXPECT;
use http::{Method, Request, Response};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::origin::{Connection, Origin};
use crate::client::{Direction, Exchange, Exchanges, Extent, Head, Message, Reader};

/// Most connections at a time; more have to wait.
const CONNECTIONS: usize = 1024;
/// Most requests of a connection that wait for their answers, and are still judged.
const PIPELINE: usize = 256;
/// Most bytes that all connections together hold of what is not complete; more is passed on unread.
const HELD: usize = 256 * 1024 * 1024;
/// Bytes that are passed on at a time.
const PIECE: usize = 16 * 1024;

/// A bound proxy that passes nothing on yet.
#[derive(Debug)]
#[must_use = "a proxy passes on only while it runs"]
pub struct Proxy {
    listener: TcpListener,
    address: SocketAddr,
    target: Origin,
    seen: Arc<Seen>,
}

/// What a proxy has seen.
#[derive(Debug)]
pub struct Seen {
    started: Instant,
    exchanges: Mutex<Exchanges>,
    unreachable: AtomicU64,
    unread: AtomicU64,
    too_long: AtomicU64,
    held: AtomicUsize,
}

impl Seen {
    /// The exchanges since the start, or since they were last asked for, in the order of the requests.
    #[must_use]
    pub fn take(&self) -> Exchanges {
        let exchanges = std::mem::take(&mut *self.exchanges.lock().unwrap_or_else(PoisonError::into_inner));
        exchanges.in_order()
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

    /// Exchanges that were passed on, but not judged, since a body was longer than [`LONGEST_BODY`](crate::client::LONGEST_BODY).
    #[must_use]
    pub fn too_long(&self) -> u64 {
        self.too_long.load(Ordering::Relaxed)
    }
}

impl Proxy {
    /// Binds an address, for a target.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(address: SocketAddr, target: Origin) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let seen = Seen {
            started: Instant::now(),
            exchanges: Mutex::default(),
            unreachable: AtomicU64::new(0),
            unread: AtomicU64::new(0),
            too_long: AtomicU64::new(0),
            held: AtomicUsize::new(0),
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
async fn pass(client: TcpStream, target: &Origin, seen: &Arc<Seen>) {
    let server = match target.connect().await {
        Ok(server) => server,
        Err(error) => {
            seen.unreachable.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%target, %error, "the target cannot be reached");
            return;
        }
    };
    let _ = client.set_nodelay(true);
    let mut pair = Pair { client, server, ended: false };
    let talk = Mutex::new(Talk::new(Arc::clone(seen)));
    let ((from_client, to_client), (from_server, to_server)) = (split(&mut pair.client), split(&mut pair.server));
    let requests = forward(from_client, to_server, &talk, Direction::Requests);
    let responses = forward(from_server, to_client, &talk, Direction::Responses);
    pair.ended = tokio::try_join!(requests, responses).is_ok();
}

/// Two connections that are one to those at their ends.
struct Pair {
    client: TcpStream,
    server: Box<dyn Connection>,
    ended: bool,
}

/// What is cut off is cut off at the other end too, and does not look like an end.
impl Drop for Pair {
    fn drop(&mut self) {
        if !self.ended {
            let _ = (self.client.set_zero_linger(), self.server.tcp().set_zero_linger());
        }
    }
}

/// Passes bytes on as they come, and lets them be read. Its end is passed on too; it fails where there is none.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    talk: &Mutex<Talk>,
    direction: Direction,
) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        let length = match from.read(&mut buffer).await {
            Ok(0) => break,
            Ok(length) => length,
            // TLS that nobody has ended: HTTP's own lengths tell whether anything is missing.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                let _ = to.shutdown().await;
                return Ok(());
            }
            Err(error) => return Err(error),
        };
        // Read before it is passed on, so that a request is known when its answer comes.
        lock(talk).read(direction, &buffer[..length]);
        if to.write_all(&buffer[..length]).await.is_err() || to.flush().await.is_err() {
            // Nobody takes it any more, but there may be an answer that says why.
            return Ok(());
        }
    }
    lock(talk).closed(direction);
    let _ = to.shutdown().await;
    Ok(())
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
    due: VecDeque<Due>,
    /// An answer that came before the end of its request.
    early: Option<Message>,
    seen: Arc<Seen>,
    /// Bytes that are held, as all connections together count them.
    held: usize,
    lost: bool,
}

/// A request whose answer is due.
#[derive(Debug)]
struct Due {
    request: Request<Bytes>,
    /// Whether its body is too long to be judged.
    too_long: bool,
    at: Instant,
}

impl Talk {
    fn new(seen: Arc<Seen>) -> Self {
        let (requests, responses) = (Reader::new(Direction::Requests), Reader::new(Direction::Responses));
        Self { requests, responses, due: VecDeque::new(), early: None, seen, held: 0, lost: false }
    }

    fn read(&mut self, direction: Direction, mut bytes: &[u8]) {
        while !self.lost {
            let message = match direction {
                Direction::Requests => self.requests.next(&mut bytes, false),
                Direction::Responses => self.responses.next(&mut bytes, self.asks_for_head()),
            };
            let Some(message) = message else { break };
            match direction {
                Direction::Requests => self.asked(message),
                Direction::Responses => self.answered(message),
            }
        }
        let many = self.due.len() > PIPELINE;
        if !self.lost && (self.requests.is_lost() || self.responses.is_lost() || many || !self.is_bearable()) {
            self.lose();
        }
    }

    /// Whether the next answer is to `HEAD`.
    fn asks_for_head(&self) -> bool {
        let unfinished = || match &self.requests.unfinished()?.head {
            Head::Request(method, _) => Some(method),
            Head::Response(_) => None,
        };
        self.due.front().map(|due| due.request.method()).or_else(unfinished) == Some(&Method::HEAD)
    }

    fn asked(&mut self, message: Message) {
        let too_long = message.extent == Extent::TooLong;
        let Some(request) = message.into_request() else { return };
        self.due.push_back(Due { request, too_long, at: Instant::now() });
        if let Some(answer) = self.early.take() {
            self.answered(answer);
        }
    }

    /// Keeps the exchange that an answer completes.
    fn answered(&mut self, message: Message) {
        if matches!(&message.head, Head::Response(status) if status.is_informational()) {
            return;
        }
        let Some(due) = self.due.pop_front() else {
            // A client that waits to be told to go on may now leave the body out; and what nobody asked for tells that
            // questions and answers are out of step.
            let waits = self.requests.unfinished().is_none_or(|request| request.headers.contains_key(EXPECT));
            if waits || self.early.replace(message).is_some() {
                self.lose();
            }
            return;
        };
        if due.too_long || message.extent == Extent::TooLong {
            self.seen.too_long.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let whole = message.extent == Extent::Whole;
        self.keep(due, message.into_response(), whole);
    }

    /// Whether what all connections hold together is within bounds.
    fn is_bearable(&mut self) -> bool {
        let early = self.early.as_ref().map_or(0, |message| message.body.len());
        let due: usize = self.due.iter().map(|due| due.request.body().len()).sum();
        let held = self.requests.held() + self.responses.held() + early + due;
        let others = self.seen.held.fetch_sub(self.held, Ordering::Relaxed) - self.held;
        self.seen.held.fetch_add(held, Ordering::Relaxed);
        self.held = held;
        others + held <= HELD
    }

    /// Nothing more can be read of what is said, or may be held.
    fn lose(&mut self) {
        self.unanswered();
        self.lost = true;
        self.early = None;
        (self.requests, self.responses) = (Reader::new(Direction::Requests), Reader::new(Direction::Responses));
        self.is_bearable();
        self.seen.unread.fetch_add(1, Ordering::Relaxed);
    }

    /// Somebody says that no more will come.
    fn closed(&mut self, direction: Direction) {
        if !self.lost
            && direction == Direction::Responses
            && let Some(message) = self.responses.end(false)
        {
            self.answered(message);
        }
    }

    /// Keeps what the connection's end breaks off, or leaves without an answer.
    fn end(&mut self) {
        if !self.lost {
            if let Some(message) = self.responses.end(true) {
                self.answered(message);
            }
            self.unanswered();
        }
        self.seen.held.fetch_sub(self.held, Ordering::Relaxed);
    }

    /// Keeps the requests that get no answer, or none that can be read.
    fn unanswered(&mut self) {
        while let Some(due) = self.due.pop_front() {
            if due.too_long {
                self.seen.too_long.fetch_add(1, Ordering::Relaxed);
            } else {
                self.keep(due, None, false);
            }
        }
    }

    fn keep(&self, due: Due, response: Option<Response<Bytes>>, whole: bool) {
        let exchange = Exchange {
            request: due.request,
            response,
            whole,
            at: due.at.saturating_duration_since(self.seen.started),
            elapsed: due.at.elapsed(),
            fault: None,
        };
        self.seen.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }
}
