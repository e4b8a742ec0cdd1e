//! The judge's client against servers that hang, drip, lie, close early and send without end: a typed failure or the
//! answer as it is, in bounded time and memory.

use std::future::pending;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, SystemTime};

use accordant::Contract;
use accordant::exchange::{Reply, TransportFailure};
use accordant::judge::{Credentials, Send as _, Signer};
use accordant::net::send::{Client, ClientError, SendLimits};
use accordant::net::serve::Limits;
use bytes::Bytes;
use http::Request;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::{Program, Server, in_time};

/// For servers from which nothing more comes.
const SHORT: Duration = Duration::from_millis(300);
const MEBIBYTE: usize = 1024 * 1024;
const OK: &str = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

/// A server that treats each connection, counted from 0, as it is told; gone when it is dropped.
struct Peer {
    address: SocketAddr,
    connections: Arc<AtomicUsize>,
    running: JoinHandle<()>,
}

impl Peer {
    async fn start<F>(treat: impl Fn(TcpStream, usize) -> F + Send + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let address = listener.local_addr().expect("an address");
        let connections = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&connections);
        let running = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(treat(stream, count.fetch_add(1, Ordering::SeqCst)));
            }
        });
        Self { address, connections, running }
    }

    /// One that answers every request with a text, and closes the connection after it.
    async fn saying(text: impl Into<Bytes>) -> Self {
        let text = text.into();
        Self::start(move |mut stream, _| {
            let text = text.clone();
            async move {
                head(&mut stream).await;
                let _ = stream.write_all(&text).await;
            }
        })
        .await
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }

    fn client(&self) -> Client {
        client(&format!("http://{}", self.address), SendLimits::default())
    }

    fn impatient(&self, scheme: &str) -> Client {
        let limits = SendLimits { timeout: SHORT, connect_timeout: SHORT, ..SendLimits::default() };
        client(&format!("{scheme}://{}", self.address), limits)
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.running.abort();
    }
}

fn client(base: &str, limits: SendLimits) -> Client {
    Client::new(&base.parse().expect("a URL"), limits).expect("a client")
}

/// The head of the next request; what came of it when the connection ends before.
async fn head(stream: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        match stream.read_u8().await {
            Ok(byte) => head.push(byte),
            Err(_) => break,
        }
    }
    String::from_utf8(head).expect("a head is text")
}

fn get(target: &str) -> Request<Bytes> {
    Request::get(target).body(Bytes::new()).expect("a request")
}

async fn send(client: &Client, request: Request<Bytes>) -> Result<Reply, TransportFailure> {
    in_time("an end of the exchange", client.send(request)).await
}

async fn failure(client: &Client) -> TransportFailure {
    send(client, get("/")).await.expect_err("there is no answer")
}

#[tokio::test]
async fn a_server_that_never_answers_is_given_up() {
    let silent = Peer::start(|stream, _| async move {
        let _open = stream;
        pending::<()>().await;
    })
    .await;
    assert_eq!(failure(&silent.impatient("http")).await, TransportFailure::Timeout(SHORT));
    let half = Peer::start(|mut stream, _| async move {
        head(&mut stream).await;
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Le").await;
        pending::<()>().await;
    })
    .await;
    assert_eq!(failure(&half.impatient("http")).await, TransportFailure::Timeout(SHORT));
}

#[tokio::test]
async fn an_answer_that_drips_is_given_up() {
    for (start, drop) in [
        ("HTTP/1.1 200 OK\r\nX-Long: ", "x"),
        ("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\nx\r\n"),
        ("HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", "x"),
    ] {
        let peer = Peer::start(move |mut stream, _| async move {
            head(&mut stream).await;
            let mut written = stream.write_all(start.as_bytes()).await;
            while written.is_ok() {
                tokio::time::sleep(Duration::from_millis(5)).await;
                written = stream.write_all(drop.as_bytes()).await;
            }
        })
        .await;
        assert_eq!(failure(&peer.impatient("http")).await, TransportFailure::Timeout(SHORT), "{start}");
    }
}

#[tokio::test]
async fn what_is_not_http_is_garbage() {
    let many = "X-Many: 1\r\n".repeat(10_000);
    for text in [
        "SSH-2.0-OpenSSH_9.2\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "\u{0}\u{1}\u{2}\u{3}\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nxx",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nnot a size\r\n",
        &format!("HTTP/1.1 200 OK\r\n{many}\r\n"),
    ] {
        let peer = Peer::saying(text.to_owned()).await;
        let failure = failure(&peer.client()).await;
        assert!(matches!(failure, TransportFailure::Garbage(_)), "{failure:?} for {text:.60}");
        assert_eq!(peer.connections(), 1, "sent again after an answer: {text:.60}");
    }
}

