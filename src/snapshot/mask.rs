//! What differs from call to call, or must not be shown, by the names that the contract gives it.

use std::collections::HashMap;

use jiff::Timestamp;
use serde_json::Value;

use super::body::Body;
use super::xml::Element;
use crate::model::{Dialect, Operation, Place};
use crate::text::MASK;
use crate::value::pointer;

/// What stands for what differs from call to call.
pub const VOLATILE: &str = "VOLATILE";
/// What stands for a time.
const TIME: &str = "TIME";
/// How protocols call the id of a request in a body.
const REQUEST_IDS: [&str; 4] = ["RequestId", "RequestID", "requestId", "request_id"];

/// What becomes of a member.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    Volatile,
    Time,
    Secret,
}

/// The members of an operation's answers that are not shown as they are, by their names on the wire.
#[derive(Debug)]
pub struct Masks {
    fates: HashMap<String, Fate>,
}

impl Masks {
    /// The masks of an operation's answers, with what differs from call to call besides.
    #[must_use]
    pub fn new(operation: &Operation, dialect: Dialect, volatile: &[Vec<String>]) -> Self {
        let mut masks = Self { fates: HashMap::new() };
        for node in &operation.output.table().nodes {
            for (name, id) in &node.properties {
                let member = &operation.output.table().nodes[*id];
                let wire = member.wire.name.as_deref().unwrap_or(name);
                if member.sensitive {
                    masks.add(wire, Fate::Secret);
                } else if member.format.as_deref() == Some("date-time") {
                    masks.add(wire, Fate::Time);
                }
            }
        }
        let stated = operation.volatile.iter().map(|path| pointer::segments(path).collect());
        for path in stated.chain(volatile.iter().cloned()) {
            masks.add(&on_the_wire(operation, path), Fate::Volatile);
        }
        for name in REQUEST_IDS {
            masks.add(name, Fate::Volatile);
        }
        if let Some(documented) = operation.documented.as_ref().filter(|_| dialect == Dialect::Documented) {
            for (name, path) in &documented.output {
                if let Some(fate) = path.last().and_then(|last| masks.fates.get(last).copied()) {
                    masks.add(name, fate);
                }
            }
        }
        masks
    }

    fn add(&mut self, name: &str, fate: Fate) {
        let known = self.fates.entry(name.to_owned()).or_insert(fate);
        *known = fate.max(*known);
    }

    /// Whether a header of an answer differs from call to call, by the contract.
    pub(super) fn hides_header(&self, name: &str, operation: &Operation) -> bool {
        let is_id = operation.service.request_id.as_ref().is_some_and(|id| id.as_str() == name);
        let mut members = operation.output.root().properties.iter();
        is_id
            || members.any(|(member, id)| {
                let node = &operation.output.nodes[*id];
                let wire = node.wire.name.as_deref().unwrap_or(member);
                node.place == Some(Place::Header) && wire.eq_ignore_ascii_case(name) && self.fates.contains_key(wire)
            })
    }

    /// Puts masks in the places of the members.
    pub(super) fn apply(&self, body: &mut Body) {
        match body {
            Body::Json(value) => self.json(value),
            Body::Xml(element) => self.xml(element),
            Body::Text(_) => {}
        }
    }

    fn json(&self, value: &mut Value) {
        match value {
            Value::Object(members) => members.iter_mut().for_each(|(name, member)| match self.fates.get(name) {
                Some(fate) => fate.meet(member),
                None => self.json(member),
            }),
            Value::Array(items) => items.iter_mut().for_each(|item| self.json(item)),
            _ => {}
        }
    }

    fn xml(&self, element: &mut Element) {
        match self.fates.get(&element.name) {
            Some(fate) => fate.meet_element(element),
            None => element.children.iter_mut().for_each(|child| self.xml(child)),
        }
    }
}

/// What a member is called in bodies; the item of a list as the list.
fn on_the_wire(operation: &Operation, mut path: Vec<String>) -> String {
    while path.last().is_some_and(|last| last == "*") {
        path.pop();
    }
    let mut text = String::new();
    for segment in &path {
        pointer::push(&mut text, segment);
    }
    let named = operation.output.node(&text).and_then(|node| node.wire.name.clone());
    named.or_else(|| path.pop()).unwrap_or_default()
}

impl Fate {
    /// Masks all that a value holds, so that its form can still be seen.
    fn meet(self, value: &mut Value) {
        match value {
            Value::Object(members) => members.values_mut().for_each(|member| self.meet(member)),
            Value::Array(items) => items.iter_mut().for_each(|item| self.meet(item)),
            Value::Null => {}
            Value::String(text) => {
                if let Some(mask) = self.mask(text) {
                    *value = mask.into();
                }
            }
            Value::Number(_) | Value::Bool(_) if self == Self::Secret => *value = MASK.into(),
            Value::Number(_) => *value = format!("{} as a number", self.word()).into(),
            Value::Bool(_) => *value = format!("{} as a boolean", self.word()).into(),
        }
    }

    fn meet_element(self, element: &mut Element) {
        element.children.iter_mut().for_each(|child| self.meet_element(child));
        if let Some(mask) = self.mask(&element.text) {
            mask.clone_into(&mut element.text);
        }
    }

    /// What stands for a text; nothing for one that is no time where it should be, or is empty.
    fn mask(self, text: &str) -> Option<&'static str> {
        let is_time = || text.parse::<Timestamp>().is_ok() || httpdate::parse_http_date(text).is_ok();
        (!text.is_empty() && (self != Self::Time || is_time())).then_some(self.word())
    }

    fn word(self) -> &'static str {
        match self {
            Self::Time => TIME,
            Self::Volatile => VOLATILE,
            Self::Secret => MASK,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str) -> String {
        let fates = [("at", Fate::Time), ("id", Fate::Volatile), ("key", Fate::Secret)];
        let masks = Masks { fates: fates.map(|(name, fate)| (name.to_owned(), fate)).into() };
        let mut body = Body::read(text);
        masks.apply(&mut body);
        body.render().replace(['\n', ' '], "")
    }

    #[test]
    fn masks_keep_the_form() {
        let json = masked(r#"{"at": "2026-01-02T03:04:05Z", "id": "a", "x": [{"key": 1, "id": ["b", 2]}], "y": 1.5}"#);
        assert_eq!(
            json,
            r#"{"at":"TIME","id":"VOLATILE","x":[{"key":"***","id":["VOLATILE","VOLATILEasanumber"]}],"y":1.5}"#
        );
        assert_eq!(masked(r#"{"at": 1.5, "id": null, "key": ""}"#), r#"{"at":"TIMEasanumber","id":null,"key":""}"#);
        assert_eq!(masked(r#"{"at": "yesterday", "id": ""}"#), r#"{"at":"yesterday","id":""}"#);
        let xml = masked("<r><at>2026-01-02T03:04:05.1Z</at><id><m>1</m><m/></id><at>x</at><b>id</b></r>");
        assert_eq!(xml, "<r><at>TIME</at><id><m>VOLATILE</m><m/></id><at>x</at><b>id</b></r>");
    }
}
