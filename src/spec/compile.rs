//! Schemas to shapes: resolves references, places constraints, gives each its citation and its error.

use std::collections::HashSet;

use serde_json::Value;

use super::definitions::Definitions;
use super::error::SpecProblem;
use super::schema::{limits, overlay};
use super::yaml::Parsed;
use crate::constraint::{KINDS, Scope, Stated, Types};
use crate::model::citation::{self, Citation};
use crate::model::{
    BoolOrSchema, Branches, Cause, CiteSpec, Constraint, ErrorLink, ErrorLinkSpec, Errors, Matcher, Node, NodeId,
    SchemaSpec, Shape,
};
use crate::value::pointer;

/// Most nodes a shape may have, so that references cannot multiply without bound.
const MAX_NODES: usize = 20_000;

/// Compiles a schema. Without errors (an output's schema), constraints have none.
pub(super) fn compile_shape(
    ground: &Definitions<'_>,
    schema: &SchemaSpec,
    at: &str,
    errors: Option<&Errors>,
    problems: &mut Vec<SpecProblem>,
) -> Shape {
    let shape = Shape::default();
    let mut compiler =
        Compiler { ground, errors, shape, problems, open: Vec::new(), ids: HashSet::new(), silent: false };
    let place = Spot { text: ground.own, at: at.to_owned() };
    compiler.node(schema, &place, String::new(), None, "");
    compiler.shape
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
    ground: &'g Definitions<'a>,
    errors: Option<&'g Errors>,
    shape: Shape,
    problems: &'p mut Vec<SpecProblem>,
    /// References being followed, with the node each became.
    open: Vec<(String, NodeId)>,
    /// Ids of the constraints so far.
    ids: HashSet<String>,
    /// Whether nodes get no constraints: one constraint judges them all as a whole.
    silent: bool,
}

/// The schema whose constraints are compiled, and what its surroundings say of it.
struct Site<'s, 'a> {
    schema: &'s SchemaSpec,
    spot: &'s Spot<'a>,
    pointer: &'s str,
    cite: Option<&'s (CiteSpec, Spot<'a>)>,
    prefix: &'s str,
}

