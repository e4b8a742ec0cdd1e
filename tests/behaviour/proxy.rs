//! `accordant proxy`: no byte is changed on the way, and both sides are judged.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{PATIENCE, Program, run};

const GOOD: &str = r#"{"BackupVaultName": "vault", "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1", "IamRoleArn": "arn:aws:iam::123456789012:role/r"}"#;
const HEAD: &str = "PUT /backup-jobs HTTP/1.1\r\nHoSt: x\r\nauthorization:  AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/backup/aws4_request, SignedHeaders=h, Signature=00 \r\nContent-Type: application/json\r\n";

fn request(body: &str) -> String {
    format!("{HEAD}Content-Length: {}\r\n\r\n{body}", body.len())
}

/// A server that takes a connection, reads so many bytes, sends an answer in pieces, and closes. It gives out what it read.
fn server(expected: usize, answer: &'static [u8]) -> (SocketAddr, JoinHandle<Vec<u8>>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let serving = std::thread::spawn(move || {
        loop {
            let (mut connection, _) = listener.accept().expect("a connection");
            connection.set_read_timeout(Some(PATIENCE)).expect("a time limit");
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

/// A running proxy, and where it listens.
fn proxy(target: SocketAddr, report: &str) -> (Program, SocketAddr) {
    let mut program = Program::start(&["proxy", &format!("http://{target}"), "--report", report]);
    let address = program.address();
    (program, address)
}

/// What comes back for bytes that are sent in pieces, to the connection's end.
fn exchange(address: SocketAddr, sent: &[u8]) -> Vec<u8> {
    let mut connection = TcpStream::connect(address).expect("the proxy listens");
    connection.set_read_timeout(Some(PATIENCE)).expect("a time limit");
    for piece in sent.chunks(7) {
        connection.write_all(piece).expect("the proxy reads");
    }
    let mut answer = Vec::new();
    connection.read_to_end(&mut answer).expect("the proxy closes");
    answer
}

/// Sends bytes through a proxy to a server that answers with others; gives out the report and the exit code.
fn judged(sent: &str, answer: &'static str) -> (Value, Option<i32>, String) {
    let directory = TempDir::new().expect("a directory");
    let report = directory.path().join("report.json");
    let (target, serving) = server(sent.len(), answer.as_bytes());
    let (mut program, address) = proxy(target, report.to_str().expect("a path of text"));
    assert_eq!(exchange(address, sent.as_bytes()), answer.as_bytes(), "what the client read");
    assert_eq!(serving.join().expect("the server ends"), sent.as_bytes(), "what the server read");
    let ended = program.stop();
    let report = fs::read_to_string(report).unwrap_or_else(|_| panic!("no report: {}", ended.stderr));
    (serde_json::from_str(&report).expect("a report"), ended.code, ended.stderr)
}

fn found(report: &Value) -> Vec<(&str, &str)> {
    let list = report["findings"].as_array().expect("findings").iter();
    list.map(|one| (one["check"].as_str().unwrap_or_default(), one["about"].as_str().unwrap_or_default())).collect()
}

const CREATED: &str = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nX-amzn-RequestId: one\r\ntransfer-encoding: chunked\r\n\r\n\
    11;ext=\"a\"\r\n{\"BackupJobId\": \"\r\n2F\r\n12345678-1234\", \"CreationDate\": 1762102908.031}\r\n0\r\ntrailer: yes\r\n\r\n";

#[test]
fn no_byte_is_changed_and_right_traffic_is_silent() {
    let (report, code, stderr) = judged(&request(GOOD), CREATED);
    assert_eq!((code, found(&report), report["requests"].as_u64()), (Some(0), Vec::new(), Some(1)), "{stderr}");
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
fn older_http_is_passed_on_and_judged() {
    let answer = "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\nx-amzn-requestid: one\r\n\r\n{\"CreationDate\": 1762102908.031}";
    let (report, code, stderr) = judged(&request(GOOD).replace("HTTP/1.1", "HTTP/1.0"), answer);
    assert_eq!(report["notes"][0]["check"], "output-schema", "{stderr}");
    assert_eq!((report["requests"].as_u64(), code), (Some(1), Some(0)), "{stderr}");
}

#[test]
fn what_is_not_http_is_passed_on_and_counted() {
    let (report, code, stderr) = judged("\0\u{1}nothing known\r\n\r\n", "\0\u{2}either");
    assert_eq!((report["requests"].as_u64(), code), (Some(0), Some(4)), "{stderr}");
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
    let (report, _, stderr) = judged(&request(GOOD), answer);
    assert_eq!((found(&report), report["requests"].as_u64()), (Vec::new(), Some(1)), "{stderr}");
}

#[test]
fn a_target_that_is_down_is_told() {
    let free = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let ended = run(&["proxy", &format!("http://{free}"), "--", "true"]);
    assert_eq!(ended.code, Some(3), "{}", ended.stderr);
    assert!(ended.stderr.contains("cannot be reached"), "{}", ended.stderr);
    for (url, said) in
        [("https://localhost", "TLS"), ("http://localhost/path", "more than host"), ("nonsense", "no URL")]
    {
        let ended = run(&["proxy", url, "--", "true"]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(said), "{}", ended.stderr);
    }
}

#[test]
fn an_answer_that_never_comes_is_kept_as_none() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let target = listener.local_addr().expect("an address");
    let directory = TempDir::new().expect("a directory");
    let report = directory.path().join("report.json");
    let (mut program, address) = proxy(target, report.to_str().expect("a path of text"));
    let mut connection = TcpStream::connect(address).expect("the proxy listens");
    connection.write_all(request("{}").as_bytes()).expect("the proxy reads");
    // Once the target has it, the proxy has read it.
    let (probe, _) = listener.accept().expect("the proxy's own look");
    drop(probe);
    let (mut taken, _) = listener.accept().expect("the connection");
    taken.set_read_timeout(Some(Duration::from_secs(5))).expect("a time limit");
    let mut read = vec![0; request("{}").len()];
    taken.read_exact(&mut read).expect("the request");
    let ended = program.stop();
    let report: Value = serde_json::from_str(&fs::read_to_string(report).expect("a report")).expect("JSON");
    assert!(found(&report).contains(&("request-schema", "/IamRoleArn#required")), "{}", ended.stderr);
    assert_eq!(ended.code, Some(1));
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
