//! The library in other people's tests: a mock that asserts, and a judge in a sentence.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use accordant::generate::Phase;
use accordant::net::CheckError;
use accordant::report::{Conclusion, Outcome};
use accordant::spec::ContractError;
use accordant::{Contract, Mock};
use bytes::Bytes;
use serde_json::Value;
use wiremock::matchers::{any, header_exists, path};
use wiremock::{MockServer, Request, Respond, ResponseTemplate};

const SIGNED: &str =
    "AWS4-HMAC-SHA256 Credential=a/20250101/us-east-1/backup/aws4_request, SignedHeaders=host, Signature=c";

/// Sends a body to start a backup job, signed as far as the mock looks.
async fn start_backup_job(uri: &str, body: &'static str) -> u16 {
    // The client that the judge sends with leaves the choice to its user, and so must the one here.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
    let request = client.put(format!("{uri}/backup-jobs")).header("authorization", SIGNED);
    let request = request.header("content-type", "application/json").body(body);
    request.send().await.expect("an answer").status().as_u16()
}

/// What a panic says.
fn said(assertion: impl FnOnce()) -> Option<String> {
    let payload = catch_unwind(AssertUnwindSafe(assertion)).err()?;
    Some(payload.downcast_ref::<String>().expect("a message").clone())
}

const RIGHT: &str = r#"{"BackupVaultName": "Default", "IamRoleArn": "arn:aws:iam::123456789012:role/S3Access",
    "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0"}"#;

