//! `accordant.toml` with every subcommand: its keys work, flags win, and it is found upward in a repository.

use std::path::Path;
use std::process::Output;

use crate::support::command;
use serde_json::Value;
use tempfile::TempDir;

/// A project: `accordant.toml` at its top, specs beside it, and a folder far below.
struct Project(TempDir);

impl Project {
    fn new(options: &str) -> Self {
        let project = Self(TempDir::new().expect("a folder"));
        for folder in [".git", "a/b"] {
            std::fs::create_dir_all(project.path().join(folder)).expect("is made");
        }
        project.write(options);
        project
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, options: &str) {
        std::fs::write(self.path().join("accordant.toml"), options).expect("is written");
    }

    /// Copies the specs of one service to `specs`.
    fn copy_specs(&self, service: &str) {
        let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs").join(service);
        let to = self.path().join("specs").join(service);
        std::fs::create_dir_all(&to).expect("is made");
        for entry in std::fs::read_dir(from).expect("a folder") {
            let file = entry.expect("an entry").path();
            std::fs::copy(&file, to.join(file.file_name().expect("a name"))).expect("is copied");
        }
    }

    fn run_in(&self, folder: &str, arguments: &[&str]) -> Output {
        command(arguments).current_dir(self.path().join(folder)).output().expect("the program starts")
    }

    /// Runs the program far below the file.
    fn run(&self, arguments: &[&str]) -> (Option<i32>, String, String) {
        let output = self.run_in("a/b", arguments);
        let text = |bytes| String::from_utf8(bytes).expect("text");
        (output.status.code(), text(output.stdout), text(output.stderr))
    }

    fn json(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.path().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_str(&text).expect("JSON")
    }
}

#[test]
fn check_and_cases_and_mutants_take_what_the_file_says() {
    let project = Project::new(
        "[check]\nspecs = 'specs'\nphase = ['examples', 'random']\ncases = 3\nseed = 9\nstrict = true\nreport = ['r.json', 'r.xml']\n\
         [cases]\nspecs = 'specs'\nphase = 'random'\ncases = 4\n\
         [mutants]\nspecs = 'specs'\ncases = 1\nreport = 'm.json'\n",
    );
    project.copy_specs("cbr");
    let (code, said, error) = project.run(&["check"]);
    assert!(code == Some(0) && said.contains("1 operation, 7 cases (examples, random; seed 9)"), "{said}{error}");
    let report = project.json("r.json");
    assert_eq!((&report["strict"], &report["server"]["seed"]), (&true.into(), &9.into()));
    assert!(project.path().join("r.xml").is_file());
    let (_, said, _) = project.run(&["check", "--phase", "examples", "--seed", "1"]);
    assert!(said.contains("4 cases (examples; seed 1)"), "{said}");
    let (_, said, _) = project.run(&["cases"]);
    assert_eq!(said.lines().count(), 4, "{said}");
    let (_, said, _) = project.run(&["cases", "-n", "2"]);
    assert_eq!(said.lines().count(), 2, "{said}");
    let (code, said, error) = project.run(&["mutants"]);
    assert!(code == Some(0) && said.contains("the unbroken mock was silent"), "{said}{error}");
    assert!(project.json("m.json")["total"].as_u64().is_some_and(|total| total > 50));
    // A folder of the command line is one of the working directory.
    let (code, _, error) = project.run(&["check", "--specs", "specs"]);
    assert!(code == Some(2) && error.contains("specs"), "{error}");
}

#[test]
fn a_baseline_is_updated_where_the_file_says() {
    let project =
        Project::new("[check]\nbaseline = 'baseline.toml'\noperation = 'ReplicateBackup'\nphase = 'examples'\n");
    let (code, said, error) = project.run(&["check", "--update-baseline"]);
    assert_eq!(code, Some(0), "{said}{error}");
    assert!(project.path().join("baseline.toml").is_file());
    assert_eq!(project.run(&["check"]).0, Some(0));
}

#[test]
fn client_and_proxy_take_what_the_file_says() {
    let project = Project::new(
        "[client]\ncommand = ['sh', '-c', 'curl -s -o /dev/null \"$ACCORDANT_URL/nowhere\"; exit 7']\nreport = 'client.json'\n\
         [proxy]\nurl = 'http://127.0.0.1:1'\n",
    );
    let (code, _, error) = project.run(&["client"]);
    assert_eq!(code, Some(7), "{error}");
    assert_eq!(project.json("client.json")["client"]["requests"], 1);
    let (code, _, error) = project.run(&["client", "--", "sh", "-c", "exit 8"]);
    assert_eq!(code, Some(8), "{error}");
    let (code, _, error) = project.run(&["proxy", "--", "true"]);
    assert!(code == Some(3) && error.contains("127.0.0.1:1 cannot be reached"), "{error}");
    let (code, _, error) = project.run(&["proxy", "ftp://localhost", "--", "true"]);
    assert!(code == Some(2) && error.contains("http://HOST:PORT"), "{error}");
    project.write("[client]\ntimeout = '100ms'\ncommand = ['sleep', '9']\n");
    assert_eq!(project.run(&["client"]).0, Some(124));
}

