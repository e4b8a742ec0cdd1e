//! Target files.

use std::sync::Arc;
use std::time::Duration;

use indexmap::IndexMap;
use serde_json::{Map, Value};
use url::Url;

use super::pin::path_of;
use super::reading::{Environment, Reading, below};
use super::{Set, Target, Unique, Volatile, requests};
use crate::contract::Contract;
use crate::model::Dialect;
use crate::spec::{SourceText, SpecProblem};

/// Stands for every operation that has the member.
const EVERY: &str = "*";

pub(super) fn target(
    source: Arc<SourceText>,
    contract: &Contract,
    environment: Environment<'_>,
) -> Result<Target, Vec<SpecProblem>> {
    let (mut reading, spec) = Reading::target(source, environment)?;
    let target = Target {
        url: spec.url.filter(|url| is_url(&mut reading, url)),
        region: spec.region,
        headers: requests::headers(&mut reading, "/headers", spec.headers.unwrap_or_default()),
        givens: requests::givens(&mut reading, contract, spec.givens.unwrap_or_default()),
        sets: sets(&mut reading, contract, spec.sets.unwrap_or_default()),
        uniques: uniques(&mut reading, contract, spec.uniques.unwrap_or_default()),
        volatile: volatile(&mut reading, contract, spec.volatile.unwrap_or_default()),
        operations: operations(&mut reading, contract, spec.operations.unwrap_or_default()),
        services: services(&mut reading, contract, spec.services.unwrap_or_default()),
        dialect: spec.dialect.and_then(|name| dialect(&mut reading, &name)),
        timeout: spec.timeout.and_then(|seconds| timeout(&mut reading, seconds)),
        concurrency: spec.concurrency,
        hidden: Vec::new(),
    };
    let (target, hidden) = reading.close(target)?;
    Ok(Target { hidden, ..target })
}

/// A target with nothing but givens, from a list of them or a mapping that has it.
pub(super) fn givens(
    source: Arc<SourceText>,
    contract: &Contract,
    environment: Environment<'_>,
) -> Result<Target, Vec<SpecProblem>> {
    let (before, after) = mapping_around(&source.text);
    let wrapped = SourceText { name: source.name.clone(), text: [before, &source.text, after].concat() };
    let read = || {
        let (mut reading, givens) = Reading::givens(Arc::new(wrapped), environment)?;
        let givens = requests::givens(&mut reading, contract, givens);
        reading.close(givens)
    };
    let (givens, hidden) = read().map_err(|problems| {
        let unwrap = |at: usize| at.saturating_sub(before.len()).min(source.text.len());
        let place = |problem: SpecProblem| SpecProblem {
            span: unwrap(problem.span.start)..unwrap(problem.span.end),
            source: Arc::clone(&source),
            ..problem
        };
        problems.into_iter().map(place).collect::<Vec<_>>()
    })?;
    Ok(Target { givens, hidden, ..Target::default() })
}

/// What makes a mapping with the key `givens` of a text that is a list.
fn mapping_around(text: &str) -> (&'static str, &'static str) {
    let lines = text.lines().filter(|line| !line.trim().is_empty() && !line.trim_start().starts_with('#'));
    match lines.map(str::trim_start).next() {
        Some(line) if line.starts_with('[') => ("{\"givens\": ", "}"),
        Some(line) if line == "-" || line.starts_with("- ") => ("givens:\n", ""),
        _ => ("", ""),
    }
}

fn is_url(reading: &mut Reading, url: &str) -> bool {
    let is_url = Url::parse(url).is_ok();
    if !is_url {
        reading.problem("/url", "not a URL", "write scheme, host and port, as http://127.0.0.1:5000");
    }
    is_url
}

fn operations(reading: &mut Reading, contract: &Contract, names: Vec<String>) -> Vec<String> {
    for (index, name) in names.iter().enumerate() {
        if let Err(unknown) = contract.operation(name) {
            reading.problem(&below("/operations", &index.to_string()), unknown.to_string(), "correct the name");
        }
    }
    names
}

fn services(reading: &mut Reading, contract: &Contract, names: Vec<String>) -> Vec<String> {
    let known: Vec<&str> = contract.services().iter().map(|service| service.name.as_str()).collect();
    for (index, name) in names.iter().enumerate().filter(|(_, name)| !known.contains(&name.as_str())) {
        let message = format!("no service named {name}; there are {}", known.join(", "));
        reading.problem(&below("/services", &index.to_string()), message, "correct the name");
    }
    names
}

fn dialect(reading: &mut Reading, name: &str) -> Option<Dialect> {
    let dialect = name.parse().ok();
    if dialect.is_none() {
        reading.problem("/dialect", "not a dialect", "write native or documented");
    }
    dialect
}

fn timeout(reading: &mut Reading, seconds: f64) -> Option<Duration> {
    let timeout = Duration::try_from_secs_f64(seconds).ok().filter(|timeout| !timeout.is_zero());
    if timeout.is_none() {
        reading.problem("/timeout", "not a time to wait", "write seconds, more than 0");
    }
    timeout
}

