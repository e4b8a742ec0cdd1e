//! The spec language as people meet it: its schemas, its errors, its citations.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use accordant::spec::Severity;
use accordant::{Contract, ContractError};
use tempfile::TempDir;

use crate::approved;
use crate::support::command;

fn accordant(arguments: &[&str]) -> Output {
    command(arguments).current_dir(env!("CARGO_MANIFEST_DIR")).env("NO_COLOR", "1").output().expect("the binary runs")
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("text")
}

#[test]
fn the_schemas_in_the_project_are_those_of_the_types() {
    for (of, path) in [
        ("operation", "specs/operation.schema.json"),
        ("service", "specs/service.schema.json"),
        ("target", "targets/target.schema.json"),
    ] {
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
    }
    // Nothing sound is left of the first directory.
    let mock = accordant(&["mock", "--listen", "127.0.0.1:0", "--specs", "fixtures/specs/broken"]);
    assert_eq!((mock.status.code(), text(&mock.stdout)), (Some(2), String::new()));
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
        insta::assert_snapshot!("explain_field", output(&["explain", "StartBackupJob/StartWindowMinutes"]));
    });
    approved(|| insta::assert_snapshot!("explain_object", output(&["explain", "StartBackupJob/Lifecycle"])));
    approved(|| insta::assert_snapshot!("show_replicate_backup", output(&["spec", "show", "ReplicateBackup"])));
}

#[test]
fn what_is_not_there_is_answered_with_what_is() {
    for (arguments, hint) in [
        (&["explain", "ReplicateBackup/nam"][..], "ReplicateBackup/replicate/name"),
        (&["explain", "Nothing/at/all"], "StartBackupJob"),
        (&["spec", "show", "backup"], "ReplicateBackup"),
    ] {
        let output = accordant(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(hint), "{}", text(&output.stderr));
    }
}

/// An operation of the small service.
fn operation(input: &str) -> String {
    format!(
        "operation: X\nhttp: {{ method: GET, path: /x, status: 200, cite: \"assumed:x\" }}\ninput: {input}\nexamples: [{{ name: a, input: {{}}, cite: \"assumed:x\" }}]\n"
    )
}

fn service() -> String {
    fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/fixtures/specs/small/service.yaml")).expect("a spec")
}

fn compile(operation: String) -> Result<Contract, ContractError> {
    let texts = [("s/service.yaml", service()), ("s/x.yaml", operation)];
    Contract::from_texts(texts.map(|(name, text)| accordant::spec::SourceText { name: name.into(), text }))
}

/// The problems of an operation, each with its line.
fn problems(operation: String) -> Vec<String> {
    match compile(operation) {
        Err(ContractError::Broken(problems)) => {
            problems.iter().map(|problem| format!("{}: {}", problem.line(), problem.message)).collect()
        }
        Err(other) => panic!("{other}"),
        Ok(_) => Vec::new(),
    }
}

/// Everything that lint says of an operation, each with its severity.
fn linted(operation: String) -> Vec<(Severity, String)> {
    let folder = TempDir::new().expect("a directory");
    fs::create_dir(folder.path().join("s")).expect("a directory");
    fs::write(folder.path().join("s/service.yaml"), service()).expect("a file");
    fs::write(folder.path().join("s/x.yaml"), operation).expect("a file");
    let problems = match Contract::load(folder.path()) {
        Ok(contract) => accordant::lint::problems(&contract),
        Err(ContractError::Broken(problems)) => problems,
        Err(other) => panic!("{other}"),
    };
    problems.into_iter().map(|problem| (problem.severity, problem.message)).collect()
}

#[test]
fn patterns_that_are_not_judged_for_every_text_are_warnings() {
    for (pattern, why) in [
        ("^(?!aws:).*$", "it needs backtracking"),
        ("((a{1000}){1000}){1000}", "it is too large to compile"),
        ("^[a-z]+$", ""),
    ] {
        let member =
            format!("a: {{ type: string, pattern: \"{pattern}\" }}, pattern: {{ type: string, default: \"(?=x)\" }}");
        let found = linted(operation(&format!("{{ type: object, cite: \"assumed:x\", properties: {{ {member} }} }}")));
        assert!(found.iter().all(|(severity, _)| *severity == Severity::Warning), "{found:#?}");
        let cautions: Vec<&String> =
            found.iter().map(|(_, message)| message).filter(|m| m.contains("every text")).collect();
        assert_eq!(cautions.len(), usize::from(!why.is_empty()), "{pattern}: {found:#?}");
        assert!(cautions.iter().all(|caution| caution.contains(why)), "{cautions:?}");
    }
}

