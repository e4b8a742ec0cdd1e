//! A proxy that passes bytes on as they are, both ways, and reads them on the side.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::http1::Direction;
use super::origin::{Connection, Origin};
use super::slots::{Activity, Slot, Slots};
use super::talk::Talk;
use super::traffic::Traffic;
use crate::client::{Exchange, Exchanges};

/// Bytes that are passed on at a time.
const PIECE: usize = 16 * 1024;
/// Longest time for a client to take in that it is refused.
const FAREWELL: Duration = Duration::from_secs(1);
/// What a client is told that finds no slot.
const FULL: &str = "accordant proxy: there are as many connections already as there may be\n";

/// What clients and targets may make a proxy hold or wait for.
#[derive(Debug, Clone, Copy)]
pub struct ProxyLimits {
    /// Most connections at a time; for more, those are closed that have been idle longest. Each takes two descriptors, of
    /// which a process often has 1024.
    pub connections: usize,
    /// Longest time for a connection to wait for its turn where all are busy; then it is answered 503.
    pub wait_time: Duration,
    /// Most connections that wait; more are answered 503 at once.
    pub waiting: usize,
    /// Longest time without a byte where nothing is asked.
    pub idle_time: Duration,
    /// Longest time without a byte where an answer is due.
    pub answer_time: Duration,
    /// Longest time without a byte where one side has ended and no answer is due any more.
    pub end_time: Duration,
}

impl Default for ProxyLimits {
    fn default() -> Self {
        Self {
            connections: 480,
            wait_time: Duration::from_secs(5),
            waiting: 32,
            idle_time: Duration::from_secs(120),
            answer_time: Duration::from_secs(300),
            end_time: Duration::from_secs(2),
        }
    }
}

/// A bound proxy that passes nothing on yet.
#[derive(Debug)]
#[must_use = "a proxy passes on only while it runs"]
pub struct Proxy {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What all connections share.
#[derive(Debug)]
struct Shared {
    target: Origin,
    limits: ProxyLimits,
    seen: Arc<Seen>,
    slots: Arc<Slots>,
    /// Connections that may still wait for a slot.
    waiting: Semaphore,
}

/// What a proxy has seen.
#[derive(Debug)]
pub struct Seen {
    started: Instant,
    exchanges: Mutex<Exchanges>,
    unreachable: AtomicU64,
    refused: AtomicU64,
    pub(super) crossed: AtomicU64,
    pub(super) unread: AtomicU64,
    pub(super) too_long: AtomicU64,
    /// Bytes that all connections together hold of what is not complete.
    pub(super) held: AtomicUsize,
}

impl Seen {
    /// Nothing, from now on.
    pub(super) fn nothing() -> Self {
        Self {
            started: Instant::now(),
            exchanges: Mutex::default(),
            unreachable: AtomicU64::new(0),
            refused: AtomicU64::new(0),
            crossed: AtomicU64::new(0),
            unread: AtomicU64::new(0),
            too_long: AtomicU64::new(0),
            held: AtomicUsize::new(0),
        }
    }

    /// Keeps an exchange whose request came at a time.
    pub(super) fn keep(&self, exchange: Exchange, at: Instant) {
        let (at, elapsed) = (at.saturating_duration_since(self.started), at.elapsed());
        let exchange = Exchange { at, elapsed, ..exchange };
        self.exchanges.lock().unwrap_or_else(PoisonError::into_inner).push(exchange);
    }

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

    /// Connections that were answered 503, since there were as many as there may be.
    #[must_use]
    pub fn refused(&self) -> u64 {
        self.refused.load(Ordering::Relaxed)
    }

    /// Requests without an answer that were sent on a connection which the target ended at the same time, as it may.
    #[must_use]
    pub fn crossed(&self) -> u64 {
        self.crossed.load(Ordering::Relaxed)
    }

    /// Connections of which something was passed on that could not be read, and so was not judged.
    #[must_use]
    pub fn unread(&self) -> u64 {
        self.unread.load(Ordering::Relaxed)
    }

    /// Exchanges that were passed on, but not judged, since a body was longer than [`LONGEST_BODY`](super::http1::LONGEST_BODY).
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
    pub async fn bind(address: SocketAddr, target: Origin, limits: ProxyLimits) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let (slots, waiting) = (Slots::new(limits.connections), Semaphore::new(limits.waiting));
        let shared = Shared { target, limits, seen: Arc::new(Seen::nothing()), slots, waiting };
        Ok(Self { listener, address, shared: Arc::new(shared) })
    }

    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What is seen from now on.
    #[must_use]
    pub fn seen(&self) -> Arc<Seen> {
        Arc::clone(&self.shared.seen)
    }

