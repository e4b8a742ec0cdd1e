//! The journal: a line for each exchange, never in an answer's way.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use accordant::mock::Mock;
use accordant::net::journal::Journal;
use accordant::net::serve::Limits;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::requests::{self, BACKUP, COPY, REPLICATION, RESTORE};
use crate::support::{Client, PATIENCE, Program, Server, ask, mock, run};

/// The lines that the server writes for some requests until it stops.
async fn journal_of(limits: Limits, requests: &[Vec<u8>]) -> Vec<Value> {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("journal.jsonl");
    let server = start(mock(), limits, &path).await;
    for request in requests {
        server.ask(request).await;
    }
    server.stop().await;
    read(&path)
}

async fn start(mock: Mock, limits: Limits, path: &Path) -> Server {
    let journal = Journal::open(path, mock.contract().clone()).expect("the journal opens");
    Server::start_with(mock, limits, Some(journal)).await
}

fn read(path: &Path) -> Vec<Value> {
    let text = fs::read_to_string(path).expect("the journal is there");
    assert!(text.is_empty() || text.ends_with('\n'), "a line is cut off");
    text.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|error| panic!("{error} in {line}"))).collect()
}

/// A line without what differs from run to run.
fn stable(mut line: Value) -> Value {
    let members = line.as_object_mut().expect("an object");
    let at = members.remove("at").and_then(|at| at.as_str()?.parse::<jiff::Timestamp>().ok()).expect("a time");
    assert!(jiff::Timestamp::now().duration_since(at).as_secs().abs() < 60, "{at}");
    assert!(members.remove("duration_us").expect("a duration").as_u64().is_some_and(|time| time < 10_000_000));
    line
}

