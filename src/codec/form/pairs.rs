//! The pairs of a form or a query string as text.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::codec::Rejection;

/// The unreserved characters of RFC 3986 stay as they are; SigV4 wants exactly these.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Decoded pairs, in their order.
pub type Pairs<'t> = Vec<(Cow<'t, str>, Cow<'t, str>)>;

/// Splits a form body or a query string.
pub fn parse(text: &[u8]) -> Result<Pairs<'_>, Rejection> {
    let mut rest = std::str::from_utf8(text).map_err(|_| malformed())?;
    let mut pairs = Vec::new();
    if !rest.is_empty() {
        pairs.reserve_exact(1 + memchr::memchr_iter(b'&', text).count());
    }
    while !rest.is_empty() {
        let Cut { equals, end, escaped } = cut(rest.as_bytes());
        let (name, value) = (&rest[..equals.min(end)], rest.get(equals + 1..end).unwrap_or_default());
        if end > 0 {
            pairs.push((plain(name, escaped[0])?, plain(value, escaped[1])?));
        }
        rest = rest.get(end + 1..).unwrap_or_default();
    }
    Ok(pairs)
}

/// Where the first pair of a text is cut.
struct Cut {
    /// The end of its name; past the end of the pair where it has no value.
    equals: usize,
    /// The end of it.
    end: usize,
    /// Whether its name, and its value, have an escape.
    escaped: [bool; 2],
}

/// Finds the first pair. Names and values are short: a search for each of these letters would take longer.
fn cut(text: &[u8]) -> Cut {
    let mut cut = Cut { equals: usize::MAX - 1, end: text.len(), escaped: [false; 2] };
    for (at, byte) in text.iter().enumerate() {
        // Nearly all letters are none of these.
        if !MARKS[usize::from(*byte)] {
            continue;
        }
        match byte {
            b'&' => {
                cut.end = at;
                break;
            }
            b'=' => cut.equals = cut.equals.min(at),
            _ => cut.escaped[usize::from(cut.equals < at)] = true,
        }
    }
    cut
}

/// The letters that mean something in a form.
const MARKS: [bool; 256] = {
    let mut marks = [false; 256];
    marks[b'&' as usize] = true;
    marks[b'=' as usize] = true;
    marks[b'+' as usize] = true;
    marks[b'%' as usize] = true;
    marks
};

fn plain(text: &str, escaped: bool) -> Result<Cow<'_, str>, Rejection> {
    if escaped { unescape(text.as_bytes()).map(Cow::Owned) } else { Ok(Cow::Borrowed(text)) }
}

fn malformed() -> Rejection {
    Rejection::malformed("a parameter is not UTF-8")
}

fn unescape(bytes: &[u8]) -> Result<String, Rejection> {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        plain.push(match byte {
            b'+' => b' ',
            b'%' => match bytes.get(at..at + 2).and_then(hex_pair) {
                Some(escaped) => {
                    at += 2;
                    escaped
                }
                // What is no escape stands for itself.
                None => byte,
            },
            byte => byte,
        });
    }
    String::from_utf8(plain).map_err(|_| malformed())
}

/// What each byte is as a hexadecimal digit; more than 15 for those that are none.
const DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut value = 0;
    while value < 16 {
        digits[b"0123456789abcdef"[value as usize] as usize] = value;
        digits[b"0123456789ABCDEF"[value as usize] as usize] = value;
        value += 1;
    }
    digits
};

fn hex_pair(digits: &[u8]) -> Option<u8> {
    let (high, low) = (DIGITS[usize::from(digits[0])], DIGITS[usize::from(digits[1])]);
    (high < 16 && low < 16).then_some(high << 4 | low)
}

/// Writes pairs as a form body or a query string, spaces as `%20`.
pub fn render(pairs: &[(String, String)]) -> String {
    let escape = |text| utf8_percent_encode(text, ESCAPED);
    let rendered: Vec<String> =
        pairs.iter().map(|(name, value)| format!("{}={}", escape(name), escape(value))).collect();
    rendered.join("&")
}

/// Escapes a text for a path or a query string.
pub fn escape(text: &str) -> String {
    utf8_percent_encode(text, ESCAPED).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_plus_percent_and_empty() {
        let pairs = parse(b"a=b+c%20d&e=&f&&g=h%3Di").expect("well formed");
        let expected = [("a", "b c d"), ("e", ""), ("f", ""), ("g", "h=i")];
        assert_eq!(pairs, expected.map(|(name, value)| (Cow::from(name), Cow::from(value))));
        assert!(parse(b"a=%ff").is_err());
        assert_eq!(parse(b"a=%zz%4").expect("well formed")[0].1, "%zz%4");
        assert_eq!(parse(b"a=%41%c3%a9+%2b").expect("well formed")[0].1, "A\u{e9} +");
    }

    #[test]
    fn writes_what_it_reads() {
        let pairs = vec![("a.b".to_owned(), "x y~z+%&=é😀".to_owned())];
        let text = render(&pairs);
        assert!(text.contains("x%20y~z%2B"));
        assert_eq!(parse(text.as_bytes()).expect("well formed"), [(Cow::from("a.b"), Cow::from("x y~z+%&=é😀"))]);
    }
}
