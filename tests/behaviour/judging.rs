//! The program that judges: what it sends, what it finds, how it ends.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::time::Instant;

use accordant::report::{Outcome, Report, Stopped, merge};
use accordant::{Contract, Mock};
use bytes::Bytes;
use serde_json::Value;
use wiremock::matchers::any;
use wiremock::{MockServer, Request, Respond, ResponseTemplate};

use crate::approved;
use crate::support::command;

/// Runs the program to its end.
fn run(arguments: &[&str]) -> Output {
    command(arguments).output().expect("the program starts")
}

/// Runs `check` with a JSON report.
pub fn check(arguments: &[&str]) -> (Output, Report) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.json");
    let output = run(&[&["check"], arguments, &["--report", path(&file)]].concat());
    let text = std::fs::read_to_string(&file).unwrap_or_else(|_| panic!("no report: {output:?}"));
    (output, Report::parse(&text).expect("a report"))
}

fn path(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

pub fn stdout(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A server that answers as the mock does, but for what a function makes of it.
struct Altered<F>(Mock, F);

impl<F: Fn(&http::Request<Bytes>, http::Response<Bytes>) -> http::Response<Bytes> + Send + Sync> Respond
    for Altered<F>
{
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut received = http::Request::new(Bytes::copy_from_slice(&request.body));
        *received.method_mut() = request.method.clone();
        let target = &request.url[url::Position::BeforePath..url::Position::AfterQuery];
        *received.uri_mut() = target.parse().expect("a target");
        *received.headers_mut() = request.headers.clone();
        let response = self.0.answer(&received).response;
        let (parts, body) = self.1(&received, response).into_parts();
        let media_type =
            parts.headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or("text/plain");
        let mut template = ResponseTemplate::new(parts.status).set_body_raw(body.to_vec(), media_type);
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != "content-type") {
            template = template.append_header(name, value);
        }
        template
    }
}

pub async fn altered(
    alter: impl Fn(&http::Request<Bytes>, http::Response<Bytes>) -> http::Response<Bytes> + Send + Sync + 'static,
) -> MockServer {
    let server = MockServer::start().await;
    let respond = Altered(Mock::new(Contract::builtin()), alter);
    wiremock::Mock::given(any()).respond_with(respond).mount(&server).await;
    server
}

/// What a server was sent, without what differs from run to run: signatures, dates; and without the examples, which each shard
/// sends before the cases to find out which of them the server accepts.
async fn sent(arguments: &[&str]) -> Vec<String> {
    let server = Contract::builtin().mock_server().await;
    let uri = server.uri();
    let arguments: Vec<String> = arguments.iter().map(|argument| (*argument).to_owned()).collect();
    let output = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(&[&["check", &uri], &arguments[..]].concat())
    });
    let output = output.await.expect("it runs");
    assert_eq!(output.status.code(), Some(0), "{}{}", stdout(&output), stderr(&output));
    let received = server.received_requests().await.expect("they are recorded");
    let looks: usize = Contract::builtin().operations().iter().map(|operation| operation.examples.len()).sum();
    let mut texts: Vec<String> = received[looks..].iter().map(told).collect();
    texts.sort();
    texts
}

