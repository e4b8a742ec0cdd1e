//! Open Telekom Cloud's backup service: requests that carry a token.

use serde_json::json;

use crate::{Failure, success};

/// A client of one project.
pub struct Otc {
    endpoint: String,
    project: String,
    token: String,
    http: reqwest::Client,
}

/// A replica of a backup in another region.
pub struct Replica<'a> {
    pub project: &'a str,
    pub region: &'a str,
    pub vault: &'a str,
    pub name: Option<&'a str>,
}

impl Otc {
    pub fn new(endpoint: &str, project: &str, token: &str) -> Self {
        Self {
            endpoint: endpoint.trim_end_matches('/').to_owned(),
            project: project.to_owned(),
            token: token.to_owned(),
            http: reqwest::Client::new(),
        }
    }

    pub async fn replicate(&self, backup: &str, replica: Replica<'_>) -> Result<String, Failure> {
        let mut input = json!({
            "destination_project_id": replica.project,
            "destination_region": replica.region,
            "destination_vault_id": replica.vault,
        });
        if let Some(name) = replica.name {
            input["name"] = name.into();
        }
        let url = format!("{}/v3/{}/backups/{backup}/replicate", self.endpoint, self.project);
        let request = self.http.post(url).header("X-Auth-Token", &self.token);
        let body = json!({"replicate": input}).to_string();
        success(request.header("content-type", "application/json").body(body)).await
    }
}
