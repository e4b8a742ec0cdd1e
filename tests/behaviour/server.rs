//! `accordant mock` as a process: what it prints, what it refuses, and how it stops.

use std::time::{Duration, Instant};

use accordant::net::serve::Limits;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;

use crate::support::requests::{self, BACKUP, COPY, REPLICATION};
use crate::support::{Client, Program, Server, ask, in_time, run};

#[tokio::test]
async fn says_where_it_listens_in_one_line_and_nothing_else() {
    let (mut program, address) = Program::mock(&[]);
    assert!(address.ip().is_loopback() && address.port() != 0);
    assert_eq!(ask(address, requests::replicate(REPLICATION)).await.status, 200);
    assert_eq!(ask(address, requests::query("Action=Nope")).await.status, 400);
    assert_eq!(program.stop().stdout, "");
}

#[tokio::test]
async fn listens_wider_than_loopback_only_when_allowed() {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let ended = run(&["mock", "--listen", listen]);
        assert_eq!(ended.code, Some(2), "{listen}");
        assert!(ended.stderr.contains("--allow-remote") && ended.stderr.contains(listen), "{}", ended.stderr);
        assert_eq!(ended.stdout, "");
    }
    let mut program = Program::start(&["mock", "--listen", "0.0.0.0:0", "--allow-remote"]);
    let port = program.address().port();
    let here = format!("127.0.0.1:{port}").parse().expect("an address");
    assert_eq!(ask(here, requests::replicate(REPLICATION)).await.status, 200);
}

#[test]
fn a_port_in_use_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = taken.local_addr().expect("it is bound").to_string();
    let ended = run(&["mock", "--listen", &address]);
    assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
    assert!(ended.stderr.starts_with(&format!("error: cannot listen on {address}")), "{}", ended.stderr);
    assert!(ended.stderr.contains("in use"), "{}", ended.stderr);
}