fn told(request: &Request) -> String {
    let mut url = request.url.clone();
    let pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
    let own = pairs.iter().filter(|(name, _)| !name.starts_with("X-Amz-"));
    url.query_pairs_mut().clear().extend_pairs(own);
    let target = &url[url::Position::BeforePath..url::Position::AfterQuery];
    let mut headers: Vec<String> = request
        .headers
        .iter()
        .filter(|(name, _)| !["authorization", "x-amz-date", "host"].contains(&name.as_str()))
        .map(|(name, value)| format!("{name}: {value:?}"))
        .collect();
    headers.sort();
    format!("{} {target} {headers:?} {:?}", request.method, request.body)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_requests_go_out_at_any_concurrency_and_by_any_shards() {
    let one = sent(&["-n", "20", "--seed", "5", "--concurrency", "1"]).await;
    let many = sent(&["-n", "20", "--seed", "5", "--concurrency", "64"]).await;
    assert!(one.len() > 800, "only {} requests", one.len());
    assert!(one == many, "the requests differ with the concurrency");
    let mut parts = Vec::new();
    for shard in ["1/3", "2/3", "3/3"] {
        let part = sent(&["-n", "20", "--seed", "5", "--shard", shard]).await;
        assert!(part.len() * 4 > one.len(), "{} requests in shard {shard}", part.len());
        parts.extend(part);
    }
    parts.sort();
    assert!(parts == one, "the shards do not add up to the whole");
}

#[test]
fn without_a_url_the_mock_is_checked_and_nothing_is_found() {
    let (output, report) = check(&["-n", "20"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(stderr(&output).is_empty(), "no progress bar where nobody looks: {}", stderr(&output));
    assert!(report.findings.is_empty() && report.notes.is_empty());
    assert!(report.operations().iter().all(|operation| operation.outcome == Outcome::Conforms));
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().filter(|line| !line.ends_with("cases per second")).collect();
    let shown = lines.join("\n");
    let address = shown.split("127.0.0.1:").nth(1).and_then(|rest| rest.split(':').next()).expect("an address");
    approved(|| insta::assert_snapshot!("check_first_screen", shown.replace(address.trim(), "PORT")));
}

#[test]
fn the_documented_dialect_is_judged_too() {
    let (output, report) = check(&["-n", "20", "--dialect", "documented"]);
    assert_eq!(output.status.code(), Some(0), "{}", stdout(&output));
    assert!(report.notes.is_empty() && report.cases() > 400, "{:?}", report.notes);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_departure_is_found_made_small_and_told_with_its_source() {
    // Names of replicas are not limited: every success of the mock goes through, and 65 characters too.
    let server = altered(|request, response| {
        let long = response.headers().get("accordant-violations").is_some_and(|ids| ids == "/replicate/name#maxLength");
        if !long {
            return response;
        }
        let mut body: Value = serde_json::from_slice(request.body()).expect("JSON");
        body["replicate"]["name"] = "short".into();
        let (parts, _) = request.clone().into_parts();
        let shorter = http::Request::from_parts(parts, Bytes::from(body.to_string()));
        Mock::new(Contract::builtin()).answer(&shorter).response
    })
    .await;
    let uri = server.uri();
    let (output, report) =
        tokio::task::spawn_blocking(move || check(&[&uri, "--service", "cbr", "-n", "100"])).await.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    let [finding] = &report.findings[..] else { panic!("{:#?}", report.findings) };
    assert_eq!(
        (finding.code.as_str(), finding.about.as_deref()),
        ("invalid-accepted", Some("/replicate/name#maxLength"))
    );
    assert!(finding.count > 1 && finding.citation == ["page:23"], "{finding:#?}");
    let body: Value = serde_json::from_str(&finding.evidence[0].body).expect("JSON");
    assert_eq!(body["replicate"]["name"].as_str().map(str::len), Some(65), "{body}");
    assert!(body["replicate"].get("description").is_none(), "nothing that does not matter: {body}");
    let text = stdout(&output);
    let port = server.address().port().to_string();
    let end = text.find("  ReplicateBackup   ").expect("the operation");
    approved(|| insta::assert_snapshot!("check_finding", text[..end].replace(&port, "PORT")));

    // The token shows it again.
    let (uri, token) = (server.uri(), finding.replay.as_ref().expect("a token").token.to_string());
    let (output, again) =
        tokio::task::spawn_blocking(move || check(&[&uri, "--replay", &token])).await.expect("it runs");
    assert_eq!((output.status.code(), again.cases()), (Some(1), 1));
    assert_eq!(again.findings[0].evidence[0], finding.evidence[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_token_does_not_hold_stands_beside_it() {
    let server = altered(|_, mut response| {
        *response.status_mut() = http::StatusCode::CREATED;
        response
    })
    .await;
    let uri = server.uri();
    let flags = [
        "--unique",
        "StartBackupJob:/BackupVaultName",
        "--set",
        "/ResourceArn=arn:aws:ec2:us-east-1:123456789012:volume/vol-1",
        "--header",
        "x-y: a-secret",
        "--service",
        "backup",
        "--phase",
        "examples",
    ];
    let output =
        tokio::task::spawn_blocking(move || run(&[&["check", &uri], &flags[..]].concat())).await.expect("it runs");
    let text = stdout(&output);
    let again =
        "--unique StartBackupJob:/BackupVaultName --set '/ResourceArn=…' --header 'x-y: …' --replay StartBackupJob.";
    assert!(text.contains(again) && !text.contains("again     accordant check --"), "{text}");
    assert!(!text.contains("x-y: a-secret"), "{text}");
}

#[tokio::test(flavor = "multi_thread")]
async fn shards_reports_join_to_that_of_the_whole_run() {
    let server = altered(|request, mut response| {
        if request.uri().path().starts_with("/backup-jobs") && response.status().is_success() {
            *response.status_mut() = http::StatusCode::CREATED;
        }
        response
    })
    .await;
    let uri = server.uri();
    let (whole, joined) = tokio::task::spawn_blocking(move || {
        let (_, whole) = check(&[&uri, "-n", "20"]);
        let shards = ["1/3", "2/3", "3/3"].map(|shard| check(&[&uri, "-n", "20", "--shard", shard]).1);
        (whole, shards)
    })
    .await
    .expect("it runs");
    let [first, second, third] = joined;
    let partial = merge(vec![third.clone(), first.clone()]).expect("shards of one run");
    assert_eq!(partial.stopped, Some(Stopped::MissingShards(vec!["2/3".into()])));
    let joined = merge(vec![third, first.clone(), second]).expect("shards of one run");
    let totals =
        |report: &Report| report.server.as_ref().map(|server| (server.cases, server.dropped, server.unreached.clone()));
    assert_eq!(totals(&joined), totals(&whole));
    assert_eq!(joined.findings.len(), whole.findings.len());
    for (one, other) in joined.findings.iter().zip(&whole.findings) {
        assert_eq!((&one.code, &one.about, one.count), (&other.code, &other.about, other.count));
    }
    let counts = |report: &Report| -> Vec<_> {
        report.operations().iter().map(|known| (known.outcome, known.cases, known.constraints.clone())).collect()
    };
    assert_eq!(counts(&joined), counts(&whole));
    assert!(merge(vec![first.clone(), first]).is_err() && merge(Vec::new()).is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_never_succeeds_is_not_called_conforming() {
    let server = altered(|_, response| {
        if !response.status().is_success() || response.headers()["content-type"] != "application/json" {
            return response;
        }
        let body = Bytes::from_static(br#"{"error_code": "BackupService.6200", "error_msg": "no"}"#);
        http::Response::builder().status(404).header("content-type", "application/json").body(body).expect("a response")
    })
    .await;
    let uri = server.uri();
    let (output, report) =
        tokio::task::spawn_blocking(move || check(&[&uri, "--service", "cbr", "-n", "20"])).await.expect("it runs");
    assert_eq!(output.status.code(), Some(1));
    assert!(stdout(&output).contains("SUCCESS NEVER SEEN"), "{}", stdout(&output));
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert_eq!(report.operations()[0].outcome, Outcome::SuccessNeverSeen);
    assert!(report.operations()[0].environmental["BackupService.6200"] > 20);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_that_the_server_lacks_is_one_line() {
    let server = MockServer::start().await;
    wiremock::Mock::given(any())
        .respond_with(ResponseTemplate::new(501).set_body_string("no such thing"))
        .mount(&server)
        .await;
    let uri = server.uri();
    let (output, report) = tokio::task::spawn_blocking(move || check(&[&uri])).await.expect("it runs");
    assert_eq!(output.status.code(), Some(4), "nothing was checked");
    assert!(report.findings.is_empty() && report.operations().iter().all(|known| known.outcome == Outcome::Lacking));
    assert_eq!(server.received_requests().await.expect("recorded").len(), 5, "one look for each operation");
}

#[tokio::test(flavor = "multi_thread")]
async fn secrets_reach_no_report_and_no_screen() {
    // The server sends everything back, credentials too.
    let server = altered(|request, mut response| {
        let headers = format!("{:?}", request.headers());
        *response.body_mut() = Bytes::from(format!("{headers} {}", String::from_utf8_lossy(request.body())));
        response
    })
    .await;
    let uri = server.uri();
    let folder = tempfile::tempdir().expect("a folder");
    let (json, xml) = (folder.path().join("r.json"), folder.path().join("r.xml"));
    let (json_path, xml_path) = (json.clone(), xml.clone());
    let output = tokio::task::spawn_blocking(move || {
        let arguments = [
            "check",
            &uri,
            "-n",
            "30",
            "--header",
            "x-extra: header-secret-123456",
            "--report",
            path(&json_path),
            "--report",
            path(&xml_path),
        ];
        command(&arguments)
            .env("ACCORDANT_CREDENTIALS", "AKIDEXAMPLE:secret-key-abcdefgh:session-token-ijklmnop")
            .output()
    });
    let output = output.await.expect("it runs").expect("it starts");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let read = |file: &Path| std::fs::read_to_string(file).expect("a report");
    for text in [stdout(&output), stderr(&output), read(&json), read(&xml)] {
        for secret in ["secret-key-abcdefgh", "session-token-ijklmnop", "header-secret-123456"] {
            let at = text.find(secret).map(|at| &text[at.saturating_sub(200)..at + 30]);
            assert!(at.is_none(), "{secret} is shown: {at:?}");
        }
    }
    let report: Report = serde_json::from_str(&read(&json)).expect("a report");
    assert!(report.findings.iter().any(|finding| finding.code == "secret-echoed"), "{:?}", report.findings.len());
    let schema = run(&["report", "schema"]);
    let schema: Value = serde_json::from_str(&stdout(&schema)).expect("a schema");
    let instance: Value = serde_json::from_str(&read(&json)).expect("JSON");
    jsonschema::validate(&schema, &instance).expect("the report is what its schema says");
    assert!(read(&xml).contains("<testsuite name=\"ReplicateBackup\""));
}

#[test]
fn what_cannot_be_checked_says_so_with_its_exit_code() {
    let token = "ReplicateBackup.random.0.1.00000000.b1";
    for (arguments, code, says) in [
        (&["check", "--cases", "0"][..], 4, "--phase examples"),
        (&["check", "--operation", "Nothing"], 4, "StartBackupJob"),
        (&["check", "--service", "nothing"], 4, "cbr"),
        (&["check", "--service", "cbr", "--dialect", "documented"], 4, "StartBackupJob"),
        (&["cases", "-n", "0"], 4, "--phase examples"),
        (&["cases", "--phase", "examples", "--kind", "invalid"], 4, "--count"),
        (&["check", "--shard", "5/4"], 2, "I/N"),
        (&["check", "--replay", "nonsense"], 2, "is no token"),
        (&["check", "--replay", token], 2, "another contract"),
        (&["check", "--set", "/Nothing=1"], 2, "--set"),
        (&["check", "--set", "Nothing=1"], 2, "--set"),
        (&["check", "--unique", "/Nothing"], 2, "--unique"),
        (&["check", "--rate", "0/s"], 2, "50/s"),
        (&["check", "--timeout", "5"], 2, "500ms"),
        (&["check", "--header", "no colon"], 2, "NAME: VALUE"),
        (&["check", "--credentials", "just-one-secret-part"], 2, "KEY:SECRET"),
        (&["check", "--region", "us east"], 2, "--region"),
        (&["check", "--report", "report.txt"], 2, "FILE.json"),
        (&["check", "--target", "/nowhere.yaml"], 2, "/nowhere.yaml"),
        (&["check", "ftp://127.0.0.1"], 2, "http://"),
        (&["check", "http://user:password@127.0.0.1:1"], 2, "user name"),
        (&["check", "not a URL"], 2, "URL"),
        (&["check", "http://127.0.0.1:1"], 3, "cannot connect"),
        (&["check", "https://nowhere.invalid"], 3, "cannot connect"),
        (&["report", "merge", "/nowhere.json"], 2, "/nowhere.json"),
        (&["explain", "nothing"], 2, "nothing"),
    ] {
        let output = run(arguments);
        let said = stdout(&output) + &stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}");
        assert!(said.contains(says), "{arguments:?}: {said}");
        assert!(!said.contains("password@") && !said.contains("just-one-secret-part"), "{said}");
    }
}

/// Servers that no client can work with: each run ends soon, and says what it met.
#[test]
fn a_server_that_misbehaves_ends_in_a_finding() {
    type Behaviour = fn(&mut std::net::TcpStream);
    let behaviours: [(&str, Behaviour); 4] = [
        ("hangs", |stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.read(&mut [0; 4096]);
        }),
        ("garbage", |stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"\x00\x01\x02 this is not HTTP\r\n\r\n");
        }),
        ("closes early", |stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf");
        }),
        ("redirects", |stream| {
            let _ = stream.read(&mut [0; 4096]);
            let _ = stream.write_all(
                b"HTTP/1.1 307 Moved\r\nlocation: http://192.0.2.1/\r\ncontent-length: 0\r\nconnection: close\r\n\r\n",
            );
        }),
    ];
    for (name, behave) in behaviours {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                std::thread::spawn(move || behave(&mut stream));
            }
        });
        let started = Instant::now();
        let (output, report) =
            check(&[&url, "--service", "cbr", "--phase", "examples", "--timeout", "300ms", "--concurrency", "64"]);
        assert_eq!(output.status.code(), Some(1), "{name}: {}", stdout(&output));
        let expected = if name == "redirects" { "status-undeclared" } else { "transport-failure" };
        let codes: BTreeSet<&str> = report.findings.iter().map(|finding| finding.code.as_str()).collect();
        assert!(codes.contains(expected), "{name}: {codes:?}");
        assert!(started.elapsed().as_secs() < 60, "{name} took {:?}", started.elapsed());
    }
}

/// A server that goes away in the middle of a run.
#[test]
fn a_target_that_goes_away_ends_the_run_with_what_was_judged() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || {
        let body = "{\"error_code\": \"BackupService.6200\", \"error_msg\": \"no\"}";
        for mut stream in listener.incoming().take(30).flatten() {
            let _ = stream.read(&mut [0; 8192]);
            let head =
                "HTTP/1.1 404 Not Found\r\ncontent-type: application/json\r\nx-request-id: 1\r\nconnection: close";
            let _ = write!(stream, "{head}\r\ncontent-length: {}\r\n\r\n{body}", body.len());
        }
    });
    let (output, report) = check(&[&url, "--service", "cbr", "--concurrency", "1"]);
    assert_eq!(output.status.code(), Some(3), "{}", stdout(&output));
    assert!((20..=30).contains(&report.cases()), "{} cases", report.cases());
    assert!(report.findings.is_empty(), "{:#?}", report.findings);
    assert!(stdout(&output).contains("ended before its end"), "{}", stdout(&output));
}

#[cfg(unix)]
#[test]
fn an_interrupted_run_reports_what_it_has_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("report.json");
    let arguments = ["check", "--service", "cbr", "-n", "100000000", "--rate", "100/s", "--report", path(&file)];
    let mut child = command(&arguments).stdout(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stdout.take().expect("its output"));
    let mut line = String::new();
    lines.read_line(&mut line).expect("text");
    assert!(line.contains("100000"), "{line}");
    let kill = Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status();
    assert!(kill.expect("kill is there").success());
    let mut rest = String::new();
    lines.read_to_string(&mut rest).expect("text");
    assert_eq!(child.wait().expect("it ends").code(), Some(130), "{rest}");
    let report: Report = Report::parse(&std::fs::read_to_string(&file).expect("a report")).expect("a report");
    assert_eq!(report.stopped, Some(Stopped::Interrupted));
}

