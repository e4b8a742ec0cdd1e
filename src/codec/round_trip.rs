//! The law of every codec: what is written is read as it was, for the shipped operations and for a contract that uses
//! every way to write a member.

use std::ops::Range;
use std::sync::LazyLock;

use http::Method;
use jiff::Timestamp;
use proptest::collection::{btree_map, vec};
use proptest::option;
use proptest::prelude::*;
use proptest::strategy::Union;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Map, Value};

use super::{Codec, Outcome, Reply, by_name};
use crate::Contract;
use crate::model::{JsonType, Node, NodeId, Operation, Place, Shape, TimestampFormat};
use crate::spec::SourceText;
use crate::text::to_base64;

static BUILTIN: LazyLock<Contract> = LazyLock::new(Contract::builtin);

/// Deepest generated value.
const DEPTH: usize = 4;

#[test]
fn aws_query_requests() {
    requests("aws-query", Medium::Form, operations("aws-query"));
}

#[test]
fn aws_query_responses() {
    responses(Medium::Xml, operations("aws-query"));
}

#[test]
fn rest_json_requests() {
    requests("rest-json", Medium::Json, operations("rest-json"));
}

#[test]
fn rest_json_responses() {
    responses(Medium::Json, operations("rest-json"));
}

#[test]
fn envelope_requests() {
    let shown = |operation: &Operation| operation.documented.as_ref().map(|shown| shown.method.clone());
    let (get, others): (Vec<&Operation>, Vec<&Operation>) = operations("aws-query")
        .into_iter()
        .chain(operations("rest-json"))
        .filter(|operation| operation.service.documented.is_some())
        .partition(|operation| shown(operation) == Some(Method::GET));
    assert!(!get.is_empty() && !others.is_empty());
    requests("envelope", Medium::Form, get);
    requests("envelope", Medium::Json, others);
}

/// The shipped operations of a codec, and the ones of the contract below.
fn operations(codec: &str) -> Vec<&'static Operation> {
    static WIDE: LazyLock<Contract> = LazyLock::new(wide_contract);
    let all = BUILTIN.operations().iter().chain(WIDE.operations());
    all.map(AsRef::as_ref).filter(|operation: &&Operation| operation.service.codec().name() == codec).collect()
}

fn requests(codec: &str, medium: Medium, operations: Vec<&Operation>) {
    let codec = by_name(codec).expect("a codec");
    assert!(!operations.is_empty());
    for operation in operations {
        law(&operation.input, medium, |input| {
            let request = codec.encode_request(operation, input);
            let decoded = codec.decode_request(operation, &request).map_err(|error| error.to_string())?;
            if decoded.oddities.is_empty() { Ok(decoded.input) } else { Err(format!("{:?}", decoded.oddities)) }
        });
    }
}

fn responses(medium: Medium, operations: Vec<&Operation>) {
    for operation in operations {
        let codec: &dyn Codec = operation.service.codec();
        law(&operation.output, medium, |output| {
            let output = crate::value::view::View::from(output);
            let reply = Reply::Output { operation, status: operation.http.status, output: &output };
            let response = codec.encode_response(&operation.service, &reply, "request");
            let received = codec.decode_response(operation, &response).map_err(|error| error.to_string())?;
            match received.outcome {
                Outcome::Output(output) => Ok(output),
                error @ Outcome::Error { .. } => Err(format!("{error:?}")),
            }
        });
    }
}

/// For every value of a shape, there and back is where one was.
fn law(shape: &Shape, medium: Medium, there_and_back: impl Fn(&Value) -> Result<Value, String>) {
    let mut runner = TestRunner::new(Config { failure_persistence: None, ..Config::with_cases(96) });
    let generator = Generator { shape, medium };
    let root = generator
        .object(shape.root(), 0)
        .prop_map(move |value| sayable(value, medium).unwrap_or_else(|| Value::Object(Map::new())));
    let outcome = runner.run(&root, |value| {
        let back = there_and_back(&value).map_err(TestCaseError::fail)?;
        prop_assert_eq!(back, value);
        Ok(())
    });
    outcome.unwrap_or_else(|error| panic!("{error}"));
}

/// What carries a value, and so what it can say.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Medium {
    Form,
    Xml,
    Json,
    Text,
    Header,
    Payload,
}

