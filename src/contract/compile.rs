//! Schemas to shapes: resolves references, places constraints, gives each its citation and its error.

use indexmap::IndexMap;
use serde_json::{Map, Value};

use super::citation::{self, Citation, Sources};
use super::error::SpecProblem;
use super::model::{BoolOrSchema, Cause, Citations, CiteSpec, ErrorLinkSpec, SchemaSpec};
use super::operation::Errors;
use super::pointer;
use super::shape::{Constraint, ErrorLink, Limits, Node, NodeId, Shape};
use super::yaml::Parsed;
use crate::constraint::{KINDS, Patterns, Scope, Stated, Types};

/// Most nodes a shape may have, so that references cannot multiply without bound.
const MAX_NODES: usize = 20_000;

/// The texts and sources that schemas of one operation are compiled from.
pub(super) struct Ground<'a> {
    /// The operation's text, or the service's own.
    pub own: &'a Parsed,
    /// What may be cited.
    pub sources: &'a Sources,
    /// Patterns compiled before.
    pub patterns: &'a Patterns,
    /// Schemas for `$ref`.
    pub defs: IndexMap<String, (&'a Parsed, &'a SchemaSpec)>,
    /// The same schemas as they are written.
    pub raw_defs: Value,
}

impl<'a> Ground<'a> {
    pub fn new(own: &'a Parsed, sources: &'a Sources, patterns: &'a Patterns) -> Self {
        Self { own, sources, patterns, defs: IndexMap::new(), raw_defs: Value::Object(Map::new()) }
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
}

/// Compiles a schema. Without errors (an output's schema), constraints have none.
pub(super) fn compile_shape(
    ground: &Ground<'_>,
    schema: &SchemaSpec,
    at: &str,
    errors: Option<&Errors>,
    problems: &mut Vec<SpecProblem>,
) -> Shape {
    let mut compiler = Compiler { ground, errors, shape: Shape::default(), problems, open: Vec::new() };
    let place = Spot { text: ground.own, at: at.to_owned() };
    compiler.node(schema, &place, String::new(), None, "");
    let Compiler { shape, problems, .. } = compiler;
    let mut seen = std::collections::HashSet::new();
    for constraint in &shape.constraints {
        if !seen.insert(constraint.id.as_str()) {
            problems.push(ground.own.problem(
                at,
                format!("two constraints have the id {}", constraint.id),
                "give rules ids of their own",
            ));
        }
    }
    shape
}

/// A place in a text.
#[derive(Clone)]
struct Spot<'a> {
    text: &'a Parsed,
    at: String,
}

impl Spot<'_> {
    fn below(&self, segments: &[&str]) -> Self {
        let mut at = self.at.clone();
        for segment in segments {
            pointer::push(&mut at, segment);
        }
        Self { text: self.text, at }
    }
}

struct Compiler<'g, 'a, 'p> {
    ground: &'g Ground<'a>,
    errors: Option<&'g Errors>,
    shape: Shape,
    problems: &'p mut Vec<SpecProblem>,
    /// References being followed, with the node each became.
    open: Vec<(String, NodeId)>,
}

/// A citation list with the place it stands at.
type Cited<'a> = Option<(CiteSpec, Spot<'a>)>;

