//! Citations against documents: the file is the cited one, the line exists, and what the spec says stands there.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::file;
use crate::model::citation::{Citation, Sources, texts_for};
use crate::model::{CiteSpec, DocumentSpec};
use crate::spec::{ContractError, Parsed, SourceText, SpecProblem};
use crate::value::pointer;

/// Largest document that is read, in bytes.
const MAX_DOCUMENT_BYTES: u64 = 16 * 1024 * 1024;

/// A directory of documents, read once.
#[derive(Debug)]
pub struct Documents {
    directory: PathBuf,
    /// Lines by file name; none where the file cannot be read.
    files: BTreeMap<String, Option<Document>>,
}

#[derive(Debug)]
struct Document {
    sha256: String,
    lines: Vec<String>,
}

/// A line of a document that states something and that no spec cites.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Uncited {
    /// File name.
    pub file: String,
    /// One-based line.
    pub line: usize,
    /// How the line begins.
    pub beginning: String,
}

impl Documents {
    /// Opens a directory.
    ///
    /// # Errors
    /// [`ContractError::Read`] when it is not a readable directory.
    pub fn open(directory: &Path) -> Result<Self, ContractError> {
        let failed = |source| ContractError::Read { path: directory.to_owned(), source };
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(directory).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.path().is_file() {
                files.insert(entry.file_name().to_string_lossy().into_owned(), read(&entry.path()));
            }
        }
        Ok(Self { directory: directory.to_owned(), files })
    }

    fn get(&self, file: &str) -> Option<&Document> {
        self.files.get(file)?.as_ref()
    }
}

fn read(path: &Path) -> Option<Document> {
    let bytes = file::read(path, MAX_DOCUMENT_BYTES).ok()?;
    let sha256 = Sha256::digest(&bytes).iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
    let lines = String::from_utf8_lossy(&bytes).lines().map(str::to_owned).collect();
    Some(Document { sha256, lines })
}

/// Checks the citations of all texts, and lists the lines that none cites.
#[must_use]
pub fn verify(texts: &[Arc<SourceText>], documents: &Documents) -> (Vec<SpecProblem>, Vec<Uncited>) {
    let mut problems = Vec::new();
    let mut cited: BTreeMap<&str, BTreeSet<usize>> = BTreeMap::new();
    for text in texts {
        let Ok(parsed) = Parsed::parse(Arc::clone(text)) else { continue };
        let declared: indexmap::IndexMap<String, DocumentSpec> = parsed
            .value
            .get("documents")
            .and_then(|value| serde_json::from_value(value.clone()).ok())
            .unwrap_or_default();
        check_files(&parsed, &declared, documents, &mut problems);
        let sources = Sources::default().with(&declared, &indexmap::IndexMap::new());
        let mut check =
            Check { text: &parsed, sources: &sources, documents, problems: &mut problems, lines: Vec::new() };
        check.file();
        for (file, first, last) in check.lines {
            if let Some((file, _)) = documents.files.get_key_value(&file) {
                cited.entry(file).or_default().extend(first..=last);
            }
        }
    }
    (problems, uncited(documents, &cited))
}

fn check_files(
    text: &Parsed,
    declared: &indexmap::IndexMap<String, DocumentSpec>,
    documents: &Documents,
    problems: &mut Vec<SpecProblem>,
) {
    for (name, spec) in declared {
        let at = format!("/documents/{name}");
        match documents.get(&spec.file) {
            None => problems.push(text.problem(
                &format!("{at}/file"),
                format!("{} is not in {}", spec.file, documents.directory.display()),
                "give the directory that holds the documents, or correct the name",
            )),
            Some(document) if document.sha256 != spec.sha256 => problems.push(text.problem(
                &format!("{at}/sha256"),
                format!("{} has the SHA-256 {}", spec.file, document.sha256),
                "the document changed: read it again, then cite its new hash",
            )),
            Some(_) => {}
        }
    }
}

fn uncited(documents: &Documents, cited: &BTreeMap<&str, BTreeSet<usize>>) -> Vec<Uncited> {
    let nothing = BTreeSet::new();
    let mut found = Vec::new();
    for (file, document) in &documents.files {
        let Some(document) = document else { continue };
        let cited = cited.get(file.as_str()).unwrap_or(&nothing);
        let texts: Vec<&str> =
            cited.iter().filter_map(|line| document.lines.get(line - 1)).map(String::as_str).collect();
        for (index, line) in document.lines.iter().enumerate() {
            let covered = cited.contains(&(index + 1)) || texts.iter().any(|cited| cited.contains(line.trim()));
            if !covered && states_something(line, document.lines.get(index + 1)) {
                found.push(Uncited { file: file.clone(), line: index + 1, beginning: line.chars().take(60).collect() });
            }
        }
    }
    found
}

/// Whether a line is more than layout: not a bare bracket, a heading, or the head or rule of a table.
fn states_something(line: &str, next: Option<&String>) -> bool {
    let is_rule = |line: &str| line.trim().starts_with("---");
    line.contains(char::is_alphanumeric)
        && !line.trim_end().ends_with('¶')
        && !is_rule(line)
        && !next.is_some_and(|next| is_rule(next))
}

