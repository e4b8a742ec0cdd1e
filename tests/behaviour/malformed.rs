//! Requests that are not what they should be: the contract's error or a close, and the next client is answered.

use accordant::net::serve::Limits;
use serde_json::json;

use crate::support::requests::{self, BACKUP, COPY, REPLICATION, RESTORE};
use crate::support::{Server, mock};

/// A request with a name for it, and the error it gets.
type Case = (&'static str, Vec<u8>, u16, &'static str);

async fn expect_errors(cases: Vec<Case>) {
    let server = Server::start(Limits::default()).await;
    // On one connection: a request that is refused for what it says does not end it.
    let mut client = server.connect().await;
    let mut wrong = Vec::new();
    for (name, request, status, code) in cases {
        client.send(request).await;
        let answer = client.answer().await;
        if (answer.status, answer.code().as_str()) != (status, code) {
            wrong.push(format!("{name}: {answer:?}, not {status} {code}"));
        }
        assert!(answer.header("accordant-violations").is_some(), "{name}: {answer:?}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    server.expect_answers().await;
}

/// A body with one member more, or another value of it.
fn with(body: &str, pointer: &str, value: serde_json::Value) -> String {
    let mut body: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let (parent, name) = pointer.rsplit_once('/').expect("a pointer");
    body.pointer_mut(parent).expect("the parent is there")[name] = value;
    body.to_string()
}

#[tokio::test]
async fn bodies_that_cannot_be_read_as_json() {
    let nested = |depth: usize| format!(r#"{{"x": {}{}}}"#, "[".repeat(depth), "]".repeat(depth));
    let bodies: Vec<(&str, Vec<u8>)> = vec![
        ("nested 65 deep", nested(64).into()),
        ("nested very deep", nested(300_000).into()),
        ("never closed", "{\"a\":".repeat(100_000).into()),
        ("not UTF-8", b"{\"replicate\": \"\xff\xfe\"}".into()),
        ("a NUL byte", b"{\"replicate\": \"\0\"}".into()),
        ("NUL bytes only", vec![0; 1000]),
        ("half a surrogate", br#"{"replicate": "\ud800"}"#.into()),
        ("cut off", REPLICATION[..60].into()),
        ("two documents", [REPLICATION, REPLICATION].concat().into()),
        ("a number too large", br#"{"replicate": 1e999}"#.into()),
        ("a comment", br#"{"replicate": {} /* no */}"#.into()),
        ("a list", b"[]".into()),
        ("a string", b"\"replicate\"".into()),
        ("null", b"null".into()),
        ("a form", COPY.into()),
        ("white space", b"  \r\n".into()),
    ];
    let mut cases = Vec::new();
    for (name, body) in bodies {
        cases.push((name, requests::replicate(&body), 400, "BackupService.9900"));
        cases.push((name, requests::back_up(&body), 400, "SerializationException"));
        let documented = requests::documented("POST /?Action=CopyDBClusterSnapshot", &body);
        cases.push((name, documented, 400, "VALIDATION_ERROR"));
    }
    expect_errors(cases).await;
}

#[tokio::test]
async fn bodies_nested_as_deep_as_may_be_are_read() {
    let server = Server::start(Limits::default()).await;
    let deep = format!("{}{}", "[".repeat(63), "]".repeat(63));
    let body = with(BACKUP, "/Unknown", serde_json::from_str(&deep).expect("JSON"));
    assert_eq!(server.ask(requests::back_up(body)).await.status, 200);
}

#[tokio::test]
async fn bodies_that_cannot_be_read_as_a_form() {
    let deep = format!("{COPY}&{}=x", ["a"; 65].join("."));
    let unreadable = "MalformedQueryString";
    expect_errors(vec![
        ("not UTF-8", requests::query(format!("{COPY}&KmsKeyId=%ff%fe")), 404, unreadable),
        ("raw bytes", requests::query([COPY.as_bytes(), b"&KmsKeyId=\xff"].concat()), 404, unreadable),
        ("nested 65 deep", requests::query(deep), 404, unreadable),
        ("another version", requests::query(COPY.replace("2014", "2013")), 400, "InvalidAction"),
        ("no action", requests::query("a=b"), 400, "MissingAction"),
        ("an empty action", requests::query("Action="), 400, "MissingAction"),
        ("an empty body", requests::query(""), 400, "MissingAction"),
        ("another action", requests::query("Action=DeleteEverything"), 400, "InvalidAction"),
        ("JSON", requests::query(BACKUP), 400, "MissingAction"),
        ("NUL bytes", requests::query(vec![0; 1000]), 400, "MissingAction"),
    ])
    .await;
}

#[tokio::test]
async fn members_given_twice() {
    let twice = |body: &str, member: &str| body.replacen('{', &format!("{{{member}, "), 1);
    let documented = "POST /?Action=CopyDBClusterSnapshot";
    let copies = r#"{"KmsKeyId": "a", "KmsKeyId": "b", "SourceDBClusterSnapshotIdentifier": "s",
        "TargetDBClusterSnapshotIdentifier": "t"}"#;
    expect_errors(vec![
        ("in JSON", requests::replicate(twice(REPLICATION, r#""replicate": {}"#)), 400, "BackupService.9900"),
        (
            "the same",
            requests::back_up(twice(BACKUP, r#""BackupVaultName": "Default""#)),
            400,
            "InvalidRequestException",
        ),
        ("unknown ones", requests::back_up(twice(BACKUP, r#""a": 1, "a": 1"#)), 400, "InvalidRequestException"),
        ("in a form", requests::query(format!("{COPY}&CopyTags=true&CopyTags=true")), 400, "InvalidQueryParameter"),
        ("in a documented body", requests::documented(documented, copies), 400, "VALIDATION_ERROR"),
    ])
    .await;
}

#[tokio::test]
async fn values_of_another_kind() {
    let (wrong, missing, invalid) =
        ("InvalidRequestException", "MissingParameterValueException", "InvalidParameterValueException");
    let backup = |pointer, value| requests::back_up(with(BACKUP, pointer, value));
    let replication = |pointer, value| requests::replicate(with(REPLICATION, pointer, value));
    let cbr = "BackupService.9900";
    expect_errors(vec![
        ("text for an integer", backup("/StartWindowMinutes", json!("7")), 400, wrong),
        ("a fraction for an integer", backup("/StartWindowMinutes", json!(60.5)), 400, wrong),
        ("a number for a string", backup("/BackupVaultName", json!(7)), 400, wrong),
        ("text for an object", backup("/Lifecycle", json!("x")), 400, wrong),
        ("a list for an object", backup("/Lifecycle", json!([])), 400, wrong),
        ("null where a member is required", backup("/BackupVaultName", json!(null)), 400, missing),
        ("two errors: the missing one first", requests::back_up(r#"{"BackupVaultName": 7}"#), 400, missing),
        ("an integer out of any range", backup("/StartWindowMinutes", json!(1e300)), 400, invalid),
        ("a NUL in a name", backup("/BackupVaultName", json!("a\0b")), 400, invalid),
        ("null where a member is required", replication("/replicate", json!(null)), 400, cbr),
        ("a number for a string", replication("/replicate/destination_region", json!(7)), 400, cbr),
        ("text for a boolean", replication("/replicate/enable_acceleration", json!("true")), 400, cbr),
        ("nothing", requests::replicate(""), 400, cbr),
    ])
    .await;
}

#[tokio::test]
async fn parameters_of_another_kind() {
    let copy = |more: &str| requests::query(format!("{COPY}&{more}"));
    let restore = |more: &str| requests::query(format!("{RESTORE}&{more}"));
    let (invalid, missing) = ("InvalidParameterValue", "MissingParameter");
    expect_errors(vec![
        ("text for a boolean", copy("CopyTags=maybe"), 400, invalid),
        ("text for an integer", restore("Port=x"), 400, invalid),
        ("a fraction for an integer", restore("Port=1.5"), 400, invalid),
        ("members of a scalar only", restore("Port.a=1&Port.b=2&BackupRetentionPeriod=x"), 400, invalid),
        ("no value where one is required", requests::query(COPY.replace("my-cluster-snapshot1", "")), 400, invalid),
        ("no required members", requests::query("Action=CopyDBClusterSnapshot"), 400, missing),
    ])
    .await;
}

#[tokio::test]
async fn a_list_index_of_a_trillion_costs_no_more_than_another() {
    let server = Server::start(Limits::default()).await;
    let tags = "Tags.Tag.1000000000000.Key=a&Tags.Tag.1000000000000.Value=b&Tags.Tag.7.Key=c&Tags.Tag.7.Value=d";
    let answer = server.ask(requests::query(format!("{COPY}&{tags}"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    assert!(answer.body.find("<Key>c</Key>") < answer.body.find("<Key>a</Key>"), "{}", answer.body);
    for index in ["18446744073709551616", "-1", "0", "x", ""] {
        let answer = server.ask(requests::query(format!("{COPY}&Tags.Tag.{index}.Key=a"))).await;
        assert_eq!(answer.header("accordant-notes"), Some("#unknown-member"), "{index}: {answer:?}");
    }
}

#[tokio::test]
async fn what_an_answer_echoes_stays_well_formed() {
    let server = Server::start(Limits::default()).await;
    let answer = server.ask(requests::query(format!("{COPY}&KmsKeyId=%00%01%ef%bf%be%3C%26%5D%5D%3E%0d"))).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let illegal = |character: char| character < ' ' && !"\t\n\r".contains(character) || character == '\u{fffe}';
    assert!(!answer.body.contains(illegal) && !answer.body.contains("]]>"), "{}", answer.body);
}

#[tokio::test]
async fn large_bodies_are_judged_in_bounded_time() {
    let server = Server::start(Limits::default()).await;
    let fill = |piece: &str, start: &str, end: &str| format!("{start}{}{end}", piece.repeat(1_000_000 / piece.len()));
    // Each is waited for as long as anything here, which is far less than work that grows with the square would take.
    for request in [
        requests::query(fill("&a", COPY, "")),
        requests::query(fill("a.", &format!("{COPY}&"), "=")),
        requests::query(fill("&a.b.c.d.e.f.g.h", COPY, "")),
        requests::query(fill("&Tags.Tag.7.Key=x", COPY, "")),
        requests::query(fill("%20", &format!("{COPY}&KmsKeyId="), "")),
        requests::back_up(fill("[],", r#"{"Lifecycle": ["#, "0]}")),
        requests::back_up(fill(r#""a":0,"#, "{", r#""b":0}"#)),
        requests::back_up(fill("a", r#"{"BackupVaultName": ""#, "\"}")),
        requests::back_up(fill("\\u0000", r#"{"ResourceArn": ""#, "\"}")),
        requests::replicate(fill("9", r#"{"replicate": "#, "}")),
    ] {
        server.ask(request).await;
    }
    server.expect_answers().await;
}

#[tokio::test]
async fn bytes_that_are_no_http_are_refused_or_closed() {
    let server = Server::start(Limits::default()).await;
    let long = format!("GET /{} HTTP/1.1\r\n\r\n", "a".repeat(65_000));
    let requests: Vec<(&str, Vec<u8>)> = vec![
        ("TLS", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n".into()),
        ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".into()),
        ("HTTP/9.9", b"GET / HTTP/9.9\r\n\r\n".into()),
        ("HTTP/0.9", b"GET /\r\n\r\n".into()),
        ("a NUL in the target", b"GET /\0 HTTP/1.1\r\n\r\n".into()),
        ("a NUL in a header", b"GET / HTTP/1.1\r\na: \0\r\n\r\n".into()),
        ("a header without a colon", b"GET / HTTP/1.1\r\nnonsense\r\n\r\n".into()),
        ("a folded header", b"GET / HTTP/1.1\r\na: b\r\n c\r\n\r\n".into()),
        ("a space before a colon", b"GET / HTTP/1.1\r\na : b\r\n\r\n".into()),
        ("two lengths", requests::replicate_head("Content-Length: 2\r\nContent-Length: 3\r\n").into()),
        ("a negative length", requests::replicate_head("Content-Length: -1\r\n").into()),
        ("a length of no type", requests::replicate_head("Content-Length: 99999999999999999999\r\n").into()),
        ("a bad chunk", (requests::replicate_head("Transfer-Encoding: chunked\r\n") + "xyz\r\n").into()),
        ("a huge chunk", (requests::replicate_head("Transfer-Encoding: chunked\r\n") + "ffffffffffffffff\r\n").into()),
        ("another encoding", requests::replicate_head("Transfer-Encoding: gzip\r\n").into()),
        ("a long target", long.into()),
    ];
    for (name, request) in requests {
        let mut client = server.connect().await;
        client.send(request).await;
        client.finish().await;
        let answer = client.next().await;
        assert!(answer.as_ref().is_none_or(|answer| answer.status >= 400), "{name}: {answer:?}");
        client.expect_close().await;
    }
    server.expect_answers().await;
}

#[tokio::test]
async fn unusual_targets_get_an_error_of_the_contract() {
    let unknown = "UnknownOperationException";
    expect_errors(vec![
        ("no such path", requests::request("GET /nowhere", &[], ""), 404, unknown),
        ("another method", requests::request("DELETE /backup-jobs", &[requests::SIGNED_FOR_BACKUP], ""), 404, unknown),
        (
            "the method of another dialect",
            requests::request("DELETE /", &[requests::SIGNED], COPY),
            400,
            "InvalidAction",
        ),
        ("all of the server", requests::request("OPTIONS *", &[], ""), 404, unknown),
        ("a tunnel", requests::request("CONNECT localhost:443", &[], ""), 404, unknown),
        ("a method of nobody", requests::request("BREW /", &[requests::SIGNED], ""), 400, "InvalidAction"),
        ("a path of slashes", requests::request("GET /////", &[], ""), 404, unknown),
        ("an escape of no text", requests::request("POST /v3/%ff/backups/%ff/replicate", &[], "{}"), 401, "APIGW.0301"),
    ])
    .await;
}

#[test]
fn the_mock_alone_takes_any_request() {
    // What hyper would refuse, a caller of the library may still hand over.
    let request = http::Request::builder().uri("*").method("X").header("prefer", b"code=\xff".as_slice());
    let answered = mock().answer(&request.body(bytes::Bytes::from_static(b"\xff\0")).expect("a request"));
    assert!(answered.response.status().is_client_error());
}

/// The answer to a head, and whether the connection can be used again.
async fn answered(server: &Server, start: &str, headers: &str) -> (u16, bool) {
    let mut client = server.connect().await;
    let token = "X-Auth-Token: t\r\nContent-Type: application/json\r\n";
    client.send(format!("{start}\r\n{token}{headers}\r\n")).await;
    let answer = client.answer().await;
    let kept = answer.header("connection") != Some("close");
    if !kept {
        client.expect_close().await;
    }
    (answer.status, kept)
}

#[tokio::test]
async fn heads_that_http_has_a_server_refuse() {
    let server = Server::start(Limits::default()).await;
    let post = "POST /v3/p/backups/b/replicate HTTP/1.1";
    let chunked = format!("Transfer-Encoding: chunked\r\n\r\n{:x}\r\n{REPLICATION}\r\n0\r\n", REPLICATION.len());
    for (name, start, headers, status) in [
        // RFC 9112, section 3.2
        ("no host", post, "Content-Length: 0\r\n", 400),
        ("two hosts", post, "Host: a\r\nHost: a\r\nContent-Length: 0\r\n", 400),
        ("no host's name", post, "Host: a b\r\nContent-Length: 0\r\n", 400),
        ("a path in it", post, "Host: a/b\r\nContent-Length: 0\r\n", 400),
        // RFC 9112, section 6.1
        ("chunked twice", post, &format!("Host: a\r\nTransfer-Encoding: chunked\r\n{chunked}"), 400),
        ("chunked twice in one", post, "Host: a\r\nTransfer-Encoding: chunked, chunked\r\n", 400),
        ("another coding", post, "Host: a\r\nTransfer-Encoding: gzip, chunked\r\n", 501),
        ("no length at all", post, "Host: a\r\nTransfer-Encoding: gzip\r\n", 400),
        ("chunked in HTTP/1.0", "POST / HTTP/1.0", "Transfer-Encoding: chunked\r\n", 400),
        ("two lengths", post, "Host: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n", 400),
        // RFC 3986, section 2.1
        ("no escape in the path", "POST /v3/%zz/backups HTTP/1.1", "Host: a\r\nContent-Length: 0\r\n", 400),
        ("no escape in the query", "GET /?Action=%4 HTTP/1.1", "Host: a\r\n", 400),
    ] {
        assert_eq!(answered(&server, start, headers).await, (status, false), "{name}");
    }
    server.expect_answers().await;
}

#[tokio::test]
async fn a_length_beside_chunks_is_not_believed_and_ends_the_connection() {
    // RFC 9112, section 6.1: processed by the transfer coding alone, and closed, so that nothing can be smuggled behind it.
    let server = Server::start(Limits::default()).await;
    let chunks = format!("{:x}\r\n{REPLICATION}\r\n0\r\n", REPLICATION.len());
    let post = "POST /v3/p/backups/b/replicate HTTP/1.1";
    for lengths in
        ["Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n"]
    {
        let mut client = server.connect().await;
        let token = "X-Auth-Token: t\r\nContent-Type: application/json\r\n";
        client.send(format!("{post}\r\nHost: a\r\n{token}{lengths}\r\n{chunks}\r\n")).await;
        let answer = client.answer().await;
        assert_ne!(answer.header("accordant-violations"), Some("#malformed-body"), "{answer:?}");
        client.expect_close().await;
    }
}
