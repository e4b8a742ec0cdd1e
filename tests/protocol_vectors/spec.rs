//! A vector's operation in the spec language.

use accordant::Contract;
use accordant::model::Cause;
use accordant::spec::{ContractError, SourceText};
use serde_json::{Map, Value, json};

use crate::values;
use crate::vectors::{Case, Member, Shape, Suite};

/// The one citation of everything: specs need sources.
const CITE: &str = "vectors:the suite's shapes";

/// What may be wrong with a request; a spec names an error for each.
const CAUSES: [Cause; 8] = [
    Cause::Required,
    Cause::Type,
    Cause::Enum,
    Cause::Length,
    Cause::Pattern,
    Cause::Range,
    Cause::Format,
    Cause::Items,
];

/// A contract of the one operation that a vector is about.
pub fn contract(codec: &str, suite: &Suite, case: &Case) -> Result<Contract, ContractError> {
    let text = |name: &str, spec: Value| SourceText { name: format!("vectors/{name}.yaml"), text: spec.to_string() };
    Contract::from_texts([
        text("service", service(codec, suite, case)),
        text("operation", Model::new(suite, case).operation()),
    ])
}

fn service(codec: &str, suite: &Suite, case: &Case) -> Value {
    let on: Map<String, Value> = CAUSES.iter().map(|cause| (cause.name().to_owned(), json!(CITE))).collect();
    json!({
        "service": "vectors",
        "title": "Protocol test vectors",
        "version": suite.metadata.api_version,
        "sources": { "vectors": { "title": "Smithy-derived protocol tests", "strength": "model" } },
        "protocol": {
            "codec": codec,
            "namespace": namespace(case),
            "null_is_absent": true,
            "error": if codec == "rest-json" { error_shapes(suite, case) } else { json!([]) },
            "cite": CITE,
        },
        "errors": [{ "code": "Refused", "status": 400, "kind": "validation", "cite": CITE, "on": on }],
    })
}

/// The service's XML namespace, which the vectors' metadata leaves out and their responses state.
fn namespace(case: &Case) -> Option<&str> {
    let body = case.response.as_ref()?.body.as_deref()?;
    let root = &body[..body.find('>')?];
    root.split_once("xmlns=\"")?.1.split('"').next()
}

/// How restJson1 says an error: the code in a header, or as one of two members.
fn error_shapes(suite: &Suite, case: &Case) -> Value {
    let shape = case.given.errors.first().map(|error| &suite.shapes[&error.shape]);
    let mut body = Map::new();
    if let Some(member) = shape.and_then(message_member) {
        body.insert(member.to_owned(), json!("{message}"));
    }
    let with_code = |member: &str| {
        let mut body = body.clone();
        body.insert(member.to_owned(), json!("{code}"));
        json!({ "body": body })
    };
    json!([{ "headers": { "X-Amzn-Errortype": "{code}" }, "body": body }, with_code("code"), with_code("__type")])
}

/// The member of an error that is its message.
pub fn message_member(error: &Shape) -> Option<&str> {
    error.members.keys().map(String::as_str).find(|name| name.eq_ignore_ascii_case("message"))
}

/// A case's operation, from the shapes of its suite.
struct Model<'v> {
    suite: &'v Suite,
    case: &'v Case,
    /// Whether lists and maps may hold nulls.
    sparse: bool,
}

/// Whether a structure is a whole input or output, whose members may travel outside the body.
#[derive(Clone, Copy, PartialEq)]
enum Rank {
    Root,
    Nested,
}

impl<'v> Model<'v> {
    fn new(suite: &'v Suite, case: &'v Case) -> Self {
        let (given, nothing) = (&case.given, Value::Null);
        let holds_nulls =
            |root: Option<&Member>, value: Option<&Value>| values::holds_nulls(suite, root, value.unwrap_or(&nothing));
        let sparse = holds_nulls(given.input.as_ref(), case.params.as_ref())
            || holds_nulls(given.output.as_ref(), case.result.as_ref());
        Self { suite, case, sparse }
    }

    fn operation(&self) -> Value {
        let given = &self.case.given;
        let structures = self.suite.shapes.iter().filter(|(_, shape)| shape.kind == "structure" && !shape.document);
        let defs = structures.map(|(name, shape)| (name.clone(), self.structure(shape, Rank::Nested)));
        json!({
            "operation": given.name,
            "http": {
                "method": given.http.method,
                "path": given.http.request_uri,
                "status": given.http.response_code.unwrap_or(200),
                "cite": CITE,
            },
            "input": self.root(given.input.as_ref()),
            "output": self.root(given.output.as_ref()),
            "errors": given.errors.iter().map(|error| self.error(error)).collect::<Vec<_>>(),
            "examples": [{ "name": "empty", "input": {}, "cite": CITE }],
            "$defs": defs.collect::<Map<_, _>>(),
        })
    }

