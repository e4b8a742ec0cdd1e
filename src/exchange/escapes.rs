//! Escapes by which texts are written in XML, HTML, JSON, URLs and programming languages, taken together: what is looked
//! for in an answer may have gone through any of them.

use std::ops::Range;

/// Longest reference to a character, between `&` and `;`.
const LONGEST_NAME: usize = 12;

/// Characters that HTML names, besides those from U+00A0 to U+00FF (HTML, section 13.5).
const NAMED: [(&str, char); 40] = [
    ("amp", '&'),
    ("lt", '<'),
    ("gt", '>'),
    ("quot", '"'),
    ("apos", '\''),
    ("excl", '!'),
    ("num", '#'),
    ("dollar", '$'),
    ("percnt", '%'),
    ("lpar", '('),
    ("rpar", ')'),
    ("ast", '*'),
    ("plus", '+'),
    ("comma", ','),
    ("hyphen", '-'),
    ("dash", '-'),
    ("period", '.'),
    ("sol", '/'),
    ("colon", ':'),
    ("semi", ';'),
    ("equals", '='),
    ("quest", '?'),
    ("commat", '@'),
    ("lsqb", '['),
    ("lbrack", '['),
    ("bsol", '\\'),
    ("rsqb", ']'),
    ("rbrack", ']'),
    ("hat", '^'),
    ("lowbar", '_'),
    ("grave", '`'),
    ("lcub", '{'),
    ("lbrace", '{'),
    ("vert", '|'),
    ("verbar", '|'),
    ("rcub", '}'),
    ("rbrace", '}'),
    ("newline", '\n'),
    ("tab", '\t'),
    ("euro", '€'),
];

/// HTML's names of the characters from U+00A0 to U+00FF, in their order.
const LATIN: &str = "nbsp iexcl cent pound curren yen brvbar sect uml copy ordf laquo not shy reg macr deg plusmn sup2 sup3 \
    acute micro para middot cedil sup1 ordm raquo frac14 frac12 frac34 iquest Agrave Aacute Acirc Atilde Auml Aring AElig \
    Ccedil Egrave Eacute Ecirc Euml Igrave Iacute Icirc Iuml ETH Ntilde Ograve Oacute Ocirc Otilde Ouml times Oslash Ugrave \
    Uacute Ucirc Uuml Yacute THORN szlig agrave aacute acirc atilde auml aring aelig ccedil egrave eacute ecirc euml igrave \
    iacute icirc iuml eth ntilde ograve oacute ocirc otilde ouml divide oslash ugrave uacute ucirc uuml yacute thorn yuml";

/// A text for a person: what was written for XML, HTML, JSON or a URL as it was meant.
#[must_use]
pub fn unescaped(text: &str) -> String {
    let mut meant = Vec::with_capacity(text.len());
    unescape(text.as_bytes(), |_, part| meant.extend_from_slice(part));
    String::from_utf8_lossy(&meant).into_owned()
}

/// Calls with each part of a text, in order, and what it stands for.
pub fn unescape(text: &[u8], mut call: impl FnMut(Range<usize>, &[u8])) {
    let mut at = 0;
    while at < text.len() {
        let rest = &text[at..];
        let read = match rest[0] {
            b'&' => reference(rest),
            b'\\' => backslash(rest),
            b'%' => hexadecimal(rest, 1, 2).map(|byte| (vec![byte.to_le_bytes()[0]], 3)),
            _ => None,
        };
        let (meant, length) = read.unwrap_or_else(|| (vec![rest[0]], 1));
        call(at..at + length, &meant);
        at += length;
    }
}

type Read = Option<(Vec<u8>, usize)>;

/// `&lt;`, `&#60;`, `&#x3c;`.
fn reference(text: &[u8]) -> Read {
    let end = text.iter().take(LONGEST_NAME + 2).position(|byte| *byte == b';')?;
    let name = std::str::from_utf8(&text[1..end]).ok()?;
    let character = match name.strip_prefix('#') {
        Some(number) => {
            let hexadecimal = number.strip_prefix(['x', 'X']);
            let code =
                hexadecimal.map_or_else(|| number.parse().ok(), |digits| u32::from_str_radix(digits, 16).ok())?;
            char::from_u32(code)?
        }
        None => named(name)?,
    };
    Some((character.to_string().into_bytes(), end + 1))
}

fn named(name: &str) -> Option<char> {
    let plain = NAMED.iter().find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, character)| *character);
    plain.or_else(|| {
        (0xA0..=0xFF).zip(LATIN.split(' ')).find(|(_, known)| *known == name).and_then(|(code, _)| char::from_u32(code))
    })
}

/// `\u003c`, a pair of them, `\u{3c}`, `\U0000003c`, `\x3c`, `\n`, and any mark after a backslash.
fn backslash(text: &[u8]) -> Read {
    let written = |code: u32, length| Some((char::from_u32(code)?.to_string().into_bytes(), length));
    match text.get(1)? {
        b'u' if text.get(2) == Some(&b'{') => {
            let end = text.iter().take(11).position(|byte| *byte == b'}')?;
            written(hexadecimal(text, 3, end - 3)?, end + 1)
        }
        b'u' => {
            let unit = hexadecimal(text, 2, 4)?;
            let low = text.get(6..8).filter(|next| *next == b"\\u").and_then(|_| hexadecimal(text, 8, 4));
            match (unit, low) {
                (0xD800..0xDC00, Some(low @ 0xDC00..0xE000)) => {
                    written(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00), 12)
                }
                _ => written(unit, 6),
            }
        }
        b'U' => written(hexadecimal(text, 2, 8)?, 10),
        b'x' => written(hexadecimal(text, 2, 2)?, 4),
        b'n' => Some((b"\n".to_vec(), 2)),
        b'r' => Some((b"\r".to_vec(), 2)),
        b't' => Some((b"\t".to_vec(), 2)),
        mark if mark.is_ascii_punctuation() => Some((vec![*mark], 2)),
        _ => None,
    }
}

/// So many hexadecimal digits.
fn hexadecimal(text: &[u8], from: usize, digits: usize) -> Option<u32> {
    let digits = text.get(from..from + digits).filter(|digits| digits.iter().all(u8::is_ascii_hexdigit))?;
    u32::from_str_radix(std::str::from_utf8(digits).ok()?, 16).ok()
}