#[tokio::test]
async fn a_mock_says_what_was_wrong_with_each_request() {
    let mock = Contract::builtin().mock_server().await;
    mock.assert_conforming();
    assert_eq!(start_backup_job(&mock.uri(), RIGHT).await, 200);
    assert_eq!(said(|| mock.assert_conforming()), None);
    assert_eq!(start_backup_job(&mock.uri(), r#"{"BackupVaultName": "a b"}"#).await, 400);
    assert_eq!(start_backup_job(&mock.uri(), "{").await, 400);
    assert_eq!((mock.requests(), mock.violations().len()), (3, 2));
    let said = said(|| mock.assert_conforming()).expect("two requests broke the contract");
    for part in [
        "2 of 3 requests broke the contract\n",
        "\nrequest 2: PUT /backup-jobs (StartBackupJob), answered 400 MissingParameterValueException\n",
        "\n  /ResourceArn#required: ResourceArn must be present\n    source  model:StartBackupJobInput.required\n",
        "\n  /BackupVaultName#pattern: ",
        "\nrequest 3: PUT /backup-jobs (StartBackupJob), answered 400 ",
        "\n  #malformed-body: ",
    ] {
        assert!(said.contains(part), "no {part:?} in {said}");
    }
}

#[tokio::test]
async fn mocks_of_ones_own_go_before_the_contract_and_are_not_judged() {
    let mock = Contract::builtin().mock_server().await;
    let busy = ResponseTemplate::new(503);
    wiremock::Mock::given(path("/backup-jobs"))
        .and(header_exists("authorization"))
        .respond_with(busy)
        .mount(&mock)
        .await;
    assert_eq!(start_backup_job(&mock.uri(), "{}").await, 503);
    assert_eq!(mock.requests(), 0);
    mock.assert_conforming();
    assert_eq!(mock.received_requests().await.map(|requests| requests.len()), Some(1));
}

#[tokio::test]
async fn a_responder_on_a_server_of_ones_own_asserts_too() {
    let server = MockServer::start().await;
    let responder = Contract::builtin().responder();
    wiremock::Mock::given(any()).respond_with(responder.clone()).mount(&server).await;
    assert_eq!(start_backup_job(&server.uri(), "{}").await, 400);
    assert!(said(|| responder.assert_conforming()).is_some());
}

#[tokio::test]
async fn servers_side_by_side_know_nothing_of_each_other() {
    let (one, other) = (Contract::builtin().mock_server().await, Contract::builtin().mock_server().await);
    assert_eq!(start_backup_job(&one.uri(), "{}").await, 400);
    assert_eq!(start_backup_job(&other.uri(), RIGHT).await, 200);
    assert_eq!((one.violations().len(), other.violations().len()), (1, 0));
    let uri = one.uri();
    drop(one);
    // A later server may get the address of an earlier one, and nothing else of it.
    let third = Contract::builtin().mock_server().await;
    assert_eq!(third.requests(), 0, "{uri}");
}

#[tokio::test]
async fn what_drops_a_mock_after_a_broken_request_is_no_panic() {
    let mock = Contract::builtin().mock_server().await;
    assert_eq!(start_backup_job(&mock.uri(), "{}").await, 400);
    assert_eq!(said(|| drop(mock)), None);
}

#[tokio::test]
async fn a_test_that_fails_beside_a_mock_says_why_and_nothing_else() {
    let mock = Contract::builtin().mock_server().await;
    assert_eq!(start_backup_job(&mock.uri(), "{}").await, 400);
    // The mock is dropped while the panic unwinds, where a second one would end the process.
    let said = said(move || {
        let mock = mock;
        assert_eq!(mock.requests(), 7, "the test's own words");
    });
    assert!(said.is_some_and(|said| said.contains("the test's own words")));
}

#[test]
fn a_mock_may_outlive_the_runtime_that_started_it() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let mock = runtime.block_on(async {
        let mock = Contract::builtin().mock_server().await;
        assert_eq!(start_backup_job(&mock.uri(), "{}").await, 400);
        mock
    });
    drop(runtime);
    assert!(said(|| mock.assert_conforming()).is_some());
    assert_eq!(said(|| drop(mock)), None);
}

/// As the tests of a binary run: each on a thread and a runtime of its own, with mocks of its own beside the contract.
#[test]
fn tests_in_parallel_see_their_own_requests_only() {
    let test = |number: usize| {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mock = Contract::builtin().mock_server().await;
            let own = ResponseTemplate::new(201 + u16::try_from(number).expect("a small number"));
            let _own = wiremock::Mock::given(path("/own")).respond_with(own).expect(1).mount_as_scoped(&mock).await;
            let client = reqwest::Client::builder().no_proxy().tls_certs_only([]).build().expect("a client");
            for _ in 0..number {
                assert_eq!(start_backup_job(&mock.uri(), "{}").await, 400);
            }
            assert_eq!(start_backup_job(&mock.uri(), RIGHT).await, 200);
            let answer = client.get(format!("{}/own", mock.uri())).send().await.expect("an answer");
            assert_eq!(usize::from(answer.status().as_u16()), 201 + number);
            assert_eq!((mock.requests(), mock.violations().len()), (number as u64 + 1, number));
            assert_eq!(said(|| mock.assert_conforming()).is_some(), number > 0);
        });
    };
    // Other clients of this process leave the choice of a provider to the first.
    let _ = rustls::crypto::ring::default_provider().install_default();
    std::thread::scope(|scope| {
        let tests: Vec<_> = (0..8).map(|number| scope.spawn(move || test(number))).collect();
        for test in tests {
            test.join().expect("it passes");
        }
    });
}

/// The mock, which cuts a name that is too long, and takes it.
struct Lax(Mock);

impl Respond for Lax {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let mut body: Value = serde_json::from_slice(&request.body).unwrap_or_default();
        if let Some(Value::String(name)) = body.pointer_mut("/replicate/name") {
            *name = name.chars().take(64).collect();
        }
        let body = if body.is_null() { request.body.clone() } else { body.to_string().into_bytes() };
        let mut received = http::Request::new(Bytes::from(body));
        *received.method_mut() = request.method.clone();
        *received.uri_mut() = request.url.path().parse().expect("a path");
        *received.headers_mut() = request.headers.clone();
        let (parts, body) = self.0.answer(&received).response.into_parts();
        let mut template = ResponseTemplate::new(parts.status).set_body_raw(body.to_vec(), "application/json");
        for (name, value) in parts.headers.iter().filter(|(name, _)| *name != "content-type") {
            template = template.append_header(name, value);
        }
        template
    }
}

