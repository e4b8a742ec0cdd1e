//! Templates read and filled.
//!
//! `{/Pointer}` is an input member, `{uuid}`, `{hex 32}`, `{upper 26}`, `{lower 20}`, `{digits 4}` and `{time}` are
//! drawn from the seed, `{region}`, `{account}` and other words come from the caller. Pipes change a
//! value: `{/Arn|part : 3}`, `{/Name|lower}`, `{/Port|or 3306}`. A string that is one placeholder takes the
//! member's own type; a member whose placeholder has no value is left out. A list whose one item has
//! `$each: /Pointer` gets such an item for each item of that input list, which is `{@}` there, its members `{@/Name}`;
//! `$item` beside it makes items that are no objects, `$or` is the list where there is none in the input.

use std::borrow::Cow;

use memchr::memmem;
use serde_json::Value;

use super::pointer;
use super::view::View;
use crate::model::template::{Origin, Piece, Pipe, Template};

/// What placeholders are filled from.
pub trait Filler<'v> {
    /// The input.
    fn input(&self) -> &'v Value;
    /// The next 64 bits of the seed.
    fn random(&mut self) -> u64;
    /// A word: region, account, code, …
    fn word(&self, name: &str) -> Option<Cow<'v, str>>;
}

/// Key of a list's only item that makes it an item for each item of an input list.
const EACH: &str = "$each";
const LONGEST_RANDOM: usize = 256;
const HEX: &[u8; 16] = b"0123456789abcdef";
const UPPER: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
const LOWER: &[u8] = b"abcdefghijklmnopqrstuvwxyz0123456789";
const DIGITS: &[u8] = b"0123456789";

impl Template {
    /// Compiles a template.
    ///
    /// # Errors
    /// The pointer of the string at fault, and what is wrong with it.
    pub fn parse(value: &Value) -> Result<Self, (String, String)> {
        Self::parse_at(value, &mut String::new())
    }

    fn parse_at(value: &Value, at: &mut String) -> Result<Self, (String, String)> {
        match value {
            Value::String(text) if text.contains('{') => {
                Ok(Self::Text(parse_text(text).map_err(|message| (at.clone(), message))?))
            }
            Value::Array(items) if items.len() == 1 && items[0].get(EACH).is_some() => Self::parse_each(&items[0], at),
            Value::Array(items) => {
                let items = items.iter().enumerate();
                let parsed = items.map(|(index, item)| Self::parse_member(item, &index.to_string(), at));
                Ok(Self::List(parsed.collect::<Result<_, _>>()?))
            }
            Value::Object(members) => {
                let parsed = members
                    .iter()
                    .map(|(name, member)| Self::parse_member(member, name, at).map(|member| (name.clone(), member)));
                Ok(Self::Object(parsed.collect::<Result<_, _>>()?))
            }
            plain => Ok(Self::Plain(plain.clone())),
        }
    }

    fn parse_each(item: &Value, at: &mut String) -> Result<Self, (String, String)> {
        let path = item[EACH].as_str().filter(|path| path.starts_with('/'));
        let path = path.ok_or_else(|| (at.clone(), format!("{EACH} is the pointer of an input list")))?;
        let list = pointer::segments(path).collect();
        let otherwise = item.get("$or").map(|otherwise| Self::parse_member(otherwise, "0/$or", at)).transpose()?;
        let mut item = item.clone();
        if let Some(members) = item.as_object_mut() {
            members.retain(|name, _| name != EACH && name != "$or");
        }
        let part = item.get("$item").unwrap_or(&item);
        let part = Self::parse_member(part, "0", at)?;
        Ok(Self::Each { list, item: Box::new(part), otherwise: otherwise.map(Box::new) })
    }

    fn parse_member(value: &Value, name: &str, at: &mut String) -> Result<Self, (String, String)> {
        let length = at.len();
        pointer::push(at, name);
        let parsed = Self::parse_at(value, at);
        at.truncate(length);
        parsed
    }

    /// Fills the template; nothing where its placeholder has no value.
    pub fn fill<'v>(&'v self, filler: &mut dyn Filler<'v>) -> Option<View<'v>> {
        self.fill_for(None, filler)
    }