/// The keywords whose value must stand on the cited lines.
const LITERAL_KEYWORDS: [&str; 15] = [
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "enum",
    "const",
    "default",
    "pattern",
];

/// Values elsewhere that must stand on the cited lines.
const LITERAL_PLACES: [(&str, &str); 6] = [
    ("/http", "status"),
    ("/http", "path"),
    ("/http", "method"),
    ("/documented", "method"),
    ("/documented/error", "code"),
    ("/documented/error", "message"),
];

struct Check<'c> {
    text: &'c Parsed,
    sources: &'c Sources,
    documents: &'c Documents,
    problems: &'c mut Vec<SpecProblem>,
    /// Cited lines: file, first, last.
    lines: Vec<(String, usize, usize)>,
}

impl Check<'_> {
    fn file(&mut self) {
        let value = &self.text.value;
        self.everything(value, &mut String::new());
        for root in ["/input", "/output"] {
            if let Some(schema) = value.pointer(root) {
                self.schema(schema, root, None);
            }
        }
        for (name, schema) in value.get("$defs").and_then(Value::as_object).into_iter().flatten() {
            self.schema(schema, &format!("/$defs/{name}"), None);
        }
        for (at, keyword) in LITERAL_PLACES {
            if let Some(object) = value.pointer(at) {
                self.literal(object, at, keyword, own_cite(object, at).as_ref());
            }
        }
    }

    /// Every citation anywhere: its lines exist, and its words stand there.
    fn everything(&mut self, value: &Value, at: &mut String) {
        const DATA: [&str; 7] = ["answer", "holds", "breaks", "default", "enum", "documents", "sources"];
        let Value::Object(members) = value else {
            for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                self.below(item, &index.to_string(), at);
            }
            return;
        };
        let is_example = at.starts_with("/examples/");
        for (name, member) in members {
            match name.as_str() {
                "cite" | "follows" | "on" if !at.ends_with("/properties") => {
                    self.texts(member, &format!("{at}/{name}"));
                }
                "input" | "output" if is_example => {}
                name if DATA.contains(&name) && !at.ends_with("/properties") => {}
                name => self.below(member, name, at),
            }
        }
    }

    fn below(&mut self, value: &Value, name: &str, at: &mut String) {
        let length = at.len();
        pointer::push(at, name);
        self.everything(value, at);
        at.truncate(length);
    }

    fn texts(&mut self, value: &Value, at: &str) {
        match value {
            Value::String(text) => {
                let Some(citation) = self.citation(text) else { return };
                let lines = self.cited_lines(&citation, at);
                for word in citation.words.iter().filter(|word| !lines.is_empty() && !stands(word, &lines)) {
                    self.problem(at, format!("{word:?} does not stand on {citation}"));
                }
            }
            Value::Array(items) => {
                items.iter().enumerate().for_each(|(index, item)| self.texts(item, &format!("{at}/{index}")));
            }
            Value::Object(members) => members.iter().for_each(|(name, item)| self.texts(item, &format!("{at}/{name}"))),
            _ => {}
        }
    }

    /// The citation, when it is one of a document of this file.
    fn citation(&self, text: &str) -> Option<Citation> {
        self.sources.parse(text).ok()
    }

    fn cited_lines(&mut self, citation: &Citation, at: &str) -> Vec<String> {
        let (Some((first, last)), Some(spec)) = (citation.lines, self.sources.documents.get(&citation.source)) else {
            return Vec::new();
        };
        let Some(document) = self.documents.get(&spec.file) else { return Vec::new() };
        let Some(lines) = document.lines.get(first - 1..last) else {
            let count = document.lines.len();
            self.problem(at, format!("{} has {count} lines, not {last}", spec.file));
            return Vec::new();
        };
        let lines = lines.to_vec();
        self.lines.push((spec.file.clone(), first, last));
        lines
    }

    fn problem(&mut self, at: &str, message: String) {
        self.problems.push(self.text.problem(
            at,
            message,
            "read the document again, then correct the fact or its citation",
        ));
    }

    fn schema(&mut self, schema: &Value, at: &str, inherited: Option<&(CiteSpec, String)>) {
        let Value::Object(members) = schema else { return };
        let own = own_cite(schema, at);
        let cite = own.as_ref().or(inherited);
        for keyword in LITERAL_KEYWORDS {
            self.literal(schema, at, keyword, cite);
        }
        for (index, rule) in members.get("rules").and_then(Value::as_array).into_iter().flatten().enumerate() {
            let at = format!("{at}/rules/{index}");
            self.literal(rule, &at, "assert", own_cite(rule, &at).as_ref());
        }
        for keyword in ["properties", "patternProperties"] {
            for (name, child) in members.get(keyword).and_then(Value::as_object).into_iter().flatten() {
                let mut at = format!("{at}/{keyword}");
                pointer::push(&mut at, name);
                self.schema(child, &at, cite);
            }
        }
        for keyword in ["items", "additionalProperties", "propertyNames"] {
            if let Some(child) = members.get(keyword) {
                self.schema(child, &format!("{at}/{keyword}"), cite);
            }
        }
        for keyword in ["allOf", "anyOf", "oneOf", "prefixItems"] {
            for (index, child) in members.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate() {
                self.schema(child, &format!("{at}/{keyword}/{index}"), cite);
            }
        }
    }

    /// Where all citations of a keyword are documents, its numbers and texts must stand on the cited lines.
    fn literal(&mut self, object: &Value, at: &str, keyword: &str, cite: Option<&(CiteSpec, String)>) {
        let (Some(value), Some((cite, cite_at))) = (object.get(keyword), cite) else { return };
        let citations: Vec<Option<Citation>> =
            texts_for(cite, keyword).into_iter().map(|(text, _)| self.citation(text)).collect();
        let all: Option<Vec<Citation>> = citations.into_iter().collect();
        let Some(citations) = all.filter(|citations| !citations.is_empty()) else { return };
        if citations.iter().any(|citation| !citation.words.is_empty()) {
            return;
        }
        let lines: Vec<String> = citations.iter().flat_map(|citation| self.cited_lines(citation, cite_at)).collect();
        if lines.is_empty() {
            return;
        }
        for token in tokens(keyword, value) {
            if !stands(&token, &lines) {
                let names: Vec<String> = citations.iter().map(ToString::to_string).collect();
                self.problem(&format!("{at}/{keyword}"), format!("{token} does not stand on {}", names.join(" or ")));
            }
        }
    }
}

