//! Messages and texts without what is secret: what a person may see of an exchange.

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::observation::Observation;
use super::spelling::conceal;
use crate::text::{MASK, cut};

/// A message as a person may see it: without credentials, sensitive members masked, cut where it is long.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct RedactedMessage {
    /// Request line or status line.
    pub line: String,
    /// Headers, credentials masked.
    pub headers: Vec<(String, String)>,
    /// The body as text, cut when it is long.
    pub body: String,
}

/// Longest input that is shown, in characters.
const LONGEST_INPUT: usize = 2000;
/// Headers of a client whose values are shown.
const PLAIN_HEADERS: [&str; 5] = ["content-type", "accept", "user-agent", "amz-sdk-request", "prefer"];
/// Most query parameters that are shown.
const PARAMETERS: usize = 20;
/// Shortest secret that is looked for in texts.
const SHORTEST_SECRET: usize = 4;
/// Shortest name of a member that is looked for in texts, where the object is secret as a whole.
const LONG_NAME: usize = 8;

impl Observation<'_> {
    /// The request as a person may see it: its input with everything sensitive or unknown masked, and of its headers and
    /// its query what cannot be a secret.
    #[must_use]
    pub fn redacted_request(&self) -> RedactedMessage {
        let is_plain = |name: &str| self.service.is_some_and(|service| service.owns_parameter(name));
        let named = self.query().into_iter().map(|(name, value)| {
            let value = if is_plain(&name) { value } else { MASK.to_owned() };
            format!("{}={}", cut(name, 60), cut(value, 60))
        });
        let query = named.take(PARAMETERS).collect::<Vec<_>>().join("&");
        let mark = if query.is_empty() { "" } else { "?" };
        let path = cut(self.request.uri().path().to_owned(), 200);
        let headers = self.request.headers().iter().filter(|(name, _)| PLAIN_HEADERS.contains(&name.as_str()));
        let headers = headers.map(|(name, value)| {
            let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
            (name.to_string(), cut(value, 200))
        });
        RedactedMessage {
            line: format!("{} {path}{mark}{query}", self.request.method()),
            headers: headers.collect(),
            body: self.redacted_input(),
        }
    }

    fn redacted_input(&self) -> String {
        match (self.operation, self.input()) {
            (Some(operation), Some(input)) => cut(operation.input.mask(input).to_string(), LONGEST_INPUT),
            _ if self.request.body().is_empty() => String::new(),
            _ => format!("({} bytes that could not be read as an input)", self.request.body().len()),
        }
    }
}

/// The texts of a value that its mask hides.
fn changed(value: &Value, masked: &Value, found: &mut Vec<String>) {
    match (value, masked) {
        (Value::Object(members), Value::Object(others)) if members.len() == others.len() => {
            for ((_, member), (_, other)) in members.iter().zip(others) {
                changed(member, other, found);
            }
        }
        (Value::Array(items), Value::Array(others)) => {
            items.iter().zip(others).for_each(|(item, other)| changed(item, other, found));
        }
        (value, masked) if value != masked => texts(value, found),
        _ => {}
    }
}

fn texts(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(members) => {
            for (name, member) in members {
                // A short name is part of other words.
                found.extend((name.len() >= LONG_NAME).then(|| name.clone()));
                texts(member, found);
            }
        }
        _ => {}
    }
}

/// What must not be shown: secrets, and the texts of a value that its mask hides. What is shorter than four bytes is part
/// of everything, and left out.
#[must_use]
pub fn hidden(secrets: &[String], value: &Value, masked: &Value) -> Vec<String> {
    let mut hidden = secrets.to_vec();
    changed(value, masked, &mut hidden);
    hidden.retain(|secret| secret.len() >= SHORTEST_SECRET);
    hidden
}

/// Puts a mask in the place of each secret, however it is spelt.
pub fn hide(text: &mut String, secrets: &[String]) {
    *text = conceal(text, secrets, MASK);
}

/// Puts a mask in the place of each secret, in all texts of a value.
pub fn hide_in(value: &mut Value, secrets: &[String]) {
    match value {
        Value::String(text) => hide(text, secrets),
        Value::Array(items) => items.iter_mut().for_each(|item| hide_in(item, secrets)),
        Value::Object(members) => members.values_mut().for_each(|member| hide_in(member, secrets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::{escape, is_unprintable, shown, xml_escape};

    #[test]
    fn a_secret_is_hidden_however_it_is_shown() {
        let secret = "s\u{202e}e<c\u{9b}";
        let json = Value::from(secret).to_string();
        let xml = escape(&quick_xml::escape::escape(secret), is_unprintable, xml_escape);
        for text in [secret, &json, &xml, &shown(secret), &shown(&json)] {
            let mut text = format!("({text})");
            hide(&mut text, &[secret.to_owned()]);
            assert!(text.contains(MASK) && !text.contains('c'), "{text}");
        }
    }
}
