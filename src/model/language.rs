//! The spec language: the Rust types behind `specs/**/*.yaml`.
//!
//! A spec is data. These types say which keys exist and what they mean; the JSON Schemas under
//! `specs/` are generated from them, and what a key *does* is decided where they are compiled.

use indexmap::IndexMap;
#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One service: how it is spoken, recognised, authenticated, and which errors all its operations share.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ServiceSpec {
    /// Short name, as the tool prints it and as `--service` takes it.
    pub service: String,
    /// The service's full name.
    pub title: String,
    /// API version that requests carry, where the protocol has one.
    #[serde(default)]
    pub version: Option<String>,
    /// Documents that facts are taken from, by the name citations use.
    #[serde(default)]
    pub documents: IndexMap<String, DocumentSpec>,
    /// Other sources of facts, by the name citations use. Operations of the service may cite them too.
    #[serde(default)]
    pub sources: IndexMap<String, SourceSpec>,
    /// The native protocol.
    pub protocol: ProtocolSpec,
    /// The documented dialect, where the documents show another protocol than the SDKs speak.
    #[serde(default)]
    pub documented: Option<DocumentedServiceSpec>,
    /// What tells a request for this service from one for another on the same port.
    #[serde(default)]
    pub recognise: RecogniseSpec,
    /// Ways to authenticate; a native request needs one of them.
    #[serde(default)]
    pub auth: Vec<AuthSpec>,
    /// Clients that speak to the service: what tells them, and what leads them to another address.
    #[serde(default)]
    pub clients: Vec<ClientSpec>,
    /// Errors every operation of the service may answer.
    #[serde(default)]
    pub errors: Vec<ErrorSpec>,
    /// What breaking a constraint must cause where no error is named for it.
    #[serde(default)]
    pub reactions: ReactionsSpec,
    /// Schemas that operations refer to as `#/$defs/NAME`.
    #[serde(default, rename = "$defs")]
    pub defs: IndexMap<String, SchemaSpec>,
}

/// One operation of a service.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OperationSpec {
    /// The operation's name, as the service documents it: letters, digits, hyphens and low lines, since it names files and tests.
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^[A-Za-z][A-Za-z0-9_-]{0,127}$")))]
    pub operation: String,
    /// Other names of the same operation, such as another SDK's.
    #[serde(default)]
    pub aliases: Vec<String>,
    /// What it does, in a sentence of our own.
    #[serde(default)]
    pub summary: Option<String>,
    /// Where the summary and the remarks come from.
    #[serde(default)]
    pub cite: Option<CiteSpec>,
    /// Documents that facts are taken from, by the name citations use.
    #[serde(default)]
    pub documents: IndexMap<String, DocumentSpec>,
    /// Other sources of facts, by the name citations use.
    #[serde(default)]
    pub sources: IndexMap<String, SourceSpec>,
    /// Method, path and success status of the native dialect.
    pub http: HttpSpec,
    /// The documented dialect of this operation.
    #[serde(default)]
    pub documented: Option<DocumentedSpec>,
    /// Schema of the input: one object, whatever travels in path, query, header or body.
    pub input: SchemaSpec,
    /// Schema of the output.
    #[serde(default)]
    pub output: SchemaSpec,
    /// Output members that repeat input members: the mock fills them, the checker asserts them.
    #[serde(default)]
    pub echo: IndexMap<String, EchoSpec>,
    /// What must be so between an input and its output.
    #[serde(default)]
    pub output_rules: Vec<OutputRuleSpec>,
    /// What the mock answers to a valid input: a template of the output.
    #[serde(default)]
    pub answer: Value,
    /// Errors of this operation.
    #[serde(default)]
    pub errors: Vec<ErrorSpec>,
    /// What breaking a constraint must cause where no error is named for it; it goes before what the service says.
    #[serde(default)]
    pub reactions: ReactionsSpec,
    /// Output members whose value differs from call to call.
    #[serde(default)]
    pub volatile: Vec<String>,
    /// Member that makes a repeated call harmless.
    #[serde(default)]
    pub idempotency: Option<IdempotencySpec>,
    /// Inputs, and outputs where a source shows them.
    #[serde(default)]
    pub examples: Vec<ExampleSpec>,
    /// Facts on which sources disagree; findings about them are notes.
    #[serde(default)]
    pub disputed: Vec<DisputeSpec>,
    /// Facts that a single input cannot show: states of resources, order of calls.
    #[serde(default)]
    pub remarks: Vec<RemarkSpec>,
    /// Schemas that this operation refers to as `#/$defs/NAME`.
    #[serde(default, rename = "$defs")]
    pub defs: IndexMap<String, SchemaSpec>,
}

