//! Files that the program reads and writes: nothing but regular files is read, nothing is ever half-written, nothing is
//! lost between two runs, and no link leads anywhere else.

use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{Ended, Program, run};

/// A client that sends one request that no service takes for one of its own, so that there is something to accept.
const STRAY: &str =
    r#"curl -s -o /dev/null "$ACCORDANT_URL/backup-jobs" -X PUT -H 'content-type: application/json' -d '{}'"#;
/// The same of another operation.
const OTHER: &str = r#"curl -s -o /dev/null -X POST "$ACCORDANT_URL/v3/p/backups/b/replicate" -H 'content-type: application/json' -d '{}'"#;

fn folder() -> TempDir {
    TempDir::new().expect("a folder")
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a path of text")
}

fn pipe(path: &Path) {
    assert!(Command::new("mkfifo").arg(path).status().expect("mkfifo is there").success());
}

/// Runs a client whose findings go to a baseline.
fn accepting(baseline: &Path, script: &str) -> Program {
    let baseline = text(baseline);
    Program::start(&["client", "--baseline", baseline, "--update-baseline", "--", "sh", "-c", script])
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = entries.map(|name| name.into_string().expect("text")).collect();
    names.sort();
    names
}

#[cfg(unix)]
#[test]
fn nothing_but_a_regular_file_is_read() {
    let folder = folder();
    let pipe_path = folder.path().join("pipe.json");
    pipe(&pipe_path);
    for (path, says) in [(text(&pipe_path), "is a pipe"), ("/dev/zero", "is a device")] {
        for arguments in [
            &["check", "--target", path][..],
            &["check", "--given", path],
            &["check", "--baseline", path],
            &["check", "--credentials-file", path],
            &["client", "--baseline", path, "--", "true"],
            &["report", "merge", path],
        ] {
            let ended = run(arguments);
            assert_eq!(ended.code, Some(2), "{arguments:?}: {ended:?}");
            assert!(ended.stderr.contains(says) && ended.stderr.contains(path), "{arguments:?}: {ended:?}");
        }
    }
    let specs = folder.path().join("specs");
    fs::create_dir(&specs).expect("is made");
    for name in ["service.yaml", "operation.yaml"] {
        pipe(&specs.join(name));
    }
    assert_eq!(run(&["spec", "lint", text(&specs)]).code, Some(2));
    // Documents are found by what specs cite: what is none is not in the folder.
    assert_eq!(run(&["spec", "lint", "--documents", text(folder.path())]).code, Some(2));
}

#[test]
fn what_is_read_has_a_bound() {
    let folder = folder();
    let large = folder.path().join("large.json");
    let file = fs::File::create(&large).expect("a file");
    for (megabytes, arguments) in [
        (5, &["check", "--target", text(&large)][..]),
        (5, &["check", "--baseline", text(&large)]),
        (5, &["check", "--credentials-file", text(&large)]),
        (300, &["report", "merge", text(&large)]),
    ] {
        // A hole: it takes no room.
        file.set_len(megabytes * 1024 * 1024).expect("its length");
        let ended = run(arguments);
        assert!(ended.code == Some(2) && ended.stderr.contains("is larger than"), "{arguments:?}: {ended:?}");
    }
}

#[cfg(unix)]
#[test]
fn two_runs_that_update_a_baseline_at_once_lose_nothing() {
    let folder = folder();
    let (baseline, meeting) = (folder.path().join("baseline.toml"), folder.path().join("meeting"));
    pipe(&meeting);
    let meeting = text(&meeting);
    // Each has read the baseline before either writes it.
    let mut one = accepting(&baseline, &format!("{STRAY}; echo > {meeting}"));
    let mut other = accepting(&baseline, &format!("{OTHER}; cat {meeting}"));
    for ended in [one.wait(), other.wait()] {
        assert_eq!(ended.code, Some(0), "{ended:?}");
    }
    let written = fs::read_to_string(&baseline).expect("a baseline");
    for operation in ["StartBackupJob", "ReplicateBackup"] {
        assert!(written.contains(&format!("operation = \"{operation}\"")), "{written}");
    }
    assert_eq!(names(folder.path()), ["baseline.toml", "meeting"]);
}