    fn fill_for<'v>(&'v self, item: Option<&'v Value>, filler: &mut dyn Filler<'v>) -> Option<View<'v>> {
        match self {
            Self::Plain(value) => Some(View::from(value)),
            Self::List(items) => {
                Some(View::List(items.iter().filter_map(|part| part.fill_for(item, filler)).collect()))
            }
            Self::Each { list, item: part, otherwise } => {
                match pointer::first(filler.input(), list).and_then(Value::as_array) {
                    Some(each) => {
                        Some(View::List(each.iter().filter_map(|item| part.fill_for(Some(item), filler)).collect()))
                    }
                    None => otherwise.as_ref()?.fill_for(item, filler),
                }
            }
            Self::Object(members) => {
                let mut known = Vec::with_capacity(members.len());
                for (name, member) in members {
                    if let Some(value) = member.fill_for(item, filler) {
                        known.push((name.as_str(), value));
                    }
                }
                Some(View::Object(known))
            }
            Self::Text(pieces) => match pieces.as_slice() {
                [Piece::Placeholder { origin, pipes }] => draw(origin, pipes, item, filler),
                pieces => fill_text(pieces, item, filler).map(|text| View::Text(Cow::Owned(text))),
            },
        }
    }
}

fn fill_text<'v>(pieces: &'v [Piece], item: Option<&'v Value>, filler: &mut dyn Filler<'v>) -> Option<String> {
    let mut text = String::with_capacity(64);
    for piece in pieces {
        match piece {
            Piece::Literal(literal) => text.push_str(literal),
            Piece::Placeholder { origin, pipes } => match draw(origin, pipes, item, filler)? {
                View::Text(value) => text.push_str(&value),
                other => text.push_str(&other.to_value().to_string()),
            },
        }
    }
    Some(text)
}

fn draw<'v>(
    origin: &'v Origin,
    pipes: &'v [Pipe],
    item: Option<&'v Value>,
    filler: &mut dyn Filler<'v>,
) -> Option<View<'v>> {
    let member = |value: Option<&'v Value>| value.filter(|value| !value.is_null()).map(View::from);
    let mut value = match origin {
        Origin::Input(path) => member(pointer::first(filler.input(), path)),
        Origin::Item(path) => member(item.and_then(|item| pointer::first(item, path))),
        Origin::Random(alphabet, length) => Some(View::Text(Cow::Owned(random_text(alphabet, *length, filler)))),
        Origin::Uuid => Some(View::Text(Cow::Owned(uuid(filler.random(), filler.random())))),
        Origin::Time => Some(View::Text(Cow::Owned(time(filler.random())))),
        Origin::Word(name) => filler.word(name).map(View::Text),
    };
    for pipe in pipes {
        value = match (pipe, value) {
            (Pipe::Or(default), None) => Some(View::from(default)),
            (Pipe::Part(separator, index), Some(View::Text(Cow::Borrowed(text)))) => {
                part(text, separator, *index).map(|part| View::Text(Cow::Borrowed(part)))
            }
            (Pipe::Part(separator, index), Some(View::Text(text))) => {
                part(&text, separator, *index).map(|part| View::Text(Cow::Owned(part.to_owned())))
            }
            (Pipe::Lower, Some(View::Text(text))) if text.bytes().any(|byte| byte.is_ascii_uppercase()) => {
                Some(View::Text(Cow::Owned(text.to_ascii_lowercase())))
            }
            (_, value) => value,
        };
    }
    value
}

/// The part of a text between separators; an empty one is none.
fn part<'t>(text: &'t str, separator: &str, index: usize) -> Option<&'t str> {
    if separator.is_empty() {
        return text.split(separator).nth(index).filter(|part| !part.is_empty());
    }
    let mut rest = text;
    for _ in 0..index {
        rest = &rest[memmem::find(rest.as_bytes(), separator.as_bytes())? + separator.len()..];
    }
    let end = memmem::find(rest.as_bytes(), separator.as_bytes()).unwrap_or(rest.len());
    Some(&rest[..end]).filter(|part| !part.is_empty())
}

fn random_text(alphabet: &[u8], length: usize, filler: &mut dyn Filler<'_>) -> String {
    let mut text = String::with_capacity(length);
    let mut bits = 0;
    for index in 0..length {
        if index % 8 == 0 {
            bits = filler.random();
        }
        // A remainder of small numbers is much faster than one of large ones; alphabets have 36 letters at most.
        let letter = (bits & 0xff) as u8 % u8::try_from(alphabet.len()).unwrap_or(u8::MAX);
        text.push(char::from(alphabet[usize::from(letter)]));
        bits >>= 8;
    }
    text
}

