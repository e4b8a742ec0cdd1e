//! RDS and AWS Backup: requests signed with SigV4.

use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::{Value, json};

use crate::{Failure, success};

const FORM: &str = "application/x-www-form-urlencoded";

/// A client of RDS and AWS Backup in one region.
pub struct Aws {
    endpoint: String,
    region: String,
    credentials: Credentials,
    http: reqwest::Client,
}

/// A copy of a cluster's snapshot.
pub struct Copy<'a> {
    pub source: &'a str,
    pub target: &'a str,
    pub tags: &'a [(&'a str, &'a str)],
}

/// A cluster made from the backup of a database in S3.
pub struct Restore<'a> {
    pub cluster: &'a str,
    pub user: &'a str,
    pub password: &'a str,
    pub version: &'a str,
    pub bucket: &'a str,
    pub role: &'a str,
}

/// A backup on demand.
pub struct Job<'a> {
    pub vault: &'a str,
    pub resource: &'a str,
    pub role: &'a str,
    /// Days until the backup goes to cold storage, and until it is deleted.
    pub lifecycle: Option<(u32, u32)>,
}

impl Aws {
    pub fn new(endpoint: &str, region: &str, key: &str, secret: &str) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            region: region.to_owned(),
            credentials: Credentials::from_keys(key, secret, None),
            http: reqwest::Client::new(),
        }
    }

    pub async fn copy_snapshot(&self, copy: Copy<'_>) -> Result<String, Failure> {
        let mut members = vec![
            ("SourceDBClusterSnapshotIdentifier".to_owned(), copy.source),
            ("TargetDBClusterSnapshotIdentifier".to_owned(), copy.target),
        ];
        for (number, (key, value)) in copy.tags.iter().enumerate() {
            members.push((format!("Tags.Tag.{}.Key", number + 1), key));
            members.push((format!("Tags.Tag.{}.Value", number + 1), value));
        }
        self.query("CopyDBClusterSnapshot", &members).await
    }

    pub async fn restore_from_s3(&self, restore: Restore<'_>) -> Result<String, Failure> {
        let members = [
            ("DBClusterIdentifier", restore.cluster),
            ("Engine", "aurora-mysql"),
            ("MasterUsername", restore.user),
            ("MasterUserPassword", restore.password),
            ("SourceEngine", "mysql"),
            ("SourceEngineVersion", restore.version),
            ("S3BucketName", restore.bucket),
            ("S3IngestionRoleArn", restore.role),
        ];
        self.query("RestoreDBClusterFromS3", &members).await
    }

    pub async fn replicate_automated_backups(&self, instance: &str, retention_days: u32) -> Result<String, Failure> {
        let days = retention_days.to_string();
        let members = [("SourceDBInstanceArn", instance), ("BackupRetentionPeriod", &days)];
        self.query("StartDBInstanceAutomatedBackupsReplication", &members).await
    }

    /// The id of the job.
    pub async fn start_backup(&self, job: Job<'_>) -> Result<String, Failure> {
        let mut input = json!({
            "BackupVaultName": job.vault,
            "ResourceArn": job.resource,
            "IamRoleArn": job.role,
        });
        if let Some((cold, delete)) = job.lifecycle {
            input["Lifecycle"] = json!({"MoveToColdStorageAfterDays": cold, "DeleteAfterDays": delete});
        }
        let answer = self.call("PUT", "/backup-jobs", "backup", "application/json", input.to_string()).await?;
        let answer: Value = serde_json::from_str(&answer).map_err(|error| Failure::Unanswered(error.into()))?;
        Ok(answer["BackupJobId"].as_str().unwrap_or_default().to_owned())
    }

    async fn query<N: AsRef<str>>(&self, action: &str, members: &[(N, &str)]) -> Result<String, Failure> {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2014-10-31").extend_pairs(members);
        self.call("POST", "/", "rds", FORM, form.finish()).await
    }

    async fn call(
        &self,
        method: &str,
        path: &str,
        service: &str,
        media: &str,
        body: String,
    ) -> Result<String, Failure> {
        let url = format!("{}{path}", self.endpoint);
        let headers = self.sign(method, &url, service, media, &body).map_err(Failure::Unanswered)?;
        let method = method.parse().map_err(|error| Failure::Unanswered(Box::new(error)))?;
        let mut request = self.http.request(method, url).header("content-type", media).body(body);
        for (name, value) in headers {
            request = request.header(name, value);
        }
        success(request).await
    }

    fn sign(
        &self,
        method: &str,
        url: &str,
        service: &str,
        media: &str,
        body: &str,
    ) -> Result<Vec<(String, String)>, Box<dyn std::error::Error + Send + Sync>> {
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(service)
            .time(SystemTime::now())
            .settings(SigningSettings::default())
            .build()?;
        let headers = std::iter::once(("content-type", media));
        let signable = SignableRequest::new(method, url, headers, SignableBody::Bytes(body.as_bytes()))?;
        let (instructions, _) = sign(signable, &params.into())?.into_parts();
        Ok(instructions.headers().map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }
}
