//! What of a request must never come back: credentials that travel as they are, and sensitive members of the input.

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::contract::model::AuthScheme;
use crate::contract::{NodeId, Operation, Shape};

/// Header in which the session token of a SigV4 signature travels.
const SESSION_TOKEN: &str = "x-amz-security-token";

/// The secrets of a request; usually none or one.
pub fn secrets(operation: &Operation, request: &Request<Bytes>, input: &Value) -> Vec<String> {
    let mut found: Vec<String> =
        headers(operation).filter_map(|name| Some(request.headers().get(name)?.to_str().ok()?.to_owned())).collect();
    sensitive(&operation.input, 0, input, false, &mut found);
    found.retain(|secret| !secret.is_empty());
    found
}

/// Whether requests of an operation carry a secret, whoever sends them.
pub fn has_secrets(operation: &Operation) -> bool {
    let has_token = operation.service.auth.iter().any(|auth| auth.scheme == AuthScheme::Header);
    has_token || operation.input.nodes.iter().any(|node| node.sensitive)
}

fn headers(operation: &Operation) -> impl Iterator<Item = &str> {
    operation.service.auth.iter().filter_map(|auth| match auth.scheme {
        AuthScheme::Header => Some(auth.name.as_str()),
        AuthScheme::Sigv4 => Some(SESSION_TOKEN),
        AuthScheme::Authorization => None,
    })
}

/// The texts below sensitive nodes.
fn sensitive(shape: &Shape, id: NodeId, value: &Value, within: bool, found: &mut Vec<String>) {
    let node = &shape.nodes[id];
    let within = within || node.sensitive;
    match value {
        Value::String(text) if within && !found.contains(text) => found.push(text.clone()),
        Value::Object(members) => {
            for (name, value) in members {
                if let Some(id) = node.properties.get(name).copied().or(node.values) {
                    sensitive(shape, id, value, within, found);
                }
            }
        }
        Value::Array(items) => {
            let Some(id) = node.items else { return };
            for item in items {
                sensitive(shape, id, item, within, found);
            }
        }
        _ => {}
    }
}
