//! How failures of the command line are shown.

use std::fs;

use tempfile::TempDir;

use crate::support::{Program, run};

#[cfg(target_os = "linux")]
#[test]
fn a_failure_that_nobody_reads_has_its_exit_code() {
    for command in [
        "spec lint fixtures/specs/broken",
        "spec lint fixtures/nowhere",
        "mock --specs fixtures/specs/broken",
        "mock --status nope",
    ] {
        let mut program = Program::start_by_shell(&format!(r#"exec "$0" {command} 2>/dev/full"#));
        assert_eq!(program.wait().code, Some(2), "{command}");
    }
}

/// What `spec lint` says of a directory whose service file this is.
fn lint(service: &str) -> String {
    let directory = TempDir::new().expect("a directory");
    fs::write(directory.path().join("service.yaml"), service).expect("a file");
    let ended = run(&["spec", "lint", directory.path().to_str().expect("a path of text")]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    ended.stderr
}

#[test]
fn a_long_line_is_named_and_not_shown() {
    let told = lint(&format!("# first\n{{nope: {}}}\n", "x".repeat(100_000)));
    assert!(told.contains("service.yaml:2: ") && told.contains("help: "), "{}", &told[..told.len().min(1000)]);
    assert!(told.len() < 2000, "{} bytes", told.len());
}

#[test]
fn of_a_long_passage_the_first_line_is_shown() {
    let members = (0..100).fold(String::new(), |text, number| text + &format!("  member{number}: 1\n"));
    let told = lint(&format!("nope:\n{members}"));
    assert!(!told.contains("member50"), "{told}");
    assert!(told.contains("service.yaml:1"), "{told}");
}

#[cfg(unix)]
#[test]
fn many_problems_are_told_in_a_time_that_grows_with_their_number_alone() {
    let directory = TempDir::new().expect("a directory");
    let keys = (0..8000).fold(String::new(), |text, number| text + &format!("unknown_key_{number}: 1\n"));
    fs::write(directory.path().join("service.yaml"), keys).expect("a file");
    // Seconds of the processor's time, whatever else it does.
    let script = r#"ulimit -t 6; exec "$0" spec lint "$1" 2>&1"#;
    let mut command = std::process::Command::new("sh");
    command.args(["-c", script, env!("CARGO_BIN_EXE_accordant")]).arg(directory.path());
    let output = command.output().expect("the shell starts");
    let told = String::from_utf8(output.stdout).expect("text");
    assert_eq!(output.status.code(), Some(2), "{}", &told[told.len().saturating_sub(500)..]);
    assert!(told.contains("service.yaml:7999:") && told.contains("problems found"));
}