#[test]
fn hostile_specs_end_in_errors() {
    let nested = format!("{}1{}", "[".repeat(3000), "]".repeat(3000));
    let cited = "type: object, cite: \"assumed:x\"";
    let huge = "((a{1000}){1000}){1000}";
    for (name, text) in [
        ("deep", operation(&nested)),
        (
            "huge pattern",
            operation(&format!("{{ {cited}, properties: {{ a: {{ type: string, pattern: \"{huge}\" }} }} }}")),
        ),
        ("no object", "- 1".to_owned()),
        ("empty", String::new()),
        ("binary", "\u{0}\u{1}".to_owned()),
    ] {
        assert!(!linted(text).is_empty(), "{name} was taken for a sound spec");
    }
}

#[test]
fn references_that_lead_round_in_a_circle_say_nothing() {
    let with = |definitions: &str| {
        let input = "{ type: object, cite: \"assumed:x\", properties: { a: { $ref: \"#/$defs/A\" } } }";
        problems(operation(&format!("{input}\n$defs:\n{definitions}")))
    };
    let by_b = "A is defined by B, which is defined by A";
    let by_a = "B is defined by A, which is defined by B";
    let myself = "A is defined by itself";
    for (definitions, expected) in [
        ("  A: { $ref: \"#/$defs/B\" }\n  B: { $ref: \"#/$defs/A\" }", vec![(5, by_b), (6, by_a)]),
        ("  A: { $ref: \"#/$defs/A\" }", vec![(5, myself)]),
        ("  A: { type: object, allOf: [{ $ref: \"#/$defs/A\" }] }", vec![(5, myself)]),
        ("  A:\n    type: object\n    anyOf: [{ not: { $ref: \"#/$defs/A\" } }]", vec![(7, myself)]),
        ("  A: { type: object, properties: { a: { allOf: [{ $ref: \"#/$defs/A\" }] } } }", vec![]),
        ("  A: { type: array, items: { $ref: \"#/$defs/A\" } }", vec![]),
    ] {
        let expected: Vec<String> = expected.iter().map(|(line, message)| format!("{line}: {message}")).collect();
        assert_eq!(with(definitions), expected, "{definitions}");
    }
}