#[tokio::test]
async fn a_server_is_judged_on_the_runtime_of_one_thread() {
    let contract = Contract::builtin();
    let mock = contract.mock_server().await;
    let report = contract.check(mock.uri()).cases(20).seed(3).concurrency(4).strict().run().await.expect("it runs");
    report.assert_conforming();
    assert_eq!((report.operations().len(), report.server.as_ref().map(|server| server.seed)), (5, Some(3)));
    assert!(report.operations().iter().all(|operation| operation.outcome == Outcome::Conforms));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_judgement_can_be_spawned() {
    let contract = Contract::builtin();
    let mock = contract.mock_server().await;
    let judging = contract.check(mock.uri()).operations(["StartBackupJob"]).phases([Phase::Examples]);
    let report = tokio::spawn(judging.run()).await.expect("no panic").expect("it runs");
    report.assert_conforming();
    assert_eq!(report.cases(), contract.operation("StartBackupJob").expect("built in").examples.len() as u64);
}

#[tokio::test]
async fn a_finding_fails_the_assertion_as_a_terminal_shows_it() {
    let contract = Contract::builtin();
    let server = MockServer::start().await;
    wiremock::Mock::given(any()).respond_with(Lax(Mock::new(contract.clone()))).mount(&server).await;
    let judging = contract.check(server.uri()).operations(["ReplicateBackup"]).phases([Phase::Coverage]);
    let report = judging.set("/replicate/destination_region", "region2").run().await.expect("it runs");
    assert_eq!(report.conclusion(), Conclusion::Departs);
    let said = said(|| report.assert_conforming()).expect("a finding");
    let accepted = format!(
        "[[accepted]]\noperation = 'ReplicateBackup'\ncheck = 'invalid-accepted'\nconstraint = '{}'\nreason = 'known'\n\
         expires = 9999-12-31\n",
        "/replicate/name#maxLength"
    );
    let judging = contract.check(server.uri()).operations(["ReplicateBackup"]).phases([Phase::Coverage]);
    judging.baseline(accepted).run().await.expect("it runs").assert_conforming();
    assert!(said.contains("invalid-accepted: ReplicateBackup /replicate/name#maxLength"), "{said}");
    assert!(said.contains("  source    page:23 (documented)\n  request   POST /v3/"), "{said}");
}

#[tokio::test]
async fn who_cannot_be_reached_does_not_conform() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = listener.local_addr().expect("an address");
    drop(listener);
    let report = Contract::builtin().check(format!("http://{address}")).run().await.expect("it runs");
    assert_eq!(report.conclusion(), Conclusion::Unreachable);
    assert!(said(|| report.assert_conforming()).expect("a failure").contains("cannot be reached"));
}

#[tokio::test]
async fn what_cannot_be_judged_is_a_typed_error() {
    let contract = Arc::new(Contract::builtin());
    let check = || contract.check("http://127.0.0.1:9");
    let error = |judging: accordant::net::CheckBuilder| async { judging.run().await.expect_err("it cannot run") };
    assert!(matches!(error(contract.check("nonsense")).await, CheckError::Url(_)));
    assert!(matches!(error(contract.check("ftp://h")).await, CheckError::Client(_)));
    let unknown = error(check().operations(["Nothing"])).await;
    assert!(matches!(unknown, CheckError::Contract(ContractError::UnknownOperation { .. })), "{unknown}");
    assert!(matches!(error(check().region("a b")).await, CheckError::Region { .. }));
    assert!(matches!(error(check().set("/Nowhere", 1)).await, CheckError::Member { .. }));
    assert!(matches!(error(check().unique("no pointer")).await, CheckError::Member { .. }));
    assert!(matches!(error(check().target("ulr: x")).await, CheckError::Contract(ContractError::Broken(_))));
    assert!(matches!(error(check().given("- { method: GET, path: / }")).await, CheckError::Given(_)));
    assert!(matches!(error(check().baseline("x = 1")).await, CheckError::Baseline(_)));
    let header = error(check().header("a", "secret\n")).await;
    assert!(matches!(header, CheckError::Header(_)) && !header.to_string().contains("secret"), "{header}");
    let shown = format!("{:?}", check().header("authorization", "secret").set("/Password", "secret"));
    assert!(!shown.contains("secret"), "{shown}");
}
