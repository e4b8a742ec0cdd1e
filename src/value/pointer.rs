//! JSON Pointer (RFC 6901): escaping, and pointers with `*` for list items and map values.

use serde_json::Value;

pub use crate::model::push;

/// The segments of a pointer, unescaped.
pub fn segments(pointer: &str) -> impl Iterator<Item = String> + '_ {
    pointer.split('/').skip(1).map(|segment| segment.replace("~1", "/").replace("~0", "~"))
}

/// Whether the text is a pointer: empty, or starting with a slash.
#[must_use]
pub fn is_pointer(text: &str) -> bool {
    text.is_empty() || text.starts_with('/')
}

/// The value at a pointer in which `*` stands for the first item or member.
#[must_use]
pub fn first<'v>(value: &'v Value, segments: &[String]) -> Option<&'v Value> {
    segments.iter().try_fold(value, |value, segment| match value {
        Value::Object(map) if segment == "*" => map.values().next(),
        Value::Object(map) => member(map, segment),
        Value::Array(items) if segment == "*" => items.first(),
        Value::Array(items) => items.get(segment.parse::<usize>().ok()?),
        _ => None,
    })
}

/// The member of an object. Up to some dozens of names are compared faster than one is hashed: nearly all have another length.
#[must_use]
pub fn member<'v>(members: &'v serde_json::Map<String, Value>, name: &str) -> Option<&'v Value> {
    if members.len() > 48 {
        return members.get(name);
    }
    members.iter().find(|(known, _)| *known == name).map(|(_, value)| value)
}

/// Sets the value at a pointer, creating objects on the way; `*` goes to a list's first item.
pub fn set(value: &mut Value, segments: &[String], new: Value) {
    *slot(value, segments) = new;
}

/// The place at a pointer, created as `set` does.
pub fn slot<'v>(value: &'v mut Value, segments: &[String]) -> &'v mut Value {
    let Some((segment, rest)) = segments.split_first() else { return value };
    let next = if segment == "*" {
        if !value.is_array() {
            *value = Value::Array(Vec::new());
        }
        let Value::Array(items) = value else { return value };
        if items.is_empty() {
            items.push(Value::Null);
        }
        &mut items[0]
    } else {
        if !value.is_object() {
            *value = Value::Object(serde_json::Map::new());
        }
        &mut value[segment.as_str()]
    };
    slot(next, rest)
}

/// The value without the member or item at a pointer; nothing where there is none.
#[must_use]
pub fn without(value: &Value, pointer: &str) -> Option<Value> {
    let (parent, name) = pointer.rsplit_once('/')?;
    let mut value = value.clone();
    match value.pointer_mut(parent)? {
        Value::Object(members) => {
            members.shift_remove(&segments(&format!("/{name}")).next()?)?;
        }
        Value::Array(items) => {
            let index = name.parse().ok().filter(|index| *index < items.len())?;
            items.remove(index);
        }
        _ => return None,
    }
    Some(value)
}

/// Applies a JSON merge patch (RFC 7396).
pub fn merge(value: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *value = patch.clone();
        return;
    };
    if !value.is_object() {
        *value = Value::Object(serde_json::Map::new());
    }
    let Value::Object(map) = value else { return };
    for (name, patch) in patch {
        if patch.is_null() {
            map.shift_remove(name);
        } else {
            merge(map.entry(name.clone()).or_insert(Value::Null), patch);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn escapes_both_ways() {
        let mut pointer = String::new();
        push(&mut pointer, "a/b~c");
        assert_eq!(pointer, "/a~1b~0c");
        assert_eq!(segments(&pointer).collect::<Vec<_>>(), ["a/b~c"]);
        assert_eq!(segments("").count(), 0);
    }

    #[test]
    fn patches_as_rfc_7396_says() {
        let mut value = json!({"a": "b", "c": {"d": "e", "f": "g"}});
        merge(&mut value, &json!({"a": "z", "c": {"f": null}}));
        assert_eq!(value, json!({"a": "z", "c": {"d": "e"}}));
    }

    #[test]
    fn creates_what_is_missing() {
        let mut value = json!({});
        let path: Vec<String> = segments("/Tags/*/Key").collect();
        set(&mut value, &path, json!("k"));
        assert_eq!(value, json!({"Tags": [{"Key": "k"}]}));
        assert_eq!(first(&value, &path), Some(&json!("k")));
    }
}