#[test]
fn a_key_that_is_wrong_hides_no_other_problem() {
    let input = "
  type: object
  cite: \"assumed:x\"
  colour: red
  required: 5
  properties:
    a: { type: string, patern: a, pattern: \"(a\" }
    b: { type: string, cit: \"assumed:x\" }
  rules:
    - id: same
      says: b must be
      over: { b: /b }
      assert: \"b >\"
      error: { code: Refused, cite: \"assumed:x\" }
      cite: \"assumed:x\"
      holds: {}
      breaks: {}
disputed: [{ fact: f, about: [\"/a#pattern\"], follows: \"assumed:x\", others: o }]";
    let found = problems(operation(input));
    let starts = [
        "6: unknown key colour",
        "7: 5 is not of type",
        "9: unknown key patern",
        "9: the pattern does not compile",
        "10: unknown key cit",
        "15: the rule does not compile",
    ];
    assert_eq!(found.len(), starts.len(), "{found:#?}");
    for (found, start) in found.iter().zip(starts) {
        assert!(found.starts_with(start), "{found}");
    }
}

#[test]
fn a_second_rule_of_one_name_is_shown_on_its_line() {
    let rule = |line: &str| {
        format!(
            "\n    - id: same\n      says: {line}\n      over: {{ b: /b }}\n      assert: \"b > 1\"\n      error: {{ code: Invalid, cite: \"assumed:x\" }}\n      cite: \"assumed:x\"\n      holds: {{ b: 2 }}\n      breaks: {{ b: 1 }}"
        )
    };
    let head = "\n  type: object\n  cite: \"assumed:x\"\n  properties: { b: { type: integer } }\n  rules:";
    let found = problems(operation(&format!("{head}{}{}", rule("one"), rule("two"))));
    assert!(found.contains(&"16: two constraints have the id #same".to_owned()), "{found:#?}");
}

#[test]
fn no_file_of_specs_goes_unread_without_a_word() {
    let (_copy, specs, _) = small();
    let service = service();
    fs::create_dir_all(specs.join("lonely")).expect("a directory");
    fs::create_dir_all(specs.join("small/deeper")).expect("a directory");
    for name in ["top.yaml", "lonely/x.yml", "small/deeper/service.yaml"] {
        fs::write(specs.join(name), &service).expect("a file");
    }
    fs::write(specs.join("small/binary.yaml"), b"a: 1\nb: \xff\n").expect("a file");
    fs::write(specs.join("small/broken.yaml"), "a: [").expect("a file");
    let spec =
        fs::read_to_string(specs.join("small/put-shelf.yaml")).expect("the spec").replace("days: 99", "days: 100");
    fs::write(specs.join("small/put-shelf.yaml"), spec).expect("a changed spec");
    fs::write(specs.join("notes.txt"), "no spec").expect("a file");
    let output = accordant(&["spec", "lint", &specs.to_string_lossy()]);
    let shown = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{shown}");
    for (name, complaint) in [
        ("top.yaml", "there is no service.yaml beside it"),
        ("x.yml", "there is no service.yaml beside it"),
        ("deeper/service.yaml", "it lies too deep"),
        ("binary.yaml", "not UTF-8: line 2"),
        ("broken.yaml", "not YAML"),
        ("put-shelf.yaml", "`holds` breaks the rule #red-is-short"),
    ] {
        assert!(shown.contains(name) && shown.contains(complaint), "{name}: {shown}");
    }
    assert!(shown.contains("6 problems found"), "{shown}");
}

#[test]
#[cfg(unix)]
fn a_pipe_is_no_spec() {
    let (_copy, specs, _) = small();
    let made = Command::new("mkfifo").arg(specs.join("small/pipe.yaml")).status().expect("mkfifo runs");
    assert!(made.success());
    let problems = Contract::load(&specs).expect("the rest is sound").problems();
    assert_eq!(problems.len(), 1, "{problems:#?}");
    assert_eq!(problems[0].message, "not a regular file");
}

#[test]
fn a_folder_of_one_service_is_a_directory_of_specs_and_one_without_operations_is_none() {
    let (_copy, specs, _) = small();
    assert_eq!(Contract::load(specs.join("small")).expect("one service").operations().len(), 1);
    fs::remove_file(specs.join("small/put-shelf.yaml")).expect("a file");
    assert!(matches!(Contract::load(&specs), Err(ContractError::Empty { .. })));
    assert_eq!(accordant(&["spec", "lint", &specs.to_string_lossy()]).status.code(), Some(2));
}

/// One broken operation takes nothing with it: the others are used, and it is said what is missing.
#[test]
fn a_broken_operation_is_left_out_and_the_rest_is_used() {
    let (_copy, specs, _) = small();
    let sound = fs::read_to_string(specs.join("small/put-shelf.yaml")).expect("the spec");
    let broken = sound.replace("operation: PutShelf", "operation: TakeShelf").replace("cite: ", "citee: ");
    fs::write(specs.join("small/take-shelf.yaml"), broken).expect("a file");
    let contract = Contract::load(&specs).expect("the rest is sound");
    assert!(contract.operation("PutShelf").is_ok());
    assert!(matches!(contract.operation("TakeShelf"), Err(ContractError::Broken(_))));
    assert_eq!(contract.operations().len(), 1);
    let directory = specs.to_string_lossy();
    let cases = accordant(&["cases", "--count", "--specs", &directory]);
    assert_eq!(cases.status.code(), Some(0), "{}", text(&cases.stderr));
    assert!(text(&cases.stdout).contains("PutShelf") && !text(&cases.stdout).contains("TakeShelf"));
    let said = text(&cases.stderr);
    assert!(said.contains("take-shelf.yaml") && said.contains("the rest is used"), "{said}");
    let named = accordant(&["cases", "--count", "--specs", &directory, "--operation", "TakeShelf"]);
    assert_eq!(named.status.code(), Some(2), "{}", text(&named.stderr));
    assert_eq!(accordant(&["spec", "lint", &directory]).status.code(), Some(2));
}

/// Two services may have an operation of one name: it is then said which one is meant.
#[test]
fn names_are_unique_within_a_service_only() {
    let (_copy, specs, _) = small();
    fs::create_dir(specs.join("other")).expect("a folder");
    for name in ["service.yaml", "put-shelf.yaml"] {
        let text = fs::read_to_string(specs.join("small").join(name)).expect("a spec");
        let text = text.replace("service: shelves", "service: other").replace("path: /", "path: /other/");
        fs::write(specs.join("other").join(name), text).expect("a file");
    }
    let contract = Contract::load(&specs).expect("sound specs");
    let labels: Vec<&str> = contract.operations().iter().map(|operation| operation.label.as_str()).collect();
    assert_eq!(labels, ["other/PutShelf", "shelves/PutShelf"]);
    let Err(ContractError::AmbiguousOperation { candidates, .. }) = contract.operation("PutShelf") else {
        panic!("one of two was taken")
    };
    assert_eq!(candidates, labels);
    assert_eq!(contract.operation("other/PutShelf").expect("one").service.name, "other");
    let directory = specs.to_string_lossy();
    let ask = |name: &str| accordant(&["cases", "--specs", &directory, "--operation", name, "--phase", "examples"]);
    let ambiguous = text(&ask("PutShelf").stderr);
    assert!(ambiguous.contains("other/PutShelf, shelves/PutShelf"), "{ambiguous}");
    let shown = text(&ask("shelves/putshelf").stdout);
    assert!(shown.contains("shelves/PutShelf.examples"), "{shown}");
    let explained = accordant(&["explain", "--specs", &directory, "shelves/PutShelf"]);
    assert_eq!(explained.status.code(), Some(0), "{}", text(&explained.stderr));
}

#[test]
fn a_misspelled_name_is_answered_with_the_likely_one() {
    let ask = |arguments: &[&str]| text(&accordant(arguments).stderr);
    let operation = ask(&["spec", "show", "ReplicateBakcup"]);
    assert!(operation.contains("did you mean ReplicateBackup?"), "{operation}");
    let check = ask(&["explain", "invalid-acepted"]);
    assert!(check.contains("did you mean invalid-accepted?"), "{check}");
    let in_any_case = accordant(&["spec", "show", "replicatebackup"]);
    assert_eq!(in_any_case.status.code(), Some(0), "{}", text(&in_any_case.stderr));
}

#[test]
fn a_misspelled_member_or_constraint_is_answered_with_the_likely_one() {
    for (arguments, hint) in [
        (
            &["explain", "ReplicateBackup/replicate/descripton"][..],
            "did you mean ReplicateBackup/replicate/description?",
        ),
        (
            &["explain", "ReplicateBackup/replicate/name#maxlenght"],
            "did you mean ReplicateBackup/replicate/name#maxLength?",
        ),
        (&["check", "http://127.0.0.1:9", "--set", "/BackupVaultNam=x"], "did you mean /BackupVaultName?"),
        (
            &["check", "http://127.0.0.1:9", "--unique", "ReplicateBackup:/replicate/nmae"],
            "did you mean /replicate/name?",
        ),
    ] {
        let output = accordant(arguments);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        assert!(text(&output.stderr).contains(hint), "{}", text(&output.stderr));
    }
}

/// Whoever writes a first spec makes every mistake at once, and is to see all of them at once.
#[test]
fn all_problems_of_a_file_come_in_one_go() {
    let text = r#"operation: X
http: { method: GET, path: /x, status: 200 }
input:
  type: object
  required: [a]
  properties:
    a: { type: string, cite: "assumed:x", maxLenght: 3, pattern: "^x" }
    b: { type: string, pattern: "^y" }
remarks: [{ says: s, cite: "hearsay:x" }]
examples: [{ name: n, input: { a: 5 }, cite: "assumed:x" }]
"#;
    let found = problems(text.to_owned());
    for expected in [
        "2: the key \"cite\" is missing",
        "7: unknown key maxLenght",
        "7: no error answers a broken pattern: any client error is taken",
        "8: /b#type cites nothing",
        "9: no source is named hearsay; there are assumed",
        "10: the example breaks /a#type: a must be a string",
    ] {
        assert!(found.iter().any(|problem| problem == expected), "{expected}: {found:#?}");
    }
    let shown = compile(text.to_owned()).expect_err("a broken spec").to_string();
    assert!(shown.contains("did you mean maxLength?"), "{shown}");
    assert!(shown.contains("`pattern` has no error: 2 places, the first: "), "{shown}");
    assert!(shown.contains("nothing is cited: 3 places, the first: "), "{shown}");
}
