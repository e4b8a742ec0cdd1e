//! `StartDBInstanceAutomatedBackupsReplication`.

use aws_sdk_rds::{
    operation::start_db_instance_automated_backups_replication::{
        StartDBInstanceAutomatedBackupsReplicationError as Error,
        builders::StartDBInstanceAutomatedBackupsReplicationFluentBuilder as Call,
    },
    types::{DbInstanceAutomatedBackup, RestoreWindow, builders::DbInstanceAutomatedBackupBuilder as Answer},
};

use crate::{
    checks::{Checks, Declared, Violation, add_cases, has_form, same},
    rds::{KEY, client, tag, tags},
};

fn minimal(prefer: &'static str) -> Call {
    client(prefer)
        .start_db_instance_automated_backups_replication()
        .source_db_instance_arn("arn:aws:rds:us-west-2:123456789012:db:mydatabase")
}

const VIOLATIONS: &[Violation<Call, Error>] = &[
    ("required", |call| call.set_source_db_instance_arn(None), "MissingParameter", None),
    ("length", |call| call.tags(tag("", "v")), "InvalidParameterValue", None),
    ("pattern", |call| call.source_db_instance_arn("mydatabase"), "InvalidParameterValue", None),
    ("rule", |call| call.tags(tag("aws:k", "v")), "InvalidParameterValue", None),
];

const ERRORS: &[Declared<Error>] = &[
    ("DBInstanceNotFound", 404, Error::is_db_instance_not_found_fault),
    ("InvalidDBInstanceAutomatedBackupState", 400, Error::is_invalid_db_instance_automated_backup_state_fault),
    ("StorageTypeNotSupported", 400, Error::is_storage_type_not_supported_fault),
    ("DBInstanceAutomatedBackupQuotaExceeded", 400, Error::is_db_instance_automated_backup_quota_exceeded_fault),
    ("InvalidDBInstanceState", 400, Error::is_invalid_db_instance_state_fault),
    ("KMSKeyNotAccessibleFault", 400, Error::is_kms_key_not_accessible_fault),
];

pub fn add(checks: &mut Checks) {
    checks.add("success StartDBInstanceAutomatedBackupsReplication minimal", async {
        check(minimal(""), |answer| answer.backup_retention_period(7).set_tag_list(Some(vec![]))).await;
    });
    checks.add("success StartDBInstanceAutomatedBackupsReplication maximal", async {
        let call = minimal("")
            .backup_retention_period(14)
            .kms_key_id(KEY)
            .pre_signed_url("https://rds.us-west-2.amazonaws.com/?Action=StartDBInstanceAutomatedBackupsReplication")
            .set_tags(Some(tags()));
        check(call, |answer| answer.backup_retention_period(14).kms_key_id(KEY).set_tag_list(Some(tags()))).await;
    });
    add_cases!(checks, "StartDBInstanceAutomatedBackupsReplication", minimal, VIOLATIONS, ERRORS);
}

/// Sends the call and compares every member of the answer; those that vary have their form checked.
async fn check(call: Call, expected: fn(Answer) -> Answer) {
    let answer = call.send().await.expect("is accepted").db_instance_automated_backup.expect("an answer");
    has_form(answer.dbi_resource_id(), "##-##########################");
    let arn = answer.db_instance_automated_backups_arn().expect("an ARN");
    has_form(arn.strip_prefix("arn:aws:rds:us-east-1:123456789012:auto-backup:ab-"), &"#".repeat(39));
    assert!(answer.instance_create_time().is_some());
    let common = DbInstanceAutomatedBackup::builder()
        .db_instance_arn("arn:aws:rds:us-west-2:123456789012:db:mydatabase")
        .set_dbi_resource_id(answer.dbi_resource_id.clone())
        .region("us-west-2")
        .db_instance_identifier("mydatabase")
        .restore_window(RestoreWindow::builder().build())
        .allocated_storage(20)
        .status("pending")
        .port(3306)
        .set_instance_create_time(answer.instance_create_time)
        .master_username("admin")
        .engine("mysql")
        .engine_version("8.0.35")
        .license_model("general-public-license")
        .option_group_name("default:mysql-8-0")
        .storage_type("gp2")
        .iam_database_authentication_enabled(false)
        .set_db_instance_automated_backups_arn(answer.db_instance_automated_backups_arn.clone());
    same(&answer, &expected(common).build());
}
