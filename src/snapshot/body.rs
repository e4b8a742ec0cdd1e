//! Bodies as what they say: JSON as a value, XML as elements, anything else as text.

use serde_json::Value;
use xxhash_rust::xxh3::xxh3_64;

use super::xml::Element;
use crate::text::{beginning, shown};

/// Longest body that is written, in characters.
const LONGEST: usize = 256 * 1024;

/// A body.
#[derive(Debug, Clone, PartialEq)]
pub enum Body {
    /// JSON.
    Json(Value),
    /// XML.
    Xml(Element),
    /// Anything else, nothing included.
    Text(String),
}

impl Body {
    /// Reads the bytes of a body; what is no text is told by its hash.
    pub fn decode(bytes: &[u8]) -> Self {
        match std::str::from_utf8(bytes) {
            // A mark of the byte order says nothing in UTF-8, and no reader of JSON need take it (RFC 8259, section 8.1).
            Ok(text) => Self::read(text.strip_prefix('\u{feff}').unwrap_or(text)),
            Err(_) => {
                Self::Text(format!("{} bytes that are no UTF-8, their hash {:016x}", bytes.len(), xxh3_64(bytes)))
            }
        }
    }

    /// Reads a body as what it looks like, since not every server says rightly what it sends. What looks like a document only
    /// once it is written for a terminal is read as that: it is what will be read where it was written.
    pub fn read(text: &str) -> Self {
        let document = |text: &str| {
            let json = serde_json::from_str(text).ok().map(Self::Json);
            json.or_else(|| Element::read(text).map(Self::Xml))
        };
        document(text).unwrap_or_else(|| {
            let plain = plain(text);
            let other = (plain != text).then(|| document(&plain)).flatten();
            other.unwrap_or(Self::Text(plain))
        })
    }

    /// The body as a person reads it; what is read from that is the same body.
    pub fn render(&self) -> String {
        let text = match self {
            Self::Json(value) => {
                let pretty = serde_json::to_string_pretty(value).unwrap_or_default();
                shown(&pretty).into_owned()
            }
            Self::Xml(element) => element.render(),
            Self::Text(text) => text.clone(),
        };
        text.trim_end().to_owned()
    }

    /// The body as it is compared.
    pub fn canonical(self) -> Self {
        match self {
            Self::Xml(element) => Self::Xml(element.sorted()),
            other => other,
        }
    }
}

/// Text on lines of one kind, without what no terminal should see.
fn plain(text: &str) -> String {
    let lines = text.replace("\r\n", "\n");
    shown(lines.trim_end()).into_owned()
}

/// A text that is not too long; of a longer one the beginning, and what tells it from others.
pub fn cut(text: &str) -> String {
    match beginning(text, LONGEST) {
        Some(beginning) => {
            let hash = xxh3_64(text.as_bytes());
            format!("{beginning}… ({} bytes in all, their hash {hash:016x})", text.len())
        }
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        for text in [
            "{\"b\": [1, 2.5, null],\r\n \"a\": \"x\\u0007\u{9b}\"}",
            "<a><b>1</b><c/></a>",
            "<html><p>never closed",
            "Not\r\nFound\u{1b}[31m",
            "\"no\u{1b}JSON\"",
            "a\r\r\nb\r",
            "404",
            "",
        ] {
            let body = Body::read(text);
            let written = body.render();
            assert_eq!(Body::read(&written), body, "{written}");
            assert!(!written.contains(['\r', '\u{1b}', '\u{9b}', '\u{7}']), "{written}");
        }
    }

    #[test]
    fn order_says_nothing_in_objects_and_something_in_lists() {
        let same = |one: &str, other: &str| Body::read(one).canonical() == Body::read(other).canonical();
        assert!(same("{\"a\":1,\"b\":2}", "{ \"b\" : 2, \"a\" : 1 }"));
        assert!(!same("[1,2]", "[2,1]"));
        assert!(!same("{\"a\":1}", "{\"a\":\"1\"}"));
        assert!(same("<a><b/><c/></a>", "<a><c/><b/></a>"));
    }

    #[test]
    fn bytes_are_told_apart_whether_they_are_text_or_not() {
        assert_eq!(Body::decode("\u{feff}{\"a\": 1}".as_bytes()), Body::read("{\"a\":1}"));
        assert_ne!(Body::decode(b"\xff\x01"), Body::decode(b"\xfe\x01"));
        let Body::Text(text) = Body::decode(b"\xff") else { panic!("it is no text") };
        assert!(text.starts_with("1 bytes that are no UTF-8"), "{text}");
    }

    #[test]
    fn long_bodies_are_cut_and_told_apart() {
        let long = |last: &str| cut(&("x".repeat(LONGEST + 9) + last));
        assert!(long("a").len() < LONGEST + 100);
        assert_ne!(long("a"), long("b"));
    }
}
