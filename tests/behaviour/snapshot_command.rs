//! `accordant snapshot`: what it records of a server, and how it holds later answers against that.

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use tempfile::TempDir;

use crate::support::{Ended, Program, end_fifty, run};

/// A folder that a server was recorded in.
struct Recorded {
    folder: TempDir,
}

impl Recorded {
    fn of(address: SocketAddr) -> Self {
        let recorded = Self { folder: tempfile::tempdir().expect("a folder") };
        let ended = recorded.again(address, &[]);
        assert_eq!(ended.code, Some(0), "{ended:?}");
        assert!(ended.stdout.contains("recorded"), "{ended:?}");
        recorded
    }

    fn dir(&self) -> PathBuf {
        self.folder.path().join("approved")
    }

    fn again(&self, address: SocketAddr, more: &[&str]) -> Ended {
        snapshot(&format!("http://{address}"), &self.dir(), &[&["--operation", "ReplicateBackup"], more].concat())
    }

    /// The files, by name.
    fn files(&self) -> BTreeMap<String, String> {
        let folder = self.dir().join("ReplicateBackup_native");
        let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").path());
        let read = |path: PathBuf| {
            (path.file_name().expect("a name").to_string_lossy().into_owned(), fs::read_to_string(&path).expect("text"))
        };
        entries.map(read).collect()
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.dir().join("ReplicateBackup_native").join(name), text).expect("is written");
    }
}

fn snapshot(url: &str, dir: &Path, more: &[&str]) -> Ended {
    run(&[&["snapshot", url, "--dir", dir.to_str().expect("text")], more].concat())
}

/// A mock of other specs: those of the project with a text in one of them replaced.
fn other_mock(file: &str, from: &str, to: &str) -> (TempDir, Program, SocketAddr) {
    let folder = tempfile::tempdir().expect("a folder");
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    for entry in fs::read_dir(&specs).expect("specs").map(|entry| entry.expect("an entry").path()) {
        if !entry.is_dir() {
            continue;
        }
        let to_folder = folder.path().join(entry.file_name().expect("a name"));
        fs::create_dir(&to_folder).expect("is made");
        for path in fs::read_dir(&entry).expect("a service").map(|entry| entry.expect("an entry").path()) {
            let mut text = fs::read_to_string(&path).expect("text");
            let name = path.file_name().expect("a name");
            if name == file {
                assert!(text.contains(from), "{file} has no {from}");
                text = text.replace(from, to);
            }
            fs::write(to_folder.join(name), text).expect("is written");
        }
    }
    let (program, address) = Program::mock(&["--specs", folder.path().to_str().expect("text")]);
    (folder, program, address)
}

