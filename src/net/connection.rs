//! The requests of one connection: each is read within its bounds, answered by the mock, and recorded.

use std::future::pending;
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::body::{Paced, paced};
use super::serve::Shared;
use super::stream::Stream;
use crate::contract::model::Cause;
use crate::mock::{MockResponse, Pace, Sending};

/// The smallest buffer that hyper accepts.
const MIN_BUFFER: usize = 8 * 1024;

/// Bodies over this size wait for their turn, and are judged where no other answer waits for them.
const LARGE: usize = 64 * 1024;

/// A connection of hyper's that answers with the mock.
pub type Connection<S> = http1::Connection<TokioIo<Stream>, S>;

/// Sets hyper up for an accepted connection. It refuses more than 100 headers by itself.
pub fn connection(
    tcp: TcpStream,
    shared: Arc<Shared>,
) -> Connection<impl Service<Request<Incoming>, Response = Response<Paced>, Error = io::Error, Future: Send> + Send> {
    let limits = shared.limits;
    let busy = Arc::new(AtomicBool::new(false));
    let stream = Stream::new(tcp, limits.write_time, Arc::clone(&shared.stopping), Arc::clone(&busy));
    let reset = stream.reset();
    let service = service_fn(move |request| {
        let (shared, busy, reset) = (Arc::clone(&shared), Arc::clone(&busy), Arc::clone(&reset));
        busy.store(true, Ordering::Relaxed);
        async move {
            let sending = shared.answer(request).await;
            match sending.pace {
                Pace::Reset => {
                    reset.store(true, Ordering::Relaxed);
                    return Err(io::ErrorKind::ConnectionReset.into());
                }
                Pace::After(pause) => sleep(pause).await,
                _ => {}
            }
            let mut response = paced(sending);
            if shared.stopping.load(Ordering::Relaxed) {
                // hyper says so itself only once it was told of the stop, a moment later.
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
            }
            busy.store(false, Ordering::Relaxed);
            Ok(response)
        }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(limits.header_time)
        .max_header_size(limits.header_bytes)
        .max_buf_size(limits.header_bytes.max(MIN_BUFFER))
        // A client that ends its side after a request still waits for the answer.
        .half_close(true)
        .serve_connection(TokioIo::new(stream), service)
}

impl Shared {
    async fn answer(self: &Arc<Self>, request: Request<Incoming>) -> Sending {
        let watched = self.journal.is_some() || self.observer.is_some() || tracing::enabled!(tracing::Level::DEBUG);
        let started = watched.then(Instant::now);
        let (parts, body) = request.into_parts();
        match self.read_body(body).await {
            Ok((body, None)) => self.judge(&Request::from_parts(parts, body), started),
            Ok((body, Some(turn))) => self.judge_large(Request::from_parts(parts, body), turn, started).await,
            Err((cause, detail)) => {
                let request = Request::from_parts(parts, Bytes::new());
                let answered = self.mock.refuse(&request, cause, &detail);
                let mut sending = self.record(&request, answered, started);
                // The rest of the body is still on its way; the connection cannot be used again.
                sending.response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                sending
            }
        }
    }

    fn judge(&self, request: &Request<Bytes>, started: Option<Instant>) -> Sending {
        self.record(request, self.mock.answer(request), started)
    }

    /// Judges on a thread of its own: this one has other connections to serve meanwhile.
    async fn judge_large(
        self: &Arc<Self>,
        request: Request<Bytes>,
        turn: OwnedSemaphorePermit,
        started: Option<Instant>,
    ) -> Sending {
        let judging = Arc::clone(&self.judging).acquire_owned().await;
        let shared = Arc::clone(self);
        let judged = spawn_blocking(move || {
            let sending = shared.judge(&request, started);
            drop((shared, request, judging, turn));
            sending
        });
        match judged.await.map_err(tokio::task::JoinError::try_into_panic) {
            Ok(sending) => sending,
            Err(Ok(panic)) => resume_unwind(panic),
            // The runtime ends, and the connection with it.
            Err(Err(_)) => pending().await,
        }
    }

    /// What is sent, once the exchange is told to the log, without any value of it, to the journal, which masks them, and to
    /// the observer, which may send something else.
    fn record(&self, request: &Request<Bytes>, mut answered: MockResponse, started: Option<Instant>) -> Sending {
        let Some(started) = started else { return answered.response.into() };
        let duration = started.elapsed();
        tracing::debug!(
            operation = answered.operation.as_deref(),
            dialect = answered.dialect.name(),
            status = answered.response.status().as_u16(),
            violations = ?answered.violations,
            ?duration,
            "answered"
        );
        let seen = self.observer.as_ref().map(|observer| observer.see(request, &answered, started));
        if let Some(journal) = &self.journal {
            journal.record(&mut answered, duration);
        }
        seen.unwrap_or_else(|| answered.response.into())
    }
}

/// A body, with the turn that it had to wait for when it is large.
type ReadBody = (Bytes, Option<OwnedSemaphorePermit>);

/// Why a body was not read to its end.
type Refused = (Cause, String);

impl Shared {
    async fn read_body(&self, body: Incoming) -> Result<ReadBody, Refused> {
        if body.is_end_stream() {
            return Ok((Bytes::new(), None));
        }
        if body.size_hint().lower() > self.limits.body_bytes as u64 {
            return Err(self.too_large());
        }
        timeout(self.limits.body_time, self.collect(body)).await.unwrap_or_else(|_| {
            let late = format!("the body did not arrive within {:?}", self.limits.body_time);
            Err((Cause::RequestTimeout, late))
        })
    }

    /// The whole body. One that came in one piece is not copied.
    async fn collect(&self, mut body: Incoming) -> Result<ReadBody, Refused> {
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        let mut turn = None;
        while let Some(frame) = body.frame().await {
            let broken = |_| (Cause::MalformedBody, "the body breaks off".to_owned());
            let Ok(data) = frame.map_err(broken)?.into_data() else { continue };
            if first.is_empty() {
                first = data;
            } else {
                if rest.is_empty() {
                    rest.extend_from_slice(&first);
                }
                rest.extend_from_slice(&data);
            }
            let length = first.len().max(rest.len());
            if length > self.limits.body_bytes {
                return Err(self.too_large());
            }
            if length > LARGE && turn.is_none() {
                turn = Arc::clone(&self.large_bodies).acquire_owned().await.ok();
            }
        }
        Ok((if rest.is_empty() { first } else { rest.freeze() }, turn))
    }

    fn too_large(&self) -> Refused {
        (Cause::BodyTooLarge, format!("the body is larger than {} bytes", self.limits.body_bytes))
    }
}
