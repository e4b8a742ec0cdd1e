//! What the mock answers: which operation a request is for, in which dialect, and what steers it.

use std::sync::Arc;

use accordant::Contract;
use accordant::mock::{Mock, respond};
use accordant::model::{Occurrence, Table};
use accordant::value::pointer;
use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use crate::wire::with_credentials;

fn mock() -> Mock {
    Mock::new(Arc::new(Contract::builtin()))
}

fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request<Bytes> {
    let mut request = Request::builder().method(method).uri(target);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Bytes::copy_from_slice(body.as_bytes())).expect("a request")
}

fn text(response: &Response<Bytes>) -> String {
    String::from_utf8(response.body().to_vec()).expect("text")
}

const COPY: &str = "Action=CopyDBClusterSnapshot&Version=2014-10-31&SourceDBClusterSnapshotIdentifier=s&TargetDBClusterSnapshotIdentifier=t";
const TORN: &str = "Action=CopyDBClusterSnapshot&Action=RestoreDBClusterFromS3&SourceDBClusterSnapshotIdentifier=s&TargetDBClusterSnapshotIdentifier=t";
const JOB: &str = r#"{"BackupVaultName": "vault", "ResourceArn": "arn:aws:s3:::bucket", "IamRoleArn": "arn:aws:iam::123456789012:role/r"}"#;

#[test]
fn no_request_gets_an_error_that_no_service_has() {
    let contract = Contract::builtin();
    let marks: [&[(&str, &str)]; 6] = [
        &[],
        &[(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=A/1/us-east-1/rds/aws4_request, SignedHeaders=host, Signature=0",
        )],
        &[(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=A/1/us-east-1/backup/aws4_request, SignedHeaders=host, Signature=0",
        )],
        &[(
            "authorization",
            "AWS4-HMAC-SHA256 Credential=A/1/us-east-1/ec2/aws4_request, SignedHeaders=host, Signature=0",
        )],
        &[("x-auth-token", "t")],
        &[("accept", "application/json")],
    ];
    let mut asked = 0;
    for mark in marks {
        for method in ["GET", "POST", "PUT", "DELETE", "HEAD"] {
            for target in [
                "/",
                "/backup-jobs",
                "/backup-jobs/",
                "/v3/p/backups/b/replicate",
                "/v3",
                "/x?Action=Foo",
                "/?Action=Foo",
                "/?Action=",
            ] {
                for body in ["", COPY, JOB, "Action=Foo", "{", "\u{0}"] {
                    for media_type in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
                        let headers = [mark, &[("content-type", media_type)]].concat();
                        let response = respond(&contract, &request(method, target, &headers, body));
                        let answer = format!("{:?} {}", response.headers(), text(&response));
                        assert!(!answer.contains("UndeclaredError"), "{method} {target} {headers:?} {body}: {answer}");
                        asked += 1;
                    }
                }
            }
        }
    }
    assert_eq!(asked, 6 * 5 * 8 * 6 * 3);
}

#[test]
fn the_case_of_a_media_type_says_nothing() {
    let contract = Contract::builtin();
    for (service, method, target, media_type, body) in [
        ("backup", "PUT", "/backup-jobs", "Application/JSON; Charset=UTF-8", JOB),
        ("rds", "POST", "/", "Application/X-WWW-Form-Urlencoded", COPY),
        (
            "rds",
            "POST",
            "http://rds.us-east-1.amazonaws.com/",
            "application/x-www-form-urlencoded; charset=utf-8",
            COPY,
        ),
    ] {
        let asked = with_credentials(request(method, target, &[("content-type", media_type)], body), service);
        assert_eq!(respond(&contract, &asked).status(), 200, "{media_type}");
    }
}

#[test]
fn what_is_wrong_with_a_request_is_told_as_it_is() {
    let contract = Contract::builtin();
    for (method, target, media_type, body, status, cause) in [
        ("POST", "/", "application/json", COPY, 400, "#unsupported-media-type"),
        ("POST", "/", "application/x-www-form-urlencoded", "A=b", 400, "#missing-action"),
        ("POST", "/", "application/x-www-form-urlencoded", "Action=DescribeDBInstances", 400, "#unknown-action"),
        (
            "POST",
            "/?Action=CopyDBClusterSnapshot&Version=1",
            "application/x-www-form-urlencoded",
            COPY,
            400,
            "#unknown-version",
        ),
        ("POST", "/", "application/x-www-form-urlencoded", TORN, 400, "#duplicate-member"),
        (
            "POST",
            "/",
            "application/x-www-form-urlencoded",
            "Action=CopyDBClusterSnapshot&Version=2012-01-01",
            400,
            "#unknown-version",
        ),
        ("PATCH", "/", "application/x-www-form-urlencoded", COPY, 400, "#method-not-allowed"),
    ] {
        let asked = with_credentials(request(method, target, &[("content-type", media_type)], body), "rds");
        let response = respond(&contract, &asked);
        let violations = response.headers().get("accordant-violations").and_then(|value| value.to_str().ok());
        assert_eq!(
            (response.status().as_u16(), violations),
            (status, Some(cause)),
            "{method} {target} {body}: {}",
            text(&response)
        );
    }
}