#[test]
fn mutants_of_an_operation_are_all_killed() {
    let output = run(&["mutants", "--operation", "ReplicateBackup", "-n", "100"]);
    let said = stdout(&output);
    assert_eq!(output.status.code(), Some(0), "{said}");
    let last = said.lines().last().expect("a line");
    let (killed, total) = last.strip_prefix("killed ").and_then(|rest| rest.split_once(" of ")).expect("the figures");
    assert_eq!(killed, total.split(' ').next().expect("a number"), "{said}");
    assert!(killed.parse::<u32>().expect("a number") > 80, "{said}");
}

#[test]
fn everything_that_can_be_found_can_be_explained() {
    let contract = Contract::builtin();
    let explain =
        |name: &str| accordant::explain::explain(&contract, name).unwrap_or_else(|error| panic!("{name}: {error}"));
    for check in accordant::check::CHECKS {
        assert!(explain(check.code()).contains("## Remedy"), "{}", check.code());
        assert!(accordant::explain::contents(&contract).contains(check.code()));
    }
    for operation in contract.operations() {
        for constraint in &operation.input.constraints {
            let page = explain(&format!("{}{}", operation.name, constraint.id));
            let citation = constraint.citations[0].to_string();
            assert!(page.contains(&citation) && page.contains("Error: "), "{page}");
            assert!(explain(&operation.name).contains(&constraint.id));
        }
    }
    approved(|| insta::assert_snapshot!("explain_check", explain("invalid-accepted")));
    approved(|| insta::assert_snapshot!("explain_constraint", explain("StartBackupJob/Lifecycle#delete-after-cold")));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_baseline_accepts_fails_no_run_until_it_expires_or_is_gone() {
    // Windows may be too short.
    let server = altered(|request, response| {
        let ours =
            response.headers().get("accordant-violations").is_some_and(|ids| ids == "/StartWindowMinutes#minimum");
        if !ours {
            return response;
        }
        let mut body: Value = serde_json::from_slice(request.body()).expect("JSON");
        body["StartWindowMinutes"] = 60.into();
        let (parts, _) = request.clone().into_parts();
        Mock::new(Contract::builtin()).answer(&http::Request::from_parts(parts, Bytes::from(body.to_string()))).response
    })
    .await;
    let uri = server.uri();
    tokio::task::spawn_blocking(move || {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("baseline.toml");
        let run = |url: &[&str], more: &[&str]| check(&[url, &["--service", "backup", "-n", "20", "--baseline", path(&file)], more].concat());
        let missing = super::support::run(&["check", "--baseline", path(&file)]);
        assert_eq!(missing.code, Some(2), "{}", missing.stderr);
        let (output, written) = run(&[&uri], &["--update-baseline"]);
        assert_eq!((output.status.code(), written.accepted.len()), (Some(0), 1), "{}", stdout(&output));
        let text = std::fs::read_to_string(&file).expect("the baseline");
        assert!(text.contains("constraint = \"/StartWindowMinutes#minimum\""), "{text}");

        let explained = text.replace("say why", "the emulator has no clock").replace("\nreason", "\nticket = \"T-1\"\nreason");
        std::fs::write(&file, &explained).expect("is written");
        let (output, accepted) = run(&[&uri], &[]);
        assert_eq!((output.status.code(), accepted.accepted.len(), accepted.findings.len()), (Some(0), 1, 0));
        assert!(stdout(&output).contains("the emulator has no clock, T-1"), "{}", stdout(&output));
        assert!(stdout(&output).contains("but for what the baseline accepts"));
        // An update keeps what was said.
        run(&[&uri], &["--update-baseline"]);
        assert!(std::fs::read_to_string(&file).expect("the baseline").contains("the emulator has no clock"));

        // Against the unbroken mock nothing shows it any more; a part of a run says nothing of that.
        let (output, gone) = run(&[], &[]);
        assert_eq!((output.status.code(), gone.stale.len()), (Some(1), 1), "{}", stdout(&output));
        assert!(stdout(&output).contains("remove from the baseline, line 3: invalid-accepted"), "{}", stdout(&output));
        assert_eq!(run(&[], &["--shard", "1/2"]).0.status.code(), Some(0));
        assert_eq!(run(&[], &["--phase", "random"]).0.status.code(), Some(0));

        let year = explained.split("expires = ").nth(1).and_then(|rest| rest.get(..4)).expect("a year").to_owned();
        std::fs::write(&file, explained.replace(&format!("expires = {year}"), "expires = 2001")).expect("is written");
        let (output, expired) = run(&[&uri], &[]);
        assert_eq!((output.status.code(), expired.stale.len(), expired.findings.len()), (Some(1), 1, 1));
        assert!(stdout(&output).contains("it has expired on 2001-"), "{}", stdout(&output));

        for (text, says) in [
            ("[[accepted]]\nwhy = 1", "baseline.toml:2"),
            ("[[accepted]]\noperation = 'X'\ncheck = 'y'\nreason = 'z'\nexpires = 2030-01-01", "baseline.toml:2"),
            ("[[accepted]]\noperation = 'StartBackupJob'\ncheck = 'y'\nreason = 'z'\nexpires = 2030-01-01", "no check y"),
            ("[[accepted]]\noperation = 'StartBackupJob'\ncheck = 'server-error'\nreason = 'z'\nexpires = 12:00:00", "is a date"),
            ("[[accepted]]\noperation = 'StartBackupJob'\ncheck = 'server-error'\nreason = ' '\nexpires = 2030-01-01", "say why"),
            ("[[accepted]]\noperation = 'StartBackupJob'\ncheck = 'server-error'\nreason = 'z'\nexpires = 2030-02-31", "baseline.toml:5"),
        ] {
            std::fs::write(&file, text).expect("is written");
            let ended = super::support::run(&["check", "--baseline", path(&file)]);
            assert_eq!(ended.code, Some(2), "{text}");
            assert!(ended.stderr.contains(says), "{text}: {}", ended.stderr);
        }
    })
    .await
    .expect("it runs");
}

#[test]
fn options_stand_in_a_file_and_flags_win() {
    let folder = tempfile::tempdir().expect("a folder");
    let below = folder.path().join("a/b");
    std::fs::create_dir_all(&below).expect("is made");
    // The file counts up to the root of the repository.
    std::fs::create_dir(folder.path().join(".git")).expect("is made");
    let write = |text: &str| std::fs::write(folder.path().join("accordant.toml"), text).expect("is written");
    let run = |arguments: &[&str]| command(arguments).current_dir(&below).output().expect("it starts");
    write(
        "[check]\nservice = [\"cbr\"]\nphase = \"examples\"\nseed = 7\n[cases]\noperation = \"ReplicateBackup\"\nphase = \"examples\"\n",
    );
    let said = stdout(&run(&["check"]));
    assert!(said.contains("1 operation, 4 cases (examples; seed 7)"), "{said}");
    let said = stdout(&run(&["check", "--service", "backup", "--seed", "8"]));
    assert!(said.contains("StartBackupJob") && said.contains("seed 8"), "{said}");
    assert_eq!(stdout(&run(&["cases"])).lines().count(), 4);
    write("[check]\nsevrice = \"cbr\"\n");
    let refused = run(&["check"]);
    assert_eq!(refused.status.code(), Some(2));
    assert!(stderr(&refused).contains("no option sevrice"), "{}", stderr(&refused));
}
