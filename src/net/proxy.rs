//! A proxy that passes bytes on as they are, both ways, and reads them on the side.

use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::origin::{Connection, Origin};
use super::talk::Talk;
use crate::client::{Direction, Exchange, Exchanges};

/// Most connections at a time; more have to wait. Each takes two descriptors, of which a process often has 1024.
const CONNECTIONS: usize = 480;
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
        let seen = Seen::nothing();
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