impl<'a> Compiler<'_, 'a, '_> {
    fn node(
        &mut self,
        schema: &SchemaSpec,
        spot: &Spot<'a>,
        pointer: String,
        inherited: Cited<'a>,
        prefix: &str,
    ) -> NodeId {
        let cite = schema.cite.clone().map(|cite| (cite, spot.below(&["cite"]))).or(inherited);
        let Some(reference) = &schema.reference else { return self.plain(schema, spot, pointer, cite, prefix) };
        if let Some((_, node)) = self.open.iter().find(|(open, _)| open == reference) {
            return *node;
        }
        let found = reference.strip_prefix("#/$defs/").and_then(|name| self.ground.defs.get(name));
        let Some(&(text, target)) = found else {
            let known: Vec<&str> = self.ground.defs.keys().map(String::as_str).collect();
            let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
            let message = if reference.starts_with('#') {
                format!("{reference} leads nowhere")
            } else {
                format!("{reference} leads out of the spec, and is not followed")
            };
            let help = format!("refer to #/$defs/NAME of this operation or its service; there are: {known}");
            let problem = spot.text.problem(&format!("{}/$ref", spot.at), message, help);
            self.problems.push(problem);
            return self.plain(&SchemaSpec::default(), spot, pointer, cite, prefix);
        };
        if let Some(keyword) = constraining_sibling(spot) {
            let at = spot.below(&[&keyword]).at;
            self.problems.push(spot.text.key_problem(
                &at,
                format!("{keyword} beside $ref"),
                "put both into allOf, or the keyword into the definition",
            ));
        }
        let mut target_spot = Spot { text, at: String::from("/$defs") };
        pointer::push(&mut target_spot.at, reference.trim_start_matches("#/$defs/"));
        let merged = overlay(target, schema);
        let cite = schema.cite.as_ref().map_or_else(
            || target.cite.clone().map(|cite| (cite, target_spot.below(&["cite"]))).or(cite.clone()),
            |_| cite.clone(),
        );
        self.open.push((reference.clone(), self.shape.nodes.len()));
        let node = self.plain(&merged, &target_spot, pointer, cite, prefix);
        self.open.pop();
        node
    }

    fn plain(
        &mut self,
        schema: &SchemaSpec,
        spot: &Spot<'a>,
        pointer: String,
        cite: Cited<'a>,
        prefix: &str,
    ) -> NodeId {
        let id = self.shape.nodes.len();
        self.shape.nodes.push(Node::default());
        if id >= MAX_NODES {
            if id == MAX_NODES {
                let help = "let the recursion go through one $ref";
                self.problems.push(spot.text.problem(&spot.at, "the schema grows too large", help));
            }
            return id;
        }
        let citations = match &cite {
            Some((cite, at)) => self.ground.cited_for(at.text, cite, "*", &at.at, self.problems),
            None => Vec::new(),
        };
        let mut node = Node {
            types: schema.types.as_ref().map(Types::from).unwrap_or_default(),
            constraints: self.constraints(schema, spot, &pointer, cite.as_ref(), prefix),
            limits: limits(schema),
            sensitive: schema.sensitive,
            place: schema.place,
            wire: schema.wire.clone().unwrap_or_default(),
            format: schema.format.clone(),
            default: schema.default.clone(),
            examples: schema.examples.clone(),
            description: schema.description.clone(),
            citations,
            ..Node::default()
        };
        self.members(&mut node, schema, spot, &pointer, &cite);
        self.items(&mut node, schema, spot, &pointer, &cite);
        for (index, part) in schema.all_of.iter().enumerate() {
            let below = spot.below(&["allOf", &index.to_string()]);
            let prefix = format!("{prefix}allOf-{index}-");
            node.all_of.push(self.node(part, &below, pointer.clone(), cite.clone(), &prefix));
        }
        node.pointer = pointer;
        self.shape.nodes[id] = node;
        id
    }

    fn members(&mut self, node: &mut Node, schema: &SchemaSpec, spot: &Spot<'a>, pointer: &str, cite: &Cited<'a>) {
        for (name, member) in &schema.properties {
            let below = spot.below(&["properties", name]);
            let member = self.node(member, &below, child(pointer, name), cite.clone(), "");
            node.renames |= self.shape.nodes[member].wire.name.is_some();
            node.properties.insert(name.clone(), member);
        }
        if let Some(BoolOrSchema::Schema(values)) = &schema.additional_properties {
            let below = spot.below(&["additionalProperties"]);
            node.values = Some(self.node(values, &below, child(pointer, "*"), cite.clone(), ""));
        }
        for (regex, member) in &schema.pattern_properties {
            let below = spot.below(&["patternProperties", regex]);
            let member = self.node(member, &below, child(pointer, regex), cite.clone(), "");
            match self.ground.patterns.get(regex) {
                Ok(regex) => node.patterns.push((regex, member)),
                Err(error) => {
                    let message = format!("the pattern does not compile: {error}");
                    self.problems.push(spot.text.key_problem(&below.at, message, "write it without look-around"));
                }
            }
        }
        if let Some(names) = &schema.property_names {
            let below = spot.below(&["propertyNames"]);
            node.keys = Some(self.node(names, &below, pointer.to_owned(), cite.clone(), "propertyNames-"));
        }
    }

