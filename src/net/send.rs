//! Sends the judge's requests to a real server, with a bound on all that the server can make it hold or wait for.
//!
//! What goes out is what was made: no redirect is followed, no cookie kept, no proxy asked, no body decompressed, and a
//! target that would change on its way is not sent at all. Of its own the client adds `Host`, `User-Agent`,
//! `Accept: */*` where the request has no other, and `Content-Length`.
//!
//! A server may close an idle connection in the moment in which a request goes out on it (RFC 9112, section 9.3.1).
//! That says nothing about the request, so one whose connection ended before the head of an answer is sent once more,
//! on a connection of its own. This is safe for judging: a server that ends the connection because of the request does
//! so again, and is reported; one that had carried it out already answers the second time as it would answer a
//! repeated request, which at worst is a state error, and that is no finding. [`Client::resent`] says how often it happened.

use std::convert::Infallible;
use std::error::Error;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
#[cfg(feature = "tls")]
use std::sync::Once;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};
use http::uri::PathAndQuery;
use http::{Request, Response};
use reqwest::redirect::Policy;
use reqwest::retry;
use url::Url;

use crate::exchange::{Reply, TransportFailure};
use crate::judge::Send;
use crate::probe::Manner;

/// Idle connections are given up before the servers that keep them shortest, five seconds, close them.
const IDLE: Duration = Duration::from_secs(4);

/// Most bytes that the body of an answer makes room for before they have come.
const MAX_ROOM: usize = 64 * 1024;

/// What a server may make the client hold or wait for.
#[derive(Debug, Clone, Copy)]
pub struct SendLimits {
    /// Longest time from the start of a request to the end of its answer.
    pub timeout: Duration,
    /// Longest time for a connection, its TLS included.
    pub connect_timeout: Duration,
    /// Largest body of an answer, in bytes. Of headers there may be 100.
    pub body_bytes: usize,
}

impl Default for SendLimits {
    fn default() -> Self {
        Self { timeout: Duration::from_secs(30), connect_timeout: Duration::from_secs(5), body_bytes: 4 * 1024 * 1024 }
    }
}

/// Why there is no client for a base URL.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ClientError {
    /// The URL's scheme is not one that is spoken.
    #[error("the scheme {0} is not spoken; give a URL that starts with http:// or https://")]
    Scheme(String),
    /// The library was built without TLS.
    #[error("https:// needs TLS, which this build leaves out; turn the feature `tls` of accordant on")]
    NoTls,
    /// The URL carries a user name or a password.
    #[error("the URL carries a user name or a password; give credentials by their own option")]
    Userinfo,
    /// The URL has a part that a base cannot have.
    #[error("the URL has a {0}, which a base for requests cannot have; leave it out")]
    Part(&'static str),
    /// TLS cannot be set up, usually because the system has no certificates to trust.
    #[error("TLS cannot be set up: {detail}; SSL_CERT_FILE may name a file of certificates to trust")]
    Setup {
        /// What is missing.
        detail: String,
        /// The whole error.
        source: reqwest::Error,
    },
}

/// A client for one server. Cloning it copies no connection.
#[derive(Debug, Clone)]
pub struct Client {
    pooled: reqwest::Client,
    /// Keeps no connection, so each of its requests has one of its own.
    fresh: reqwest::Client,
    /// Keeps none either, and writes header names with capitals.
    titled: reqwest::Client,
    /// For clients of one connection.
    base: Url,
    host: String,
    /// Scheme, host and port.
    origin: String,
    prefix: String,
    limits: SendLimits,
    resent: Arc<AtomicU64>,
}

