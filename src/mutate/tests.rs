use std::collections::HashSet;
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use bytes::Bytes;
use http::header::{AUTHORIZATION, CONTENT_TYPE};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use serde_json::{Value, json};

use super::admit::give_credentials;
use super::spoil::alter_member;
use super::{Fault, Mutant};
use crate::Contract;
use crate::codec::{Outcome, Received};
use crate::exchange::TransportFailure;
use crate::mock::Mock;
use crate::model::{Dialect, Operation};
use crate::value::pointer;

/// The checks that a mutant may be caught by.
const CHECKS: [&str; 24] = [
    "auth-not-required",
    "content-type",
    "echo-mismatch",
    "error-code-undeclared",
    "error-shape",
    "idempotency-broken",
    "internals-exposed",
    "invalid-accepted",
    "method-not-refused",
    "output-not-found",
    "output-rule",
    "output-schema",
    "request-id-missing",
    "secret-echoed",
    "server-error",
    "slow-response",
    "status-undeclared",
    "transport-failure",
    "undecodable-response",
    "unknown-output-member",
    "valid-rejected",
    "wrong-envelope",
    "wrong-error-code",
    "wrong-error-status",
];

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::builtin);
static MOCK: LazyLock<Mock> = LazyLock::new(|| Mock::new(CONTRACT.clone()).dialect(Dialect::Native));

fn all_of(operation: &str) -> Vec<Mutant> {
    Mutant::all_of(&CONTRACT, CONTRACT.operation(operation).expect("an operation"), &[])
}

fn mutant(name: &str) -> Mutant {
    let operation = name.split(['/', '#', ':']).next().expect("a name");
    all_of(operation).into_iter().find(|mutant| mutant.name() == name).unwrap_or_else(|| panic!("no mutant {name}"))
}

/// The input of an example.
fn example(operation: &Operation, name: &str) -> Value {
    operation.examples.iter().find(|example| example.name == name).expect("an example").input.clone()
}

fn request(operation: &Operation, input: &Value) -> Request<Bytes> {
    let mut request = operation.service.codec().encode_request(operation, input);
    give_credentials(operation, request.headers_mut());
    request
}

/// The maximal example, changed by a merge patch.
fn patched(operation: &Operation, patch: &Value) -> Request<Bytes> {
    let mut input = example(operation, "maximal");
    pointer::merge(&mut input, patch);
    request(operation, &input)
}

fn answer(mutant: &Mutant, request: &Request<Bytes>) -> Response<Bytes> {
    mutant.answer(&MOCK, request).expect("an answer").response
}

/// A response as values that can be compared.
fn parts(response: Response<Bytes>) -> (StatusCode, HeaderMap, Bytes) {
    (response.status(), response.headers().clone(), response.into_body())
}

fn received(mutant: &Mutant, request: &Request<Bytes>) -> Received {
    let operation = &mutant.operation;
    operation.service.codec().decode_response(operation, &answer(mutant, request)).expect("a reply that can be read")
}

fn output(mutant: &Mutant, request: &Request<Bytes>) -> Value {
    match received(mutant, request).outcome {
        Outcome::Output(output) => output,
        error @ Outcome::Error { .. } => panic!("{error:?}"),
    }
}

fn code(mutant: &Mutant, request: &Request<Bytes>) -> (u16, String) {
    let received = received(mutant, request);
    match received.outcome {
        Outcome::Error { code, .. } => (received.status, code),
        success @ Outcome::Output(_) => panic!("{success:?}"),
    }
}

/// The output's members that break its schema.
fn broken(mutant: &Mutant, request: &Request<Bytes>) -> Vec<String> {
    let violations = mutant.operation.output.judge(&output(mutant, request));
    violations.into_iter().map(|violation| violation.at).collect()
}

#[test]
fn names_are_unique_and_each_check_has_mutants() {
    let mutants: Vec<Mutant> =
        CONTRACT.operations().iter().flat_map(|operation| Mutant::all_of(&CONTRACT, operation, &[])).collect();
    let names: HashSet<String> = mutants.iter().map(Mutant::name).collect();
    assert_eq!(names.len(), mutants.len());
    let catching: HashSet<&str> = mutants.iter().map(Mutant::caught_by).collect();
    let probes = crate::probe::PROBES.iter().map(|probe| probe.name());
    assert_eq!(catching, probes.chain(CHECKS).collect::<HashSet<&str>>());
    for operation in CONTRACT.operations() {
        let stated =
            operation.input.constraints.iter().filter(|constraint| constraint.reaction.link().is_some()).count();
        let of_constraints =
            mutants.iter().filter(|m| Arc::ptr_eq(&m.operation, operation) && m.name().contains('#')).count();
        assert_eq!(of_constraints, 3 * stated, "{}", operation.name);
    }
}