#[test]
fn an_address_that_is_none_is_a_usage_error() {
    for listen in ["localhost", "127.0.0.1", "127.0.0.1:99999", ""] {
        let ended = run(&["mock", "--listen", listen]);
        assert_eq!(ended.code, Some(2), "{listen}");
        assert!(ended.stderr.contains("--listen"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn a_signal_lets_requests_in_flight_finish() {
    for signal in ["TERM", "INT"] {
        let (mut program, address) = Program::mock(&[]);
        let mut idle = Client::connect(address).await;
        idle.send(requests::query(COPY)).await;
        assert_eq!(idle.answer().await.status, 200);
        let request = requests::replicate(REPLICATION);
        let (start, rest) = request.split_at(request.len() - 30);
        let mut client = Client::connect(address).await;
        client.send(start).await;
        // An answer on a later connection: the server has taken this one, with what was sent, before.
        assert_eq!(ask(address, requests::replicate(REPLICATION)).await.status, 200);

        program.signal(signal);
        idle.expect_close().await;
        assert!(program.is_running(), "a request is in flight");
        client.send(rest).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.header("connection")), (200, Some("close")));
        assert!(answer.json()["replication"].is_object());
        client.expect_close().await;
        assert_eq!(program.wait().code, Some(0), "SIG{signal}");
        assert!(tokio::net::TcpStream::connect(address).await.is_err(), "nobody listens any more");
    }
}

#[test]
fn a_signal_right_after_the_line_stops_it_cleanly() {
    for _ in 0..5 {
        let (mut program, _) = Program::mock(&[]);
        assert_eq!(program.stop().code, Some(0));
    }
}

#[tokio::test]
async fn a_second_signal_does_not_wait() {
    let (mut program, address) = Program::mock(&[]);
    let mut client = Client::connect(address).await;
    client.send(requests::replicate_head("Content-Length: 10\r\n")).await;
    assert_eq!(ask(address, requests::replicate(REPLICATION)).await.status, 200);
    program.signal("INT");
    // Signals that come together are one, so wait until the first was understood.
    while tokio::net::TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    let start = Instant::now();
    program.signal("INT");
    assert_eq!(program.wait().code, Some(130));
    assert!(start.elapsed() < Limits::default().stop_time / 2);
}

#[tokio::test]
async fn stopping_gives_up_what_does_not_end() {
    let stop_time = Duration::from_millis(200);
    let mut server = Server::start(Limits { stop_time, ..Limits::default() }).await;
    let mut stuck = server.connect().await;
    stuck.send(requests::replicate_head("Content-Length: 10\r\n")).await;
    let mut silent = server.connect().await;
    server.expect_answers().await;
    let start = Instant::now();
    server.begin_stop();
    server.ended().await;
    assert!(start.elapsed() >= stop_time, "the request in flight had its time");
    stuck.expect_close().await;
    silent.expect_close().await;
}

#[tokio::test]
async fn stopping_does_not_wait_for_clients_that_keep_idle_connections() {
    let server = Server::start(Limits::default()).await;
    let mut idle = Vec::new();
    for _ in 0..20 {
        let mut client = server.connect().await;
        client.send(requests::replicate(REPLICATION)).await;
        assert_eq!(client.answer().await.status, 200);
        idle.push(client);
    }
    let start = Instant::now();
    server.stop().await;
    assert!(start.elapsed() < Duration::from_millis(1500), "{:?}", start.elapsed());
}

#[tokio::test]
async fn stopping_does_not_wait_for_a_header_of_which_only_a_part_came() {
    let mut server = Server::start(Limits::default()).await;
    let mut first = server.connect().await;
    first.send("POST / HTTP/1.1\r\nHost: loc").await;
    let mut second = server.connect().await;
    let request = requests::replicate(REPLICATION);
    second.send(&request).await;
    assert_eq!(second.answer().await.status, 200);
    second.send(&request[..30]).await;
    // One with a body that has not come to its end has its time, and its answer.
    let mut third = server.connect().await;
    third.send(&request[..request.len() - 1]).await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    let start = Instant::now();
    server.begin_stop();
    first.expect_close().await;
    second.expect_close().await;
    tokio::time::sleep(Duration::from_millis(100)).await;
    third.send(&request[request.len() - 1..]).await;
    assert_eq!(third.answer().await.status, 200);
    server.ended().await;
    assert!(start.elapsed() < Limits::default().stop_time / 4, "{:?}", start.elapsed());
}

#[tokio::test]
async fn an_answer_that_is_on_its_way_is_sent_to_its_end_when_the_server_stops() {
    let mut server = Server::start(Limits { body_bytes: 16 * 1024 * 1024, ..Limits::default() }).await;
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_recv_buffer_size(4096).expect("a small buffer");
    let mut stream = socket.connect(server.address).await.expect("a connection");
    // An answer with more than the buffers hold while nobody reads, and a part of the next request.
    let mut request = requests::query(format!("{COPY}&KmsKeyId={}", "k".repeat(10_000_000)));
    request.extend_from_slice(b"POST / HTTP/1.1\r\nHost: loc");
    stream.write_all(&request).await.expect("the server takes it");
    tokio::time::sleep(Duration::from_secs(1)).await;
    server.begin_stop();
    tokio::time::sleep(Duration::from_millis(300)).await;
    let mut answer = String::new();
    in_time("the whole answer", stream.read_to_string(&mut answer)).await.expect("no reset");
    assert!(answer.len() > 10_000_000 && answer.trim_end().ends_with("Response>"), "{} bytes", answer.len());
    server.ended().await;
}

#[tokio::test]
async fn status_overrides_the_success_of_one_operation() {
    let (_program, address) = Program::mock(&["--status", "ReplicateBackup=202", "--status", "StartBackupJob=201"]);
    for (request, status) in [
        (requests::replicate(REPLICATION), 202),
        (requests::back_up(BACKUP), 201),
        (requests::query(COPY), 200),
        (requests::replicate("{}"), 400),
    ] {
        assert_eq!(ask(address, request).await.status, status);
    }
}

#[tokio::test]
async fn status_takes_an_alias() {
    let (_program, address) = Program::mock(&["--status", "CopyBackup=202"]);
    assert_eq!(ask(address, requests::replicate(REPLICATION)).await.status, 202);
}

#[test]
fn a_status_that_is_none_is_a_usage_error() {
    for (status, told) in [
        ("ReplicateBackup", "OPERATION=STATUS"),
        ("Nope=202", "ReplicateBackup"),
        ("=202", "ReplicateBackup"),
        ("ReplicateBackup=", "200 to 299"),
        ("ReplicateBackup=abc", "200 to 299"),
        ("ReplicateBackup=404", "200 to 299"),
        ("ReplicateBackup=99999", "200 to 299"),
        ("ReplicateBackup=-200", "200 to 299"),
        ("ReplicateBackup=204", "cannot have a body"),
        ("ReplicateBackup=205", "cannot have a body"),
    ] {
        let ended = run(&["mock", "--listen", "127.0.0.1:0", "--status", status]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{status}");
        assert!(ended.stderr.contains(told) && ended.stderr.contains(status), "{status}: {}", ended.stderr);
    }
}

#[tokio::test]
async fn dialect_fixes_what_the_request_would_decide() {
    let as_documented = requests::documented("POST /?Action=CopyDBClusterSnapshot", "{}");
    for (arguments, documented, native) in [
        (&[][..], "VALIDATION_ERROR", "MissingParameter"),
        (&["--dialect", "native"], "MissingAuthenticationToken", "MissingParameter"),
        (&["--dialect", "documented"], "VALIDATION_ERROR", "VALIDATION_ERROR"),
    ] {
        let (_program, address) = Program::mock(arguments);
        assert_eq!(ask(address, &as_documented).await.code(), documented, "{arguments:?}");
        let answer = ask(address, requests::query("Action=CopyDBClusterSnapshot&Version=2014-10-31")).await;
        assert_eq!(answer.code(), native, "{arguments:?}");
    }
    assert_eq!(run(&["mock", "--dialect", "klingon"]).code, Some(2));
}

#[tokio::test]
async fn max_body_moves_the_limit() {
    let (_program, address) = Program::mock(&["--max-body", "300"]);
    let padded = |length: usize| format!("{REPLICATION}{}", " ".repeat(length - REPLICATION.len()));
    assert_eq!(ask(address, requests::replicate(padded(300))).await.status, 200);
    assert_eq!(ask(address, requests::replicate(padded(301))).await.status, 413);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn goes_on_when_nobody_takes_what_it_prints() {
    let script = r#"RUST_LOG=trace exec "$0" mock --listen 127.0.0.1:0 2>/dev/full"#;
    let mut program = Program::start_by_shell(script);
    let address = program.address();
    program.close_stdout();
    for _ in 0..3 {
        assert_eq!(ask(address, requests::replicate(REPLICATION)).await.status, 200);
    }
    assert_eq!(program.stop().code, Some(0));
}

#[tokio::test]
async fn logs_what_rust_log_asks_for() {
    for (level, logged) in [("", false), ("warn", false), ("debug", true), ("accordant::net=debug", true)] {
        let mut program = Program::start_logging(level, &["mock", "--listen", "127.0.0.1:0"]);
        assert_eq!(ask(program.address(), requests::replicate(REPLICATION)).await.status, 200);
        let stderr = program.stop().stderr;
        assert_eq!(stderr.contains("ReplicateBackup"), logged, "{level}: {stderr}");
    }
}

#[test]
fn a_rust_log_that_cannot_be_understood_is_told() {
    for (level, told) in [
        ("verbose", true),
        ("accordant=loud", true),
        ("info,verbose", true),
        ("", false),
        ("off", false),
        ("DEBUG", false),
        ("warn,accordant::net=debug,hyper=off", false),
    ] {
        let mut program = Program::start_logging(level, &["mock", "--listen", "127.0.0.1:0"]);
        program.address();
        let stderr = program.stop().stderr;
        assert_eq!(stderr.contains("WARN"), told, "{level}: {stderr}");
        assert!(!told || stderr.contains(level) && stderr.contains("INFO"), "{level}: {stderr}");
    }
}

#[test]
fn the_help_tells_the_exit_codes_there_are() {
    let help = run(&["--help"]).stdout;
    let codes = help.lines().skip_while(|line| !line.starts_with("Exit codes")).collect::<String>();
    let numbers: Vec<&str> =
        codes.split(|letter: char| !letter.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    assert_eq!(numbers, ["0", "1", "2", "3", "4", "130"], "{help}");
}

#[cfg(unix)]
#[tokio::test]
async fn too_many_open_files_are_survived() {
    let mut program = Program::start_by_shell(r#"ulimit -n 40; exec "$0" mock --listen 127.0.0.1:0"#);
    let address = program.address();
    let mut silent = Vec::new();
    for _ in 0..60 {
        silent.push(Client::connect(address).await);
    }
    program.wait_for_log("cannot accept a connection");
    drop(silent);
    assert_eq!(ask(address, requests::replicate(REPLICATION)).await.status, 200);
    assert_eq!(program.stop().code, Some(0));
}

#[cfg(unix)]
#[tokio::test]
async fn as_many_files_are_opened_as_the_system_allows() {
    let mut program = Program::start_by_shell(r#"ulimit -S -n 40; exec "$0" mock --listen 127.0.0.1:0"#);
    let address = program.address();
    let mut silent = Vec::new();
    for _ in 0..60 {
        silent.push(Client::connect(address).await);
    }
    assert_eq!(ask(address, requests::replicate(REPLICATION)).await.status, 200);
    let ended = program.stop();
    assert!(!ended.stderr.contains("cannot accept"), "{}", ended.stderr);
    drop(silent);
}
