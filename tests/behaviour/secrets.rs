//! Passwords, tokens, signed URLs and tags of a request appear in nothing that the mock writes.

use std::fs;

use tempfile::TempDir;

use crate::support::requests::{self, BACKUP, COPY, REPLICATION, RESTORE, request};
use crate::support::{Answer, Client, Program};

/// Part of every secret here. Letters and digits only: no encoding changes it.
const SECRET: &str = "Tr0ub4dor";

const JSON: (&str, &str) = ("Content-Type", "application/json");
const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
const AS_DOCUMENTED: (&str, &str) = ("Accept", "application/json");
const RESTORE_AS_DOCUMENTED: &str = "POST /?Action=RestoreDBClusterFromS3";

/// A text with the secret where it has `SECRET`.
fn s(text: &str) -> String {
    assert!(text.contains("SECRET"), "no secret in {text}");
    text.replace("SECRET", SECRET)
}

/// A request of RDS with something secret beside valid parameters.
fn restore(more: &str) -> Vec<u8> {
    requests::query(format!("{RESTORE}&{}", s(more)))
}

/// A JSON body with one member more.
fn with(body: &str, member: &str) -> String {
    body.replacen('{', &format!("{{{}, ", s(member)), 1)
}

fn forms() -> Vec<Vec<u8>> {
    let copy = |more: &str| requests::query(format!("{COPY}&{}", s(more)));
    let restoration = "/?Action=RestoreDBClusterFromS3";
    let bare = s("MasterUserPassword:SECRET");
    vec![
        restore("MasterUserPassword=SECRET-valid"),
        restore("MasterUserPassword=SECRET%2F%40%22"),
        restore("MasterUserPassword=SECRET-much-longer-than-forty-one-characters-may-be"),
        restore("MasterUserPassword=SECRET%00"),
        restore("MasterUserPassword=SECRET-1&MasterUserPassword=SECRET-2"),
        restore("MasterUserPassword.member.1=SECRET-item"),
        restore("MasterUserPassword.SECRET=x"),
        restore("MasterUserPassword=SECRET&BackupRetentionPeriod=x&Port=y"),
        restore("MasterUserPassword=SECRET&MasterUserPasswort=SECRET-typo"),
        restore("masteruserpassword=SECRET-folded"),
        restore("MasterUserPassword%3DSECRET"),
        restore("MasterUserPassword=SECRET&KmsKeyId=%ff"),
        restore("Tags.member.1.MasterUserPassword=SECRET"),
        requests::query(s("Action=SECRET")),
        requests::query(s("Action=RestoreDBClusterFromS3&Version=SECRET&MasterUserPassword=SECRET")),
        requests::query(&bare),
        request(&format!("POST {restoration}"), &[requests::SIGNED, FORM], &bare),
        request(&format!("POST {restoration}"), &[requests::SIGNED, JSON], s(r#"{"MasterUserPassword": "SECRET"}"#)),
        request(&s("POST /?MasterUserPassword=SECRET"), &[requests::SIGNED, FORM], RESTORE),
        request(&s("POST /MasterUserPassword/SECRET"), &[requests::SIGNED, FORM], RESTORE),
        request(&s(&format!("GET {restoration}&MasterUserPassword=SECRET")), &[requests::SIGNED], ""),
        request("POST /", &[FORM], s(&format!("{RESTORE}&MasterUserPassword=SECRET"))),
        copy("PreSignedUrl=https%3A%2F%2Frds.us-west-2.amazonaws.com%2F%3FX-Amz-Signature%3DSECRET"),
        copy("PreSignedUrl=SECRET&PreSignedUrl=SECRET"),
        copy("PreSignedUrl.1=SECRET&CopyTags=maybe"),
        copy("X-Amz-Signature=SECRET&X-Amz-Security-Token=SECRET"),
        requests::query(s("Action=StartDBInstanceAutomatedBackupsReplication&PreSignedUrl=SECRET")),
    ]
}

fn json_bodies() -> Vec<Vec<u8>> {
    let tags = |value: &str| requests::back_up(with(BACKUP, &format!("\"RecoveryPointTags\": {value}")));
    let body = |text: &str| requests::back_up(s(text));
    let replicate = |member: &str| requests::replicate(with(REPLICATION, member));
    vec![
        tags(r#"{"SECRET-key": "SECRET-value"}"#),
        tags(r#"{"SECRET-key": 7}"#),
        tags(r#"{"key": {"deep": "SECRET"}}"#),
        tags(r#""SECRET""#),
        tags(r#"["SECRET", {"a": "SECRET"}]"#),
        tags(r#"{"key": "SECRET"}, "RecoveryPointTags": {"key": "SECRET"}"#),
        tags(r#"{"key": "SECRET"}, "StartWindowMinutes": "7", "Lifecycle": 7"#),
        tags(r#"{"key": "SECRET"}, "recoveryPointTags": {"key": "SECRET"}"#),
        tags(r#"{"key": "SECRET""#),
        body(r#"{"RecoveryPointTags": {"key": "SECRET"}}"#),
        body(r#"{"BackupVaultName": {"RecoveryPointTags": {"key": "SECRET"}}}"#),
        body(r#"{"Lifecycle": {"RecoveryPointTags": {"key": "SECRET"}, "DeleteAfterDays": "x"}}"#),
        body(r#"{"Lifecycle": "RecoveryPointTags=SECRET"}"#),
        body(r#"{"Lifecycle": ["RecoveryPointTags=SECRET"]}"#),
        body(r#"{"SECRET": 1, "SECRET": 2}"#),
        body(r#"[{"RecoveryPointTags": {"key": "SECRET"}}]"#),
        body(r#""RecoveryPointTags SECRET""#),
        body("{'RecoveryPointTags': 'SECRET'}"),
        body("RecoveryPointTags=SECRET"),
        replicate(r#""X-Auth-Token": "SECRET""#),
        replicate(r#""x-auth-token": ["SECRET"]"#),
        requests::replicate(s(r#"{"replicate": {"X-Auth-Token": "SECRET", "name": 7}}"#)),
        requests::replicate(s(r#"{"replicate": "X-Auth-Token: SECRET"}"#)),
        requests::replicate(s(r#"{"replicate": ["X-Auth-Token: SECRET"]}"#)),
        requests::replicate(s(r#"{"X-Auth-Token": "SECRET"#)),
    ]
}

fn headers() -> Vec<Vec<u8>> {
    let path = "POST /v3/f841e01f/backups/a5200268/replicate";
    let cbr = |name: &str, value: &str, body: &str| request(path, &[(name, &s(value)), JSON], body);
    let aws =
        "AWS4-HMAC-SHA256 Credential=SECRET/20261120/us-east-1/rds/aws4_request, SignedHeaders=host, Signature=SECRET";
    let rds = |name: &str, value: &str| request("POST /", &[(name, &s(value)), FORM], COPY);
    let steered = |value: &str| request("POST /", &[requests::SIGNED, FORM, ("Prefer", &s(value))], COPY);
    vec![
        cbr("X-Auth-Token", "SECRET", REPLICATION),
        cbr("X-Auth-Token", "SECRET", "{}"),
        cbr("X-Auth-Token", "SECRET", "not JSON"),
        cbr("X-Auth-Token", "SECRET\u{e9}\u{6f22}", REPLICATION),
        cbr("X-Auth-Token", "\r\nX-Auth-Token: SECRET", REPLICATION),
        cbr("X-Auth-Tokem", "SECRET", REPLICATION),
        cbr("Authorization", "SDK-HMAC-SHA256 Access=SECRET, SignedHeaders=host, Signature=SECRET", REPLICATION),
        cbr("Authorization", "Bearer SECRET", REPLICATION),
        request(&s(&format!("{path}?X-Auth-Token=SECRET")), &[JSON], REPLICATION),
        request(&s("GET /v3/SECRET"), &[("X-Auth-Token", SECRET)], ""),
        rds("Authorization", aws),
        rds("Authorization", "AWS4-HMAC-SHA256 Credential=SECRET"),
        rds("Authorization", "SECRET"),
        rds("authorization", "Basic SECRET"),
        rds("X-Amz-Security-Token", "SECRET"),
        rds("Cookie", "session=SECRET"),
        rds("Host", "SECRET"),
        request("POST /", &[requests::SIGNED, ("Content-Type", SECRET)], COPY),
        request(&s("GET /?X-Amz-Signature=SECRET&X-Amz-Credential=SECRET&Action=CopyDBClusterSnapshot"), &[], ""),
        steered("code=SECRET"),
        steered("example=SECRET, dialect=SECRET"),
    ]
}

fn documented() -> Vec<Vec<u8>> {
    let restore =
        |member: &str| request(RESTORE_AS_DOCUMENTED, &[AS_DOCUMENTED, JSON], with("{}", member).replace(", }", "}"));
    let get = |query: &str| {
        let line = s(&format!("GET /?Action=StartDBInstanceAutomatedBackupsReplication&{query}"));
        request(&line, &[AS_DOCUMENTED], "")
    };
    let back_up = |member: &str| request("PUT /backup-jobs", &[AS_DOCUMENTED, JSON], with(BACKUP, member));
    vec![
        restore(r#""MasterUserPassword": "SECRET""#),
        restore(r#""MasterUserPassword": ["SECRET"]"#),
        restore(r#""MasterUserPassword": {"SECRET": "SECRET"}"#),
        restore(r#""MasterUserPassword": "SECRET", "MasterUserPassword": "SECRET""#),
        restore(r#""MasterUserPassword": "SECRET", "Engine": 7, "MasterUserPasswort": "SECRET""#),
        restore(r#""PreSignedUrl": "SECRET", "Tags": "SECRET""#),
        restore(r#""MasterUserPassword": "SECRET" oops"#),
        request(&s(&format!("{RESTORE_AS_DOCUMENTED}&MasterUserPassword=SECRET")), &[AS_DOCUMENTED, JSON], "{}"),
        request(RESTORE_AS_DOCUMENTED, &[AS_DOCUMENTED, FORM], s("MasterUserPassword=SECRET")),
        get("PreSignedUrl=SECRET"),
        get("PreSignedUrl=SECRET&SourceDBInstanceArn=arn%3Aaws%3Ards%3Aus-east-1%3A123456789012%3Adb%3Aa"),
        get("PreSignedUrl.SECRET=1&PreSignedUrl=SECRET&PreSignedUrl=SECRET"),
        get("SECRET"),
        back_up(r#""RecoveryPointTags": {"SECRET": "SECRET"}"#),
        back_up(r#""RecoveryPointTags": "SECRET", "IamRoleArn": 7"#),
    ]
}

/// What hyper refuses by itself, or the server for its size.
fn broken() -> Vec<Vec<u8>> {
    let long = SECRET.repeat(20_000);
    vec![
        s("GET / HTTP/1.1\r\nX-Auth-Token SECRET\r\n\r\n").into(),
        s("GET / HTTP/1.1\r\nX-Auth-Token: SECRET\0\r\n\r\n").into(),
        s("GET /SECRET\x01 HTTP/1.1\r\n\r\n").into(),
        s("SECRET\r\n\r\n").into(),
        format!("GET / HTTP/1.1\r\nAuthorization: {long}\r\n\r\n").into(),
        restore(&format!("MasterUserPassword=SECRET{}", "x".repeat(9000))),
    ]
}

async fn answer_to(address: std::net::SocketAddr, request: &[u8]) -> Option<Answer> {
    let mut client = Client::connect(address).await;
    // What is refused early need not be taken to its end.
    let _ = client.try_send(request).await;
    client.next().await
}

#[tokio::test]
async fn nothing_sensitive_leaves_the_mock() {
    let directory = TempDir::new().expect("a directory");
    let path = directory.path().join("journal.jsonl");
    let journal = path.to_str().expect("a path of text");
    let arguments = ["mock", "--listen", "127.0.0.1:0", "--max-body", "8192", "--journal", journal];
    let mut program = Program::start_logging("trace", &arguments);
    let address = program.address();
    let readable = [forms(), json_bodies(), headers(), documented()].concat();
    let hidden = |what: &str, text: &str, request: &[u8]| {
        let found = text.to_ascii_lowercase().contains(&SECRET.to_ascii_lowercase());
        assert!(!found, "{what} of {}\n{text}", String::from_utf8_lossy(request));
    };
    let mut lines = 0;
    for request in readable.iter().chain(&broken()) {
        let Some(answer) = answer_to(address, request).await else { continue };
        hidden("the headers", &answer.head, request);
        hidden("the body", &answer.body, request);
        lines += 1;
    }
    assert!(lines >= readable.len(), "only {lines} of {} requests were answered", readable.len());
    let ended = program.stop();
    assert_eq!(ended.code, Some(0));
    let journal = fs::read_to_string(&path).expect("the journal is there");
    for line in journal.lines() {
        hidden("the line", line, b"the journal");
    }
    hidden("the log", &ended.stderr, b"all");
    // All of it was looked at, and the logging was on.
    assert!(journal.lines().count() > readable.len() && journal.contains("***"), "{journal}");
    assert!(ended.stderr.matches("DEBUG answered").count() > readable.len(), "{}", ended.stderr);
}