#[tokio::test]
async fn a_connection_that_ends_before_an_answer_is_tried_once_more() {
    let at_once = Peer::start(|stream, _| async move { drop(stream) }).await;
    let after_the_request = Peer::saying("").await;
    for peer in [at_once, after_the_request] {
        let client = peer.client();
        let failure = failure(&client).await;
        assert!(matches!(failure, TransportFailure::Closed(_)), "{failure:?}");
        assert_eq!((peer.connections(), client.resent()), (2, 1));
    }
}

#[tokio::test]
async fn a_connection_that_ends_within_a_body_is_reported_at_once() {
    for text in [
        "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n",
    ] {
        let peer = Peer::saying(text).await;
        let client = peer.client();
        let failure = failure(&client).await;
        assert!(matches!(failure, TransportFailure::Closed(_)), "{failure:?}");
        assert_eq!((peer.connections(), client.resent()), (1, 0));
    }
}

#[tokio::test]
async fn a_kept_connection_that_the_server_closes_is_no_failure() {
    // The first connection takes a second request, and ends without an answer to it.
    let peer = Peer::start(|mut stream, number| async move {
        head(&mut stream).await;
        let _ = stream.write_all(OK.as_bytes()).await;
        head(&mut stream).await;
        if number > 0 {
            let _ = stream.write_all(OK.as_bytes()).await;
            pending::<()>().await;
        }
    })
    .await;
    let client = peer.client();
    for _ in 0..2 {
        let reply = send(&client, get("/")).await.expect("an answer");
        assert_eq!(reply.response.body(), "ok");
    }
    assert_eq!((peer.connections(), client.resent()), (2, 1));
}

#[tokio::test]
async fn connections_are_kept() {
    let peer = Peer::start(|mut stream, _| async move {
        while !head(&mut stream).await.is_empty() {
            let _ = stream.write_all(OK.as_bytes()).await;
        }
    })
    .await;
    let client = peer.client();
    for _ in 0..20 {
        send(&client, get("/")).await.expect("an answer");
    }
    assert_eq!((peer.connections(), client.resent()), (1, 0));
}

#[tokio::test]
async fn an_endless_body_is_read_up_to_the_bound() {
    let written = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&written);
    let peer = Peer::start(move |mut stream, _| {
        let count = Arc::clone(&count);
        async move {
            head(&mut stream).await;
            let chunk = format!("10000\r\n{}\r\n", "x".repeat(65_536));
            let mut open = stream.write_all(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n").await;
            while open.is_ok() && count.fetch_add(chunk.len(), Ordering::SeqCst) < 1024 * MEBIBYTE {
                open = stream.write_all(chunk.as_bytes()).await;
            }
        }
    })
    .await;
    let limits = SendLimits { body_bytes: MEBIBYTE, ..SendLimits::default() };
    let client = client(&format!("http://{}", peer.address), limits);
    assert_eq!(failure(&client).await, TransportFailure::TooLarge(MEBIBYTE));
    // Beyond the bound there is what the system's own buffers take.
    assert!(written.load(Ordering::SeqCst) < 32 * MEBIBYTE, "{written:?}");
}

#[tokio::test]
async fn bodies_up_to_the_bound_are_whole() {
    let limits = SendLimits { body_bytes: 200_000, ..SendLimits::default() };
    for (length, fits) in [(0, true), (200_000, true), (200_001, false)] {
        for framing in [format!("Content-Length: {length}"), "Connection: close".to_owned()] {
            let text = format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n{}", "y".repeat(length));
            let peer = Peer::saying(text).await;
            match send(&client(&format!("http://{}", peer.address), limits), get("/")).await {
                Ok(reply) => assert!(fits && reply.response.body().len() == length, "{length} {framing}"),
                Err(failure) => assert!(!fits && failure == TransportFailure::TooLarge(200_000), "{failure:?}"),
            }
        }
    }
    let peer = Peer::saying("HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n").await;
    let head = Request::head("/").body(Bytes::new()).expect("a request");
    let reply = send(&peer.client(), head).await.expect("the answer to HEAD has no body");
    assert_eq!(reply.response.headers()["content-length"], "1073741824");
}

#[tokio::test]
async fn an_answer_comes_as_it_is() {
    let text = "HTTP/1.1 418 Odd\r\nContent-Encoding: gzip\r\nSet-Cookie: a=b\r\nX-Two: 1\r\nX-Two: 2\r\n\
        Content-Length: 8\r\n\r\nnot gzip";
    let peer = Peer::saying(text).await;
    let reply = send(&peer.client(), get("/")).await.expect("an answer");
    let (parts, body) = reply.response.into_parts();
    assert_eq!((parts.status.as_u16(), &body[..]), (418, &b"not gzip"[..]));
    assert_eq!(parts.headers["content-encoding"], "gzip");
    assert_eq!(parts.headers.get_all("x-two").iter().count(), 2);
    assert!(reply.elapsed > Duration::ZERO);
}