/// The value without what a form cannot say: nulls and objects without members.
fn sayable(value: Value, medium: Medium) -> Option<Value> {
    let said = match value {
        Value::Object(members) => {
            let members = members.into_iter().filter_map(|(name, value)| Some((name, sayable(value, medium)?)));
            Value::Object(members.collect())
        }
        Value::Array(items) => items.into_iter().filter_map(|item| sayable(item, medium)).collect(),
        scalar => scalar,
    };
    let silent = said.is_null() || said.as_object().is_some_and(Map::is_empty);
    (medium != Medium::Form || !silent).then_some(said)
}

/// Values of a shape, of the right types but for no other constraint.
#[derive(Clone, Copy)]
struct Generator<'s> {
    shape: &'s Shape,
    medium: Medium,
}

impl Generator<'_> {
    fn value(self, id: NodeId, depth: usize) -> BoxedStrategy<Value> {
        let node = &self.shape.nodes[id];
        let has = |json_type: JsonType| node.types.contains(json_type);
        let mut options: Vec<BoxedStrategy<Value>> = Vec::new();
        if has(JsonType::Array) {
            let items = vec(node.items.map_or(any_text(self.medium), |id| self.value(id, depth + 1)), self.sizes(node));
            options.push(items.prop_map(Value::Array).boxed());
        }
        if has(JsonType::Object) {
            options.push(self.object(node, depth));
        }
        if has(JsonType::String) {
            options.push(text_of(node, self.medium));
        }
        if has(JsonType::Boolean) {
            options.push(any::<bool>().prop_map(Value::from).boxed());
        }
        if has(JsonType::Integer) {
            options.push(prop_oneof![any::<i64>().prop_map(Value::from), any::<u64>().prop_map(Value::from)].boxed());
        }
        if has(JsonType::Number) {
            options.push(any::<i32>().prop_map(|sixteenths| Value::from(f64::from(sixteenths) / 16.0)).boxed());
        }
        if has(JsonType::Null) && self.medium == Medium::Json {
            options.push(Just(Value::Null).boxed());
        }
        if options.is_empty() { free(self.medium) } else { Union::new(options).boxed() }
    }

    /// A list or map that nothing encloses says nothing when it is empty.
    fn sizes(self, node: &Node) -> Range<usize> {
        let bare = node.wire.flattened && self.medium == Medium::Xml || node.place == Some(Place::QueryMap);
        usize::from(bare)..4
    }

    fn object(self, node: &Node, depth: usize) -> BoxedStrategy<Value> {
        // Deep down, recursion has to end somewhere.
        let members = node.properties.iter().filter(|_| depth < DEPTH).map(|(name, id)| {
            let (name, node) = (name.clone(), &self.shape.nodes[*id]);
            let member = self.through(node).value(*id, depth + 1);
            let member = if is_always_said(node) {
                member.prop_map(Some).boxed()
            } else {
                option::weighted(0.4, member).boxed()
            };
            member.prop_map(move |value| value.map(|value| (name.clone(), value))).boxed()
        });
        let members: Vec<BoxedStrategy<Option<(String, Value)>>> = members.collect();
        let members = members.prop_map(|members| members.into_iter().flatten().collect::<Map<_, _>>());
        let Some(values) = node.values else { return members.prop_map(Value::Object).boxed() };
        let key = if node.place == Some(Place::HeaderMap) { "[a-z][a-z0-9-]{0,9}" } else { KEY };
        let entries = btree_map(key, self.value(values, depth + 1), self.sizes(node));
        let both = (members, entries).prop_map(|(mut members, entries)| {
            for (key, value) in entries {
                members.entry(key).or_insert(value);
            }
            Value::Object(members)
        });
        both.boxed()
    }

    /// The generator for what a member travels in.
    fn through(self, node: &Node) -> Self {
        let medium = match node.place {
            Some(Place::Path | Place::Query | Place::QueryMap) => Medium::Text,
            Some(Place::Header | Place::HeaderMap) => Medium::Header,
            Some(Place::Payload) if node.types.contains(JsonType::String) => Medium::Payload,
            _ => self.medium,
        };
        Self { medium, ..self }
    }
}

