//! The requests of one connection: each is read within its bounds, answered by the mock, and recorded.

use std::future::pending;
use std::io;
use std::panic::resume_unwind;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Instant;

use bytes::{Bytes, BytesMut};
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response, StatusCode};
use http_body::{Body, Frame};
use http_body_util::BodyExt;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::task::spawn_blocking;
use tokio::time::{sleep, timeout};

use super::bodies::{LARGE, Room};
use super::body::{Paced, paced};
use super::large_body::LargeBody;
use super::rules::{Refusal, refusal};
use super::serve::Shared;
use super::slots::Activity;
use super::stream::Stream;
use crate::mock::{MockResponse, Pace, Sending};
use crate::model::Cause;

/// The smallest buffer that hyper accepts.
const MIN_BUFFER: usize = 8 * 1024;

/// A connection of hyper's that answers with the mock.
pub type Connection<S> = http1::Connection<TokioIo<Stream>, S>;

/// Sets hyper up for an accepted connection. It refuses more than 100 headers by itself.
pub fn connection(
    tcp: TcpStream,
    shared: Arc<Shared>,
    activity: Arc<Activity>,
) -> Connection<impl Service<Request<Incoming>, Response = Response<Paced>, Error = io::Error, Future: Send> + Send> {
    let limits = shared.limits;
    let stream = Stream::new(tcp, limits.write_time, Arc::clone(&shared.stopping), Arc::clone(&activity));
    let reset = stream.reset();
    let service = service_fn(move |request| {
        let (shared, activity, reset) = (Arc::clone(&shared), Arc::clone(&activity), Arc::clone(&reset));
        activity.read();
        async move {
            let sending = shared.answer(request, &activity).await;
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
            activity.rest();
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
    async fn answer(self: &Arc<Self>, request: Request<Incoming>, activity: &Activity) -> Sending {
        let watched = self.journal.is_some() || self.observer.is_some() || tracing::enabled!(tracing::Level::DEBUG);
        let started = watched.then(Instant::now);
        let (parts, body) = request.into_parts();
        let body = match refusal(&parts) {
            Some(refusal) => Err(refusal.into()),
            None => self.read_body(body).await,
        };
        activity.answer();
        match body {
            Ok((body, None)) => self.judge(&Request::from_parts(parts, body), started),
            Ok((body, Some(room))) => self.judge_large(Request::from_parts(parts, body), room, started).await,
            Err(refused) => self.refuse(&Request::from_parts(parts, Bytes::new()), &refused, started),
        }
    }

    /// Answers a request that is not read to its end.
    fn refuse(&self, request: &Request<Bytes>, refused: &Refused, started: Option<Instant>) -> Sending {
        let answered = self.mock.refuse(request, refused.cause, &refused.detail);
        let mut sending = self.record(request, answered, started);
        if let Some(status) = refused.status {
            *sending.response.status_mut() = status;
        }
        // The rest of the body is still on its way; the connection cannot be used again.
        sending.response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        sending
    }

    fn judge(&self, request: &Request<Bytes>, started: Option<Instant>) -> Sending {
        self.record(request, self.mock.answer(request), started)
    }

    /// Judges on a thread of its own: this one has other connections to serve meanwhile.
    async fn judge_large(self: &Arc<Self>, request: Request<Bytes>, room: Room, started: Option<Instant>) -> Sending {
        let turn = room.turn().await;
        let shared = Arc::clone(self);
        let judged = spawn_blocking(move || {
            let sending = shared.judge(&request, started);
            drop((shared, request, turn, room));
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

/// A body, with the room that it takes when it is large.
type ReadBody = (Bytes, Option<Room>);

/// Why a request is not read to its end.
struct Refused {
    cause: Cause,
    detail: String,
    /// The status, where it is not the one of the cause.
    status: Option<StatusCode>,
}

impl Refused {
    fn new(cause: Cause, detail: impl Into<String>) -> Self {
        Self { cause, detail: detail.into(), status: None }
    }
}

impl From<Refusal> for Refused {
    fn from(Refusal { detail, status }: Refusal) -> Self {
        Self { status, ..Self::new(Cause::MalformedBody, detail) }
    }
}

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
            Err(Refused::new(Cause::RequestTimeout, late))
        })
    }

    /// The whole body. One that came in one piece is not copied; a large one has memory of its own.
    async fn collect(&self, mut body: Incoming) -> Result<ReadBody, Refused> {
        let announced = body.size_hint().upper().and_then(|length| usize::try_from(length).ok());
        let announced = announced.unwrap_or(self.limits.body_bytes);
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        while let Some(frame) = body.frame().await {
            let Some(data) = data(frame)? else { continue };
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
            if length > LARGE {
                let start = if rest.is_empty() { first } else { rest.freeze() };
                return self.collect_large(&start, body, announced).await;
            }
        }
        Ok((if rest.is_empty() { first } else { rest.freeze() }, None))
    }

    /// The whole body, given its start and how long it may become, once there is room for it.
    async fn collect_large(&self, start: &[u8], mut body: Incoming, announced: usize) -> Result<ReadBody, Refused> {
        let mut room = self.bodies.room(announced).await;
        let none = |_| Refused::new(Cause::BodyTooLarge, "there is no memory for the body");
        let mut whole = LargeBody::with_room(announced.min(self.limits.body_bytes)).map_err(none)?;
        whole.push(start).ok_or_else(|| self.too_large())?;
        loop {
            room.received(whole.as_ref().len());
            let slow =
                || Refused::new(Cause::RequestTimeout, "the body came too slowly while others waited for its room");
            let Some(frame) = room.unless_given_up(body.frame()).await.ok_or_else(slow)? else { break };
            if let Some(data) = data(frame)? {
                whole.push(&data).ok_or_else(|| self.too_large())?;
            }
        }
        room.is_read();
        Ok((whole.freeze(), Some(room)))
    }

    fn too_large(&self) -> Refused {
        Refused::new(Cause::BodyTooLarge, format!("the body is larger than {} bytes", self.limits.body_bytes))
    }
}

/// The bytes of a piece of a body, where it has any.
fn data(frame: Result<Frame<Bytes>, hyper::Error>) -> Result<Option<Bytes>, Refused> {
    let broken = |_| Refused::new(Cause::MalformedBody, "the body breaks off");
    Ok(frame.map_err(broken)?.into_data().ok())
}