#[tokio::test]
async fn an_answer_before_the_end_of_a_large_request_is_an_answer() {
    const REFUSAL: &[u8] = b"HTTP/1.1 413 Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno";
    for closes in [false, true] {
        let peer = Peer::start(move |mut stream, _| async move {
            head(&mut stream).await;
            let _ = stream.write_all(REFUSAL).await;
            if closes {
                let _ = stream.shutdown().await;
                // As RFC 9112, section 9.6, asks of servers: lest the answer is lost with what was not read.
                let _ = tokio::io::copy(&mut stream, &mut tokio::io::sink()).await;
            } else {
                pending::<()>().await;
            }
        })
        .await;
        let large = Request::put("/").body(Bytes::from(vec![b'x'; 16 * MEBIBYTE])).expect("a request");
        let reply = send(&peer.client(), large).await.expect("an answer");
        assert_eq!((reply.response.status().as_u16(), &reply.response.body()[..]), (413, &b"no"[..]));
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let elsewhere = Peer::saying(OK).await;
    for status in [301, 302, 303, 307, 308] {
        let location = format!("http://{}/", elsewhere.address);
        let text = format!("HTTP/1.1 {status} x\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let peer = Peer::saying(text).await;
        let reply = send(&peer.client(), get("/")).await.expect("an answer");
        assert_eq!(
            (reply.response.status().as_u16(), reply.response.headers()["location"].as_bytes()),
            (status, location.as_bytes())
        );
    }
    assert_eq!(elsewhere.connections(), 0);
}

/// A server that says something before it is asked.
async fn speaking_at_once(bytes: &'static [u8]) -> Peer {
    Peer::start(move |mut stream, _| async move {
        let _ = stream.write_all(bytes).await;
        pending::<()>().await;
    })
    .await
}

#[tokio::test]
async fn no_tls_is_no_answer() {
    let clear = speaking_at_once(b"HTTP/1.1 400 Bad Request\r\n\r\n").await;
    let garbage = speaking_at_once(b"\x16\x03\x03\xff\xff garbage").await;
    let closed = Peer::start(|stream, _| async move { drop(stream) }).await;
    for peer in [clear, garbage, closed] {
        let failure = failure(&client(&format!("https://{}", peer.address), SendLimits::default())).await;
        assert!(matches!(failure, TransportFailure::Tls(_)), "{failure:?}");
        assert!(failure.is_unreachable());
    }
    let silent = Peer::start(|stream, _| async move {
        let _open = stream;
        pending::<()>().await;
    })
    .await;
    let failure = failure(&silent.impatient("https")).await;
    assert!(failure.is_unreachable() || failure == TransportFailure::Timeout(SHORT), "{failure:?}");
}

#[tokio::test]
async fn nobody_there_is_unreachable() {
    let free = TcpListener::bind("127.0.0.1:0").await.expect("a free port").local_addr().expect("an address");
    for base in [format!("http://{free}"), format!("https://{free}"), "http://accordant.invalid".to_owned()] {
        let failure = failure(&client(&base, SendLimits::default())).await;
        assert!(matches!(failure, TransportFailure::Unreachable(_)), "{base}: {failure:?}");
    }
}

#[test]
fn certificates_are_needed_for_tls_only() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    for (scheme, code, says) in [("http", 3, "cannot connect"), ("https", 2, "SSL_CERT_FILE")] {
        let script = format!("SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null exec \"$0\" check {scheme}://{free}");
        let ended = Program::start_by_shell(&script).wait();
        assert_eq!(ended.code, Some(code), "{ended:?}");
        assert!(format!("{}{}", ended.stdout, ended.stderr).contains(says), "{ended:?}");
    }
}

#[test]
fn a_base_is_scheme_host_port_and_path() {
    let refused = |base: &str| {
        let error = Client::new(&base.parse().expect("a URL"), SendLimits::default()).expect_err(base);
        assert!(!format!("{error}{error:?}").contains("s3cr3t"), "{error}");
        error
    };
    assert!(matches!(refused("ftp://h/"), ClientError::Scheme(_)));
    assert!(matches!(refused("file:///h"), ClientError::Scheme(_)));
    assert!(matches!(refused("http://user:s3cr3t@h/"), ClientError::Userinfo));
    assert!(matches!(refused("http://s3cr3t@h/"), ClientError::Userinfo));
    assert!(matches!(refused("http://h/?token=s3cr3t"), ClientError::Part("query")));
    assert!(matches!(refused("http://h/#s3cr3t"), ClientError::Part("fragment")));
    for (base, host, prefix) in [
        ("http://h", "h", ""),
        ("http://h:80/", "h", ""),
        ("https://h:443/a/", "h", "/a"),
        ("http://h:443/a/b", "h:443", "/a/b"),
        ("http://[::1]:5000", "[::1]:5000", ""),
    ] {
        let client = client(base, SendLimits::default());
        assert_eq!((client.host(), client.prefix()), (host, prefix));
    }
}

/// A server that answers with the head of the request.
async fn echo() -> Peer {
    Peer::start(|mut stream, _| async move {
        let head = head(&mut stream).await;
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{head}", head.len());
        let _ = stream.write_all(answer.as_bytes()).await;
    })
    .await
}

#[tokio::test]
async fn a_target_goes_out_as_it_is_or_not_at_all() {
    let peer = echo().await;
    let base = format!("http://{}/base/", peer.address);
    let client = client(&base, SendLimits::default());
    for target in [
        "/",
        "/?",
        "/a//b",
        "//a",
        "/a%2Fb%20c?x=%20&&=;+~",
        "/a:b@c,d;e=f",
        "/%C3%A9?%ff",
        "/a..b/.c/...",
        "/?a=/../b",
        "/?a[]=1|2^3",
    ] {
        let reply = send(&client, get(target)).await.unwrap_or_else(|failure| panic!("{target}: {failure}"));
        let head = String::from_utf8(reply.response.body().to_vec()).expect("text");
        assert!(head.starts_with(&format!("GET /base{target} HTTP/1.1\r\n")), "{target}: {head}");
    }
    for target in
        ["/a/../b", "/..", "/a/./b", "/%2e%2e/a", "/a/%2E/b", "/a\\b", "/a?b='", "/\"", "/é", "http://elsewhere/"]
    {
        let sent = send(&client, get(target)).await;
        assert!(matches!(sent, Err(TransportFailure::Unsendable(_))), "{target}: {sent:?}");
    }
    let connect = Request::connect("h:1").body(Bytes::new()).expect("a request");
    assert!(matches!(send(&client, connect).await, Err(TransportFailure::Unsendable(_))));
}

#[tokio::test]
async fn little_is_added_to_a_request() {
    let peer = echo().await;
    let request = Request::put("/x").header("X-Mine", "1").body(Bytes::from_static(b"abc")).expect("a request");
    let reply = send(&peer.client(), request).await.expect("an answer");
    let head = String::from_utf8(reply.response.body().to_vec()).expect("text").to_lowercase();
    let mut names: Vec<&str> = head.lines().skip(1).filter_map(|line| Some(line.split_once(": ")?.0)).collect();
    names.sort_unstable();
    assert_eq!(names, ["accept", "content-length", "host", "user-agent", "x-mine"], "{head}");
    assert!(head.contains(&format!("user-agent: accordant/{}", env!("CARGO_PKG_VERSION"))), "{head}");
    assert!(head.contains(&format!("host: {}\r\n", peer.address)), "{head}");
}

#[tokio::test]
async fn the_mock_accepts_what_is_signed_and_never_sees_the_secret() {
    const SECRET: &str = "wJalrXUtnFEMI-never-to-be-sent";
    let contract = Contract::builtin();
    let server = Server::start(Limits::default()).await;
    let client = client(&format!("http://{}", server.address), SendLimits::default());
    let credentials: Credentials = format!("AKIDEXAMPLE:{SECRET}:a-token-of-the-session").parse().expect("credentials");
    for signer in
        [credentials, Credentials::dummy()].map(|credentials| Signer::new(credentials, "eu-west-1").expect("a region"))
    {
        for operation in contract.operations() {
            for example in &operation.examples {
                let bare = operation.service.codec().encode_request(operation, &example.input);
                let mut request = bare.clone();
                signer.authorize(&operation.service, &mut request, client.host(), SystemTime::now());
                let carries = |name: &str| request.headers().contains_key(name);
                assert!(carries("authorization") && carries("x-amz-date") || carries("x-auth-token"), "{request:?}");
                assert_eq!((request.body(), request.uri()), (bare.body(), bare.uri()));
                for value in request.headers().values() {
                    assert!(!String::from_utf8_lossy(value.as_bytes()).contains(SECRET), "{} shows it", operation.name);
                }
                let reply = send(&client, request).await.expect("an answer");
                assert_eq!(reply.response.status(), operation.http.status, "{} {}", operation.name, example.name);
            }
        }
    }
    assert_eq!(client.resent(), 0);
}
