//! `RestoreDBClusterFromS3`.

use aws_sdk_rds::{
    operation::restore_db_cluster_from_s3::{
        RestoreDBClusterFromS3Error as Error, builders::RestoreDBClusterFromS3FluentBuilder as Call,
    },
    types::{
        ActivityStreamStatus, DatabaseInsightsMode, DbCluster, LocalWriteForwardingStatus,
        ServerlessV2ScalingConfiguration, ServerlessV2ScalingConfigurationInfo, TagSpecification,
        VpcSecurityGroupMembership, builders::DbClusterBuilder as Answer,
    },
};

use crate::{
    checks::{Checks, Declared, Violation, add_cases, has_form, same},
    rds::{client, tag, tags},
};

fn minimal(prefer: &'static str) -> Call {
    client(prefer)
        .restore_db_cluster_from_s3()
        .db_cluster_identifier("my-cluster1")
        .engine("aurora-mysql")
        .master_username("admin")
        .source_engine("mysql")
        .source_engine_version("8.0.28")
        .s3_bucket_name("amzn-s3-demo-bucket")
        .s3_ingestion_role_arn("arn:aws:iam::123456789012:role/rds-s3")
}

const VIOLATIONS: &[Violation<Call, Error>] = &[
    ("required", |call| call.set_s3_bucket_name(None), "MissingParameter", None),
    ("length", |call| call.master_username("a2345678901234567"), "InvalidParameterValue", None),
    ("pattern", |call| call.db_cluster_identifier("my--cluster"), "InvalidParameterValue", None),
    ("range", |call| call.backup_retention_period(36), "InvalidParameterValue", None),
    ("enum", |call| call.engine("postgres"), "InvalidParameterValue", None),
    (
        "enum of a type of its own",
        |call| call.network_type("IPV6"),
        "NetworkTypeNotSupported",
        Some(Error::is_network_type_not_supported),
    ),
    (
        "rule",
        |call| call.master_user_password("mypassword").manage_master_user_password(true),
        "InvalidParameterCombination",
        None,
    ),
];

const ERRORS: &[Declared<Error>] = &[
    ("DBClusterAlreadyExistsFault", 400, Error::is_db_cluster_already_exists_fault),
    ("StorageQuotaExceeded", 400, Error::is_storage_quota_exceeded_fault),
    ("DomainNotFoundFault", 404, Error::is_domain_not_found_fault),
    ("InsufficientStorageClusterCapacity", 400, Error::is_insufficient_storage_cluster_capacity_fault),
    ("KMSKeyNotAccessibleFault", 400, Error::is_kms_key_not_accessible_fault),
    ("DBClusterParameterGroupNotFound", 404, Error::is_db_cluster_parameter_group_not_found_fault),
    ("InvalidSubnet", 400, Error::is_invalid_subnet),
    ("DBClusterNotFoundFault", 404, Error::is_db_cluster_not_found_fault),
    ("StorageTypeNotSupported", 400, Error::is_storage_type_not_supported_fault),
    ("InvalidVPCNetworkStateFault", 400, Error::is_invalid_vpc_network_state_fault),
    ("InvalidDBClusterStateFault", 400, Error::is_invalid_db_cluster_state_fault),
    ("NetworkTypeNotSupported", 400, Error::is_network_type_not_supported),
    ("InvalidDBSubnetGroupStateFault", 400, Error::is_invalid_db_subnet_group_state_fault),
    ("DBSubnetGroupNotFoundFault", 404, Error::is_db_subnet_group_not_found_fault),
    ("InvalidS3BucketFault", 400, Error::is_invalid_s3_bucket_fault),
    ("DBClusterQuotaExceededFault", 403, Error::is_db_cluster_quota_exceeded_fault),
];

pub fn add(checks: &mut Checks) {
    checks.add("success RestoreDBClusterFromS3 minimal", async {
        check(minimal(""), |answer| {
            answer
                .backup_retention_period(1)
                .db_cluster_parameter_group("default.aurora-mysql8.0")
                .db_subnet_group("default")
                .engine_version("8.0.mysql_aurora.3.04.0")
                .port(3306)
                .preferred_backup_window("11:15-11:45")
                .preferred_maintenance_window("thu:12:19-thu:12:49")
                .vpc_security_groups(member_of("sg-0123456789abcdef0"))
                .storage_encrypted(false)
                .iam_database_authentication_enabled(false)
                .deletion_protection(false)
                .copy_tags_to_snapshot(false)
                .set_tag_list(Some(vec![]))
                .network_type("IPV4")
                .engine_lifecycle_support("open-source-rds-extended-support")
        })
        .await;
    });
    checks.add("success RestoreDBClusterFromS3 maximal", async {
        check(maximal(), |answer| {
            answer
                .backup_retention_period(35)
                .character_set_name("utf8")
                .database_name("mydb")
                .db_cluster_parameter_group("parameters")
                .db_subnet_group("subnets")
                .engine_version("5.7.mysql_aurora.2.12.0")
                .port(3307)
                .preferred_backup_window("04:00-04:30")
                .preferred_maintenance_window("sun:05:00-sun:05:30")
                .vpc_security_groups(member_of("sg-1"))
                .vpc_security_groups(member_of("sg-2"))
                .storage_encrypted(true)
                .kms_key_id("alias/k")
                .iam_database_authentication_enabled(true)
                .backtrack_window(259_200)
                .enabled_cloudwatch_logs_exports("audit")
                .enabled_cloudwatch_logs_exports("slowquery")
                .storage_type("aurora-iopt1")
                .deletion_protection(true)
                .copy_tags_to_snapshot(true)
                .set_tag_list(Some(tags()))
                .network_type("DUAL")
                .serverless_v2_scaling_configuration(
                    ServerlessV2ScalingConfigurationInfo::builder()
                        .min_capacity(0.5)
                        .max_capacity(8.5)
                        .seconds_until_auto_pause(300)
                        .build(),
                )
                .engine_lifecycle_support("open-source-rds-extended-support-disabled")
        })
        .await;
    });
    add_cases!(checks, "RestoreDBClusterFromS3", minimal, VIOLATIONS, ERRORS);
}