#[test]
fn members_that_nobody_knows_are_noted_and_taken() {
    let contract = Contract::builtin();
    let job = JOB.replace('{', r#"{"Stranger": 1, "#);
    let copy = format!("{COPY}&Stranger=1");
    let replicate = r#"{"replicate": {"destination_project_id": "p", "destination_region": "r", "destination_vault_id": "v", "stranger": 1}}"#;
    for (service, method, target, media_type, body) in [
        ("backup", "PUT", "/backup-jobs", "application/json", job.as_str()),
        ("rds", "POST", "/", "application/x-www-form-urlencoded", &copy),
        ("cbr", "POST", "/v3/p/backups/b/replicate", "application/json", replicate),
    ] {
        let asked = with_credentials(request(method, target, &[("content-type", media_type)], body), service);
        let response = respond(&contract, &asked);
        assert_eq!(
            (response.status().as_u16(), &response.headers()["accordant-notes"]),
            (200, &"#unknown-member".parse().expect("a value")),
            "{service}"
        );
    }
}

#[test]
fn the_documented_dialect_answers_every_operation_that_is_documented_so() {
    let contract = Contract::builtin();
    let mut answered = 0;
    for operation in contract.operations() {
        let Some(documented) = &operation.service.documented else { continue };
        let codec = accordant::codec::of(documented.protocol);
        let asked = codec.encode_request(operation, &operation.examples[0].input);
        let response = respond(&contract, &asked);
        let body: Value = serde_json::from_slice(response.body()).expect("JSON");
        assert_eq!((response.status().as_u16(), &body["success"]), (200, &json!(true)), "{}: {body}", operation.name);
        assert!(body["data"]["id"].is_string() && body["data"]["created_at"].is_string(), "{}: {body}", operation.name);
        let empty = codec.encode_request(operation, &json!({}));
        let response = respond(&contract, &empty);
        let body: Value = serde_json::from_slice(response.body()).expect("JSON");
        assert_eq!(
            (response.status().as_u16(), &body["error"]["code"]),
            (400, &json!("VALIDATION_ERROR")),
            "{}",
            operation.name
        );
        answered += 1;
    }
    assert_eq!(answered, 4);
}

#[test]
fn prefer_steers_one_answer_and_tells_what_it_did() {
    let contract = Contract::builtin();
    let copy = |prefer: &str| {
        let headers = [("content-type", "application/x-www-form-urlencoded"), ("prefer", prefer)];
        respond(&contract, &with_credentials(request("POST", "/", &headers, COPY), "rds"))
    };
    for (prefer, status, part, applied) in [
        (
            "code=DBClusterSnapshotNotFoundFault",
            404,
            "<Code>DBClusterSnapshotNotFoundFault</Code>",
            Some("code=DBClusterSnapshotNotFoundFault"),
        ),
        (
            "code=SnapshotQuotaExceededFault",
            400,
            "<Code>SnapshotQuotaExceeded</Code>",
            Some("code=SnapshotQuotaExceededFault"),
        ),
        ("code=404", 404, "NotFound", Some("code=404")),
        ("example=aws", 200, "<Status>available</Status>", Some("example=aws")),
        ("dialect=native", 200, "<Status>copying</Status>", Some("dialect=native")),
        ("code=NoSuchCode", 200, "<Status>copying</Status>", None),
        ("example=nobody", 200, "<Status>copying</Status>", None),
    ] {
        let response = copy(prefer);
        let told = response.headers().get("preference-applied").and_then(|value| value.to_str().ok());
        assert_eq!((response.status().as_u16(), told), (status, applied), "{prefer}");
        assert!(text(&response).contains(part), "{prefer}: {}", text(&response));
    }
    // CBR has no documented dialect to prefer.
    let headers = [("x-auth-token", "t"), ("prefer", "dialect=documented")];
    let response = respond(&contract, &request("POST", "/v3/p/backups/b/replicate", &headers, "{}"));
    assert_eq!(response.headers().get("preference-applied"), None);
}

#[test]
fn answers_depend_on_the_input_and_the_seed_alone() {
    let contract = Arc::new(Contract::builtin());
    for operation in contract.operations() {
        let codec = operation.service.codec();
        let ask = |input: &Value, seed: u64| {
            let asked = with_credentials(codec.encode_request(operation, input), &operation.service.name);
            Mock::new(Arc::clone(&contract)).seed(seed).answer(&asked).response
        };
        let input = &operation.examples[0].input;
        let (first, again, other) = (ask(input, 1), ask(input, 1), ask(input, 2));
        assert_eq!((first.headers(), first.body()), (again.headers(), again.body()), "{}", operation.name);
        assert_ne!(first.body(), other.body(), "{}", operation.name);
        let Some(idempotency) = &operation.idempotency else { continue };
        let with_token = |token: &str, vault: &str| {
            let mut input = input.clone();
            pointer::set(&mut input, &idempotency.token, json!(token));
            input["BackupVaultName"] = json!(vault);
            text(&ask(&input, 1))
        };
        assert_eq!(with_token("a", "one"), with_token("a", "two"), "the same token, the same job");
        assert_ne!(with_token("a", "one"), with_token("b", "one"));
        assert_ne!(with_token("", "one"), with_token("", "two"), "an empty token is none");
    }
}

#[test]
fn echoes_repeat_the_input_and_examples_are_answered_by_the_schema() {
    let contract = Contract::builtin();
    for operation in contract.operations() {
        for example in &operation.examples {
            let output = accordant::mock::answer(operation, &example.input, 0, "eu-west-1");
            assert_eq!(operation.output.judge(&output), [], "{} {}", operation.name, example.name);
            for echo in &operation.echo {
                let (Some(sent), Some(answered)) =
                    (pointer::first(&example.input, &echo.from), pointer::first(&output, &echo.to))
                else {
                    continue;
                };
                let (sent, answered) = (sent.to_string(), answered.to_string());
                let same = if echo.fold.is_some() { sent.eq_ignore_ascii_case(&answered) } else { sent == answered };
                assert!(same, "{} {}: {:?} is {answered}, not {sent}", operation.name, example.name, echo.to);
            }
        }
    }
}

#[test]
fn a_presigned_get_is_a_request_like_any() {
    let contract = Contract::builtin();
    let signature =
        "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=A%2F1%2Feu-west-1%2Frds%2Faws4_request&X-Amz-Signature=0";
    let response = respond(&contract, &request(Method::GET.as_str(), &format!("/?{COPY}&{signature}"), &[], ""));
    assert_eq!(response.status(), 200);
    assert!(text(&response).contains("arn:aws:rds:eu-west-1:"), "{}", text(&response));
    assert_eq!(mock().answer(&request("GET", &format!("/?{COPY}"), &[], "")).response.status(), 403);
}

#[tokio::test]
async fn wiremock_answers_by_the_contract() {
    let server = Contract::builtin().mock_server().await;
    // The client that the judge sends with leaves the choice to its user, and so must the one here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let asked = client.put(format!("{}/backup-jobs", server.uri())).header("accept", "application/json").body(JOB);
    let response = asked.send().await.expect("an answer");
    assert_eq!(response.status(), 200);
    let body: Value = serde_json::from_str(&response.text().await.expect("a body")).expect("JSON");
    assert_eq!(body["success"], json!(true));
    assert_eq!(server.received_requests().await.map(|requests| requests.len()), Some(1));
}

#[test]
fn members_are_answered_in_the_order_of_the_schema() {
    let contract = Contract::builtin();
    let mut compared = 0;
    for operation in contract.operations() {
        for example in &operation.examples {
            let output = accordant::mock::answer(operation, &example.input, 0, "eu-west-1");
            compared += assert_order(&operation.output, operation.output.table().root(), &output);
        }
    }
    assert!(compared > 100, "only {compared} members");
}

/// Counts the members that stand in the schema's order, all the way down.
fn assert_order(shape: &Table, node: &Occurrence, value: &Value) -> usize {
    match value {
        Value::Object(members) if !node.properties.is_empty() => {
            let places: Vec<Option<usize>> = members.keys().map(|name| node.properties.get_index_of(name)).collect();
            assert!(places.is_sorted(), "{}: {:?}", node.pointer, members.keys().collect::<Vec<_>>());
            let child = |name: &String| &shape.nodes[node.properties[name]];
            members.len() + members.iter().map(|(name, value)| assert_order(shape, child(name), value)).sum::<usize>()
        }
        Value::Array(items) => match node.items {
            Some(item) => items.iter().map(|value| assert_order(shape, &shape.nodes[item], value)).sum(),
            None => 0,
        },
        _ => 0,
    }
}
