//! Requests, as bytes.

/// Credentials for RDS: their form is what counts.
pub const SIGNED: (&str, &str) = (
    "Authorization",
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/us-east-1/rds/aws4_request, SignedHeaders=host, Signature=0",
);

/// Credentials for AWS Backup.
pub const SIGNED_FOR_BACKUP: (&str, &str) = (
    "Authorization",
    "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261120/us-east-1/backup/aws4_request, SignedHeaders=host, Signature=0",
);

/// A valid body of `ReplicateBackup`.
pub const REPLICATION: &str = r#"{"replicate": {"destination_project_id": "68589cac08274b82b4e254268a3862d8",
    "destination_region": "region2", "destination_vault_id": "0ca3eb86-8800-46da-9c37-9d657a825274"}}"#;

/// A valid body of `StartBackupJob`.
pub const BACKUP: &str = r#"{"BackupVaultName": "Default", "ResourceArn": "arn:aws:s3:::example-bucket",
    "IamRoleArn": "arn:aws:iam::123456789012:role/S3Access"}"#;

/// A valid body of `CopyDBClusterSnapshot`.
pub const COPY: &str = "Action=CopyDBClusterSnapshot&Version=2014-10-31\
    &SourceDBClusterSnapshotIdentifier=my-cluster-snapshot1&TargetDBClusterSnapshotIdentifier=my-cluster-snapshot2";

/// A valid body of `RestoreDBClusterFromS3`, but for the password that may follow it.
pub const RESTORE: &str = "Action=RestoreDBClusterFromS3&Version=2014-10-31&DBClusterIdentifier=my-cluster1\
    &Engine=aurora-mysql&MasterUsername=admin&SourceEngine=mysql&SourceEngineVersion=8.0.28\
    &S3BucketName=amzn-s3-demo-bucket&S3IngestionRoleArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Frds-s3";

const REPLICATE: &str = "POST /v3/f841e01f/backups/a5200268/replicate";

/// The head of a request whose body has this length.
pub fn head(line: &str, headers: &[(&str, &str)], length: usize) -> String {
    let mut head = format!("{line} HTTP/1.1\r\nHost: localhost\r\n");
    for (name, value) in headers {
        head.extend([*name, ": ", *value, "\r\n"]);
    }
    head + &format!("Content-Length: {length}\r\n\r\n")
}

/// A whole request.
pub fn request(line: &str, headers: &[(&str, &str)], body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let mut request = head(line, headers, body.len()).into_bytes();
    request.extend_from_slice(body);
    request
}

/// `ReplicateBackup` with credentials.
pub fn replicate(body: impl AsRef<[u8]>) -> Vec<u8> {
    request(REPLICATE, &[("X-Auth-Token", "a-token"), ("Content-Type", "application/json")], body)
}

/// The head of a [`replicate`] with further header lines, and with nothing said of a body.
pub fn replicate_head(lines: &str) -> String {
    format!("{REPLICATE} HTTP/1.1\r\nHost: localhost\r\nX-Auth-Token: a-token\r\n{lines}\r\n")
}

/// `StartBackupJob` with credentials.
pub fn back_up(body: impl AsRef<[u8]>) -> Vec<u8> {
    request("PUT /backup-jobs", &[SIGNED_FOR_BACKUP, ("Content-Type", "application/json")], body)
}

/// An action of RDS with credentials.
pub fn query(form: impl AsRef<[u8]>) -> Vec<u8> {
    request("POST /", &[SIGNED, ("Content-Type", "application/x-www-form-urlencoded")], form)
}

/// A request as the documents' pages show them.
pub fn documented(line: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    request(line, &[("Accept", "application/json"), ("Content-Type", "application/json")], body)
}
