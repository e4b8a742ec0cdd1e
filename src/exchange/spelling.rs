//! Secrets in texts, however they are spelt there: escaped for XML, HTML, JSON, a URL or a programming language, once or
//! several times; in Base64 or hexadecimal; in other letters' case; broken over several lines.

use std::collections::BTreeSet;
use std::ops::Range;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use memchr::{memchr3, memmem};

use super::escapes::unescape;

/// How often a text may be escaped on the way: a message in JSON in XML, and once more.
const ROUNDS: usize = 4;
/// From this length on, in bytes, a secret is looked for without blanks and in other encodings. What is shorter would be
/// found by chance.
const DISTINCT: usize = 6;

/// The text with a mask in the place of each secret. What overlaps is one place.
#[must_use]
pub fn conceal(text: &str, secrets: &[impl AsRef<str>], mask: &str) -> String {
    let mut found = places(text, secrets);
    if found.is_empty() {
        return text.to_owned();
    }
    found.sort_by_key(|range| (range.start, range.end));
    let (mut shown, mut from) = (String::with_capacity(text.len()), 0);
    let mut rest = found.into_iter().peekable();
    while let Some(Range { start, mut end }) = rest.next() {
        while let Some(next) = rest.next_if(|next| next.start < end) {
            end = end.max(next.end);
        }
        shown.extend([&text[from..start], mask]);
        from = end;
    }
    shown + &text[from..]
}

/// A text in which secrets are looked for.
pub struct Haystack(Vec<[Vec<u8>; 2]>);

impl Haystack {
    /// The text, with fewer escapes from level to level.
    #[must_use]
    pub fn new(text: &str) -> Self {
        let mut levels = Vec::new();
        let mut bytes = text.as_bytes().to_vec();
        while levels.len() < ROUNDS {
            levels.push([false, true].map(|is_dense| folded(&bytes, is_dense)));
            if memchr3(b'&', b'\\', b'%', &bytes).is_none() {
                break;
            }
            let mut next = Vec::with_capacity(bytes.len());
            unescape(&bytes, |_, meant| next.extend_from_slice(meant));
            bytes = next;
        }
        Self(levels)
    }

    /// Whether the text shows a secret.
    #[must_use]
    pub fn shows(&self, secret: &str) -> bool {
        let forms = Forms::of(secret);
        let has =
            |text: &Vec<u8>, forms: &BTreeSet<Vec<u8>>| forms.iter().any(|form| memmem::find(text, form).is_some());
        self.0.iter().any(|[exact, dense]| has(exact, &forms.exact) || has(dense, &forms.dense))
    }
}

/// A text in lower case; a dense one without blanks, and without the `+` that forms write for them.
fn folded(bytes: &[u8], is_dense: bool) -> Vec<u8> {
    if bytes.is_ascii() {
        let mut folded = bytes.to_ascii_lowercase();
        folded.retain(|byte| !is_dense || !is_blank(char::from(*byte)));
        return folded;
    }
    let mut folded = Vec::with_capacity(bytes.len());
    fold(bytes, is_dense, |lower, _| folded.extend_from_slice(lower));
    folded
}

/// Calls with each character in lower case, and where it stands.
fn fold(bytes: &[u8], is_dense: bool, mut call: impl FnMut(&[u8], Range<usize>)) {
    let mut at = 0;
    for chunk in bytes.utf8_chunks() {
        for character in chunk.valid().chars() {
            let range = at..at + character.len_utf8();
            at = range.end;
            if !is_dense || !is_blank(character) {
                for lower in character.to_lowercase() {
                    call(lower.encode_utf8(&mut [0; 4]).as_bytes(), range.clone());
                }
            }
        }
        for byte in chunk.invalid() {
            call(&[*byte], at..at + 1);
            at += 1;
        }
    }
}

fn is_blank(character: char) -> bool {
    character.is_whitespace() || character == '+'
}

/// Where a text shows secrets.
fn places(text: &str, secrets: &[impl AsRef<str>]) -> Vec<Range<usize>> {
    let secrets: Vec<Forms> = secrets.iter().map(|secret| Forms::of(secret.as_ref())).collect();
    let mut found = Vec::new();
    let mut level = Level::of(text);
    for _ in 0..ROUNDS {
        let [folded, dense] = [level.folded(false), level.folded(true)];
        for forms in &secrets {
            for form in &forms.exact {
                folded.find(form, &mut found);
            }
            for form in &forms.dense {
                dense.find(form, &mut found);
            }
        }
        match level.unescaped() {
            Some(next) => level = next,
            None => break,
        }
    }
    found
}

/// What is looked for.
struct Forms {
    /// In any letters' case.
    exact: BTreeSet<Vec<u8>>,
    /// Without blanks besides.
    dense: BTreeSet<Vec<u8>>,
}

impl Forms {
    fn of(secret: &str) -> Self {
        let mut exact = BTreeSet::from([folded(secret.as_bytes(), false)]);
        let mut dense = BTreeSet::new();
        // Texts are unescaped as far as they can be, and the secret may be one that looks escaped itself.
        let mut level = Level::of(secret);
        while let Some(next) = level.unescaped() {
            exact.insert(folded(&next.bytes, false));
            level = next;
        }
        if secret.len() >= DISTINCT {
            dense.insert(folded(secret.as_bytes(), true));
            dense.insert(folded(&level.bytes, true));
            let hexadecimal = secret.bytes().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
            dense.extend(in_base64(secret).iter().chain([&hexadecimal]).map(|form| folded(form.as_bytes(), true)));
            dense.retain(|form| form.len() >= DISTINCT);
        }
        exact.retain(|form| !form.is_empty());
        Self { exact, dense }
    }
}

