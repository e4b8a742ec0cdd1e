//! `accordant proxy`: no byte is changed on the way, and both sides are judged.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use serde_json::Value;
use tempfile::TempDir;

use crate::support::{PATIENCE, Program, run};

const GOOD: &str = r#"{"BackupVaultName": "vault", "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1", "IamRoleArn": "arn:aws:iam::123456789012:role/r"}"#;
const HEAD: &str = "PUT /backup-jobs HTTP/1.1\r\nHoSt: x\r\nauthorization:  AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/backup/aws4_request, SignedHeaders=h, Signature=00 \r\nContent-Type: application/json\r\n";

const CERTIFICATE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/tls/localhost.pem");

fn request(body: &str) -> String {
    format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len())
}

trait Connection: Read + Write {}

impl<T: Read + Write> Connection for T {}

/// A server that takes a connection, reads so many bytes, sends an answer in pieces, and closes. It gives out what it read.
fn server(expected: usize, answer: &'static [u8]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    server_on(expected, answer, |connection| Box::new(connection))
}

/// The same, on what is made of a connection.
fn server_on(
    expected: usize,
    answer: &'static [u8],
    on: impl Fn(TcpStream) -> Box<dyn Connection> + Send + 'static,
) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = listener();
    let address = listener.local_addr().expect("an address");
    let serving = std::thread::spawn(move || {
        loop {
            let mut connection = on(accept(&listener));
            let mut read = vec![0; expected];
            // The proxy looks whether somebody is there, and goes away again.
            if connection.read_exact(&mut read).is_err() {
                continue;
            }
            for piece in answer.chunks(5) {
                connection.write_all(piece).expect("the proxy reads");
                connection.flush().expect("the proxy reads");
            }
            return read;
        }
    });
    (address, serving)
}

fn listener() -> TcpListener {
    TcpListener::bind("127.0.0.1:0").expect("a free port")
}

fn accept(listener: &TcpListener) -> TcpStream {
    let (connection, _) = listener.accept().expect("a connection");
    connection.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    connection
}

/// TLS by the certificate in `fixtures/tls`.
fn tls(connection: TcpStream) -> Box<dyn Connection> {
    let certificate = CertificateDer::from_pem_file(CERTIFICATE).expect("a certificate");
    let key = PrivateKeyDer::from_pem_file(CERTIFICATE.replace(".pem", ".key")).expect("a key");
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .with_safe_default_protocol_versions()
        .and_then(|builder| builder.with_no_client_auth().with_single_cert(vec![certificate], key));
    let session = ServerConnection::new(Arc::new(config.expect("TLS"))).expect("TLS");
    Box::new(StreamOwned::new(session, connection))
}

fn connect(address: SocketAddr) -> TcpStream {
    let connection = TcpStream::connect(address).expect("the proxy listens");
    connection.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    connection
}

/// What comes back for bytes that are sent in pieces, to the connection's end.
fn exchange(address: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut connection = connect(address);
    for piece in sent.chunks(7) {
        connection.write_all(piece).expect("the proxy reads");
    }
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).expect("the proxy closes");
    answer
}

/// What a proxy has reported, its exit code, and what it said.
type Reported = (Value, Option<i32>, String);

/// Ends a proxy, and gives out what it reports.
fn reported(program: &mut Program, signal: &str, report: &Path) -> Reported {
    program.signal(signal);
    let ended = program.wait();
    let report = fs::read_to_string(report).unwrap_or_else(|_| panic!("no report: {}", ended.stderr));
    (serde_json::from_str(&report).expect("a report"), ended.code, ended.stderr)
}

/// Sends bytes through a proxy to a server that answers with others; gives out the report and the exit code.
fn judged(sent: &str, answer: &'static str) -> Reported {
    let (target, serving) = server(sent.len(), answer.as_bytes());
    led(&format!("http://{target}"), serving, sent, answer)
}

