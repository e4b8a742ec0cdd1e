//! Where a proxy leads to: an origin (RFC 9110, section 4.3.1), reached in plain or through TLS.

use std::fmt;
use std::io;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls_platform_verifier::BuilderVerifierExt;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::Url;

/// Longest time for a connection, its TLS included.
const CONNECT: Duration = Duration::from_secs(10);

/// Scheme, host and port of a server.
#[derive(Clone)]
pub struct Origin {
    host: String,
    port: u16,
    tls: Option<(TlsConnector, ServerName<'static>)>,
}

/// Why a text is no origin.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OriginError {
    /// It is no URL at all.
    #[error("the target is no URL: write http://HOST:PORT or https://HOST:PORT")]
    NoUrl,
    /// The URL's scheme is not one that is spoken.
    #[error("the target's scheme {0} is not spoken: write http://HOST:PORT or https://HOST:PORT")]
    Scheme(String),
    /// The URL has a path, a query or a user.
    #[error("the target has more than host and port, which no proxy could pass on unchanged: leave the rest out")]
    More,
    /// TLS cannot be set up, usually because the system has no certificates to trust.
    #[error("TLS cannot be set up: {0}; SSL_CERT_FILE may name a file of certificates to trust")]
    Tls(#[source] rustls::Error),
}

/// A connection to an origin.
pub(super) trait Connection: AsyncRead + AsyncWrite + Send + Unpin {
    /// The connection below TLS.
    fn tcp(&self) -> &TcpStream;
}

impl Connection for TcpStream {
    fn tcp(&self) -> &TcpStream {
        self
    }
}

impl Connection for TlsStream<TcpStream> {
    fn tcp(&self) -> &TcpStream {
        self.get_ref().0
    }
}

/// Reads a URL of scheme, host and port alone.
impl FromStr for Origin {
    type Err = OriginError;

    fn from_str(text: &str) -> Result<Self, OriginError> {
        let url = Url::parse(text).map_err(|_| OriginError::NoUrl)?;
        if !matches!(url.scheme(), "http" | "https") {
            return Err(OriginError::Scheme(url.scheme().to_owned()));
        }
        let rest = [url.query(), url.fragment(), url.password(), Some(url.username()).filter(|user| !user.is_empty())];
        if url.path() != "/" || rest.iter().any(Option::is_some) {
            return Err(OriginError::More);
        }
        let (Some(host), Some(port)) = (url.host_str(), url.port_or_known_default()) else {
            return Err(OriginError::NoUrl);
        };
        let tls = (url.scheme() == "https").then(|| secured(host)).transpose()?;
        Ok(Self { host: host.to_owned(), port, tls })
    }
}

/// TLS as the judge's own client has it: the system's certificates, and HTTP/1.1 alone.
fn secured(host: &str) -> Result<(TlsConnector, ServerName<'static>), OriginError> {
    // An IPv6 address has brackets in a URL alone.
    let name = ServerName::try_from(host.trim_matches(['[', ']']).to_owned()).map_err(|_| OriginError::NoUrl)?;
    let config = ClientConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(BuilderVerifierExt::with_platform_verifier);
    let mut config = config.map_err(OriginError::Tls)?.with_no_client_auth();
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok((TlsConnector::from(Arc::new(config)), name))
}

impl Origin {
    /// Looks whether somebody is there, and goes away again.
    ///
    /// # Errors
    /// When there is no connection, or no trust in the one who answers.
    pub async fn reach(&self) -> io::Result<()> {
        self.connect().await.map(drop)
    }

    pub(super) async fn connect(&self) -> io::Result<Box<dyn Connection>> {
        let connected = timeout(CONNECT, self.connect_at_leisure()).await;
        connected.unwrap_or_else(|_| Err(io::Error::other(format!("no connection within {CONNECT:?}"))))
    }

    async fn connect_at_leisure(&self) -> io::Result<Box<dyn Connection>> {
        let tcp = TcpStream::connect(self.to_string()).await?;
        tcp.set_nodelay(true)?;
        Ok(match &self.tls {
            None => Box::new(tcp),
            Some((connector, name)) => Box::new(connector.connect(name.clone(), tcp).await?),
        })
    }
}

/// Host and port.
impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Origin").field("address", &self.to_string()).finish_non_exhaustive()
    }
}