#[test]
fn the_order_is_stable() {
    let names = || all_of("StartBackupJob").iter().map(Mutant::name).collect::<Vec<_>>();
    assert_eq!(names(), names());
}

#[test]
fn a_broken_constraint_gets_another_answer_from_its_mutants_only() {
    let too_long = json!({"replicate": {"name": "n".repeat(65)}});
    let accepted = mutant("ReplicateBackup/replicate/name#maxLength:not-enforced");
    let request = patched(&accepted.operation, &too_long);
    assert!(output(&accepted, &request)["replication"]["provider_id"].is_string());
    assert_eq!(accepted.about(), Some("/replicate/name#maxLength"));

    let other = mutant("ReplicateBackup/replicate/name#maxLength:other-code");
    let (status, code_of_other) = code(&other, &request);
    let declared = other.operation.errors.all.iter().find(|error| error.code == code_of_other);
    assert_eq!(declared.map(|error| error.status), Some(status));
    assert_ne!(code_of_other, "BackupService.9900");

    let status = mutant("ReplicateBackup/replicate/name#maxLength:other-status");
    assert_eq!(code(&status, &request), (422, "BackupService.9900".into()));

    let of_others = all_of("ReplicateBackup").into_iter().filter(|mutant| {
        mutant.about().is_some_and(|about| about.contains('#') && about != "/replicate/name#maxLength")
    });
    for unmoved in of_others {
        assert_eq!(parts(answer(&unmoved, &request)), parts(MOCK.answer(&request).response), "{}", unmoved.name());
    }
}

#[test]
fn what_breaks_two_constraints_is_still_refused_when_one_is_not_enforced() {
    let mutant = mutant("ReplicateBackup/replicate/name#maxLength:not-enforced");
    let request = patched(&mutant.operation, &json!({"replicate": {"name": "n".repeat(65), "description": "<"}}));
    assert_eq!(answer(&mutant, &request).status(), 400);
}

#[test]
fn each_missing_member_is_accepted_or_answered_otherwise() {
    let mut seen = 0;
    for operation in CONTRACT.operations() {
        for mutant in Mutant::all_of(&CONTRACT, operation, &[]) {
            let Some(member) = mutant.about().and_then(|about| about.strip_suffix("#required")) else { continue };
            let mut input = example(operation, "maximal");
            let path: Vec<String> = pointer::segments(member).collect();
            let (last, parents) = path.split_last().expect("a member");
            let parent = parents.iter().try_fold(&mut input, |value, segment| match value {
                Value::Array(items) => items.first_mut(),
                other => other.get_mut(segment),
            });
            // A label of a path cannot be absent.
            let Some(Value::Object(members)) = parent else { continue };
            members.shift_remove(last);
            let request = request(operation, &input);
            let unbroken = MOCK.answer(&request);
            if unbroken.violations != [format!("{member}#required")] {
                continue;
            }
            let error = unbroken.response.status();
            match (&mutant.fault, answer(&mutant, &request).status()) {
                (Fault::NotEnforced { .. }, status) => assert_eq!(status, operation.http.status, "{}", mutant.name()),
                (Fault::OtherStatus { .. }, status) => assert_ne!(status, error, "{}", mutant.name()),
                _ => assert_ne!(code(&mutant, &request).1, {
                    let decoded = operation.service.codec().decode_response(operation, &unbroken.response);
                    let Ok(Received { outcome: Outcome::Error { code, .. }, .. }) = decoded else { panic!("an error") };
                    code
                }),
            }
            seen += 1;
        }
    }
    assert!(seen >= 30, "{seen}");
}

