//! `accordant client`: commands are run as they are, what they send is judged, and nothing of them is left behind.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Program, run};

/// A request of the shell's, as it is signed by nobody in particular.
const SEND: &str = r#"send() {
    curl --silent --show-error --max-time 9 --output /dev/null "$@" \
        -H 'authorization: AWS4-HMAC-SHA256 Credential=AK/20260101/us-east-1/backup/aws4_request, SignedHeaders=h, Signature=0'
}
backup() {
    body=$1; shift
    send -X PUT "$ACCORDANT_URL/backup-jobs" -H 'content-type: application/json' -d "$body" "$@"
}
good='{"BackupVaultName": "vault", "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1",
    "IamRoleArn": "arn:aws:iam::123456789012:role/r", "IdempotencyToken": "one"}'
"#;

/// What a script came to.
struct Judged {
    code: Option<i32>,
    stdout: String,
    stderr: String,
    report: Value,
}

impl Judged {
    /// The checks and subjects of findings or notes.
    fn of(&self, kind: &str) -> Vec<(String, String)> {
        let list = self.report[kind].as_array().unwrap_or_else(|| panic!("no report: {}", self.stderr));
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        list.iter().map(|finding| (text(&finding["check"]), text(&finding["about"]))).collect()
    }

    fn has(&self, kind: &str, check: &str, about: &str) -> bool {
        self.of(kind).contains(&(check.to_owned(), about.to_owned()))
    }

    fn fault(&self, name: &str) -> &Value {
        let mut rows = self.report["faults"].as_array().expect("faults").iter();
        rows.find(|row| row["fault"] == name).unwrap_or_else(|| panic!("no {name}: {}", self.stderr))
    }
}

/// Judges a script of the shell that may use `send`, `backup` and `$good`.
fn judge_with(options: &[&str], script: &str) -> Judged {
    let directory = TempDir::new().expect("a directory");
    let report: PathBuf = directory.path().join("report.json");
    let script = format!("{SEND}{script}");
    let path = report.to_str().expect("a path of text");
    let arguments = [&["client", "--report", path], options, &["--", "sh", "-c", &script]].concat();
    let ended = run(&arguments);
    let report = fs::read_to_string(&report).ok().and_then(|text| serde_json::from_str(&text).ok());
    Judged { code: ended.code, stdout: ended.stdout, stderr: ended.stderr, report: report.unwrap_or_default() }
}

fn judge(script: &str) -> Judged {
    judge_with(&[], script)
}