#[test]
fn mock_takes_what_the_file_says() {
    let project = Project::new("[mock]\nlisten = '0.0.0.0:0'\n");
    let (code, _, error) = project.run(&["mock"]);
    assert!(code == Some(2) && error.contains("0.0.0.0:0 can be reached from other machines"), "{error}");
    project.write("[mock]\nlisten = '127.0.0.1:0'\nstatus = ['ReplicateBackup=404']\n");
    let (code, _, error) = project.run(&["mock"]);
    assert!(code == Some(2) && error.contains("--status ReplicateBackup=404"), "{error}");
}

#[test]
fn reading_takes_what_the_file_says() {
    let project = Project::new(
        "[explain]\nspecs = 'specs'\n[spec.list]\nspecs = 'specs'\n[spec.show]\nspecs = 'specs'\noperation = 'ReplicateBackup'\n\
         [spec.lint]\ndirectory = 'specs'\n[spec.schema]\nof = 'service'\n",
    );
    project.copy_specs("cbr");
    let (_, said, error) = project.run(&["explain"]);
    assert!(said.contains("ReplicateBackup (") && !said.contains("StartBackupJob ("), "{said}{error}");
    let (_, said, error) = project.run(&["spec", "list"]);
    assert!(said.contains("ReplicateBackup") && !said.contains("StartBackupJob"), "{said}{error}");
    let (_, said, error) = project.run(&["spec", "show"]);
    let file = project.path().join("accordant.toml");
    assert!(said.contains("ReplicateBackup"), "{said}");
    assert_eq!(error, format!("accordant: options from {}\n", file.display()));
    let (code, said, error) = project.run(&["spec", "lint"]);
    assert!(code == Some(0), "{said}{error}");
    std::fs::write(project.path().join("specs/cbr/replicate-backup.yaml"), "nonsense: 1\n").expect("is written");
    let (code, _, error) = project.run(&["spec", "lint"]);
    assert!(code == Some(2) && error.contains("nonsense"), "{error}");
    let schema = |arguments: &[&str]| serde_json::from_str::<Value>(&project.run(arguments).1).expect("JSON");
    assert_ne!(schema(&["spec", "schema"]), schema(&["spec", "schema", "operation"]));
}

#[test]
fn joining_reports_takes_what_the_file_says() {
    let project = Project::new(
        "[check]\noperation = 'ReplicateBackup'\nphase = 'examples'\n[report.merge]\nreports = ['1.json', '2.json']\noutput = 'whole.json'\n",
    );
    for (shard, report) in [("1/2", "../../1.json"), ("2/2", "../../2.json")] {
        assert_eq!(project.run(&["check", "--shard", shard, "--report", report]).0, Some(0));
    }
    let (_, said, error) = project.run(&["report", "merge"]);
    assert!(said.contains("4 cases judged"), "{said}{error}");
    assert_eq!(project.json("whole.json")["server"]["cases"], 4);
}

#[test]
fn the_nearest_file_counts_and_none_below() {
    let project = Project::new("[cases]\noperation = 'ReplicateBackup'\nphase = 'examples'\n");
    let lines = |folder| project.run_in(folder, &["cases", "--count"]).stdout;
    let (top, below) = (lines(""), lines("a"));
    assert_eq!(top, below);
    std::fs::write(project.path().join("a/accordant.toml"), "[cases]\noperation = 'StartBackupJob'\n")
        .expect("is written");
    assert_eq!(lines(""), top);
    let nearest = String::from_utf8(lines("a/b")).expect("text");
    assert!(nearest.contains("StartBackupJob: ") && !nearest.contains("ReplicateBackup: "), "{nearest}");
}

#[test]
fn a_value_is_never_read_as_a_flag() {
    let project = Project::new("[check]\nurl = '--report=stolen.json'\n[client]\ncommand = ['--report=stolen.json']\n");
    let (code, _, error) = project.run(&["check"]);
    assert!(code == Some(2) && error.contains("--report=stolen.json is no URL"), "{error}");
    let (code, _, error) = project.run(&["client"]);
    assert!(code == Some(2) && error.contains("--report=stolen.json"), "{error}");
    assert!(!project.path().join("a/b/stolen.json").exists());
}

#[test]
fn a_file_above_the_repository_is_nobodys() {
    let project = Project::new("[client]\ncommand = ['sh', '-c', 'exit 7']\n");
    std::fs::create_dir(project.path().join("a/.git")).expect("is made");
    let (code, _, error) = project.run(&["client"]);
    assert!(code == Some(2) && !error.contains("options from"), "{error}");
    assert_eq!(project.run(&["client", "--", "sh", "-c", "exit 8"]).0, Some(8));
}

#[test]
fn the_environment_names_another_file_or_none() {
    let project = Project::new("[spec.show]\noperation = 'ReplicateBackup'\n");
    let other = project.path().join("other.toml");
    std::fs::write(&other, "[spec.show]\noperation = 'StartBackupJob'\n").expect("is written");
    let shown = |file: &Path| {
        let mut command = command(&["spec", "show"]);
        let output = command.current_dir(project.path()).env("ACCORDANT_CONFIG", file).output();
        let output = output.expect("the program starts");
        (output.status.code(), String::from_utf8(output.stdout).expect("text"))
    };
    assert!(shown(&other).1.starts_with("StartBackupJob"));
    assert_eq!(shown(Path::new("")).0, Some(2));
}
