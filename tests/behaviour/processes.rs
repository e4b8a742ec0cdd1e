//! The harness under nextest, which lists the tests of a binary and runs each in a process of its own.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::LazyLock;

/// The binary of `tests/contract.rs`, built as `cargo test` builds it.
static BINARY: LazyLock<PathBuf> = LazyLock::new(|| {
    let mut build = Command::new(env!("CARGO"));
    build.args(["test", "--locked", "--no-run", "--message-format=json", "--test", "contract"]);
    let output = build.current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo is there");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let messages = String::from_utf8(output.stdout).expect("text");
    let mut artifacts = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let ours =
        |message: &serde_json::Value| message["target"]["name"] == "contract" && message["executable"].is_string();
    let built = artifacts.find(ours).expect("the test is built");
    PathBuf::from(built["executable"].as_str().expect("a path"))
});

fn start(arguments: &[&str]) -> std::process::Child {
    let mut command = Command::new(&*BINARY);
    command.args(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).stdin(Stdio::null());
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary starts")
}

fn ended(child: std::process::Child) -> (Option<i32>, String, String) {
    let Output { status, stdout, stderr } = child.wait_with_output().expect("it ends");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    (status.code(), text(stdout), text(stderr))
}

fn run(arguments: &[&str]) -> (Option<i32>, String, String) {
    ended(start(arguments))
}

/// The names that nextest reads.
fn listed() -> Vec<String> {
    let (code, stdout, stderr) = run(&["--list", "--format", "terse"]);
    assert_eq!((code, stderr.as_str()), (Some(0), ""));
    let name = |line: &str| line.strip_suffix(": test").unwrap_or_else(|| panic!("{line:?} is no test")).to_owned();
    stdout.lines().map(name).collect()
}

#[test]
fn tests_are_listed_and_nothing_else() {
    let names = listed();
    assert!(names.len() > 200 && names.iter().any(|name| name == "replicate_backup::judged"), "{names:?}");
    let unique: std::collections::HashSet<&String> = names.iter().collect();
    assert_eq!(unique.len(), names.len());
    assert!(names.iter().all(|name| name.chars().all(|c| c.is_ascii_alphanumeric() || "_:".contains(c))), "{names:?}");
    assert_eq!(run(&["--list", "--format", "terse", "--ignored"]), (Some(0), String::new(), String::new()));
}

#[test]
fn each_test_runs_in_a_process_of_its_own_beside_others() {
    let names = listed();
    // A handful of one operation, so that nothing is waited for.
    let some: Vec<&String> = names.iter().filter(|name| name.starts_with("replicate_backup::")).step_by(5).collect();
    assert!(some.len() > 4, "{some:?}");
    let running: Vec<_> = some.iter().map(|name| start(&["--exact", name, "--nocapture"])).collect();
    for (name, child) in some.iter().zip(running) {
        let (code, stdout, stderr) = ended(child);
        assert_eq!(code, Some(0), "{name}: {stdout}{stderr}");
        // One that no request can break alone is ignored with the reason.
        let run_alone = stdout.contains("running 1 test\n") && stdout.contains("; 0 failed;");
        assert!(run_alone && stdout.contains(&format!("test {name} ... ")), "{name}: {stdout}");
    }
}

#[test]
fn ignored_tests_are_none_that_a_process_would_run() {
    let (code, stdout, _) = run(&["--exact", "replicate_backup::judged", "--nocapture", "--ignored"]);
    assert!(code == Some(0) && stdout.contains("running 0 tests"), "{stdout}");
}

#[test]
fn several_filters_skip_and_one_selects() {
    let (code, _, stderr) = run(&["judged", "name"]);
    assert!(
        code == Some(2) && stderr.contains("unexpected argument 'name'") && stderr.contains("[FILTER]"),
        "{stderr}"
    );
    let (code, stdout, _) = run(&["--list", "--format", "terse", "judged", "--skip", "backup", "--skip", "restore"]);
    let left = "copy_db_cluster_snapshot::judged: test\n";
    assert_eq!((code, stdout.as_str()), (Some(0), left));
}
