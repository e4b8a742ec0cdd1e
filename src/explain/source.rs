//! Sources: what a citation leads to.

use std::fmt::Write;

use crate::contract::Contract;
use crate::model::{Operation, Sources};

/// What a citation leads to, in every operation whose sources have its name; nothing where it is no citation. An
/// operation may stand before it: `OPERATION SOURCE:LOCATOR`.
pub(super) fn explain(contract: &Contract, name: &str) -> Option<String> {
    let (operation, citation) = name.rsplit_once(' ').map_or((None, name), |(operation, rest)| (Some(operation), rest));
    let (source, locator) = citation.split_once(':').filter(|(source, _)| !source.contains(['/', '#', '@']))?;
    let mut text = String::new();
    let mut told: Vec<(String, Vec<&str>)> = Vec::new();
    for known in contract.operations() {
        if operation.is_some_and(|name| !known.is_called(name)) {
            continue;
        }
        let Some(words) = words(&known.sources, source, locator) else { continue };
        match told.iter_mut().find(|(same, _)| *same == words) {
            Some((_, labels)) => labels.push(&known.label),
            None => told.push((words, vec![&known.label])),
        }
    }
    for (words, labels) in &told {
        let _ = write!(text, "{citation} of {}:\n{words}", labels.join(", "));
    }
    (!told.is_empty()).then_some(text)
}

/// What a source is called, as a person who reads a finding needs it.
pub(super) fn title(operation: &Operation, source: &str) -> Option<String> {
    let sources = &operation.sources;
    let document = || sources.documents.get(source).map(|found| found.title.clone().unwrap_or(found.file.clone()));
    sources.others.get(source).map(|found| found.title.clone()).or_else(document)
}

fn words(sources: &Sources, source: &str, locator: &str) -> Option<String> {
    let mut text = String::new();
    let url = if let Some(document) = sources.documents.get(source) {
        if let Some(title) = &document.title {
            let _ = writeln!(text, "  {title}");
        }
        let _ = writeln!(text, "  line {locator} of {}\n  SHA-256 {}", document.file, document.sha256);
        document.url.as_ref()
    } else {
        let other = sources.others.get(source)?;
        let strength = format!("{:?}", other.strength).to_lowercase();
        let _ = writeln!(text, "  {}, at {locator}\n  strength: {strength}", other.title);
        other.url.as_ref()
    };
    if let Some(url) = url {
        let _ = writeln!(text, "  {url}");
    }
    Some(text)
}
