//! Citations: which source says a fact, where, and how far it is trusted.

use std::fmt;
use std::sync::Arc;

use indexmap::IndexMap;

use super::{Citations, CiteSpec, DocumentSpec, SourceSpec, Strength};

/// A reference to the place that states a fact.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Citation {
    /// The source's name: a document or another declared source.
    pub source: String,
    /// Where in it: lines of a document, free text otherwise.
    pub locator: String,
    /// Lines of a document, first and last, one-based.
    pub lines: Option<(usize, usize)>,
    /// Words of the document that stand for the fact, where its numbers do not.
    pub words: Vec<String>,
    /// How far the source is trusted.
    pub strength: Strength,
}

/// The citations of a fact; equal ones of a service are kept once.
pub type Cited = Arc<[Citation]>;

impl fmt::Display for Citation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.source, self.locator)
    }
}

/// The sources that one spec may cite: its own documents and sources, and its service's.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    /// Documents by name.
    pub documents: IndexMap<String, DocumentSpec>,
    /// Other sources by name.
    pub others: IndexMap<String, SourceSpec>,
}

impl Sources {
    /// The sources of a service, or of an operation on top of its service's.
    #[must_use]
    pub fn with(mut self, documents: &IndexMap<String, DocumentSpec>, others: &IndexMap<String, SourceSpec>) -> Self {
        self.documents.extend(documents.clone());
        self.others.extend(others.clone());
        self
    }

    /// Reads one citation.
    ///
    /// # Errors
    /// What is wrong with it, in words for the person who wrote it.
    pub fn parse(&self, text: &str) -> Result<Citation, String> {
        let (source, locator) = text.split_once(':').ok_or("a citation is SOURCE:LOCATOR")?;
        let locator = locator.trim();
        if locator.is_empty() {
            return Err(format!("the citation does not say where in {source}"));
        }
        let mut citation = Citation {
            source: source.to_owned(),
            locator: locator.to_owned(),
            lines: None,
            words: Vec::new(),
            strength: Strength::Documented,
        };
        if self.documents.contains_key(source) {
            let (lines, words) = locator.split_once('"').unwrap_or((locator, ""));
            citation.lines =
                Some(parse_lines(lines.trim()).ok_or(format!("{lines:?} is not a line or a range of lines"))?);
            citation.words = words.split('"').map(str::trim).filter(|w| !w.is_empty()).map(str::to_owned).collect();
        } else if let Some(other) = self.others.get(source) {
            citation.strength = other.strength;
        } else {
            let known: Vec<&str> = self.documents.keys().chain(self.others.keys()).map(String::as_str).collect();
            return Err(format!("no source is named {source}; there are {}", known.join(", ")));
        }
        Ok(citation)
    }
}

fn parse_lines(text: &str) -> Option<(usize, usize)> {
    let (first, last) = text.split_once('-').unwrap_or((text, text));
    let (first, last) = (first.parse().ok()?, last.parse().ok()?);
    (first >= 1 && first <= last).then_some((first, last))
}

/// The citation texts of one keyword, and where they stand below the `cite` key.
#[must_use]
pub fn texts_for<'c>(cite: &'c CiteSpec, keyword: &str) -> Vec<(&'c str, String)> {
    match cite {
        CiteSpec::One(text) => vec![(text.as_str(), String::new())],
        CiteSpec::Many(texts) => numbered(texts, ""),
        CiteSpec::ByKeyword(by_keyword) => {
            let found = by_keyword.get_key_value(keyword).or_else(|| by_keyword.get_key_value("*"));
            found.map_or_else(Vec::new, |(name, citations)| texts_of(citations, &format!("/{name}")))
        }
    }
}

/// The citation texts of a plain list, and where they stand.
#[must_use]
pub fn texts_of<'c>(citations: &'c Citations, at: &str) -> Vec<(&'c str, String)> {
    match citations {
        Citations::One(text) => vec![(text.as_str(), at.to_owned())],
        Citations::Many(texts) => numbered(texts, at),
    }
}

fn numbered<'c>(texts: &'c [String], at: &str) -> Vec<(&'c str, String)> {
    texts.iter().enumerate().map(|(index, text)| (text.as_str(), format!("{at}/{index}"))).collect()
}

/// The trust that a set of citations earns: that of the best of them.
#[must_use]
pub fn strength_of(citations: &[Citation]) -> Strength {
    citations.iter().map(|citation| citation.strength).min().unwrap_or(Strength::Assumed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sources() -> Sources {
        let document = DocumentSpec { file: "f.txt".into(), sha256: String::new(), title: None, url: None };
        let model = SourceSpec { title: "m".into(), strength: Strength::Model, url: None };
        Sources {
            documents: IndexMap::from([("page".to_owned(), document)]),
            others: IndexMap::from([("model".to_owned(), model)]),
        }
    }

    #[test]
    fn reads_lines_ranges_words_and_free_text() {
        let sources = sources();
        assert_eq!(sources.parse("page:9").expect("line").lines, Some((9, 9)));
        let range = sources.parse("page:6-18 \"8 hours\" \"x\"").expect("range");
        assert_eq!((range.lines, range.words), (Some((6, 18)), vec!["8 hours".to_owned(), "x".to_owned()]));
        let model = sources.parse("model:Shape.Member (prose)").expect("free text");
        assert_eq!((model.lines, model.strength), (None, Strength::Model));
    }

    #[test]
    fn says_what_is_wrong() {
        for (text, wrong) in [
            ("page", "SOURCE"),
            ("page:", "where"),
            ("page:x", "line"),
            ("page:9-3", "line"),
            ("book:1", "page, model"),
        ] {
            let message = sources().parse(text).expect_err(text);
            assert!(message.contains(wrong), "{text}: {message}");
        }
    }
}
