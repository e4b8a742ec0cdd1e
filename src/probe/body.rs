//! What probes make of bodies.

use bytes::Bytes;
use http::Request;
use serde_json::{Map, Value};

use super::Base;
use crate::value::pointer;

/// A member, or a parameter, that no operation has.
pub const NOBODYS: &str = "AccordantProbe";

/// Members in this order, as JSON.
pub fn json<'m>(members: impl IntoIterator<Item = (&'m String, &'m Value)>) -> String {
    let written = members.into_iter().map(|(name, value)| format!("{}:{value}", Value::from(name.as_str())));
    format!("{{{}}}", written.collect::<Vec<_>>().join(","))
}

/// A JSON body with one more member, as it is written.
pub fn with_member(members: &Map<String, Value>, name: &str, written: &str) -> String {
    let own = json(members);
    let comma = if members.is_empty() { "" } else { "," };
    format!("{}{comma}\"{name}\":{written}}}", &own[..own.len() - 1])
}

/// A form with one more pair, as it is written.
pub fn with_pair(pairs: &[&str], pair: &str) -> String {
    format!("{}&{pair}", pairs.join("&"))
}

/// Pairs without those of a name.
pub fn without_pair<'p>(pairs: &[&'p str], name: &str) -> Vec<&'p str> {
    pairs.iter().copied().filter(|pair| name_of(pair) != name).collect()
}

/// The name of a pair.
pub fn name_of(pair: &str) -> &str {
    pair.split_once('=').map_or(pair, |(name, _)| name)
}

/// The body of a request as a text; empty where it is none.
pub fn text(request: &Request<Bytes>) -> &str {
    std::str::from_utf8(request.body()).unwrap_or_default()
}

/// Levels of a body that is nested very deep.
pub const DEPTH: usize = 20_000;

/// A form whose escapes have small letters.
pub fn lower_escapes(form: &str) -> String {
    escapes(form, |digit| digit.to_ascii_lowercase())
}

/// A form whose escapes have capitals.
pub fn upper_escapes(form: &str) -> String {
    escapes(form, |digit| digit.to_ascii_uppercase())
}

fn escapes(form: &str, change: impl Fn(char) -> char) -> String {
    let mut left = 0;
    let changed = form.chars().map(|character| {
        if character == '%' {
            left = 2;
            return character;
        }
        let is_digit = left > 0 && character.is_ascii_hexdigit();
        left = if is_digit { left - 1 } else { 0 };
        if is_digit { change(character) } else { character }
    });
    changed.collect()
}

/// A value as JSON, the first letter of each text in it written as an escape.
pub fn escaped_texts(value: &Value) -> String {
    match value {
        Value::String(text) if text.starts_with(|first: char| first.is_ascii_alphabetic()) => {
            let written = value.to_string();
            format!("\"\\u{:04x}{}", u32::from(text.as_bytes()[0]), &written[2..])
        }
        Value::Array(items) => format!("[{}]", items.iter().map(escaped_texts).collect::<Vec<_>>().join(",")),
        Value::Object(members) => {
            let written =
                members.iter().map(|(name, value)| format!("{}:{}", Value::from(name.as_str()), escaped_texts(value)));
            format!("{{{}}}", written.collect::<Vec<_>>().join(","))
        }
        other => other.to_string(),
    }
}

/// Whether a body has a member or a parameter more than once.
pub fn is_repeating(request: &Request<Bytes>) -> bool {
    let body = text(request);
    if body.starts_with('{') {
        return serde_json::from_str::<Map<String, Value>>(body)
            .is_ok_and(|members| colons(body) > members.iter().map(|(_, value)| 1 + names(value)).sum::<usize>());
    }
    let mut names: Vec<&str> = body.split('&').map(name_of).collect();
    names.retain(|name| !["Action", "Version"].contains(name));
    let all = names.len();
    names.sort_unstable();
    names.dedup();
    names.len() < all
}

/// The colons of a JSON text outside of its strings: one for each member.
fn colons(json: &str) -> usize {
    let (mut count, mut is_within, mut is_escaped) = (0, false, false);
    for byte in json.bytes() {
        match byte {
            _ if is_escaped => is_escaped = false,
            b'\\' if is_within => is_escaped = true,
            b'"' => is_within = !is_within,
            b':' if !is_within => count += 1,
            _ => {}
        }
    }
    count
}

fn names(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.values().map(|value| 1 + names(value)).sum(),
        Value::Array(items) => items.iter().map(names).sum(),
        _ => 0,
    }
}

/// Finds, of an input, the same with a blank in one of its texts that takes it.
pub fn with_blank(base: &Base<'_>) -> impl FnMut(&Value) -> Option<Value> {
    |input| {
        let other = Base::new(base.operation, base.dialect, input);
        if !base.operation.input.judge(input).is_empty() {
            return None;
        }
        let mut places = Vec::new();
        leaves(input, &mut Vec::new(), &mut places);
        places.into_iter().find_map(|path| {
            let text = pointer::first(input, &path)?.as_str()?;
            let (changed, broken) = other.changed(&path, &format!("{text} b"));
            let is_open = broken.is_empty() && !text.contains(':');
            is_open.then_some(changed)
        })
    }
}

/// The paths of texts, those of the first items of lists too, the deepest first: tags take more than names.
fn leaves(value: &Value, path: &mut Vec<String>, found: &mut Vec<Vec<String>>) {
    match value {
        Value::String(_) => found.insert(0, path.clone()),
        Value::Object(members) => {
            for (name, member) in members {
                path.push(name.clone());
                leaves(member, path, found);
                path.pop();
            }
        }
        Value::Array(items) => {
            if let Some(first) = items.first() {
                path.push("*".to_owned());
                leaves(first, path, found);
                path.pop();
            }
        }
        _ => {}
    }
}

/// Whether a form has a parameter of a name.
pub fn has_pair(request: &Request<Bytes>, name: &str) -> bool {
    text(request).split('&').any(|pair| name_of(pair) == name)
}

/// Whether a body has an escape that stands for a letter: percent codes of forms, `\u` codes of JSON.
pub fn has_escaped_letter(body: &str) -> bool {
    let is_letter = |digits: &str| u8::from_str_radix(digits, 16).is_ok_and(|byte| byte.is_ascii_alphabetic());
    let coded = |mark: &str| body.split(mark).skip(1).any(|rest| rest.get(..2).is_some_and(is_letter));
    if body.starts_with('{') { coded("\\u00") } else { coded("%") }
}
