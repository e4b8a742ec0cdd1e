//! What a client may send, hold and wait for.

use std::time::{Duration, Instant};

use accordant::net::serve::Limits;

use crate::support::requests::{self, BACKUP, COPY, REPLICATION};
use crate::support::{Client, PATIENCE, Program, Server};

/// Short enough to be waited for.
const SOON: Duration = Duration::from_millis(200);

fn limits() -> Limits {
    Limits { body_bytes: 4096, ..Limits::default() }
}

/// As many bytes as a body may have, and some more.
fn large(start: &str) -> String {
    format!("{start}{}", "x".repeat(5000))
}

#[tokio::test]
async fn a_body_over_the_limit_gets_the_error_of_its_protocol() {
    let server = Server::start(limits()).await;
    let documented = requests::documented("POST /?Action=CopyDBClusterSnapshot", large("{"));
    for (request, status, code) in [
        (requests::replicate(large("{")), 413, "APIGW.0201"),
        (requests::back_up(large("{")), 413, "RequestEntityTooLargeException"),
        (requests::query(large(COPY)), 413, "RequestEntityTooLarge"),
        (documented, 400, "VALIDATION_ERROR"),
    ] {
        let answer = server.ask(request).await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
        assert_eq!(answer.header("accordant-violations"), Some("#body-too-large"));
        assert_eq!(answer.header("connection"), Some("close"));
    }
    server.expect_answers().await;
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_taken() {
    let server = Server::start(limits()).await;
    let padded = |length: usize| format!("{REPLICATION}{}", " ".repeat(length - REPLICATION.len()));
    assert_eq!(server.ask(requests::replicate(padded(4096))).await.status, 200);
    assert_eq!(server.ask(requests::replicate(padded(4097))).await.status, 413);
}

#[tokio::test]
async fn a_chunked_body_over_the_limit_is_refused_while_it_arrives() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    client.send(requests::replicate_head("Transfer-Encoding: chunked\r\n")).await;
    for _ in 0..5 {
        // The last ones may come too late to be read.
        let _ = client.try_send(format!("400\r\n{}\r\n", "x".repeat(1024))).await;
    }
    assert_eq!(client.answer().await.status, 413);
    server.expect_answers().await;
}

#[tokio::test]
async fn prefer_chooses_the_dialect_of_a_refusal_too() {
    let server = Server::start(limits()).await;
    let headers = [requests::SIGNED, ("Prefer", "dialect=documented")];
    let answer = server.ask(requests::request("POST /?Action=CopyDBClusterSnapshot", &headers, large("{"))).await;
    assert_eq!((answer.status, answer.code().as_str()), (400, "VALIDATION_ERROR"));
}

#[tokio::test]
async fn a_client_that_asks_first_is_refused_before_it_sends_the_body() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    client.send(requests::replicate_head("Expect: 100-continue\r\nContent-Length: 5000\r\n")).await;
    assert_eq!(client.answer().await.status, 413);
    let mut client = server.connect().await;
    client.send(requests::replicate_head("Expect: 100-continue\r\nContent-Length: 200\r\n")).await;
    assert_eq!(client.answer().await.status, 100);
}

#[tokio::test]
async fn a_client_that_sends_its_whole_body_first_still_reads_the_refusal() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    // Far more than the buffers between the two hold.
    let body = vec![b'x'; 32 * 1024 * 1024];
    client.send(requests::replicate(body)).await;
    assert_eq!(client.answer().await.status, 413);
    client.expect_close().await;
}

#[tokio::test]
async fn a_hundred_headers_are_taken_and_no_more() {
    let server = Server::start(limits()).await;
    let with_headers = |count: usize| {
        // Host and token stand there already, and one more tells the length.
        let lines = "x-more: v\r\n".repeat(count - 3);
        let head = requests::replicate_head(&format!("{lines}Content-Length: {}\r\n", REPLICATION.len()));
        head + REPLICATION
    };
    assert_eq!(server.ask(with_headers(100)).await.status, 200);
    assert_eq!(server.ask(with_headers(101)).await.status, 431);
    server.expect_answers().await;
}

