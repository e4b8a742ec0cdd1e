//! Target files, and the givens in them.

use std::path::Path;
use std::sync::Arc;

use accordant::Contract;
use accordant::judge::{Credentials, GivenFailure, Signer, Target, run_givens};
use accordant::net::send::{Client, SendLimits};
use accordant::net::serve::Limits;
use accordant::spec::{Parsed, SourceText};
use serde_json::Value;

use crate::support::{Server, in_time};

fn read(name: &str, text: String) -> Target {
    let source = SourceText { name: name.to_owned(), text };
    let set = |_: &str| Some("set".to_owned());
    Target::parse(Arc::new(source), &Contract::builtin(), set).unwrap_or_else(|problems| panic!("{problems:#?}"))
}

#[test]
fn the_target_files_of_the_project_are_sound() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("targets");
    let files = std::fs::read_dir(&folder).expect("a folder of targets").map(|entry| entry.expect("an entry").path());
    for path in files.filter(|path| path.extension().is_some_and(|extension| extension == "yaml")) {
        let text = std::fs::read_to_string(&path).expect("text");
        check_with_schema(&path.to_string_lossy(), &text);
        let target = read(&path.to_string_lossy(), text);
        assert!(target.url.is_some(), "{} does not say where its server listens", path.display());
    }
}

#[test]
fn the_example_of_the_handbook_is_sound() {
    let page = include_str!("../../targets/README.md");
    let (_, rest) = page.split_once("```yaml\n").expect("an example");
    let (example, _) = rest.split_once("```").expect("its end");
    check_with_schema("README.md", example);
    let target = read("README.md", example.to_owned());
    assert_eq!((target.givens.len(), target.sets.len(), target.uniques.len()), (3, 1, 1));
}

fn schema() -> Value {
    serde_json::from_str(include_str!("../../targets/target.schema.json")).expect("JSON")
}

/// Checks a text as an editor does.
fn check_with_schema(name: &str, text: &str) {
    let validator = jsonschema::draft202012::new(&schema()).expect("a schema");
    let source = SourceText { name: name.to_owned(), text: text.to_owned() };
    let value = Parsed::parse(Arc::new(source)).expect("YAML").value;
    let wrong: Vec<String> = validator.iter_errors(&value).map(|error| error.to_string()).collect();
    assert!(wrong.is_empty(), "{name}: {wrong:#?}");
}

/// What comes of the givens of a target, sent to a mock.
async fn prepare(givens: &str) -> Result<(), GivenFailure> {
    let server = Server::start(Limits::default()).await;
    let url = format!("http://{}", server.address);
    let target = read("t.yaml", format!("url: {url}\ngivens:\n{givens}"));
    let client = Client::new(&url.parse().expect("a URL"), SendLimits::default()).expect("a client");
    let signer = Signer::new(Credentials::dummy(), "us-east-1").expect("a region");
    let contract = Contract::builtin();
    let givens = run_givens(&client, &contract, &signer, &target, client.host());
    in_time("the givens", givens).await.map_err(|failed| failed.reason)
}

const BACKUP: &str =
    "BackupVaultName: vault, ResourceArn: 'arn:aws:s3:::b', IamRoleArn: 'arn:aws:iam::123456789012:role/r'";

#[tokio::test]
async fn givens_are_requests_of_operations_or_any_others() {
    let givens = format!(
        "
  - {{ operation: StartBackupJob, input: {{ {BACKUP} }} }}
  - {{ name: the same by hand, service: backup, method: PUT, path: /backup-jobs, json: {{ {BACKUP} }} }}
  - {{ name: unsigned, method: PUT, path: /backup-jobs, json: {{ {BACKUP} }}, ignore_failure: true }}
  - {{ operation: CopyDBClusterSnapshot, input: {{ SourceDBClusterSnapshotIdentifier: a, TargetDBClusterSnapshotIdentifier: b }} }}
  - name: by form
    service: rds
    method: POST
    path: /
    form: {{ Action: CopyDBClusterSnapshot, Version: '2014-10-31', SourceDBClusterSnapshotIdentifier: a, TargetDBClusterSnapshotIdentifier: b }}
"
    );
    prepare(&givens).await.expect("each succeeds, or may fail");
}

#[tokio::test]
async fn a_given_that_is_refused_shows_the_answer() {
    let failure = prepare("  - { operation: StartBackupJob, input: { BackupVaultName: vault } }").await;
    let Err(GivenFailure::Refused { status, body }) = failure else { panic!("{failure:?}") };
    assert_eq!(status, 400);
    assert!(body.contains("ResourceArn"), "{body}");
}