#[test]
fn what_is_recorded_is_the_same_again_whatever_is_volatile() {
    let (_one, first) = Program::mock(&[]);
    let (_other, second) = Program::mock(&["--seed", "7"]);
    let recorded = Recorded::of(first);
    let files = recorded.files();
    assert!(files.len() > 20 && files.keys().all(|name| Path::new(name).extension().is_some_and(|end| end == "snap")));
    let ended = recorded.again(second, &["--check"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains(&format!("ReplicateBackup (native): {} the same", files.len())), "{ended:?}");
    assert_eq!(recorded.files(), files);
    let text = &files["invalid_replicate.name.maxLength.snap"];
    assert!(text.contains("expected: \"400 BackupService.9900\"") && text.contains("HTTP 400 Bad Request"), "{text}");
    assert!(files["example_minimal.snap"].contains("\"replication_record_id\": \"VOLATILE\""));
}

#[test]
fn a_change_waits_for_approval_and_fails_a_check() {
    let (_mock, address) = Program::mock(&[]);
    let recorded = Recorded::of(address);
    let before = recorded.files();
    let (_folder, _other, changed) =
        other_mock("replicate-backup.yaml", "source_region: region1", "source_region: region7");
    let ended = recorded.again(changed, &["--phase", "examples"]);
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert!(ended.stdout.contains("differs") && ended.stdout.contains("cargo insta review"), "{ended:?}");
    let ended = recorded.again(changed, &["--phase", "examples", "--check"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    for line in ["-    \"source_region\": \"region1\"", "+    \"source_region\": \"region7\""] {
        assert!(ended.stdout.contains(line), "{line}: {ended:?}");
    }
    // What was approved is as it was, and beside it is what insta takes for its own.
    let after = recorded.files();
    assert!(before.iter().all(|(name, text)| after[name] == *text));
    let file = recorded.dir().join("ReplicateBackup_native/example_minimal.snap.new");
    let pending = insta::Snapshot::from_file(&file).expect("insta reads it");
    assert!(pending.as_text().is_some_and(|text| text.to_string().contains("region7")));
    // As `cargo insta accept` does.
    pending.save(&file.with_extension("")).expect("insta writes it");
    let ended = recorded.again(changed, &["--phase", "examples", "--check"]);
    assert!(ended.stdout.contains("1 the same"), "{ended:?}");
    assert!(!file.exists(), "what does not differ does not wait");
    let ended = recorded.again(address, &["--check"]);
    assert!(ended.stdout.contains("1 differ") && ended.code == Some(1), "{ended:?}");
}

#[test]
fn only_the_meaning_of_what_was_approved_counts() {
    let (_mock, address) = Program::mock(&[]);
    let recorded = Recorded::of(address);
    let text = &recorded.files()["example_minimal.snap"];
    let (head, body) = text.rsplit_once("\n\n").expect("a body");
    let value: serde_json::Value = serde_json::from_str(body).expect("JSON");
    let mut members: Vec<_> = value["replication"].as_object().expect("members").iter().collect();
    members.reverse();
    let turned: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    let edited = format!("{head}\r\n\r\n{{\"replication\":{{{}}}}}", turned.join(",")).replace('\n', "\r\n");
    recorded.write("example_minimal.snap", &edited);
    assert_eq!(recorded.again(address, &["--check"]).code, Some(0));
    recorded.write("example_minimal.snap", &edited.replace("VOLATILE\"", "VOLATILE as a number\""));
    assert_eq!(recorded.again(address, &["--check"]).code, Some(1), "a masked member has another type");
}

#[test]
fn what_is_there_no_more_and_what_is_new_is_told() {
    let (_mock, address) = Program::mock(&[]);
    let recorded = Recorded::of(address);
    let folder = recorded.dir().join("ReplicateBackup_native");
    let text = recorded.files()["example_minimal.snap"].clone();
    recorded.write("example_older.snap", &text);
    fs::remove_file(folder.join("example_minimal.snap")).expect("is removed");
    let ended = recorded.again(address, &["--check"]);
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.stdout.contains("1 new, 1 no more") && ended.stdout.contains("example_older.snap: remove it"),
        "{ended:?}"
    );
    assert!(folder.join("example_minimal.snap.new").exists() && !folder.join("example_minimal.snap").exists());
    // Of other phases nothing is said.
    let ended = recorded.again(address, &["--phase", "coverage", "--check"]);
    assert!(ended.code == Some(0) && !ended.stdout.contains("no more"), "{ended:?}");
}

#[test]
fn phases_may_be_recorded_one_after_the_other() {
    let (_mock, address) = Program::mock(&[]);
    let recorded = Recorded { folder: tempfile::tempdir().expect("a folder") };
    assert_eq!(recorded.again(address, &["--phase", "examples"]).code, Some(0));
    let ended = recorded.again(address, &[]);
    assert!(
        ended.code == Some(0) && ended.stdout.contains(" recorded, ") && !ended.stdout.contains("new"),
        "{ended:?}"
    );
    assert_eq!(recorded.again(address, &["--check"]).code, Some(0));
}

#[test]
fn a_check_records_nothing_as_approved() {
    let (_mock, address) = Program::mock(&[]);
    let folder = tempfile::tempdir().expect("a folder");
    let recorded = Recorded { folder };
    let ended = recorded.again(address, &["--phase", "examples", "--check"]);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    assert!(recorded.files().keys().all(|name| name.ends_with(".snap.new")));
    assert_eq!(recorded.again(address, &["--phase", "examples"]).code, Some(0));
    assert!(recorded.files().keys().all(|name| !name.ends_with(".snap.new")), "what is approved does not wait");
}

#[test]
fn random_cases_and_masks_of_ones_own() {
    let (_mock, address) = Program::mock(&[]);
    let recorded = Recorded { folder: tempfile::tempdir().expect("a folder") };
    let options = ["--phase", "random", "-n", "5", "--seed", "3", "--volatile", "/replication/source_region"];
    let ended = recorded.again(address, &options);
    assert!(ended.code == Some(0) && ended.stdout.contains("5 recorded"), "{ended:?}");
    let files = recorded.files();
    assert!(files.contains_key("random_3_4.snap"));
    assert!(files.values().any(|text| text.contains("\"source_region\": \"VOLATILE\"")));
    assert_eq!(recorded.again(address, &options).code, Some(0));
    let ended = recorded.again(address, &["--volatile", "/replication/nothing"]);
    assert!(ended.code == Some(2) && ended.stderr.contains("no output of any operation has a member"), "{ended:?}");
}

#[test]
fn folders_that_are_not_ours_are_left_alone() {
    let (_mock, address) = Program::mock(&[]);
    let recorded = Recorded::of(address);
    let own = recorded.files()["example_minimal.snap"].clone();
    let half = &own[..own.find("info").expect("its head")];
    let foreign = own.replace("accordant snapshot", "tests/other.rs");
    for (name, text, says) in [
        ("example_minimal.snap", half, "half-written"),
        ("example_minimal.snap", "", "half-written"),
        ("example_minimal.snap", &foreign, "not of `accordant snapshot`"),
        ("example_minimal.snap.new", &foreign, "not of `accordant snapshot`"),
        ("main.rs", "fn main() {}", "no snapshot"),
    ] {
        recorded.write(name, text);
        let before = recorded.files();
        let ended = recorded.again(address, &[]);
        assert_eq!(ended.code, Some(2), "{name}: {ended:?}");
        assert!(ended.stderr.contains(says) && ended.stderr.contains(name), "{ended:?}");
        assert_eq!(recorded.files(), before);
        fs::remove_file(recorded.dir().join("ReplicateBackup_native").join(name)).expect("is removed");
        recorded.write("example_minimal.snap", &own);
    }
    // What we left behind half-written ourselves is written anew.
    recorded.write("example_minimal.snap.new", "");
    recorded.write(".example_minimal.snap.partial", "---");
    assert_eq!(recorded.again(address, &["--check"]).code, Some(0));
    let stranger = tempfile::tempdir().expect("a folder");
    fs::write(stranger.path().join("notes.txt"), "mine").expect("is written");
    let ended = snapshot(&format!("http://{address}"), stranger.path(), &[]);
    assert!(ended.code == Some(2) && ended.stderr.contains("notes.txt"), "{ended:?}");
    let ended = snapshot(&format!("http://{address}"), &stranger.path().join("notes.txt"), &[]);
    assert!(ended.code == Some(2) && ended.stderr.contains("cannot read"), "{ended:?}");
}

/// A server that answers some requests with an empty success, and then is gone.
fn leaving(answers: usize) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        for _ in 0..answers {
            let (mut stream, _) = listener.accept().expect("a connection");
            let _ = stream.read(&mut [0; 8192]);
            let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}");
        }
    });
    address
}