/// A document that facts are taken from: its name and hash, never its sentences.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DocumentSpec {
    /// File name inside the documents directory.
    pub file: String,
    /// SHA-256 of the file, in lower-case hexadecimal.
    pub sha256: String,
    /// What it is called.
    #[serde(default)]
    pub title: Option<String>,
    /// Where it is published.
    #[serde(default)]
    pub url: Option<String>,
}

/// A source of facts that is not a document with lines.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct SourceSpec {
    /// What it is, with its version or date.
    pub title: String,
    /// Where it is published.
    #[serde(default)]
    pub url: Option<String>,
    /// How far it is trusted.
    pub strength: Strength,
}

/// How far a fact is trusted, in falling order. Only `documented` and `model` facts can fail a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Strength {
    /// A document of the service says so.
    Documented,
    /// The published service model says so.
    Model,
    /// Somebody saw the real service do so.
    Observed,
    /// Our own reading; nothing says otherwise.
    Assumed,
}

/// Where facts come from: citations for the whole node, or by keyword with `*` for the rest.
///
/// A citation is `SOURCE:LOCATOR`. For a document the locator is a line (`page:9`) or a range
/// (`page:6-18`), optionally followed by the words in quotes that stand there for the fact
/// (`page:9 "8 hours"`); for another source it is free text.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(untagged)]
pub enum CiteSpec {
    /// One citation.
    One(String),
    /// Several citations that together carry the fact.
    Many(Vec<String>),
    /// Citations by keyword (`maxLength`, `required`, …); `*` for the keywords not named.
    ByKeyword(IndexMap<String, Citations>),
}

/// One citation or several.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(untagged)]
pub enum Citations {
    /// One citation.
    One(String),
    /// Several citations.
    Many(Vec<String>),
}

/// The native protocol of a service.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ProtocolSpec {
    /// The codec's name: `aws-query` or `rest-json`.
    pub codec: String,
    /// XML namespace of responses, for codecs that write XML.
    #[serde(default)]
    pub namespace: Option<String>,
    /// How timestamps travel in a body; the codec's own way when absent.
    #[serde(default)]
    pub timestamps: Option<TimestampFormat>,
    /// Whether a null member of a JSON body is an absent one.
    #[serde(default)]
    pub null_is_absent: bool,
    /// Response header that carries the request id.
    #[serde(default)]
    pub request_id: Option<String>,
    /// Shapes of the error response, for codecs that leave it to the service. The first one is
    /// written, all are understood.
    #[serde(default)]
    pub error: Vec<ErrorShapeSpec>,
    /// What stands around every output and error, each fact with its source; what is not named here is not judged.
    #[serde(default)]
    pub envelope: IndexMap<EnvelopeFact, Citations>,
    /// Where these facts come from.
    #[serde(default)]
    pub cite: Option<CiteSpec>,
}

/// A fact about what stands around outputs and errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum EnvelopeFact {
    /// The root element is in the protocol's namespace.
    Namespace,
    /// A success carries metadata with the request id.
    Metadata,
    /// The body has the request id that the header has.
    RequestId,
    /// An error says whose fault it is.
    Fault,
    /// An error has a message for a person.
    Message,
}

impl EnvelopeFact {
    /// The name as specs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Namespace => "namespace",
            Self::Metadata => "metadata",
            Self::RequestId => "request-id",
            Self::Fault => "fault",
            Self::Message => "message",
        }
    }

    /// The fact as a sentence.
    #[must_use]
    pub fn says(self) -> &'static str {
        match self {
            Self::Namespace => "the root element of an answer is in the protocol's namespace",
            Self::Metadata => "a success carries metadata with the request id",
            Self::RequestId => "the body of an answer has the request id of its header",
            Self::Fault => "an error says whose fault it is",
            Self::Message => "an error has a message for a person",
        }
    }
}

/// How an error response looks: templates over `{code}`, `{message}`, `{fault}`, `{requestId}`, `{status}`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ErrorShapeSpec {
    /// Headers, by name.
    #[serde(default)]
    pub headers: IndexMap<String, String>,
    /// The JSON body.
    pub body: Value,
}

/// How a timestamp is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum TimestampFormat {
    /// RFC 3339 text in UTC, with milliseconds where there are any.
    DateTime,
    /// A number: seconds since 1970, with up to three decimals.
    EpochSeconds,
    /// The form of HTTP's `Date` header.
    HttpDate,
}

