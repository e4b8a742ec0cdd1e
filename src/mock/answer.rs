//! What a success says: the contract's template, filled from the input and the seed.

use std::borrow::Cow;

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::model::Operation;
use crate::random::Random;
use crate::value::digest::digest;
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
    digest(token.unwrap_or(input), xxh3_64_with_seed(operation.name.as_bytes(), seed))
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
