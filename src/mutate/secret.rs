//! What of a request must never come back: a token or session token in a header, and sensitive members of the input.
//!
//! The secret of a signature does not travel, and a sensitive list or map, as of tags, is what an answer may show.

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::auth;
use crate::model::{JsonType, Node, NodeId, Operation, Shape};

/// The longest secret of a request.
pub fn secret(operation: &Operation, request: &Request<Bytes>, input: &Value) -> Option<String> {
    let tokens = tokens(operation).filter_map(|name| request.headers().get(name)?.to_str().ok());
    let mut found: Vec<&str> = tokens.collect();
    sensitive(&operation.input, operation.input.start, input, &mut found);
    found.into_iter().filter(|secret| !secret.is_empty()).max_by_key(|secret| secret.len()).map(str::to_owned)
}

/// Whether requests of an operation can carry a secret.
pub fn has_secret(operation: &Operation) -> bool {
    tokens(operation).next().is_some() || operation.input.table().nodes.iter().any(|node| is_secret(node))
}

/// The headers in which tokens travel.
fn tokens(operation: &Operation) -> impl Iterator<Item = &str> {
    auth::secret_headers(&operation.service.auth)
}

fn is_secret(node: &Node) -> bool {
    node.sensitive && (node.types.is_empty() || node.types.contains(JsonType::String))
}

/// The texts of sensitive members.
fn sensitive<'v>(shape: &Shape, id: NodeId, value: &'v Value, found: &mut Vec<&'v str>) {
    let node = &shape.nodes[id];
    match value {
        Value::String(text) if is_secret(node) => found.push(text),
        _ if node.sensitive => {}
        Value::Object(members) => {
            for (name, value) in members {
                if let Some(id) = node.properties.get(name).copied().or(node.values) {
                    sensitive(shape, id, value, found);
                }
            }
        }
        Value::Array(items) => {
            let Some(id) = node.items else { return };
            for item in items {
                sensitive(shape, id, item, found);
            }
        }
        _ => {}
    }
}
