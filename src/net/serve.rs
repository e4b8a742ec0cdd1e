//! The HTTP server of the mock: accepts connections, and stops, with a bound on all that clients can make it hold or
//! wait for.

use std::fmt;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::num::NonZero;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http::Request;
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::bodies::Bodies;
use super::connection::connection;
use super::journal::Journal;
use super::slots::{Activity, Slot, Slots};
use crate::mock::{Mock, MockResponse, Sending};

/// What a client may make the server hold or wait for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub body_bytes: usize,
    /// Most bytes of request line and headers. Of headers there may be 100.
    pub header_bytes: usize,
    /// Longest time for the headers of a request, also before its first byte.
    pub header_time: Duration,
    /// Longest time for the body of a request.
    pub body_time: Duration,
    /// Longest time for a client to take any more of an answer.
    pub write_time: Duration,
    /// Most connections at a time. For more, those are closed that have waited longest for a request; where all are busy,
    /// more have to wait.
    pub connections: usize,
    /// Most bytes that bodies over 64 KiB may have together, from when they are read until they are judged; more have to
    /// wait, within their time. A quarter is for those up to 256 KiB, the rest for larger ones.
    pub body_room: usize,
    /// While bodies wait for room, time in which each of the others has to get on by 16 KiB.
    pub slow_time: Duration,
    /// Longest time for requests in flight when the server stops.
    pub stop_time: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 1024 * 1024,
            header_bytes: 64 * 1024,
            header_time: Duration::from_secs(30),
            body_time: Duration::from_secs(30),
            write_time: Duration::from_secs(30),
            connections: 4096,
            body_room: 128 * 1024 * 1024,
            slow_time: Duration::from_millis(250),
            stop_time: Duration::from_secs(10),
        }
    }
}

/// Sees every exchange of a server, and says what is sent.
pub trait Observer: fmt::Debug + Send + Sync {
    /// What is sent to a request, given what the mock answers and when the request had arrived. Called before anything is
    /// sent, so it must not wait.
    fn see(&self, request: &Request<Bytes>, answered: &MockResponse, arrived: Instant) -> Sending;
}

/// A bound server that does not answer yet.
#[derive(Debug)]
#[must_use = "a server answers only while it runs"]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

/// What all connections share.
#[derive(Debug)]
pub(super) struct Shared {
    pub(super) mock: Mock,
    pub(super) limits: Limits,
    pub(super) journal: Option<Journal>,
    pub(super) observer: Option<Arc<dyn Observer>>,
    pub(super) bodies: Bodies,
    pub(super) stopping: Arc<AtomicBool>,
}

impl Server {
    /// Binds an address; connections wait from then on.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(address: SocketAddr, mock: Mock, limits: Limits, journal: Option<Journal>) -> io::Result<Self> {
        Self::bind_observed(address, mock, limits, journal, None).await
    }

    /// Binds an address, as [`Server::bind`] does, for a server whose exchanges somebody sees.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind_observed(
        address: SocketAddr,
        mock: Mock,
        limits: Limits,
        journal: Option<Journal>,
        observer: Option<Arc<dyn Observer>>,
    ) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        let judges = available_parallelism().map_or(1, NonZero::get);
        let bodies = Bodies::new(limits.body_room, limits.slow_time, judges);
        let shared = Shared { mock, limits, journal, observer, bodies, stopping: Arc::default() };
        Ok(Self { listener, address, shared: Arc::new(shared) })
    }

    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` ends, then finishes the requests in flight and the journal. Dropped before, it gives up
    /// all connections.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let (stopping, stopped) = watch::channel(());
        let slots = Slots::new(self.shared.limits.connections);
        let mut open = JoinSet::new();
        let mut stop = pin!(stop);
        let mut accepted = Box::pin(self.accept(&slots));
        loop {
            let (stream, slot, activity) = tokio::select! {
                biased;
                () = &mut stop => break,
                // A task that has ended keeps its memory until somebody asks for its end.
                Some(_) = open.join_next() => continue,
                accepted = &mut accepted => accepted,
            };
            accepted = Box::pin(self.accept(&slots));
            // Without it, answers wait for a client that delays its acknowledgements.
            let _ = stream.set_nodelay(true);
            let (watcher, shared, stopped) = (graceful.watcher(), Arc::clone(&self.shared), stopped.clone());
            activity.belongs_to(open.spawn({
                let activity = Arc::clone(&activity);
                async move {
                    if begins(&stream, shared.limits.header_time, stopped).await
                        && let Err(error) = watcher.watch(connection(stream, shared, activity)).await
                    {
                        tracing::debug!(%error, "connection closed");
                    }
                    drop(slot);
                }
            }));
        }
        drop(accepted);
        drop((self.listener, stopping));
        self.shared.stopping.store(true, Ordering::Relaxed);
        if timeout(self.shared.limits.stop_time, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests were still in flight and are given up");
        }
        open.shutdown().await;
    }

    /// The next connection, once there is a slot for it.
    async fn accept(&self, slots: &Arc<Slots>) -> (TcpStream, Slot, Arc<Activity>) {
        let mut pause = Duration::from_millis(10);
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let activity = slots.activity();
                    return (stream, slots.take(&activity).await, activity);
                }
                // A client that has gone away again says nothing of the next one.
                Err(error) if error.kind() == io::ErrorKind::ConnectionAborted => {}
                Err(error) => {
                    // Usually too many open files: close some, and wait for others to be closed instead of spinning.
                    tracing::warn!(%error, "cannot accept a connection");
                    slots.evict();
                    sleep(pause).await;
                    pause = (pause * 2).min(Duration::from_secs(1));
                }
            }
        }
    }
}

/// Whether the first bytes of a connection come, in time and before the server stops. Until then nothing is held for it: hyper
/// would have a buffer.
async fn begins(stream: &TcpStream, limit: Duration, mut stopped: watch::Receiver<()>) -> bool {
    tokio::select! {
        biased;
        readable = timeout(limit, stream.readable()) => matches!(readable, Ok(Ok(()))),
        _ = stopped.changed() => false,
    }
}
