//! `accordant client`: commands are run as they are, what they send is judged, and nothing of them is left behind.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::support::{Program, end_fifty, run};

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
        list.iter().map(|finding| (text(&finding["code"]), text(&finding["about"]))).collect()
    }

    fn has(&self, kind: &str, check: &str, about: &str) -> bool {
        self.of(kind).contains(&(check.to_owned(), about.to_owned()))
    }

    fn fault(&self, name: &str) -> &Value {
        let mut rows = self.report["client"]["faults"].as_array().expect("faults").iter();
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
    let coverage = judged.report["client"]["coverage"].as_array().expect("coverage");
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
fn names_that_clients_send_steer_no_terminal() {
    let judged = judge(r#"backup "$(printf '%s' "$good" | sed 's/{/{"\\u001b[31mred": 1, /')""#);
    assert!(judged.stderr.contains("[31mred") && !judged.stderr.contains('\u{1b}'), "{:?}", judged.stderr);
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
    for (command, said) in [
        ("no-such-command-here", "there is no command"),
        ("/etc/passwd", "cannot be run"),
        ("true and more", "as words of their own"),
    ] {
        let ended = run(&["client", "--", command]);
        assert_eq!(ended.code, Some(2), "{}", ended.stderr);
        assert!(ended.stderr.contains(said) && ended.stderr.contains(command), "{}", ended.stderr);
    }
    let ended = run(&["client", "--faults", "slow, rotation", "--", "true"]);
    assert!(ended.code == Some(2) && ended.stderr.contains("rotation is of all faults"), "{}", ended.stderr);
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
fn an_interrupt_under_a_fault_is_told() {
    let folder = TempDir::new().expect("a directory");
    let file = folder.path().join("under-a-fault");
    let script = format!("{SEND}backup \"$good\" --fail || {{ touch {}; sleep 76.25; }}", file.display());
    let mut program = Program::start(&["client", "--faults", "unavailable", "--", "sh", "-c", &script]);
    while !file.exists() {
        std::thread::sleep(Duration::from_millis(10));
    }
    program.signal("INT");
    let ended = program.wait();
    assert_eq!(ended.code, Some(130), "{}", ended.stderr);
    assert!(ended.stderr.contains(", which was interrupted"), "{}", ended.stderr);
    wait_until_gone("sleep 76.25");
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
fn a_token_that_is_drawn_in_the_loop_is_found_without_an_invocation_and_two_calls_are_not_accused() {
    let looping = RETRY.replace("TOKEN", "t$number").replace("-H 'amz-sdk-invocation-id: one'", "");
    let judged = judge_with(&["--faults", "unavailable"], &looping);
    assert!(judged.has("findings", "token-not-reused-on-retry", "/IdempotencyToken"), "{}", judged.stderr);
    let twice = r#"status=0; for token in one two; do
            backup "$(echo "$good" | sed "s/\"one\"/\"$token\"/")" --fail || status=1
        done; exit $status"#;
    let judged = judge_with(&["--faults", "unavailable"], twice);
    assert_eq!(
        (judged.code, judged.of("findings"), judged.of("notes")),
        (Some(0), vec![], vec![]),
        "{}",
        judged.stderr
    );
}

#[test]
fn a_storm_of_retries_is_found_and_many_calls_are_not_accused() {
    let script = r#"for number in 1 2 3 4 5 6 7 8 9 10 11 12; do backup "$good" --fail && exit 0; done; exit 1"#;
    let judged = judge_with(&["--faults", "unavailable"], script);
    assert_eq!(judged.of("findings"), [("retry-storm".to_owned(), String::new())], "{}", judged.stderr);
    let judged = judge_with(&["--faults", "unavailable"], &script.replace("exit 0", "continue"));
    assert_eq!((judged.of("findings"), judged.of("notes")), (vec![], vec![]), "{}", judged.stderr);
}

#[test]
fn what_a_command_says_of_an_error_is_seen_and_not_shown() {
    let faults = ["--faults", "error:AccessDeniedException,error:LimitExceededException,unavailable,connection-reset"];
    let loud = r#"backup "$good" --fail-with-body --output /dev/stdout -D /dev/stderr"#;
    let judged = judge_with(&faults, loud);
    for (fault, error, retry) in [
        ("error:AccessDeniedException", Some("named"), Some("not retried, as expected")),
        ("error:LimitExceededException", Some("named"), None),
        ("unavailable", Some("named"), Some("not retried, though it may be")),
        ("connection-reset", None, Some("not retried, though it may be")),
    ] {
        let row = judged.fault(fault);
        assert_eq!((row["error"].as_str(), row["retry"].as_str()), (error, retry), "{fault}: {}", judged.stderr);
    }
    let all = format!("{}{}{}", judged.stdout, judged.stderr, judged.report);
    assert!(!all.contains("trouble that Accordant"), "{all}");
    let judged = judge_with(&faults, r#"backup "$good" --fail 2>/dev/null"#);
    assert_eq!(judged.fault("unavailable")["error"], "not named");
    let again = r#"backup "$good" --fail || backup "$good" --fail"#;
    let judged = judge_with(&["--faults", "error:AccessDeniedException"], again);
    assert_eq!(judged.fault("error:AccessDeniedException")["retry"], "retried, though that cannot help");
    assert_eq!((judged.code, judged.of("findings")), (Some(0), vec![]), "{}", judged.stderr);
}

#[test]
fn much_output_holds_nothing_up_and_neither_does_a_process_that_keeps_it_open() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("pid");
    let much = format!(
        r#"backup "$good" --fail && exit 0
        setsid sh -c 'echo $$ > "$0"; exec sleep 30.125' {} & until test -s {0}; do :; done
        head -c 3000000 /dev/zero; exit 22"#,
        file.display()
    );
    let started = Instant::now();
    let judged = judge_with(&["--faults", "unavailable", "--timeout", "20s"], &much);
    let elapsed = started.elapsed();
    let pid = fs::read_to_string(&file).expect("the process that keeps it open");
    let left = Command::new("kill").arg(pid.trim()).status().expect("it can be ended");
    assert!(left.success() && elapsed < Duration::from_secs(15), "{elapsed:?}");
    assert_eq!(judged.fault("unavailable")["ended"], "exit 22", "{}", judged.stderr);
    assert_eq!(judged.fault("unavailable")["error"], Value::Null, "it may have been in what was dropped");
}

/// Judges a script with a baseline of this text; also tells what the file says then.
fn judge_beside(baseline: &str, options: &[&str], script: &str) -> (Judged, String) {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("baseline.toml");
    fs::write(&file, baseline).expect("is written");
    let path = file.to_str().expect("a path of text");
    let judged = judge_with(&[&["--baseline", path], options].concat(), script);
    (judged, fs::read_to_string(&file).expect("the baseline"))
}

fn entry(operation: &str, check: &str, constraint: &str) -> String {
    format!(
        "[[accepted]]\noperation = '{operation}'\ncheck = '{check}'\nconstraint = '{constraint}'\n\
         reason = 'so it is'\nticket = 'T-1'\nexpires = 2999-01-01\n"
    )
}

#[test]
fn what_the_baseline_accepts_fails_no_run_until_it_is_gone() {
    let wrong = r#"backup '{"BackupVaultName": "vault", "ResourceArn": "a:b"}'"#;
    let absent = entry("StartBackupJob", "request-schema", "/IamRoleArn#required");
    let (judged, _) = judge_beside(&absent, &[], wrong);
    assert_eq!((judged.code, judged.of("findings")), (Some(0), vec![]), "{}", judged.stderr);
    assert_eq!(judged.report["accepted"][0]["ticket"], "T-1");
    let line = "accepted until 2999-01-01: request-schema: StartBackupJob /IamRoleArn#required: so it is, T-1";
    assert!(judged.stderr.contains(line), "{}", judged.stderr);

    let (judged, _) = judge_beside(&format!("# gone\n{absent}"), &[], r#"backup "$good""#);
    assert_eq!(judged.code, Some(1), "{}", judged.stderr);
    let line =
        "remove from the baseline, line 2: request-schema: StartBackupJob /IamRoleArn#required: nothing shows it";
    assert!(judged.stderr.contains(line) && judged.report["stale"][0]["line"] == 2, "{}", judged.stderr);
    assert!(judged.stderr.contains("the baseline has entries that must go: see above"), "{}", judged.stderr);

    let (judged, _) = judge_beside(&absent.replace("2999", "2020"), &[], wrong);
    assert_eq!((judged.code, judged.of("findings").len()), (Some(1), 1), "{}", judged.stderr);
    assert!(judged.stderr.contains("it has expired on 2020-01-01"), "{}", judged.stderr);
}

#[test]
fn entries_of_what_the_run_would_not_have_shown_are_left_alone() {
    let alone = [
        entry("CopyDBClusterSnapshot", "request-schema", "/KmsKeyId#maxLength"),
        entry("StartBackupJob", "invalid-accepted", "/BackupVaultName#pattern"),
        entry("StartBackupJob", "wrong-answer-taken", "unavailable"),
        entry("StartBackupJob", "token-not-reused-on-retry", "/IdempotencyToken"),
        entry("StartBackupJob", "retry-storm", ""),
    ]
    .concat();
    let (judged, _) = judge_beside(&alone, &[], r#"backup "$good""#);
    assert_eq!((judged.code, &judged.report["stale"]), (Some(0), &Value::Array(vec![])), "{}", judged.stderr);
    let stale = |faults: &str, more: &str| {
        let baseline = format!("{alone}{more}");
        let (judged, _) = judge_beside(&baseline, &["--faults", faults], r#"backup "$good" --fail"#);
        let stale = judged.report["stale"].as_array().expect("a list").iter();
        stale.map(|entry| entry["check"].as_str().unwrap_or_default().to_owned()).collect::<Vec<_>>()
    };
    let elsewhere = entry("CopyDBClusterSnapshot", "wrong-answer-taken", "unavailable");
    assert_eq!(stale("unavailable", &elsewhere), ["wrong-answer-taken"], "retries may be seen under another fault");
    let wrong = "throttling,server-error,unavailable,connection-reset,truncated-body,html-gateway,html-success";
    assert_eq!(stale(wrong, ""), ["wrong-answer-taken", "token-not-reused-on-retry", "retry-storm"]);
    let hanging = ["--faults", "unavailable", "--timeout", "1s"];
    let (judged, _) = judge_beside(&alone, &hanging, r#"backup "$good" --fail || sleep 75.25"#);
    assert_eq!((judged.code, &judged.report["stale"]), (Some(0), &Value::Array(vec![])), "{}", judged.stderr);
    let failing = entry("StartBackupJob", "request-schema", "/IamRoleArn#required");
    let (judged, _) = judge_beside(&failing, &[], r#"backup "$good"; exit 3"#);
    assert_eq!((judged.code, &judged.report["stale"]), (Some(3), &Value::Array(vec![])), "it did not end well");
}

#[test]
fn the_baseline_is_written_and_findings_without_an_operation_have_their_place() {
    let script = r#"send "$ACCORDANT_URL/" -d Action=copyDBClusterSnapshot; backup "$good""#;
    let kept = entry("CopyDBClusterSnapshot", "request-schema", "/KmsKeyId#maxLength");
    let (judged, written) = judge_beside(&kept, &["--update-baseline", "--faults", "unavailable"], script);
    assert_eq!(judged.code, Some(0), "{}", judged.stderr);
    for words in [
        "operation = \"-\"\ncheck = \"unknown-operation\"\nconstraint = \"CopyDBClusterSnapshot\"",
        "check = \"wrong-answer-taken\"\nconstraint = \"unavailable\"",
        "/KmsKeyId#maxLength",
        "so it is",
    ] {
        assert!(written.contains(words), "{words}: {written}");
    }
    let (judged, again) = judge_beside(&written, &["--faults", "unavailable"], script);
    assert_eq!((judged.code, again), (Some(0), written), "{}", judged.stderr);
}

#[test]
fn a_note_is_accepted_where_it_fails_the_run_and_is_nowhere_gone() {
    let script = r#"send "$ACCORDANT_URL/health""#;
    let known = entry("-", "unknown-operation", "#unknown-path");
    let (judged, _) = judge_beside(&known, &["--strict"], script);
    assert_eq!((judged.code, judged.of("notes")), (Some(0), vec![]), "{}", judged.stderr);
    assert!(
        judged.stderr.contains("accepted until 2999-01-01: unknown-operation: - #unknown-path"),
        "{}",
        judged.stderr
    );
    let (judged, _) = judge_beside(&known, &[], script);
    assert_eq!((judged.code, judged.of("notes").len()), (Some(0), 1), "{}", judged.stderr);
    let (judged, written) = judge_beside("", &["--strict", "--update-baseline"], script);
    assert!(judged.code == Some(0) && written.contains("#unknown-path"), "{}: {written}", judged.stderr);
    let (judged, _) = judge_beside(&known.replace("2999", "2020"), &["--strict"], script);
    assert!(judged.code == Some(1) && judged.stderr.contains("it has expired"), "{}", judged.stderr);
}

#[test]
fn a_broken_baseline_is_told_before_the_command_runs() {
    for (text, said) in [
        ("[[accepted]]\nwhy = 1".to_owned(), "baseline.toml:2"),
        (entry("StartBackupJob", "zork", "x"), "no check zork"),
        (entry("Zork", "request-schema", "x"), "baseline.toml:2"),
        (entry("-", "unknown-operation", "x").replace("2999-01-01", "'soon'"), "baseline.toml:7"),
        (entry("-", "unknown-operation", "x").replace("2999-01-01", "2030-02-31"), "baseline.toml:7"),
        (entry("-", "unknown-operation", "x").replace("so it is", " "), "say why"),
    ] {
        let (judged, _) = judge_beside(&text, &[], "echo ran");
        assert_eq!((judged.code, judged.stdout.as_str()), (Some(2), ""), "{text}: {}", judged.stderr);
        assert!(judged.stderr.contains(said), "{text}: {}", judged.stderr);
    }
    for arguments in [&["--update-baseline"][..], &["--baseline", "/nonexistent.toml"], &["--baseline", "/"]] {
        let ended = run(&[&["client"], arguments, &["--", "sh", "-c", "echo ran"]].concat());
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_baseline_that_cannot_be_written_is_told_after_what_was_found() {
    let script = format!("{SEND}backup '{{}}'");
    let file = "/proc/baseline.toml";
    let ended = run(&["client", "--update-baseline", "--baseline", file, "--", "sh", "-c", &script]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains(file) && ended.stderr.contains("/IamRoleArn#required"), "{}", ended.stderr);
}

#[test]
fn the_baseline_may_stand_in_the_file_of_options() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("baseline.toml");
    let entry = entry("StartBackupJob", "request-schema", "/IamRoleArn#required");
    fs::write(&file, entry).expect("is written");
    fs::write(folder.path().join("accordant.toml"), format!("[client]\nbaseline = '{}'\n", file.display()))
        .expect("is written");
    let wrong = r#"backup '{"BackupVaultName": "vault", "ResourceArn": "a:b"}'"#;
    let script = format!(r#"cd "{}" && exec "$0" client -- sh -c "$1""#, folder.path().display());
    let program = std::env::var_os("CARGO_BIN_EXE_accordant").unwrap_or_else(|| env!("CARGO_BIN_EXE_accordant").into());
    let ended = Command::new("sh").args(["-c", &script]).arg(program).arg(format!("{SEND}{wrong}")).output();
    let ended = ended.expect("it runs");
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert!(said.contains("conforms, but for what the baseline accepts"), "{said}");
}

#[test]
fn a_command_that_hangs_under_a_fault_is_ended_with_its_children_and_the_next_is_tried() {
    let script = r#"backup "$good" --fail || { sleep 74.25 & sleep 74.75; }"#;
    let judged = judge_with(&["--timeout", "1s", "--faults", "unavailable,slow"], script);
    assert_eq!(judged.fault("unavailable")["ended"], "timeout", "{}", judged.stderr);
    assert_eq!(judged.fault("unavailable")["behaviour"], "did not end", "{}", judged.stderr);
    assert_eq!(judged.fault("slow")["requests"], 1, "{}", judged.stderr);
    wait_until_gone("sleep 74.25");
    wait_until_gone("sleep 74.75");
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
fn what_would_lead_elsewhere_or_is_no_dummy_is_taken_from_the_environment() {
    let script = r#"AWS_CREDENTIAL_EXPIRATION=of-mine AWS_USE_DUALSTACK_ENDPOINT=of-mine AWS_SESSION_TOKEN=of-mine \
        HUAWEICLOUD_SDK_SECURITY_TOKEN=of-mine OTHER=of-mine "$0" client -- env 2>/dev/null"#;
    let stdout = Program::start_by_shell(script).wait().stdout;
    let left: Vec<&str> = stdout.lines().filter(|line| line.ends_with("=of-mine")).collect();
    assert_eq!(left, ["OTHER=of-mine"]);
}

#[test]
fn input_is_passed_through() {
    let script = r#"printf hello | "$0" client -- sh -c 'cat; curl -s -o /dev/null "$ACCORDANT_URL/"' 2>/dev/null"#;
    assert_eq!(Program::start_by_shell(script).wait().stdout, "hello");
}

#[test]
fn a_report_that_cannot_be_written_is_told_after_what_was_found() {
    let ended = run(&["client", "--report", "/proc/report.json", "--", "sh", "-c", "exit 0"]);
    assert_eq!(ended.code, Some(2), "{}", ended.stderr);
    assert!(ended.stderr.contains("/proc/report.json") && ended.stderr.contains("coverage:"), "{}", ended.stderr);
}

#[test]
fn a_folder_that_is_not_there_is_told_before_the_command_runs() {
    for option in ["--report", "--baseline"] {
        let update = if option == "--baseline" { "--update-baseline" } else { "--strict" };
        let ended = run(&["client", update, option, "/nonexistent/file.json", "--", "sh", "-c", "echo ran"]);
        assert_eq!((ended.code, ended.stdout.as_str()), (Some(2), ""), "{}", ended.stderr);
        assert!(ended.stderr.contains("there is no folder /nonexistent"), "{}", ended.stderr);
    }
}

#[test]
fn each_operation_without_an_answer_is_named_in_whatever_order_they_are_called() {
    let copy = r#"send "$ACCORDANT_URL/" -H 'x-amz-date: 20260101T000000Z' -d Action=CopyDBClusterSnapshot \
        -d SourceDBClusterSnapshotIdentifier=a -d TargetDBClusterSnapshotIdentifier=b"#;
    for script in [format!(r#"backup "$good"; {copy}"#), format!(r#"{copy}; backup "$good""#)] {
        let judged = judge_with(&["--faults", "unavailable"], &script);
        let found = judged.report["findings"].as_array().expect("findings").iter();
        let operations: Vec<&str> = found.filter_map(|finding| finding["operation"].as_str()).collect();
        assert_eq!(operations, ["CopyDBClusterSnapshot", "StartBackupJob"], "{}", judged.stderr);
    }
}

#[test]
fn an_attempt_with_another_name_is_no_finding_in_rotation() {
    let named = r#"good=$(echo "$good" | sed "s/vol-[0-9]*/vol-$(date +%N)/")"#;
    let again = format!("for i in 1 2 3 4; do {named}; backup \"$good\" --fail && exit 0; done; exit 1");
    let judged = judge_with(&["--faults", "rotation"], &again);
    assert_eq!((judged.code, judged.of("findings")), (Some(0), vec![]), "{}", judged.stderr);
    assert!(judged.has("notes", "wrong-answer-taken", "unavailable"), "{}", judged.stderr);
    let judged = judge_with(&["--faults", "rotation"], &format!("{named}; backup \"$good\""));
    assert!(judged.has("findings", "wrong-answer-taken", "throttling"), "{}", judged.stderr);
}

#[test]
fn each_check_of_clients_is_explained() {
    for code in ["request-schema", "retry-storm", "wrong-answer-taken"] {
        let ended = run(&["explain", code]);
        assert!(ended.stdout.starts_with(&format!("# {code}\n")), "{}", ended.stdout);
    }
}

#[test]
fn whatever_ends_a_run_its_files_are_the_old_ones_or_the_new_ones() {
    let folder = tempfile::tempdir().expect("a folder");
    let [baseline, report, client] = ["baseline.toml", "report.json", "client.sh"].map(|name| folder.path().join(name));
    let request =
        r#"curl -s -o /dev/null "$ACCORDANT_URL/backup-jobs" -X PUT -H 'content-type: application/json' -d '{}'"#;
    std::fs::write(&client, request).expect("is written");
    let [baseline_name, report_name, client_name] =
        [&baseline, &report, &client].map(|path| path.to_str().expect("text"));
    let run = |updates: &[&str]| {
        let files = ["client", "--report", report_name, "--baseline", baseline_name];
        Program::start(&[&files, updates, &["--", "sh", client_name]].concat())
    };
    assert_eq!(run(&["--update-baseline"]).wait().code, Some(0));
    // Long, so that it is not written in a moment.
    let accepted = std::fs::read_to_string(&baseline).expect("a baseline");
    let long = format!("# {}\n{accepted}", "long ".repeat(200_000));
    end_fifty(|| {
        std::fs::write(folder.path().join("next"), &long).expect("is written");
        std::fs::rename(folder.path().join("next"), &baseline).expect("is renamed");
        run(&["--update-baseline"])
    });
    assert!(
        std::fs::read_to_string(&baseline).expect("a baseline") == long,
        "it is neither the old one nor the new one"
    );
    let report: serde_json::Value = serde_json::from_slice(&std::fs::read(&report).expect("a report")).expect("JSON");
    assert_eq!(report["client"]["requests"], 1);
    assert_eq!(run(&[]).wait().code, Some(0));
}

#[test]
fn reports_of_clients_are_written_as_junit_and_joined() {
    let folder = TempDir::new().expect("a folder");
    let file = |name: &str| folder.path().join(name).to_str().expect("a path of text").to_owned();
    let wrong = r#"backup '{"BackupVaultName": "vault", "ResourceArn": "a:b"}'"#;
    let report = |name: &str, script: &str| {
        let (json, xml) = (file(&format!("{name}.json")), file(&format!("{name}.xml")));
        let script = format!("{SEND}{script}");
        run(&["client", "--report", &json, "--report", &xml, "--", "sh", "-c", &script]);
        fs::read_to_string(xml).expect("a report")
    };
    let junit = report("one", wrong);
    assert!(
        junit.contains("<testsuite name=\"StartBackupJob\"") && junit.contains("type=\"request-schema\""),
        "{junit}"
    );
    assert!(!report("two", &format!("{wrong}; backup \"$good\"")).contains("<testsuite name=\"no operation\""));
    let ended = run(&["report", "merge", &file("one.json"), &file("two.json"), "--output", &file("all.json")]);
    assert!(ended.code == Some(1) && ended.stdout.contains("\n3 requests judged of sh"), "{}", ended.stdout);
    let all = fs::read_to_string(file("all.json")).expect("a report");
    let all: Value = serde_json::from_str(&all).expect("JSON");
    assert_eq!((&all["findings"][0]["count"], &all["client"]["requests"]), (&2.into(), &3.into()));
    fs::write(file("old.json"), r#"{"tool": "accordant", "version": "0.1.0", "requests": 1}"#).expect("is written");
    let ended = run(&["report", "merge", &file("old.json")]);
    assert!(ended.code == Some(2) && ended.stderr.contains("it has format 1 of reports"), "{}", ended.stderr);
    let schema = run(&["report", "schema"]).stdout;
    assert!(schema.contains("\"ClientSection\"") && schema.contains("\"ServerSection\""), "{schema}");
}
