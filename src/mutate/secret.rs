//! What of a request must never come back: a token or session token in a header, and sensitive members of the input.
//!
//! The secret of a signature does not travel, and a sensitive list or map, as of tags, is what an answer may show.

use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::auth;
use crate::model::{JsonType, Node, Operation};
use crate::value::walk::{Next, Places, walk};

/// The longest secret of a request.
pub fn secret(operation: &Operation, request: &Request<Bytes>, input: &Value) -> Option<String> {
    let tokens = tokens(operation).filter_map(|name| request.headers().get(name)?.to_str().ok());
    let mut found: Vec<&str> = tokens.collect();
    sensitive(operation, input, &mut found);
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
fn sensitive<'v>(operation: &Operation, value: &'v Value, found: &mut Vec<&'v str>) {
    walk(&Places::of(&operation.input), value, |places, value, _| {
        let Some(place) = places.sensitive() else { return Next::Below };
        found.extend(value.as_str().filter(|_| is_secret(place)));
        Next::Past
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::Contract;
    use crate::spec::SourceText;

    #[test]
    fn secrets_are_found_whichever_schema_says_that_they_are() {
        let texts = [
            ("parts/service.yaml", include_str!("../../fixtures/specs/parts/service.yaml")),
            ("parts/put-parts.yaml", include_str!("../../fixtures/specs/parts/put-parts.yaml")),
        ];
        let texts = texts.map(|(name, text)| SourceText { name: name.to_owned(), text: text.to_owned() });
        let contract = Contract::from_texts(texts).unwrap_or_else(|error| panic!("{error}"));
        let operation = contract.operation("PutParts").expect("an operation");
        for input in [
            json!({"apart": {"secret": "s3cr3t"}}),
            json!({"pair": ["s3cr3t", "left", "open"]}),
            json!({"named": {"x-key": "s3cr3t", "y": "open"}}),
            json!({"either": {"inner": "s3cr3t"}}),
        ] {
            assert_eq!(secret(operation, &Request::default(), &input).as_deref(), Some("s3cr3t"), "{input}");
        }
        assert_eq!(secret(operation, &Request::default(), &json!({"pair": ["", "left"]})), None);
    }
}
