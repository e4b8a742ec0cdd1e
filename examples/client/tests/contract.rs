//! The client against the mock: what it sends keeps the contract, and what it takes back is understood.

use accordant::Contract;
use backup_client::{Aws, Copy, Failure, Job, Otc, Replica, Restore};
use wiremock::matchers::method;
use wiremock::{Mock, ResponseTemplate};

const ROLE: &str = "arn:aws:iam::123456789012:role/S3Access";

fn aws(endpoint: &str) -> Aws {
    Aws::new(endpoint, "us-east-1", "AKIDEXAMPLE", "secret")
}

#[tokio::test]
async fn every_operation_keeps_the_contract() -> Result<(), Failure> {
    let mock = Contract::builtin().mock_server().await;
    let aws = aws(&mock.uri());

    let copy = Copy { source: "nightly", target: "nightly-copy", tags: &[("team", "storage")] };
    assert!(aws.copy_snapshot(copy).await?.contains("<DBClusterSnapshotIdentifier>nightly-copy<"));

    let restore = Restore {
        cluster: "restored",
        user: "admin",
        password: "a-long-password",
        version: "5.7.28",
        bucket: "backups",
        role: ROLE,
    };
    assert!(aws.restore_from_s3(restore).await?.contains("<DBClusterIdentifier>restored<"));

    let instance = "arn:aws:rds:us-west-2:123456789012:db:orders";
    assert!(aws.replicate_automated_backups(instance, 14).await?.contains(instance));

    let resource = "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0";
    let job = Job { vault: "Default", resource, role: ROLE, lifecycle: Some((30, 120)) };
    assert!(!aws.start_backup(job).await?.is_empty());

    let otc = Otc::new(&mock.uri(), "f841e01fd2b14e7fa41b6ae7aa6b0594", "a-token");
    let replica = Replica { project: "68589cac", region: "eu-nl", vault: "0ca3eb86", name: Some("weekly") };
    assert!(otc.replicate("a5200268", replica).await?.contains("\"destination_region\":\"eu-nl\""));

    assert_eq!(mock.requests(), 5);
    mock.assert_conforming();
    Ok(())
}

#[tokio::test]
async fn a_mistake_is_named_with_its_source() {
    let mock = Contract::builtin().mock_server().await;
    // Cold storage for 60 days only.
    let resource = "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0";
    let job = Job { vault: "Default", resource, role: ROLE, lifecycle: Some((30, 90)) };
    let refused = aws(&mock.uri()).start_backup(job).await;
    assert!(matches!(refused, Err(Failure::Refused { status: 400, .. })), "{refused:?}");

    let violations = mock.violations();
    assert_eq!(violations.len(), 1);
    assert_eq!(violations[0].operation.as_deref(), Some("StartBackupJob"));
    assert!(violations[0].broken[0].constraint.starts_with("/Lifecycle#"), "{}", violations[0]);
    assert!(!violations[0].broken[0].citations.is_empty());
}

#[tokio::test]
async fn own_mocks_go_first() {
    let mock = Contract::builtin().mock_server().await;
    let busy = ResponseTemplate::new(503).set_body_string("busy");
    Mock::given(method("PUT")).respond_with(busy).expect(1).mount(&mock).await;
    let job = Job { vault: "Default", resource: "nonsense", role: ROLE, lifecycle: None };
    let refused = aws(&mock.uri()).start_backup(job).await;
    assert!(matches!(refused, Err(Failure::Refused { status: 503, .. })), "{refused:?}");
    // The contract was not asked.
    assert_eq!(mock.requests(), 0);
    mock.assert_conforming();
}
