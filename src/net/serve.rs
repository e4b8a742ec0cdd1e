//! The HTTP server of the mock: hyper, with a bound on everything a client can make it hold or wait for.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::{Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::time::timeout;

use super::journal::Journal;
use crate::contract::model::Cause;
use crate::mock::Mock;

/// What a client may make the server hold or wait for.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Largest request body, in bytes.
    pub body_bytes: usize,
    /// Most bytes of request line and headers.
    pub header_bytes: usize,
    /// Longest time for the headers of a request, also before its first byte.
    pub header_time: Duration,
    /// Longest time for the body of a request.
    pub body_time: Duration,
    /// Most connections at a time; more have to wait.
    pub connections: usize,
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
            connections: 4096,
            stop_time: Duration::from_secs(10),
        }
    }
}

/// A bound server that does not answer yet.
#[derive(Debug)]
#[must_use = "a server answers only while it runs"]
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    mock: Mock,
    limits: Limits,
    journal: Option<Journal>,
}

impl Server {
    /// Binds an address; connections wait from then on.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub async fn bind(address: SocketAddr, mock: Mock, limits: Limits, journal: Option<Journal>) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let address = listener.local_addr()?;
        Ok(Self { listener, address, shared: Arc::new(Shared { mock, limits, journal }) })
    }

    /// The bound address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` ends, then finishes the requests in flight.
    pub async fn run(self, stop: impl Future<Output = ()>) {
        let graceful = GracefulShutdown::new();
        let connections = Arc::new(Semaphore::new(self.shared.limits.connections));
        let mut stop = pin!(stop);
        loop {
            let accepted = tokio::select! {
                accepted = self.accept(&connections) => accepted,
                () = &mut stop => break,
            };
            let (stream, permit) = match accepted {
                Ok(accepted) => accepted,
                Err(error) => {
                    // Usually too many open files: wait for some to close instead of spinning.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                }
            };
            let _ = stream.set_nodelay(true);
            let connection = graceful.watch(connection(stream, Arc::clone(&self.shared)));
            tokio::spawn(async move {
                if let Err(error) = connection.await {
                    tracing::debug!(%error, "connection closed");
                }
                drop(permit);
            });
        }
        drop(self.listener);
        if timeout(self.shared.limits.stop_time, graceful.shutdown()).await.is_err() {
            tracing::warn!("some requests were still in flight and were given up");
        }
    }

    async fn accept(&self, connections: &Arc<Semaphore>) -> io::Result<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
        let permit = Arc::clone(connections).acquire_owned().await.map_err(io::Error::other)?;
        let (stream, _) = self.listener.accept().await?;
        Ok((stream, permit))
    }
}

type Connection<S> = http1::Connection<TokioIo<TcpStream>, S>;

fn connection(
    stream: TcpStream,
    shared: Arc<Shared>,
) -> Connection<
    impl hyper::service::Service<Request<Incoming>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send>
    + Send,
> {
    let limits = shared.limits;
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok(shared.answer(request).await) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_header_size(limits.header_bytes)
        .pipeline_flush(true)
        .serve_connection(TokioIo::new(stream), service)
}

impl Shared {
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let started = self.journal.is_some().then(Instant::now);
        let (parts, body) = request.into_parts();
        let read = read_body(body, self.limits).await;
        let (body, refused) = match read {
            Ok(body) => (body, None),
            Err(refused) => (Bytes::new(), Some(refused)),
        };
        let request = Request::from_parts(parts, body);
        let mut answered = match &refused {
            None => self.mock.answer(&request),
            Some((cause, detail)) => self.mock.refuse(&request, *cause, detail),
        };
        if let (Some(journal), Some(started)) = (&self.journal, started) {
            journal.record(&mut answered, started.elapsed());
        }
        let mut response = answered.response.map(Full::new);
        if refused.is_some() {
            // The rest of the body is still on its way; the connection cannot be used again.
            response.headers_mut().insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
        }
        response
    }
}

async fn read_body(body: Incoming, limits: Limits) -> Result<Bytes, (Cause, String)> {
    if body.is_end_stream() {
        return Ok(Bytes::new());
    }
    let too_large = || (Cause::BodyTooLarge, format!("the body is larger than {} bytes", limits.body_bytes));
    if body.size_hint().lower() > limits.body_bytes as u64 {
        return Err(too_large());
    }
    let late =
        || (Cause::RequestTimeout, format!("the body did not arrive within {} seconds", limits.body_time.as_secs()));
    timeout(limits.body_time, collect(body, limits.body_bytes)).await.map_err(|_| late())?.ok_or_else(too_large)
}

/// The whole body; nothing when it is larger than the limit. A body that breaks off ends the connection anyway.
async fn collect(mut body: Incoming, limit: usize) -> Option<Bytes> {
    let mut first: Option<Bytes> = None;
    let mut rest = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map(|frame| frame.into_data().unwrap_or_default()) else { break };
        match (&first, rest.is_empty()) {
            (None, _) => first = Some(data),
            (Some(start), true) => {
                rest.extend_from_slice(start);
                rest.extend_from_slice(&data);
            }
            (Some(_), false) => rest.extend_from_slice(&data),
        }
        if first.as_ref().map_or(0, Bytes::len).max(rest.len()) > limit {
            return None;
        }
    }
    Some(if rest.is_empty() { first.unwrap_or_default() } else { rest.freeze() })
}