/// A server that answers each request with what it is made to say of it: status, media type and body.
fn saying(say: impl Fn(&str) -> (u16, &'static str, Vec<u8>) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    thread::spawn(move || {
        while let Ok((mut stream, _)) = listener.accept() {
            let mut request = vec![0; 16 * 1024];
            let length = stream.read(&mut request).unwrap_or_default();
            let (status, media_type, body) = say(&String::from_utf8_lossy(&request[..length]));
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status} X\r\ncontent-type: {media_type}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n"
            );
            let _ = stream.write_all(&[head.into_bytes(), body].concat());
        }
    });
    address
}

/// The value of a header of a request.
fn header<'r>(request: &'r str, name: &str) -> &'r str {
    let lines = request.lines().filter_map(|line| line.split_once(": "));
    lines.filter(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value).next().unwrap_or_default()
}

#[test]
fn secrets_stand_in_no_file_and_on_no_screen() {
    type Say = fn(&str, &str) -> (u16, &'static str, Vec<u8>);
    let says: [Say; 4] = [
        |token, header| {
            let (low, up) = (token.to_lowercase(), token.to_uppercase());
            let encoded = Engine::encode(&STANDARD, token);
            let body = serde_json::json!({ token: [low, up, encoded], "header": header });
            (200, "application/json", body.to_string().into_bytes())
        },
        // What is cut off a long answer may begin in a secret.
        |token, _| (200, "text/plain", format!("{}{token}", "x".repeat(256 * 1024 - 5)).into_bytes()),
        |token, header| {
            (403, "application/json", format!("{{\"error_code\": \"\\u001b{token}{header}\"}}").into_bytes())
        },
        |token, header| (404, "text/html", format!("\u{1b}[31mno {token} {header}").into_bytes()),
    ];
    for say in says {
        let address = saying(move |request| {
            say(header(request, "x-auth-token"), header(request, "x-secret").trim_start_matches("Bearer "))
        });
        let recorded = Recorded { folder: tempfile::tempdir().expect("a folder") };
        let secrets = ["--credentials", "key:any-secret:Tok-Abc12", "--header", "x-secret: Bearer Hdr-Sec-9876"];
        let ended = recorded.again(address, &[&secrets[..], &["--phase", "examples"]].concat());
        let files = if recorded.dir().exists() { recorded.files() } else { BTreeMap::new() };
        let text = files.into_values().collect::<String>() + &ended.stdout + &ended.stderr;
        for part in ["tok-a", "vg9rlufiyz", "hdr-sec", "\u{1b}"] {
            assert!(!text.to_lowercase().contains(part), "{part}: {text}");
        }
        assert!(text.contains("***") || text.contains("xxxx"), "{text}");
    }
}

#[test]
fn bodies_that_are_no_plain_text_are_told_apart() {
    let recorded = Recorded { folder: tempfile::tempdir().expect("a folder") };
    let answer = |address| recorded.again(address, &["--phase", "examples", "--check"]);
    let first = saying(|_| (200, "application/json", b"\xff\xfe".to_vec()));
    assert_eq!(recorded.again(first, &["--phase", "examples"]).code, Some(0));
    assert_eq!(answer(first).code, Some(0));
    let ended = answer(saying(|_| (200, "application/json", b"\xfe\xff".to_vec())));
    assert!(ended.code == Some(1) && ended.stdout.contains("+2 bytes that are no UTF-8"), "{ended:?}");
    // Behind a mark of the byte order there is JSON, with members that are volatile.
    let marked = |id: &'static str| {
        let body = format!("\u{feff}{{\"replication\": {{\"replication_record_id\": \"{id}\"}}}}");
        saying(move |_| (200, "application/json", body.clone().into_bytes()))
    };
    let recorded = Recorded { folder: tempfile::tempdir().expect("a folder") };
    assert_eq!(recorded.again(marked("a"), &["--phase", "examples"]).code, Some(0));
    assert_eq!(recorded.again(marked("b"), &["--phase", "examples", "--check"]).code, Some(0));
}