impl Site<'_, '_> {
    /// The place of a constraint's keyword, which stands at `at` below the schema.
    fn at(&self, at: &str) -> String {
        format!("{}{at}", self.spot.at)
    }
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
        let Some((text, target)) = self.target(reference, spot) else {
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

    /// The schema that a reference leads to, unless it leads nowhere or round in a circle.
    fn target(&mut self, reference: &str, spot: &Spot<'a>) -> Option<(&'a Parsed, &'a SchemaSpec)> {
        let name = reference.strip_prefix("#/$defs/");
        if let Some(found) = name.and_then(|name| self.ground.defs.get(name)) {
            return name.filter(|name| !self.ground.circular.contains(*name)).map(|_| *found);
        }
        let known: Vec<&str> = self.ground.defs.keys().map(String::as_str).collect();
        let known = if known.is_empty() { "none".to_owned() } else { known.join(", ") };
        let message = if reference.starts_with('#') {
            format!("{reference} leads nowhere")
        } else {
            format!("{reference} leads out of the spec, and is not followed")
        };
        let help = format!("refer to #/$defs/NAME of this operation or its service; there are: {known}");
        self.problems.push(spot.text.problem(&format!("{}/$ref", spot.at), message, help));
        None
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
            constraints: self.constraints(&Site { schema, spot, pointer: &pointer, cite: cite.as_ref(), prefix }),
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
        node.branches = self.branches(schema, spot, &pointer);
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
            match Matcher::new(regex) {
                Ok(regex) => node.patterns.push((regex, member)),
                Err(error) => {
                    let message = format!("the pattern does not compile: {error}");
                    self.problems.push(spot.text.key_problem(&below.at, message, "correct the regular expression"));
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

    /// The parts of compositions, without constraints. What is wrong with them is told where the whole is compiled.
    fn branches(&mut self, schema: &SchemaSpec, spot: &Spot<'a>, pointer: &str) -> Branches {
        let (told, outer) = (self.problems.len(), std::mem::replace(&mut self.silent, true));
        let mut part = |schema: &SchemaSpec, keyword: &str| {
            self.node(schema, &spot.below(&[keyword]), pointer.to_owned(), None, "")
        };
        let branches = Branches {
            any_of: schema.any_of.iter().map(|branch| part(branch, "anyOf")).collect(),
            one_of: schema.one_of.iter().map(|branch| part(branch, "oneOf")).collect(),
            not: schema.not.as_ref().map(|branch| part(branch, "not")),
            condition: schema.condition.as_ref().map(|branch| part(branch, "if")),
            then: schema.then.as_ref().map(|branch| part(branch, "then")),
            otherwise: schema.otherwise.as_ref().map(|branch| part(branch, "else")),
            contains: schema.contains.as_ref().map(|branch| part(branch, "contains")),
        };
        self.silent = outer;
        if self.shape.nodes.len() <= MAX_NODES {
            self.problems.truncate(told);
        }
        branches
    }

    fn constraints(&mut self, site: &Site<'_, 'a>) -> Vec<usize> {
        if self.silent {
            return Vec::new();
        }
        let nothing = Value::Null;
        let raw = site.spot.text.value.pointer(&site.spot.at).unwrap_or(&nothing);
        let scope = Scope { raw, defs: &self.ground.raw_defs };
        let mut placed = Vec::new();
        for kind in KINDS {
            for stated in kind.compile(site.schema, &scope) {
                let stated = match stated {
                    Ok(stated) => stated,
                    Err(unfit) => {
                        self.problems.push(site.spot.text.problem(&site.at(&unfit.at), unfit.message, unfit.help));
                        continue;
                    }
                };
                let at = stated.at.clone();
                let mut constraint = self.place(stated, kind.cause(), site);
                if kind.cause() != Cause::Rule {
                    self.tell_apart(&mut constraint.id);
                }
                if !self.ids.insert(constraint.id.clone()) {
                    let at = if kind.cause() == Cause::Rule { format!("{at}/id") } else { at };
                    self.problems.push(site.spot.text.problem(
                        &site.at(&at),
                        format!("two constraints have the id {}", constraint.id),
                        "give rules ids of their own",
                    ));
                }
                placed.push(self.shape.constraints.len());
                self.shape.constraints.push(constraint);
            }
        }
        placed
    }

    /// Parts of an `allOf` may say the same keyword of the same member: the later ones are numbered.
    fn tell_apart(&self, id: &mut String) {
        let first = id.len();
        let mut number = 2;
        while self.ids.contains(id.as_str()) {
            id.truncate(first);
            id.push('-');
            id.push_str(&number.to_string());
            number += 1;
        }
    }

    fn place(&mut self, stated: Stated, cause: Cause, site: &Site<'_, 'a>) -> Constraint {
        let keyword = format!("{}{}", site.prefix, stated.keyword);
        let mut member = site.pointer.to_owned();
        let (mut carrier, mut carrier_spot) = (site.schema, site.spot.clone());
        if let Some(name) = &stated.member {
            pointer::push(&mut member, name);
            match site.schema.properties.get(name) {
                Some(property) => (carrier, carrier_spot) = (property, site.spot.below(&["properties", name])),
                None => self.problems.extend(self.ground.absent(site.spot.text.problem(
                    &site.at(&stated.at),
                    format!("{name} is not among the properties"),
                    "describe the member, or correct its name",
                ))),
            }
        }
        let rule = site.schema.rules.iter().find(|rule| cause == Cause::Rule && rule.id == stated.keyword);
        let (cite, cite_at) = match (rule, &carrier.cite, site.cite) {
            (Some(rule), ..) => (Some(&rule.cite), Spot { text: site.spot.text, at: site.at(&stated.at) + "/cite" }),
            (None, Some(own), _) => (Some(own), carrier_spot.below(&["cite"])),
            (None, None, Some((cite, at))) => (Some(cite), at.clone()),
            (None, None, None) => (None, site.spot.clone()),
        };
        let citations = cite.map_or_else(Vec::new, |cite| self.citations(cite, &cite_at, rule.is_some(), &keyword));
        if citations.is_empty() {
            self.problems.extend(self.ground.absent(site.spot.text.problem(
                &site.at(&stated.at),
                format!("{member}#{keyword} cites nothing"),
                "add `cite: SOURCE:LOCATOR` beside it",
            )));
        }
        let link = rule.map(|rule| (&rule.error, site.spot.below(&["rules"]))).or_else(|| {
            let link = carrier.errors.get(&keyword)?;
            Some((link, carrier_spot.below(&["errors", &keyword])))
        });
        Constraint {
            id: format!("{member}#{keyword}"),
            member,
            cause,
            strength: citation::strength_of(&citations),
            citations,
            error: self.link(cause, link, site, &stated.at),
            disputed: false,
            test: stated.test,
            keyword,
        }
    }

    /// The citations of a constraint; those of a rule are about all of it.
    fn citations(&mut self, cite: &CiteSpec, at: &Spot<'a>, whole: bool, keyword: &str) -> Vec<Citation> {
        let keyword = if whole { "*" } else { keyword };
        self.ground.cited_for(at.text, cite, keyword, &at.at, self.problems)
    }

    /// The error of a constraint: its own, or the one of its kind. An unknown member needs none.
    fn link(
        &mut self,
        cause: Cause,
        own: Option<(&ErrorLinkSpec, Spot<'a>)>,
        site: &Site<'_, 'a>,
        at: &str,
    ) -> Option<ErrorLink> {
        let errors = self.errors?;
        if let Some((link, place)) = own {
            let citations = self.ground.cited(place.text, &link.cite, &format!("{}/cite", place.at), self.problems);
            let Some(error) = errors.by_code(&link.code) else {
                let message = format!("{} is not a declared error", link.code);
                let help = "declare it under `errors`, with status and kind";
                self.problems.extend(self.ground.absent(place.text.problem(&place.at, message, help)));
                return None;
            };
            return Some(ErrorLink { error, strength: citation::strength_of(&citations), citations });
        }
        let link = errors.causes.get(&cause).cloned();
        if link.is_none() && cause != Cause::UnknownMember {
            let message = format!("no error answers a broken {}", cause.name());
            let help = format!("add `on: {{ {}: SOURCE }}` to an error", cause.name());
            self.problems.extend(self.ground.absent(site.spot.text.problem(&site.at(at), message, help)));
        }
        link
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
