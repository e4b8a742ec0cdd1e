//! Values as text, as they travel outside JSON bodies, and timestamps in all their forms.

use std::borrow::Cow;
use std::ops::Range;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Number, Value};

use crate::model::{JsonType, Node, TimestampFormat};
use crate::value::view::View;

/// The seconds since 1970 that HTTP's form of a date can say: years of four digits, none before 1970.
const HTTP_DATES: Range<i64> = 0..253_402_300_800;

/// Whether the node is a timestamp: a string of format `date-time`.
pub fn is_timestamp(node: &Node) -> bool {
    node.format.as_deref() == Some("date-time")
}

/// The value that a text stands for at a node; the text itself when it is not of the node's type.
pub fn parse(node: &Node, text: Cow<'_, str>, timestamps: TimestampFormat) -> Value {
    let types = node.types;
    if types.contains(JsonType::String) || types.is_empty() {
        return match node.wire.timestamp.unwrap_or(timestamps) {
            _ if !is_timestamp(node) => Value::String(text.into_owned()),
            TimestampFormat::DateTime => Value::String(text.into_owned()),
            TimestampFormat::EpochSeconds => match parse_number(&text) {
                Some(number) => parse_timestamp(&Value::Number(number), TimestampFormat::EpochSeconds),
                None => Value::String(text.into_owned()),
            },
            TimestampFormat::HttpDate => parse_timestamp(&Value::String(text.into_owned()), TimestampFormat::HttpDate),
        };
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
pub fn render<'v>(node: &Node, value: &'v View<'_>, timestamps: TimestampFormat) -> Cow<'v, str> {
    let timestamp =
        if is_timestamp(node) { render_timestamp(value, node.wire.timestamp.unwrap_or(timestamps)) } else { None };
    match (timestamp, value) {
        (Some(Value::String(text)), _) => Cow::Owned(text),
        (Some(other), _) => Cow::Owned(other.to_string()),
        (None, View::Text(text)) => Cow::Borrowed(text),
        (None, View::Bool(true)) => Cow::Borrowed("true"),
        (None, View::Bool(false)) => Cow::Borrowed("false"),
        (None, View::Number(number)) => Cow::Owned(number.to_string()),
        (None, other) => Cow::Owned(other.to_value().to_string()),
    }
}

/// A timestamp of the wire as RFC 3339 text; the value itself when it is not of that form. A text that is already
/// RFC 3339 stays as it is written: precision and offset are the sender's.
pub fn parse_timestamp(wire: &Value, format: TimestampFormat) -> Value {
    let timestamp = match (format, wire) {
        (TimestampFormat::HttpDate, Value::String(text)) => from_http_date(text),
        (TimestampFormat::EpochSeconds, Value::Number(number)) => number.as_f64().and_then(from_epoch),
        _ => None,
    };
    timestamp.map_or_else(|| wire.clone(), |timestamp| Value::String(timestamp.to_string()))
}

/// Reads HTTP's form of a date, also with the decimals that some services add to the seconds.
fn from_http_date(text: &str) -> Option<Timestamp> {
    let (whole, fraction) = match text.split_once('.') {
        Some((before, after)) => {
            let digits =
                after.strip_suffix(" GMT").filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))?;
            (Cow::Owned(format!("{before} GMT")), format!("0.{digits}").parse::<f64>().ok()?)
        }
        None => (Cow::Borrowed(text), 0.0),
    };
    let time = httpdate::parse_http_date(&whole).ok()? + Duration::from_secs_f64(fraction);
    Timestamp::try_from(time).ok()
}

fn from_epoch(seconds: f64) -> Option<Timestamp> {
    #[allow(clippy::cast_possible_truncation, reason = "out of range saturates, and jiff refuses it")]
    Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok()
}

/// An RFC 3339 text in another form of the wire; nothing when it is not a time that this form can say, or is in it
/// already.
pub fn render_timestamp(value: &View<'_>, format: TimestampFormat) -> Option<Value> {
    if format == TimestampFormat::DateTime {
        return None;
    }
    let timestamp: Timestamp = value.as_text()?.parse().ok()?;
    Some(match format {
        TimestampFormat::HttpDate if HTTP_DATES.contains(&timestamp.as_second()) => {
            Value::String(httpdate::fmt_http_date(timestamp.into()))
        }
        TimestampFormat::HttpDate | TimestampFormat::DateTime => return None,
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
            let same = format == TimestampFormat::DateTime;
            assert_eq!(render_timestamp(&View::from(&value), format), (!same).then_some(wire));
        }
    }

    #[test]
    fn what_is_no_timestamp_stays_as_it_is() {
        for wire in [json!("soon"), json!(1e300), json!(null), json!("2023-02-29T00:00:00Z")] {
            assert_eq!(parse_timestamp(&wire, TimestampFormat::EpochSeconds), wire);
        }
        assert_eq!(render_timestamp(&View::from(&json!("soon")), TimestampFormat::EpochSeconds), None);
        for no_http_date in ["1969-12-31T23:59:59Z", "-009999-01-02T01:59:59Z"] {
            assert_eq!(render_timestamp(&View::from(&json!(no_http_date)), TimestampFormat::HttpDate), None);
        }
    }

    #[test]
    fn a_timestamp_in_a_text_is_a_number_only_where_it_is_written_as_one() {
        let node = Node { format: Some("date-time".into()), ..Node::default() };
        for (text, value) in [("1398796238", "2014-04-29T18:30:38Z"), ("nan", "nan"), ("inf", "inf"), ("", "")] {
            assert_eq!(parse(&node, text.into(), TimestampFormat::EpochSeconds), json!(value));
        }
        assert_eq!(parse_timestamp(&json!("1398796238"), TimestampFormat::EpochSeconds), json!("1398796238"));
    }

    #[test]
    fn reads_decimals_of_an_http_date() {
        let read = |text: &str| parse_timestamp(&json!(text), TimestampFormat::HttpDate);
        assert_eq!(read("Sun, 02 Jan 2000 20:34:56.456 GMT"), json!("2000-01-02T20:34:56.456Z"));
        for text in ["Sun, 02 Jan 2000 20:34:56.x GMT", "Sun, 02 Jan 2000 20:34:56.4", "soon."] {
            assert_eq!(read(text), json!(text));
        }
    }

    #[test]
    fn numbers_as_json_has_them() {
        assert_eq!(parse_number("0.5"), Number::from_f64(0.5));
        assert_eq!(parse_number("9223372036854775808"), Some(9_223_372_036_854_775_808_u64.into()));
        assert!(parse_number("inf").is_none() && parse_number("0x10").is_none() && parse_number("").is_none());
    }
}