fn led(target: &str, serving: JoinHandle<Vec<u8>>, sent: &str, answer: &str) -> Reported {
    let directory = TempDir::new().expect("a directory");
    let report = directory.path().join("report.json");
    let script = format!("SSL_CERT_FILE={CERTIFICATE} exec \"$0\" proxy {target} --report {}", report.display());
    let mut program = Program::start_by_shell(&script);
    let address = program.address();
    assert_eq!(exchange(address, sent.as_bytes()), answer.as_bytes(), "what the client read");
    assert_eq!(serving.join().expect("the server ends"), sent.as_bytes(), "what the server read");
    reported(&mut program, "TERM", &report)
}

fn found(report: &Value) -> Vec<(&str, &str)> {
    let list = report["findings"].as_array().expect("findings").iter();
    list.map(|one| (one["code"].as_str().unwrap_or_default(), one["about"].as_str().unwrap_or_default())).collect()
}

const CREATED: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nX-amzn-RequestId: one\r\ntransfer-encoding: chunked\r\n\r\n\
    11;ext=\"a\"\r\n{\"BackupJobId\": \"\r\n2F\r\n12345678-1234\", \"CreationDate\": 1762102908.031}\r\n0\r\ntrailer: yes\r\n\r\n";

#[test]
fn no_byte_is_changed_and_right_traffic_is_silent() {
    let (report, code, stderr) = judged(&request(GOOD), CREATED);
    assert_eq!(
        (code, found(&report), report["client"]["requests"].as_u64()),
        (Some(0), Vec::new(), Some(1)),
        "{stderr}"
    );
}

