//! An implementation of OTC's `POST /v3/{project_id}/backups/{backup_id}/replicate`, with two mistakes: it takes names that
//! are too long, and it says the region of a replica in capitals.

use axum::Router;
use axum::body::Bytes;
use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::{Map, Value, json};

/// The service.
pub fn app() -> Router {
    let replicate = post(replicate).fallback(unknown);
    Router::new().route("/v3/{project_id}/backups/{backup_id}/replicate", replicate).fallback(unknown)
}

/// An error as the service says it.
struct Refusal(StatusCode, &'static str, &'static str);

const INVALID: Refusal = Refusal(StatusCode::BAD_REQUEST, "BackupService.9900", "Parameter verification failed.");
const UNAUTHENTICATED: Refusal =
    Refusal(StatusCode::UNAUTHORIZED, "APIGW.0301", "Incorrect IAM authentication information");
const UNKNOWN: Refusal = Refusal(StatusCode::NOT_FOUND, "APIGW.0101", "The API does not exist");

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        answer(self.0, &json!({"error_code": self.1, "error_msg": self.2}))
    }
}

async fn unknown() -> Refusal {
    UNKNOWN
}

async fn replicate(
    Path((project, backup)): Path<(String, String)>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Refusal> {
    if headers.get("x-auth-token").is_none_or(|token| token.is_empty()) {
        return Err(UNAUTHENTICATED);
    }
    let body: Value = serde_json::from_slice(&body).map_err(|_| INVALID)?;
    let members = body["replicate"].as_object().ok_or(INVALID)?;
    let of_description = |text: &str| text.chars().count() <= 255 && !text.contains(['<', '>']);
    // A mistake: the limit is 64.
    let of_name = |text: &str| (1..=255).contains(&text.chars().count()) && text.chars().all(is_of_a_name);
    text(members, "description", of_description)?;
    text(members, "name", of_name)?;
    if members.get("enable_acceleration").is_some_and(|value| !value.is_boolean()) {
        return Err(INVALID);
    }
    let of_region = |text: &str| text.len() <= 255 && text.bytes().all(is_of_a_region);
    let region = text(members, "destination_region", of_region)?.ok_or(INVALID)?;
    let destination = text(members, "destination_project_id", |_| true)?.ok_or(INVALID)?;
    let vault = text(members, "destination_vault_id", |_| true)?.ok_or(INVALID)?;
    let replication = json!({
        "backup_id": backup,
        "destination_project_id": destination,
        // A mistake: it is the region as it was asked for.
        "destination_region": region.to_uppercase(),
        "destination_vault_id": vault,
        "project_id": project,
        "provider_id": "0daac4c5-6707-4851-97ba-169e36266b66",
        "replication_record_id": "1579a71e-8d8d-41e6-85dc-d77f5ce8d91a",
        "source_region": "region1",
    });
    Ok(answer(StatusCode::OK, &json!({"replication": replication})))
}

fn answer(status: StatusCode, body: &Value) -> Response {
    let headers = [(header::CONTENT_TYPE.as_str(), "application/json"), ("x-request-id", "0a1b2c3d")];
    (status, headers, body.to_string()).into_response()
}

/// The text of a member that is right, or nothing where it is absent.
fn text<'m>(
    members: &'m Map<String, Value>,
    name: &str,
    is_right: impl Fn(&str) -> bool,
) -> Result<Option<&'m str>, Refusal> {
    let Some(value) = members.get(name) else { return Ok(None) };
    value.as_str().filter(|text| is_right(text)).map(Some).ok_or(INVALID)
}

fn is_of_a_name(character: char) -> bool {
    character.is_ascii_alphanumeric()
        || matches!(character, '_' | '-' | '\u{4e00}'..='\u{9fa5}' | '\u{f900}'..='\u{fa2d}')
}

fn is_of_a_region(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')
}