/// Where the bytes of a UUID are written.
const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// A UUID of version 4 (RFC 9562) from 128 bits.
#[must_use]
pub fn uuid(high: u64, low: u64) -> String {
    let high = high & !0xf000 | 0x4000;
    let low = low & !(0b11 << 62) | 0b10 << 62;
    let bytes = (u128::from(high) << 64 | u128::from(low)).to_be_bytes();
    let mut text = [b'-'; 36];
    for (place, byte) in PLACES.into_iter().zip(bytes) {
        text[place] = HEX[usize::from(byte >> 4)];
        text[place + 1] = HEX[usize::from(byte & 0xf)];
    }
    of_ascii(&text)
}

fn of_ascii(text: &[u8]) -> String {
    str::from_utf8(text).map(str::to_owned).unwrap_or_default()
}

/// Days of the months of 2025.
const MONTHS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// A time within 2025, with milliseconds: the answers do not look at the clock.
fn time(bits: u64) -> String {
    const DAY: u64 = 24 * 3600 * 1000;
    let milliseconds = bits % (365 * DAY);
    let (mut day, mut month) = (milliseconds / DAY, 1);
    for days in MONTHS {
        if day < days {
            break;
        }
        day -= days;
        month += 1;
    }
    let mut text = *b"2025-00-00T00:00:00.000Z";
    let (seconds, fraction) = (milliseconds / 1000, milliseconds % 1000);
    for (at, two) in [
        (5, month),
        (8, day + 1),
        (11, seconds / 3600 % 24),
        (14, seconds / 60 % 60),
        (17, seconds % 60),
        (20, fraction / 10),
    ] {
        text[at] = DIGITS[usize::try_from(two / 10 % 10).unwrap_or_default()];
        text[at + 1] = DIGITS[usize::try_from(two % 10).unwrap_or_default()];
    }
    text[22] = DIGITS[usize::try_from(fraction % 10).unwrap_or_default()];
    of_ascii(&text)
}

fn parse_text(text: &str) -> Result<Vec<Piece>, String> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(open) = rest.find('{') {
        if open > 0 {
            pieces.push(Piece::Literal(rest[..open].to_owned()));
        }
        let close = rest[open..].find('}').ok_or("a placeholder is not closed")? + open;
        pieces.push(parse_placeholder(&rest[open + 1..close])?);
        rest = &rest[close + 1..];
    }
    if !rest.is_empty() {
        pieces.push(Piece::Literal(rest.to_owned()));
    }
    Ok(pieces)
}

fn parse_placeholder(text: &str) -> Result<Piece, String> {
    let mut parts = text.split('|');
    let origin = parse_origin(parts.next().unwrap_or_default().trim())?;
    let pipes = parts.map(|pipe| parse_pipe(pipe.trim())).collect::<Result<_, _>>()?;
    Ok(Piece::Placeholder { origin, pipes })
}

fn parse_origin(text: &str) -> Result<Origin, String> {
    if text.starts_with('/') {
        return Ok(Origin::Input(pointer::segments(text).collect()));
    }
    if let Some(path) = text.strip_prefix('@').filter(|path| pointer::is_pointer(path)) {
        return Ok(Origin::Item(pointer::segments(path).collect()));
    }
    let (word, argument) = text.split_once(' ').unwrap_or((text, ""));
    let alphabet = match word {
        "hex" => HEX.as_slice(),
        "upper" => UPPER,
        "lower" => LOWER,
        "digits" => DIGITS,
        "uuid" => return Ok(Origin::Uuid),
        "time" => return Ok(Origin::Time),
        _ if !word.is_empty() && argument.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphabetic()) => {
            return Ok(Origin::Word(word.to_owned()));
        }
        _ => return Err(format!("{{{text}}} is not a placeholder")),
    };
    match argument.parse() {
        Ok(length) if length <= LONGEST_RANDOM => Ok(Origin::Random(alphabet, length)),
        _ => Err(format!("{{{text}}} needs a length of at most {LONGEST_RANDOM}")),
    }
}

