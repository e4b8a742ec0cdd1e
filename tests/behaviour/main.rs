//! Behaviour of the whole, as its users meet it.

#![allow(clippy::panic, reason = "what only tests call may end them with what it found")]

mod answers;
mod cases;
mod causes;
mod checks;
mod cli_output;
mod client;
mod client_checks;
mod constraints;
mod failures;
mod false_positives;
mod files;
mod hostile;
mod journal;
mod judging;
mod layers;
mod library;
mod limits;
mod malformed;
mod models;
mod options;
mod probes;
mod processes;
mod proxy;
mod proxy_limits;
mod reactions;
mod replay;
mod schema_keywords;
mod secrets;
mod sending;
mod server;
mod shapes;
mod snapshot_command;
mod snapshots;
mod specs;
mod support;
mod targets;
mod wire;

/// Compares with an approved output under the project's `snapshots/`.
fn approved(assert: impl FnOnce()) {
    approved_in("snapshots", assert);
}

/// The same, in a folder of their own.
fn approved_in(folder: &str, assert: impl FnOnce()) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(folder));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(assert);
}

/// A person can review each approved output.
#[test]
fn no_snapshot_is_too_large_to_review() {
    let mut open = vec![std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("snapshots")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).expect("a folder") {
            let entry = entry.expect("an entry");
            if entry.path().is_dir() {
                open.push(entry.path());
                continue;
            }
            let bytes = entry.metadata().expect("a size").len();
            assert!(bytes <= 60_000, "{} has {bytes} bytes; show less, or hash it", entry.path().display());
        }
    }
}

/// Every approved output is compared by some test, and none waits for approval.
#[test]
fn no_snapshot_is_forgotten() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |folder: &str| {
        std::fs::read_dir(root.join(folder)).expect("a folder").map(|entry| entry.expect("an entry").path())
    };
    let tests: String = read("tests/behaviour").filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    for path in read("snapshots").filter(|path| path.is_file()) {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        let stem = name.strip_suffix(".snap").unwrap_or_else(|| panic!("{name} waits for approval"));
        assert!(tests.contains(&format!("\"{stem}\"")), "no test compares {name}");
    }
    let operations: std::collections::BTreeSet<String> = read("snapshots/operations")
        .map(|path| path.file_name().expect("a name").to_string_lossy().trim_end_matches(".snap").to_owned())
        .collect();
    assert_eq!(operations, snapshots::names());
    let helps: std::collections::BTreeSet<String> = read("snapshots/help")
        .map(|path| path.file_name().expect("a name").to_string_lossy().trim_end_matches(".snap").to_owned())
        .collect();
    assert_eq!(helps, cli_output::help_names());
    // Those that `tests/targets/run` compares.
    for path in read("snapshots/targets") {
        let stem = path.file_stem().expect("a name").to_string_lossy();
        let (server, version) = stem.rsplit_once('-').expect("SERVER-VERSION.txt");
        let pinned = std::fs::read_to_string(root.join(format!("tests/targets/{server}.txt"))).expect("its packages");
        assert!(pinned.lines().next().is_some_and(|first| first.ends_with(&format!("=={version}"))), "{stem} is old");
    }
}

/// The table of themes in `tests/README.md` has every one, so that a newcomer finds what guards what.
#[test]
fn every_theme_says_what_it_guards() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests");
    let table = std::fs::read_to_string(root.join("README.md")).expect("the table");
    for entry in std::fs::read_dir(root.join("behaviour")).expect("a folder") {
        let path = entry.expect("an entry").path();
        let theme = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let is_listed = matches!(theme.as_str(), "main") || table.contains(&format!("`{theme}`")) || theme == "support";
        assert!(is_listed, "tests/README.md does not say what {theme} guards");
    }
}
