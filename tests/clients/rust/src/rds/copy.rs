//! `CopyDBClusterSnapshot`.

use aws_sdk_rds::{
    operation::copy_db_cluster_snapshot::{
        CopyDBClusterSnapshotError as Error, builders::CopyDBClusterSnapshotFluentBuilder as Call,
    },
    types::{DbClusterSnapshot, StorageEncryptionType, builders::DbClusterSnapshotBuilder as Answer},
};

use crate::{
    checks::{Checks, Declared, Violation, add_cases, has_form, same},
    rds::{KEY, client, tag, tags},
};

fn minimal(prefer: &'static str) -> Call {
    client(prefer)
        .copy_db_cluster_snapshot()
        .source_db_cluster_snapshot_identifier("my-cluster-snapshot1")
        .target_db_cluster_snapshot_identifier("my-cluster-snapshot2")
}

const VIOLATIONS: &[Violation<Call, Error>] = &[
    ("required", |call| call.set_target_db_cluster_snapshot_identifier(None), "MissingParameter", None),
    ("length", |call| call.target_db_cluster_snapshot_identifier("a".repeat(64)), "InvalidParameterValue", None),
    ("pattern", |call| call.target_db_cluster_snapshot_identifier("copy-"), "InvalidParameterValue", None),
    ("rule", |call| call.tags(tag("k", "rds:v")), "InvalidParameterValue", None),
];

const ERRORS: &[Declared<Error>] = &[
    ("DBClusterSnapshotNotFoundFault", 404, Error::is_db_cluster_snapshot_not_found_fault),
    ("InvalidDBClusterSnapshotStateFault", 400, Error::is_invalid_db_cluster_snapshot_state_fault),
    ("InvalidDBClusterStateFault", 400, Error::is_invalid_db_cluster_state_fault),
    ("SnapshotQuotaExceeded", 400, Error::is_snapshot_quota_exceeded_fault),
    ("DBClusterSnapshotAlreadyExistsFault", 400, Error::is_db_cluster_snapshot_already_exists_fault),
    ("KMSKeyNotAccessibleFault", 400, Error::is_kms_key_not_accessible_fault),
];

pub fn add(checks: &mut Checks) {
    const SOURCE: &str = "arn:aws:rds:us-west-2:123456789012:cluster-snapshot:rds:myaurora-2019-06-04-09-16";
    const OTHER_KEY: &str = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    checks.add("success CopyDBClusterSnapshot minimal", async {
        check(minimal(""), |answer| answer.kms_key_id(KEY).set_tag_list(Some(vec![]))).await;
    });
    checks.add("success CopyDBClusterSnapshot maximal", async {
        let call = minimal("")
            .source_db_cluster_snapshot_identifier(SOURCE)
            .target_db_cluster_snapshot_identifier("My-Cluster-Snapshot2")
            .kms_key_id(OTHER_KEY)
            .pre_signed_url("https://rds.us-west-2.amazonaws.com/?Action=CopyDBClusterSnapshot&Version=2014-10-31")
            .copy_tags(true)
            .set_tags(Some(tags()));
        check(call, |answer| {
            answer.kms_key_id(OTHER_KEY).source_db_cluster_snapshot_arn(SOURCE).set_tag_list(Some(tags()))
        })
        .await;
    });
    add_cases!(checks, "CopyDBClusterSnapshot", minimal, VIOLATIONS, ERRORS);
}

/// Sends the call and compares every member of the answer; those that vary have their form checked.
async fn check(call: Call, expected: fn(Answer) -> Answer) {
    let answer = call.send().await.expect("is accepted").db_cluster_snapshot.expect("an answer");
    has_form(answer.vpc_id(), "###-#################");
    has_form(answer.db_cluster_resource_id(), "#######-##########################");
    assert!(answer.snapshot_create_time().is_some() && answer.cluster_create_time().is_some());
    let common = DbClusterSnapshot::builder()
        .availability_zones("us-east-1a")
        .availability_zones("us-east-1b")
        .availability_zones("us-east-1c")
        .db_cluster_snapshot_identifier("my-cluster-snapshot2")
        .db_cluster_identifier("myaurora")
        .set_snapshot_create_time(answer.snapshot_create_time)
        .engine("aurora-mysql")
        .engine_mode("provisioned")
        .allocated_storage(1)
        .status("copying")
        .port(3306)
        .set_vpc_id(answer.vpc_id.clone())
        .set_cluster_create_time(answer.cluster_create_time)
        .master_username("admin")
        .engine_version("8.0.mysql_aurora.3.04.0")
        .license_model("aurora-mysql")
        .snapshot_type("manual")
        .percent_progress(0)
        .storage_encrypted(true)
        .storage_encryption_type(StorageEncryptionType::Cmk)
        .db_cluster_snapshot_arn("arn:aws:rds:us-east-1:123456789012:cluster-snapshot:my-cluster-snapshot2")
        .iam_database_authentication_enabled(false)
        .storage_type("aurora")
        .set_db_cluster_resource_id(answer.db_cluster_resource_id.clone());
    same(&answer, &expected(common).build());
}
