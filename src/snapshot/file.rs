//! Files of approved outputs, as insta writes them: what is known of the text in YAML, then the text.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::spec::{Parsed, SourceText};

/// What files of ours name as their source.
pub const SOURCE: &str = "accordant snapshot";
/// What stands before and behind what is known of the text.
const RULE: &str = "---\n";

/// A text that was approved, or waits for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// What it is, in words.
    pub description: String,
    /// What the contract demands there.
    pub expected: String,
    /// The text.
    pub contents: String,
}

/// Why a file is none of ours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ForeignSnapshot {
    /// It breaks off before the text, or never was one.
    #[error("it is half-written, or no snapshot")]
    Broken,
    /// Another program wrote it.
    #[error("it is not of `accordant snapshot`")]
    Foreign,
}

impl Snapshot {
    /// The file's text.
    #[must_use]
    pub fn render(&self) -> String {
        // JSON's texts are YAML's.
        let [description, expected] = [&self.description, &self.expected].map(|text| json!(text));
        let about = format!("source: {SOURCE}\ndescription: {description}\ninfo:\n  expected: {expected}\n");
        format!("{RULE}{about}{RULE}{}\n", self.contents.trim_end())
    }

    /// Reads a file's text.
    ///
    /// # Errors
    /// [`ForeignSnapshot`] when it is none of ours.
    pub fn parse(text: &str) -> Result<Self, ForeignSnapshot> {
        let text = text.replace("\r\n", "\n");
        let (about, contents) =
            text.strip_prefix(RULE).and_then(|rest| rest.split_once("\n---\n")).ok_or(ForeignSnapshot::Broken)?;
        let source = SourceText { name: SOURCE.to_owned(), text: about.to_owned() };
        let about = Parsed::parse(Arc::new(source)).map_err(|_| ForeignSnapshot::Broken)?.value;
        if about.get("source").and_then(Value::as_str) != Some(SOURCE) {
            return Err(ForeignSnapshot::Foreign);
        }
        // Without a text, its end was never written.
        if contents.trim().is_empty() {
            return Err(ForeignSnapshot::Broken);
        }
        let said = |pointer: &str| about.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned();
        let contents = contents.trim_end().to_owned();
        Ok(Self { description: said("/description"), expected: said("/info/expected"), contents })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn snapshot() -> Snapshot {
        Snapshot {
            description: "Op, native: \"x\" # {a}: é".into(),
            expected: "400 Code".into(),
            contents: "POST /\n\n---\nHTTP 200".into(),
        }
    }

    #[test]
    fn what_is_written_is_read_and_so_does_insta() {
        let text = snapshot().render();
        assert_eq!(Snapshot::parse(&text), Ok(snapshot()));
        assert_eq!(Snapshot::parse(&text.replace('\n', "\r\n")), Ok(snapshot()));
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("a.snap");
        std::fs::write(&file, &text).expect("is written");
        let read = insta::Snapshot::from_file(&file).expect("insta reads it");
        assert_eq!(read.metadata().source(), Some(SOURCE));
        assert_eq!(read.metadata().description(), Some(&*snapshot().description));
        assert_eq!(read.as_text().expect("text").to_string().trim_end(), snapshot().contents);
        read.save(&file).expect("insta writes it");
        assert_eq!(Snapshot::parse(&std::fs::read_to_string(&file).expect("text")), Ok(snapshot()));
    }

    #[test]
    fn what_is_not_ours_is_told() {
        let text = snapshot().render();
        for length in 0..text.find("POST").expect("its text") {
            if text.is_char_boundary(length) {
                assert_eq!(Snapshot::parse(&text[..length]), Err(ForeignSnapshot::Broken), "{length}");
            }
        }
        let other = text.replace(SOURCE, "tests/a.rs");
        assert_eq!(Snapshot::parse(&other), Err(ForeignSnapshot::Foreign));
        assert_eq!(Snapshot::parse("---\n{}}\n---\nx"), Err(ForeignSnapshot::Broken));
    }
}
