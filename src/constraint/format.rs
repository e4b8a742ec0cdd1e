//! `format`: the form of a string or the width of a number, for the formats that are known here.

use serde_json::Value;

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit, values};
use crate::model::{Cause, SchemaSpec};

/// The kind.
pub struct Format;

/// What a format is about, and whether a value of that type has it.
#[derive(Debug, Clone, Copy)]
enum Judge {
    Text(fn(&str) -> bool),
    /// Smallest and largest number.
    Number(f64, f64),
}

impl Judge {
    fn holds(self, value: &Value) -> bool {
        match (self, value) {
            (Self::Text(judge), Value::String(text)) => judge(text),
            (Self::Number(least, most), Value::Number(number)) => {
                number.as_f64().is_some_and(|number| (least..=most).contains(&number))
            }
            _ => true,
        }
    }

    /// A sample as a value of the type that the format is about.
    fn sample(self, text: &str) -> Value {
        match self {
            Self::Text(_) => Value::from(text),
            Self::Number(..) => serde_json::from_str(text).unwrap_or_default(),
        }
    }
}

/// The formats that are judged. Others only annotate, as JSON Schema 2020-12 has it.
const FORMATS: [(&str, &str, Judge); 7] = [
    ("date-time", "an RFC 3339 date and time", Judge::Text(is_date_time)),
    ("date", "an RFC 3339 date", Judge::Text(is_date)),
    ("uuid", "a UUID", Judge::Text(is_uuid)),
    ("ipv4", "an IPv4 address", Judge::Text(|text| text.parse::<std::net::Ipv4Addr>().is_ok())),
    ("ipv6", "an IPv6 address", Judge::Text(|text| text.parse::<std::net::Ipv6Addr>().is_ok())),
    ("uri", "a URI with a scheme", Judge::Text(is_uri)),
    // A format of the OpenAPI registry: what a 32-bit integer of an SDK can hold.
    ("int32", "a number of 32 bits", Judge::Number(-2_147_483_648.0, 2_147_483_647.0)),
];

impl Kind for Format {
    fn cause(&self) -> Cause {
        Cause::Format
    }

    fn compile(&self, schema: &SchemaSpec, _: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        let format = schema.format.as_deref();
        let known = FORMATS.iter().find(|(name, ..)| Some(*name) == format);
        let stated = known.map(|(name, what, judge)| Stated::new("format", Form { name, what, judge: *judge }));
        stated.into_iter().map(Ok).collect()
    }
}

/// Texts that have a format, and texts that nearly have it.
const SAMPLES: [(&str, &[&str], &[&str]); 7] = [
    (
        "date-time",
        &["2024-02-29T23:59:59Z", "1970-01-01T00:00:00.000Z", "2025-06-30T12:00:00+05:45"],
        &["2023-02-29T00:00:00Z", "2024-02-29", "2024-02-29 25:00:00Z", ""],
    ),
    ("date", &["2024-02-29", "1970-01-01"], &["2023-02-29", "2024-2-29", ""]),
    (
        "uuid",
        &["a5200268-74a5-4806-acc6-95793ab0228b", "00000000-0000-0000-0000-000000000000"],
        &["a5200268-74a5-4806-acc6-95793ab0228", "a520026874a54806acc695793ab0228b", ""],
    ),
    ("ipv4", &["127.0.0.1", "255.255.255.255"], &["256.0.0.1", "127.0.0", ""]),
    ("ipv6", &["::1", "fe80::1"], &["::1::", "127.0.0.1", ""]),
    ("uri", &["https://example.com/?a=b", "urn:x"], &["example.com", "1a:b", "a: b", ""]),
    ("int32", &["2147483647", "-2147483648"], &["2147483648", "-2147483649", "99999999999"]),
];

#[derive(Debug)]
struct Form {
    name: &'static str,
    what: &'static str,
    judge: Judge,
}

impl Test for Form {
    fn holds(&self, value: &Value) -> bool {
        self.judge.holds(value)
    }

    fn state(&self) -> String {
        format!("must be {}", self.what)
    }

    fn edges(&self) -> Edges {
        let samples = SAMPLES.iter().find(|(name, ..)| *name == self.name);
        let texts = |texts: &[&str]| values(texts.iter().map(|text| self.judge.sample(text)));
        let mut edges =
            samples.map_or_else(Edges::default, |(_, good, bad)| Edges { inside: texts(good), outside: texts(bad) });
        if matches!(self.judge, Judge::Text(_)) {
            edges.inside.push(BoundaryValue::Match);
            edges.outside.push(BoundaryValue::NearMiss);
        }
        edges
    }
}

fn is_date_time(text: &str) -> bool {
    // RFC 3339 wants the date, a separator, seconds and an offset; jiff alone would take less.
    let bytes = text.as_bytes();
    let shaped = bytes.len() >= 20 && matches!(bytes[10], b'T' | b't' | b' ') && bytes[13] == b':' && bytes[16] == b':';
    shaped && text.is_ascii() && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_date(text: &str) -> bool {
    text.len() == 10 && text.parse::<jiff::civil::Date>().is_ok()
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

fn is_uri(text: &str) -> bool {
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let named = scheme.bytes().enumerate().all(|(index, byte)| match byte {
        b'a'..=b'z' | b'A'..=b'Z' => true,
        b'0'..=b'9' | b'+' | b'-' | b'.' => index > 0,
        _ => false,
    });
    !scheme.is_empty() && named && !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn judges_each_format() {
        let judge = |format: &str, text: &str| {
            FORMATS.iter().find(|(name, ..)| *name == format).expect("known").2.holds(&Value::from(text))
        };
        assert!(judge("date-time", "2024-02-29T23:59:59.123Z") && judge("date-time", "2020-07-27T14:22:08+02:00"));
        assert!(
            !judge("date-time", "2023-02-29T00:00:00Z")
                && !judge("date-time", "2024-02-29")
                && !judge("date-time", "ü")
        );
        assert!(judge("date", "2024-02-29") && !judge("date", "2023-02-29"));
        assert!(judge("uuid", "a5200268-74a5-4806-acc6-95793ab0228b") && !judge("uuid", "a5200268-74a5-4806-acc6"));
        assert!(
            judge("ipv4", "127.0.0.1") && !judge("ipv4", "256.0.0.1") && judge("ipv6", "::1") && !judge("ipv6", ":")
        );
        assert!(
            judge("uri", "https://x/?a=b") && !judge("uri", "x/y") && !judge("uri", "1a:b") && !judge("uri", "a: b")
        );
    }

    #[test]
    fn samples_are_what_they_say() {
        for ((name, _, judge), (sample, good, bad)) in FORMATS.iter().zip(SAMPLES) {
            assert_eq!(*name, sample);
            let holds = |text: &&str| judge.holds(&judge.sample(text));
            assert!(good.iter().all(holds) && !bad.iter().any(holds), "{name}");
        }
    }

    #[test]
    fn only_annotates_with_formats_it_does_not_know() {
        let schema = SchemaSpec { format: Some("planet".into()), ..SchemaSpec::default() };
        let scope = Scope { raw: &json!({}), defs: &[] };
        assert!(Format.compile(&schema, &scope).is_empty());
    }
}
