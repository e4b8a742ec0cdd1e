//! The requests that are sent: bytes as recorded from real clients, with two changes. Where a recording broke a
//! documented rule (`&` in a tag value, two kinds of master password), the value is legal here, so that the whole way to
//! a success is measured. And each has a run of twelve zeros, [`SERIAL`], where a soak writes a running number.

/// Placeholder that a soak overwrites, so that no two of its requests are equal.
pub const SERIAL: &str = "000000000000";

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded; charset=utf-8";
const REPLICATE: &str =
    "POST /v3/f841e01fd2b14e7fa41b6ae7aa6b0594/backups/a5200268-74a5-4806-acc6-000000000000/replicate";

/// The client whose headers a request carries.
#[derive(Clone, Copy)]
enum Client {
    /// boto3 1.43 with `endpoint_url`, signing for the named service.
    Boto3 { service: &'static str, content_type: &'static str },
    /// openstacksdk 4.22 with a token.
    Openstack,
}

impl Client {
    fn headers(self) -> String {
        match self {
            Self::Boto3 { service, content_type } => format!(
                "Host: 127.0.0.1:44735\r\n\
                 Accept-Encoding: identity\r\n\
                 Content-Type: {content_type}\r\n\
                 User-Agent: Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux#6.18.44-fc-v657 md/arch#x86_64 \
                 lang/python#3.11.7 md/pyimpl#CPython m/Z,e,N,D,b cfg/retry-mode#legacy Botocore/1.43.11\r\n\
                 X-Amz-Date: 20261120T045741Z\r\n\
                 Authorization: AWS4-HMAC-SHA256 \
                 Credential=AKIAIOSFODNN7EXAMPLE/20261120/us-east-1/{service}/aws4_request, \
                 SignedHeaders=content-type;host;x-amz-date, \
                 Signature=8855362f2e2dd9750d4c1c86b4638a18184ad28901d5745ee0b749b1ead96d5f\r\n\
                 amz-sdk-invocation-id: 98e8804f-abe3-48c9-8166-31cd5af30f4a\r\n\
                 amz-sdk-request: attempt=1\r\n"
            ),
            Self::Openstack => "Host: 127.0.0.1:41579\r\n\
                 User-Agent: openstacksdk/4.22.0 keystoneauth1/5.18.1 python-requests/2.34.2 CPython/3.11.7\r\n\
                 Accept-Encoding: gzip, deflate\r\n\
                 Accept: */*\r\n\
                 Connection: keep-alive\r\n\
                 X-Auth-Token: MIIDkgYJKoZIhvcNAQcCoIIDgzCCXXXXX\r\n\
                 Content-Type: application/json\r\n"
                .to_owned(),
        }
    }
}

/// A request and the kind of answer it must get.
pub struct Call {
    /// The operation, or for an invalid request what is wrong with it.
    pub name: &'static str,
    /// Whether the contract accepts it: `2xx` is due then, `4xx` otherwise.
    pub valid: bool,
    /// Share of bare hyper's requests per second to reach.
    pub target: Option<f64>,
    line: &'static str,
    client: Client,
    body: &'static str,
}

impl Call {
    /// The bytes that go out.
    pub fn encode(&self) -> Vec<u8> {
        let Self { line, body, .. } = self;
        let headers = self.client.headers();
        format!("{line} HTTP/1.1\r\n{headers}Content-Length: {}\r\n\r\n{body}", body.len()).into_bytes()
    }
}

const fn operation(
    name: &'static str,
    target: Option<f64>,
    line: &'static str,
    client: Client,
    body: &'static str,
) -> Call {
    Call { name, valid: true, target, line, client, body }
}

const fn invalid(name: &'static str, line: &'static str, client: Client, body: &'static str) -> Call {
    Call { name, valid: false, target: None, line, client, body }
}

const RDS: Client = Client::Boto3 { service: "rds", content_type: FORM };
const BACKUP: Client = Client::Boto3 { service: "backup", content_type: JSON };

