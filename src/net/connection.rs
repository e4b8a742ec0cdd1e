//! The requests of one connection: each is read within its bounds, answered by the mock, and recorded.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};
use http::header::CONNECTION;
use http::{HeaderValue, Request, Response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::serve::Shared;
use super::stream::Stream;
use crate::contract::model::Cause;
use crate::mock::Answered;

/// The smallest buffer that hyper accepts.
const MIN_BUFFER: usize = 8 * 1024;

/// Bodies over this size wait for their turn.
const LARGE: usize = 64 * 1024;

/// A connection of hyper's that answers with the mock.
pub type Connection<S> = http1::Connection<TokioIo<Stream>, S>;

/// Sets hyper up for an accepted connection. It refuses more than 100 headers by itself.
pub fn connection(
    tcp: TcpStream,
    shared: Arc<Shared>,
) -> Connection<
    impl Service<Request<Incoming>, Response = Response<Full<Bytes>>, Error = Infallible, Future: Send> + Send,
> {
    let limits = shared.limits;
    let stream = Stream::new(tcp, limits.write_time, Arc::clone(&shared.stopping));
    let service = service_fn(move |request| {
        let shared = Arc::clone(&shared);
        async move { Ok(shared.answer(request).await) }
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
    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let watched = self.journal.is_some() || tracing::enabled!(tracing::Level::DEBUG);
        let started = watched.then(Instant::now);
        let (parts, body) = request.into_parts();
        let (body, refused) = match self.read_body(body).await {
            Ok(body) => (body, None),
            Err(refused) => (Bytes::new(), Some(refused)),
        };
        let request = Request::from_parts(parts, body);
        let mut answered = match &refused {
            None => self.mock.answer(&request),
            Some((cause, detail)) => self.mock.refuse(&request, *cause, detail),
        };
        if let Some(started) = started {
            self.record(&request, &mut answered, started.elapsed());
        }
        let mut response = answered.response.map(Full::new);
        if refused.is_some() {
            // The rest of the body is still on its way; the connection cannot be used again.
            response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        }
        response
    }

    /// Tells an exchange to the log, without any value of it, and to the journal, which masks them.
    fn record(&self, request: &Request<Bytes>, answered: &mut Answered, duration: Duration) {
        tracing::debug!(
            operation = answered.operation.as_deref(),
            dialect = answered.dialect.name(),
            status = answered.response.status().as_u16(),
            violations = ?answered.violations,
            ?duration,
            "answered"
        );
        if let Some(journal) = &self.journal {
            journal.record(request, answered, duration);
        }
    }
}

/// Why a body was not read to its end.
type Refused = (Cause, String);

impl Shared {
    async fn read_body(&self, body: Incoming) -> Result<Bytes, Refused> {
        if body.is_end_stream() {
            return Ok(Bytes::new());
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
    async fn collect(&self, mut body: Incoming) -> Result<Bytes, Refused> {
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
                turn = self.large_bodies.acquire().await.ok();
            }
        }
        Ok(if rest.is_empty() { first } else { rest.freeze() })
    }

    fn too_large(&self) -> Refused {
        (Cause::BodyTooLarge, format!("the body is larger than {} bytes", self.limits.body_bytes))
    }
}
