//! What clients and targets can make the proxy hold and wait for.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use accordant::net::proxy::{Proxy, ProxyLimits, Seen};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::support::{PATIENCE, in_time};

/// Short enough to be waited for.
const SOON: Duration = Duration::from_millis(100);

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n";

/// Limits of which a test sets the ones that it is about.
fn limits() -> ProxyLimits {
    let (wait_time, idle_time, answer_time, end_time) = (PATIENCE, PATIENCE, PATIENCE, PATIENCE);
    ProxyLimits { connections: 2, wait_time, idle_time, answer_time, end_time, ..ProxyLimits::default() }
}

/// A proxy in this process, before a listener in whose place a test answers.
struct Between {
    address: SocketAddr,
    target: TcpListener,
    seen: Arc<Seen>,
    running: JoinHandle<()>,
}

impl Between {
    async fn start(limits: ProxyLimits) -> Self {
        let target = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let origin = format!("http://{}", target.local_addr().expect("an address")).parse().expect("an origin");
        let proxy = Proxy::bind("127.0.0.1:0".parse().expect("an address"), origin, limits).await.expect("a free port");
        let (address, seen) = (proxy.address(), proxy.seen());
        Self { address, target, seen, running: tokio::spawn(proxy.run(std::future::pending())) }
    }

    /// A connection that is passed on: the client's end and the target's.
    async fn pass(&self) -> (TcpStream, TcpStream) {
        let client = in_time("a connection", TcpStream::connect(self.address)).await.expect("a connection");
        let (server, _) = in_time("the proxy to connect", self.target.accept()).await.expect("a connection");
        (client, server)
    }

    /// One on which a request waits for its answer.
    async fn asked(&self) -> (TcpStream, TcpStream) {
        let (mut client, mut server) = self.pass().await;
        client.write_all(REQUEST).await.expect("the proxy reads");
        in_time("the request", server.read_exact(&mut vec![0; REQUEST.len()])).await.expect("the request");
        (client, server)
    }
}

impl Drop for Between {
    fn drop(&mut self) {
        self.running.abort();
    }
}

async fn expect_end(stream: &mut TcpStream) {
    assert_eq!(in_time("an end", stream.read(&mut [0])).await.expect("an end in order"), 0);
}

#[tokio::test]
async fn connections_whose_target_has_closed_hold_no_slot() {
    let between = Between::start(ProxyLimits { end_time: SOON, ..limits() }).await;
    let mut silent = Vec::new();
    for _ in 0..2 {
        let (client, server) = between.pass().await;
        drop(server);
        silent.push(client);
    }
    let start = Instant::now();
    between.asked().await;
    assert!(start.elapsed() < PATIENCE / 2, "it waited");
    for mut client in silent {
        expect_end(&mut client).await;
    }
}

#[tokio::test]
async fn idle_connections_make_room() {
    let between = Between::start(limits()).await;
    let (mut first, mut served) = between.pass().await;
    let _second = between.asked().await;
    between.asked().await;
    expect_end(&mut first).await;
    expect_end(&mut served).await;
}

#[tokio::test]
async fn where_all_are_busy_the_next_is_told_so() {
    let between = Between::start(ProxyLimits { wait_time: SOON, ..limits() }).await;
    let _busy = [between.asked().await, between.asked().await];
    let mut client = TcpStream::connect(between.address).await.expect("a connection");
    client.write_all(REQUEST).await.expect("the proxy reads");
    let mut answer = String::new();
    in_time("an answer", client.read_to_string(&mut answer)).await.expect("an answer, and its end");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head");
    assert!(head.starts_with("HTTP/1.1 503 ") && head.contains(&format!("Content-Length: {}", body.len())), "{answer}");
    assert!(body.contains("as many connections"), "{answer}");
    assert_eq!((between.seen.refused(), between.seen.take().kept().len()), (1, 0));
}

#[tokio::test]
async fn where_nothing_moves_a_connection_ends() {
    let between = Between::start(ProxyLimits { idle_time: SOON, ..limits() }).await;
    let (mut client, mut server) = between.pass().await;
    expect_end(&mut client).await;
    expect_end(&mut server).await;
}

#[tokio::test]
async fn a_target_that_hangs_is_waited_for_no_longer_than_it_may() {
    let between = Between::start(ProxyLimits { answer_time: SOON, ..limits() }).await;
    let (mut client, _server) = between.asked().await;
    in_time("an end", client.read(&mut [0])).await.expect_err("no end in order, but a reset");
    let exchanges = between.seen.take();
    let failure = exchanges.kept()[0].failure.as_ref().expect("a failure");
    assert_eq!(failure.to_string(), "no complete answer within 100ms");
}

#[tokio::test]
async fn a_client_that_has_ended_its_half_still_gets_its_answer() {
    let between = Between::start(ProxyLimits { end_time: SOON, ..limits() }).await;
    let (mut client, mut server) = between.asked().await;
    client.shutdown().await.expect("an open connection");
    tokio::time::sleep(SOON * 2).await;
    server.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi").await.expect("the proxy reads");
    let mut answer = String::new();
    in_time("the answer", client.read_to_string(&mut answer)).await.expect("the answer, and an end");
    assert!(answer.ends_with("hi"), "{answer}");
}
