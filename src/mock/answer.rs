//! What a success says: the contract's template, filled from the input and the seed.

use std::borrow::Cow;

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::model::Operation;
use crate::random::Random;
use crate::value::pointer;
use crate::value::template::Filler;
use crate::value::view::View;

/// The account that answers speak of.
const ACCOUNT: &str = "123456789012";
/// The region that answers speak of when the request names none.
pub const DEFAULT_REGION: &str = "us-east-1";

/// The output for a valid input: the same for the same input, seed and region.
#[must_use]
pub fn answer(operation: &Operation, input: &Value, seed: u64, region: &str) -> Value {
    fill(operation, input, identity(operation, input, seed), Cow::Borrowed(region)).to_value()
}

/// Fills the template.
pub fn fill<'v>(operation: &'v Operation, input: &'v Value, identity: u64, region: Cow<'v, str>) -> View<'v> {
    let mut words = Words { input, random: Random::new(identity), region };
    let filled = operation.answer.fill(&mut words);
    filled.filter(|view| matches!(view, View::Object(_))).unwrap_or(View::Object(Vec::new()))
}

/// A number that two requests share when their answers must be equal: by idempotency token where there is one, by
/// the whole input otherwise.
#[must_use]
pub fn identity(operation: &Operation, input: &Value, seed: u64) -> u64 {
    let token = operation.idempotency.as_ref().and_then(|idempotency| pointer::first(input, &idempotency.token));
    let token = token.filter(|token| token.as_str() != Some(""));
    hash(token.unwrap_or(input), xxh3_64_with_seed(operation.name.as_bytes(), seed))
}

/// A hash of a value that does not depend on the order of members.
fn hash(value: &Value, seed: u64) -> u64 {
    match value {
        Value::Null => seed ^ 0x6e75_6c6c,
        Value::Bool(value) => seed.wrapping_add(1 + u64::from(*value)),
        Value::String(text) => xxh3_64_with_seed(text.as_bytes(), seed),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => xxh3_64_with_seed(&integer.to_le_bytes(), seed),
            None => xxh3_64_with_seed(&number.as_f64().unwrap_or_default().to_le_bytes(), seed ^ 1),
        },
        Value::Array(items) => items.iter().fold(seed ^ 2, |state, item| hash(item, state.rotate_left(7))),
        Value::Object(members) => members.iter().fold(seed ^ 3, |sum, (name, value)| {
            sum.wrapping_add(hash(value, xxh3_64_with_seed(name.as_bytes(), seed)))
        }),
    }
}

struct Words<'v> {
    input: &'v Value,
    random: Random,
    region: Cow<'v, str>,
}

impl<'v> Filler<'v> for Words<'v> {
    fn input(&self) -> &'v Value {
        self.input
    }

    fn random(&mut self) -> u64 {
        self.random.next()
    }

    fn word(&self, name: &str) -> Option<Cow<'v, str>> {
        match name {
            "region" => Some(self.region.clone()),
            "account" => Some(Cow::Borrowed(ACCOUNT)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn the_order_of_members_does_not_matter_and_values_do() {
        assert_eq!(hash(&json!({"a": 1, "b": [2, 3]}), 7), hash(&json!({"b": [2, 3], "a": 1}), 7));
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
        let hashes: std::collections::HashSet<u64> = different.iter().map(|value| hash(value, 7)).collect();
        assert_eq!(hashes.len(), different.len());
        assert_ne!(hash(&json!("x"), 1), hash(&json!("x"), 2));
    }
}