    fn error(&self, error: &Member) -> Value {
        let stated = self.suite.shapes[&error.shape].error.as_ref();
        json!({
            "code": stated.and_then(|stated| stated.code.as_ref()).unwrap_or(&error.shape),
            "status": stated.and_then(|stated| stated.http_status_code).unwrap_or(400),
            "kind": "validation",
            "cite": CITE,
        })
    }

    fn root(&self, root: Option<&Member>) -> Value {
        let mut schema = match root {
            Some(root) => self.structure(&self.suite.shapes[&root.shape], Rank::Root),
            None => json!({ "type": "object" }),
        };
        schema["cite"] = json!(CITE);
        schema
    }

    fn structure(&self, shape: &Shape, rank: Rank) -> Value {
        let properties = shape.members.iter().map(|(name, member)| {
            let mut schema = self.referred(member, member.location_name.as_deref());
            if let Some(place) = self.place(shape, name, member).filter(|_| rank == Rank::Root) {
                schema["in"] = json!(place);
            }
            (name.clone(), schema)
        });
        let properties: Map<String, Value> = properties.collect();
        let object = if self.sparse && rank == Rank::Nested { json!(["object", "null"]) } else { json!("object") };
        let mut schema = json!({ "type": object, "properties": properties });
        if shape.union {
            schema["minProperties"] = json!(1);
            schema["maxProperties"] = json!(1);
        }
        schema
    }

    fn place(&self, parent: &Shape, name: &str, member: &Member) -> Option<&'static str> {
        let is_map = self.suite.shapes[&member.shape].kind == "map";
        match member.location.as_deref() {
            Some("uri") => Some("path"),
            Some("querystring") if is_map => Some("query-map"),
            Some("querystring") => Some("query"),
            Some("header") => Some("header"),
            Some("headers") => Some("header-map"),
            Some("statusCode") => Some("status"),
            _ if parent.payload.as_deref() == Some(name) => Some("payload"),
            _ => None,
        }
    }

    /// The schema of the shape that a member, item, key or value refers to, with its name on the wire if it has one.
    fn referred(&self, member: &Member, name: Option<&str>) -> Value {
        let shape = &self.suite.shapes[&member.shape];
        let mut schema = match shape.kind.as_str() {
            "structure" if shape.document => json!({}),
            "structure" => json!({ "$ref": format!("#/$defs/{}", member.shape) }),
            "list" => json!({ "type": "array", "items": self.held(shape.member.as_ref()) }),
            "map" => json!({
                "type": "object",
                "propertyNames": self.held(shape.key.as_ref()),
                "additionalProperties": self.held(shape.value.as_ref()),
            }),
            "boolean" => json!({ "type": "boolean" }),
            "byte" | "short" | "integer" | "long" | "bigInteger" => json!({ "type": "integer" }),
            "float" | "double" | "bigDecimal" => json!({ "type": "number" }),
            "timestamp" => json!({ "type": "string", "format": "date-time" }),
            _ if shape.enumeration.is_empty() => json!({ "type": "string" }),
            _ => json!({ "type": "string", "enum": shape.enumeration }),
        };
        let wire = wire(shape, member, name);
        if !wire.is_empty() {
            schema["wire"] = Value::Object(wire);
        }
        schema
    }

    /// The schema of what a list or map holds.
    fn held(&self, member: Option<&Member>) -> Value {
        let mut schema = self.referred(member.expect("lists and maps say what they hold"), None);
        if self.sparse && schema["type"].is_string() {
            schema["type"] = json!([schema["type"], "null"]);
        }
        schema
    }
}

/// How a member is written, where it is not the codec's usual way.
fn wire(shape: &Shape, member: &Member, name: Option<&str>) -> Map<String, Value> {
    let renamed = |held: &Option<Member>| json!(held.as_ref().and_then(|held| held.location_name.as_ref()));
    let flag = |set: bool| if set { json!(true) } else { Value::Null };
    let namespace = match &member.xml_namespace {
        Some(Value::String(uri)) => json!({ "uri": uri }),
        stated => json!(stated),
    };
    let timestamp = match member.timestamp_format.as_ref().or(shape.timestamp_format.as_ref()).map(String::as_str) {
        Some("iso8601") => json!("date-time"),
        Some("unixTimestamp") => json!("epoch-seconds"),
        Some("rfc822") => json!("http-date"),
        stated => json!(stated),
    };
    let said = [
        ("name", json!(name)),
        ("item", renamed(&shape.member)),
        ("key", renamed(&shape.key)),
        ("value", renamed(&shape.value)),
        ("flattened", flag(member.flattened || shape.flattened)),
        ("attribute", flag(member.xml_attribute)),
        ("base64", flag(shape.kind == "blob")),
        ("media_type", if member.jsonvalue { json!("application/json") } else { Value::Null }),
        ("namespace", namespace),
        ("timestamp", timestamp),
    ];
    said.into_iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.to_owned(), value)).collect()
}
