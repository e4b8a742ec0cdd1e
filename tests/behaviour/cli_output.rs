//! Everything that a user reads, as approved: help, reports, pages, and what is said of mistakes.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

use accordant::check::{CHECKS, Party};
use accordant::{Contract, Mock};
use bytes::Bytes;
use regex::Regex;
use serde_json::Value;
use tempfile::TempDir;
use wiremock::matchers::any;
use wiremock::{MockServer, Request, Respond, ResponseTemplate};

use crate::support::command;
use crate::{approved, approved_in};

/// Where the help of each subcommand is.
const HELP: &str = "snapshots/help";

/// What the program prints in a folder, and its exit code.
struct Screen {
    code: Option<i32>,
    stdout: String,
    stderr: String,
}

fn screen(folder: &Path, arguments: &[&str]) -> Screen {
    let output = command(arguments).current_dir(folder).output().expect("the program starts");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    Screen { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
}

/// Commands as a terminal shows them, in a folder of their own.
fn session(folder: &Path, commands: &[&[&str]]) -> String {
    let mut text = String::new();
    for arguments in commands {
        let Screen { code, stdout, stderr } = screen(folder, arguments);
        let words: Vec<String> = arguments.iter().map(|word| typed(word)).collect();
        let code = code.map_or("a signal".to_owned(), |code| code.to_string());
        writeln!(text, "$ accordant {}\n{stdout}{stderr}[{code}]\n", words.join(" ")).expect("memory");
    }
    steady(&text, folder)
}

/// A word as a person would type it.
fn typed(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,".contains(c);
    if word.chars().all(plain) { word.to_owned() } else { accordant::report::shell_word(word) }
}

/// A text without what differs from run to run, and without the part of tokens that changes with any word of a spec.
fn steady(text: &str, folder: &Path) -> String {
    let text = text.replace(folder.to_str().expect("a path of text"), "FOLDER");
    let masks = [
        (r"127\.0\.0\.1:\d{2,5}", "127.0.0.1:PORT"),
        (r"in [0-9.]+ s, [0-9,]+ cases per second", "in TIME, SPEED"),
        (r"(\.(?:examples|coverage|random)\.\d+\.\d+)\.[0-9a-f]{8}", "$1.SPECS"),
        (r#"("contract": \[\s*)"[0-9a-f]{8}""#, r#"$1"SPECS""#),
        (r"(those of this one have) [0-9a-f]{8}", "$1 SPECS"),
        (r"\w{3}, \d{2} \w{3} \d{4} \d{2}:\d{2}:\d{2} GMT", "DATE"),
        (r"curl/[0-9.]+", "curl/VERSION"),
        (r"\(os error \d+\)", "(os error N)"),
    ];
    let masked = masks.iter().fold(text, |text, (pattern, mask)| {
        Regex::new(pattern).expect("a pattern").replace_all(&text, *mask).into_owned()
    });
    masked.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

/// The subcommands of the program, each by the words that lead to it, with its help.
fn helps() -> Vec<(Vec<String>, String)> {
    let folder = folder();
    let mut open = vec![Vec::new()];
    let mut helps = Vec::new();
    while let Some(words) = open.pop() {
        let asked: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let Screen { code, stdout, stderr } = screen(folder.path(), &asked);
        assert_eq!((code, stderr.as_str()), (Some(0), ""), "{asked:?}");
        for name in subcommands(&stdout).filter(|name| *name != "help") {
            open.push([&words[..], &[name.to_owned()]].concat());
        }
        helps.push((words, stdout));
    }
    helps
}

/// The names that stand under `Commands:`; what their descriptions go on with is further in.
fn subcommands(help: &str) -> impl Iterator<Item = &str> {
    let listed = help.split_once("\nCommands:\n").map_or("", |(_, rest)| rest);
    let lines = listed.lines().take_while(|line| !line.is_empty());
    lines.filter(|line| !line.starts_with("   ")).filter_map(|line| line.split_whitespace().next())
}

/// The names of the snapshots of help.
pub fn help_names() -> BTreeSet<String> {
    helps().iter().map(|(words, _)| help_name(words)).collect()
}

fn help_name(words: &[String]) -> String {
    [&["accordant".to_owned()], words].concat().join("_")
}

#[test]
fn help_is_as_approved() {
    let helps = helps();
    assert!(helps.len() > 10, "{} subcommands", helps.len());
    for (words, help) in helps {
        assert!(help.lines().all(|line| line.chars().count() <= 100), "{help}");
        approved_in(HELP, || insta::assert_snapshot!(help_name(&words), help));
    }
}

/// A server with mistakes: names may be too long, descriptions that are too long are refused with another error,
/// and answers have no request id.
struct Mistaken(Mock);

impl Respond for Mistaken {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut received = http::Request::new(Bytes::copy_from_slice(&request.body));
        *received.method_mut() = request.method.clone();
        *received.uri_mut() = request.url[url::Position::BeforePath..].parse().expect("a target");
        *received.headers_mut() = request.headers.clone();
        let mut response = self.0.answer(&received).response;
        let broken = response.headers().get("accordant-violations").cloned();
        if broken.as_ref().is_some_and(|ids| ids == "/replicate/name#maxLength") {
            let mut body: Value = serde_json::from_slice(&request.body).expect("JSON");
            body["replicate"]["name"] = "short".into();
            *received.body_mut() = Bytes::from(body.to_string());
            response = self.0.answer(&received).response;
        }
        let mut body = response.body().to_vec();
        if broken.is_some_and(|ids| ids == "/replicate/description#maxLength") {
            body = String::from_utf8(body).expect("text").replace("BackupService.9900", "BackupService.6300").into();
        }
        let template = ResponseTemplate::new(response.status());
        if body.is_empty() { template } else { template.set_body_raw(body, "application/json") }
    }
}

async fn mistaken() -> MockServer {
    let server = MockServer::start().await;
    wiremock::Mock::given(any()).respond_with(Mistaken(Mock::new(Contract::builtin()))).mount(&server).await;
    server
}

/// A session with the server that makes mistakes, whose URL stands for `URL`.
async fn with_mistakes(folder: &TempDir, commands: &[&[&str]]) -> String {
    let server = mistaken().await;
    let uri = server.uri();
    let words = |command: &&[&str]| command.iter().map(|word| word.replace("URL", &uri)).collect::<Vec<String>>();
    let commands: Vec<Vec<String>> = commands.iter().map(words).collect();
    let path = folder.path().to_owned();
    let said = tokio::task::spawn_blocking(move || {
        let commands: Vec<Vec<&str>> =
            commands.iter().map(|words| words.iter().map(String::as_str).collect()).collect();
        let commands: Vec<&[&str]> = commands.iter().map(Vec::as_slice).collect();
        session(&path, &commands)
    });
    said.await.expect("it runs")
}

fn written(folder: &TempDir, name: &str) -> String {
    let text = std::fs::read_to_string(folder.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    steady(&text, folder.path())
}

/// One phase, since what counts is how it is told.
const PART: [&str; 6] = ["--operation", "ReplicateBackup", "--phase", "coverage", "--seed", "1"];

#[tokio::test(flavor = "multi_thread")]
async fn reports_are_as_approved() {
    let folder = folder();
    let reports = ["--report", "report.json", "--report", "report.xml"];
    let said = with_mistakes(&folder, &[&[&["check", "URL"], &PART[..], &reports[..]].concat()]).await;
    approved(|| insta::assert_snapshot!("check_departs", said));
    approved(|| insta::assert_snapshot!("report_json", written(&folder, "report.json")));
    approved(|| insta::assert_snapshot!("report_junit", written(&folder, "report.xml")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_baseline_is_as_approved() {
    let folder = folder();
    let check = [&["check", "URL"], &PART[..], &["--baseline", "baseline.toml"]].concat();
    let said = with_mistakes(&folder, &[&[&check[..], &["--update-baseline"]].concat(), &check]).await;
    let day = Regex::new(r"\d{4}-\d{2}-\d{2}").expect("a pattern");
    approved(|| insta::assert_snapshot!("check_accepted", day.replace_all(&said, "DAY")));
    let baseline = written(&folder, "baseline.toml");
    approved(|| insta::assert_snapshot!("baseline_written", day.replace_all(&baseline, "DAY")));
}

/// What fails a run and is about no operation must not be lost on those who read `JUnit` only.
#[test]
fn a_run_that_fails_for_itself_is_told_as_approved() {
    let folder = folder();
    let entry = "operation = 'ReplicateBackup'\ncheck = 'invalid-accepted'\nconstraint = '/replicate/name#maxLength'";
    let baseline = format!("# Known.\n[[accepted]]\n{entry}\nreason = 'slow'\nticket = 'T-1'\nexpires = 9999-12-31\n");
    std::fs::write(folder.path().join("baseline.toml"), baseline).expect("is written");
    let options = ["--operation", "ReplicateBackup", "-n", "20"];
    let stale = [&["check", "--baseline", "baseline.toml", "--report", "stale.xml"], &options[..]].concat();
    approved(|| insta::assert_snapshot!("check_stale", session(folder.path(), &[&stale])));
    assert!(written(&folder, "stale.xml").contains(
        "<failure message=\"remove invalid-accepted: ReplicateBackup /replicate/name#maxLength: nothing shows it any more\""
    ));
    let gone = [&["check", "http://127.0.0.1:1", "--report", "gone.xml"], &options[..]].concat();
    assert_eq!(screen(folder.path(), &gone).code, Some(3));
    let gone = written(&folder, "gone.xml");
    assert!(
        gone.contains("<testcase name=\"ended\" classname=\"run\">") && gone.contains("<failure message="),
        "{gone}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn joined_reports_are_as_approved() {
    let folder = folder();
    let shard = |shard, report| [&["check", "URL"], &PART[..], &["--shard", shard, "--report", report]].concat();
    let (one, other) = (shard("1/2", "1.json"), shard("2/2", "2.json"));
    with_mistakes(&folder, &[&one, &other]).await;
    let said = session(
        folder.path(),
        &[
            &["report", "merge", "1.json", "2.json", "--output", "whole.json"],
            &["report", "merge", "1.json"],
            &["report", "merge", "1.json", "1.json"],
        ],
    );
    approved(|| insta::assert_snapshot!("report_merge", said));
}

#[test]
fn pages_are_as_approved() {
    let folder = folder();
    let pages = |codes: Vec<&str>| {
        let commands: Vec<[&str; 2]> = codes.into_iter().map(|code| ["explain", code]).collect();
        session(folder.path(), &commands.iter().map(|command| &command[..]).collect::<Vec<_>>())
    };
    approved(|| insta::assert_snapshot!("explain_list", session(folder.path(), &[&["explain"]])));
    let codes = |of_server: bool| {
        let checks = CHECKS.iter().filter(|check| (check.party() == Party::Server) == of_server);
        checks.map(|check| check.code()).collect()
    };
    approved(|| insta::assert_snapshot!("explain_checks", pages(codes(true))));
    approved(|| insta::assert_snapshot!("explain_checks_of_clients", pages(codes(false))));
    let about = [
        "ReplicateBackup",
        "ReplicateBackup/replicate/name",
        "RestoreDBClusterFromS3/ServerlessV2ScalingConfiguration#max-capacity-not-below-min",
        "StartBackupJob/StartWindowMinutes#minimum",
        "StartBackupJob/Index#enum",
    ];
    approved(|| insta::assert_snapshot!("explain_constraints", pages(about.to_vec())));
}

#[test]
fn nothing_is_told_to_be_on_both_sides_of_a_boundary() {
    let contract = Contract::builtin();
    let operation = contract.operation("StartBackupJob").expect("built in");
    let mut told = 0;
    for constraint in &operation.input.constraints {
        let page = accordant::explain::explain(&contract, &format!("{}{}", operation.name, constraint.id));
        let page = page.expect("a page");
        let Some((valid, broken)) = page.split_once("Just broken:\n") else { continue };
        let valid: BTreeSet<&str> = valid.lines().skip_while(|line| *line != "Just valid:").skip(1).collect();
        let told_of = |line: &&str| valid.contains(line) && !line.starts_with("  …");
        let both: Vec<&str> = broken.lines().filter(told_of).collect();
        assert!(both.is_empty(), "{}: {both:?}", constraint.id);
        told += usize::from(!valid.is_empty());
    }
    assert!(told > 30, "{told} pages");
}

#[test]
fn cases_are_as_approved() {
    let folder = folder();
    let cases = |more: &[&'static str]| [&["cases", "--operation", "ReplicateBackup"], more].concat();
    let examples = ["--phase", "examples", "--shard", "1/2"];
    let refused = ["--phase", "coverage", "--kind", "invalid", "--shard", "1/30"];
    let commands = [
        cases(&examples),
        cases(&refused),
        cases(&[&examples[..], &["--format", "http"]].concat()),
        cases(&[&refused[..], &["--format", "http"]].concat()),
        cases(&[&refused[..], &["--format", "curl"]].concat()),
        cases(&["--count"]),
    ];
    let commands: Vec<&[&str]> = commands.iter().map(Vec::as_slice).collect();
    approved(|| insta::assert_snapshot!("cases", session(folder.path(), &commands)));
}

#[test]
fn mutants_are_told_as_approved() {
    let folder = folder();
    let said =
        session(folder.path(), &[&["mutants", "--operation", "ReplicateBackup", "-n", "20", "--report", "m.json"]]);
    approved(|| insta::assert_snapshot!("mutants", said));
    let report: Value = serde_json::from_str(&written(&folder, "m.json")).expect("JSON");
    assert_eq!(report["survivors"].as_array().map(Vec::len), Some(0), "{report}");
}

/// A client of three requests: a right one, one that lacks a member, and one that nobody knows.
const CLIENT: &str = r#"
send() {
    curl --silent --max-time 9 --output /dev/null -H 'content-type: application/json' -H 'x-auth-token: t' "$@"
}
url="$ACCORDANT_URL/v3/p/backups/b/replicate"
send "$url" -d '{"replicate": {"destination_project_id": "p", "destination_region": "r", "destination_vault_id": "v"}}'
send "$url" -d '{"replicate": {"destination_project_id": "p", "destination_region": "r"}}'
send "$ACCORDANT_URL/v3/p/vaults"
"#;

#[test]
fn reports_of_clients_are_as_approved() {
    let folder = folder();
    std::fs::write(folder.path().join("client.sh"), CLIENT).expect("is written");
    let faults = "throttling,server-error,truncated-body,unknown-members";
    let said = session(
        folder.path(),
        &[
            &["client", "--", "sh", "client.sh"],
            &["client", "--faults", faults, "--", "sh", "client.sh"],
            &["client", "--", "sh", "-c", "exit 3"],
        ],
    );
    approved(|| insta::assert_snapshot!("client_text", said));
    // The coverage of all operations would be as long as their specs.
    let specs = concat!(env!("CARGO_MANIFEST_DIR"), "/specs/cbr");
    let asked = ["client", "--specs", specs, "--report", "client.json", "--", "sh", "client.sh"];
    assert_eq!(screen(folder.path(), &asked).code, Some(1));
    approved(|| insta::assert_snapshot!("client_json", written(&folder, "client.json")));
}

#[tokio::test(flavor = "multi_thread")]
async fn reports_of_a_proxy_are_as_approved() {
    let folder = folder();
    let long =
        CLIENT.replace(r#""r"}}"#, &format!(r#""r", "destination_vault_id": "v", "name": "{}"}}}}"#, "a".repeat(65)));
    std::fs::write(folder.path().join("client.sh"), long).expect("is written");
    let said = with_mistakes(&folder, &[&["proxy", "URL", "--", "sh", "client.sh"]]).await;
    approved(|| insta::assert_snapshot!("proxy_text", said));
}

/// The mistakes that are made most often.
#[test]
fn mistakes_are_told_as_approved() {
    let folder = folder();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("is written");
    write("broken.toml", "[[accepted]]\noperation = 'StartBackupJob'\nwhy = 'x'\n");
    write("report.json", "{}");
    write("target.yaml", "ulr: http://localhost:5000\n");
    let gone = "http://127.0.0.1:1";
    let commands: [&[&str]; 38] = [
        &[],
        &["chek"],
        &["check", "--opration", "x"],
        &["check", "--operation", "Backup"],
        &["check", "--service", "s3"],
        &["check", "--phase", "all"],
        &["check", "localhost"],
        &["check", "localhost:5000"],
        &["check", "ftp://localhost"],
        &["check", gone, "--operation", "ReplicateBackup"],
        &["check", "--report", "report.txt"],
        &["check", "--replay", "x"],
        &["check", "--replay", "ReplicateBackup.coverage.0.61.00000000.b1"],
        &["check", "--set", "Name=x"],
        &["check", "--set", "/Name=x"],
        &["check", "--timeout", "30"],
        &["check", "--credentials", "x"],
        &["check", "--target", "missing.yaml"],
        &["check", "--target", "target.yaml"],
        &["check", "--baseline", "missing.toml"],
        &["check", "--baseline", "broken.toml"],
        &["check", "--update-baseline"],
        &["report", "merge", "report.json"],
        &["explain", "name-too-long"],
        &["explain", "StartBackupJob/Window"],
        &["explain", "StartBackupJob/Lifecycle#max"],
        &["cases", "-n", "0"],
        &["client"],
        &["client", "--", "no-such-command"],
        &["client", "--faults", "slow,quick", "--", "true"],
        &["client", "--", "true"],
        &["proxy", "localhost:5000", "--", "true"],
        &["proxy", "ftp://localhost", "--", "true"],
        &["proxy", gone, "--", "true"],
        &["mock", "--listen", "0.0.0.0:4010"],
        &["mock", "--status", "ReplicateBackup=404"],
        &["spec", "show", "Backup"],
        &["spec", "lint", "missing"],
    ];
    approved(|| insta::assert_snapshot!("mistakes", session(folder.path(), &commands)));
}

#[test]
fn a_broken_options_file_is_told_as_approved() {
    let folder = folder();
    let mut text = String::new();
    for options in [
        "[check]\nphase = \"coverage\"\noperations = \"ReplicateBackup\"\n",
        "[chekc]\n",
        "strict = true\n",
        "[check]\nstrict = \"yes\"\n",
        "[check]\ncases = \"many\"\n",
        "[check]\nphase = [\"examples\", \"all\"]\n",
        "[check]\ncases = 1\ncases = 2\n",
        "[check\n",
    ] {
        std::fs::write(folder.path().join("accordant.toml"), options).expect("is written");
        text.extend([options, &session(folder.path(), &[&["check"]])]);
    }
    std::fs::write(folder.path().join("accordant.toml"), "[spec.list]\n[spec.shwo]\n").expect("is written");
    text.push_str(&session(folder.path(), &[&["spec", "list"]]));
    approved(|| insta::assert_snapshot!("mistakes_in_options", text));
}
