//! Bases: valid inputs that the judged server has accepted, against which other inputs are twins with a change.

use std::borrow::Cow;

use serde_json::Value;

use crate::value::pointer;

/// Valid inputs that the server has accepted in this run, the smallest first; none where it accepted none.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Bases {
    /// The inputs.
    pub inputs: Vec<Value>,
    /// Paths of members that are fresh in every request, so that a difference in them is no change.
    pub fresh: Vec<Vec<String>>,
}

impl Bases {
    /// The base that differs from an input in the fewest places, and of several the first that has most of them, since of a
    /// member that the base has only the value is new. Its fresh members are as the input has them.
    #[must_use]
    pub fn nearest(&self, input: &Value) -> Option<Cow<'_, Value>> {
        let bases = self.inputs.iter().map(|base| self.aligned(base, input));
        bases.min_by_key(|base| {
            let places = differences(base, input);
            let added = places.iter().filter(|place| base.pointer(place).is_none()).count();
            (places.len(), added)
        })
    }

    /// In how many places an input differs from the nearest base; 0 without bases.
    #[must_use]
    pub fn distance(&self, input: &Value) -> usize {
        self.nearest(input).map_or(0, |base| differences(&base, input).len())
    }

    /// The base with its fresh members as another input has them.
    fn aligned<'b>(&self, base: &'b Value, input: &Value) -> Cow<'b, Value> {
        let mut aligned = Cow::Borrowed(base);
        for path in &self.fresh {
            if let (Some(old), Some(new)) = (pointer::first(base, path), pointer::first(input, path))
                && old != new
            {
                pointer::set(aligned.to_mut(), path, new.clone());
            }
        }
        aligned
    }
}

/// The places in which two inputs differ, as pointers: a member or a list that one of them has alone is one place, and so
/// are lists of different lengths.
#[must_use]
pub fn differences(base: &Value, input: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(base, input, &mut String::new(), &mut found);
    found
}

/// An input with what another one has at a place, which may be nothing.
#[must_use]
pub fn grafted(onto: &Value, from: &Value, place: &str) -> Value {
    match from.pointer(place) {
        None => pointer::without(onto, place).unwrap_or_else(|| onto.clone()),
        Some(value) => {
            let mut grafted = onto.clone();
            match grafted.pointer_mut(place) {
                Some(slot) => *slot = value.clone(),
                None => pointer::set(&mut grafted, &pointer::segments(place).collect::<Vec<_>>(), value.clone()),
            }
            grafted
        }
    }
}

fn compare(base: &Value, input: &Value, at: &mut String, found: &mut Vec<String>) {
    let length = at.len();
    match (base, input) {
        _ if base == input => {}
        (Value::Object(old), Value::Object(new)) => {
            let removed = old.keys().filter(|name| !new.contains_key(*name));
            for name in new.keys().chain(removed) {
                pointer::push(at, name);
                match (old.get(name), new.get(name)) {
                    (Some(old), Some(new)) => compare(old, new, at, found),
                    _ => found.push(at.clone()),
                }
                at.truncate(length);
            }
        }
        (Value::Array(old), Value::Array(new)) if old.len() == new.len() => {
            for (index, (old, new)) in old.iter().zip(new).enumerate() {
                pointer::push(at, &index.to_string());
                compare(old, new, at, found);
                at.truncate(length);
            }
        }
        _ => found.push(at.clone()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_change_is_named_by_its_place() {
        let base = json!({"a": 1, "b": {"c": [1, 2]}, "d": "x"});
        let places = |input: &Value| differences(&base, input);
        assert_eq!(places(&base), Vec::<String>::new());
        assert_eq!(places(&json!({"a": 1, "b": {"c": [1, 3], "e": {"f": 1}}})), ["/b/c/1", "/b/e", "/d"]);
        assert_eq!(places(&json!({"a": 1, "b": {"c": [1]}, "d": 4})), ["/b/c", "/d"]);
        assert_eq!(places(&json!([])), [""]);
    }

    #[test]
    fn a_graft_changes_one_place() {
        let (base, other) = (json!({"a": {"b": [1, 2]}, "c": 1}), json!({"a": {"b": [1, 3], "d": 4}}));
        assert_eq!(grafted(&base, &other, "/a/b/1"), json!({"a": {"b": [1, 3]}, "c": 1}));
        assert_eq!(grafted(&base, &other, "/a/d"), json!({"a": {"b": [1, 2], "d": 4}, "c": 1}));
        assert_eq!(grafted(&base, &other, "/c"), json!({"a": {"b": [1, 2]}}));
    }

    #[test]
    fn what_is_fresh_each_time_is_no_change() {
        let fresh = vec![vec!["name".to_owned()]];
        let bases = Bases { inputs: vec![json!({"name": "a"}), json!({"name": "b", "size": 1})], fresh };
        assert_eq!(bases.distance(&json!({"name": "c", "size": 1})), 0);
        assert_eq!(bases.nearest(&json!({"name": "c", "size": 2})).as_deref(), Some(&json!({"name": "c", "size": 1})));
        assert_eq!(Bases::default().distance(&json!({"name": "c"})), 0);
    }
}