/// The documented dialect, as far as it is the same for all operations of a service.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DocumentedServiceSpec {
    /// The codec's name: `envelope`.
    pub codec: String,
    /// Status of a success.
    pub status: u16,
    /// The JSON body of a success, in which `{word}` stands for an output member that each operation names under `output`.
    /// The object that holds these words is the output; what else stands here tells a success.
    pub success: Value,
    /// The JSON body of a failure, in which `{code}` and `{message}` stand for the error's; what else stands here tells a
    /// failure.
    pub failure: Value,
    /// The one error the documents show.
    pub error: ErrorSpec,
    /// Where this comes from; `status` may be cited on its own.
    pub cite: CiteSpec,
}

/// What tells a service's requests from another's.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RecogniseSpec {
    /// Service names in a SigV4 credential scope.
    #[serde(default)]
    pub credential_scopes: Vec<String>,
    /// Host names; `*` stands for one label.
    #[serde(default)]
    pub hosts: Vec<String>,
    /// Path prefixes.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Request headers that only this service's clients send.
    #[serde(default)]
    pub headers: Vec<String>,
}

/// A way to authenticate.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct AuthSpec {
    /// The scheme.
    pub scheme: AuthScheme,
    /// For `header`: the header that carries the secret. For `authorization`: the scheme word of the `Authorization` header.
    #[serde(default)]
    pub name: Option<String>,
    /// Other headers that only requests with such credentials have, as the date of a signature.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Other headers and parameters that carry a secret of this scheme.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Where this comes from.
    #[serde(default)]
    pub cite: Option<CiteSpec>,
}

/// Clients of one kind, as an SDK in several languages.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ClientSpec {
    /// What they are called.
    pub name: String,
    /// Headers that only they send; a final `*` stands for anything.
    #[serde(default)]
    pub headers: Vec<String>,
    /// Environment variables that lead them to another address, with credentials that are worth nothing. `{url}` is that
    /// address.
    #[serde(default)]
    pub environment: IndexMap<String, String>,
    /// Environment variables that they need, where the user has not set them.
    #[serde(default)]
    pub defaults: IndexMap<String, String>,
    /// Environment variables that would lead them elsewhere, or to other credentials.
    #[serde(default)]
    pub without: Vec<String>,
    /// Error codes that they take for throttling, whether the service declares them or not.
    #[serde(default)]
    pub throttling: Vec<String>,
    /// Where this comes from.
    #[serde(default)]
    pub cite: Option<CiteSpec>,
}

/// An authentication scheme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum AuthScheme {
    /// AWS Signature Version 4, in the `Authorization` header or in the query string.
    Sigv4,
    /// A header that carries a token.
    Header,
    /// An `Authorization` header of the named scheme.
    Authorization,
}

/// Method, path and success status.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct HttpSpec {
    /// HTTP method.
    pub method: String,
    /// Path template; `{name}` is an input member with `in: path`.
    pub path: String,
    /// Status of a success.
    pub status: u16,
    /// Where these come from; `status` may be cited on its own.
    pub cite: CiteSpec,
}

/// How the document's page shows the operation.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DocumentedSpec {
    /// HTTP method.
    pub method: String,
    /// Path.
    pub path: String,
    /// Output members as pointers, by the words that the service's page has for them.
    pub output: IndexMap<String, String>,
    /// Where this comes from.
    pub cite: CiteSpec,
}