#[test]
fn dropped_and_retyped_members_break_the_output_schema() {
    for operation in CONTRACT.operations() {
        let request = request(operation, &example(operation, "maximal"));
        for mutant in Mutant::all_of(&CONTRACT, operation, &[]) {
            let member = mutant.about().unwrap_or_default().to_owned();
            match mutant.fault {
                Fault::Dropped { required: true, alone, .. } if mutant.unobservable().is_none() => {
                    assert_eq!(broken(&mutant, &request), [member], "{}", mutant.name());
                    assert_eq!(alone, !operation.output.finds_any(&output(&mutant, &request)), "{}", mutant.name());
                }
                Fault::Dropped { required: false, .. } => {
                    assert!(output(&mutant, &request).pointer(&member).is_none(), "{}", mutant.name());
                }
                Fault::Retyped { .. } if mutant.unobservable().is_none() => {
                    let broken = broken(&mutant, &request);
                    assert!(!broken.is_empty(), "{}", mutant.name());
                    assert!(broken.iter().all(|at| at.starts_with(&member)), "{}: {broken:?}", mutant.name());
                }
                _ => {}
            }
        }
    }
}

#[test]
fn each_member_can_be_retyped_also_a_text_in_xml() {
    let mutants = CONTRACT.operations().iter().flat_map(|operation| Mutant::all_of(&CONTRACT, operation, &[]));
    let retyped: Vec<Mutant> = mutants.filter(|mutant| matches!(mutant.fault, Fault::Retyped { .. })).collect();
    assert!(retyped.iter().any(|mutant| mutant.name() == "RestoreDBClusterFromS3/DBCluster/Engine:retyped"));
    let same: Vec<String> = retyped.iter().filter(|one| one.unobservable().is_some()).map(Mutant::name).collect();
    // The mock shows no such volumes.
    assert!(same.iter().all(|name| name.contains("/AdditionalStorageVolumes/*/")), "of their own type: {same:?}");
}

#[test]
fn echoes_are_altered_and_stay_valid() {
    let mut seen = 0;
    for operation in CONTRACT.operations() {
        let request = request(operation, &example(operation, "maximal"));
        for mutant in Mutant::all_of(&CONTRACT, operation, &[]) {
            let Fault::EchoedWrongly { echo } = mutant.fault else { continue };
            let echo = &operation.echo[echo];
            let input = example(operation, "maximal");
            let Some(said) = pointer::first(&input, &echo.from) else { continue };
            let altered = output(&mutant, &request);
            let echoed = pointer::first(&altered, &echo.to).expect("the member");
            let lower = |value: &Value| value.to_string().to_lowercase();
            assert_ne!(lower(echoed), lower(said), "{}", mutant.name());
            assert!(broken(&mutant, &request).is_empty(), "{}", mutant.name());
            seen += 1;
        }
    }
    assert!(seen >= 20, "{seen}");
}

#[test]
fn an_altered_value_is_one_that_the_member_takes() {
    let shape = &CONTRACT.operation("CopyDBClusterSnapshot").expect("an operation").output;
    for (name, value, other) in [
        ("PercentProgress", json!(100), json!(99)),
        ("PercentProgress", json!(7), json!(8)),
        ("StorageEncryptionType", json!("none"), json!("sse-kms")),
        ("SnapshotCreateTime", json!("2020-01-01T00:00:00Z"), json!("2001-02-03T04:05:06Z")),
        ("StorageEncrypted", json!(true), json!(false)),
        ("AvailabilityZones", json!(["a", "b"]), json!(["a"])),
    ] {
        let mut output = json!({"DBClusterSnapshot": { name: value }});
        assert!(alter_member(shape, &mut output, &["DBClusterSnapshot".into(), name.into()]), "{name}");
        assert_eq!(output, json!({"DBClusterSnapshot": { name: other }}));
    }
}