#[test]
fn answers_without_end_are_compared_in_time() {
    let numbers = |first: u32| {
        saying(move |_| {
            (200, "application/json", format!("{:?}", (first..first + 50_000).collect::<Vec<_>>()).into_bytes())
        })
    };
    let recorded = Recorded { folder: tempfile::tempdir().expect("a folder") };
    assert_eq!(recorded.again(numbers(0), &["--phase", "examples"]).code, Some(0));
    let started = Instant::now();
    let ended = recorded.again(numbers(1_000_000), &["--phase", "examples", "--check"]);
    assert!(ended.code == Some(1) && ended.stdout.contains("lines more"), "{:?}", ended.code);
    assert!(started.elapsed() < Duration::from_secs(30), "{:?}", started.elapsed());
}

#[test]
fn a_server_that_goes_away_takes_nothing_with_it() {
    let recorded = Recorded { folder: tempfile::tempdir().expect("a folder") };
    let ended = recorded.again(leaving(5), &[]);
    assert_eq!(ended.code, Some(3), "{ended:?}");
    assert!(ended.stderr.contains("what was recorded until now stays"), "{ended:?}");
    assert_eq!(recorded.files().len(), 5);
}

#[test]
fn a_server_that_says_nothing_is_not_waited_for_each_time() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let recorded = Recorded { folder: tempfile::tempdir().expect("a folder") };
    let ended = recorded.again(silent.local_addr().expect("an address"), &["--timeout", "50ms"]);
    assert!(ended.code == Some(4) && ended.stdout.contains("no complete answer within 50ms"), "{ended:?}");
    assert!(!recorded.dir().join("ReplicateBackup_native").exists(), "no answer is no answer to approve");
}