/// A JSON Schema 2020-12 with annotations: where a member travels, what it cites, which error breaking it causes.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields, rename_all = "camelCase", default)]
pub struct SchemaSpec {
    /// Reference to `#/$defs/NAME` of the operation or its service.
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    /// JSON type or types.
    #[serde(rename = "type")]
    pub types: Option<TypeSpec>,
    /// What it is, in our own words.
    pub description: Option<String>,
    /// Members of an object, in the order the service writes them.
    pub properties: IndexMap<String, SchemaSpec>,
    /// Members that must be present.
    pub required: Vec<String>,
    /// Schema of members not named in `properties`; `false` forbids them.
    pub additional_properties: Option<BoolOrSchema>,
    /// Schemas of members whose name matches.
    pub pattern_properties: IndexMap<String, SchemaSpec>,
    /// Schema of member names.
    pub property_names: Option<Box<SchemaSpec>>,
    /// Fewest members.
    pub min_properties: Option<u64>,
    /// Most members.
    pub max_properties: Option<u64>,
    /// Members that must be present when the named one is.
    pub dependent_required: IndexMap<String, Vec<String>>,
    /// Schema of every item.
    pub items: Option<Box<SchemaSpec>>,
    /// Schemas of the first items.
    pub prefix_items: Vec<SchemaSpec>,
    /// Schema that some item must satisfy.
    pub contains: Option<Box<SchemaSpec>>,
    /// Fewest items that satisfy `contains`.
    pub min_contains: Option<u64>,
    /// Most items that satisfy `contains`.
    pub max_contains: Option<u64>,
    /// Fewest items.
    pub min_items: Option<u64>,
    /// Most items.
    pub max_items: Option<u64>,
    /// Whether all items must differ.
    pub unique_items: Option<bool>,
    /// Fewest Unicode scalar values.
    pub min_length: Option<u64>,
    /// Most Unicode scalar values.
    pub max_length: Option<u64>,
    /// Regular expression that a string must match somewhere.
    pub pattern: Option<String>,
    /// Format name.
    pub format: Option<String>,
    /// Allowed values.
    #[serde(rename = "enum")]
    pub enumeration: Option<Vec<Value>>,
    /// The one allowed value.
    #[serde(rename = "const")]
    pub constant: Option<Value>,
    /// Smallest number.
    pub minimum: Option<serde_json::Number>,
    /// Largest number.
    pub maximum: Option<serde_json::Number>,
    /// Number that must be exceeded.
    pub exclusive_minimum: Option<serde_json::Number>,
    /// Number that must not be reached.
    pub exclusive_maximum: Option<serde_json::Number>,
    /// Number of which it must be a multiple.
    pub multiple_of: Option<serde_json::Number>,
    /// Schemas that must all hold.
    pub all_of: Vec<SchemaSpec>,
    /// Schemas of which at least one must hold.
    pub any_of: Vec<SchemaSpec>,
    /// Schemas of which exactly one must hold.
    pub one_of: Vec<SchemaSpec>,
    /// Schema that must not hold.
    pub not: Option<Box<SchemaSpec>>,
    /// Condition for `then` and `else`.
    #[serde(rename = "if")]
    pub condition: Option<Box<SchemaSpec>>,
    /// Schema that must hold when `if` does.
    pub then: Option<Box<SchemaSpec>>,
    /// Schema that must hold when `if` does not.
    #[serde(rename = "else")]
    pub otherwise: Option<Box<SchemaSpec>>,
    /// Value the service takes when the member is absent.
    pub default: Option<Value>,
    /// Values a source shows.
    pub examples: Vec<Value>,

    /// Where the member travels; the codec's own place when absent.
    #[serde(rename = "in")]
    pub place: Option<Place>,
    /// How the member is written on the wire.
    pub wire: Option<WireSpec>,
    /// Never to be shown in clear.
    pub sensitive: bool,
    /// Where the member and its constraints come from.
    pub cite: Option<CiteSpec>,
    /// Which error breaking a keyword causes, where it is not the service's usual one.
    pub errors: IndexMap<String, ErrorLinkSpec>,
    /// Rules across the members of this object, or about this value.
    pub rules: Vec<RuleSpec>,
}

/// A schema, or `true`/`false`.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(untagged)]
pub enum BoolOrSchema {
    /// Anything, or nothing.
    Bool(bool),
    /// A schema.
    Schema(Box<SchemaSpec>),
}

/// One JSON type or several.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(untagged)]
pub enum TypeSpec {
    /// One type.
    One(JsonType),
    /// Any of several types.
    Many(Vec<JsonType>),
}

/// The JSON types of JSON Schema.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "JSON Schema's own names")]
pub enum JsonType {
    Null,
    Boolean,
    Object,
    Array,
    Number,
    Integer,
    String,
}

/// Where an input or output member travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// A label of the path template.
    Path,
    /// A query parameter.
    Query,
    /// All query parameters; what another member says is written once and read for both.
    QueryMap,
    /// A header.
    Header,
    /// All headers with the prefix `wire.name`.
    HeaderMap,
    /// The response's status code.
    Status,
    /// A member of the body.
    Body,
    /// The whole body.
    Payload,
}

