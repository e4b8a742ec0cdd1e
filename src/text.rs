//! Text for people: secrets masked, long text cut, and nothing that steers a terminal.

use std::borrow::Cow;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Stands for a value that is not shown.
pub const MASK: &str = "***";

/// The first `longest` characters of a longer text; nothing where the text is no longer than that.
#[must_use]
pub fn beginning(text: &str, longest: usize) -> Option<&str> {
    text.char_indices().nth(longest).map(|(end, _)| &text[..end])
}

/// The text in at most `longest` characters. The last one of a text that was cut is `…`.
#[must_use]
pub fn cut(text: impl Into<String>, longest: usize) -> String {
    let text = text.into();
    match beginning(&text, longest) {
        None => text,
        Some(_) => text.chars().take(longest.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// The candidates that are spelled most nearly like a word; three at most, and none where all are far from it.
pub fn similar<'c>(word: &str, candidates: impl IntoIterator<Item = &'c str>) -> Vec<&'c str> {
    let word = word.to_lowercase();
    let length = word.chars().count();
    let farthest = (length / 3).clamp(1, 5);
    let mut near: Vec<(usize, &str)> = candidates
        .into_iter()
        // Whatever is so much longer or shorter is farther; to measure how much takes time.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= farthest)
        .map(|candidate| (strsim::osa_distance(&word, &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= farthest)
        .collect();
    near.sort_unstable();
    near.dedup();
    let nearest = near.first().map(|(distance, _)| *distance);
    near.retain(|(distance, _)| Some(*distance) == nearest);
    near.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// The text on one line: a space in the place of each control character.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// The text with another spelling for the characters that `is_special` picks.
#[must_use]
pub fn escape(text: &str, is_special: impl Fn(char) -> bool, spell: impl Fn(char) -> String) -> String {
    let mut written = String::with_capacity(text.len());
    for character in text.chars() {
        if is_special(character) {
            written.push_str(&spell(character));
        } else {
            written.push(character);
        }
    }
    written
}

/// The text as a terminal may show it, on as many lines as it has: what would steer the terminal is escaped as in JSON, so
/// that JSON stays the same.
#[must_use]
pub fn shown(text: &str) -> Cow<'_, str> {
    if text.contains(is_unprintable) {
        Cow::Owned(escape(text, is_unprintable, json_escape))
    } else {
        Cow::Borrowed(text)
    }
}

/// The text as a terminal may show it on one line, as it is fit for names.
#[must_use]
pub fn shown_in_line(text: &str) -> Cow<'_, str> {
    let is_special = |character| is_unprintable(character) || matches!(character, '\n' | '\t');
    if text.contains(is_special) { Cow::Owned(escape(text, is_special, json_escape)) } else { Cow::Borrowed(text) }
}

/// The character as JSON escapes it: `\u001b`.
#[must_use]
pub fn json_escape(character: char) -> String {
    let units = character.encode_utf16(&mut [0; 2]).to_vec();
    units.into_iter().fold(String::new(), |text, unit| text + &format!("\\u{unit:04x}"))
}

/// The character as XML refers to it: `&#x1B;`.
#[must_use]
pub fn xml_escape(character: char) -> String {
    format!("&#x{:X};", u32::from(character))
}

/// Whether nobody sees the character, or it changes how others are seen: control characters other than the line feed and
/// the tab, Unicode's format characters (its general category Cf, version 16), which turn the direction of what follows
/// or hide, and its separators of lines and paragraphs. The space and the joiners of no width are left alone: they are part
/// of words in many scripts. Much of what is shown was chosen by a peer.
#[must_use]
pub fn is_unprintable(character: char) -> bool {
    let is_format = matches!(
        character,
        '\u{ad}'
            | '\u{600}'..='\u{605}'
            | '\u{61c}'
            | '\u{6dd}'
            | '\u{70f}'
            | '\u{890}'..='\u{891}'
            | '\u{8e2}'
            | '\u{180e}'
            | '\u{200e}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
            | '\u{fff9}'..='\u{fffb}'
            | '\u{110bd}'
            | '\u{110cd}'
            | '\u{13430}'..='\u{1343f}'
            | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}'
            | '\u{e0001}'..='\u{e007f}'
    );
    is_format || character.is_control() && !matches!(character, '\n' | '\t')
}

/// Base64 of bytes (RFC 4648, section 4), padded.
#[must_use]
pub fn to_base64(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_is_cut_between_characters() {
        assert_eq!(cut("é".repeat(3), 3), "ééé");
        assert_eq!(cut("é".repeat(4), 3), "éé…");
        assert_eq!((beginning("ééé", 3), beginning("ééé", 2)), (None, Some("éé")));
    }

    #[test]
    fn what_a_peer_sends_does_not_reach_the_terminal() {
        assert_eq!(one_line("a\r\nb\u{1b}[31m"), "a  b [31m");
        assert_eq!(shown("a\tb \u{1b}]0;x\u{7} \u{202e}é\n"), "a\tb \\u001b]0;x\\u0007 \\u202eé\n");
        assert_eq!(shown_in_line("a\tb\nc\u{2028}d\u{9b}"), "a\\u0009b\\u000ac\\u2028d\\u009b");
        let tagged = serde_json::from_str::<String>(&format!("\"{}\"", shown("a\u{e0041}b")));
        assert_eq!(tagged.expect("JSON"), "a\u{e0041}b");
        assert!(matches!(shown("plain é 漢 🎈"), Cow::Borrowed(_)));
        assert!(!is_unprintable('\n') && is_unprintable('\u{9b}'));
    }
}
