//! What a server does wrong once is told once: root causes of real runs.

use accordant::report::{Report, Severity, merge};
use accordant::{Contract, Mock};
use bytes::Bytes;

use crate::judging::{altered, check, stdout};

/// Fails for identifiers in any other way than by their presence, and looks at no tag.
fn careless(request: &http::Request<Bytes>, response: http::Response<Bytes>) -> http::Response<Bytes> {
    let ids = response.headers().get("accordant-violations").and_then(|ids| ids.to_str().ok()).unwrap_or_default();
    let ids: Vec<&str> = ids.split([',', ' ']).filter(|id| !id.is_empty()).collect();
    if ids.iter().any(|id| id.contains("Identifier#")) {
        // Each answer has an id of its own.
        let body = format!("KeyError in look_up, request {}-{}", request.body().len(), ids.len());
        let failure = http::Response::builder().status(500).header("content-type", "text/plain");
        return failure.body(body.into()).expect("a response");
    }
    if ids.is_empty() || ids.iter().any(|id| !id.starts_with("/Tags")) {
        return response;
    }
    let parameters = form_urlencoded::parse(request.body()).filter(|(name, _)| !name.starts_with("Tags"));
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(parameters).finish();
    let (parts, _) = request.clone().into_parts();
    Mock::new(Contract::builtin()).answer(&http::Request::from_parts(parts, body.into())).response
}

async fn judged(more: &[&'static str]) -> (String, Report) {
    let server = altered(careless).await;
    let uri = server.uri();
    let more = more.to_vec();
    let run = move || check(&[&[&uri, "--operation", "CopyDBClusterSnapshot", "-n", "20"], &more[..]].concat());
    let (output, report) = tokio::task::spawn_blocking(run).await.expect("it runs");
    (stdout(&output), report)
}

#[tokio::test(flavor = "multi_thread")]
async fn one_crash_and_unchecked_tags_are_two_causes_in_a_whole_run_and_in_its_shards() {
    let (text, whole) = judged(&[]).await;
    let told: Vec<(Severity, &str)> = whole.causes.iter().map(|cause| (cause.severity, &*cause.title)).collect();
    let [crash, tags] = &whole.causes[..] else { panic!("{told:#?}") };
    assert!(crash.severity == Severity::Failure && crash.findings.len() > 2, "{told:#?}");
    assert!(crash.title.contains(": CopyDBClusterSnapshot, ") && crash.title.contains(" triggers: 500"), "{told:#?}");
    assert_eq!(tags.title, "invalid-accepted: CopyDBClusterSnapshot validates nothing in /Tags");
    let all: usize = whole.causes.iter().map(|cause| cause.findings.len() + cause.consequences.len()).sum();
    assert_eq!(all, whole.findings.len());
    let first = format!("2 root causes, worst first:\n   1  {}", crash.title);
    assert!(text.contains(&first[..60]), "{text}");

    let (_, one) = judged(&["--shard", "1/2", "--concurrency", "1"]).await;
    let (_, other) = judged(&["--shard", "2/2", "--concurrency", "16"]).await;
    let joined = merge(vec![other, one]).expect("they are of one run");

    assert_eq!(joined.causes, whole.causes);
}