impl Client {
    /// A client whose requests go below a base URL. Nothing is sent yet.
    ///
    /// # Errors
    /// [`ClientError`] when the URL is more or other than scheme, host, port and path, or TLS cannot be set up.
    pub fn new(base: &Url, limits: SendLimits) -> Result<Self, ClientError> {
        check_base(base)?;
        let host = base.host_str().ok_or(ClientError::Part("missing host"))?;
        let host = base.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self {
            pooled: build(client(base, limits, usize::MAX))?,
            fresh: build(client(base, limits, 0))?,
            titled: build(client(base, limits, 0).http1_title_case_headers())?,
            base: base.clone(),
            origin: format!("{}://{host}", base.scheme()),
            host,
            prefix: base.path().trim_end_matches('/').to_owned(),
            limits,
            resent: Arc::default(),
        })
    }

    /// The `Host` header of its requests, which signatures cover.
    #[must_use]
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The path of the base, without a slash at its end: it goes before the path of each request.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// How many requests were sent a second time, because their connection had ended before an answer.
    #[must_use]
    pub fn resent(&self) -> u64 {
        self.resent.load(Ordering::Relaxed)
    }

    /// The request as it goes out, with the very target it was made with.
    fn prepare(&self, request: &Request<Bytes>) -> Result<reqwest::Request, TransportFailure> {
        let unsendable = |why: &str| TransportFailure::Unsendable(why.to_owned());
        let uri = request.uri();
        let target = uri.path_and_query().map_or("", PathAndQuery::as_str);
        if uri.authority().is_some() || !target.starts_with('/') {
            return Err(unsendable("its target is not a path with a query"));
        }
        let text = [&self.origin, &self.prefix, target].concat();
        let url = Url::parse(&text).map_err(|_| unsendable("its target makes no URL"))?;
        if url.as_str() != text {
            return Err(unsendable("its target would change on the way"));
        }
        let mut prepared = reqwest::Request::new(request.method().clone(), url);
        prepared.headers_mut().clone_from(request.headers());
        *prepared.body_mut() = Some(request.body().clone().into());
        Ok(prepared)
    }

    /// A request on a connection of its own, and the same again on that connection; the second answer counts. Where the
    /// server closes it after the first, as it may, the second goes out on another one.
    async fn twice_on_one_connection(&self, request: &Request<Bytes>) -> Result<Reply, TransportFailure> {
        let unsendable = |error: ClientError| TransportFailure::Unsendable(error.to_string());
        let client = build(client(&self.base, self.limits, 1)).map_err(unsendable)?;
        let first = self.attempt(&client, self.prepare(request)?).await;
        let first = first.map_err(|interrupted| interrupted.failure)?;
        let again = self.attempt(&client, self.prepare(request)?).await;
        match again {
            // It may have been closed in the moment in which the second request went out.
            Err(Interrupted { failure: TransportFailure::Closed(_), answered: false }) => Ok(first),
            other => other.map_err(|interrupted| interrupted.failure),
        }
    }

    async fn attempt(&self, client: &reqwest::Client, request: reqwest::Request) -> Result<Reply, Interrupted> {
        let started = Instant::now();
        let failed = |error, answered| Interrupted { failure: self.failure(error), answered };
        let mut answer = client.execute(request).await.map_err(|error| failed(error, false))?;
        let body = self.body(&mut answer).await.map_err(|failure| Interrupted { failure, answered: true })?;
        let mut response = Response::new(body);
        *response.status_mut() = answer.status();
        *response.version_mut() = answer.version();
        *response.headers_mut() = std::mem::take(answer.headers_mut());
        Ok(Reply { response, elapsed: started.elapsed() })
    }

    /// The body, read up to the bound. One that comes in one piece is not copied.
    async fn body(&self, answer: &mut reqwest::Response) -> Result<Bytes, TransportFailure> {
        let bound = self.limits.body_bytes;
        let announced = answer.content_length().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if announced.is_some_and(|length| length > bound) {
            return Err(TransportFailure::TooLarge(bound));
        }
        let mut first = Bytes::new();
        let mut rest = BytesMut::new();
        while let Some(chunk) = answer.chunk().await.map_err(|error| self.failure(error))? {
            if first.len().max(rest.len()) + chunk.len() > bound {
                return Err(TransportFailure::TooLarge(bound));
            }
            if first.is_empty() {
                first = chunk;
                continue;
            }
            if rest.is_empty() {
                rest.reserve(announced.unwrap_or_default().min(MAX_ROOM));
                rest.extend_from_slice(&first);
            }
            rest.extend_from_slice(&chunk);
        }
        Ok(if rest.is_empty() { first } else { rest.freeze() })
    }

    fn failure(&self, error: reqwest::Error) -> TransportFailure {
        // The URL is the person's own; its query may be a secret one.
        let error = error.without_url();
        let causes = Causes::of(&error);
        if error.is_timeout() && error.is_connect() {
            return TransportFailure::Unreachable(format!("no connection within {:?}", self.limits.connect_timeout));
        }
        if error.is_timeout() {
            return TransportFailure::Timeout(self.limits.timeout);
        }
        let broken_handshake = error.is_connect() && self.origin.starts_with("https:") && causes.broke_off();
        match causes.detail {
            detail if causes.tls || broken_handshake => TransportFailure::Tls(detail),
            detail if error.is_connect() => TransportFailure::Unreachable(detail),
            detail if error.is_builder() || causes.users => TransportFailure::Unsendable(detail),
            detail if causes.unparsable => TransportFailure::Garbage(detail),
            detail => TransportFailure::Closed(detail),
        }
    }
}

impl Send for Client {
    async fn send(&self, request: Request<Bytes>) -> Result<Reply, TransportFailure> {
        let first = self.attempt(&self.pooled, self.prepare(&request)?).await;
        let again = match first {
            Err(Interrupted { failure: TransportFailure::Closed(_), answered: false }) => self.prepare(&request)?,
            other => return other.map_err(|interrupted| interrupted.failure),
        };
        self.resent.fetch_add(1, Ordering::Relaxed);
        self.attempt(&self.fresh, again).await.map_err(|interrupted| interrupted.failure)
    }

