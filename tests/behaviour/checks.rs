//! Checks: each complains of its own fault and of no other, and of nothing that is right.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

use accordant::check::{self, Complaint, Party};
use accordant::codec::{Received, Rejection};
use accordant::exchange::{Bases, Observation, Reply, TransportFailure};
use accordant::generate::{Boundaries, Case, Generator, Phase, Random, Side, Token, Variation, Verdict, case};
use accordant::model::{Cause, Dialect, Operation, Strength};
use accordant::spec::{Parsed, SourceText};
use accordant::value::pointer;
use accordant::{Contract, Mock};
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Method, Response, StatusCode};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::wire::with_credentials;

/// An exchange as `fixtures/exchanges/` has it. The folder is the check's code, the file's name says whether it complains.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
struct Fixture {
    /// The folder of the specs below `fixtures/specs`; the built-in ones when absent.
    #[serde(default)]
    specs: Option<String>,
    /// The operation.
    operation: String,
    /// The dialect; native when absent.
    #[serde(default)]
    dialect: Option<String>,
    /// The example that the input is built on; the first one when absent.
    #[serde(default)]
    example: Option<String>,
    /// A merge patch on it.
    #[serde(default)]
    input: Value,
    /// The pointer of a member that is null, which a merge patch cannot say.
    #[serde(default)]
    nulled: Option<String>,
    /// What must happen: `valid`, or one of `boundary`, `invalid`, `refused`.
    verdict: VerdictFixture,
    /// The variation's name; plain when absent.
    #[serde(default)]
    variation: Option<VariationFixture>,
    /// Credentials.
    #[serde(default)]
    secrets: Vec<String>,
    /// What differs from the request that the codec writes.
    #[serde(default)]
    request: RequestFixture,
    /// The answer.
    #[serde(default)]
    response: Option<ResponseFixture>,
    /// Why there is none.
    #[serde(default)]
    failure: Option<FailureFixture>,
    /// The answer to the same request, sent before.
    #[serde(default)]
    earlier: Option<ResponseFixture>,
    /// What the complaint is like.
    #[serde(default)]
    expect: Option<Expect>,
    /// Other checks that complain as well.
    #[serde(default)]
    also: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum VerdictFixture {
    Valid,
    Boundary(String),
    Invalid(String),
    Refused(Cause),
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
enum VariationFixture {
    NoCredentials,
    OtherMethod,
    Twice,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum FailureFixture {
    Closed,
    Timeout,
    TooLarge,
    Unreachable,
    Unsendable,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct RequestFixture {
    #[serde(default)]
    method: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
}

/// An answer: with the protocol's media type and a request id, unless it says otherwise; null is no such header.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ResponseFixture {
    status: u16,
    #[serde(default)]
    headers: BTreeMap<String, Option<String>>,
    /// A text as it is, anything else as JSON.
    #[serde(default)]
    body: Value,
    #[serde(default)]
    seconds: f64,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    pub about: Option<String>,
    pub strength: Strength,
    pub finding: bool,
}

/// The contract of a folder below `fixtures/specs`, or the built-in one.
fn contract(specs: Option<&str>) -> Contract {
    static KNOWN: LazyLock<Mutex<BTreeMap<String, Contract>>> = LazyLock::new(Mutex::default);
    let Some(folder) = specs else { return Contract::builtin() };
    let load = || Contract::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/specs").join(folder));
    let mut known = KNOWN.lock().expect("no test panics meanwhile");
    known.entry(folder.to_owned()).or_insert_with(|| load().expect("sound specs")).clone()
}

pub fn read<T: DeserializeOwned>(path: &Path) -> T {
    let (name, text) = (path.display().to_string(), std::fs::read_to_string(path).expect("a file"));
    let parsed = Parsed::parse(Arc::new(SourceText { name: name.clone(), text })).expect("YAML");
    serde_json::from_value(parsed.value).unwrap_or_else(|error| panic!("{name}: {error}"))
}

fn token(operation: &str) -> Token {
    let (operation, phase) = (operation.to_owned(), Phase::Examples);
    Token { operation, phase, seed: 0, index: 0, contract: 0, bases: 1, steps: Vec::new() }
}

fn a_case(operation: &Arc<Operation>, dialect: Dialect, input: Value, verdict: Verdict, variation: Variation) -> Case {
    let request = case::codec(operation, dialect).encode_request(operation, &input);
    let token = token(&operation.name);
    let inputs = operation.examples.iter().map(|example| example.input.clone()).collect();
    let bases = Arc::new(Bases { inputs, fresh: Vec::new() });
    Case { operation: Arc::clone(operation), dialect, token, input, verdict, variation, request, bases }
}

impl Fixture {
    fn case(&self) -> Case {
        let contract = contract(self.specs.as_deref());
        let operation = contract.operation(&self.operation).expect("an operation");
        let named = |name: &String| operation.examples.iter().find(|example| example.name == *name);
        let example = self.example.as_ref().map_or(&operation.examples[0], |name| named(name).expect("an example"));
        let mut input = example.input.clone();
        if !self.input.is_null() {
            pointer::merge(&mut input, &self.input);
        }
        if let Some(at) = &self.nulled {
            pointer::set(&mut input, &pointer::segments(at).collect::<Vec<_>>(), Value::Null);
        }
        let dialect = self.dialect.as_ref().map_or(Dialect::Native, |name| name.parse().expect("a dialect"));
        let variation = match self.variation {
            None => Variation::Plain,
            Some(VariationFixture::NoCredentials) => Variation::NoCredentials,
            Some(VariationFixture::OtherMethod) => Variation::OtherMethod,
            Some(VariationFixture::Twice) => Variation::Twice,
        };
        let mut case = a_case(operation, dialect, input, self.verdict(operation), variation);
        if let Some(method) = &self.request.method {
            *case.request.method_mut() = Method::from_bytes(method.as_bytes()).expect("a method");
        }
        for (name, value) in &self.request.headers {
            let name: HeaderName = name.parse().expect("a header name");
            case.request.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header value"));
        }
        case
    }

    fn verdict(&self, operation: &Operation) -> Verdict {
        let of_id = |id: &String| {
            let found = operation.input.constraints.iter().position(|constraint| constraint.id == *id);
            found.unwrap_or_else(|| panic!("{} has no constraint {id}", operation.name))
        };
        match &self.verdict {
            VerdictFixture::Valid => Verdict::Valid { boundary: None },
            VerdictFixture::Boundary(id) => Verdict::Valid { boundary: Some(of_id(id)) },
            VerdictFixture::Invalid(id) => Verdict::Invalid { constraint: of_id(id) },
            VerdictFixture::Refused(cause) => Verdict::Refused { cause: *cause },
        }
    }

    fn reply(&self, case: &Case) -> Result<Reply, TransportFailure> {
        match (&self.response, &self.failure) {
            (Some(response), None) => {
                Ok(Reply { response: response.http(case), elapsed: Duration::from_secs_f64(response.seconds) })
            }
            (None, Some(failure)) => Err(match failure {
                FailureFixture::Closed => TransportFailure::Closed("reset by peer".into()),
                FailureFixture::Timeout => TransportFailure::Timeout(Duration::from_secs(30)),
                FailureFixture::TooLarge => TransportFailure::TooLarge(1024),
                FailureFixture::Unreachable => TransportFailure::Unreachable("refused".into()),
                FailureFixture::Unsendable => TransportFailure::Unsendable("no such header".into()),
            }),
            _ => panic!("a fixture has either a response or a failure"),
        }
    }
}

impl ResponseFixture {
    fn http(&self, case: &Case) -> Response<Bytes> {
        let body = match &self.body {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            json => json.to_string(),
        };
        let mut response = Response::new(Bytes::from(body));
        *response.status_mut() = StatusCode::from_u16(self.status).expect("a status");
        let mut headers = BTreeMap::from([("content-type".to_owned(), Some(case.codec().media_types()[0].to_owned()))]);
        headers.extend(case.operation.service.request_id.iter().map(|name| (name.to_string(), Some("r-1".to_owned()))));
        headers.extend(self.headers.iter().map(|(name, value)| (name.to_ascii_lowercase(), value.clone())));
        for (name, value) in headers.iter().filter_map(|(name, value)| Some((name, value.as_ref()?))) {
            let name: HeaderName = name.parse().expect("a header name");
            response.headers_mut().insert(name, HeaderValue::from_str(value).expect("a header value"));
        }
        response
    }
}

fn received(case: &Case, response: &Response<Bytes>) -> Result<Received, Rejection> {
    case.codec().decode_response(&case.operation, response)
}

/// What each check complains of.
fn complaints(observation: &Observation<'_>) -> BTreeMap<&'static str, Vec<Complaint>> {
    let mut found: BTreeMap<&'static str, Vec<Complaint>> = BTreeMap::new();
    for (code, complaint) in check::judge(Party::Server, observation) {
        found.entry(code).or_default().push(complaint);
    }
    found
}

/// A case with an answer, and with what came to the same request before.
fn observed<'o>(
    case: &'o Case,
    secrets: &'o [String],
    reply: &'o Result<Reply, TransportFailure>,
    earlier: Option<Received>,
) -> Observation<'o> {
    let mut observation = Observation { secrets, answer: Some(reply), ..case.observation() };
    observation.history.earlier_answer = earlier;
    observation.read_answer();
    observation
}

/// The texts of the sensitive members of an input, and of all they hold.
fn sensitive(case: &Case) -> Vec<String> {
    fn texts(shown: &Value, masked: &Value, found: &mut Vec<String>) {
        match (shown, masked) {
            (Value::Object(shown), Value::Object(masked)) => {
                shown.iter().for_each(|(name, value)| texts(value, &masked[name], found));
            }
            (Value::Array(shown), Value::Array(masked)) => {
                shown.iter().zip(masked).for_each(|(shown, masked)| texts(shown, masked, found));
            }
            (Value::String(text), Value::String(masked)) if text != masked => found.push(text.clone()),
            _ => {}
        }
    }
    let mut found = Vec::new();
    texts(&case.input, &case.operation.input.mask(&case.input), &mut found);
    found
}

fn judge(fixture: &Fixture, name: &str) -> BTreeMap<&'static str, Vec<Complaint>> {
    let case = fixture.case();
    let broken = case.operation.input.judge(&case.input);
    let broken: Vec<&str> =
        broken.iter().map(|violation| case.operation.input.constraints[violation.constraint].id.as_str()).collect();
    match &fixture.verdict {
        VerdictFixture::Invalid(id) => assert_eq!(broken, [id], "{name}: what the input breaks"),
        _ => assert!(broken.is_empty(), "{name}: the input breaks {broken:?}"),
    }
    let reply = fixture.reply(&case);
    let earlier = fixture.earlier.as_ref().map(|earlier| received(&case, &earlier.http(&case)).expect(name));
    let complaints = complaints(&observed(&case, &fixture.secrets, &reply, earlier));
    let secrets: Vec<String> = sensitive(&case).into_iter().chain(fixture.secrets.clone()).collect();
    for complaint in complaints.values().flatten() {
        for text in [&complaint.expected, &complaint.actual] {
            assert!(!text.is_empty() && text.chars().count() <= 300, "{name}: {text}");
            assert!(secrets.iter().all(|secret| !text.contains(secret)), "{name} shows a secret: {text}");
        }
    }
    complaints
}

pub fn entries(path: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path());
    let mut entries: Vec<PathBuf> = entries.collect();
    entries.sort();
    entries
}

