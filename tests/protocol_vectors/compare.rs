//! Comparison by meaning: what may be written in several ways is equal in all of them.

use http::{HeaderMap, Uri};
use indexmap::IndexMap;
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::Value;

use crate::directions::Verdict;
use crate::xml;

/// Longest piece of a message or value that a difference shows.
const MAX_SHOWN: usize = 600;

/// What a body is.
#[derive(Debug, Clone, Copy)]
pub enum Body {
    /// Pairs, in any order.
    Form,
    /// Elements, without insignificant white space.
    Xml,
    /// A JSON value.
    Json,
    /// A JSON value; an empty object may be left out, as responses without members in the body come both ways.
    JsonOrNothing,
    /// Bytes as they are.
    Raw,
}

impl Body {
    /// Compares a body with the one a vector states.
    pub fn compare(self, expected: &str, actual: &[u8]) -> Verdict {
        let actual = std::str::from_utf8(actual).map_err(|error| format!("the body is {error}"))?;
        let same = match self {
            Self::Form => sorted_pairs(expected) == sorted_pairs(actual),
            Self::Xml => xml::same(expected, actual)?,
            Self::Json if expected.is_empty() || actual.is_empty() => expected == actual,
            Self::Json => same(&json(expected)?, &json(actual)?),
            Self::JsonOrNothing => same(&json_or_nothing(expected)?, &json_or_nothing(actual)?),
            Self::Raw => expected == actual,
        };
        verdict(same, "body", expected, actual)
    }
}

fn verdict(same: bool, what: &str, expected: &str, actual: &str) -> Verdict {
    if same { Ok(()) } else { Err(format!("{what} should be {}, is {}", shown(expected), shown(actual))) }
}

fn shown(text: &str) -> String {
    match text.char_indices().nth(MAX_SHOWN) {
        Some((end, _)) => format!("{} …", &text[..end]),
        None => text.to_owned(),
    }
}

fn json(text: &str) -> Result<Value, String> {
    serde_json::from_str(text).map_err(|error| format!("the body is not JSON: {error}: {}", shown(text)))
}

fn json_or_nothing(text: &str) -> Result<Value, String> {
    if text.is_empty() { Ok(Value::Object(serde_json::Map::new())) } else { json(text) }
}

/// Compares two plain texts.
pub fn text(what: &str, expected: &str, actual: &str) -> Verdict {
    verdict(expected == actual, what, expected, actual)
}

/// Compares two values.
pub fn value(expected: &Value, actual: &Value) -> Verdict {
    verdict(same(expected, actual), "value", &expected.to_string(), &actual.to_string())
}

/// Members in any order, numbers by their value, texts that are times by the instant they stand for.
fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Object(left), Value::Object(right)) => {
            left.len() == right.len()
                && left.iter().all(|(name, value)| right.get(name).is_some_and(|other| same(value, other)))
        }
        (Value::Array(left), Value::Array(right)) => {
            left.len() == right.len() && left.iter().zip(right).all(|(left, right)| same(left, right))
        }
        (Value::Number(left), Value::Number(right)) => left == right || left.as_f64() == right.as_f64(),
        (Value::String(left), Value::String(right)) => same_text(left, right),
        (left, right) => left == right,
    }
}

/// Whether two texts are equal, or two RFC 3339 times of one instant: the offset is the writer's choice.
pub fn same_text(left: &str, right: &str) -> bool {
    let instant = |text: &str| text.parse::<Timestamp>().ok();
    left == right || instant(left).is_some_and(|left| instant(right) == Some(left))
}

/// Compares path and query: segments by their characters, parameters in any order.
pub fn target(expected: &str, actual: &Uri) -> Verdict {
    let (path, query) = expected.split_once('?').unwrap_or((expected, ""));
    let segments =
        |path: &str| -> Vec<Vec<u8>> { path.split('/').map(|segment| percent_decode_str(segment).collect()).collect() };
    verdict(segments(path) == segments(actual.path()), "path", path, actual.path())?;
    let actual = actual.query().unwrap_or_default();
    verdict(sorted_pairs(query) == sorted_pairs(actual), "query", query, actual)
}

fn sorted_pairs(text: &str) -> Vec<(String, String)> {
    let mut pairs: Vec<_> = form_urlencoded::parse(text.as_bytes()).into_owned().collect();
    pairs.sort();
    pairs
}

/// Compares the stated headers; others may stand beside them. `Content-Length` is the transport's, and follows the body.
pub fn headers(expected: &IndexMap<String, String>, actual: &HeaderMap, body: &[u8]) -> Verdict {
    for (name, value) in expected {
        if name.eq_ignore_ascii_case("content-length") {
            verdict(*value == body.len().to_string(), name, value, &body.len().to_string())?;
            continue;
        }
        let found = actual.get(name).map(|value| String::from_utf8_lossy(value.as_bytes()));
        let found = found.ok_or_else(|| format!("header {name} should be {value}, is absent"))?;
        verdict(spaced(value) == spaced(&found), &format!("header {name}"), value, &found)?;
    }
    Ok(())
}

/// The space after a comma says nothing.
fn spaced(value: &str) -> String {
    value.split(',').map(str::trim_start).collect::<Vec<_>>().join(",")
}

/// Headers that must be there and headers that must not.
pub fn presence(required: &[String], forbidden: &[String], headers: &HeaderMap, body: &[u8]) -> Verdict {
    let present =
        |name: &str| headers.contains_key(name) || name.eq_ignore_ascii_case("content-length") && !body.is_empty();
    match (required.iter().find(|name| !present(name)), forbidden.iter().find(|name| present(name))) {
        (Some(name), _) => Err(format!("header {name} is absent")),
        (None, Some(name)) => Err(format!("header {name} should be absent")),
        (None, None) => Ok(()),
    }
}

/// The request id that stands in a stated XML body, so that the same is written.
pub fn request_id(body: &str) -> String {
    xml::text_of(body, "RequestId").unwrap_or_else(|| "vectors".to_owned())
}