fn sets(reading: &mut Reading, contract: &Contract, all: IndexMap<String, Map<String, Value>>) -> Vec<Set> {
    let mut sets = Vec::new();
    for (operation, members) in all {
        for (pointer, value) in members {
            if value.is_null() {
                continue;
            }
            let at = below(&below("/sets", &operation), &pointer);
            let Some(pointer) = path(reading, &at, &pointer) else { continue };
            let mut set = Set { operation: named(&operation), pointer, value };
            match set.fit(contract) {
                Ok(()) => sets.push(set),
                Err(error) => reading.key_problem(&at, error.to_string(), "name a member of the operation's input"),
            }
        }
    }
    sets
}

/// Lists of pointers to members, by operation.
type Pointers = IndexMap<String, Vec<String>>;

fn uniques(reading: &mut Reading, contract: &Contract, all: Pointers) -> Vec<Unique> {
    let mut uniques = Vec::new();
    for (operation, pointer, at) in pointers(reading, "/uniques", all) {
        let unique = Unique { operation, pointer };
        match unique.fit(contract) {
            Ok(()) => uniques.push(unique),
            Err(error) => reading.problem(&at, error.to_string(), "name a member of the operation's input"),
        }
    }
    uniques
}

fn volatile(reading: &mut Reading, contract: &Contract, all: Pointers) -> Vec<Volatile> {
    let mut members = Vec::new();
    for (operation, pointer, at) in pointers(reading, "/volatile", all) {
        let volatile = Volatile { operation, pointer };
        match volatile.fit(contract) {
            Ok(()) => members.push(volatile),
            Err(error) => reading.problem(&at, error.to_string(), "name a member of the operation's output"),
        }
    }
    members
}

/// Members by operation: each with where it stands in the file.
fn pointers(reading: &mut Reading, key: &str, all: Pointers) -> Vec<(Option<String>, Vec<String>, String)> {
    let mut found = Vec::new();
    for (operation, pointers) in all {
        let at = below(key, &operation);
        for (index, pointer) in pointers.iter().enumerate() {
            let at = below(&at, &index.to_string());
            if let Some(pointer) = path(reading, &at, pointer) {
                found.push((named(&operation), pointer, at));
            }
        }
    }
    found
}

fn named(operation: &str) -> Option<String> {
    (operation != EVERY).then(|| operation.to_owned())
}

