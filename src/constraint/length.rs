//! `minLength` and `maxLength`, in Unicode scalar values.

use serde_json::Value;

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit, count};
use crate::model::{Cause, SchemaSpec};

/// The kind.
pub struct Length;

impl Kind for Length {
    fn cause(&self) -> Cause {
        Cause::Length
    }

    fn compile(&self, schema: &SchemaSpec, _: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        let min = schema.min_length.map(|min| Stated::new("minLength", AtLeast(min)));
        let max = schema.max_length.map(|max| Stated::new("maxLength", AtMost(max)));
        min.into_iter().chain(max).map(Ok).collect()
    }
}

#[derive(Debug)]
struct AtLeast(u64);

impl Test for AtLeast {
    fn holds(&self, value: &Value) -> bool {
        let Value::String(text) = value else { return true };
        text.len() as u64 / 4 >= self.0 || text.chars().count() as u64 >= self.0
    }

    fn state(&self) -> String {
        format!("must have at least {}", count(self.0, "character"))
    }

    fn edges(&self) -> Edges {
        let shorter = self.0.checked_sub(1);
        // Whoever counts bytes, or halves of surrogate pairs, takes these to be long enough.
        let wide = shorter.filter(|shorter| *shorter > 0).into_iter().flat_map(wide);
        let outside = shorter.map(BoundaryValue::Length).into_iter().chain(wide).collect();
        Edges { inside: vec![BoundaryValue::Length(self.0)], outside }
    }
}

#[derive(Debug)]
struct AtMost(u64);

impl Test for AtMost {
    fn holds(&self, value: &Value) -> bool {
        let Value::String(text) = value else { return true };
        text.len() as u64 <= self.0 || text.chars().count() as u64 <= self.0
    }

    fn state(&self) -> String {
        format!("must have at most {}", count(self.0, "character"))
    }

    fn edges(&self) -> Edges {
        let outside = self.0.checked_add(1).map(BoundaryValue::Length);
        // Whoever counts bytes, or halves of surrogate pairs, takes these to be too long.
        let inside = std::iter::once(BoundaryValue::Length(self.0)).chain(wide(self.0));
        Edges { inside: inside.collect(), outside: outside.into_iter().collect() }
    }
}

/// Texts of so many characters, of two, three and four bytes each.
fn wide(length: u64) -> impl Iterator<Item = BoundaryValue> {
    ['é', '世', '😀'].into_iter().map(move |c| BoundaryValue::Filled(length, c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_scalar_values_not_bytes() {
        assert!(AtMost(2).holds(&json!("😀😀")) && !AtMost(2).holds(&json!("aaa")) && AtMost(0).holds(&json!(7)));
        assert!(AtLeast(2).holds(&json!("😀😀")) && !AtLeast(2).holds(&json!("😀")) && AtLeast(1).holds(&json!(7)));
    }
}
