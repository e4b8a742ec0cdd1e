//! Servers that mean harm, against what reads their answers, and clients that do, against the mock of `client`: `check`,
//! `snapshot`, `proxy` and `client` come to an end, in bounded memory, say so, and give nothing away.

use std::fs;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::support::requests::{self, COPY, REPLICATION};
use crate::support::{Ended, PATIENCE, Program};

/// Stands in credentials, and nowhere else.
const SECRET: &str = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY";

/// The most that a program may hold, whatever it is sent.
const MEMORY: usize = 400 * 1024 * 1024;

/// What a server does with each connection.
type Treat = fn(&mut TcpStream) -> std::io::Result<()>;

/// All that servers do here, by name, and whether a program can take it for an answer.
const HOSTILITIES: [(&str, bool, Treat); 17] = [
    ("says nothing", false, |stream| stream.read_to_end(&mut Vec::new()).map(drop)),
    ("closes", false, |stream| head(stream).map(drop)),
    // What is not read makes an end a reset.
    ("resets", false, |_| Ok(())),
    ("sends garbage", false, |stream| say(stream, b"\x00\x01\x1b[31m garbage\r\n\r\n")),
    ("announces a gibibyte", false, |stream| {
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n")?;
        without_end(stream, &[b'x'; 64 * 1024])
    }),
    ("sends chunks without end", false, |stream| {
        say(stream, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")?;
        without_end(stream, &[b"4000\r\n".as_slice(), &[b'x'; 0x4000], b"\r\n"].concat())
    }),
    ("sends headers without end", false, |stream| {
        say(stream, b"HTTP/1.1 200 OK\r\n")?;
        without_end(stream, &b"X-More: value\r\n".repeat(1000))
    }),
    ("drips", false, |stream| {
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")?;
        loop {
            stream.write_all(b"x")?;
            thread::sleep(Duration::from_millis(10));
        }
    }),
    ("sends less than it says", false, |stream| say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{}")),
    ("sends more than it says", true, |stream| {
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
    }),
    ("sends deep JSON", true, |stream| body(stream, "application/json", &"{\"a\":[".repeat(300_000))),
    ("sends wide JSON", true, |stream| {
        let members = (0..110_000).map(|number| format!("\"{number:x}\":{{}}")).collect::<Vec<_>>();
        body(stream, "application/json", &format!("{{{}}}", members.join(",")))
    }),
    ("sends JSON of very many members", true, |stream| {
        let members = (0..20_000).map(|number| format!("\"{number:x}\":0")).collect::<Vec<_>>();
        body(stream, "application/json", &format!("{{{}}}", members.join(",")))
    }),
    ("sends deep XML", true, |stream| body(stream, "text/xml", &"<a>".repeat(300_000))),
    ("sends entities", true, |stream| {
        let more = (1..20).map(|n| format!("<!ENTITY e{n} \"{}\">", format!("&e{};", n - 1).repeat(20)));
        let bomb = format!("<!DOCTYPE a [<!ENTITY e0 \"x\">{}]><a>&e19;</a>", more.collect::<String>());
        body(stream, "text/xml", &bomb)
    }),
    ("calls a body zipped", true, |stream| {
        say(stream, b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n\r\nzipped")
    }),
    ("steers the terminal", true, |stream| {
        body(stream, "application/json", "{\"error_code\":\"\\u001b[31m\\u202e\",\"error_msg\":\"\u{202e}\u{9b}31m\"}")
    }),
];

fn body(stream: &mut TcpStream, media_type: &str, text: &str) -> std::io::Result<()> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Type: {media_type}\r\nContent-Length: {}\r\n\r\n", text.len());
    say(stream, [head.as_bytes(), text.as_bytes()].concat().as_slice())
}

/// Says something to a request, and no more.
fn say(stream: &mut TcpStream, text: &[u8]) -> std::io::Result<()> {
    head(stream)?;
    stream.write_all(text)
}

fn without_end(stream: &mut TcpStream, piece: &[u8]) -> std::io::Result<()> {
    loop {
        stream.write_all(piece)?;
    }
}

/// Reads a request whose body is short enough to come with its head.
fn head(stream: &mut TcpStream) -> std::io::Result<String> {
    let (mut read, mut piece) = (Vec::new(), [0; 8 * 1024]);
    while !read.windows(4).any(|window| window == b"\r\n\r\n") {
        match stream.read(&mut piece)? {
            0 => break,
            length => read.extend_from_slice(&piece[..length]),
        }
    }
    Ok(String::from_utf8_lossy(&read).into_owned())
}

/// A server that treats every connection so, for as long as the test runs; with how many there were.
fn server(
    treat: impl Fn(&mut TcpStream) -> std::io::Result<()> + Send + Sync + 'static,
) -> (SocketAddr, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    let (count, treat) = (Arc::new(AtomicUsize::new(0)), Arc::new(treat));
    let counted = Arc::clone(&count);
    thread::spawn(move || {
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { break };
            counted.fetch_add(1, Ordering::SeqCst);
            let treat = Arc::clone(&treat);
            thread::spawn(move || {
                let _ = (stream.set_read_timeout(Some(PATIENCE)), stream.set_write_timeout(Some(PATIENCE)));
                let _ = treat(&mut stream);
            });
        }
    });
    (address, count)
}

/// Runs a subcommand with credentials against a server; how it ended, and what it wrote.
fn attacked(subcommand: &str, server: SocketAddr, folder: &Path) -> (Ended, String) {
    let (option, file) = if subcommand == "check" { ("report", "report.json") } else { ("dir", "approved") };
    let file = folder.join(file);
    let file = file.display();
    let script = format!(
        "ACCORDANT_CREDENTIALS=AKIDEXAMPLE:{SECRET} exec \"$0\" {subcommand} http://{server} --{option} {file} \
         --operation StartBackupJob --phase examples --timeout 200ms"
    );
    let mut program = Program::start_by_shell(&script);
    let ended = program.wait_within(MEMORY);
    let said = format!("{}{}{}", ended.stdout, ended.stderr, written(folder));
    (ended, said)
}

/// All that stands in the files of a folder.
fn written(folder: &Path) -> String {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let text = |path: &Path| if path.is_dir() { written(path) } else { fs::read_to_string(path).unwrap_or_default() };
    entries.map(|entry| text(&entry.path())).collect()
}

fn expect_nothing_given_away(name: &str, said: &str) {
    for secret in [SECRET, "\u{1b}", "\u{202e}", "\u{9b}"] {
        assert!(!said.contains(secret), "{name}: {secret:?} in {said}");
    }
}

#[test]
fn a_recording_comes_to_its_end_and_tells() {
    for (name, answers, treat) in HOSTILITIES {
        let folder = TempDir::new().expect("a folder");
        let (ended, said) = attacked("snapshot", server(treat).0, folder.path());
        assert!(matches!(ended.code, Some(0 | 3 | 4)), "{name}: {ended:?}");
        assert_eq!(ended.code == Some(0), answers, "{name}: {ended:?}");
        expect_nothing_given_away(name, &said);
    }
}

#[test]
fn the_judge_comes_to_its_end_and_tells() {
    for (name, answers, treat) in HOSTILITIES {
        let folder = TempDir::new().expect("a folder");
        let (ended, said) = attacked("check", server(treat).0, folder.path());
        assert!(matches!(ended.code, Some(0 | 1 | 3 | 4)), "{name}: {ended:?}");
        assert!(answers || ended.code != Some(0), "{name}: {ended:?}");
        // What is no answer of the operation's is a finding or a note, or nothing of it was judged.
        let report = fs::read_to_string(folder.path().join("report.json")).unwrap_or_default();
        let report: serde_json::Value = serde_json::from_str(&report).unwrap_or_default();
        let is_told = |list: &str| report[list].as_array().is_some_and(|list| !list.is_empty());
        let is_unreached = ended.code == Some(3) && ended.stdout.contains("no answer within");
        let is_told = is_told("findings") || is_told("notes") || is_unreached || !ended.stderr.is_empty();
        assert!(is_told, "{name}: {ended:?}");
        expect_nothing_given_away(name, &said);
    }
}

#[test]
fn the_proxy_comes_to_its_end_and_tells() {
    for (name, _, treat) in HOSTILITIES {
        let folder = TempDir::new().expect("a folder");
        let report = folder.path().join("report.json");
        let (target, _) = server(treat);
        let mut program =
            Program::start(&["proxy", &format!("http://{target}"), "--report", report.to_str().expect("text")]);
        let address = program.address();
        let token = format!("X-Auth-Token: {SECRET}\r\nContent-Length: {}\r\n", REPLICATION.len());
        let request = requests::replicate_head(&token).replacen("X-Auth-Token: ", "X-First-Token: ", 1) + REPLICATION;
        let mut client = TcpStream::connect(address).expect("the proxy listens");
        client.set_read_timeout(Some(Duration::from_millis(300))).expect("a time limit");
        let _ = client.write_all(request.as_bytes());
        // A client that reads a part, and leaves.
        let (mut read, start) = (0, Instant::now());
        while let Ok(length @ 1..) = client.read(&mut [0; 16 * 1024]) {
            read += length;
            if read > 2 * 1024 * 1024 || start.elapsed() > Duration::from_millis(300) {
                break;
            }
        }
        let _ = client.shutdown(Shutdown::Both);
        drop(client);
        program.signal("TERM");
        let ended = program.wait_within(MEMORY);
        assert!(matches!(ended.code, Some(0 | 1)), "{name}: {ended:?}");
        let report = fs::read_to_string(&report).expect("a report");
        let told = [
            "\"transport-failure\"",
            "\"error-shape\"",
            "\"output-schema\"",
            "\"output-not-found\"",
            "\"undecodable-response\"",
            "\"content-type\"",
        ];
        let unread = ["could not be read", "content coding"];
        let is_told =
            told.iter().any(|check| report.contains(check)) || unread.iter().any(|line| ended.stderr.contains(line));
        assert!(is_told, "{name}: {}\n{report}", ended.stderr);
        expect_nothing_given_away(name, &format!("{report}{}", ended.stderr));
    }
}

#[test]
fn no_redirect_is_followed_to_anywhere() {
    let (elsewhere, visits) = server(|stream| say(stream, b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"));
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let answer = format!("HTTP/1.1 {status}\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
        let (address, _) = server(move |stream| say(stream, answer.as_bytes()));
        for subcommand in ["check", "snapshot"] {
            let folder = TempDir::new().expect("a folder");
            let (ended, said) = attacked(subcommand, address, folder.path());
            assert_ne!(ended.code, None, "{ended:?}");
            expect_nothing_given_away(status, &said);
        }
    }
    assert_eq!(visits.load(Ordering::SeqCst), 0, "somebody went there");
}

/// All that a client does here with its connection, by name.
const ATTACKS: [(&str, Treat); 14] = [
    ("sends garbage", |stream| stream.write_all(b"\x00\x01\x1b[31m garbage\r\n\r\n")),
    ("sends headers without end", |stream| {
        stream.write_all(b"PUT /backup-jobs HTTP/1.1\r\n")?;
        without_end(stream, &b"X-More: value\r\n".repeat(1000))
    }),
    ("announces a gibibyte", |stream| {
        stream.write_all(requests::replicate_head("Content-Length: 1073741824\r\n").as_bytes())?;
        without_end(stream, &[b'x'; 64 * 1024])
    }),
    ("sends chunks without end", |stream| {
        stream.write_all(requests::replicate_head("Transfer-Encoding: chunked\r\n").as_bytes())?;
        without_end(stream, &[b"4000\r\n".as_slice(), &[b'x'; 0x4000], b"\r\n"].concat())
    }),
    ("drips, and leaves", |stream| {
        stream.write_all(requests::replicate_head("Content-Length: 1000\r\n").as_bytes())?;
        (0..20).try_for_each(|_| {
            thread::sleep(Duration::from_millis(5));
            stream.write_all(b"x")
        })
    }),
    ("sends less than it says", |stream| {
        stream.write_all((requests::replicate_head("Content-Length: 100\r\n") + "{}").as_bytes())?;
        stream.shutdown(Shutdown::Write)
    }),
    ("asks on, and reads nothing", |stream| stream.write_all(&requests::replicate(REPLICATION).repeat(1000))),
    ("sends deep JSON", |stream| stream.write_all(&requests::back_up("{\"a\":[".repeat(100_000)))),
    ("sends wide JSON", |stream| {
        let members = (0..60_000).map(|number| format!("\"{number:x}\":{{}}")).collect::<Vec<_>>();
        stream.write_all(&requests::back_up(format!("{{{}}}", members.join(","))))
    }),
    ("sends many parameters", |stream| {
        let members = (0..60_000).fold(String::new(), |text, number| text + &format!("&N.member.{number}=x"));
        stream.write_all(&requests::query(format!("{COPY}{members}")))
    }),
    ("sends XML with entities", |stream| {
        stream.write_all(&requests::back_up("<!DOCTYPE a [<!ENTITY e \"x\"><!ENTITY f \"&e;&e;\">]><a>&f;</a>"))
    }),
    ("calls a body zipped", |stream| {
        let lines = "Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: 6\r\n";
        stream.write_all((requests::replicate_head(lines) + "zipped").as_bytes())
    }),
    ("steers the terminal", |stream| {
        stream.write_all(&requests::back_up("{\"\\u001b[31m\\u202e\": 1, \"a\u{202e}\u{9b}31m\": 1}"))?;
        stream.write_all(&requests::request("PUT /nowhere%1b%5B31m?\u{202e}", &[requests::SIGNED_FOR_BACKUP], "{}"))
    }),
    ("has a secret", |stream| {
        let token = format!("X-Auth-Token: {SECRET}\r\nContent-Length: 2\r\n");
        let head = requests::replicate_head(&token).replacen("X-Auth-Token: a-token", "X-First: 1", 1);
        stream.write_all((head + "{}").as_bytes())
    }),
];

#[cfg(unix)]
#[test]
fn a_run_of_a_client_that_means_harm_comes_to_its_end_and_tells() {
    let folder = TempDir::new().expect("a folder");
    let [report, junit, url, end] = ["report.json", "report.xml", "url", "end"].map(|name| folder.path().join(name));
    let [report_name, junit_name, url_name, end_name] =
        [&report, &junit, &url, &end].map(|path| path.to_str().expect("text"));
    assert!(std::process::Command::new("mkfifo").arg(&end).status().expect("mkfifo is there").success());
    let script =
        format!("echo \"$ACCORDANT_URL\" > {url_name}.partial; mv {url_name}.partial {url_name}; cat {end_name}");
    let mut program =
        Program::start(&["client", "--report", report_name, "--report", junit_name, "--", "sh", "-c", &script]);
    let start = Instant::now();
    let address = loop {
        if let Ok(url) = fs::read_to_string(&url) {
            break url.trim().trim_start_matches("http://").parse::<SocketAddr>().expect("an address");
        }
        assert!(start.elapsed() < PATIENCE, "the command has not started");
        thread::sleep(Duration::from_millis(5));
    };
    for (name, attack) in ATTACKS {
        let mut stream = TcpStream::connect(address).expect(name);
        let limit = Some(Duration::from_millis(500));
        stream.set_read_timeout(limit).and_then(|()| stream.set_write_timeout(limit)).expect("time limits");
        // Whether it is heard to its end is the mock's affair.
        let _ = attack(&mut stream);
        let _ = stream.read(&mut [0; 1024]);
    }
    fs::write(&end, "").expect("the command waits for it");
    let ended = program.wait_within(MEMORY);
    assert_eq!(ended.code, Some(1), "{ended:?}");
    let [report, junit] = [&report, &junit].map(|file| fs::read_to_string(file).expect("a report"));
    assert!(report.contains("\"request-schema\"") && junit.contains("request-schema"), "{report}{junit}");
    expect_nothing_given_away("a client", &format!("{report}{junit}{}{}", ended.stdout, ended.stderr));
}
