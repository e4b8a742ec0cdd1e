//! Hashes of values.

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64_with_seed;

/// A hash of a value that does not depend on the order of members.
#[must_use]
pub fn digest(value: &Value, seed: u64) -> u64 {
    match value {
        Value::Null => seed ^ 0x6e75_6c6c,
        Value::Bool(value) => seed.wrapping_add(1 + u64::from(*value)),
        Value::String(text) => xxh3_64_with_seed(text.as_bytes(), seed),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => xxh3_64_with_seed(&integer.to_le_bytes(), seed),
            None => xxh3_64_with_seed(&number.as_f64().unwrap_or_default().to_le_bytes(), seed ^ 1),
        },
        Value::Array(items) => items.iter().fold(seed ^ 2, |state, item| digest(item, state.rotate_left(7))),
        Value::Object(members) => members.iter().fold(seed ^ 3, |sum, (name, value)| {
            sum.wrapping_add(digest(value, xxh3_64_with_seed(name.as_bytes(), seed)))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_members_does_not_matter_and_values_do() {
        assert_eq!(digest(&json!({"a": 1, "b": [2, 3]}), 7), digest(&json!({"b": [2, 3], "a": 1}), 7));
        let different = [
            json!({"a": 1}),
            json!({"a": 2}),
            json!({"b": 1}),
            json!({"a": "1"}),
            json!({"a": [1]}),
            json!({"a": null}),
            json!({"a": true}),
            json!({"a": false}),
            json!({"a": [1, 1]}),
            json!({"a": 1.5}),
        ];
        let digests: std::collections::HashSet<u64> = different.iter().map(|value| digest(value, 7)).collect();
        assert_eq!(digests.len(), different.len());
        assert_ne!(digest(&json!("x"), 1), digest(&json!("x"), 2));
    }
}
