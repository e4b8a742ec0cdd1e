//! Checks of clients and of their runs: each complains of its own fault and of no other, and of nothing that is right.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;
use std::time::Duration;

use accordant::Contract;
use accordant::check::{self, Complaint, Party};
use accordant::client::observe;
use accordant::exchange::{Attempt, AttemptOutcome, Ended, FaultEnd, Observation};
use accordant::model::ErrorKind;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request};
use serde::Deserialize;
use serde_json::Value;

use crate::checks::{Expect, entries, name_of, read};

/// A request as `fixtures/exchanges/` has it. The folder is the check's code, the file's name says whether it complains.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Fixture {
    /// Method and target.
    request: String,
    /// The service that it is signed for; unsigned when absent.
    signed: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// A text as it is, anything else as JSON.
    #[serde(default)]
    body: Value,
    /// Attempts at the same before it, a millisecond after one another.
    earlier: Option<AttemptFixture>,
    /// The attempt that it is.
    #[serde(default)]
    attempt: AttemptFixture,
    /// How often the command asks for it when all goes well.
    calls: Option<usize>,
    /// The fault that it met, and what became of that.
    fault: Option<FaultFixture>,
    /// What the complaint is like.
    expect: Option<Expect>,
    /// Other checks that complain as well.
    #[serde(default)]
    also: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct AttemptFixture {
    #[serde(default)]
    times: u64,
    #[serde(default)]
    outcome: OutcomeFixture,
    token: Option<String>,
    invocation: Option<String>,
}

#[derive(Deserialize, Default, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum OutcomeFixture {
    #[default]
    Success,
    Refused,
    Failed,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct FaultFixture {
    name: String,
    ended: Ended,
    #[serde(default)]
    may_pass: bool,
    #[serde(default)]
    recovered: bool,
    #[serde(default)]
    replaced: bool,
    kind: Option<ErrorKind>,
}

impl AttemptFixture {
    fn attempt(&self, milliseconds: u64) -> Attempt {
        Attempt {
            at: Duration::from_millis(milliseconds),
            outcome: match self.outcome {
                OutcomeFixture::Success => AttemptOutcome::Success,
                OutcomeFixture::Refused => AttemptOutcome::Refused,
                OutcomeFixture::Failed => AttemptOutcome::Failed,
            },
            token: self.token.clone(),
            invocation: self.invocation.clone(),
        }
    }
}

impl Fixture {
    fn request(&self) -> Request<Bytes> {
        let (method, target) = self.request.split_once(' ').expect("a method and a target");
        let body = match &self.body {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        let mut request = Request::builder().method(method).uri(target).body(Bytes::from(body)).expect("a request");
        let signature = self.signed.as_ref().map(|service| {
            let scope = format!("AK/20260101/us-east-1/{service}/aws4_request");
            ("authorization".to_owned(), format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=h, Signature=0"))
        });
        for (name, value) in self.headers.clone().into_iter().chain(signature) {
            let name: HeaderName = name.parse().expect("a header name");
            request.headers_mut().insert(name, HeaderValue::from_str(&value).expect("a header value"));
        }
        request
    }

    /// Adds what went before, and what came of it in the end.
    fn add_history(&self, observation: &mut Observation<'_>) {
        let history = &mut observation.history;
        let earlier = self.earlier.iter().flat_map(|earlier| (0..earlier.times).map(|at| earlier.attempt(at)));
        history.earlier = earlier.collect();
        history.attempt = self.attempt.attempt(history.earlier.len() as u64);
        history.calls = self.calls;
        history.fault = self.fault.as_ref().map(|fault| FaultEnd {
            fault: fault.name.clone(),
            may_pass: fault.may_pass,
            recovered: fault.recovered,
            replaced: fault.replaced,
            kind: fault.kind,
            ended: fault.ended,
        });
    }
}

/// What each check of clients complains of.
fn judge(fixture: &Fixture) -> BTreeMap<&'static str, Vec<Complaint>> {
    static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::builtin);
    let request = fixture.request();
    let mut observation = observe(&CONTRACT, &request);
    fixture.add_history(&mut observation);
    let mut found: BTreeMap<&'static str, Vec<Complaint>> = BTreeMap::new();
    for party in [Party::Client, Party::Run] {
        for (code, complaint) in check::judge(party, &observation) {
            found.entry(code).or_default().push(complaint);
        }
    }
    found
}

/// What is wrong with what the checks say of a fixture.
fn fault_of(path: &Path, code: &str) -> Option<String> {
    let name = format!("{code}/{}", name_of(path));
    let fixture: Fixture = read(path);
    let failing = name_of(path).starts_with("fail-");
    assert!(failing || name_of(path).starts_with("pass-"), "{name}: neither pass nor fail");
    let found = judge(&fixture);
    let own = failing.then_some(code);
    let mut expected: Vec<&str> = own.into_iter().chain(fixture.also.iter().map(String::as_str)).collect();
    expected.sort_unstable();
    if found.keys().copied().collect::<Vec<_>>() != expected {
        return Some(format!("{name}: {found:#?}"));
    }
    let complaints = &found[own?];
    let expect = fixture.expect.unwrap_or_else(|| panic!("{name}: a failing fixture says what to expect"));
    let due = (&expect.about, expect.strength, expect.finding);
    let is_due = |one: &Complaint| (&one.about, one.strength, one.is_finding()) == due;
    let right = complaints.len() == 1 && complaints.iter().all(is_due);
    (!right).then(|| format!("{name}: expected {due:?} of one complaint: {found:#?}"))
}

#[test]
fn each_check_of_clients_complains_of_its_own_fault_only() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exchanges");
    let mut wrong = Vec::new();
    for check in check::of(Party::Client).chain(check::of(Party::Run)) {
        let files = entries(&folder.join(check.code()));
        for outcome in ["pass-", "fail-"] {
            let any = files.iter().any(|file| name_of(file).starts_with(outcome));
            assert!(any, "{} has no {outcome} fixture", check.code());
        }
        wrong.extend(files.iter().filter_map(|file| fault_of(file, check.code())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