fn own_cite(object: &Value, at: &str) -> Option<(CiteSpec, String)> {
    let cite = serde_json::from_value(object.get("cite")?.clone()).ok()?;
    Some((cite, format!("{at}/cite")))
}

/// The numbers and texts of a keyword's value that a document must show.
fn tokens(keyword: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Number(number) => vec![number.to_string()],
        Value::String(text) => match keyword {
            "pattern" => quantifiers(text),
            "assert" => literals(text),
            _ => vec![text.clone()],
        },
        Value::Array(items) => items.iter().flat_map(|item| tokens(keyword, item)).collect(),
        _ => Vec::new(),
    }
}

/// The numbers in `{m,n}`.
fn quantifiers(pattern: &str) -> Vec<String> {
    let inner = pattern.split('{').skip(1).filter_map(|rest| rest.split('}').next());
    let numbers = inner.flat_map(|inner| inner.split(',')).filter(|number| number.parse::<u64>().is_ok());
    numbers.map(str::to_owned).collect()
}

/// Numbers and quoted texts of an expression.
fn literals(expression: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut characters = expression.char_indices().peekable();
    let mut previous = ' ';
    while let Some((start, character)) = characters.next() {
        if character == '\'' || character == '"' {
            let end = expression[start + 1..].find(character).map_or(expression.len(), |length| start + 1 + length);
            found.push(expression[start + 1..end].to_owned());
            while characters.next_if(|(index, _)| *index <= end).is_some() {}
        } else if character.is_ascii_digit() && !previous.is_alphanumeric() && previous != '_' {
            let digits = expression[start..].chars().take_while(|c| c.is_ascii_digit() || *c == '.');
            let number: String = digits.collect();
            while characters.next_if(|(index, _)| *index < start + number.len()).is_some() {}
            found.push(number.trim_end_matches('.').to_owned());
        }
        previous = character;
    }
    found
}

/// Whether a token stands on one of the lines, as a whole number where it is one.
fn stands(token: &str, lines: &[String]) -> bool {
    let number = token.parse::<f64>().is_ok();
    let part_of_number = |c: char| c.is_ascii_digit();
    lines.iter().any(|line| {
        line.match_indices(token).any(|(start, _)| {
            let before = line[..start].chars().next_back();
            let after = line[start + token.len()..].chars().next();
            !number || !before.is_some_and(part_of_number) && !after.is_some_and(part_of_number)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_stand_as_whole_numbers() {
        let lines = vec!["Minimum: 1 Maximum: 64".to_owned()];
        assert!(stands("64", &lines) && stands("1", &lines) && !stands("6", &lines) && !stands("640", &lines));
        assert!(stands("Max", &lines));
    }

    #[test]
    fn expressions_show_their_literals() {
        assert_eq!(literals("after >= move_1 + 90 && !key.startsWith('aws:') || x == 0.5"), ["90", "aws:", "0.5"]);
        assert_eq!(quantifiers("^[a-z]{2,50}$"), ["2", "50"]);
    }

    #[test]
    fn layout_states_nothing() {
        let rule = "---|---".to_owned();
        assert!(!states_something("Parameter | Type |", Some(&rule)) && !states_something("{", None));
        assert!(
            !states_something("URI¶", None) && !states_something(&rule, None) && states_something("200 | OK", None)
        );
    }
}
