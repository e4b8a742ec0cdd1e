//! The list of what is not expected to pass, each with the reason.

use std::collections::HashSet;
use std::sync::Arc;

use accordant::spec::{Parsed, SourceText};
use indexmap::IndexMap;
use serde::Deserialize;

use crate::directions::Direction;

/// The list, and which of its entries met their vector.
pub struct List {
    files: IndexMap<String, File>,
    met: HashSet<(String, String, Direction)>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// How many vectors the file had when its entries were written.
    vectors: usize,
    listed: Vec<Entry>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    id: String,
    direction: Direction,
    reason: String,
}

impl List {
    /// Reads the list beside this file.
    pub fn read() -> Self {
        let source = SourceText { name: "listed.yaml".to_owned(), text: include_str!("listed.yaml").to_owned() };
        let parsed = Parsed::parse(Arc::new(source)).unwrap_or_else(|problem| panic!("{problem}"));
        let files: IndexMap<String, File> =
            serde_json::from_value(parsed.value).unwrap_or_else(|error| panic!("listed.yaml: {error}"));
        let mut seen = HashSet::new();
        for (name, file) in &files {
            for Entry { id, direction, reason } in &file.listed {
                assert!(!reason.trim().is_empty(), "{name} {id} {direction} is listed without a reason");
                assert!(seen.insert((name, id, direction)), "{name} {id} {direction} is listed twice");
            }
        }
        Self { files, met: HashSet::new() }
    }

    /// Why a direction of a vector is not expected to pass, if it is listed.
    pub fn reason(&mut self, file: &str, id: &str, direction: Direction) -> Option<&str> {
        let listed = &self.files.get(file)?.listed;
        let entry = listed.iter().find(|entry| entry.id == id && entry.direction == direction)?;
        self.met.insert((file.to_owned(), id.to_owned(), direction));
        Some(&entry.reason)
    }

    /// Entries for a file that met no vector of it.
    pub fn unmet(&self, file: &str) -> Vec<String> {
        let listed = self.files.get(file).map_or(&[][..], |file| &file.listed);
        let met = |entry: &&Entry| self.met.contains(&(file.to_owned(), entry.id.clone(), entry.direction));
        let unmet = listed.iter().filter(|entry| !met(entry));
        unmet.map(|entry| format!("{} {}", entry.id, entry.direction)).collect()
    }

    /// Whether the entries for a file were written for a file of so many vectors.
    pub fn is_for(&self, file: &str, vectors: usize) -> bool {
        self.files.get(file).is_some_and(|file| file.vectors == vectors)
    }
}