#[test]
fn what_cannot_be_recorded_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("new");
    let nobody = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("an address");
    let ended = snapshot(&format!("http://{nobody}"), &dir, &[]);
    assert!(ended.code == Some(3) && !dir.exists(), "{ended:?}");
    assert_eq!(snapshot("nonsense", &dir, &[]).code, Some(2));
    let ended = run(&["snapshot", "--dir", dir.to_str().expect("text")]);
    assert!(ended.code == Some(2) && ended.stderr.contains("no URL"), "{ended:?}");
    let ended = snapshot(&format!("http://{nobody}"), &dir, &["--operation", "Nothing"]);
    assert_eq!(ended.code, Some(4), "{ended:?}");
}

#[test]
fn an_operation_that_the_server_does_not_have_is_one_line() {
    let path = "/v3/{project_id}/backups/{backup_id}/replicate";
    let (_folder, _mock, without) = other_mock("replicate-backup.yaml", path, "/v3/{project_id}/copies/{backup_id}");
    let (_with, with) = Program::mock(&[]);
    let recorded = Recorded { folder: tempfile::tempdir().expect("a folder") };
    let ended = recorded.again(without, &[]);
    assert!(ended.code == Some(4) && ended.stdout.contains("the server does not have the operation"), "{ended:?}");
    let ended = recorded.again(without, &["--phase", "coverage"]);
    assert!(ended.code == Some(4) && ended.stdout.contains("the server does not have the operation"), "{ended:?}");
    assert!(!recorded.dir().exists());
    assert_eq!(recorded.again(with, &["--phase", "examples"]).code, Some(0));
    let ended = recorded.again(without, &["--check"]);
    assert!(ended.code == Some(1) && ended.stdout.contains("no more"), "{ended:?}");
}

#[cfg(unix)]
#[test]
fn an_interrupted_recording_keeps_what_it_has() {
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let dir = tempfile::tempdir().expect("a folder");
    let url = format!("http://{}", silent.local_addr().expect("an address"));
    let mut program = Program::start(&["snapshot", &url, "--dir", dir.path().to_str().expect("text")]);
    let _connection = silent.accept().expect("a connection");
    program.signal("INT");
    let ended = program.wait();
    assert!(ended.code == Some(130) && ended.stderr.contains("stays in"), "{ended:?}");
}

#[test]
fn whatever_ends_a_recording_no_file_is_half_written() {
    let (_mock, address) = Program::mock(&[]);
    let recorded = Recorded::of(address);
    let whole = recorded.files();
    let (url, dir) = (format!("http://{address}"), recorded.dir());
    let dir = dir.to_str().expect("text");
    // Each writes some files anew.
    let start = || {
        for name in whole.keys().step_by(2) {
            let _ = fs::remove_file(recorded.dir().join("ReplicateBackup_native").join(name));
        }
        Program::start(&["snapshot", &url, "--dir", dir, "--operation", "ReplicateBackup"])
    };
    end_fifty(start);
    for (name, text) in recorded.files() {
        // What a killed run leaves is hidden, and nobody reads it.
        if !name.starts_with('.') {
            let approved = whole.get(name.trim_end_matches(".new"));
            assert_eq!(approved, Some(&text), "{name}");
        }
    }
    assert_eq!(recorded.again(address, &[]).code, Some(0));
}
