//! The spec language as people meet it: its schemas, its errors, its citations.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use accordant::{Contract, ContractError};
use tempfile::TempDir;

use crate::approved;

fn accordant(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_accordant"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .env("NO_COLOR", "1")
        .output()
        .expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn the_schemas_in_the_project_are_those_of_the_types() {
    for (of, path) in [("operation", "specs/operation.schema.json"), ("service", "specs/service.schema.json")] {
        let printed = text(&accordant(&["spec", "schema", of]).stdout);
        let kept = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).expect(path);
        assert_eq!(printed.trim(), kept.trim(), "run: accordant spec schema {of} > {path}");
    }
}

#[test]
fn the_built_in_specs_pass_every_check() {
    let texts: Vec<_> = Contract::builtin().texts().iter().map(|text| (**text).clone()).collect();
    if let Err(error) = Contract::from_texts(texts) {
        panic!("{error}");
    }
}

#[test]
fn a_loaded_directory_is_the_built_in_contract() {
    let loaded = Contract::load(concat!(env!("CARGO_MANIFEST_DIR"), "/specs")).expect("sound specs");
    let names =
        |contract: &Contract| contract.operations().iter().map(|operation| operation.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(&loaded), names(&Contract::builtin()));
}

#[test]
fn broken_specs_are_shown_on_their_lines_all_at_once() {
    for (directory, snapshot) in
        [("fixtures/specs/broken", "broken_specs"), ("fixtures/specs/broken-rules", "broken_rules")]
    {
        let output = accordant(&["spec", "lint", directory]);
        assert_eq!(output.status.code(), Some(2), "{directory}");
        approved(|| insta::assert_snapshot!(snapshot, text(&output.stderr)));
        let mock = accordant(&["mock", "--listen", "127.0.0.1:0", "--specs", directory]);
        assert_eq!((mock.status.code(), text(&mock.stdout)), (Some(2), String::new()), "{directory}");
    }
}

#[test]
fn a_directory_without_specs_is_named() {
    for directory in ["fixtures/wire", "fixtures/nowhere"] {
        let output = accordant(&["spec", "lint", directory]);
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(directory), "{}", text(&output.stderr));
    }
}

/// The small spec and its document, in a place where they can be changed.
fn small() -> (TempDir, PathBuf, PathBuf) {
    let copy = TempDir::new().expect("a directory");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures");
    for (from, to) in [("specs/small", "specs/small"), ("documents", "documents")] {
        let target = copy.path().join(to);
        fs::create_dir_all(&target).expect("a directory");
        for entry in fs::read_dir(root.join(from)).expect(from) {
            let entry = entry.expect("an entry");
            fs::copy(entry.path(), target.join(entry.file_name())).expect("a copy");
        }
    }
    let (specs, documents) = (copy.path().join("specs"), copy.path().join("documents"));
    (copy, specs, documents)
}

fn lint(specs: &Path, documents: &Path) -> Output {
    accordant(&["spec", "lint", &specs.to_string_lossy(), "--documents", &documents.to_string_lossy()])
}

#[test]
fn citations_that_hold_are_clean() {
    let (_copy, specs, documents) = small();
    let output = lint(&specs, &documents);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert!(!text(&output.stdout).contains("uncited"), "{}", text(&output.stdout));
}

#[test]
fn one_wrong_number_fails_on_its_line() {
    let spec_line = |specs: &Path, part: &str| {
        let text = fs::read_to_string(specs.join("small/put-shelf.yaml")).expect("the spec");
        text.lines().position(|line| line.contains(part)).expect(part) + 1
    };
    for (right, wrong, complaint) in [
        ("maxLength: 12", "maxLength: 13", "13 does not stand on page:5"),
        ("maximum: 365", "maximum: 366", "366 does not stand on page:6"),
        ("default: 30", "default: 31", "31 does not stand on page:6"),
        ("enum: [red, green]", "enum: [red, blue]", "blue does not stand on page:7"),
        ("status: 200", "status: 201", "201 does not stand on page:8"),
        ("cite: \"page:7\"", "cite: \"page:17\"", "has 8 lines, not 17"),
        ("sha256: ", "sha256: 0", "has the SHA-256"),
        ("shelves.txt", "tables.txt", "tables.txt is not in"),
    ] {
        let (_copy, specs, documents) = small();
        let path = specs.join("small/put-shelf.yaml");
        let spec = fs::read_to_string(&path).expect("the spec").replacen(right, wrong, 1);
        fs::write(&path, spec).expect("a changed spec");
        let output = lint(&specs, &documents);
        let shown = text(&output.stderr).split_whitespace().collect::<Vec<_>>().join(" ");
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(shown.contains(complaint), "{wrong}: {shown}");
        assert!(shown.contains(&format!("put-shelf.yaml:{}:", spec_line(&specs, wrong))), "{wrong}: {shown}");
    }
}