    /// Passes on until `stop` ends, then gives up the connections that are open.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let mut open = JoinSet::new();
        let mut stop = pin!(stop);
        loop {
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => accepted,
            };
            while open.try_join_next().is_some() {}
            match accepted {
                Ok((client, _)) => {
                    let (shared, activity) = (Arc::clone(&self.shared), self.shared.slots.activity());
                    let task = open.spawn(Arc::clone(&shared).serve(client, Arc::clone(&activity)));
                    activity.belongs_to(task);
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    self.shared.slots.evict();
                    sleep(Duration::from_millis(50)).await;
                }
            }
        }
        open.shutdown().await;
    }
}

impl Shared {
    /// Passes a connection on, once there is a slot for it.
    async fn serve(self: Arc<Self>, client: TcpStream, activity: Arc<Activity>) {
        // Until both sides are connected, nothing is idle.
        activity.answer();
        match self.slot(&activity).await {
            Some(_slot) => pass(client, &self, &activity).await,
            None => self.refuse(client).await,
        }
    }

    /// A slot; nothing where there is none in time.
    async fn slot(&self, activity: &Arc<Activity>) -> Option<Slot> {
        let _waits = self.waiting.try_acquire().ok()?;
        timeout(self.limits.wait_time, self.slots.take(activity)).await.ok()
    }

    async fn refuse(&self, mut client: TcpStream) {
        self.seen.refused.fetch_add(1, Ordering::Relaxed);
        tracing::warn!("all {} connections are busy: one more is answered 503", self.limits.connections);
        let length = FULL.len();
        let head = format!(
            "HTTP/1.1 503 Service Unavailable\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\
             Retry-After: 1\r\nConnection: close\r\n\r\n"
        );
        let mut unread = [0; 1024];
        // Closing over what was not read might take the answer away again.
        let farewell = async {
            client.write_all([&head, FULL].concat().as_bytes()).await?;
            client.shutdown().await?;
            while client.read(&mut unread).await? > 0 {}
            io::Result::Ok(())
        };
        let _ = timeout(FAREWELL, farewell).await;
    }
}

/// Passes a connection on, both ways, to the end of both, or until nothing has moved for too long.
async fn pass(client: TcpStream, shared: &Shared, activity: &Activity) {
    let (target, seen) = (&shared.target, &shared.seen);
    let server = match target.connect().await {
        Ok(server) => server,
        Err(error) => {
            seen.unreachable.fetch_add(1, Ordering::Relaxed);
            tracing::warn!(%target, %error, "the target cannot be reached");
            return;
        }
    };
    let _ = client.set_nodelay(true);
    let traffic = Traffic::new(Talk::new(Arc::clone(seen)), activity, shared.limits);
    let mut pair = Pair { client, server, traffic: &traffic, ended: None };
    let ((from_client, to_client), (from_server, to_server)) = (split(&mut pair.client), split(&mut pair.server));
    let requests = forward(from_client, to_server, &traffic, Direction::Requests);
    let responses = forward(from_server, to_client, &traffic, Direction::Responses);
    let ended = tokio::select! {
        passed = async { tokio::try_join!(requests, responses) } => passed.is_ok(),
        () = traffic.stalled() => traffic.give_up(),
    };
    pair.ended = Some(ended);
}

/// Two connections that are one to those at their ends.
struct Pair<'t> {
    client: TcpStream,
    server: Box<dyn Connection>,
    traffic: &'t Traffic<'t>,
    /// Whether they have ended in order; nothing where they are given up from outside.
    ended: Option<bool>,
}

/// What is cut off is cut off at the other end too, and does not look like an end.
impl Drop for Pair<'_> {
    fn drop(&mut self) {
        if !self.ended.unwrap_or_else(|| !self.traffic.is_busy()) {
            let _ = (self.client.set_zero_linger(), self.server.tcp().set_zero_linger());
        }
    }
}

/// Passes bytes on as they come, and lets them be read. Its end is passed on too; it fails where there is none.
async fn forward(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    traffic: &Traffic<'_>,
    direction: Direction,
) -> io::Result<()> {
    let mut buffer = vec![0; PIECE];
    loop {
        let length = match from.read(&mut buffer).await {
            Ok(0) => break,
            Ok(length) => length,
            // TLS that nobody has ended: HTTP's own lengths tell whether anything is missing.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => {
                traffic.moved(Talk::vanished);
                let _ = to.shutdown().await;
                return Ok(());
            }
            Err(error) => {
                traffic.moved(|talk| match direction {
                    Direction::Requests => talk.closed(direction),
                    Direction::Responses => talk.broken(&error.to_string()),
                });
                return Err(error);
            }
        };
        // Read before it is passed on, so that a request is known when its answer comes.
        traffic.moved(|talk| talk.read(direction, &buffer[..length]));
        if to.write_all(&buffer[..length]).await.is_err() || to.flush().await.is_err() {
            // Nobody takes it any more, but there may be an answer that says why.
            return Ok(());
        }
    }
    traffic.moved(|talk| talk.closed(direction));
    let _ = to.shutdown().await;
    Ok(())
}