/// How a member is written on the wire.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct WireSpec {
    /// Name on the wire, where it is not the member's.
    pub name: Option<String>,
    /// Name of a list's items, or of a map's entries.
    pub item: Option<String>,
    /// Name of a map's keys.
    pub key: Option<String>,
    /// Name of a map's values.
    pub value: Option<String>,
    /// Whether a list or map stands without a wrapper.
    pub flattened: bool,
    /// Timestamp format, where it is not the protocol's.
    pub timestamp: Option<TimestampFormat>,
    /// Whether a string is binary and travels as base64.
    pub base64: bool,
    /// XML namespace of the element, with an optional prefix.
    pub namespace: Option<NamespaceSpec>,
    /// Whether the member is an XML attribute.
    pub attribute: bool,
    /// Media type of a payload, or of JSON text in a header.
    pub media_type: Option<String>,
}

/// An XML namespace declaration.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct NamespaceSpec {
    /// The namespace.
    pub uri: String,
    /// Its prefix; the default namespace when absent.
    #[serde(default)]
    pub prefix: Option<String>,
}

/// A rule across members.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RuleSpec {
    /// Stable name, in kebab case.
    pub id: String,
    /// What must be so, as a sentence.
    pub says: String,
    /// The members the rule is about: a variable for each, with its pointer below the schema that
    /// carries the rule. The rule applies when each is present or has a default.
    pub over: IndexMap<String, String>,
    /// CEL expression over those variables; true when the rule holds.
    pub assert: String,
    /// The error that breaking it causes; that of its cause, `rule`, when absent.
    #[serde(default)]
    pub error: Option<ErrorLinkSpec>,
    /// Where the rule comes from.
    pub cite: CiteSpec,
    /// A value that just satisfies the rule: a merge patch on the place the rule stands at in the first example.
    pub holds: Value,
    /// A value that breaks this rule and nothing else: a merge patch likewise.
    pub breaks: Value,
}

/// A rule about an output and the input that it answers.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct OutputRuleSpec {
    /// Stable name, in kebab case.
    pub id: String,
    /// What must be so, as a sentence.
    pub says: String,
    /// The members the rule is about: a variable for each, with its pointer behind `/input` or `/output`. The rule applies
    /// when each is present.
    pub over: IndexMap<String, String>,
    /// CEL expression over those variables; true when the rule holds.
    pub assert: String,
    /// Where the rule comes from.
    pub cite: Citations,
}

/// An error by its code, with the source of the link between cause and code.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ErrorLinkSpec {
    /// Wire code of a declared error.
    pub code: String,
    /// What says that this cause has this code.
    pub cite: Citations,
}

/// An error a service may answer.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ErrorSpec {
    /// The code as it stands on the wire.
    pub code: String,
    /// The model's name of the error, where it differs from the code.
    #[serde(default)]
    pub shape: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// What the error is about.
    pub kind: ErrorKind,
    /// Text the service is known to send; otherwise the broken constraint is stated.
    #[serde(default)]
    pub message: Option<String>,
    /// When it happens, in our own words.
    #[serde(default)]
    pub when: Option<String>,
    /// Where code and status come from.
    pub cite: CiteSpec,
    /// The causes that must have this error, each with the source of that link.
    #[serde(default)]
    pub on: IndexMap<Cause, Citations>,
    /// Body that differs from the service's usual error shape.
    #[serde(default)]
    pub body: Option<Value>,
}

/// What breaking a constraint must cause where no error is named for it.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ReactionsSpec {
    /// For broken constraints of every cause that has neither an error nor an entry here. Unknown members are not among
    /// them: many services ignore those.
    pub default: Option<ReactionSpec>,
    /// For single causes, constraints' or not.
    pub on: IndexMap<Cause, ReactionSpec>,
}

/// How exactly a reaction is known, with the source of that.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ReactionSpec {
    /// The level.
    pub level: ReactionLevel,
    /// What says so.
    pub cite: Citations,
}

/// How exactly a reaction is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ReactionLevel {
    /// Any declared error of the kind `validation` is right.
    Declared,
    /// Any status from 400 to 499 is right, in the protocol's shape and with whatever code.
    Class,
    /// The reaction is not known: the mock accepts, and nothing is demanded of a server.
    None,
}

/// What an error is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum ErrorKind {
    /// Something is wrong with the request itself.
    Validation,
    /// A resource is missing, present already, or in another state.
    State,
    /// A limit of the account is reached.
    Quota,
    /// The caller is not known or not allowed.
    Auth,
    /// The request does not reach an operation.
    Protocol,
    /// Too many calls.
    Throttling,
    /// The service itself failed.
    Server,
}

