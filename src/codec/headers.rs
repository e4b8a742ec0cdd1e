//! Members that travel in headers: texts, lists with quotes, dates with commas, and maps by prefix.

use std::borrow::Cow;

use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::{Map, Value};

use super::http_bindings::placed;
use super::text;
use crate::model::{Node, Place, Shape, TimestampFormat};
use crate::text::to_base64;
use crate::value::view::View;

/// Writes the members that travel in headers; one that has its own header stands before an entry of a header map.
pub fn write(shape: &Shape, members: &[(&str, View<'_>)], headers: &mut HeaderMap) {
    for (name, node, value) in placed(shape, members, Place::Header) {
        if let Some((name, text)) = header(name, &render_header(shape, node, value)) {
            headers.insert(name, text);
        }
    }
    for (_, node, map) in placed(shape, members, Place::HeaderMap) {
        let prefix = node.wire.name.as_deref().unwrap_or_default();
        for (key, value) in map.members() {
            let text = text::render(node.values.map_or(node, |id| &shape.nodes[id]), value, TimestampFormat::HttpDate);
            if let Some((name, text)) = header(&format!("{prefix}{key}"), &text) {
                headers.entry(name).or_insert(text);
            }
        }
    }
}

/// A header; nothing where no header can carry it, and the receiver then sees a missing member.
fn header(name: &str, text: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::try_from(name).ok()?, HeaderValue::from_bytes(text.as_bytes()).ok()?))
}

fn render_header<'v>(shape: &Shape, node: &Node, value: &'v View<'_>) -> Cow<'v, str> {
    let View::List(items) = value else {
        let text = text::render(node, value, TimestampFormat::HttpDate);
        return match node.wire.media_type {
            Some(_) => Cow::Owned(to_base64(text.as_bytes())),
            None => text,
        };
    };
    let item = node.items.map_or(node, |id| &shape.nodes[id]);
    let texts = items.iter().map(|value| text::render(item, value, TimestampFormat::HttpDate));
    let texts: Vec<Cow<'_, str>> = texts.map(|text| if is_http_date(item) { text } else { quoted(text) }).collect();
    Cow::Owned(texts.join(", "))
}

/// Whether a list item is a date with a comma of its own.
fn is_http_date(item: &Node) -> bool {
    text::is_timestamp(item) && item.wire.timestamp.unwrap_or(TimestampFormat::HttpDate) == TimestampFormat::HttpDate
}

/// A list item stands in quotes where it would not be read as it is without.
fn quoted(text: Cow<'_, str>) -> Cow<'_, str> {
    if text.is_empty() || text.contains([',', '"']) || text.starts_with(BLANK) || text.ends_with(BLANK) {
        Cow::Owned(format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")))
    } else {
        text
    }
}

/// What may stand around a list item.
const BLANK: [char; 2] = [' ', '\t'];

pub fn read(shape: &Shape, headers: &HeaderMap, members: &mut Map<String, Value>) {
    for (name, id) in shape.bound_to(Place::Header) {
        let node = &shape.nodes[id];
        if let Some(value) = read_header(shape, node, node.wire.name.as_deref().unwrap_or(name), headers) {
            members.insert(name.to_owned(), value);
        }
    }
    for (name, id) in shape.bound_to(Place::HeaderMap) {
        let prefix = shape.nodes[id].wire.name.as_deref().unwrap_or(name).to_ascii_lowercase();
        let entries = headers.iter().filter_map(|(key, value)| {
            let key = key.as_str().strip_prefix(&prefix)?;
            Some((key.to_owned(), Value::String(header_text(value).into_owned())))
        });
        members.insert(name.to_owned(), Value::Object(entries.collect()));
    }
}

/// A header's value as text; bytes that are not UTF-8 are replaced, so that the member is there to be judged.
fn header_text(value: &HeaderValue) -> Cow<'_, str> {
    match str::from_utf8(value.as_bytes()) {
        Ok(text) => Cow::Borrowed(text),
        Err(_) => String::from_utf8_lossy(value.as_bytes()),
    }
}

fn read_header(shape: &Shape, node: &Node, name: &str, headers: &HeaderMap) -> Option<Value> {
    if let Some(item) = node.items.map(|id| &shape.nodes[id]) {
        let lines = headers.get_all(name).iter().map(header_text);
        let lines: Vec<Value> = lines.flat_map(|line| read_list(item, &line)).collect();
        return headers.contains_key(name).then_some(Value::Array(lines));
    }
    let text = header_text(headers.get(name)?);
    if node.wire.media_type.is_some() {
        let decoded = String::from_utf8(super::from_base64(&text));
        return Some(Value::String(decoded.unwrap_or_else(|_| text.into_owned())));
    }
    Some(text::parse(node, text, TimestampFormat::HttpDate))
}

/// Splits a header list: commas in quotes do not separate, nor does the one inside an HTTP date.
fn read_list(item: &Node, text: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut rest = Some(text.trim_matches(BLANK)).filter(|text| !text.is_empty());
    while let Some(text) = rest {
        let (here, after) = match text.strip_prefix('"') {
            Some(quoted) => unquoted(quoted),
            None => {
                let end = text.match_indices(',').map(|(at, _)| at).nth(usize::from(is_http_date(item)));
                let here = &text[..end.unwrap_or(text.len())];
                (here.trim_end_matches(BLANK).to_owned(), end.map(|end| &text[end + 1..]))
            }
        };
        items.push(text::parse(item, Cow::Owned(here), TimestampFormat::HttpDate));
        rest = after.map(|after| after.trim_start_matches(BLANK));
    }
    items
}

/// The text up to the closing quote, and what follows the next comma.
fn unquoted(quoted: &str) -> (String, Option<&str>) {
    let mut text = String::with_capacity(quoted.len());
    let mut characters = quoted.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '"' => return (text, quoted[at + 1..].split_once(',').map(|(_, after)| after)),
            '\\' => text.extend(characters.next().map(|(_, escaped)| escaped)),
            plain => text.push(plain),
        }
    }
    (text, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{JsonType, TypeSpec, Types};
    use serde_json::json;

    fn item(json_type: JsonType, format: Option<&str>) -> Node {
        let types = Types::from(&TypeSpec::One(json_type));
        Node { types, format: format.map(Into::into), ..Node::default() }
    }

    #[test]
    fn reads_lists_with_quotes_and_without() {
        let item = item(JsonType::String, None);
        for (text, expected) in [
            ("", json!([])),
            ("\"\"", json!([""])),
            ("a, b,c ,", json!(["a", "b", "c", ""])),
            (r#""b,c", "\"def\"" ,a"#, json!(["b,c", "\"def\"", "a"])),
            (r#"a"b, "open \"#, json!(["a\"b", "open "])),
        ] {
            assert_eq!(Value::from(read_list(&item, text)), expected, "{text}");
        }
    }

    #[test]
    fn reads_dates_with_a_comma_of_their_own() {
        let item = item(JsonType::String, Some("date-time"));
        let text = "Mon, 16 Dec 2019 23:48:18 GMT, Tue, 17 Dec 2019 23:48:18 GMT";
        assert_eq!(read_list(&item, text), [json!("2019-12-16T23:48:18Z"), json!("2019-12-17T23:48:18Z")]);
    }

    #[test]
    fn an_item_is_read_as_it_is_written() {
        let item = item(JsonType::String, None);
        for text in ["", " ", "a", " a", "a\t", "a,b", "\"", "\\", "a\\\"b,", "é"] {
            let written = quoted(Cow::Borrowed(text)).into_owned();
            assert_eq!(read_list(&item, &written), [json!(text)], "{written}");
        }
    }
}
