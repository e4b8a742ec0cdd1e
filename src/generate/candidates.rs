//! Candidates for bases: valid inputs of an operation, in the order in which the preflight tries them.

use serde_json::Value;

use super::Generator;
use super::coverage::bare;
use crate::model::Operation;
use crate::random::Random;

/// Most examples that are candidates.
const EXAMPLES: usize = 16;
/// How many candidates are drawn.
const DRAWN: u64 = 3;

/// A valid input that may become a base.
#[derive(Debug, Clone)]
pub struct Candidate {
    /// Its bit in a token.
    pub bit: u32,
    /// What a person calls it.
    pub name: String,
    /// The input.
    pub input: Value,
    /// Whether it is one of the operation's examples, and which.
    pub example: Option<usize>,
}

/// The candidates of an operation: its examples, the smallest first; the first of them with its required members only;
/// plainly drawn inputs.
pub(super) fn candidates(operation: &Operation, generator: &Generator) -> Vec<Candidate> {
    let examples = operation.examples.iter().take(EXAMPLES).enumerate();
    let mut found: Vec<Candidate> = examples
        .map(|(index, example)| Candidate {
            bit: bit(index),
            name: format!("example {}", example.name),
            input: example.input.clone(),
            example: Some(index),
        })
        .collect();
    found.sort_by_key(|candidate| size(&candidate.input));
    let first = found.first().map(|candidate| bare(operation, generator, &candidate.input));
    let bare = first.map(|input| ("required members only".to_owned(), input));
    let drawn = (0..DRAWN).map(|number| {
        let input = generator.plain(&operation.input, 0, &mut Random::new(number));
        (format!("drawn input {}", number + 1), input)
    });
    for (number, (name, input)) in bare.into_iter().chain(drawn).enumerate() {
        let is_new = found.iter().all(|candidate| candidate.input != input);
        if is_new && operation.input.judge(&input).is_empty() {
            found.push(Candidate { bit: bit(EXAMPLES + number), name, input, example: None });
        }
    }
    found
}

fn bit(number: usize) -> u32 {
    u32::try_from(number).ok().and_then(|number| 1_u32.checked_shl(number)).unwrap_or(0)
}

/// How many values an input holds.
fn size(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(size).sum::<usize>(),
        Value::Array(items) => 1 + items.iter().map(size).sum::<usize>(),
        _ => 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Contract;

    #[test]
    fn the_smallest_example_is_tried_first_and_what_is_drawn_last() {
        for operation in Contract::builtin().operations() {
            let found = candidates(operation, &Generator::new(operation));
            let examples = found.iter().take_while(|candidate| candidate.example.is_some()).count();
            assert_eq!(examples, operation.examples.len(), "{}", operation.name);
            assert!(found[..examples].is_sorted_by_key(|candidate| size(&candidate.input)));
            assert!(found.len() > examples && found.iter().all(|candidate| candidate.bit.is_power_of_two()));
            for candidate in &found {
                assert_eq!(operation.input.judge(&candidate.input), [], "{}: {}", operation.name, candidate.name);
            }
        }
    }
}
