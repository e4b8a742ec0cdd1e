//! What schemas are compiled on: the texts, the definitions they refer to, the sources they cite.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::Value;

use super::error::SpecProblem;
use super::yaml::Parsed;
use crate::constraint::definition;
use crate::model::citation::{self, Citation, Sources};
use crate::model::{Citations, CiteSpec, SchemaSpec};
use crate::text::similar;
use crate::value::pointer;

/// The texts and sources that schemas of one operation are compiled from.
pub(super) struct Definitions<'a> {
    /// The operation's text, or the service's own.
    pub own: &'a Parsed,
    /// What may be cited.
    pub sources: &'a Sources,
    /// Schemas for `$ref`: the operation's, then its service's.
    defs: Vec<(&'a Parsed, &'a IndexMap<String, SchemaSpec>)>,
    /// The same schemas as they are written.
    pub raw_defs: Vec<&'a Value>,
    /// Pointers of what the texts lost, since it breaks the spec language: what is absent may have been meant by it.
    lost: Vec<&'a str>,
}

impl<'a> Definitions<'a> {
    pub fn new(own: &'a Parsed, sources: &'a Sources, lost: Vec<&'a str>) -> Self {
        Self { own, sources, defs: Vec::new(), raw_defs: Vec::new(), lost }
    }

    /// A problem that something is absent, unless a key that may have said it was lost: one that has one of the names, or
    /// nearly, or stands right below one.
    pub fn absent(&self, problem: SpecProblem, names: &[&str]) -> Option<SpecProblem> {
        let is_lost = self.lost.iter().any(|lost| is_named(lost, names));
        (!is_lost).then_some(problem)
    }

    /// A problem that the value at a pointer cites nothing, unless a citation of it or around it was lost.
    pub fn uncited(&self, problem: SpecProblem, at: &str) -> Option<SpecProblem> {
        let is_around = |lost: &str| lost.rsplit_once('/').is_some_and(|(parent, _)| at.starts_with(parent));
        let is_lost = self.lost.iter().any(|lost| is_around(lost) && is_named(lost, &["cite"]));
        (!is_lost).then_some(problem)
    }

    /// Adds the schemas of a `$defs` map.
    pub fn define(
        &mut self,
        text: &'a Parsed,
        defs: &'a IndexMap<String, SchemaSpec>,
        problems: &mut Vec<SpecProblem>,
    ) {
        let known = |name: &&String| self.defs.iter().any(|(_, known)| known.contains_key(*name));
        for name in defs.keys().filter(known) {
            let message = format!("{name} is defined by the service too");
            problems.push(text.key_problem(&place(name), message, "give it another name"));
        }
        self.defs.push((text, defs));
        self.raw_defs.extend(text.value.get("$defs"));
    }

    /// The schema of this name, with its text.
    pub fn find(&self, name: &str) -> Option<(&'a Parsed, &'a SchemaSpec)> {
        self.defs.iter().find_map(|(text, defs)| Some((*text, defs.get(name)?)))
    }

    /// The names of all schemas.
    pub fn names(&self) -> impl Iterator<Item = &'a str> {
        self.defs.iter().flat_map(|(_, defs)| defs.keys().map(String::as_str))
    }

    /// Reads citations, noting the broken ones.
    pub fn citations(
        &self,
        text: &Parsed,
        texts: Vec<(&str, String)>,
        base: &str,
        problems: &mut Vec<SpecProblem>,
    ) -> Vec<Citation> {
        let mut citations = Vec::with_capacity(texts.len());
        for (cited, at) in texts {
            match self.sources.parse(cited) {
                Ok(citation) => citations.push(citation),
                Err(message) => problems.push(text.problem(
                    &format!("{base}{at}"),
                    message,
                    "cite a declared document or source, as in page:9 or model:Shape.Member",
                )),
            }
        }
        citations
    }

    /// Reads a plain citation list.
    pub fn cited(
        &self,
        text: &Parsed,
        citations: &Citations,
        base: &str,
        problems: &mut Vec<SpecProblem>,
    ) -> Vec<Citation> {
        self.citations(text, citation::texts_of(citations, ""), base, problems)
    }

    /// Reads the citations of a keyword.
    pub fn cited_for(
        &self,
        text: &Parsed,
        cite: &CiteSpec,
        keyword: &str,
        base: &str,
        problems: &mut Vec<SpecProblem>,
    ) -> Vec<Citation> {
        self.citations(text, citation::texts_for(cite, keyword), base, problems)
    }

    /// Whether a schema's references lead back to it without a step into the value, so that it says nothing.
    pub fn is_circular(&self, name: &str) -> bool {
        self.references_of(name).iter().any(|(_, to)| self.leads(to, name))
    }

    /// Tells the schemas of the first `$defs` map that refer back to themselves about the same value.
    pub fn check_circles(&self, problems: &mut Vec<SpecProblem>) {
        let Some((text, defs)) = self.defs.first() else { return };
        for name in defs.keys() {
            for (at, to) in self.references_of(name).iter().filter(|(_, to)| self.leads(to, name)) {
                let message = if to == name {
                    format!("{name} is defined by itself")
                } else {
                    format!("{name} is defined by {to}, which is defined by {name}")
                };
                let help = "say what the value is; a schema may refer to itself from `properties` or `items`";
                problems.push(text.problem(at, message, help));
            }
        }
    }

    /// The references of a named schema that are about the same value, with their places.
    fn references_of(&self, name: &str) -> Vec<(String, String)> {
        let mut found = Vec::new();
        if let Some(schema) = definition(&self.raw_defs, name) {
            references(schema, &place(name), &mut found);
        }
        found
    }

    /// Whether references lead from one schema to another.
    fn leads(&self, from: &str, to: &str) -> bool {
        let (mut seen, mut open) = (HashSet::new(), vec![from.to_owned()]);
        while let Some(name) = open.pop() {
            if name == to {
                return true;
            }
            let next = self.references_of(&name);
            if seen.insert(name) {
                open.extend(next.into_iter().map(|(_, next)| next));
            }
        }
        false
    }
}

/// Whether a pointer's last segment has one of the names, or nearly, or stands right below one.
fn is_named(pointer: &str, names: &[&str]) -> bool {
    let mut segments = pointer.rsplit('/');
    let (last, parent) = (segments.next().unwrap_or_default(), segments.next().unwrap_or_default());
    names.contains(&parent) || !similar(last, names.iter().copied()).is_empty()
}

/// Where a named schema stands.
fn place(name: &str) -> String {
    let mut at = "/$defs".to_owned();
    pointer::push(&mut at, name);
    at
}

/// The references of a schema that are about the same value, with their places.
fn references(schema: &Value, at: &str, found: &mut Vec<(String, String)>) {
    let reference = schema.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/$defs/"));
    found.extend(reference.map(|name| (format!("{at}/$ref"), name.to_owned())));
    for keyword in ["not", "if", "then", "else"] {
        if let Some(part) = schema.get(keyword) {
            references(part, &format!("{at}/{keyword}"), found);
        }
    }
    for keyword in ["allOf", "anyOf", "oneOf"] {
        for (index, part) in schema.get(keyword).and_then(Value::as_array).into_iter().flatten().enumerate() {
            references(part, &format!("{at}/{keyword}/{index}"), found);
        }
    }
}
