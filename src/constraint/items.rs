//! How many items or members a list or map has, and whether they differ.

use serde_json::Value;

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit, count, enumeration::same};
use crate::model::{Cause, SchemaSpec};

/// The kind.
pub struct Items;

impl Kind for Items {
    fn cause(&self) -> Cause {
        Cause::Items
    }

    fn compile(&self, schema: &SchemaSpec, _: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        let mut stated = Vec::new();
        let mut add = |keyword: &str, test: Option<Count>| {
            stated.extend(test.map(|test| Stated::new(keyword, test)));
        };
        add("minItems", schema.min_items.map(|least| Count { what: What::Items, least, most: u64::MAX }));
        add("maxItems", schema.max_items.map(|most| Count { what: What::Items, least: 0, most }));
        add("minProperties", schema.min_properties.map(|least| Count { what: What::Members, least, most: u64::MAX }));
        add("maxProperties", schema.max_properties.map(|most| Count { what: What::Members, least: 0, most }));
        if schema.unique_items == Some(true) {
            stated.push(Stated::new("uniqueItems", Unique));
        }
        stated.into_iter().map(Ok).collect()
    }
}

#[derive(Debug, Clone, Copy)]
enum What {
    Items,
    Members,
}

#[derive(Debug)]
struct Count {
    what: What,
    least: u64,
    most: u64,
}

impl Test for Count {
    fn holds(&self, value: &Value) -> bool {
        let size = match (self.what, value) {
            (What::Items, Value::Array(items)) => items.len() as u64,
            (What::Members, Value::Object(members)) => members.len() as u64,
            _ => return true,
        };
        (self.least..=self.most).contains(&size)
    }

    fn state(&self) -> String {
        let thing = match self.what {
            What::Items => "item",
            What::Members => "member",
        };
        if self.most == u64::MAX {
            format!("must have at least {}", count(self.least, thing))
        } else {
            format!("must have at most {}", count(self.most, thing))
        }
    }

    fn edges(&self) -> Edges {
        let wish = |size| match self.what {
            What::Items => BoundaryValue::Items(size),
            What::Members => BoundaryValue::Members(size),
        };
        let (inside, outside) = if self.most == u64::MAX {
            (self.least, self.least.checked_sub(1))
        } else {
            (self.most, Some(self.most + 1))
        };
        Edges { inside: vec![wish(inside)], outside: outside.map(wish).into_iter().collect() }
    }
}

#[derive(Debug)]
struct Unique;

impl Test for Unique {
    fn holds(&self, value: &Value) -> bool {
        let Value::Array(items) = value else { return true };
        // Sorted by their text, equal items stand side by side, also in very long lists.
        let mut texts: Vec<(String, &Value)> = items.iter().map(|item| (sorting_key(item), item)).collect();
        texts.sort_by(|left, right| left.0.cmp(&right.0));
        texts.windows(2).all(|pair| !same(pair[0].1, pair[1].1))
    }

    fn state(&self) -> String {
        "must have no two equal items".into()
    }

    fn edges(&self) -> Edges {
        Edges { inside: vec![BoundaryValue::Items(2)], outside: vec![BoundaryValue::DuplicateItems] }
    }
}

/// A text that is the same for equal values: members sorted, whole floats written as integers.
fn sorting_key(value: &Value) -> String {
    match value {
        Value::Object(members) => {
            let mut parts: Vec<String> = members.iter().map(|(k, v)| format!("{k:?}:{}", sorting_key(v))).collect();
            parts.sort();
            format!("{{{}}}", parts.join(","))
        }
        Value::Array(items) => {
            let parts: Vec<String> = items.iter().map(sorting_key).collect();
            format!("[{}]", parts.join(","))
        }
        Value::Number(number) => number.as_f64().map_or_else(String::new, |float| float.to_string()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn counts_what_it_is_about() {
        let items = Count { what: What::Items, least: 1, most: 2 };
        assert!(items.holds(&json!([1])) && !items.holds(&json!([])) && !items.holds(&json!([1, 2, 3])));
        assert!(items.holds(&json!({})) && items.holds(&json!("")));
        let members = Count { what: What::Members, least: 1, most: u64::MAX };
        assert!(!members.holds(&json!({})) && members.holds(&json!([])));
    }

    #[test]
    fn equal_is_by_value() {
        assert!(!Unique.holds(&json!([1, 2, 1.0])) && !Unique.holds(&json!([{"a": 1, "b": 2}, {"b": 2, "a": 1}])));
        assert!(Unique.holds(&json!([1, "1", true, null, [1], {"a": 1}])));
    }
}