#[test]
fn successes_go_wrong() {
    for operation in CONTRACT.operations() {
        let name = &operation.name;
        let request = request(operation, &example(operation, "maximal"));
        let of = |fault: &str| mutant(&format!("{name}:{fault}"));
        let unbroken = MOCK.answer(&request).response;

        let status = answer(&of("undeclared-status"), &request).status();
        assert!(status.is_success() && status != operation.http.status, "{status}");

        assert_eq!(answer(&of("wrong-content-type"), &request).headers()[CONTENT_TYPE], "text/plain");

        let truncated = answer(&of("truncated-body"), &request);
        assert_eq!(truncated.body().len(), unbroken.body().len() / 2);
        assert!(operation.service.codec().decode_response(operation, &truncated).is_err());

        assert_eq!(received(&of("no-request-id"), &request).request_id, None);

        let mut unknown = Vec::new();
        operation.output.unknown_members(&output(&of("extra-member"), &request), &mut unknown);
        assert_eq!(unknown, ["/UnheardOf"]);

        let (status, refused) = code(&of("rejects-valid"), &request);
        assert!(status < 500 && operation.errors.by_code(&refused).is_some());

        let closed = of("closes-early").answer(&MOCK, &request);
        assert!(matches!(closed, Err(TransportFailure::Closed(_))));

        let slow = of("slow").answer(&MOCK, &request).expect("an answer");
        assert!(slow.elapsed >= Duration::from_secs(30) && parts(slow.response) == parts(unbroken));
    }
}

#[test]
fn a_minimal_input_is_not_rejected() {
    let mutant = mutant("ReplicateBackup:rejects-valid");
    let minimal = request(&mutant.operation, &example(&mutant.operation, "minimal"));
    assert_eq!(parts(answer(&mutant, &minimal)), parts(MOCK.answer(&minimal).response));
}

#[test]
fn text_outside_of_ascii_is_a_failure() {
    for (operation, patch) in [
        ("ReplicateBackup", json!({"replicate": {"name": "備份"}})),
        ("StartBackupJob", json!({})),
        ("CopyDBClusterSnapshot", json!({"Tags": [{"Key": "größe", "Value": "x"}]})),
    ] {
        let mutant = mutant(&format!("{operation}:fails-on-non-ascii"));
        let (status, failure) = code(&mutant, &patched(&mutant.operation, &patch));
        assert!(status == 500 && mutant.operation.errors.by_code(&failure).is_some(), "{failure}");
        let plain = request(&mutant.operation, &example(&mutant.operation, "minimal"));
        assert_eq!(parts(answer(&mutant, &plain)), parts(MOCK.answer(&plain).response));
    }
}

#[test]
fn a_failure_that_no_error_is_declared_for_is_a_page() {
    let operation = CONTRACT.operation("ReplicateBackup").expect("an operation");
    let mutant = Mutant::new(operation, Fault::FailsOnNonAscii { error: None }, None);
    let response = answer(&mutant, &patched(operation, &json!({"replicate": {"name": "備份"}})));
    assert_eq!(
        (response.status().as_u16(), &response.headers()[CONTENT_TYPE]),
        (500, &"text/html".parse().expect("a value"))
    );
}

#[test]
fn errors_go_wrong() {
    for operation in CONTRACT.operations() {
        let name = &operation.name;
        let required = operation.input.constraints.iter().find(|constraint| constraint.keyword == "required");
        let member = required.expect("a required member").member.trim_start_matches('/').to_owned();
        // Of the required members, one that is no label of the path.
        let member = if name == "ReplicateBackup" { "replicate".to_owned() } else { member };
        let request = patched(operation, &json!({ member: null }));
        let unbroken = MOCK.answer(&request).response;
        assert_eq!(unbroken.status(), 400, "{name}");

        let page = answer(&mutant(&format!("{name}:html-errors")), &request);
        assert_eq!(
            (page.status(), &page.headers()[CONTENT_TYPE]),
            (unbroken.status(), &"text/html".parse().expect("a value"))
        );
        assert!(operation.service.codec().decode_response(operation, &page).is_err());

        let (status, unheard_of) = code(&mutant(&format!("{name}:undeclared-code")), &request);
        assert!(status == 400 && operation.errors.by_code(&unheard_of).is_none());

        assert_eq!(received(&mutant(&format!("{name}:no-request-id")), &request).request_id, None);
    }
}

