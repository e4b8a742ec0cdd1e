//! Values as text, as they travel outside JSON bodies, and timestamps in all their forms.

use std::borrow::Cow;

use jiff::Timestamp;
use serde_json::{Number, Value};

use crate::contract::Node;
use crate::contract::model::{JsonType, TimestampFormat};

/// Whether the node is a timestamp: a string of format `date-time`.
pub fn is_timestamp(node: &Node) -> bool {
    node.format.as_deref() == Some("date-time")
}

/// The value that a text stands for at a node; the text itself when it is not of the node's type.
pub fn parse(node: &Node, text: Cow<'_, str>, timestamps: TimestampFormat) -> Value {
    let types = node.types;
    if types.contains(JsonType::String) || types.is_empty() {
        if is_timestamp(node) {
            return parse_timestamp(&Value::from(text.into_owned()), node.wire.timestamp.unwrap_or(timestamps));
        }
        return Value::String(text.into_owned());
    }
    let number = types.contains(JsonType::Integer) || types.contains(JsonType::Number);
    let parsed = match text.as_ref() {
        "true" if types.contains(JsonType::Boolean) => Some(Value::Bool(true)),
        "false" if types.contains(JsonType::Boolean) => Some(Value::Bool(false)),
        text if number => parse_number(text).map(Value::Number),
        _ => None,
    };
    parsed.unwrap_or_else(|| Value::String(text.into_owned()))
}

fn parse_number(text: &str) -> Option<Number> {
    if let Ok(integer) = text.parse::<i64>() {
        return Some(integer.into());
    }
    if let Ok(integer) = text.parse::<u64>() {
        return Some(integer.into());
    }
    let plain = text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b'e' | b'E' | b'+' | b'-'));
    text.parse().ok().filter(|_| plain).and_then(Number::from_f64)
}

/// The text of a scalar at a node.
pub fn render<'v>(node: &Node, value: &'v Value, timestamps: TimestampFormat) -> Cow<'v, str> {
    let scalar = |value: &'v Value| match value {
        Value::String(text) => Cow::Borrowed(text.as_str()),
        other => Cow::Owned(other.to_string()),
    };
    if !is_timestamp(node) {
        return scalar(value);
    }
    match render_timestamp(value, node.wire.timestamp.unwrap_or(timestamps)) {
        Some(Value::String(text)) => Cow::Owned(text),
        Some(other) => Cow::Owned(other.to_string()),
        None => scalar(value),
    }
}

/// A timestamp of the wire as RFC 3339 text; the value itself when it is not of that form.
pub fn parse_timestamp(wire: &Value, format: TimestampFormat) -> Value {
    let timestamp = match (format, wire) {
        (TimestampFormat::DateTime, Value::String(text)) => text.parse().ok(),
        (TimestampFormat::HttpDate, Value::String(text)) => {
            httpdate::parse_http_date(text).ok().and_then(|time| Timestamp::try_from(time).ok())
        }
        (TimestampFormat::EpochSeconds, Value::Number(number)) => number.as_f64().and_then(from_epoch),
        (TimestampFormat::EpochSeconds, Value::String(text)) => text.parse().ok().and_then(from_epoch),
        _ => None,
    };
    // A text that is already RFC 3339 stays as it is written: precision and offset are the sender's.
    match (timestamp, format, wire) {
        (Some(_), TimestampFormat::DateTime, wire) => wire.clone(),
        (Some(timestamp), ..) => Value::String(timestamp.to_string()),
        (None, ..) => wire.clone(),
    }
}

fn from_epoch(seconds: f64) -> Option<Timestamp> {
    #[allow(clippy::cast_possible_truncation, reason = "out of range saturates, and jiff refuses it")]
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}

/// An RFC 3339 text in the form of the wire; nothing when it is not a time.
pub fn render_timestamp(value: &Value, format: TimestampFormat) -> Option<Value> {
    let text = value.as_str()?;
    if format == TimestampFormat::DateTime {
        return Some(value.clone());
    }
    let timestamp: Timestamp = text.parse().ok()?;
    Some(match format {
        TimestampFormat::DateTime => value.clone(),
        TimestampFormat::HttpDate => Value::String(httpdate::fmt_http_date(timestamp.into())),
        TimestampFormat::EpochSeconds => match timestamp.as_millisecond() {
            whole if whole % 1000 == 0 => Value::from(whole / 1000),
            #[allow(clippy::cast_precision_loss, reason = "milliseconds of a calendar time fit a float")]
            fraction => Value::from(fraction as f64 / 1000.0),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn timestamps_there_and_back() {
        for (format, wire, value) in [
            (TimestampFormat::EpochSeconds, json!(1_516_925_490.087), json!("2018-01-26T00:11:30.087Z")),
            (TimestampFormat::EpochSeconds, json!(1_516_925_490), json!("2018-01-26T00:11:30Z")),
            (TimestampFormat::HttpDate, json!("Mon, 16 Dec 2019 23:48:18 GMT"), json!("2019-12-16T23:48:18Z")),
            (TimestampFormat::DateTime, json!("2019-06-04T09:16:42.649Z"), json!("2019-06-04T09:16:42.649Z")),
        ] {
            assert_eq!(parse_timestamp(&wire, format), value);
            assert_eq!(render_timestamp(&value, format), Some(wire));
        }
    }

    #[test]
    fn what_is_no_timestamp_stays_as_it_is() {
        for wire in [json!("soon"), json!(1e300), json!(null), json!("2023-02-29T00:00:00Z")] {
            assert_eq!(parse_timestamp(&wire, TimestampFormat::EpochSeconds), wire);
        }
        assert_eq!(render_timestamp(&json!("soon"), TimestampFormat::EpochSeconds), None);
    }

    #[test]
    fn numbers_as_json_has_them() {
        assert_eq!(parse_number("0.5"), Number::from_f64(0.5));
        assert_eq!(parse_number("9223372036854775808"), Some(9_223_372_036_854_775_808_u64.into()));
        assert!(parse_number("inf").is_none() && parse_number("0x10").is_none() && parse_number("").is_none());
    }
}
