//! `StartBackupJob`.

use std::collections::HashMap;

use aws_sdk_backup::{
    Client,
    operation::start_backup_job::{StartBackupJobError as Error, builders::StartBackupJobFluentBuilder as Call},
    types::{Index, Lifecycle},
};

use crate::checks::{Checks, Declared, Violation, add_cases, config, has_form, refused, typed};

fn client(prefer: &'static str) -> Client {
    Client::from_conf(config!(aws_sdk_backup, prefer))
}

fn minimal(prefer: &'static str) -> Call {
    client(prefer)
        .start_backup_job()
        .backup_vault_name("Default")
        .resource_arn("arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0")
        .iam_role_arn("arn:aws:iam::123456789012:role/S3Access")
}

const VIOLATIONS: &[Violation<Call, Error>] = &[
    (
        "required",
        |call| call.set_backup_vault_name(None),
        "MissingParameterValueException",
        Some(Error::is_missing_parameter_value_exception),
    ),
    (
        "pattern",
        |call| call.backup_vault_name("x"),
        "InvalidParameterValueException",
        Some(Error::is_invalid_parameter_value_exception),
    ),
    (
        "range",
        |call| call.start_window_minutes(59),
        "InvalidParameterValueException",
        Some(Error::is_invalid_parameter_value_exception),
    ),
    (
        "enum",
        |call| call.index(Index::from("MAYBE")),
        "InvalidParameterValueException",
        Some(Error::is_invalid_parameter_value_exception),
    ),
    (
        "rule",
        |call| call.lifecycle(days_of(30, 119).build()),
        "InvalidParameterValueException",
        Some(Error::is_invalid_parameter_value_exception),
    ),
];

const ERRORS: &[Declared<Error>] = &[
    ("ResourceNotFoundException", 400, Error::is_resource_not_found_exception),
    ("LimitExceededException", 400, Error::is_limit_exceeded_exception),
    ("InvalidParameterValueException", 400, Error::is_invalid_parameter_value_exception),
    ("MissingParameterValueException", 400, Error::is_missing_parameter_value_exception),
    ("InvalidRequestException", 400, Error::is_invalid_request_exception),
    ("ServiceUnavailableException", 500, Error::is_service_unavailable_exception),
];

pub fn add(checks: &mut Checks) {
    checks.add("success StartBackupJob minimal", async { check(minimal("")).await });
    checks.add("success StartBackupJob maximal", async { check(maximal()).await });

    add_cases!(checks, "StartBackupJob", minimal, VIOLATIONS, ERRORS);

    checks.add("operation unknown to the mock", async {
        let call = client("").describe_backup_job().backup_job_id("12345678-1234-1234-1234-123456789012");
        let error = refused(call.send().await, 404, "UnknownOperationException");
        typed(&error, None);
    });
}

fn maximal() -> Call {
    minimal("")
        .backup_vault_name("Team-A_weekly")
        .logically_air_gapped_backup_vault_arn("arn:aws:backup:us-east-1:123456789012:backup-vault:air-gapped")
        .resource_arn("arn:aws:ec2:us-east-1:123456789012:instance/i-0123456789abcdef0")
        .idempotency_token("weekly-2025-01-05")
        .start_window_minutes(60)
        .complete_window_minutes(10_080)
        .lifecycle(days_of(30, 120).opt_in_to_archive_for_supported_resources(true).build())
        .set_recovery_point_tags(Some(HashMap::from([("größe".into(), "漢字".into())])))
        .backup_options("WindowsVSS", "enabled")
        .index(Index::Disabled)
}

fn days_of(cold: i64, deleted: i64) -> aws_sdk_backup::types::builders::LifecycleBuilder {
    Lifecycle::builder().move_to_cold_storage_after_days(cold).delete_after_days(deleted)
}

/// Sends the call and compares every member of the answer; those that vary have their form checked.
async fn check(call: Call) {
    let answer = call.send().await.expect("is accepted");
    has_form(answer.backup_job_id(), "########-####-####-####-############");
    assert!(answer.creation_date().is_some());
    assert_eq!((answer.recovery_point_arn(), answer.is_parent()), (None, false));
}