#[test]
fn a_fact_that_nobody_cites_is_listed() {
    let (_copy, specs, documents) = small();
    let path = specs.join("small/put-shelf.yaml");
    let spec = fs::read_to_string(&path).expect("the spec").replace("cite: \"page:7\"", "cite: \"assumed:x\"");
    fs::write(&path, spec).expect("a changed spec");
    let output = lint(&specs, &documents);
    assert_eq!(
        text(&output.stdout).lines().next(),
        Some("uncited: shelves.txt:7: colour | No | String | red, green |")
    );
}

#[test]
fn explain_and_show_and_list_read_well() {
    let output = |arguments: &[&str]| text(&accordant(arguments).stdout);
    approved(|| insta::assert_snapshot!("spec_list", output(&["spec", "list"])));
    approved(|| {
        insta::assert_snapshot!("explain_field", output(&["spec", "explain", "StartBackupJob/StartWindowMinutes"]));
    });
    approved(|| insta::assert_snapshot!("explain_object", output(&["spec", "explain", "StartBackupJob/Lifecycle"])));
    approved(|| insta::assert_snapshot!("show_replicate_backup", output(&["spec", "show", "ReplicateBackup"])));
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    for (arguments, hint) in [
        (&["spec", "explain", "ReplicateBackup/nam"][..], "ReplicateBackup/replicate/name"),
        (&["spec", "explain", "Nothing/at/all"], "StartBackupJob"),
        (&["spec", "show", "replicatebackup"], "ReplicateBackup"),
    ] {
        let output = accordant(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(hint), "{}", text(&output.stderr));
    }
}

#[test]
fn hostile_specs_end_in_errors() {
    let service =
        fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/specs/small/service.yaml")).expect("a spec");
    let nested = format!("{}1{}", "[".repeat(3000), "]".repeat(3000));
    let spec = |input: &str| {
        format!(
            "operation: X\nhttp: {{ method: GET, path: /x, status: 200, cite: \"assumed:x\" }}\ninput: {input}\nexamples: [{{ name: a, input: {{}}, cite: \"assumed:x\" }}]\n"
        )
    };
    let cited = "type: object, cite: \"assumed:x\"";
    for (name, text) in [
        ("deep", spec(&nested)),
        (
            "self reference",
            spec(&format!(
                "{{ {cited}, allOf: [{{ $ref: \"#/$defs/A\" }}] }}\n$defs: {{ A: {{ $ref: \"#/$defs/A\" }} }}"
            )),
        ),
        (
            "huge pattern",
            spec(&format!(
                "{{ {cited}, properties: {{ a: {{ type: string, pattern: \"((a{{1000}}){{1000}}){{1000}}\" }} }} }}"
            )),
        ),
        ("no object", "- 1".to_owned()),
        ("empty", String::new()),
        ("binary", "\u{0}\u{1}".to_owned()),
    ] {
        let texts = [("s/service.yaml", service.clone()), ("s/x.yaml", text)];
        let texts = texts.map(|(name, text)| accordant::contract::SourceText { name: name.into(), text });
        match Contract::from_texts(texts) {
            Err(ContractError::Broken(problems)) => assert!(!problems.is_empty(), "{name}"),
            Err(other) => panic!("{name}: {other}"),
            Ok(_) => assert_eq!(name, "self reference", "{name} was taken for a sound spec"),
        }
    }
}
