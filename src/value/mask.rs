//! What of a value may be shown, and which of its members nobody knows.

use serde_json::Value;

use super::walk::{Next, Places, walk};
use crate::model::{JsonType, Table};
use crate::text::MASK;

/// What becomes of values that no schema describes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strangers {
    Masked,
    Shown,
}

impl Table {
    /// The value with everything sensitive replaced, and everything of which nobody knows what it is: members without
    /// a schema, their names included, and text where the schema takes none.
    #[must_use]
    pub fn mask(&self, value: &Value) -> Value {
        masked(&Places::of(self), value, Strangers::Masked)
    }

    /// The value with everything sensitive replaced, and nothing else: for values that were generated, in which what
    /// nobody knows is no secret of anybody.
    #[must_use]
    pub fn mask_sensitive(&self, value: &Value) -> Value {
        masked(&Places::of(self), value, Strangers::Shown)
    }

    /// Pointers of the members that the schema does not know.
    pub fn unknown_members(&self, value: &Value, found: &mut Vec<String>) {
        walk(&Places::of(self), value, |places, value, way| match value {
            Value::Object(members) if places.name_members() => {
                let unknown = members.keys().filter(|name| places.member(name).is_empty());
                found.extend(unknown.map(|name| way.to_member(name)));
                Next::Below
            }
            Value::Array(_) => Next::Below,
            _ => Next::Past,
        });
    }
}

fn masked(places: &Places<'_>, value: &Value, strangers: Strangers) -> Value {
    if places.is_empty() && strangers == Strangers::Shown {
        return value.clone();
    }
    if places.is_empty() || places.sensitive().is_some() {
        return Value::from(MASK);
    }
    match value {
        Value::Object(members) => {
            let members = members.iter().map(|(name, member)| {
                let below = places.member(name);
                let is_shown = !below.is_empty() || strangers == Strangers::Shown;
                (if is_shown { name } else { MASK }.to_owned(), masked(&below, member, strangers))
            });
            Value::Object(members.collect())
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(index, item)| masked(&places.item(index), item, strangers)).collect()
        }
        Value::String(_) if strangers == Strangers::Masked && take_no_text(places) => Value::from(MASK),
        scalar => scalar.clone(),
    }
}

fn take_no_text(places: &Places<'_>) -> bool {
    places.certain().any(|place| !place.types.is_empty() && !place.types.contains(JsonType::String))
}