#[test]
fn secrets_come_back() {
    for (operation, patch, secret) in [
        ("ReplicateBackup", json!({}), "nobody"),
        (
            "RestoreDBClusterFromS3",
            json!({"MasterUserPassword": "hunter22 hunter22", "ManageMasterUserPassword": null, "MasterUserSecretKmsKeyId": null}),
            "hunter22 hunter22",
        ),
        ("CopyDBClusterSnapshot", json!({}), "https://"),
        ("StartDBInstanceAutomatedBackupsReplication", json!({}), "https://"),
    ] {
        let header = mutant(&format!("{operation}:leaks-secret-in-header"));
        let request = patched(&header.operation, &patch);
        let response = answer(&header, &request);
        let texts = response.headers().values().map(|value| String::from_utf8_lossy(value.as_bytes()).into_owned());
        assert!(texts.into_iter().any(|text| text.contains(secret)), "{operation}");

        let body = mutant(&format!("{operation}:leaks-secret-in-body"));
        assert!(output(&body, &request)["UnheardOf"].as_str().is_some_and(|text| text.contains(secret)), "{operation}");
    }
    let body = mutant("ReplicateBackup:leaks-secret-in-body");
    let refused = patched(&body.operation, &json!({"replicate": {"name": ""}}));
    let Outcome::Error { message: Some(message), .. } = received(&body, &refused).outcome else { panic!("an error") };
    assert!(message.contains("nobody"), "{message}");
    // Tags are shown by design, a session token is not.
    let token = mutant("StartBackupJob:leaks-secret-in-body");
    let mut request = patched(&token.operation, &json!({}));
    assert_eq!(output(&token, &request).get("UnheardOf"), None);
    request.headers_mut().insert("x-amz-security-token", "a-session-token".parse().expect("a value"));
    assert!(output(&token, &request)["UnheardOf"].as_str().is_some_and(|text| text.contains("a-session-token")));
}

#[test]
fn without_credentials_and_with_another_method() {
    for operation in CONTRACT.operations() {
        let own = request(operation, &example(operation, "maximal"));
        let mut unsigned = own.clone();
        unsigned.headers_mut().remove(AUTHORIZATION);
        unsigned.headers_mut().remove("x-auth-token");
        let open = mutant(&format!("{}:auth-not-required", operation.name));
        assert!(!MOCK.answer(&unsigned).response.status().is_success());
        assert_eq!(answer(&open, &unsigned).status(), operation.http.status, "{}", operation.name);

        let mut deleted = own.clone();
        *deleted.method_mut() = Method::DELETE;
        let lenient = mutant(&format!("{}:method-not-refused", operation.name));
        assert!(!MOCK.answer(&deleted).response.status().is_success());
        assert_eq!(parts(answer(&lenient, &deleted)), parts(MOCK.answer(&own).response), "{}", operation.name);
    }
}

#[test]
fn the_same_token_gets_another_job_each_time() {
    let mutant = mutant("StartBackupJob:token-ignored");
    let operation = &mutant.operation;
    let request = request(operation, &example(operation, "maximal"));
    let jobs: HashSet<String> = (0..3).map(|_| output(&mutant, &request)["BackupJobId"].to_string()).collect();
    assert_eq!(jobs.len(), 3);
    for no_token in [Value::Null, json!("")] {
        let untold = patched(operation, &json!({ "IdempotencyToken": no_token }));
        assert_eq!(parts(answer(&mutant, &untold)), parts(MOCK.answer(&untold).response));
    }
}

#[test]
fn other_operations_and_the_documented_dialect_are_answered_as_the_mock_does() {
    let other = CONTRACT.operation("StartBackupJob").expect("an operation");
    let theirs = request(other, &example(other, "maximal"));
    let mut documented = theirs.clone();
    documented.headers_mut().insert("prefer", "dialect=documented".parse().expect("a value"));
    for mutant in all_of("ReplicateBackup").iter().chain(&all_of("StartBackupJob")) {
        assert_eq!(parts(answer(mutant, &documented)), parts(MOCK.answer(&documented).response), "{}", mutant.name());
        if !Arc::ptr_eq(&mutant.operation, other) {
            assert_eq!(parts(answer(mutant, &theirs)), parts(MOCK.answer(&theirs).response), "{}", mutant.name());
        }
    }
}

#[test]
fn constraints_that_no_request_breaks_alone_are_listed_with_the_reason() {
    let operation = CONTRACT.operation("ReplicateBackup").expect("an operation");
    let mutants = Mutant::all_of(&CONTRACT, operation, &[(0, "said so".to_owned())]);
    let excused: Vec<&Mutant> = mutants.iter().filter(|mutant| mutant.unobservable() == Some("said so")).collect();
    assert_eq!(excused.len(), 3);
    assert!(excused.iter().all(|mutant| mutant.about() == Some(operation.input.constraints[0].id.as_str())));
}