fn path(reading: &mut Reading, at: &str, pointer: &str) -> Option<Vec<String>> {
    let path = path_of(pointer);
    if path.is_none() {
        reading.key_problem(at, "not a pointer to a member", "begin it with a slash, as /BackupVaultName");
    }
    path
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http::header::CONTENT_TYPE;
    use serde_json::json;

    use super::*;
    use crate::judge::GivenRequest;

    fn environment(name: &str) -> Option<String> {
        (name == "TOKEN").then(|| "t0ken".to_owned())
    }

    fn source(text: &str) -> Arc<SourceText> {
        Arc::new(SourceText { name: "t.yaml".into(), text: text.into() })
    }

    fn parse(text: &str) -> Result<Target, Vec<SpecProblem>> {
        Target::parse(source(text), &Contract::builtin(), environment)
    }

    const WHOLE: &str = r#"
# A comment.
url: http://127.0.0.1:5000
region: eu-west-1
headers: { x-extra: 1, Authorization: "Bearer ${env:TOKEN}" }
operations: [CopyDBClusterSnapshot]
services: [rds]
dialect: native
timeout: 2.5
concurrency: 4
givens:
  - name: cluster
    service: rds
    method: POST
    path: /
    form: { Action: CreateDBCluster, Version: "2014-10-31", Port: 3306 }
  - { operation: CopyDBClusterSnapshot, input: { Tags: [{ Key: "a${env:TOKEN}b" }] } }
  - { method: PUT, path: /backup-vaults/Default, service: backup, json: {}, ignore_failure: true }
  - { method: GET, path: /health, headers: { content-type: a/b }, body: "text" }
sets:
  CopyDBClusterSnapshot: { /SourceDBClusterSnapshotIdentifier: my-snapshot }
  "*": { /BackupVaultName: 5 }
uniques: { CopyDBClusterSnapshot: [/TargetDBClusterSnapshotIdentifier] }
"#;

    #[test]
    fn reads_all_that_a_file_may_hold() {
        let target = parse(WHOLE).expect("a target");
        assert_eq!(target.url.as_deref(), Some("http://127.0.0.1:5000"));
        assert_eq!(target.region.as_deref(), Some("eu-west-1"));
        assert_eq!(target.headers["x-extra"], "1");
        assert_eq!(target.headers["authorization"], "Bearer t0ken");
        assert!(!format!("{target:?}").contains("Bearer"), "{target:?}");
        assert_eq!(target.dialect, Some(Dialect::Native));
        assert_eq!((target.timeout, target.concurrency), (Some(Duration::from_millis(2500)), Some(4)));
        assert_eq!(target.hidden, ["t0ken", "t0ken"]);
        let names: Vec<String> = target.givens.iter().map(ToString::to_string).collect();
        assert_eq!(names, ["cluster", "CopyDBClusterSnapshot", "PUT /backup-vaults/Default", "GET /health"]);
        let GivenRequest::Http { service, request } = &target.givens[0].request else { panic!("not HTTP") };
        assert_eq!(service.as_deref(), Some("rds"));
        assert_eq!(request.body(), "Action=CreateDBCluster&Version=2014-10-31&Port=3306");
        let GivenRequest::Operation { input, .. } = &target.givens[1].request else { panic!("no operation") };
        assert_eq!(input, &json!({"Tags": [{"Key": "at0kenb"}]}));
        let GivenRequest::Http { request, .. } = &target.givens[3].request else { panic!("not HTTP") };
        assert_eq!((request.body().as_ref(), request.headers()[CONTENT_TYPE].as_bytes()), (&b"text"[..], &b"a/b"[..]));
        assert!(target.givens[2].ignore_failure && !target.givens[3].ignore_failure);
    }

    #[test]
    fn pins_what_concerns_an_operation() {
        let (contract, target) = (Contract::builtin(), parse(WHOLE).expect("a target"));
        let of = |name: &str| {
            let operation = contract.operation(name).expect("an operation");
            (target.sets_for(operation), target.uniques_for(operation))
        };
        let path = |name: &str| vec![name.to_owned()];
        let (sets, uniques) = of("CopyDBClusterSnapshot");
        assert_eq!(sets, [(path("SourceDBClusterSnapshotIdentifier"), json!("my-snapshot"))]);
        assert_eq!(uniques, [path("TargetDBClusterSnapshotIdentifier")]);
        assert_eq!(of("StartBackupJob"), (vec![(path("BackupVaultName"), json!("5"))], vec![]));
        assert_eq!(of("ReplicateBackup"), (vec![], vec![]));
    }

    #[test]
    fn says_all_that_is_wrong_each_on_its_line() {
        let wrong = r#"
ulr: x
url: not a url
region: [1]
headers: { "a b": x, c: "line\nbreak", d: "${env:NONE}", e: [1] }
operations: [NoSuch]
services: [s3]
dialect: other
timeout: -1
concurrency: 0
givens:
  - { operation: NoSuch }
  - { name: x }
  - { method: "G T" }
  - { method: GET, path: health }
  - { method: GET, path: "/a#b" }
  - { method: GET, path: /, form: {}, json: {} }
  - { operation: CopyDBClusterSnapshot, path: / }
  - { method: GET, input: {} }
  - { method: GET, unknown: 1 }
sets:
  CopyDBClusterSnapshot: { /Nowhere: 1 }
  NoSuch: { /a: 1 }
  StartBackupJob: { BackupVaultName: 1 }
uniques: { StartBackupJob: [/Lifecycle/DeleteAfterDays] }
"#;
        let problems = parse(wrong).expect_err("all of it is wrong");
        for line in (2..=20).chain(22..=25).filter(|line| *line != 11) {
            assert!(problems.iter().any(|problem| problem.line() == line), "nothing on line {line}: {problems:#?}");
        }
        let of_headers = problems.iter().filter(|problem| problem.line() == 5).count();
        assert_eq!(of_headers, 4, "{problems:#?}");
    }

    #[test]
    fn repeats_no_value_of_the_environment() {
        for text in [
            "timeout: ${env:TOKEN}",
            "headers: ${env:TOKEN}",
            "sets: { StartBackupJob: { /Lifecycle: '${env:TOKEN}' } }",
        ] {
            let problems = parse(text).expect_err(text);
            assert!(!format!("{problems:?}").contains("t0ken"), "{problems:?}");
        }
    }

    #[test]
    fn reads_givens_alone_as_a_list_or_under_their_key() {
        for text in [
            "givens:\n  - { method: GET, path: /a }\n",
            "# first\n\n- { method: GET, path: /a }\n",
            "-\n  method: GET\n  path: /a\n",
            "[{\"method\": \"GET\", \"path\": \"/a\"}]",
            "{\"givens\": [{\"method\": \"GET\", \"path\": \"/a\"}]}",
        ] {
            let mut target = Target::default();
            let added = target.add_givens(source(text), &Contract::builtin(), environment);
            added.unwrap_or_else(|problems| panic!("{text}: {problems:?}"));
            assert_eq!(target.givens[0].to_string(), "GET /a");
        }
        for text in ["- { method: GET }\n- { mehtod: GET }\n", "[{\"method\": \"GET\"},\n{\"mehtod\": \"GET\"}]"] {
            let problems = Target::default().add_givens(source(text), &Contract::builtin(), environment);
            let problems = problems.expect_err("an unknown key");
            let at = &problems[0];
            assert!(at.line() == 2 && at.source.text[at.span.clone()].contains("mehtod"), "{problems:?}");
        }
        assert!(Target::default().add_givens(source("url: http://h"), &Contract::builtin(), environment).is_err());
    }
}