#[tokio::test]
async fn headers_of_64_kib_are_too_large() {
    let server = Server::start(limits()).await;
    let with_header = |length: usize| {
        let (value, body) = ("v".repeat(length), REPLICATION.len());
        requests::replicate_head(&format!("x-long: {value}\r\nContent-Length: {body}\r\n")) + REPLICATION
    };
    assert_eq!(server.ask(with_header(63 * 1024)).await.status, 200);
    assert_eq!(server.ask(with_header(64 * 1024)).await.status, 431);
    // More than is read: the answer reaches the client all the same.
    assert_eq!(server.ask(with_header(8 * 1024 * 1024)).await.status, 431);
    server.expect_answers().await;
}

#[tokio::test]
async fn large_bodies_wait_for_their_turn_and_small_ones_do_not() {
    // A quarter of it is for bodies like these: one at a time.
    let server = Server::start(Limits { body_room: 1024 * 1024, slow_time: PATIENCE, ..Limits::default() }).await;
    let large = requests::replicate(format!("{REPLICATION}{}", " ".repeat(200_000)));
    let (start, rest) = large.split_at(150_000);
    let mut first = server.connect().await;
    first.send(start).await;
    server.expect_answers().await;
    let mut second = server.connect().await;
    let waits = async {
        second.send(&large).await;
        second.answer().await
    };
    assert!(tokio::time::timeout(SOON, waits).await.is_err(), "two large bodies at a time");
    server.expect_answers().await;
    first.send(rest).await;
    assert_eq!(first.answer().await.status, 200);
    assert_eq!(server.ask(&large).await.status, 200);
}

#[tokio::test]
async fn bodies_that_do_not_get_on_give_their_room_to_those_that_wait() {
    let server = Server::start(Limits { body_room: 1024 * 1024, slow_time: SOON / 4, ..Limits::default() }).await;
    let large = requests::replicate(format!("{REPLICATION}{}", " ".repeat(200_000)));
    let mut halves = Vec::new();
    for _ in 0..8 {
        let mut half = server.connect().await;
        half.send(&large[..100_000]).await;
        halves.push(half);
    }
    let start = Instant::now();
    assert_eq!(server.ask(&large).await.status, 200);
    assert!(start.elapsed() < Limits::default().body_time / 4, "it waited for what does not come");
    // Whose room is taken is told why.
    assert_eq!(halves[0].answer().await.status, 504);
}

#[tokio::test]
async fn a_body_of_a_hundred_kilobytes_does_not_wait_for_those_of_a_megabyte() {
    let server = Server::start(Limits { body_room: 1024 * 1024, slow_time: PATIENCE, ..Limits::default() }).await;
    let mut half = server.connect().await;
    half.send(&requests::replicate(vec![b' '; 1024 * 1024])[..500_000]).await;
    let start = Instant::now();
    assert_eq!(server.ask(requests::replicate(format!("{REPLICATION}{}", " ".repeat(100_000)))).await.status, 200);
    assert!(start.elapsed() < PATIENCE / 2, "it waited");
}

#[tokio::test]
async fn large_bodies_are_not_judged_in_the_way_of_small_ones() {
    // This test's runtime has one thread: what is judged on it, all else waits for.
    let server = Server::start(Limits::default()).await;
    let members = (0..60_000).fold(String::new(), |text, number| text + &format!("&Nope.member.{number}=x"));
    let large = requests::query(format!("{COPY}{}", &members[..1024 * 1024 - COPY.len()]));
    let mut client = server.connect().await;
    let answered = async {
        let start = Instant::now();
        client.send(&large).await;
        client.answer().await;
        start.elapsed()
    };
    let mut longest = Duration::ZERO;
    let pulse = async {
        loop {
            let start = Instant::now();
            tokio::time::sleep(Duration::from_millis(1)).await;
            longest = longest.max(start.elapsed());
        }
    };
    let whole = tokio::select! {
        whole = answered => whole,
        () = pulse => Duration::ZERO,
    };
    assert!(longest < whole / 2, "{longest:?} of {whole:?}");
}

