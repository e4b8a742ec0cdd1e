//! The types of a target file, from which its JSON Schema is made.

use indexmap::IndexMap;
#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Map, Number, Value};

/// What is known of a server under test, and what its valid cases need. `${env:NAME}` in any text stands for a variable of
/// the environment.
#[derive(Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema), schemars(title = "Target"))]
#[serde(deny_unknown_fields)]
pub struct TargetSpec {
    /// Where the server listens: scheme, host, port, and a path before that of every request.
    #[cfg_attr(feature = "cli", schemars(regex(pattern = r"^(https?://|\$\{env:)")))]
    pub url: Option<String>,
    /// The region that is signed for; us-east-1 when absent.
    pub region: Option<String>,
    /// Headers of every request, in place of generated ones of the same name. Secrets are written as ${env:NAME}.
    pub headers: Option<IndexMap<String, ScalarSpec>>,
    /// The operations to check; all of the services when absent.
    pub operations: Option<Vec<String>>,
    /// The services to check; all when absent.
    pub services: Option<Vec<String>>,
    /// The dialect it is spoken to in.
    #[cfg_attr(feature = "cli", schemars(extend("anyOf" = [{"enum": ["native", "documented"]}, {"pattern": r"^\$\{env:"}])))]
    pub dialect: Option<String>,
    /// Longest time for an answer, in seconds.
    #[cfg_attr(feature = "cli", schemars(extend("exclusiveMinimum" = 0)))]
    pub timeout: Option<f64>,
    /// Most requests on the way at a time.
    #[cfg_attr(feature = "cli", schemars(range(min = 1)))]
    pub concurrency: Option<usize>,
    /// Requests that go first, in order; one that is no success ends the run.
    pub givens: Option<Vec<GivenSpec>>,
    /// Members with a value of their own in every case: by operation, or * for each that has them, and by pointer.
    #[cfg_attr(feature = "cli", schemars(extend("additionalProperties" = {"type": "object", "propertyNames": {"pattern": "^/."}})))]
    pub sets: Option<IndexMap<String, Map<String, Value>>>,
    /// Members that are fresh in every case: by operation, or * for each that has them, as pointers.
    #[cfg_attr(feature = "cli", schemars(extend("additionalProperties" = {"type": "array", "items": {"type": "string", "pattern": "^/."}})))]
    pub uniques: Option<IndexMap<String, Vec<String>>>,
    /// Output members that differ from call to call, though the contract does not say so: `accordant snapshot` masks them.
    #[cfg_attr(feature = "cli", schemars(extend("additionalProperties" = {"type": "array", "items": {"type": "string", "pattern": "^/."}})))]
    pub volatile: Option<IndexMap<String, Vec<String>>>,
}

/// A request that goes first: of an operation, or any other by its method.
#[derive(Clone, Default, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[cfg_attr(feature = "cli", schemars(extend("oneOf" = [{"required": ["operation"]}, {"required": ["method"]}])))]
#[serde(deny_unknown_fields)]
pub struct GivenSpec {
    /// What a person calls it.
    pub name: Option<String>,
    /// An operation of the contract, sent in the native dialect.
    pub operation: Option<String>,
    /// The operation's input.
    pub input: Option<Map<String, Value>>,
    /// The service that a plain request is signed for: its name in credential scopes. Unsigned when absent.
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^[A-Za-z0-9._-]+$")))]
    pub service: Option<String>,
    /// The method of a plain request.
    pub method: Option<String>,
    /// Its path with its query, escaped; / when absent.
    #[cfg_attr(feature = "cli", schemars(regex(pattern = "^(/[^#]*|.*\\$\\{env:.*)$")))]
    pub path: Option<String>,
    /// Its headers, in place of the target's of the same name.
    pub headers: Option<IndexMap<String, ScalarSpec>>,
    /// A form as its body.
    pub form: Option<IndexMap<String, ScalarSpec>>,
    /// A JSON value as its body.
    pub json: Option<Value>,
    /// A text as its body.
    pub body: Option<String>,
    /// Whether all goes on when it fails.
    pub ignore_failure: Option<bool>,
}

/// A text, a number or a boolean, of which the text counts.
#[derive(Clone, PartialEq, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(untagged)]
pub enum ScalarSpec {
    /// A text.
    Text(String),
    /// A number.
    Number(Number),
    /// A boolean.
    Boolean(bool),
}

impl std::fmt::Display for ScalarSpec {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Number(number) => write!(f, "{number}"),
            Self::Boolean(boolean) => write!(f, "{boolean}"),
        }
    }
}