pub fn name_of(path: &Path) -> String {
    path.file_stem().expect("a name").to_string_lossy().into_owned()
}

#[test]
fn each_check_complains_of_its_own_fault_only() {
    let folders = entries(&Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/exchanges"));
    let mut codes: Vec<&str> = check::CHECKS.iter().map(|check| check.code()).collect();
    codes.sort_unstable();
    assert_eq!(folders.iter().map(|path| name_of(path)).collect::<Vec<_>>(), codes, "a folder for each check");
    let codes: Vec<&str> = check::of(Party::Server).map(check::Check::code).collect();
    let folders = folders.iter().filter(|path| codes.contains(&name_of(path).as_str()));
    let mut wrong = Vec::new();
    for folder in folders {
        let code = name_of(folder);
        let files = entries(folder);
        for outcome in ["pass-", "fail-"] {
            assert!(files.iter().any(|file| name_of(file).starts_with(outcome)), "{code} has no {outcome} fixture");
        }
        for file in &files {
            let name = format!("{code}/{}", name_of(file));
            let fixture: Fixture = read(file);
            let failing = name_of(file).starts_with("fail-");
            assert!(failing || name_of(file).starts_with("pass-"), "{name}: neither pass nor fail");
            let found = judge(&fixture, &name);
            let own = failing.then_some(code.as_str());
            let mut expected: Vec<&str> = own.into_iter().chain(fixture.also.iter().map(String::as_str)).collect();
            expected.sort_unstable();
            if found.keys().copied().collect::<Vec<_>>() != expected {
                wrong.push(format!("{name}: {found:#?}"));
                continue;
            }
            let Some(complaint) = own.and_then(|code| found[code].first()) else { continue };
            let expect = fixture.expect.unwrap_or_else(|| panic!("{name}: a failing fixture says what to expect"));
            let (told, due) = (
                (&complaint.about, complaint.strength, complaint.is_finding()),
                (&expect.about, expect.strength, expect.finding),
            );
            if told != due || found[code.as_str()].len() != 1 {
                wrong.push(format!("{name}: expected {due:?} of one complaint: {found:#?}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Asserts that no check has a word to say of what the mock answers.
fn assert_silent(mock: &Mock, case: &Case, what: &str) {
    let mut request = case.request.clone();
    if case.dialect == Dialect::Native && case.variation != Variation::NoCredentials {
        request = with_credentials(request, &case.operation.service.name);
    }
    let (first, response) = (mock.answer(&request).response, mock.answer(&request).response);
    let reply = Ok(Reply { response, elapsed: Duration::ZERO });
    let secrets = ["AKIDEXAMPLE".to_owned(), "a-secret-key-1234".to_owned()];
    let earlier = received(case, &first).ok();
    let found = complaints(&observed(case, &secrets, &reply, earlier));
    assert!(found.is_empty(), "{what}: {found:#?}");
}

const DIALECTS: [Dialect; 2] = [Dialect::Native, Dialect::Documented];

/// The dialects that an operation is spoken in.
fn dialects(operation: &Operation) -> impl Iterator<Item = Dialect> {
    let documented = operation.service.documented.is_some() && operation.documented.is_some();
    DIALECTS.into_iter().filter(move |dialect| documented || *dialect == Dialect::Native)
}

#[test]
fn nothing_is_wrong_with_the_examples() {
    let mock = Mock::new(Arc::new(Contract::builtin()));
    for operation in mock.contract().operations() {
        for (dialect, example) in dialects(operation).flat_map(|d| operation.examples.iter().map(move |e| (d, e))) {
            let valid = Verdict::Valid { boundary: None };
            for (variation, verdict) in [
                (Variation::Plain, valid),
                (Variation::Twice, valid),
                (Variation::NoCredentials, Verdict::Refused { cause: Cause::MissingCredentials }),
                (Variation::OtherMethod, Verdict::Refused { cause: Cause::MethodNotAllowed }),
            ] {
                let mut case = a_case(operation, dialect, example.input.clone(), verdict, variation);
                if variation == Variation::OtherMethod {
                    *case.request.method_mut() = Method::DELETE;
                }
                if variation == Variation::NoCredentials && dialect == Dialect::Documented {
                    continue;
                }
                let what = format!("{} {} {dialect:?} {variation:?}", operation.name, example.name);
                assert_silent(&mock, &case, &what);
            }
        }
    }
}

#[test]
fn nothing_is_wrong_on_either_side_of_a_boundary() {
    let mock = Mock::new(Arc::new(Contract::builtin()));
    let mut judged = 0;
    for operation in mock.contract().operations() {
        let boundaries = Boundaries::of(operation);
        for (constraint, side) in sides(operation) {
            for (dialect, input) in inputs(&boundaries, constraint, side) {
                let verdict = match side {
                    Side::Inside => Verdict::Valid { boundary: Some(constraint) },
                    Side::Outside => Verdict::Invalid { constraint },
                };
                let case = a_case(operation, dialect, input, verdict, Variation::Plain);
                let what = format!("{}{} {side:?}", operation.name, operation.input.constraints[constraint].id);
                assert_silent(&mock, &case, &what);
                judged += 1;
            }
        }
    }
    assert!(judged > 500, "only {judged} exchanges");
}

fn sides(operation: &Operation) -> impl Iterator<Item = (usize, Side)> {
    (0..operation.input.constraints.len()).flat_map(|id| [Side::Inside, Side::Outside].map(|side| (id, side)))
}

/// Inputs on a side of a boundary, as the service reads them.
fn inputs(boundaries: &Boundaries, constraint: usize, side: Side) -> Vec<(Dialect, Value)> {
    let operation = boundaries.operation();
    let made = boundaries.inputs_at(constraint, side, &mut Random::new(5));
    let sent = dialects(operation).flat_map(|dialect| made.iter().map(move |input| (dialect, input)));
    let arrived = sent.filter_map(|(dialect, input)| {
        let (read, broken) = arrived(operation, dialect, input)?;
        let same = match side {
            Side::Inside => broken.is_empty(),
            Side::Outside => broken == [constraint],
        };
        same.then_some((dialect, read))
    });
    arrived.collect()
}

/// The input as the service reads it, and the constraints that it breaks.
fn arrived(operation: &Operation, dialect: Dialect, input: &Value) -> Option<(Value, Vec<usize>)> {
    let codec = case::codec(operation, dialect);
    let read = codec.decode_request(operation, &codec.encode_request(operation, input)).ok()?.input;
    let mut broken: Vec<usize> = operation.input.judge(&read).iter().map(|violation| violation.constraint).collect();
    broken.dedup();
    Some((read, broken))
}

#[test]
fn nothing_is_wrong_with_what_a_real_api_meets() {
    let mock = Mock::new(Arc::new(Contract::builtin()));
    let (mut judged, mut random) = (0, Random::new(11));
    for operation in mock.contract().operations() {
        let generator = Generator::new(operation);
        for _ in 0..100 {
            let input = generator.rich(&operation.input, 0, &mut random);
            for dialect in dialects(operation) {
                let Some((read, broken)) = arrived(operation, dialect, &input) else { continue };
                if broken.is_empty() {
                    let what = format!("{} {dialect:?} with {input}", operation.name);
                    let valid = Verdict::Valid { boundary: None };
                    assert_silent(&mock, &a_case(operation, dialect, read, valid, Variation::Twice), &what);
                    judged += 1;
                }
            }
        }
    }
    assert!(judged > 500, "only {judged} exchanges");
}