/// The kinds of violation: what can be wrong with a request, and so what an error can be the answer to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A required member is absent.
    Required,
    /// A value has another JSON type.
    Type,
    /// A value is none of the allowed ones.
    Enum,
    /// A string is too short or too long.
    Length,
    /// A string does not match its pattern.
    Pattern,
    /// A number is out of range.
    Range,
    /// A string does not have its format.
    Format,
    /// A list or map has too few, too many or equal items.
    Items,
    /// A member is not known.
    UnknownMember,
    /// A combination of schemas does not hold.
    Composition,
    /// A rule across members is broken.
    Rule,
    /// A member is given twice.
    DuplicateMember,
    /// The request names no action.
    MissingAction,
    /// The service has no such action.
    UnknownAction,
    /// The action exists, in another API version.
    UnknownVersion,
    /// The service has no such path.
    UnknownPath,
    /// The path exists, for another method.
    MethodNotAllowed,
    /// The body has another media type.
    UnsupportedMediaType,
    /// The body cannot be decoded.
    MalformedBody,
    /// The request carries no credentials.
    MissingCredentials,
    /// The credentials cannot be read.
    MalformedCredentials,
    /// The body is larger than the server takes.
    BodyTooLarge,
    /// The body did not arrive in time.
    RequestTimeout,
}

impl Cause {
    /// The causes that constraints of values have, in the order in which they are reported.
    pub const OF_VALUES: [Self; 11] = [
        Self::Required,
        Self::Type,
        Self::Enum,
        Self::Length,
        Self::Pattern,
        Self::Range,
        Self::Format,
        Self::Items,
        Self::UnknownMember,
        Self::Composition,
        Self::Rule,
    ];

    /// Whether it is that of a constraint which a client must keep: a request that breaks it gets an error. Unknown members are
    /// ignored by many services, so that nothing can be demanded unless somebody says it.
    #[must_use]
    pub fn must_be_refused(self) -> bool {
        self != Self::UnknownMember && Self::OF_VALUES.contains(&self)
    }

    /// The name as specs write it.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Required => "required",
            Self::Type => "type",
            Self::Enum => "enum",
            Self::Length => "length",
            Self::Pattern => "pattern",
            Self::Range => "range",
            Self::Format => "format",
            Self::Items => "items",
            Self::UnknownMember => "unknown-member",
            Self::Composition => "composition",
            Self::Rule => "rule",
            Self::DuplicateMember => "duplicate-member",
            Self::MissingAction => "missing-action",
            Self::UnknownAction => "unknown-action",
            Self::UnknownVersion => "unknown-version",
            Self::UnknownPath => "unknown-path",
            Self::MethodNotAllowed => "method-not-allowed",
            Self::UnsupportedMediaType => "unsupported-media-type",
            Self::MalformedBody => "malformed-body",
            Self::MissingCredentials => "missing-credentials",
            Self::MalformedCredentials => "malformed-credentials",
            Self::BodyTooLarge => "body-too-large",
            Self::RequestTimeout => "request-timeout",
        }
    }
}

/// Where an output member comes from.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct EchoSpec {
    /// Pointer of the input member.
    pub from: String,
    /// How the service may change it.
    #[serde(default)]
    pub fold: Option<Fold>,
    /// What says so.
    pub cite: Citations,
}

/// How an echoed value may differ from its origin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Fold {
    /// Stored in lower case; compared without case.
    LowerCase,
}

/// The member that makes repeated calls one.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct IdempotencySpec {
    /// Pointer of the token in the input.
    pub token: String,
    /// Output members that must be the same again.
    pub same: Vec<String>,
    /// What says so.
    pub cite: Citations,
}

/// An example.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct ExampleSpec {
    /// Name, as `Prefer: example=NAME` takes it.
    pub name: String,
    /// The input; it satisfies every constraint.
    pub input: Value,
    /// The output, where a source shows it.
    #[serde(default)]
    pub output: Option<Value>,
    /// Where it comes from.
    pub cite: Citations,
}

/// A fact on which sources disagree.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct DisputeSpec {
    /// The fact.
    pub fact: String,
    /// Ids of the constraints it concerns, or `status`.
    #[serde(default)]
    pub about: Vec<String>,
    /// The source this spec follows.
    pub follows: Citations,
    /// What the others say, and who they are.
    pub others: String,
}

/// A fact that a single input cannot show.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(deny_unknown_fields)]
pub struct RemarkSpec {
    /// The fact, in our own words.
    pub says: String,
    /// The error it leads to, where one is known.
    #[serde(default)]
    pub error: Option<String>,
    /// Where it comes from.
    pub cite: Citations,
}