#[test]
fn a_baseline_keeps_what_a_person_has_written() {
    let folder = folder();
    let baseline = folder.path().join("baseline.toml");
    assert_eq!(accepting(&baseline, STRAY).wait().code, Some(0));
    let written = fs::read_to_string(&baseline).expect("a baseline");
    let edited =
        written.replace("[[accepted]]", "# Ours, see ticket 7.\n[[accepted]]").replacen("check = ", "check   = ", 1);
    fs::write(&baseline, &edited).expect("is written");
    assert_eq!(accepting(&baseline, STRAY).wait().code, Some(0));
    assert_eq!(fs::read_to_string(&baseline).expect("a baseline"), edited);
    assert_eq!(accepting(&baseline, OTHER).wait().code, Some(0));
    assert!(fs::read_to_string(&baseline).expect("a baseline").starts_with(&edited));
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_the_old_file() {
    let folder = folder();
    let (baseline, report) = (folder.path().join("baseline.toml"), folder.path().join("report.json"));
    assert_eq!(accepting(&baseline, STRAY).wait().code, Some(0));
    let comment = format!("# {}\n", "long ".repeat(1000));
    fs::write(&baseline, comment + &fs::read_to_string(&baseline).expect("a baseline")).expect("is written");
    fs::write(&report, "old").expect("is written");
    let before = fs::read_to_string(&baseline).expect("a baseline");
    let client = folder.path().join("client.sh");
    fs::write(&client, OTHER).expect("is written");
    for (written, command) in [
        ("baseline.toml", format!("client --baseline {} --update-baseline", text(&baseline))),
        ("report.json", format!("client --report {}", text(&report))),
    ] {
        // As with a full disk, no more than some blocks can be written to a file.
        let script = format!(r#"trap '' XFSZ; ulimit -f 1; exec "$0" {command} -- sh {}"#, text(&client));
        let ended = Program::start_by_shell(&script).wait();
        assert!(ended.code == Some(2) && ended.stderr.contains("cannot write"), "{written}: {ended:?}");
    }
    assert_eq!(fs::read_to_string(&baseline).expect("a baseline"), before);
    assert_eq!(fs::read_to_string(&report).expect("a report"), "old");
    assert_eq!(names(folder.path()), ["baseline.toml", "client.sh", "report.json"]);
}

/// A folder that `snapshot` has recorded a mock in.
fn recorded(mock: &str, dir: &Path) -> Ended {
    run(&["snapshot", mock, "--dir", text(dir), "--operation", "ReplicateBackup"])
}

#[cfg(unix)]
#[test]
fn a_snapshot_follows_no_link() {
    use std::os::unix::fs::symlink;
    let (folder, outside) = (folder(), folder());
    let (_mock, address) = Program::mock(&[]);
    let url = format!("http://{address}");
    let group = folder.path().join("ReplicateBackup_native");
    // A linked folder would put all files elsewhere.
    symlink(outside.path(), &group).expect("a link");
    let ended = recorded(&url, folder.path());
    assert!(ended.code == Some(2) && ended.stderr.contains("links are not followed"), "{ended:?}");
    fs::remove_file(&group).expect("is removed");
    assert_eq!(recorded(&url, folder.path()).code, Some(0));
    let victim = outside.path().join("victim");
    fs::write(&victim, "theirs").expect("is written");
    for name in ["example_minimal.snap.new", "example_minimal.snap"] {
        let file = group.join(name);
        let before = fs::read(&file).ok();
        let _ = fs::remove_file(&file);
        symlink(&victim, &file).expect("a link");
        let ended = recorded(&url, folder.path());
        assert!(ended.code == Some(2) && ended.stderr.contains("it is a link"), "{ended:?}");
        fs::remove_file(&file).expect("is removed");
        pipe(&file);
        let ended = recorded(&url, folder.path());
        assert!(ended.code == Some(2) && ended.stderr.contains("is a pipe"), "{ended:?}");
        fs::remove_file(&file).expect("is removed");
        if let Some(before) = before {
            fs::write(&file, before).expect("is written");
        }
    }
    // Names that could be foreseen were once written through.
    symlink(&victim, group.join(".example_minimal.snap.partial")).expect("a link");
    fs::remove_file(group.join("example_minimal.snap")).expect("is removed");
    assert_eq!(recorded(&url, folder.path()).code, Some(0));
    assert_eq!(fs::read_to_string(&victim).expect("text"), "theirs");
    assert_eq!(names(outside.path()), ["victim"]);
}

#[test]
fn what_nobody_reads_is_judged_and_reported_all_the_same() {
    let folder = folder();
    let report = folder.path().join("report.json");
    let (_mock, address) = Program::mock(&["--status", "ReplicateBackup=299"]);
    let script = format!(
        r#"{{ "$0" check http://{address} --operation ReplicateBackup --phase examples --strict --report {} 2>&1; echo $? >&3; }} 3>&2 | true"#,
        text(&report)
    );
    let ended = Program::start_by_shell(&script).wait();
    assert_eq!(ended.stderr, "1\n", "{ended:?}");
    let report: serde_json::Value = serde_json::from_slice(&fs::read(&report).expect("a report")).expect("JSON");
    assert_ne!(report["findings"], serde_json::json!([]));
    // What is broken is told by the exit code too.
    let script = r#"{ "$0" spec lint fixtures/specs/broken 2>/dev/null; echo $? >&2; } | true"#;
    assert_eq!(Program::start_by_shell(script).wait().stderr, "2\n");
}

/// Whether a terminal would do anything but show a text.
fn steers(text: &str) -> bool {
    text.contains(['\u{1b}', '\u{9b}', '\u{202e}', '\u{2028}', '\u{7}', '\r'])
}

#[test]
fn names_from_outside_steer_no_terminal() {
    let folder = folder();
    let evil = "\u{1b}[31m\u{202e}x\u{9b}2J";
    let specs = folder.path().join(format!("specs{evil}"));
    fs::create_dir(&specs).expect("is made");
    fs::write(specs.join("service.yaml"), "\"no\u{202e}pe\": 1\n\"a\\eb\": 1\n").expect("is written");
    fs::write(folder.path().join("report.json"), format!("{{\"{evil}\": 1}}")).expect("is written");
    fs::write(folder.path().join("target.yaml"), "\"no\u{202e}pe\\e[2J\": 1\n").expect("is written");
    fs::write(folder.path().join("baseline.toml"), "\"no\u{202e}pe\" = 1\n").expect("is written");
    let at = |name: &str| folder.path().join(name).to_str().expect("text").to_owned();
    for arguments in [
        &["spec", "lint", text(&specs)][..],
        &["check", "--specs", text(&specs)],
        &["report", "merge", &at("report.json")],
        &["report", "merge", &at(evil)],
        &["check", "--target", &at("target.yaml")],
        &["check", "--baseline", &at("baseline.toml")],
        &["check", "--operation", evil],
        &["explain", evil],
    ] {
        let ended = run(arguments);
        assert!(ended.code != Some(0) && !ended.stderr.is_empty(), "{arguments:?}: {ended:?}");
        assert!(!steers(&ended.stderr) && !steers(&ended.stdout), "{arguments:?}: {ended:?}");
    }
}