/// Keys of maps: any text, but for names that have a meaning of their own.
const KEY: &str = "[^AVX_\\x00-\\x1f\\x7f\u{fffe}\u{ffff}]{1,8}";

/// What the wire always says: labels of the path, the status, and whether headers have a prefix.
fn is_always_said(node: &Node) -> bool {
    matches!(node.place, Some(Place::Path | Place::HeaderMap | Place::Status))
}

/// Text that the medium can carry.
fn any_text(medium: Medium) -> BoxedStrategy<Value> {
    let text = match medium {
        Medium::Form | Medium::Json | Medium::Text => prop_oneof!["\\PC{0,12}", any::<String>()].boxed(),
        Medium::Payload => any::<String>().prop_filter("an empty body is none", |text| !text.is_empty()).boxed(),
        Medium::Header => "[ -~\\t\u{80}-\u{10ffff}]{0,12}".boxed(),
        Medium::Xml => "[\\t\\n\\r -\u{d7ff}\u{e000}-\u{fffd}\u{10000}-\u{10ffff}]{0,12}".boxed(),
    };
    text.prop_map(Value::String).boxed()
}

fn text_of(node: &Node, medium: Medium) -> BoxedStrategy<Value> {
    if super::text::is_timestamp(node) {
        // The coarsest of the forms says whole seconds only.
        let milliseconds = if node.wire.timestamp == Some(TimestampFormat::EpochSeconds) { 1 } else { 1000 };
        let time = (0..4_000_000_000_000_i64).prop_map(move |time| time / milliseconds * milliseconds);
        let text = time.prop_map(|time| Timestamp::from_millisecond(time).expect("a time").to_string());
        return text.prop_map(Value::String).boxed();
    }
    if node.wire.base64 {
        let bytes = vec(any::<u8>(), usize::from(medium == Medium::Payload)..9);
        return bytes.prop_map(|bytes| Value::String(to_base64(&bytes))).boxed();
    }
    if node.wire.media_type.is_some() && medium == Medium::Header {
        return any_text(Medium::Text);
    }
    any_text(medium)
}

/// A value of no particular form; only JSON can say it.
fn free(medium: Medium) -> BoxedStrategy<Value> {
    if medium != Medium::Json {
        return any_text(medium);
    }
    let leaf = prop_oneof![Just(Value::Null), any::<i64>().prop_map(Value::from), any_text(medium)];
    let nested = leaf.prop_recursive(3, 12, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(Value::Array),
            btree_map(KEY, inner, 0..3).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    });
    nested.prop_filter("a null member is an absent one", |value| !value.is_null()).boxed()
}

fn wide_contract() -> Contract {
    let text = |name: &str, text: &str| SourceText { name: name.to_owned(), text: text.to_owned() };
    let contract = Contract::from_texts([
        text("query/service.yaml", &SERVICE.replace("CODEC", "aws-query").replace("NULLS", "false")),
        text("query/wide.yaml", QUERY),
        text("rest/service.yaml", &SERVICE.replace("CODEC", "rest-json").replace("NULLS", "true")),
        text("rest/wide.yaml", REST),
        text(
            "rest/map.yaml",
            &payload("QueryMap", "query-map", "type: object, additionalProperties: { type: string }"),
        ),
        text("rest/blob.yaml", &payload("Blob", "payload", "type: string, wire: { base64: true }")),
        text("rest/text.yaml", &payload("Text", "payload", "type: string")),
        text("rest/list.yaml", &payload("List", "payload", "type: array, items: { type: integer }")),
    ]);
    contract.unwrap_or_else(|error| panic!("{error}"))
}

fn payload(name: &str, place: &str, schema: &str) -> String {
    let member = format!("{{ type: object, cite: x:y, properties: {{ m: {{ in: {place}, {schema} }} }} }}");
    let http = format!("{{ method: POST, path: /{name}, status: 200, cite: x:y }}");
    let output = if place == "payload" { format!("output: {member}\n") } else { String::new() };
    let examples = "examples: [{ name: empty, input: {}, cite: x:y }]";
    format!("operation: {name}\nhttp: {http}\ninput: {member}\n{output}{examples}\n")
}

