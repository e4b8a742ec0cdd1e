//! The head of a spec: the facts of it that stand in an index.

use std::str::FromStr;
use std::sync::Arc;

use http::Method;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::error::{SourceText, SpecProblem};
use super::sections;
use crate::model::{AuthSpec, ClientSpec, RecogniseSpec, Route};

/// The head of a `service.yaml`.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ServiceHead {
    pub service: String,
    pub protocol: Codec,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documented: Option<Codec>,
    #[serde(default)]
    pub recognise: RecogniseSpec,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub auth: Vec<AuthSpec>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clients: Vec<ClientSpec>,
}

/// What a service is spoken in.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Codec {
    pub codec: String,
}

/// The head of an operation's file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct OperationHead {
    pub operation: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<String>,
    pub http: Place,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub documented: Option<Place>,
}

/// Method and path as they are written.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Place {
    pub method: String,
    pub path: String,
}

impl Place {
    /// The route. A method that is none counts as GET until the operation is compiled, which shows the problem.
    pub fn route(&self) -> Route {
        route(&self.method, &self.path)
    }
}

/// The route of a method and a path as they are written.
pub(super) fn route(method: &str, path: &str) -> Route {
    Route::new(Method::from_str(method).unwrap_or(Method::GET), path)
}

/// The head of a file of either kind.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Head {
    Service(ServiceHead),
    Operation(OperationHead),
}

impl Head {
    /// Reads a head without the rest of the text.
    ///
    /// # Errors
    /// The first thing that is wrong; nothing where the text is YAML without the head of a spec.
    pub fn read(source: &Arc<SourceText>, is_service: bool) -> Result<Self, Option<SpecProblem>> {
        let keys: &[&str] = if is_service {
            &["service", "protocol", "documented", "recognise", "auth", "clients"]
        } else {
            &["operation", "aliases", "http", "documented"]
        };
        let members = Value::Object(sections::pick(source, keys).map_err(Some)?);
        if is_service {
            return serde_json::from_value(members).map(Self::Service).map_err(|_| None);
        }
        serde_json::from_value(members).map(Self::Operation).map_err(|_| None)
    }
}
