//! Texts that stand in members of an API every day: those that its spec shows, and such as any API knows.

use std::sync::Arc;

use serde_json::Value;

use super::dictionary::FAMILIAR;
use crate::model::Operation;
use crate::value::walk::{Next, Places, walk};

/// Most texts that are taken from a spec: each is held against each member.
const MOST: usize = 40;
/// Longest of them, in bytes.
const LONGEST: usize = 256;

/// The texts of an operation's examples, defaults and lists of values, which its other members may well hold too; sensitive
/// ones stay where they are.
pub(super) fn familiar(operation: &Operation) -> Vec<Arc<str>> {
    let shape = operation.input.table();
    let mut shown = Vec::new();
    for example in &operation.examples {
        walk(&Places::of(shape), &example.input, |places, value, _| {
            if places.sensitive().is_some() {
                return Next::Past;
            }
            shown.extend(value.as_str());
            Next::Below
        });
    }
    let open = shape.nodes.iter().filter(|place| !place.sensitive);
    let stated =
        open.flat_map(|place| place.examples.iter().chain(place.default.as_deref()).chain(&place.limits.choices));
    shown.extend(stated.filter_map(Value::as_str));
    let mut texts: Vec<Arc<str>> = Vec::new();
    for text in shown.into_iter().filter(|text| !text.is_empty() && text.len() <= LONGEST) {
        if texts.len() < MOST && texts.iter().all(|known| &**known != text) {
            texts.push(text.into());
        }
    }
    texts.extend(FAMILIAR.iter().map(|text| Arc::from(*text)));
    texts
}
