//! How large an input is for a reader, by which shrinking knows what is smaller.

use std::collections::HashSet;

use serde_json::Value;

/// How large a value is: every member and item counts, characters by how plain they are, numbers by their size. Texts
/// of the examples count least: a request that differs from an example in one place is easier to read than one of
/// nothing but empty texts.
pub(super) fn weight(value: &Value, familiar: &HashSet<String>) -> u64 {
    let character = |character: char| match character {
        'a' => 10,
        plain if plain.is_ascii_alphanumeric() => 11,
        plain if plain.is_ascii_graphic() => 12,
        _ => 13,
    };
    match value {
        Value::Null => 1,
        Value::Bool(value) => 1 + u64::from(*value),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => {
                2 + integer.unsigned_abs().min(1_000_000) + u64::from(64 - integer.unsigned_abs().leading_zeros())
            }
            None => 2 + number.to_string().len() as u64 + 128,
        },
        Value::String(text) if familiar.contains(text) => 1,
        Value::String(text) => 2 + text.chars().map(character).sum::<u64>(),
        Value::Array(items) => 3 + items.iter().map(|item| 20 + weight(item, familiar)).sum::<u64>(),
        Value::Object(members) => 3 + members.values().map(|member| 20 + weight(member, familiar)).sum::<u64>(),
    }
}