#[tokio::test]
async fn a_slow_header_ends_the_connection_in_time() {
    let server = Server::start(Limits { header_time: SOON, ..limits() }).await;
    let mut client = server.connect().await;
    let start = Instant::now();
    for byte in requests::replicate(REPLICATION) {
        tokio::time::sleep(SOON / 10).await;
        if client.try_send([byte]).await.is_err() {
            break;
        }
    }
    assert!(start.elapsed() < PATIENCE / 2, "a byte at a time was waited for");
    client.expect_close().await;
    server.expect_answers().await;
}

#[tokio::test]
async fn a_slow_body_gets_the_error_of_its_protocol_in_time() {
    let server = Server::start(Limits { body_time: SOON, ..limits() }).await;
    let whole = [
        (requests::replicate(REPLICATION), 504, "APIGW.0203"),
        (requests::back_up(BACKUP), 408, "RequestTimeoutException"),
        (requests::query(COPY), 408, "RequestTimeout"),
    ];
    for (request, status, code) in whole {
        let (start, last) = request.split_at(request.len() - 1);
        let mut client = server.connect().await;
        client.send(start).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.code().as_str()), (status, code), "{answer:?}");
        assert_eq!(answer.header("accordant-violations"), Some("#request-timeout"));
        // What comes too late is no request of its own.
        let _ = client.try_send(last).await;
        client.expect_close().await;
    }
    server.expect_answers().await;
}

