//! What identifies a schema within its service: a hash of everything that it is compiled from.
//!
//! The hash has 128 bits and is no secret: who makes two schemas collide has spoilt a contract of their own.

use serde_json::Value;
use xxhash_rust::xxh3::Xxh3;

use super::definitions::Definitions;
use crate::model::{CiteSpec, Key};

/// A hash of what references and citations mean in a text: its own definitions, and the names of its sources.
pub(super) fn scope(definitions: &Definitions<'_>) -> u64 {
    let mut hash = Xxh3::new();
    feed(definitions.own.value.get("$defs").unwrap_or(&Value::Null), &mut hash);
    for name in definitions.sources.documents.keys() {
        feed_text(name, &mut hash);
    }
    for (name, source) in &definitions.sources.others {
        feed_text(name, &mut hash);
        hash.update(&[source.strength as u8]);
    }
    hash.digest()
}

/// The key of a schema as it is written, with what its surroundings cite, the parts of `allOf` that lead to it, and whether it
/// gets no constraints.
pub(super) fn key(
    scope: u64,
    written: Option<&Value>,
    inherited: Option<&CiteSpec>,
    prefix: &str,
    silent: bool,
) -> Key {
    let mut hash = Xxh3::new();
    hash.update(&scope.to_le_bytes());
    hash.update(&[u8::from(silent)]);
    feed_text(prefix, &mut hash);
    match inherited {
        None => hash.update(&[0]),
        Some(CiteSpec::One(text)) => {
            hash.update(&[1]);
            feed_text(text, &mut hash);
        }
        Some(cite) => {
            hash.update(&[2]);
            feed(&serde_json::to_value(cite).unwrap_or_default(), &mut hash);
        }
    }
    feed(written.unwrap_or(&Value::Null), &mut hash);
    hash.digest128()
}

/// Feeds a value so that different values are different bytes; the order of members counts.
fn feed(value: &Value, hash: &mut Xxh3) {
    match value {
        Value::Null => hash.update(&[0]),
        Value::Bool(value) => hash.update(&[1, u8::from(*value)]),
        Value::Number(number) => {
            hash.update(&[2]);
            feed_text(&number.to_string(), hash);
        }
        Value::String(text) => {
            hash.update(&[3]);
            feed_text(text, hash);
        }
        Value::Array(items) => {
            hash.update(&[4]);
            hash.update(&(items.len() as u64).to_le_bytes());
            for item in items {
                feed(item, hash);
            }
        }
        Value::Object(members) => {
            hash.update(&[5]);
            hash.update(&(members.len() as u64).to_le_bytes());
            for (name, value) in members {
                feed_text(name, hash);
                feed(value, hash);
            }
        }
    }
}

fn feed_text(text: &str, hash: &mut Xxh3) {
    hash.update(&(text.len() as u64).to_le_bytes());
    hash.update(text.as_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn everything_that_makes_a_difference_does() {
        let written = json!({"type": "string"});
        let cite = CiteSpec::One("page:1".into());
        let keys = [
            key(1, Some(&written), None, "", false),
            key(2, Some(&written), None, "", false),
            key(1, Some(&json!({"type": ["string"]})), None, "", false),
            key(1, Some(&json!({"type": "string", "format": "a"})), None, "", false),
            key(1, Some(&written), Some(&cite), "", false),
            key(1, Some(&written), None, "allOf-0-", false),
            key(1, Some(&written), None, "", true),
        ];
        let different: std::collections::HashSet<Key> = keys.iter().copied().collect();
        assert_eq!(different.len(), keys.len());
        assert_eq!(keys[0], key(1, Some(&json!({"type": "string"})), None, "", false));
    }
}
