//! What a target makes of every case: members that are set, and members that are fresh each time.

use serde_json::Value;

use crate::random::Random;
use crate::value::pointer;

/// Members that are set or made fresh in every case of an operation.
#[derive(Debug, Clone, Default)]
pub struct Adjustments {
    /// Paths with the value each is set to.
    pub sets: Vec<(Vec<String>, Value)>,
    /// Paths of members that differ from case to case, where they are present.
    pub uniques: Vec<Vec<String>>,
}

impl Adjustments {
    /// The input with everything set and made fresh, but for what has to do with the place that is spared. `fresh`
    /// draws a value for a path.
    #[must_use]
    pub fn apply(
        &self,
        input: &Value,
        spared: Option<&[String]>,
        random: &mut Random,
        mut fresh: impl FnMut(&[String], &mut Random) -> Option<Value>,
    ) -> Value {
        let mut adjusted = input.clone();
        let free = |path: &[String]| spared.is_none_or(|spared| !related(spared, path));
        for (path, value) in self.sets.iter().filter(|(path, _)| free(path)) {
            pointer::set(&mut adjusted, path, value.clone());
        }
        for path in self.uniques.iter().filter(|path| free(path)) {
            if pointer::first(&adjusted, path).is_some()
                && let Some(value) = fresh(path, random)
            {
                pointer::set(&mut adjusted, path, value);
            }
        }
        adjusted
    }

    /// Whether there is nothing to adjust.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.sets.is_empty() && self.uniques.is_empty()
    }
}

/// Whether one of the paths leads to or through the other.
fn related(one: &[String], other: &[String]) -> bool {
    one.iter().zip(other).all(|(one, other)| one == other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn path(text: &str) -> Vec<String> {
        pointer::segments(text).collect()
    }

    #[test]
    fn sets_and_freshens_all_but_what_is_spared() {
        let adjustments = Adjustments {
            sets: vec![(path("/a/b"), json!(1)), (path("/c"), json!(2))],
            uniques: vec![path("/d"), path("/absent")],
        };
        let input = json!({"a": {"b": 0}, "d": "old"});
        let adjust = |spared: Option<&[String]>| {
            adjustments.apply(&input, spared, &mut Random::new(1), |_, _| Some(json!("new")))
        };
        assert_eq!(adjust(None), json!({"a": {"b": 1}, "d": "new", "c": 2}));
        assert_eq!(adjust(Some(&path("/a"))), json!({"a": {"b": 0}, "d": "new", "c": 2}));
        assert_eq!(adjust(Some(&path("/d"))), json!({"a": {"b": 1}, "d": "old", "c": 2}));
    }
}