/// What of a secret's Base64 is the same whatever stands around it: three alignments of two alphabets.
fn in_base64(secret: &str) -> Vec<String> {
    let mut forms = Vec::new();
    for before in 0..3 {
        let bytes = [&vec![0; before], secret.as_bytes()].concat();
        // A character holds six bits: those at both ends are shared with the neighbours.
        let (first, last) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
        forms.extend([STANDARD_NO_PAD.encode(&bytes), URL_SAFE_NO_PAD.encode(&bytes)].map(|text| {
            let text: &str = &text;
            text[first..last].to_owned()
        }));
    }
    forms
}

/// A text from which some escapes were taken, and where each of its bytes stands in the original.
struct Level {
    bytes: Vec<u8>,
    from: Vec<Range<usize>>,
}

impl Level {
    fn of(text: &str) -> Self {
        Self { bytes: text.as_bytes().to_vec(), from: (0..text.len()).map(|at| at..at + 1).collect() }
    }

    /// One layer of escapes less; nothing where there is none.
    fn unescaped(&self) -> Option<Self> {
        let (mut bytes, mut from) = (Vec::new(), Vec::new());
        unescape(&self.bytes, |range, meant| {
            let origin = self.origin(range);
            from.extend(meant.iter().map(|_| origin.clone()));
            bytes.extend_from_slice(meant);
        });
        (bytes != self.bytes).then_some(Self { bytes, from })
    }

    fn origin(&self, range: Range<usize>) -> Range<usize> {
        self.from[range.start].start..self.from[range.end - 1].end
    }

    fn folded(&self, is_dense: bool) -> Self {
        let (mut bytes, mut from) = (Vec::with_capacity(self.bytes.len()), Vec::with_capacity(self.bytes.len()));
        fold(&self.bytes, is_dense, |lower, range| {
            bytes.extend_from_slice(lower);
            from.extend(lower.iter().map(|_| self.origin(range.clone())));
        });
        Self { bytes, from }
    }

    fn find(&self, form: &[u8], found: &mut Vec<Range<usize>>) {
        found.extend(memmem::find_iter(&self.bytes, form).map(|at| self.origin(at..at + form.len())));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::MASK;

    fn shows(text: &str, secret: &str) -> bool {
        let shown = Haystack::new(text).shows(secret);
        assert_eq!(shown, !places(text, &[secret]).is_empty(), "{text}");
        shown
    }

    fn concealed(text: &str, secrets: &[&str]) -> String {
        conceal(text, secrets, MASK)
    }

    #[test]
    fn a_secret_is_found_however_it_is_spelt() {
        let secret = "it's-C4NARY/<é>";
        let json = serde_json::Value::from(secret).to_string();
        let spelt = [
            secret,
            "IT'S-c4nary/<É>",
            "it&#39;s-C4NARY/&lt;é&gt;",
            "it&apos;s-C4NARY&#x2f;&lt;&eacute;&gt;",
            "it&#0039;s&hyphen;C4NARY&sol;&LT;&#233;&#X3E;",
            "it\\u0027s-C4NARY\\/\\u003c\\u00E9\\u003e",
            "it\\'s-C4NARY\\x2f<\\xe9>",
            "it%27s-C4NARY%2f%3C%c3%A9%3E",
            "it's-C4N\r\n  ARY/<é>",
            "it's-C4N\\nARY/<é>",
            "it&amp;#39;s-C4NARY/&amp;lt;é&amp;gt;",
            "it%2527s-C4NARY/%253C%25C3%25A9%253E",
            &json,
            "aXQncy1DNE5BUlkvPMOpPg==",
            "cGFzc3dvcmQ6aXQncy1DNE5BUlkvPMOpPg",
            "eDppdCdzLUM0TkFSWS88w6k-",
            "6974_27732d43344e4152592f3cc3a93e".replace('_', "").as_str(),
        ]
        .map(str::to_owned);
        for text in spelt {
            assert!(shows(&text, secret), "{text}");
            let shown = concealed(&format!("({text})"), &[secret]);
            assert!(shown.contains(MASK) && shown.starts_with('(') && shown.ends_with(')'), "{shown}");
            assert!(!shows(&shown, secret), "{shown}");
        }
    }

    #[test]
    fn a_secret_that_looks_escaped_is_found() {
        for (secret, text) in
            [("50%25off!", "50%2525off!"), ("a&amp;b\\n", "a&amp;amp;b\\\\n"), ("C:\\new", "C:\\\\new")]
        {
            assert_eq!(concealed(&format!("[{secret}|{text}]"), &[secret]), "[***|***]");
        }
    }

    #[test]
    fn the_rest_of_a_text_stays_as_it_is() {
        assert_eq!(concealed("a b %41 &lt; \\u00e9", &["hunter2"]), "a b %41 &lt; \\u00e9");
        assert_eq!(concealed("ab&#99;d ABCD-ab cd", &["abcd"]), "*** ***-ab cd");
        assert_eq!(concealed("secretsecretKey", &["secret", "secretKey"]), "******");
        assert_eq!(concealed("nothing", &["", " "]), "nothing");
        assert_eq!(concealed("%ff%fe\\ud800&#xffffff;&;& \\", &["secret"]), "%ff%fe\\ud800&#xffffff;&;& \\");
    }

    #[test]
    fn short_texts_are_not_found_by_chance() {
        assert!(!shows("te st dGVzdA 74657374", "test") && shows("a TEST", "test"));
        assert!(!shows("correct horse", "correct battery"));
    }
}
