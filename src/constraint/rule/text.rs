//! CEL's functions of texts, on borrowed text where it can be. Places are counted in Unicode scalar values.

use std::borrow::Cow;

use serde_json::Value;

/// The text from one place up to another, or to the end; nothing where there are no such places.
pub fn substring(text: Cow<'_, str>, start: i64, end: Option<i64>) -> Option<Cow<'_, str>> {
    let start = usize::try_from(start).ok()?;
    let end = end.map(usize::try_from).transpose().ok()?;
    if end.is_some_and(|end| end < start) {
        return None;
    }
    let from = byte_at(&text, start)?;
    let to = match end {
        Some(end) => byte_at(&text, end)?,
        None => text.len(),
    };
    Some(cut(text, from, to))
}

/// The character at a place; the empty text at the end.
pub fn char_at(text: Cow<'_, str>, index: i64) -> Option<Cow<'_, str>> {
    let from = byte_at(&text, usize::try_from(index).ok()?)?;
    let to = from + text[from..].chars().next().map_or(0, char::len_utf8);
    Some(cut(text, from, to))
}

/// The byte at which a place starts; the end is a place too.
fn byte_at(text: &str, place: usize) -> Option<usize> {
    if text.is_ascii() {
        return (place <= text.len()).then_some(place);
    }
    text.char_indices().map(|(byte, _)| byte).chain(std::iter::once(text.len())).nth(place)
}

fn cut(text: Cow<'_, str>, from: usize, to: usize) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(&text[from..to]),
        Cow::Owned(text) => Cow::Owned(text[from..to].to_owned()),
    }
}

/// The place of what was found at a byte; -1 for nothing.
pub fn index_of(text: &str, found: Option<usize>) -> i64 {
    found.and_then(|byte| i64::try_from(text[..byte].chars().count()).ok()).unwrap_or(-1)
}

/// ASCII letters in lower case.
pub fn lower(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_uppercase()) { Cow::Owned(text.to_ascii_lowercase()) } else { text }
}

/// ASCII letters in upper case.
pub fn upper(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.bytes().any(|byte| byte.is_ascii_lowercase()) { Cow::Owned(text.to_ascii_uppercase()) } else { text }
}

/// The text without the blanks around it.
pub fn trim(text: Cow<'_, str>) -> Cow<'_, str> {
    match text {
        Cow::Borrowed(text) => Cow::Borrowed(text.trim()),
        Cow::Owned(text) => Cow::Owned(text.trim().to_owned()),
    }
}

/// The parts between separators; the characters where the separator is empty.
pub fn split<'v>(text: Cow<'v, str>, separator: &str) -> Vec<Cow<'v, str>> {
    match text {
        Cow::Borrowed(text) => parts(text, separator).into_iter().map(Cow::Borrowed).collect(),
        Cow::Owned(text) => parts(&text, separator).into_iter().map(|part| Cow::Owned(part.to_owned())).collect(),
    }
}

fn parts<'t>(text: &'t str, separator: &str) -> Vec<&'t str> {
    if separator.is_empty() {
        text.char_indices().map(|(at, character)| &text[at..at + character.len_utf8()]).collect()
    } else {
        text.split(separator).collect()
    }
}

/// How much a value is: its nodes, and the bytes of its texts and names.
pub fn extent(value: &Value) -> usize {
    match value {
        Value::String(text) => 1 + text.len(),
        Value::Array(items) => 1 + items.iter().map(extent).sum::<usize>(),
        Value::Object(members) => 1 + members.iter().map(|(name, value)| name.len() + extent(value)).sum::<usize>(),
        _ => 1,
    }
}