    async fn send_as(&self, request: Request<Bytes>, manner: Manner) -> Result<Reply, TransportFailure> {
        let attempt = match manner {
            Manner::Plain => return self.send(request).await,
            Manner::SameConnection => return self.twice_on_one_connection(&request).await,
            Manner::Chunked => {
                let mut prepared = self.prepare(&request)?;
                *prepared.body_mut() = Some(reqwest::Body::wrap(Chunks(Some(request.into_body()))));
                self.attempt(&self.fresh, prepared).await
            }
            Manner::TitleCase => self.attempt(&self.titled, self.prepare(&request)?).await,
        };
        attempt.map_err(|interrupted| interrupted.failure)
    }

    async fn pause(&self, time: Duration) {
        tokio::time::sleep(time).await;
    }

    fn now(&self) -> SystemTime {
        SystemTime::now()
    }
}

/// A body whose length nobody knows before its end, so that it goes out in chunks: its halves.
struct Chunks(Option<Bytes>);

impl http_body::Body for Chunks {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Infallible>>> {
        let Some(mut rest) = self.0.take().filter(|rest| !rest.is_empty()) else { return Poll::Ready(None) };
        let first = rest.split_to(rest.len().div_ceil(2));
        self.0 = Some(rest);
        Poll::Ready(Some(Ok(http_body::Frame::data(first))))
    }
}

/// A request without a whole answer.
struct Interrupted {
    failure: TransportFailure,
    /// Whether there was the head of an answer.
    answered: bool,
}

fn check_base(base: &Url) -> Result<(), ClientError> {
    match base.scheme() {
        "http" => {}
        "https" if cfg!(feature = "tls") => {}
        "https" => return Err(ClientError::NoTls),
        other => return Err(ClientError::Scheme(other.to_owned())),
    }
    if !base.username().is_empty() || base.password().is_some() {
        return Err(ClientError::Userinfo);
    }
    match (base.query(), base.fragment()) {
        (Some(_), _) => Err(ClientError::Part("query")),
        (_, Some(_)) => Err(ClientError::Part("fragment")),
        _ => Ok(()),
    }
}

/// A client that does nothing by itself. The features of others in the same build may have given it more to do.
fn client(base: &Url, limits: SendLimits, idle_connections: usize) -> reqwest::ClientBuilder {
    let builder = reqwest::Client::builder()
        .user_agent(concat!("accordant/", env!("CARGO_PKG_VERSION")))
        .timeout(limits.timeout)
        .connect_timeout(limits.connect_timeout)
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(idle_connections)
        .tcp_nodelay(true)
        .http1_only()
        .redirect(Policy::none())
        .retry(retry::never())
        .no_proxy()
        .no_gzip()
        .no_brotli()
        .no_zstd()
        .no_deflate();
    secured(builder, base)
}

fn build(builder: reqwest::ClientBuilder) -> Result<reqwest::Client, ClientError> {
    builder.build().map_err(|source| ClientError::Setup { detail: Causes::of(&source).detail, source })
}

#[cfg(feature = "tls")]
fn secured(builder: reqwest::ClientBuilder, base: &Url) -> reqwest::ClientBuilder {
    static PROVIDER: Once = Once::new();
    // One that the program has set already is as good.
    PROVIDER.call_once(|| drop(rustls::crypto::ring::default_provider().install_default()));
    // Nothing is trusted where nothing is asked: a system without certificates is no hindrance.
    if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder }
}

#[cfg(not(feature = "tls"))]
fn secured(builder: reqwest::ClientBuilder, _: &Url) -> reqwest::ClientBuilder {
    builder
}

/// What the errors behind an error say.
#[derive(Default)]
struct Causes {
    /// The innermost one, in its own words.
    detail: String,
    io: Option<io::ErrorKind>,
    tls: bool,
    /// The answer, or how its body is cut up, could not be parsed.
    unparsable: bool,
    /// Hyper does not take the request.
    users: bool,
}

impl Causes {
    fn of(error: &reqwest::Error) -> Self {
        let mut causes = Self::default();
        let mut next: Option<&(dyn Error + 'static)> = Some(error);
        while let Some(error) = next {
            causes.detail = error.to_string();
            #[cfg(feature = "tls")]
            {
                causes.tls |= error.is::<rustls::Error>();
            }
            if let Some(error) = error.downcast_ref::<hyper::Error>() {
                causes.unparsable |= error.is_parse();
                causes.users |= error.is_user();
            }
            let io = error.downcast_ref::<io::Error>();
            causes.io = io.map(io::Error::kind).or(causes.io);
            causes.unparsable |= matches!(causes.io, Some(io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput));
            // An I/O error made of another one hides that from `source`.
            let inner = io.and_then(io::Error::get_ref).map(|inner| inner as &(dyn Error + 'static));
            next = inner.or_else(|| error.source());
        }
        causes
    }

    /// Whether the other side ended the connection.
    fn broke_off(&self) -> bool {
        use io::ErrorKind::{BrokenPipe, ConnectionAborted, ConnectionReset, InvalidData, UnexpectedEof};
        matches!(self.io, Some(BrokenPipe | ConnectionAborted | ConnectionReset | InvalidData | UnexpectedEof))
    }
}
