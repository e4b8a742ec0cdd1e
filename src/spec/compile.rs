//! Schemas to shapes: resolves references, places constraints, gives each its citation and its error.

use std::collections::HashMap;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde_json::Value;

use super::definitions::Definitions;
use super::error::SpecProblem;
use super::keys;
use super::schema::{limits, overlay};
use super::yaml::Parsed;
use crate::constraint::{KINDS, Scope, Stated};
use crate::model::citation::{self, Citation};
use crate::model::{
    BoolOrSchema, Branches, Cause, CiteSpec, ErrorLinkSpec, Errors, Fact, Key, Matcher, NamedError, Needs, Node,
    NodeId, Rare, SchemaSpec, Shape, Shapes, Types,
};
use crate::value::pointer;

/// Compiles a schema into its service's graph. Without errors (an output's schema), constraints are linked to none.
pub(super) fn compile_shape(
    definitions: &Definitions<'_>,
    shapes: &Arc<Shapes>,
    schema: &SchemaSpec,
    at: &str,
    errors: Option<&Arc<Errors>>,
    problems: &mut Vec<SpecProblem>,
) -> Shape {
    let before = problems.len();
    let mut compiler = Compiler {
        definitions,
        shapes,
        scope: keys::scope(definitions),
        errors: errors.map(AsRef::as_ref),
        problems,
        open: HashMap::new(),
        done: HashMap::new(),
        needs: Needs::default(),
        silent: false,
    };
    let spot = Spot { text: definitions.own, at: at.to_owned() };
    let start = compiler.node(schema, &spot, None, "");
    let done = compiler.done;
    // What has a problem is told for each operation anew.
    if problems.len() == before {
        shapes.publish(done);
    }
    Shape::new(Arc::clone(shapes), start, errors.cloned())
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
    definitions: &'g Definitions<'a>,
    shapes: &'g Shapes,
    /// Hash of what references and citations may mean here.
    scope: u64,
    errors: Option<&'g Errors>,
    problems: &'p mut Vec<SpecProblem>,
    /// Schemas that are being compiled.
    open: HashMap<Key, NodeId>,
    /// Schemas that are compiled, and not yet known to others.
    done: HashMap<Key, (NodeId, Needs)>,
    /// What the schema that is being compiled asks so far.
    needs: Needs,
    /// Whether nodes get no constraints: one constraint judges them all as a whole.
    silent: bool,
}

/// The schema whose constraints are compiled, and what its surroundings say of it.
struct Site<'s, 'a> {
    schema: &'s SchemaSpec,
    spot: &'s Spot<'a>,
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
    /// The node of a schema; `inherited` is what its surroundings cite, `prefix` the parts of `allOf` that lead to it.
    fn node(&mut self, schema: &SchemaSpec, spot: &Spot<'a>, inherited: Cited<'a>, prefix: &str) -> NodeId {
        let own = schema.cite.clone().map(|cite| (cite, spot.below(&["cite"])));
        let Some(reference) = &schema.reference else {
            let key = self.key(spot, if own.is_none() { inherited.as_ref() } else { None }, prefix);
            let cite = own.or(inherited);
            return self.shared(key, |compiler| compiler.plain(schema, spot, cite, prefix, None));
        };
        let Some((name, text, target)) = self.target(reference, spot) else {
            let cite = own.or(inherited);
            let id = self.shapes.reserve();
            let node = self.plain(&SchemaSpec::default(), spot, cite, prefix, None);
            self.shapes.set(id, node);
            return id;
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
        pointer::push(&mut target_spot.at, name);
        let says_itself = own.is_some() || target.cite.is_some();
        let key = self.key(spot, if says_itself { None } else { inherited.as_ref() }, prefix);
        let cited = target.cite.clone().map(|cite| (cite, target_spot.below(&["cite"])));
        let cite = own.or(cited).or(inherited);
        let merged = overlay(target, schema);
        let name = self.shapes.word(name);
        self.shared(key, |compiler| compiler.plain(&merged, &target_spot, cite, prefix, Some(name)))
    }

    /// The hash of all that the schema at a spot is compiled from.
    fn key(&self, spot: &Spot<'a>, inherited: Option<&(CiteSpec, Spot<'a>)>, prefix: &str) -> Key {
        let written = spot.text.value.pointer(&spot.at);
        keys::key(self.scope, written, inherited.map(|(cite, _)| cite), prefix, self.silent)
    }