    fn items(&mut self, node: &mut Node, schema: &SchemaSpec, spot: &Spot<'a>, pointer: &str, cite: &Cited<'a>) {
        if let Some(items) = &schema.items {
            node.items = Some(self.node(items, &spot.below(&["items"]), child(pointer, "*"), cite.clone(), ""));
        }
        for (index, item) in schema.prefix_items.iter().enumerate() {
            let index = index.to_string();
            let below = spot.below(&["prefixItems", &index]);
            node.prefix.push(self.node(item, &below, child(pointer, &index), cite.clone(), ""));
        }
    }

    fn constraints(
        &mut self,
        schema: &SchemaSpec,
        spot: &Spot<'a>,
        pointer: &str,
        cite: Option<&(CiteSpec, Spot<'a>)>,
        prefix: &str,
    ) -> Vec<usize> {
        let nothing = Value::Null;
        let raw = spot.text.value.pointer(&spot.at).unwrap_or(&nothing);
        let scope = Scope { raw, defs: &self.ground.raw_defs, patterns: self.ground.patterns };
        let mut ids = Vec::new();
        for kind in KINDS {
            for stated in kind.compile(schema, &scope) {
                let stated = match stated {
                    Ok(stated) => stated,
                    Err(unfit) => {
                        let at = format!("{}{}", spot.at, unfit.at);
                        self.problems.push(spot.text.problem(&at, unfit.message, unfit.help));
                        continue;
                    }
                };
                ids.push(self.shape.constraints.len());
                let constraint = self.place(stated, kind.cause(), schema, spot, pointer, cite, prefix);
                self.shape.constraints.push(constraint);
            }
        }
        ids
    }

    #[allow(clippy::too_many_arguments, reason = "one call, everything known about one constraint")]
    fn place(
        &mut self,
        stated: Stated,
        cause: Cause,
        schema: &SchemaSpec,
        spot: &Spot<'a>,
        pointer: &str,
        cite: Option<&(CiteSpec, Spot<'a>)>,
        prefix: &str,
    ) -> Constraint {
        let keyword = format!("{prefix}{}", stated.keyword);
        let mut member = pointer.to_owned();
        let (mut carrier, mut carrier_spot) = (schema, spot.clone());
        if let Some(name) = &stated.member {
            pointer::push(&mut member, name);
            match schema.properties.get(name) {
                Some(property) => (carrier, carrier_spot) = (property, spot.below(&["properties", name])),
                None => {
                    let at = format!("{}{}", spot.at, stated.at);
                    self.problems.push(spot.text.problem(
                        &at,
                        format!("{name} is not among the properties"),
                        "describe the member, or correct its name",
                    ));
                }
            }
        }
        let rule = schema.rules.iter().find(|rule| cause == Cause::Rule && rule.id == stated.keyword);
        let citations = match (rule, &carrier.cite, cite) {
            (Some(rule), ..) => {
                let base = format!("{}{}/cite", spot.at, stated.at);
                self.ground.cited_for(spot.text, &rule.cite, "*", &base, self.problems)
            }
            (None, Some(own), _) => {
                let at = carrier_spot.below(&["cite"]);
                self.ground.cited_for(at.text, own, &keyword, &at.at, self.problems)
            }
            (None, None, Some((cite, at))) => self.ground.cited_for(at.text, cite, &keyword, &at.at, self.problems),
            (None, None, None) => Vec::new(),
        };
        if citations.is_empty() {
            let at = format!("{}{}", spot.at, stated.at);
            self.problems.push(spot.text.problem(
                &at,
                format!("{member}#{keyword} cites nothing"),
                "add `cite: SOURCE:LOCATOR` beside it",
            ));
        }
        let link = rule.map(|rule| (&rule.error, spot.below(&["rules"]))).or_else(|| {
            let link = carrier.errors.get(&keyword)?;
            Some((link, carrier_spot.below(&["errors", &keyword])))
        });
        Constraint {
            id: format!("{member}#{keyword}"),
            member,
            cause,
            strength: citation::strength_of(&citations),
            citations,
            error: self.link(cause, link, spot, &stated.at),
            disputed: false,
            test: stated.test,
            keyword,
        }
    }

    /// The error of a constraint: its own, or the one of its kind. An unknown member needs none.
    fn link(
        &mut self,
        cause: Cause,
        own: Option<(&ErrorLinkSpec, Spot<'a>)>,
        spot: &Spot<'a>,
        at: &str,
    ) -> Option<ErrorLink> {
        let errors = self.errors?;
        if let Some((link, place)) = own {
            let citations = self.ground.cited(place.text, &link.cite, &format!("{}/cite", place.at), self.problems);
            let Some(error) = errors.by_code(&link.code) else {
                let message = format!("{} is not a declared error", link.code);
                self.problems.push(place.text.problem(
                    &place.at,
                    message,
                    "declare it under `errors`, with status and kind",
                ));
                return None;
            };
            return Some(ErrorLink { error, strength: citation::strength_of(&citations), citations });
        }
        let link = errors.causes.get(&cause).cloned();
        if link.is_none() && cause != Cause::UnknownMember {
            let message = format!("no error answers a broken {}", cause.name());
            self.problems.push(spot.text.problem(
                &format!("{}{at}", spot.at),
                message,
                format!("add `on: {{ {}: SOURCE }}` to an error", cause.name()),
            ));
        }
        link
    }
}

fn limits(schema: &SchemaSpec) -> Limits {
    let float = |number: &Option<serde_json::Number>| number.as_ref().and_then(serde_json::Number::as_f64);
    let constant = schema.constant.iter().cloned();
    Limits {
        min_length: schema.min_length,
        max_length: schema.max_length,
        pattern: schema.pattern.clone(),
        choices: schema.enumeration.clone().unwrap_or_else(|| constant.collect()),
        minimum: float(&schema.minimum).or(float(&schema.exclusive_minimum)),
        maximum: float(&schema.maximum).or(float(&schema.exclusive_maximum)),
        multiple_of: float(&schema.multiple_of),
        min_items: schema.min_items,
        max_items: schema.max_items,
        min_properties: schema.min_properties,
        required: schema.required.clone(),
    }
}

fn child(pointer: &str, name: &str) -> String {
    let mut child = pointer.to_owned();
    pointer::push(&mut child, name);
    child
}

/// A keyword beside `$ref` that would constrain the value and is not allowed there.
fn constraining_sibling(spot: &Spot<'_>) -> Option<String> {
    const ANNOTATIONS: [&str; 10] =
        ["$ref", "description", "cite", "sensitive", "wire", "in", "errors", "default", "examples", "format"];
    let written = spot.text.value.pointer(&spot.at)?.as_object()?;
    written.keys().find(|keyword| !ANNOTATIONS.contains(&keyword.as_str())).cloned()
}

/// The referred schema with the annotations written beside the reference.
fn overlay(target: &SchemaSpec, beside: &SchemaSpec) -> SchemaSpec {
    let mut merged = target.clone();
    merged.cite = merged.cite.or_else(|| beside.cite.clone());
    merged.description = beside.description.clone().or(merged.description);
    merged.sensitive |= beside.sensitive;
    merged.place = beside.place.or(merged.place);
    merged.wire = beside.wire.clone().or(merged.wire);
    merged.default = beside.default.clone().or(merged.default);
    merged.errors.extend(beside.errors.clone());
    merged.examples.extend(beside.examples.clone());
    merged
}