#[test]
fn a_right_client_is_passed_through_in_silence() {
    let judged = judge(r#"echo out; echo err >&2; backup "$good""#);
    assert_eq!((judged.code, judged.stdout.as_str()), (Some(0), "out\n"), "{}", judged.stderr);
    assert!(judged.stderr.starts_with("err\n"), "{}", judged.stderr);
    assert_eq!((judged.of("findings"), judged.of("notes")), (Vec::new(), Vec::new()));
    let coverage = judged.report["coverage"].as_array().expect("coverage");
    let backup = coverage.iter().find(|one| one["operation"] == "StartBackupJob").expect("its coverage");
    assert_eq!(backup["calls"], 1);
    assert!(backup["members"]["seen"].as_array().expect("a list").contains(&"/IdempotencyToken".into()), "{backup}");
    assert!(backup["members"]["never"].as_array().expect("a list").contains(&"/Index".into()), "{backup}");
}

#[test]
fn each_mistake_is_found() {
    let mistakes: [(&str, &str, &str, &str); 9] = [
        (
            "findings",
            "request-schema",
            "/IamRoleArn#required",
            r#"backup '{"BackupVaultName": "vault", "ResourceArn": "a:b"}'"#,
        ),
        ("findings", "unknown-member", "/Colour", r#"backup "$(echo "$good" | sed 's/{/{"Colour": 1, /')""#),
        ("findings", "request-schema", "#malformed-body", r#"backup '{"BackupVaultName"'"#),
        (
            "findings",
            "wrong-content-type",
            "",
            r#"send -X PUT "$ACCORDANT_URL/backup-jobs" -H 'content-type: text/plain' -d "$good""#,
        ),
        (
            "findings",
            "secret-in-url",
            "/MasterUserPassword",
            r#"send "$ACCORDANT_URL/?Action=RestoreDBClusterFromS3&Version=2014-10-31&MasterUserPassword=hunter22""#,
        ),
        (
            "findings",
            "documentation-url-sent-literally",
            "",
            r#"curl -s -o /dev/null -X POST "$ACCORDANT_URL/#Action=CopyDBClusterSnapshot""#,
        ),
        (
            "findings",
            "documentation-url-sent-literally",
            "",
            r#"send "$ACCORDANT_URL/%23Action=CopyDBClusterSnapshot""#,
        ),
        (
            "findings",
            "unknown-operation",
            "CopyDBClusterSnapshot",
            r#"send "$ACCORDANT_URL/" -d Action=copyDBClusterSnapshot"#,
        ),
        ("notes", "unknown-operation", "#unknown-path", r#"send "$ACCORDANT_URL/" -d Action=DescribeDBInstances"#),
    ];
    for (kind, check, about, script) in mistakes {
        let judged = judge(script);
        assert!(judged.has(kind, check, about), "{script}: {}", judged.stderr);
        assert_eq!(judged.code, Some(i32::from(!judged.of("findings").is_empty())), "{script}: {}", judged.stderr);
    }
}

#[test]
fn credentials_are_missed() {
    let judged =
        judge(r#"curl -s -o /dev/null "$ACCORDANT_URL/" -d 'Action=CopyDBClusterSnapshot&Version=2014-10-31'"#);
    let checks: Vec<String> =
        judged.of("findings").into_iter().chain(judged.of("notes")).map(|(check, _)| check).collect();
    assert!(checks.contains(&"credentials-missing".to_owned()), "{}", judged.stderr);
}

#[test]
fn secrets_are_in_no_report() {
    let judged = judge(
        r#"send "$ACCORDANT_URL/?Action=RestoreDBClusterFromS3&Version=2014-10-31&MasterUserPassword=hunter22"
        send "$ACCORDANT_URL/" -d 'Action=RestoreDBClusterFromS3&Version=2014-10-31&MasterUserPassword=hunter33'
        backup '{"BackupVaultName": 1, "hunter44": "hunter55"}'
        send "$ACCORDANT_URL/nowhere?key=hunter66" -H 'x-auth-token: hunter77' -d hunter88"#,
    );
    let all = format!("{}{}", judged.report, judged.stderr);
    for number in [22, 33, 55, 66, 77, 88] {
        assert!(!all.contains(&format!("hunter{number}")), "hunter{number}: {all}");
    }
    assert!(!all.contains("Signature=0"), "{all}");
}

#[test]
fn strictness_counts_notes() {
    let script = r#"send "$ACCORDANT_URL/" -d Action=DescribeDBInstances"#;
    assert_eq!(judge(script).code, Some(0));
    assert_eq!(judge_with(&["--strict"], script).code, Some(1));
}

#[test]
fn the_commands_own_failure_is_the_exit_code() {
    assert_eq!(judge("backup '{}'; exit 7").code, Some(7));
    assert_eq!(judge("kill -TERM $$").code, Some(143));
    assert_eq!(judge("kill -KILL $$").code, Some(137));
}

#[test]
fn a_command_that_cannot_be_run_is_a_usage_error() {
    for (command, said) in [("no-such-command-here", "there is no command"), ("/etc/passwd", "cannot be run")] {
        let ended = run(&["client", "--", command]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(said) && ended.stderr.contains(command), "{}", ended.stderr);
    }
    for arguments in
        [&["client"][..], &["client", "--timeout", "5x", "--", "true"], &["client", "--faults", "zork", "--", "true"]]
    {
        let ended = run(arguments);
        assert_eq!(ended.code, Some(2), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_command_that_sends_nothing_is_told() {
    let judged = judge("true");
    assert_eq!(judged.code, Some(4));
    assert!(judged.stderr.contains("sent no request"), "{}", judged.stderr);
}

/// Whether a process with these words in its command line is there.
fn is_running(words: &str) -> bool {
    let found = Command::new("pgrep").args(["-f", words]).output().expect("pgrep is there");
    !found.stdout.is_empty()
}

fn wait_until_gone(words: &str) {
    let deadline = Instant::now() + Duration::from_secs(5);
    while is_running(words) {
        assert!(Instant::now() < deadline, "{words} is left behind");
        std::thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn a_command_that_hangs_is_ended_with_all_its_children_and_nothing_seen_is_lost() {
    let judged = judge_with(
        &["--timeout", "1500ms"],
        r#"backup '{"BackupVaultName": "vault"}'; (trap '' TERM; sleep 71.25) & sleep 71.75"#,
    );
    assert_eq!(judged.code, Some(124), "{}", judged.stderr);
    assert!(judged.has("findings", "request-schema", "/ResourceArn#required"), "{}", judged.stderr);
    wait_until_gone("sleep 71.25");
    wait_until_gone("sleep 71.75");
}

#[test]
fn children_that_outlive_the_command_are_ended() {
    assert_eq!(judge(r#"backup "$good"; sleep 72.25 >/dev/null 2>&1 & sleep 0.1; exit 0"#).code, Some(0));
    wait_until_gone("sleep 72.25");
}

#[test]
fn an_interrupt_ends_the_command_and_what_was_seen_is_told() {
    let script = format!("{SEND}{}", r#"backup '{"BackupVaultName": "vault"}'; echo sent >&2; sleep 73.25"#);
    let mut program = Program::start(&["client", "--", "sh", "-c", &script]);
    program.wait_for_log("sent\n");
    program.signal("INT");
    let ended = program.wait();
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(ended.stderr.contains("/ResourceArn#required"), "{}", ended.stderr);
    wait_until_gone("sleep 73.25");
}

#[test]
fn a_body_over_the_limit_is_answered_and_noted() {
    let judged = judge(r"head -c 3000000 /dev/zero | tr '\0' 'x' | backup @-");
    assert_eq!(judged.of("findings"), Vec::new(), "{}", judged.stderr);
    assert!(judged.has("notes", "request-schema", "#body"), "{}", judged.stderr);
}

/// Faults that a client which looks at what it gets fails under, and some under which it need not.
const FAULTS: &str = "server-error,connection-reset,truncated-body,html-gateway,unknown-members,dripped";

#[test]
fn a_client_that_looks_at_its_answers_is_cleared() {
    let judged = judge_with(&["--faults", FAULTS], r#"backup "$good" --fail"#);
    assert_eq!((judged.code, judged.of("findings")), (Some(0), Vec::new()), "{}", judged.stderr);
    for (name, behaviour) in [
        ("server-error", "failed at once"),
        ("connection-reset", "failed at once"),
        ("truncated-body", "failed at once"),
        ("html-gateway", "failed at once"),
        ("unknown-members", "coped"),
        ("dripped", "coped"),
    ] {
        assert_eq!(judged.fault(name)["behaviour"], behaviour, "{name}: {}", judged.stderr);
    }
}

#[test]
fn a_client_that_takes_errors_for_successes_is_found() {
    let judged = judge_with(&["--faults", "server-error,error:LimitExceededException"], r#"backup "$good""#);
    assert_eq!(judged.code, Some(1), "{}", judged.stderr);
    assert!(judged.has("findings", "wrong-answer-taken", "server-error"), "{}", judged.stderr);
    assert!(judged.has("notes", "wrong-answer-taken", "error:LimitExceededException"), "{}", judged.stderr);
}

/// Retries by hand, with an invocation that the client itself names.
const RETRY: &str = r#"for number in 1 2 3; do
    token=TOKEN
    body=$(echo "$good" | sed "s/\"one\"/\"$token\"/")
    backup "$body" --fail -H 'amz-sdk-invocation-id: one' && exit 0
done
exit 1"#;

#[test]
fn a_token_that_changes_on_retry_is_found() {
    let judged = judge_with(&["--faults", "unavailable"], &RETRY.replace("TOKEN", "t$number"));
    assert!(judged.has("findings", "token-not-reused-on-retry", "/IdempotencyToken"), "{}", judged.stderr);
    assert_eq!(judged.fault("unavailable")["token"], "changed");
    assert_eq!(judged.code, Some(1));
    let judged = judge_with(&["--faults", "unavailable"], &RETRY.replace("TOKEN", "same"));
    assert_eq!((judged.code, judged.of("findings")), (Some(0), Vec::new()), "{}", judged.stderr);
    assert_eq!(judged.fault("unavailable")["token"], "reused");
    assert_eq!(judged.fault("unavailable")["attempts"], 3);
}

#[test]
fn in_rotation_a_client_that_retries_recovers() {
    let judged = judge_with(&["--faults", "rotation"], &RETRY.replace("TOKEN", "same"));
    assert_eq!((judged.code, judged.of("findings")), (Some(0), Vec::new()), "{}", judged.stderr);
    assert_eq!(judged.fault("throttling")["behaviour"], "recovered");
}

#[test]
fn a_storm_of_retries_is_noted() {
    let script = r#"for number in 1 2 3 4 5 6 7 8 9 10 11 12; do backup "$good" --fail && exit 0; done; exit 1"#;
    let judged = judge_with(&["--faults", "unavailable"], script);
    assert!(judged.of("notes").iter().any(|(check, _)| check == "retry-storm"), "{}", judged.stderr);
}

#[test]
fn the_environment_leads_to_the_mock_and_nowhere_else() {
    let script = r#"backup "$good"
        test "$AWS_ENDPOINT_URL" = "$ACCORDANT_URL" && test "$AWS_ENDPOINT_URL_RDS" = "$ACCORDANT_URL" || exit 11
        test "$AWS_ENDPOINT_URL_BACKUP" = "$ACCORDANT_URL" && test "$AWS_EC2_METADATA_DISABLED" = true || exit 12
        test -n "$AWS_ACCESS_KEY_ID" && test -n "$AWS_SECRET_ACCESS_KEY" && test -n "$AWS_REGION" || exit 13
        test -z "${AWS_PROFILE-}${AWS_SESSION_TOKEN-}" || exit 14"#;
    assert_eq!(judge(script).code, Some(0));
}

#[test]
fn input_is_passed_through() {
    let script = r#"printf hello | "$0" client -- sh -c 'cat; curl -s -o /dev/null "$ACCORDANT_URL/"' 2>/dev/null"#;
    assert_eq!(Program::start_by_shell(script).wait().stdout, "hello");
}

#[test]
fn a_report_that_cannot_be_written_is_told_after_what_was_found() {
    let ended = run(&["client", "--report", "/nonexistent/report.json", "--", "sh", "-c", "exit 0"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(
        ended.stderr.contains("/nonexistent/report.json") && ended.stderr.contains("coverage:"),
        "{}",
        ended.stderr
    );
}

#[test]
fn each_check_of_clients_is_explained() {
    for code in ["request-schema", "retry-storm", "wrong-answer-taken"] {
        let ended = run(&["explain", code]);
        assert!(ended.stdout.starts_with(&format!("# {code}\n")), "{}", ended.stdout);
    }
}