    /// The node with this key: one that is known, or is being compiled, or a new one.
    fn shared(&mut self, key: Key, compile: impl FnOnce(&mut Self) -> Node) -> NodeId {
        if let Some(id) = self.open.get(&key) {
            return *id;
        }
        if let Some((id, needs)) = self.known(key) {
            self.needs.join(&needs);
            return id;
        }
        let id = self.shapes.reserve();
        self.open.insert(key, id);
        let outer = std::mem::take(&mut self.needs);
        let node = compile(self);
        self.shapes.set(id, node);
        let needs = std::mem::replace(&mut self.needs, outer);
        self.needs.join(&needs);
        self.open.remove(&key);
        self.done.insert(key, (id, needs));
        id
    }

    /// A node that is compiled already and asks nothing that the operation does not have.
    fn known(&self, key: Key) -> Option<(NodeId, Needs)> {
        let met = |(_, needs): &(NodeId, Needs)| {
            self.errors.is_none_or(|errors| {
                needs.are_met(|cause| errors.stated(cause).is_some(), |code| errors.by_code(code).is_some())
            })
        };
        self.done.get(&key).cloned().or_else(|| self.shapes.find(key).filter(met))
    }

    /// The schema that a reference leads to, unless it leads nowhere or round in a circle.
    fn target<'r>(&mut self, reference: &'r str, spot: &Spot<'a>) -> Option<(&'r str, &'a Parsed, &'a SchemaSpec)> {
        let name = reference.strip_prefix("#/$defs/");
        if let Some((name, (text, schema))) = name.and_then(|name| Some((name, self.definitions.find(name)?))) {
            return (!self.definitions.is_circular(name)).then_some((name, text, schema));
        }
        let known: Vec<&str> = self.definitions.names().collect();
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
        cite: Cited<'a>,
        prefix: &str,
        definition: Option<Arc<str>>,
    ) -> Node {
        let citations = cite.as_ref().map(|(cite, at)| {
            let cited = self.definitions.cited_for(at.text, cite, "*", &at.at, self.problems);
            self.shapes.cited(cited)
        });
        let mut node = Node {
            types: schema.types.as_ref().map(Types::from).unwrap_or_default(),
            facts: self.facts(&Site { schema, spot, cite: cite.as_ref(), prefix }),
            limits: Rare::new(limits(schema)),
            sensitive: schema.sensitive,
            place: schema.place,
            wire: Rare::new(schema.wire.clone().unwrap_or_default()),
            format: schema.format.as_deref().map(Into::into),
            default: schema.default.clone().map(Box::new),
            examples: Rare::new(schema.examples.clone()),
            description: schema.description.as_deref().map(Into::into),
            citations: citations.unwrap_or_default(),
            definition,
            ..Node::default()
        };
        self.members(&mut node, schema, spot, &cite);
        self.items(&mut node, schema, spot, &cite);
        let all_of = schema.all_of.iter().enumerate().map(|(index, part)| {
            let below = spot.below(&["allOf", &index.to_string()]);
            self.node(part, &below, cite.clone(), &format!("{prefix}allOf-{index}-"))
        });
        node.all_of = Rare::new(all_of.collect());
        node.branches = Rare::new(self.branches(schema, spot));
        node
    }

    fn members(&mut self, node: &mut Node, schema: &SchemaSpec, spot: &Spot<'a>, cite: &Cited<'a>) {
        let mut properties = IndexMap::with_capacity_and_hasher(schema.properties.len(), FxBuildHasher);
        for (name, member) in &schema.properties {
            let below = spot.below(&["properties", name]);
            let member = self.node(member, &below, cite.clone(), "");
            node.renames |= self.shapes[member].wire.name.is_some();
            node.attributes |= self.shapes[member].wire.attribute;
            properties.insert(name.clone(), member);
        }
        node.properties = Rare::new(properties);
        if let Some(BoolOrSchema::Schema(values)) = &schema.additional_properties {
            node.values = Some(self.node(values, &spot.below(&["additionalProperties"]), cite.clone(), ""));
        }
        let mut patterns = Vec::new();
        for (pattern, member) in &schema.pattern_properties {
            let below = spot.below(&["patternProperties", pattern]);
            let member = self.node(member, &below, cite.clone(), "");
            match Matcher::new(pattern) {
                Ok(matcher) => patterns.push((matcher, member)),
                Err(error) => {
                    let message = format!("the pattern does not compile: {error}");
                    self.problems.push(spot.text.key_problem(&below.at, message, "correct the regular expression"));
                }
            }
        }
        node.patterns = Rare::new(patterns);
        if let Some(names) = &schema.property_names {
            node.keys = Some(self.node(names, &spot.below(&["propertyNames"]), cite.clone(), "propertyNames-"));
        }
    }

    fn items(&mut self, node: &mut Node, schema: &SchemaSpec, spot: &Spot<'a>, cite: &Cited<'a>) {
        if let Some(items) = &schema.items {
            node.items = Some(self.node(items, &spot.below(&["items"]), cite.clone(), ""));
        }
        let prefix = schema.prefix_items.iter().enumerate().map(|(index, item)| {
            let below = spot.below(&["prefixItems", &index.to_string()]);
            self.node(item, &below, cite.clone(), "")
        });
        node.prefix = Rare::new(prefix.collect());
    }

    /// The parts of compositions, without constraints. What is wrong with them is told where the whole is compiled.
    fn branches(&mut self, schema: &SchemaSpec, spot: &Spot<'a>) -> Branches<NodeId> {
        let (told, outer) = (self.problems.len(), std::mem::replace(&mut self.silent, true));
        let mut part = |schema: &SchemaSpec, keyword: &[&str]| self.node(schema, &spot.below(keyword), None, "");
        let mut parts = |schemas: &[SchemaSpec], keyword: &str| {
            let parts = schemas.iter().enumerate();
            parts.map(|(index, schema)| part(schema, &[keyword, &index.to_string()])).collect()
        };
        let (any_of, one_of) = (parts(&schema.any_of, "anyOf"), parts(&schema.one_of, "oneOf"));
        let branches = Branches {
            any_of,
            one_of,
            not: schema.not.as_ref().map(|branch| part(branch, &["not"])),
            condition: schema.condition.as_ref().map(|branch| part(branch, &["if"])),
            then: schema.then.as_ref().map(|branch| part(branch, &["then"])),
            otherwise: schema.otherwise.as_ref().map(|branch| part(branch, &["else"])),
            contains: schema.contains.as_ref().map(|branch| part(branch, &["contains"])),
        };
        self.silent = outer;
        self.problems.truncate(told);
        branches
    }

    fn facts(&mut self, site: &Site<'_, 'a>) -> Box<[Fact]> {
        if self.silent {
            return Box::default();
        }
        let nothing = Value::Null;
        let raw = site.spot.text.value.pointer(&site.spot.at).unwrap_or(&nothing);
        let scope = Scope { raw, defs: &self.definitions.raw_defs };
        let mut facts: Vec<Fact> = Vec::new();
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
                let fact = self.fact(stated, kind.cause(), site);
                if fact.cause == Cause::Rule && facts.iter().any(|known| known.keyword == fact.keyword) {
                    self.problems.push(site.spot.text.problem(
                        &site.at(&format!("{at}/id")),
                        format!("two constraints have the id {}#{}", member_of(site.spot, None), fact.keyword),
                        "give rules ids of their own",
                    ));
                }
                facts.push(fact);
            }
        }
        facts.into()
    }

    fn fact(&mut self, stated: Stated, cause: Cause, site: &Site<'_, 'a>) -> Fact {
        let keyword = format!("{}{}", site.prefix, stated.keyword);
        let (mut carrier, mut carrier_spot) = (site.schema, site.spot.clone());
        if let Some(name) = &stated.member {
            match site.schema.properties.get(name) {
                Some(property) => (carrier, carrier_spot) = (property, site.spot.below(&["properties", name])),
                None => {
                    let message = format!("{name} is not among the properties");
                    let help = "describe the member, or correct its name";
                    let problem = site.spot.text.problem(&site.at(&stated.at), message, help);
                    self.problems.extend(self.definitions.absent(problem, &["properties"]));
                }
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
            let message = format!("{}#{keyword} cites nothing", member_of(site.spot, stated.member.as_deref()));
            let problem = site.spot.text.problem(&site.at(&stated.at), message, "add `cite: SOURCE:LOCATOR` beside it");
            self.problems.extend(self.definitions.uncited(problem.rooted("nothing is cited"), &carrier_spot.at));
        }
        let of_rule = rule.and_then(|rule| rule.error.as_ref());
        let of_rule = of_rule.map(|link| (link, Spot { text: site.spot.text, at: site.at(&stated.at) + "/error" }));
        let link = of_rule.or_else(|| {
            let link = carrier.errors.get(&keyword)?;
            Some((link, carrier_spot.below(&["errors", &keyword])))
        });
        Fact {
            keyword: self.shapes.word(&keyword),
            member: stated.member.as_deref().map(|name| self.shapes.word(name)),
            cause,
            strength: citation::strength_of(&citations),
            citations: self.shapes.cited(citations),
            error: self.named_error(cause, link, site, &stated.at),
            test: stated.test.into(),
        }
    }

    /// The citations of a constraint; those of a rule are about all of it.
    fn citations(&mut self, cite: &CiteSpec, at: &Spot<'a>, whole: bool, keyword: &str) -> Vec<Citation> {
        let keyword = if whole { "*" } else { keyword };
        self.definitions.cited_for(at.text, cite, keyword, &at.at, self.problems)
    }

    /// The error that a constraint names itself. For one that names none, somebody should say what its cause leads to.
    fn named_error(
        &mut self,
        cause: Cause,
        own: Option<(&ErrorLinkSpec, Spot<'a>)>,
        site: &Site<'_, 'a>,
        at: &str,
    ) -> Option<Box<NamedError>> {
        let Some((link, place)) = own else {
            if cause.must_be_refused() {
                self.needs.cause(cause);
                if self.errors.is_some_and(|errors| errors.stated(cause).is_none()) {
                    let name = cause.name();
                    let message = format!("no error answers a broken {name}: any client error is taken");
                    let help = format!("add `on: {{ {name}: SOURCE }}` to an error, or say a level under `reactions`");
                    let problem = site.spot.text.problem(&site.at(at), message, help).warning();
                    let problem = problem.rooted(format!("`{name}` has no error"));
                    self.problems.extend(self.definitions.absent(problem, &["errors", "on", "reactions"]));
                }
            }
            return None;
        };
        let code = self.shapes.word(&link.code);
        self.needs.code(&code);
        let citations = self.definitions.cited(place.text, &link.cite, &format!("{}/cite", place.at), self.problems);
        if self.errors.is_some_and(|errors| errors.by_code(&link.code).is_none()) {
            let message = format!("{} is not a declared error", link.code);
            let help = "declare it under `errors`, with status and kind";
            self.problems.extend(self.definitions.absent(place.text.problem(&place.at, message, help), &["errors"]));
        }
        let strength = citation::strength_of(&citations);
        Some(Box::new(NamedError { code, citations: self.shapes.cited(citations), strength }))
    }
}

/// The pointer of the value that the schema at a spot is about, from where the schema's text begins; or of a member of it.
fn member_of(spot: &Spot<'_>, member: Option<&str>) -> String {
    let segments: Vec<String> = pointer::segments(&spot.at).collect();
    let named = if segments.first().is_some_and(|first| first == "$defs") { 2 } else { 1 };
    let mut rest = segments.iter().skip(named);
    let mut found = String::new();
    while let Some(keyword) = rest.next() {
        let segment = match keyword.as_str() {
            "properties" | "patternProperties" | "prefixItems" => rest.next().map(String::as_str),
            "items" | "additionalProperties" => Some("*"),
            _ => None,
        };
        if let Some(segment) = segment {
            pointer::push(&mut found, segment);
        }
    }
    if let Some(member) = member {
        pointer::push(&mut found, member);
    }
    found
}

/// A keyword beside `$ref` that would constrain the value and is not allowed there.
fn constraining_sibling(spot: &Spot<'_>) -> Option<String> {
    const ANNOTATIONS: [&str; 10] =
        ["$ref", "description", "cite", "sensitive", "wire", "in", "errors", "default", "examples", "format"];
    let written = spot.text.value.pointer(&spot.at)?.as_object()?;
    written.keys().find(|keyword| !ANNOTATIONS.contains(&keyword.as_str())).cloned()
}
