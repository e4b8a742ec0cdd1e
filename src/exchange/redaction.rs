//! Messages and texts without what is secret: what a person may see of an exchange.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What stands for a secret.
pub const MASK: &str = "***";

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

/// A text as it is, and as JSON, XML, forms and Base64 write it.
pub fn spellings(secret: &str) -> [String; 5] {
    let json = Value::from(secret).to_string();
    let xml = quick_xml::escape::escape(secret).into_owned();
    let form = form_urlencoded::byte_serialize(secret.as_bytes()).collect();
    [secret.to_owned(), json[1..json.len() - 1].to_owned(), xml, form, STANDARD_NO_PAD.encode(secret)]
}

/// The texts of a value that its mask hides.
pub fn changed(value: &Value, masked: &Value, found: &mut Vec<String>) {
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
        Value::Object(members) => members.values().for_each(|member| texts(member, found)),
        _ => {}
    }
}

/// Puts a mask in the place of each secret.
pub fn hide(text: &mut String, secrets: &[String]) {
    *text = replace(text, secrets, MASK);
}

/// The text with a mask in the place of each word, the longest first: one may be the beginning of another. Some services
/// keep names in lower case, so upper and lower case are the same here.
pub fn replace(text: &str, words: &[String], mask: &str) -> String {
    let mut words: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.iter().fold(text.to_owned(), |text, word| without(&text, word, mask))
}

/// The text with a mask in the place of a word, which is in lower case.
fn without(text: &str, word: &str, mask: &str) -> String {
    let (mut shown, mut from) = (String::with_capacity(text.len()), 0);
    for (at, _) in text.to_ascii_lowercase().match_indices(word) {
        shown.extend([&text[from..at], mask]);
        from = at + word.len();
    }
    shown + &text[from..]
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