#[tokio::test]
async fn a_body_byte_by_byte_does_not_extend_its_time() {
    let server = Server::start(Limits { body_time: SOON, ..limits() }).await;
    let mut client = server.connect().await;
    client.send(requests::replicate_head("Content-Length: 4000\r\n")).await;
    let start = Instant::now();
    while client.try_send(b"x").await.is_ok() && start.elapsed() < PATIENCE {
        tokio::time::sleep(SOON / 20).await;
    }
    assert!(start.elapsed() < PATIENCE, "the server reads for ever");
    server.expect_answers().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_in_time() {
    let server = Server::start(Limits { header_time: SOON, ..limits() }).await;
    let mut client = server.connect().await;
    client.send(requests::replicate(REPLICATION)).await;
    assert_eq!(client.answer().await.status, 200);
    client.expect_close().await;
}

#[tokio::test]
async fn silent_connections_do_not_keep_the_next_client_waiting() {
    let server = Server::start(limits()).await;
    let mut silent = Vec::new();
    for _ in 0..1000.min(open_files() / 4) {
        silent.push(server.connect().await);
    }
    let start = Instant::now();
    server.expect_answers().await;
    assert!(start.elapsed() < Limits::default().header_time / 10, "answered only when the others were gone");
    drop(silent);
}

#[tokio::test]
async fn at_the_limit_the_connections_that_have_waited_longest_make_room() {
    let server = Server::start(Limits { connections: 4, ..limits() }).await;
    let request = requests::replicate(REPLICATION);
    let mut busy = server.connect().await;
    busy.send(&request[..request.len() - 1]).await;
    server.expect_answers().await;
    let mut silent = Vec::new();
    for _ in 0..12 {
        silent.push(server.connect().await);
    }
    let start = Instant::now();
    server.expect_answers().await;
    assert!(start.elapsed() < Limits::default().header_time / 4, "it waited for the silent ones");
    silent[0].expect_close().await;
    busy.send(&request[request.len() - 1..]).await;
    assert_eq!(busy.answer().await.status, 200, "a request on its way is not given up");
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_given_up_in_time() {
    let server = Server::start(Limits { write_time: SOON, ..limits() }).await;
    let mut client = server.connect().await;
    let request = requests::replicate(REPLICATION);
    let start = Instant::now();
    // A stream of requests whose answers nobody reads, cut so that no piece ends with a request's end.
    let mut stream = request.iter().copied().cycle();
    loop {
        let piece: Vec<u8> = stream.by_ref().take(61_000).collect();
        let sent = tokio::time::timeout(PATIENCE / 2, tokio::io::AsyncWriteExt::write_all(&mut client.stream, &piece));
        if sent.await.expect("the server gives up").is_err() {
            break;
        }
        assert!(start.elapsed() < PATIENCE, "the server piles up answers");
    }
    server.expect_answers().await;
}

#[tokio::test]
async fn http_1_0_is_answered_and_closed() {
    let server = Server::start(limits()).await;
    let old = |lines: &str| {
        let length = REPLICATION.len();
        let head = requests::replicate_head(&format!("{lines}Content-Length: {length}\r\n"));
        head.replace("HTTP/1.1", "HTTP/1.0").replace("Host: localhost\r\n", "") + REPLICATION
    };
    let mut client = server.connect().await;
    client.send(old("")).await;
    let answer = client.answer().await;
    assert!(answer.head.starts_with("HTTP/1.0 200 "), "{}", answer.head);
    client.expect_close().await;

    let mut client = server.connect().await;
    for _ in 0..2 {
        client.send(old("Connection: keep-alive\r\n")).await;
        assert_eq!(client.answer().await.header("connection"), Some("keep-alive"));
    }
}

#[tokio::test]
async fn a_pipelined_burst_is_answered_in_order() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    let (valid, invalid) = (requests::replicate(REPLICATION), requests::replicate("{}"));
    let burst: Vec<u8> = (0..300).flat_map(|number| if number % 3 == 0 { &invalid } else { &valid }).copied().collect();
    client.send(burst).await;
    for number in 0..300 {
        assert_eq!(client.answer().await.status, if number % 3 == 0 { 400 } else { 200 }, "answer {number}");
    }
}

#[tokio::test]
async fn an_answer_does_not_wait_for_the_rest_of_the_next_request() {
    let server = Server::start(limits()).await;
    let mut client = server.connect().await;
    let request = requests::replicate(REPLICATION);
    let mut first = request.clone();
    first.extend_from_slice(&request[..20]);
    let start = Instant::now();
    client.send(first).await;
    assert_eq!(client.answer().await.status, 200);
    assert!(start.elapsed() < PATIENCE / 2, "answered only when the connection was given up");
    client.send(&request[20..]).await;
    assert_eq!(client.answer().await.status, 200);
}

#[tokio::test]
async fn a_client_that_ends_its_side_is_answered() {
    // In a process of its own, so that the request and its end are there at once.
    let (_program, address) = Program::mock(&[]);
    for number in 0..20 {
        let request =
            if number % 2 == 0 { requests::replicate(REPLICATION) } else { requests::request("GET /", &[], "") };
        let mut client = Client::connect(address).await;
        client.send(request).await;
        client.finish().await;
        client.answer().await;
        client.expect_close().await;
    }
}

#[tokio::test]
async fn a_body_shorter_than_its_length_is_never_taken_for_a_whole_one() {
    let server = Server::start(limits()).await;
    for (head, body) in [
        (format!("Content-Length: {}\r\n", REPLICATION.len() + 1), REPLICATION.to_owned()),
        ("Transfer-Encoding: chunked\r\n".to_owned(), format!("{:x}\r\n{REPLICATION}\r\n", REPLICATION.len())),
    ] {
        let mut client = server.connect().await;
        client.send(requests::replicate_head(&head) + &body).await;
        client.finish().await;
        if let Some(answer) = client.next().await {
            assert_eq!((answer.status, answer.code().as_str()), (400, "BackupService.9900"), "{answer:?}");
        }
    }
    server.expect_answers().await;
}

/// How many files this process may open.
fn open_files() -> usize {
    let limits = std::fs::read_to_string("/proc/self/limits").unwrap_or_default();
    let line = limits.lines().find(|line| line.starts_with("Max open files"));
    line.and_then(|line| line.split_whitespace().nth(3)?.parse().ok()).unwrap_or(1024)
}