/// The measured operations, each with (nearly) every member that it has, and two of them with as few as they need.
pub static OPERATIONS: [Call; 7] = [
    operation(
        "ReplicateBackup",
        Some(0.65),
        REPLICATE,
        Client::Openstack,
        concat!(
            r#"{"replicate": {"destination_project_id": "68589cac08274b82b4e254268a3862d8", "#,
            r#""destination_region": "region2", "destination_vault_id": "0ca3eb86-8800-46da-9c37-9d657a825274", "#,
            r#""description": "backup_description", "name": "backup_name"}}"#,
        ),
    ),
    operation(
        "StartBackupJob",
        Some(0.6),
        "PUT /backup-jobs",
        BACKUP,
        concat!(
            r#"{"BackupVaultName": "Default", "#,
            r#""ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0", "#,
            r#""IamRoleArn": "arn:aws:iam::123456789012:role/S3Access", "#,
            r#""LogicallyAirGappedBackupVaultArn": "arn:aws:backup:us-east-1:123456789012:backup-vault:lag", "#,
            r#""IdempotencyToken": "58a5431d-6ca7-4e03-9951-000000000000", "StartWindowMinutes": 60, "#,
            r#""CompleteWindowMinutes": 10080, "Lifecycle": {"MoveToColdStorageAfterDays": 30, "#,
            r#""DeleteAfterDays": 120, "OptInToArchiveForSupportedResources": true}, "#,
            r#""RecoveryPointTags": {"env": "prod", "\u00fc": "\u6f22"}, "#,
            r#""BackupOptions": {"WindowsVSS": "enabled"}, "Index": "DISABLED"}"#,
        ),
    ),
    operation(
        "CopyDBClusterSnapshot",
        Some(0.5),
        "POST /",
        RDS,
        concat!(
            "Action=CopyDBClusterSnapshot&Version=2014-10-31",
            "&SourceDBClusterSnapshotIdentifier=arn%3Aaws%3Ards%3Aus-west-2%3A123456789012%3Acluster-snapshot",
            "%3Aaurora-cluster1-snapshot-20161115",
            "&TargetDBClusterSnapshotIdentifier=my-cluster-snapshot-000000000000",
            "&KmsKeyId=arn%3Aaws%3Akms%3Aus-east-1%3A123456789012%3Akey%2F1234abcd-12ab-34cd-56ef-1234567890ab",
            "&PreSignedUrl=https%3A%2F%2Frds.us-west-2.amazonaws.com%2F%3FAction%3DCopyDBClusterSnapshot",
            "%26Version%3D2014-10-31",
            "&CopyTags=true&Tags.Tag.1.Key=Name&Tags.Tag.1.Value=a+b%2Bc%2Fd%3De",
            "&Tags.Tag.2.Key=owner&Tags.Tag.2.Value=%C3%BC-%C3%B1+%E6%BC%A2",
        ),
    ),
    operation(
        "StartBackupJob (fewest members)",
        Some(0.6),
        "PUT /backup-jobs",
        BACKUP,
        concat!(
            r#"{"BackupVaultName": "Default", "#,
            r#""ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0", "#,
            r#""IamRoleArn": "arn:aws:iam::123456789012:role/S3Access", "#,
            r#""IdempotencyToken": "58a5431d-6ca7-4e03-9951-000000000000"}"#,
        ),
    ),
    operation(
        "CopyDBClusterSnapshot (fewest members)",
        Some(0.5),
        "POST /",
        RDS,
        concat!(
            "Action=CopyDBClusterSnapshot&Version=2014-10-31",
            "&SourceDBClusterSnapshotIdentifier=my-cluster-snapshot1",
            "&TargetDBClusterSnapshotIdentifier=my-cluster-snapshot-000000000000",
        ),
    ),
    operation(
        "RestoreDBClusterFromS3",
        Some(0.35),
        "POST /",
        RDS,
        concat!(
            "Action=RestoreDBClusterFromS3&Version=2014-10-31&DBClusterIdentifier=my-cluster1-000000000000",
            "&Engine=aurora-mysql&MasterUsername=admin&SourceEngine=mysql&SourceEngineVersion=8.0.28",
            "&S3BucketName=amzn-s3-demo-bucket&S3IngestionRoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Frds-s3",
            "&AvailabilityZones.AvailabilityZone.1=us-east-1a&AvailabilityZones.AvailabilityZone.2=us-east-1b",
            "&AvailabilityZones.AvailabilityZone.3=us-east-1c&BackupRetentionPeriod=35&CharacterSetName=utf8",
            "&DatabaseName=mydb&DBClusterParameterGroupName=default.aurora-mysql8.0",
            "&VpcSecurityGroupIds.VpcSecurityGroupId.1=sg-1&VpcSecurityGroupIds.VpcSecurityGroupId.2=sg-2",
            "&VpcSecurityGroupIds.VpcSecurityGroupId.3=sg-3&VpcSecurityGroupIds.VpcSecurityGroupId.4=sg-4",
            "&DBSubnetGroupName=mydbsubnetgroup&EngineVersion=8.0.mysql_aurora.3.04.0&Port=3306",
            "&MasterUserPassword=correct-horse-battery&OptionGroupName=og&PreferredBackupWindow=04%3A00-04%3A30",
            "&PreferredMaintenanceWindow=sun%3A05%3A00-sun%3A05%3A30",
            "&Tags.Tag.1.Key=Name&Tags.Tag.1.Value=a+b%2Bc%2Fd%3De",
            "&Tags.Tag.2.Key=owner&Tags.Tag.2.Value=%C3%BC-%C3%B1+%E6%BC%A2",
            "&Tags.Tag.3.Key=env&Tags.Tag.3.Value=prod&Tags.Tag.4.Key=team&Tags.Tag.4.Value=storage",
            "&Tags.Tag.5.Key=cost-centre&Tags.Tag.5.Value=4711",
            "&StorageEncrypted=true&KmsKeyId=alias%2Fk&EnableIAMDatabaseAuthentication=false",
            "&S3Prefix=backups%2F2024+01%2F&BacktrackWindow=259200",
            "&EnableCloudwatchLogsExports.member.1=audit&EnableCloudwatchLogsExports.member.2=error",
            "&EnableCloudwatchLogsExports.member.3=general&EnableCloudwatchLogsExports.member.4=slowquery",
            "&DeletionProtection=true&CopyTagsToSnapshot=true&Domain=d-1234567890",
            "&DomainIAMRoleName=rds-directory&StorageType=aurora-iopt1&NetworkType=DUAL",
            "&ServerlessV2ScalingConfiguration.MinCapacity=0.5&ServerlessV2ScalingConfiguration.MaxCapacity=8",
            "&ServerlessV2ScalingConfiguration.SecondsUntilAutoPause=300",
            "&EngineLifecycleSupport=open-source-rds-extended-support-disabled",
            "&TagSpecifications.item.1.ResourceType=cluster-auto-backup",
            "&TagSpecifications.item.1.Tags.Tag.1.Key=k&TagSpecifications.item.1.Tags.Tag.1.Value=v",
            "&TagSpecifications.item.1.Tags.Tag.2.Key=l&TagSpecifications.item.1.Tags.Tag.2.Value=w",
        ),
    ),
    operation(
        "StartDBInstanceAutomatedBackupsReplication",
        Some(0.5),
        "POST /",
        RDS,
        concat!(
            "Action=StartDBInstanceAutomatedBackupsReplication&Version=2014-10-31",
            "&SourceDBInstanceArn=arn%3Aaws%3Ards%3Aus-west-2%3A123456789012%3Adb%3Amydatabase-000000000000",
            "&BackupRetentionPeriod=7",
            "&KmsKeyId=arn%3Aaws%3Akms%3Aus-east-1%3A123456789012%3Akey%2FAKIAIOSFODNN7EXAMPLE",
            "&PreSignedUrl=https%3A%2F%2Frds.us-gov-west-1.amazonaws.com%2F%3FAction%3D",
            "StartDBInstanceAutomatedBackupsReplication%26Version%3D2014-10-31",
            "&Tags.Tag.1.Key=Name&Tags.Tag.1.Value=a+b%2Bc%2Fd%3De",
            "&Tags.Tag.2.Key=owner&Tags.Tag.2.Value=%C3%BC-%C3%B1+%E6%BC%A2",
        ),
    ),
];