#[test]
fn both_sides_are_judged() {
    let bad = GOOD.replace('{', r#"{"StartWindowMinutes": 59, "#);
    let (report, code, stderr) = judged(&request(&bad), CREATED);
    let about = "/StartWindowMinutes#minimum";
    assert!(found(&report).contains(&("request-schema", about)), "{stderr}");
    assert!(found(&report).contains(&("invalid-accepted", about)), "{stderr}");
    assert_eq!(code, Some(1));
}

#[test]
fn an_answer_in_a_coding_that_the_client_asked_for_accuses_nobody() {
    let asking = request(GOOD).replacen("\r\n", "\r\nAccept-Encoding: gzip, deflate\r\n", 1);
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-encoding: gzip\r\nx-amzn-requestid: one\r\ncontent-length: 6\r\n\r\nzipped";
    let (report, code, stderr) = judged(&asking, answer);
    assert_eq!(
        (code, found(&report), report["notes"].as_array().map(Vec::len)),
        (Some(0), Vec::new(), Some(0)),
        "{stderr}"
    );
    assert!(stderr.contains("content coding: 1 exchange"), "{stderr}");
}

#[test]
fn older_http_is_passed_on_and_judged() {
    let answer = "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\nx-amzn-requestid: one\r\n\r\n{\"CreationDate\": 1762102908.031}";
    let (report, code, stderr) = judged(&request(GOOD).replace("HTTP/1.1", "HTTP/1.0"), answer);
    assert_eq!(report["notes"][0]["code"], "output-schema", "{stderr}");
    assert_eq!((report["client"]["requests"].as_u64(), code), (Some(1), Some(0)), "{stderr}");
}

#[test]
fn what_is_not_http_is_passed_on_and_counted() {
    let (report, code, stderr) = judged("\0\u{1}nothing known\r\n\r\n", "\0\u{2}either");
    assert_eq!((report["client"]["requests"].as_u64(), code), (Some(0), Some(4)), "{stderr}");
    assert!(stderr.contains("could not be read"), "{stderr}");
}

#[test]
fn a_request_whose_answer_cannot_be_read_is_judged() {
    let (report, _, stderr) = judged(&request("{}"), "what is this\r\n\r\n");
    assert!(found(&report).contains(&("request-schema", "/IamRoleArn#required")), "{stderr}");
}

#[test]
fn a_broken_answer_accuses_nobody_of_a_schema() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 90\r\n\r\n{\"Backup";
    let (report, code, stderr) = judged(&request(GOOD), answer);
    assert_eq!((found(&report), code), (vec![("transport-failure", "")], Some(1)), "{stderr}");
}

#[test]
fn a_target_that_is_down_is_told() {
    let free = listener().local_addr().expect("an address");
    let ended = run(&["proxy", &format!("http://{free}"), "--", "true"]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot be reached"), "{}", ended.stderr);
    for (url, said) in [
        ("ftp://localhost", "ftp is not spoken"),
        ("http://localhost/path", "more than host"),
        ("https://me@localhost", "more than host"),
        ("nonsense", "no URL"),
    ] {
        let ended = run(&["proxy", url, "--", "true"]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn a_target_that_goes_away_is_told() {
    let Between { mut program, address, target, directory } = Between::start(&[]);
    drop(target);
    let mut client = connect(address);
    // Nobody is there who could answer, and nobody pretends to be.
    assert!(matches!(client.read(&mut [0]), Ok(0) | Err(_)));
    let (report, code, stderr) = reported(&mut program, "TERM", &directory.path().join("report.json"));
    assert_eq!((report["client"]["requests"].as_u64(), code), (Some(0), Some(3)), "{stderr}");
    assert!(stderr.contains("could not be reached: 1 connection"), "{stderr}");
}

#[test]
fn tls_is_spoken_to_a_target_that_is_trusted() {
    let (target, serving) = server_on(request(GOOD).len(), CREATED.as_bytes(), tls);
    let url = format!("https://localhost:{}", target.port());
    let (report, code, stderr) = led(&url, serving, &request(GOOD), CREATED);
    assert_eq!(
        (code, found(&report), report["client"]["requests"].as_u64()),
        (Some(0), Vec::new(), Some(1)),
        "{stderr}"
    );
}

#[test]
fn a_target_that_is_not_trusted_is_told() {
    let (plain, _) = server(1, b"");
    let (secured, _) = server_on(1, b"", tls);
    let run = |environment: &str, target: SocketAddr| {
        let script = format!("{environment} exec \"$0\" proxy https://{target} -- true");
        let ended = Program::start_by_shell(&script).wait();
        (ended.code, ended.stderr)
    };
    let (code, stderr) = run("", secured);
    assert!(code == Some(3) && stderr.contains("cannot be reached: invalid peer certificate"), "{code:?} {stderr}");
    let (code, stderr) = run(&format!("SSL_CERT_FILE={CERTIFICATE}"), plain);
    assert!(code == Some(3) && stderr.contains("cannot be reached"), "{code:?} {stderr}");
    let (code, stderr) = run("SSL_CERT_FILE=/dev/null SSL_CERT_DIR=/dev/null", secured);
    assert!(code == Some(2) && stderr.contains("SSL_CERT_FILE"), "{code:?} {stderr}");
}

/// A proxy before a listener, in whose place a test answers; with where the proxy listens, and its report.
struct Between {
    program: Program,
    address: SocketAddr,
    target: TcpListener,
    directory: TempDir,
}

impl Between {
    fn start(arguments: &[&str]) -> Self {
        let target = listener();
        let directory = TempDir::new().expect("a directory");
        let report = directory.path().join("report.json");
        let url = format!("http://{}", target.local_addr().expect("an address"));
        let report = report.to_str().expect("a path of text");
        let mut program = Program::start(&[&["proxy", &url, "--report", report], arguments].concat());
        drop(accept(&target));
        let address = program.address();
        Self { program, address, target, directory }
    }

    /// A connection that the proxy passes on, once so many bytes have come.
    fn pass(&self, sent: &str) -> (TcpStream, TcpStream) {
        let mut client = connect(self.address);
        client.write_all(sent.as_bytes()).expect("the proxy reads");
        let mut server = accept(&self.target);
        server.read_exact(&mut vec![0; sent.len()]).expect("the request");
        (client, server)
    }

    fn reported(mut self, signal: &str) -> Reported {
        reported(&mut self.program, signal, &self.directory.path().join("report.json"))
    }
}

#[test]
fn an_answer_that_never_comes_is_kept_as_none() {
    for signal in ["TERM", "INT"] {
        let between = Between::start(&[]);
        // Once the target has it, the proxy has read it.
        let _open = between.pass(&request("{}"));
        let (report, code, stderr) = between.reported(signal);
        assert!(found(&report).contains(&("request-schema", "/IamRoleArn#required")), "{stderr}");
        assert_eq!(code, Some(1));
    }
}

#[test]
fn a_reset_is_passed_on_and_ends_no_answer() {
    let between = Between::start(&[]);
    let (mut client, mut server) = between.pass(&request(GOOD));
    server.write_all(b"HTTP/1.0 200 OK\r\ncontent-type: application/json\r\n\r\n{\"Creation").expect("the proxy reads");
    client.read_exact(&mut [0; 40]).expect("the beginning of an answer");
    // What it has not read makes an end a reset.
    client.write_all(b"more").expect("the proxy reads");
    server.peek(&mut [0]).expect("it is there");
    drop(server);
    client.read_to_end(&mut Vec::new()).expect_err("no end, but a reset");
    let (report, code, stderr) = between.reported("TERM");
    assert_eq!((found(&report), code), (vec![("transport-failure", "")], Some(1)), "{stderr}");
}

#[test]
fn servers_that_do_not_answer_are_told() {
    let cut = "HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{";
    for (name, answer, actual) in [
        ("closes", "", "the connection ended before the answer did"),
        ("cuts the head", "HTTP/1.1 200 OK\r\ncontent-le", "the connection ended before the answer did"),
        ("cuts the body", cut, "the connection ended before the answer did"),
        ("sends garbage", "SSH-2.0-OpenSSH_9.6\r\n\r\n", "is not HTTP"),
        ("has two lengths", "HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}", "is not HTTP"),
        ("has a length that is none", "HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}", "is not HTTP"),
        ("has chunks that are none", "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n", "is not HTTP"),
    ] {
        let (report, code, stderr) = judged(&request(GOOD), answer);
        assert_eq!((found(&report), code), (vec![("transport-failure", "")], Some(1)), "{name}: {stderr}");
        let said = report["findings"][0]["actual"].as_str().unwrap_or_default();
        assert!(said.contains(actual), "{name}: {said}");
        assert!(!stderr.contains("Signature"), "{name}: credentials are shown");
    }
}

#[test]
fn a_client_that_does_not_wait_accuses_nobody_but_is_told() {
    let between = Between::start(&[]);
    let (client, mut server) = between.pass(&request(GOOD));
    drop(client);
    assert_eq!(server.read(&mut [0]).expect("the end is passed on"), 0);
    drop(server);
    let (report, code, stderr) = between.reported("TERM");
    assert_eq!((found(&report), code), (Vec::new(), Some(0)), "{stderr}");
    let note = &report["notes"][0];
    assert!(note["code"] == "transport-failure" && stderr.contains("when the client left"), "{stderr}");
}

#[test]
fn a_target_may_end_a_connection_that_it_has_answered_on() {
    let between = Between::start(&[]);
    let (mut client, mut server) = between.pass(&request(GOOD));
    server.write_all(CREATED.as_bytes()).expect("the proxy reads");
    client.read_exact(&mut vec![0; CREATED.len()]).expect("the answer");
    client.write_all(request(GOOD).as_bytes()).expect("the proxy reads");
    server.read_exact(&mut vec![0; request(GOOD).len()]).expect("the request");
    drop(server);
    client.read_to_end(&mut Vec::new()).expect("the end is passed on");
    let (report, code, stderr) = between.reported("TERM");
    assert_eq!(
        (found(&report), report["notes"].as_array().map(Vec::len), code),
        (Vec::new(), Some(0), Some(0)),
        "{stderr}"
    );
    assert!(stderr.contains("ended the connection at the same time: 1 request"), "{stderr}");
}

#[test]
fn a_client_may_close_its_half_or_go() {
    let between = Between::start(&[]);
    let (mut client, mut server) = between.pass(&request(GOOD));
    client.shutdown(Shutdown::Write).expect("an open connection");
    assert_eq!(server.read(&mut [0]).expect("the end is passed on"), 0);
    server.write_all(CREATED.as_bytes()).expect("the proxy reads");
    drop(server);
    let mut answer = String::new();
    client.read_to_string(&mut answer).expect("the answer");
    assert_eq!(answer, CREATED);

    let (client, mut server) = between.pass(&request("{}"));
    drop(client);
    assert_eq!(server.read(&mut [0]).expect("the end is passed on"), 0);
    drop(server);
    let (report, _, stderr) = between.reported("TERM");
    assert_eq!(report["client"]["requests"], 2, "{stderr}");
    assert!(found(&report).iter().all(|(check, _)| *check == "request-schema"), "{stderr}");
}

#[test]
fn a_long_body_is_passed_on_and_said_not_to_be_judged() {
    let body = "x".repeat(9 * 1024 * 1024);
    let sent = request(&body);
    let between = Between::start(&[]);
    let (mut client, target) = (connect(between.address), between.target.try_clone().expect("a listener"));
    let (length, answer) = (sent.len(), format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len()));
    let due = answer.clone();
    let serving = std::thread::spawn(move || {
        let mut server = accept(&target);
        let mut read = vec![0; length];
        server.read_exact(&mut read).expect("the request");
        server.write_all(answer.as_bytes()).expect("the proxy reads");
        read
    });
    client.write_all(sent.as_bytes()).expect("the proxy reads");
    let mut answer = Vec::new();
    client.read_to_end(&mut answer).expect("the proxy closes");
    assert!(serving.join().expect("the server ends") == sent.as_bytes() && answer == due.as_bytes(), "bytes changed");
    let (report, code, stderr) = between.reported("TERM");
    assert!(stderr.contains("passed on but not judged, since a body is longer than 8 MiB: 1 exchange"), "{stderr}");
    assert_eq!((report["client"]["requests"].as_u64(), code), (Some(0), Some(4)));
}

#[test]
fn a_port_in_use_is_told() {
    let (taken, target) = (listener(), listener());
    let address = |listener: &TcpListener| listener.local_addr().expect("an address").to_string();
    let ended = run(&["proxy", &format!("http://{}", address(&target)), "--listen", &address(&taken)]);
    assert!(ended.code == Some(2) && ended.stderr.contains("cannot listen on"), "{ended:?}");
}

#[test]
fn a_command_that_waits_for_a_slow_target_is_ended() {
    let target = listener();
    let directory = TempDir::new().expect("a directory");
    let report = directory.path().join("report.json");
    let url = format!("http://{}", target.local_addr().expect("an address"));
    let script = r#"curl -s -X PUT -d '{}' "$ACCORDANT_URL/backup-jobs""#;
    let report_path = report.to_str().expect("a path of text");
    let ended = run(&["proxy", &url, "--timeout", "1s", "--report", report_path, "--", "sh", "-c", script]);
    assert_eq!(ended.code, Some(124), "{}", ended.stderr);
    let report: Value = serde_json::from_str(&fs::read_to_string(report).expect("a report")).expect("JSON");
    assert!(found(&report).contains(&("credentials-missing", "")), "{}", ended.stderr);
}

#[test]
fn a_signal_ends_the_command_too() {
    let directory = TempDir::new().expect("a directory");
    let (told, report) = (directory.path().join("told"), directory.path().join("report.json"));
    let target = listener();
    let url = format!("http://{}", target.local_addr().expect("an address"));
    let script = format!("sleep 100 >/dev/null 2>&1 & echo $! > {0}.new; mv {0}.new {0}; wait", told.display());
    let report_path = report.to_str().expect("a path of text");
    let mut program = Program::start(&["proxy", &url, "--report", report_path, "--", "sh", "-c", &script]);
    let child = in_the_end(|| fs::read_to_string(&told).ok());
    let (_, code, stderr) = reported(&mut program, "INT", &report);
    assert_eq!(code, Some(130), "{stderr}");
    let is_running = || {
        let state = fs::read_to_string(format!("/proc/{}/stat", child.trim())).unwrap_or_default();
        !state.is_empty() && !state.contains(") Z ")
    };
    in_the_end(|| (!is_running()).then_some(()));
}

fn in_the_end<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "waited too long");
        std::thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn what_a_server_may_not_have_is_doubtful() {
    let answer = "HTTP/1.1 404 Not Found\r\ncontent-type: text/html\r\ncontent-length: 9\r\n\r\nnot found";
    let (report, code, stderr) = judged(&request(GOOD), answer);
    assert_eq!((found(&report), code), (Vec::new(), Some(0)), "{stderr}");
    let actual = report["notes"][0]["actual"].as_str().unwrap_or_default();
    assert!(actual.contains("no answer shows that the server has the operation"), "{stderr}");
}

#[test]
fn what_may_pass_is_not_judged() {
    let answer = "HTTP/1.1 502 Bad Gateway\r\ncontent-type: text/html\r\ncontent-length: 4\r\n\r\nwait";
    let (report, code, stderr) = judged(&request(GOOD), answer);
    let notes = report["notes"].as_array().expect("notes").len();
    assert_eq!((found(&report), notes, code), (Vec::new(), 0, Some(0)), "{stderr}");
}

#[test]
fn a_command_is_led_through_the_proxy() {
    let (_mock, address) = Program::mock(&[]);
    let url = format!("http://{address}");
    let ended = run(&[
        "proxy",
        &url,
        "--",
        "sh",
        "-c",
        r#"curl -s -o /dev/null "$AWS_ENDPOINT_URL/backup-jobs" -X PUT; exit 5"#,
    ]);
    assert_eq!(ended.code, Some(5), "{}", ended.stderr);
    assert!(ended.stderr.contains("credentials-missing"), "{}", ended.stderr);
}

#[test]
fn a_baseline_accepts_what_is_found_on_the_way() {
    let (_mock, address) = Program::mock(&[]);
    let (url, folder) = (format!("http://{address}"), TempDir::new().expect("a directory"));
    let file = folder.path().join("baseline.toml");
    let passed = |body: &str, more: &[&str]| {
        let request = format!(
            "curl -s -o /dev/null -X PUT $AWS_ENDPOINT_URL/backup-jobs -H 'content-type: application/json' \
             --aws-sigv4 aws:amz:us-east-1:backup -u a:b -d '{body}'"
        );
        let baseline = ["--baseline", file.to_str().expect("text")];
        run(&[&["proxy", &url], &baseline[..], more, &["--", "sh", "-c", &request]].concat())
    };
    let bad = GOOD.replace('{', r#"{"StartWindowMinutes": 59, "#);
    let ended = passed(&bad, &["--update-baseline"]);
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    assert!(fs::read_to_string(&file).expect("a baseline").contains("/StartWindowMinutes#minimum"));
    let ended = passed(&bad, &[]);
    assert!(ended.code == Some(0) && ended.stderr.contains("but for what the baseline accepts"), "{}", ended.stderr);
    let ended = passed(GOOD, &[]);
    assert!(ended.code == Some(1) && ended.stderr.contains("nothing shows it any more"), "{}", ended.stderr);
}
