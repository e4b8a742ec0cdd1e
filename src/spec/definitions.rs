//! What schemas are compiled on: the texts, the definitions they refer to, the sources they cite.

use std::collections::HashSet;

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::error::SpecProblem;
use super::yaml::Parsed;
use crate::model::citation::{self, Citation, Sources};
use crate::model::{Citations, CiteSpec, SchemaSpec};
use crate::value::pointer;

/// The texts and sources that schemas of one operation are compiled from.
pub(super) struct Definitions<'a> {
    /// The operation's text, or the service's own.
    pub own: &'a Parsed,
    /// What may be cited.
    pub sources: &'a Sources,
    /// Schemas for `$ref`.
    pub defs: IndexMap<String, (&'a Parsed, &'a SchemaSpec)>,
    /// The same schemas as they are written.
    pub raw_defs: Value,
    /// Names of schemas whose references lead back to them without a step into the value.
    pub circular: HashSet<String>,
    /// Whether a text lost members that break the spec language: what is absent may have been meant by them.
    pub partial: bool,
}

impl<'a> Definitions<'a> {
    pub fn new(own: &'a Parsed, sources: &'a Sources, partial: bool) -> Self {
        let (defs, raw_defs) = (IndexMap::new(), Value::Object(Map::new()));
        Self { own, sources, defs, raw_defs, circular: HashSet::new(), partial }
    }

    /// A problem that something is absent, unless it may stand among what the text lost.
    pub fn absent(&self, problem: SpecProblem) -> Option<SpecProblem> {
        (!self.partial).then_some(problem)
    }

    /// Adds the schemas of a `$defs` map.
    pub fn define(
        &mut self,
        text: &'a Parsed,
        defs: &'a IndexMap<String, SchemaSpec>,
        problems: &mut Vec<SpecProblem>,
    ) {
        for (name, schema) in defs {
            let mut at = "/$defs".to_owned();
            pointer::push(&mut at, name);
            if self.defs.insert(name.clone(), (text, schema)).is_some() {
                problems.push(text.key_problem(
                    &at,
                    format!("{name} is defined by the service too"),
                    "give it another name",
                ));
            }
            self.raw_defs[name.as_str()] = text.value.pointer(&at).cloned().unwrap_or_default();
        }
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

    /// Finds the schemas that refer back to themselves about the same value, which say nothing.
    pub fn check_circles(&mut self, problems: &mut Vec<SpecProblem>) {
        let mut edges: IndexMap<&str, Vec<(String, String)>> = IndexMap::new();
        for name in self.defs.keys() {
            let mut found = Vec::new();
            let mut at = "/$defs".to_owned();
            pointer::push(&mut at, name);
            references(&self.raw_defs[name.as_str()], &at, &mut found);
            edges.insert(name, found);
        }
        let mut circular = HashSet::new();
        for (name, references) in &edges {
            for (at, to) in references.iter().filter(|(_, to)| leads(&edges, to, name)) {
                circular.insert((*name).to_owned());
                let message = if to == name {
                    format!("{name} is defined by itself")
                } else {
                    format!("{name} is defined by {to}, which is defined by {name}")
                };
                let help = "say what the value is; a schema may refer to itself from `properties` or `items`";
                problems.push(self.defs[*name].0.problem(at, message, help));
            }
        }
        self.circular = circular;
    }
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

/// Whether references lead from one schema to another.
fn leads(edges: &IndexMap<&str, Vec<(String, String)>>, from: &str, to: &str) -> bool {
    let (mut seen, mut open) = (HashSet::new(), vec![from]);
    while let Some(name) = open.pop() {
        if name == to {
            return true;
        }
        if seen.insert(name) {
            open.extend(edges.get(name).into_iter().flatten().map(|(_, next)| next.as_str()));
        }
    }
    false
}