fn parse_pipe(text: &str) -> Result<Pipe, String> {
    let (word, argument) = text.split_once(' ').unwrap_or((text, ""));
    match word {
        "lower" => Ok(Pipe::Lower),
        "or" => Ok(Pipe::Or(serde_json::from_str(argument).unwrap_or_else(|_| Value::from(argument)))),
        "part" => {
            let (separator, index) = argument.rsplit_once(' ').ok_or("`part` takes a separator and an index")?;
            let index = index.parse().map_err(|_| format!("{index} is not an index"))?;
            Ok(Pipe::Part(separator.to_owned(), index))
        }
        _ => Err(format!("{word} is not a pipe; there are part, lower and or")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    struct Fixed<'v> {
        input: &'v Value,
        next: u64,
    }

    impl<'v> Filler<'v> for Fixed<'v> {
        fn input(&self) -> &'v Value {
            self.input
        }
        fn random(&mut self) -> u64 {
            self.next = self.next.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            self.next
        }
        fn word(&self, name: &str) -> Option<Cow<'v, str>> {
            (name == "region").then_some(Cow::Borrowed("eu-de"))
        }
    }

    fn fill(template: &Value, input: Value) -> Option<Value> {
        let template = Template::parse(template).expect("a template");
        template.fill(&mut Fixed { input: &input, next: 1 }).map(|view| view.to_value())
    }

    #[test]
    fn members_keep_their_type_and_vanish_when_absent() {
        let template = json!({"a": "{/x}", "b": "{/y}", "c": "v-{/x}", "d": "v-{/y}", "e": ["{/y}", 1]});
        assert_eq!(fill(&template, json!({"x": 7})), Some(json!({"a": 7, "c": "v-7", "e": [1]})));
    }

    #[test]
    fn lists_follow_the_input() {
        let template = json!({"a": [{"$each": "/ids", "Id": "{@}", "Of": "{/x}"}], "b": [{"$each": "/tags", "$item": "{@/k}", "$or": [0]}]});
        let input = json!({"x": 7, "ids": ["p", "q"], "tags": [{"k": 1}, {}]});
        let expected = json!({"a": [{"Id": "p", "Of": 7}, {"Id": "q", "Of": 7}], "b": [1]});
        assert_eq!(fill(&template, input), Some(expected));
        assert_eq!(fill(&template, json!({})), Some(json!({"b": [0]})));
    }

    #[test]
    fn pipes_change_values() {
        let template =
            json!({"r": "{/arn|part : 3}", "n": "{/name|lower}", "p": "{/port|or 3306}", "q": "{/none|or a b}"});
        let input = json!({"arn": "arn:aws:rds:eu-de:1:db:x", "name": "AbC"});
        assert_eq!(fill(&template, input), Some(json!({"r": "eu-de", "n": "abc", "p": 3306, "q": "a b"})));
    }

    #[test]
    fn generators_have_their_form() {
        let filled = fill(&json!(["{uuid}", "{hex 4}", "{upper 3}", "{time}", "{region}", "{unknown}"]), json!({}));
        let Some(Value::Array(items)) = filled else { panic!("a list") };
        let texts: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
        assert_eq!(texts.len(), 5, "an unknown word has no value");
        assert_eq!((texts[0].len(), &texts[0][14..15], texts[1].len(), texts[2].len()), (36, "4", 4, 3));
        assert!(texts[3].starts_with("2025-") && texts[3].ends_with('Z') && texts[3].len() == 24, "{}", texts[3]);
        assert_eq!(texts[4], "eu-de");
    }

    #[test]
    fn times_are_those_of_the_calendar() {
        for bits in (0..400).map(|step| step * 86_399_999_u64).chain([u64::MAX, 365 * 24 * 3600 * 1000 - 1]) {
            let since = i64::try_from(bits % (365 * 24 * 3600 * 1000)).expect("a year");
            let timestamp = jiff::Timestamp::from_millisecond(1_735_689_600_000 + since).expect("in 2025");
            assert_eq!(time(bits), format!("{timestamp:.3}"));
        }
    }

    #[test]
    fn says_where_a_template_is_wrong() {
        for (text, wrong) in [
            ("{uuid", "closed"),
            ("{hex x}", "length"),
            ("{/x|up}", "pipe"),
            ("{/x|part :}", "part"),
            ("{}", "placeholder"),
        ] {
            let (at, message) = Template::parse(&json!({"a": [text]})).expect_err(text);
            assert_eq!(at, "/a/0");
            assert!(message.contains(wrong), "{text}: {message}");
        }
    }
}
