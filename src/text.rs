//! Text for people: secrets masked, long text cut, and nothing that steers a terminal.

/// Stands for a value that is not shown.
pub const MASK: &str = "***";

/// The first `longest` characters of a longer text; nothing where the text is no longer than that.
pub fn beginning(text: &str, longest: usize) -> Option<&str> {
    text.char_indices().nth(longest).map(|(end, _)| &text[..end])
}

/// The text in at most `longest` characters. The last one of a text that was cut is `…`.
pub fn cut(text: impl Into<String>, longest: usize) -> String {
    let text = text.into();
    match beginning(&text, longest) {
        None => text,
        Some(_) => text.chars().take(longest.saturating_sub(1)).chain(['…']).collect(),
    }
}

/// The text on one line: a space in the place of each control character.
pub fn one_line(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).collect()
}

/// The text with another spelling for the characters that `is_special` picks.
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

/// The character as JSON escapes it: `\u001b`.
pub fn json_escape(character: char) -> String {
    format!("\\u{:04x}", u32::from(character))
}

/// Whether the character is a control character other than the line feed and the tab.
pub fn is_unprintable(character: char) -> bool {
    character.is_control() && !matches!(character, '\n' | '\t')
}

/// Whether the character steers a terminal or turns the direction of what follows. Much of what is shown was chosen by
/// a peer.
pub fn steers_a_terminal(character: char) -> bool {
    let turns = matches!(character, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    turns || is_unprintable(character)
}

/// The text with `mask` in the place of each word, the longest word first, since one may be the beginning of another.
/// Upper and lower case are the same: some services keep names in lower case.
pub fn replace(text: &str, words: &[String], mask: &str) -> String {
    let mut words: Vec<String> = words.iter().map(|word| word.to_ascii_lowercase()).collect();
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    words.iter().fold(text.to_owned(), |text, word| replace_word(&text, word, mask))
}

/// The text with `mask` in the place of a word, which is given in lower case.
fn replace_word(text: &str, word: &str, mask: &str) -> String {
    let (mut shown, mut from) = (String::with_capacity(text.len()), 0);
    for (at, _) in text.to_ascii_lowercase().match_indices(word) {
        shown.extend([&text[from..at], mask]);
        from = at + word.len();
    }
    shown + &text[from..]
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
        assert_eq!(
            escape("a\tb \u{1b}]0;x\u{7} \u{202e}é", steers_a_terminal, json_escape),
            "a\tb \\u001b]0;x\\u0007 \\u202eé"
        );
        assert!(!is_unprintable('\n') && is_unprintable('\u{9b}'));
    }

    #[test]
    fn the_longest_word_is_masked_first_and_case_does_not_matter() {
        let words = ["secret".to_owned(), "SecretKey".to_owned()];
        assert_eq!(replace("my SECRETkey, a secret", &words, MASK), "my ***, a ***");
    }
}
