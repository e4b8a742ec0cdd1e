//! How large an input is for a reader, by which shrinking knows what is smaller.

use std::collections::{HashMap, HashSet};

use serde_json::Value;

use crate::model::Operation;

/// Texts of an operation's examples, by the name of the member that has them there.
#[derive(Debug, Default)]
pub(super) struct Shown(HashMap<String, HashSet<String>>);

impl Shown {
    /// The texts of an operation's examples.
    pub fn of(operation: &Operation) -> Self {
        let mut shown = Self::default();
        operation.examples.iter().for_each(|example| shown.add("", &example.input));
        shown
    }

    fn add(&mut self, name: &str, value: &Value) {
        match value {
            Value::String(text) => {
                self.0.entry(name.to_owned()).or_default().insert(text.clone());
            }
            Value::Array(items) => items.iter().for_each(|item| self.add(name, item)),
            Value::Object(members) => members.iter().for_each(|(name, member)| self.add(name, member)),
            _ => {}
        }
    }

    /// How large an input is: every member and item counts, characters by how plain they are, numbers by their size. Texts
    /// that an example has in the same member count least: a request that differs from an example in one place is easier to
    /// read than one of nothing but empty texts.
    pub fn weight(&self, input: &Value) -> u64 {
        self.weight_of("", input)
    }

    fn weight_of(&self, name: &str, value: &Value) -> u64 {
        match value {
            Value::Null => 1,
            Value::Bool(value) => 1 + u64::from(*value),
            Value::Number(number) => match number.as_i64() {
                Some(integer) => {
                    2 + integer.unsigned_abs().min(1_000_000) + u64::from(64 - integer.unsigned_abs().leading_zeros())
                }
                None => 2 + number.to_string().len() as u64 + 128,
            },
            Value::String(text) if self.0.get(name).is_some_and(|texts| texts.contains(text)) => 1,
            Value::String(text) => 2 + text.chars().map(weight_of_character).sum::<u64>(),
            Value::Array(items) => 3 + items.iter().map(|item| 20 + self.weight_of(name, item)).sum::<u64>(),
            Value::Object(members) => {
                3 + members.iter().map(|(name, member)| 20 + self.weight_of(name, member)).sum::<u64>()
            }
        }
    }
}

fn weight_of_character(character: char) -> u64 {
    match character {
        'a' => 10,
        plain if plain.is_ascii_alphanumeric() => 11,
        plain if plain.is_ascii_graphic() => 12,
        _ => 13,
    }
}