/// Requests that the contract refuses; a soak mixes them in, one kind of refusal each.
pub static INVALID: [Call; 7] = [
    invalid(
        "ReplicateBackup without destination_region",
        REPLICATE,
        Client::Openstack,
        r#"{"replicate": {"destination_project_id": "6", "destination_vault_id": "0"}}"#,
    ),
    invalid("StartBackupJob with broken JSON", "PUT /backup-jobs", BACKUP, r#"{"BackupVaultName": 000000000000,"#),
    invalid(
        "StartBackupJob with a short vault name",
        "PUT /backup-jobs",
        BACKUP,
        concat!(
            r#"{"BackupVaultName": "x", "IdempotencyToken": "000000000000", "#,
            r#""ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0", "#,
            r#""IamRoleArn": "arn:aws:iam::123456789012:role/S3Access"}"#,
        ),
    ),
    invalid(
        "CopyDBClusterSnapshot without its source",
        "POST /",
        RDS,
        "Action=CopyDBClusterSnapshot&Version=2014-10-31&TargetDBClusterSnapshotIdentifier=copy-000000000000",
    ),
    invalid(
        "CopyDBClusterSnapshot with a bad target",
        "POST /",
        RDS,
        concat!(
            "Action=CopyDBClusterSnapshot&Version=2014-10-31&SourceDBClusterSnapshotIdentifier=my-snapshot",
            "&TargetDBClusterSnapshotIdentifier=-bad--000000000000",
        ),
    ),
    invalid("an unknown action", "POST /", RDS, "Action=Unknown000000000000&Version=2014-10-31"),
    invalid("an unknown path", "POST /v3/nowhere/000000000000", Client::Openstack, "{}"),
];