fn maximal() -> Call {
    let zones = ["us-east-1a", "us-east-1b", "us-east-1c"].map(str::to_owned);
    let for_backups = TagSpecification::builder().resource_type("cluster-auto-backup").tags(tag("k", "v")).build();
    let capacity = ServerlessV2ScalingConfiguration::builder()
        .min_capacity(0.5)
        .max_capacity(8.5)
        .seconds_until_auto_pause(300)
        .build();
    minimal("")
        .set_availability_zones(Some(zones.to_vec()))
        .backup_retention_period(35)
        .character_set_name("utf8")
        .database_name("mydb")
        .db_cluster_identifier("My-Cluster1")
        .db_cluster_parameter_group_name("Parameters")
        .vpc_security_group_ids("sg-1")
        .vpc_security_group_ids("sg-2")
        .db_subnet_group_name("Subnets")
        .engine_version("5.7.mysql_aurora.2.12.0")
        .port(3307)
        .master_user_password("p w~*!12345")
        .option_group_name("og")
        .preferred_backup_window("04:00-04:30")
        .preferred_maintenance_window("Sun:05:00-Sun:05:30")
        .set_tags(Some(tags()))
        .storage_encrypted(true)
        .kms_key_id("alias/k")
        .enable_iam_database_authentication(true)
        .s3_prefix("backups/2024 01/")
        .backtrack_window(259_200)
        .enable_cloudwatch_logs_exports("audit")
        .enable_cloudwatch_logs_exports("slowquery")
        .deletion_protection(true)
        .copy_tags_to_snapshot(true)
        .domain("d-1234567890")
        .domain_iam_role_name("rds-directory")
        .storage_type("aurora-iopt1")
        .network_type("DUAL")
        .serverless_v2_scaling_configuration(capacity)
        .manage_master_user_password(false)
        .engine_lifecycle_support("open-source-rds-extended-support-disabled")
        .tag_specifications(for_backups)
}

/// Sends the call and compares every member of the answer; those that vary have their form checked.
async fn check(call: Call, expected: fn(Answer) -> Answer) {
    let answer = call.send().await.expect("is accepted").db_cluster.expect("an answer");
    has_form(answer.hosted_zone_id(), &"#".repeat(14));
    has_form(answer.db_cluster_resource_id(), "#######-##########################");
    assert!(answer.cluster_create_time().is_some());
    let zones = ["us-east-1a", "us-east-1b", "us-east-1c"].map(str::to_owned);
    let common = DbCluster::builder()
        .allocated_storage(1)
        .set_availability_zones(Some(zones.to_vec()))
        .db_cluster_identifier("my-cluster1")
        .status("creating")
        .endpoint("my-cluster1.cluster-co3xyzabc123.us-east-1.rds.amazonaws.com")
        .reader_endpoint("my-cluster1.cluster-ro-co3xyzabc123.us-east-1.rds.amazonaws.com")
        .multi_az(false)
        .engine("aurora-mysql")
        .master_username("admin")
        .set_read_replica_identifiers(Some(vec![]))
        .set_db_cluster_members(Some(vec![]))
        .set_hosted_zone_id(answer.hosted_zone_id.clone())
        .set_db_cluster_resource_id(answer.db_cluster_resource_id.clone())
        .db_cluster_arn("arn:aws:rds:us-east-1:123456789012:cluster:my-cluster1")
        .set_associated_roles(Some(vec![]))
        .set_cluster_create_time(answer.cluster_create_time)
        .engine_mode("provisioned")
        .auto_minor_version_upgrade(true)
        .http_endpoint_enabled(false)
        .activity_stream_status(ActivityStreamStatus::Stopped)
        .cross_account_clone(false)
        .set_domain_memberships(Some(vec![]))
        .database_insights_mode(DatabaseInsightsMode::Standard)
        .local_write_forwarding_status(LocalWriteForwardingStatus::Disabled);
    same(&answer, &expected(common).build());
}

fn member_of(group: &str) -> VpcSecurityGroupMembership {
    VpcSecurityGroupMembership::builder().vpc_security_group_id(group).status("active").build()
}