const SERVICE: &str = r##"
service: wide-CODEC
title: Every way to write a member
version: "1"
sources: { x: { title: this test, strength: assumed } }
protocol: { codec: CODEC, namespace: "urn:wide", null_is_absent: NULLS }
errors:
  - { code: Invalid, status: 400, kind: validation, cite: x:y, on: { type: x:y, format: x:y, items: x:y } }
$defs:
  Deep:
    type: object
    properties:
      Text: { type: string }
      Deeper: { $ref: "#/$defs/Deep" }
      List: { type: array, items: { $ref: "#/$defs/Deep" } }
"##;

const QUERY: &str = r##"
operation: Query
http: { method: POST, path: /, status: 200, cite: x:y }
examples: [{ name: empty, input: {}, cite: x:y }]
input: { $ref: "#/$defs/Members" }
output: { $ref: "#/$defs/Members" }
$defs:
  Members:
    type: object
    cite: x:y
    properties:
      Boolean: { type: boolean }
      Integer: { type: integer }
      Number: { type: number, wire: { name: Renamed } }
      Blob: { type: string, wire: { base64: true } }
      Time: { type: string, format: date-time }
      Epoch: { type: string, format: date-time, wire: { timestamp: epoch-seconds } }
      HttpDate: { type: string, format: date-time, wire: { timestamp: http-date } }
      List: { type: array, items: { type: integer } }
      Lists: { type: array, wire: { item: item }, items: { type: array, items: { type: string } } }
      FlatList: { type: array, wire: { flattened: true, name: Flat }, items: { type: string } }
      Map: { type: object, additionalProperties: { type: string } }
      MapOfLists:
        type: object
        wire: { item: e, key: k, value: v }
        propertyNames: { wire: { namespace: { uri: "urn:key" } } }
        additionalProperties: { type: array, items: { type: string } }
      FlatMap: { type: object, wire: { flattened: true, key: K, value: V }, additionalProperties: { type: string } }
      Structures:
        type: array
        items:
          type: object
          wire: { namespace: { uri: "urn:item", prefix: i } }
          properties:
            Attribute: { type: string, wire: { attribute: true, name: "i:kind" } }
            Text: { type: string, wire: { namespace: { uri: "urn:text" } } }
      Deep: { $ref: "#/$defs/Deep" }
"##;

const REST: &str = r##"
operation: Rest
http: { method: POST, path: "/rest/{number}/{Key+}?constant=1", status: 200, cite: x:y }
examples: [{ name: least, input: { number: 1, key: k }, cite: x:y }]
input:
  type: object
  cite: x:y
  properties:
    number: { type: integer, in: path }
    key: { type: string, in: path, wire: { name: Key } }
    query: { type: string, in: query, wire: { name: Version } }
    queryTime: { type: string, format: date-time, in: query }
    queryFlag: { type: boolean, in: query }
    headerNumber: { type: number, in: header, wire: { name: X-Number } }
    body: { type: string, in: body }
output:
  type: object
  cite: x:y
  properties:
    headerText: { type: string, in: header, wire: { name: X-Text } }
    headerTime: { type: string, format: date-time, in: header, wire: { name: X-Time } }
    headerList: { type: array, items: { type: string }, in: header, wire: { name: X-List } }
    headerTimes: { type: array, items: { type: string, format: date-time }, in: header, wire: { name: X-Times } }
    headerFlags: { type: array, items: { type: boolean }, in: header, wire: { name: X-Flags } }
    headerJson: { type: string, in: header, wire: { name: X-Json, media_type: application/json } }
    headerMap: { type: object, additionalProperties: { type: string }, in: header-map, wire: { name: X-Map- } }
    renamed: { type: string, wire: { name: other } }
    other: { type: string, wire: { name: renamed } }
    blob: { type: string, wire: { base64: true } }
    time: { type: string, format: date-time, wire: { timestamp: epoch-seconds } }
    times: { type: array, items: { type: string, format: date-time, wire: { timestamp: http-date } } }
    sparse: { type: array, items: { type: [string, "null"] } }
    nullable: { type: object, additionalProperties: { type: [integer, "null"] } }
    structures: { type: object, additionalProperties: { type: object, properties: { a: { type: string, wire: { name: b } } } } }
    anything: {}
    deep: { $ref: "#/$defs/Deep" }
"##;