#[tokio::test]
async fn a_line_tells_what_was_asked_and_what_was_answered() {
    let documented = "POST /?Action=CopyDBClusterSnapshot";
    let requests = [
        requests::replicate(REPLICATION),
        requests::query(format!("{RESTORE}&MasterUserPassword=short")),
        requests::documented(documented, r#"{"SourceDBClusterSnapshotIdentifier": "a", "Nope": {"a": 1}}"#),
    ];
    let lines: Vec<Value> = journal_of(Limits::default(), &requests).await.into_iter().map(stable).collect();
    let replication: Value = serde_json::from_str(REPLICATION).expect("JSON");
    assert_eq!(
        lines[0],
        json!({
            "operation": "ReplicateBackup",
            "dialect": "native",
            "input": {
                "project_id": "f841e01f",
                "backup_id": "a5200268",
                "X-Auth-Token": "***",
                "replicate": replication["replicate"],
            },
            "violations": [],
            "status": 200,
        })
    );
    assert_eq!(lines[1]["violations"], json!(["/MasterUserPassword#minLength"]));
    assert_eq!(
        (&lines[1]["input"]["MasterUserPassword"], &lines[1]["input"]["Engine"]),
        (&json!("***"), &json!("aurora-mysql"))
    );
    assert_eq!(
        lines[2],
        json!({
            "operation": "CopyDBClusterSnapshot",
            "dialect": "documented",
            "input": {"SourceDBClusterSnapshotIdentifier": "a", "***": "***"},
            "violations": ["/TargetDBClusterSnapshotIdentifier#required"],
            "status": 400,
        })
    );
}

#[tokio::test]
async fn requests_that_cannot_be_read_have_a_line_too() {
    let limits = Limits { body_bytes: 1000, ..Limits::default() };
    let requests = [
        requests::replicate("{"),
        requests::query("Action=Nope"),
        requests::request("GET /nowhere", &[], ""),
        requests::request("PUT /backup-jobs", &[], BACKUP),
        requests::replicate("x".repeat(1001)),
    ];
    let lines = journal_of(limits, &requests).await;
    let told: Vec<Value> =
        lines.iter().map(|line| json!([line["operation"], line["violations"], line["status"]])).collect();
    assert_eq!(
        told,
        [
            json!(["ReplicateBackup", ["#malformed-body"], 400]),
            json!([null, ["#unknown-action"], 400]),
            json!([null, ["#unknown-path"], 404]),
            json!(["StartBackupJob", ["#missing-credentials"], 403]),
            json!(["ReplicateBackup", ["#body-too-large"], 413]),
        ]
    );
    assert!(lines.iter().all(|line| line["input"].is_null()));
}

#[tokio::test]
async fn an_input_that_takes_much_memory_is_left_out() {
    let lists = |count: usize| format!(r#"{{"replicate": [{}1]}}"#, "[],".repeat(count));
    let long = "k".repeat(900_000);
    let requests = [
        // Few bytes on the wire, and many times as many when decoded.
        requests::replicate(lists(99_000)),
        requests::replicate(lists(10_000)),
        requests::query(format!("{COPY}&KmsKeyId={long}")),
    ];
    let lines = journal_of(Limits::default(), &requests).await;
    assert_eq!(lines[0]["input"], json!({"omitted": "larger than 4194304 bytes in memory"}));
    assert_eq!((&lines[0]["operation"], &lines[0]["status"]), (&json!("ReplicateBackup"), &json!(400)));
    assert_eq!(lines[1]["input"]["replicate"].as_array().map(Vec::len), Some(10_001));
    assert_eq!(lines[2]["input"]["KmsKeyId"], json!(long));
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_journal_that_nobody_reads_takes_a_bounded_memory() {
    let directory = TempDir::new().expect("a directory");
    let (path, reader) = pipe(&directory);
    let (program, address) = Program::mock(&["--journal", path.to_str().expect("a path of text")]);
    let mut client = Client::connect(address).await;
    let body = format!(r#"{{"replicate": [{}1]}}"#, "[],".repeat(50_000));
    let request = requests::replicate(body);
    for _ in 0..40 {
        client.send(&request).await;
        assert_eq!(client.answer().await.status, 400);
    }
    let taken = program.memory();
    assert!(taken < 120 * 1024 * 1024, "{taken} bytes");
    drop(reader);
}

#[tokio::test]
async fn lines_are_appended_and_soon_to_be_read() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("journal.jsonl");
    fs::write(&path, "{\"old\": true}\n").expect("a file");
    let (mut program, address) = Program::mock(&["--journal", path.to_str().expect("a path of text")]);
    // A steady stream of exchanges does not put the writing off.
    let start = Instant::now();
    while read_whole_lines(&path) < 2 {
        assert!(start.elapsed() < PATIENCE, "nothing is written while requests come");
        assert_eq!(ask(address, requests::query(COPY)).await.status, 200);
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(fs::metadata(&path).expect("a file").len() < 8 * 1024, "written only when a buffer was full");
    assert_eq!(program.stop().code, Some(0));
    assert_eq!(read(&path)[0], json!({"old": true}));
}

fn read_whole_lines(path: &Path) -> usize {
    fs::read_to_string(path).expect("a file").matches('\n').count()
}

#[tokio::test]
async fn nothing_is_missing_after_a_burst_and_a_signal() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("journal.jsonl");
    let (mut program, address) = Program::mock(&["--journal", path.to_str().expect("a path of text")]);
    let mut client = Client::connect(address).await;
    client.send(requests::replicate(REPLICATION).repeat(2000)).await;
    for _ in 0..2000 {
        assert_eq!(client.answer().await.status, 200);
    }
    assert_eq!(program.stop().code, Some(0));
    assert_eq!(read(&path).len(), 2000);
}

/// A pipe, open for reading, that takes some lines and then no more until it is read.
#[cfg(unix)]
fn pipe(directory: &TempDir) -> (PathBuf, fs::File) {
    let path = directory.path().join("pipe");
    let made = std::process::Command::new("mkfifo").arg(&path).status();
    assert!(made.expect("mkfifo is there").success());
    // Opening it for reading alone would wait for the writer.
    let reader = fs::OpenOptions::new().read(true).write(true).open(&path).expect("the pipe opens");
    (path, reader)
}

#[cfg(unix)]
#[tokio::test]
async fn a_file_that_takes_nothing_holds_up_neither_answers_nor_the_end() {
    let directory = TempDir::new().expect("a directory");
    let (path, reader) = pipe(&directory);
    let (mut program, address) = Program::mock(&["--journal", path.to_str().expect("a path of text")]);
    let mut client = Client::connect(address).await;
    // More than the pipe and the queue hold.
    let burst = requests::request("GET /nowhere", &[], "").repeat(100);
    for _ in 0..120 {
        client.send(&burst).await;
        for _ in 0..100 {
            assert_eq!(client.answer().await.status, 404);
        }
    }
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("not written to its end"), "{}", ended.stderr);
    drop(reader);
}

#[cfg(unix)]
#[tokio::test]
async fn exchanges_that_the_queue_does_not_hold_are_counted() {
    let directory = TempDir::new().expect("a directory");
    let (path, reader) = pipe(&directory);
    let server = start(mock(), Limits::default(), &path).await;
    let mut client = server.connect().await;
    // More bytes than the pipe and the queue hold.
    let large = requests::query(format!("{COPY}&KmsKeyId={}", "k".repeat(900_000)));
    for _ in 0..60 {
        client.send(&large).await;
        assert_eq!(client.answer().await.status, 200);
    }
    let counting = std::thread::spawn(move || {
        let (mut lines, mut dropped) = (0, 0);
        for line in BufReader::new(reader).lines() {
            let line: Value = serde_json::from_str(&line.expect("text")).expect("JSON");
            lines += u64::from(line["operation"] == "CopyDBClusterSnapshot");
            dropped += line["dropped"].as_u64().unwrap_or_default();
            if lines + dropped == 60 {
                break;
            }
        }
        (lines, dropped)
    });
    server.stop().await;
    let (lines, dropped) = counting.join().expect("the counter does not panic");
    assert!((25..45).contains(&lines), "{lines} lines, and {dropped} dropped");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_full_disk_ends_the_journal_and_nothing_else() {
    let (mut program, address) = Program::mock(&["--journal", "/dev/full"]);
    for _ in 0..100 {
        assert_eq!(ask(address, requests::replicate(REPLICATION)).await.status, 200);
    }
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    assert!(ended.stderr.contains("the journal cannot be written"), "{}", ended.stderr);
}

#[test]
fn a_journal_that_cannot_be_opened_is_named() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("no such directory").join("journal.jsonl");
    for path in [path.as_path(), directory.path()] {
        let path = path.to_str().expect("a path of text");
        let ended = run(&["mock", "--listen", "127.0.0.1:0", "--journal", path]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""));
        assert!(ended.stderr.starts_with(&format!("error: cannot open the journal {path}: ")), "{}", ended.stderr);
    }
}

/// A client that sends without end, until the server has gone.
fn send_without_end(address: std::net::SocketAddr) -> std::thread::JoinHandle<()> {
    std::thread::spawn(move || {
        use std::io::{Read, Write};
        let request = requests::replicate(REPLICATION);
        let Ok(mut stream) = std::net::TcpStream::connect(address) else { return };
        let mut answer = [0; 4096];
        while stream.write_all(request.as_ref()).is_ok() && stream.read(&mut answer).is_ok_and(|length| length > 0) {}
    })
}

#[test]
fn mocks_that_are_killed_leave_whole_lines_in_a_journal_they_share() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("journal.jsonl");
    let journal = path.to_str().expect("a path of text");
    for round in 0..10 {
        let mocks: Vec<_> = (0..5).map(|_| Program::mock(&["--journal", journal])).collect();
        let clients: Vec<_> = mocks.iter().map(|(_, address)| send_without_end(*address)).collect();
        // Lines come after 200 ms at the latest, or when there are many.
        std::thread::sleep(std::time::Duration::from_millis(210 + round * 7));
        for (number, (mut program, _)) in mocks.into_iter().enumerate() {
            program.signal(["KILL", "INT", "TERM"][number % 3]);
            program.wait();
        }
        for client in clients {
            client.join().expect("it ends with its server");
        }
    }
    // The next one cuts what is left of a line.
    let (mut last, address) = Program::mock(&["--journal", journal]);
    let client = send_without_end(address);
    assert_eq!(last.stop().code, Some(0));
    client.join().expect("it ends with its server");
    assert!(read(&path).len() > 100, "{} lines", read(&path).len());
}
