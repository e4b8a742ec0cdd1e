//! The table of a shape's occurrences: every place that a value of it has, with its pointer, and every constraint there, with
//! its id.
//!
//! Ids are a person's names for constraints, so they are of places, while the graph's nodes are of schemas. Where references lead
//! round, and beyond a bound, an edge leads to an earlier place of the same schema.

use std::collections::{HashMap, HashSet};
use std::ops::Deref;
use std::sync::Arc;

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;

use super::citation::Cited;
use super::limits::Branches;
use super::matcher::Matcher;
use super::reaction::{ErrorLink, Errors, Reaction};
use super::shape::{Fact, Node, Shape};
use super::shapes::{NodeId, Shapes};
use super::test::Test;
use super::{Cause, Strength};
use crate::text::similar;

/// Index of a place in its table.
pub type PlaceId = usize;
/// Index of a constraint in its table.
pub type ConstraintId = usize;

/// Most places that are told apart. Beyond, a schema that has a place already gets no further one.
pub const MAX_PLACES: usize = 20_000;

/// The places and constraints of a shape.
#[derive(Debug)]
pub struct Table {
    /// The places; the whole value's comes first.
    pub nodes: Vec<Occurrence>,
    /// The constraints, in the order of the spec.
    pub constraints: Vec<Constraint>,
    /// Whether there were more than [`MAX_PLACES`], so that some places stand for others.
    pub is_cut: bool,
}

/// A schema at one place. It reads as the schema's node, with places where that has nodes.
#[derive(Debug)]
pub struct Occurrence {
    /// Pointer of the place, with `*` for list items and map values.
    pub pointer: String,
    /// Named members, in the order the service writes them.
    pub properties: IndexMap<String, PlaceId, FxBuildHasher>,
    /// Members not named.
    pub values: Option<PlaceId>,
    /// Member names.
    pub keys: Option<PlaceId>,
    /// Members whose name matches.
    pub patterns: Vec<(Matcher, PlaceId)>,
    /// List items after the prefix.
    pub items: Option<PlaceId>,
    /// The first list items.
    pub prefix: Vec<PlaceId>,
    /// Further schemas of the same value.
    pub all_of: Vec<PlaceId>,
    /// Schemas of schemas.
    pub branches: Branches<PlaceId>,
    /// Constraints judged on the value here.
    pub constraints: Vec<ConstraintId>,
    shapes: Arc<Shapes>,
    node: NodeId,
}

impl Deref for Occurrence {
    type Target = Node;

    fn deref(&self) -> &Node {
        &self.shapes[self.node]
    }
}

/// One checkable statement about a value, with its source and what breaking it must cause.
#[derive(Debug)]
pub struct Constraint {
    /// Stable id: the member's pointer, `#`, the keyword or rule id.
    pub id: String,
    /// Pointer of the member it is about.
    pub member: String,
    /// Keyword or rule id.
    pub keyword: String,
    /// Kind of violation.
    pub cause: Cause,
    /// Where the constraint comes from.
    pub citations: Cited,
    /// How far it is trusted.
    pub strength: Strength,
    /// What breaking it must cause. Nothing is known of an output's.
    pub reaction: Reaction,
    /// Whether sources disagree on it.
    pub disputed: bool,
    /// The judgement.
    pub test: Arc<dyn Test>,
}

impl Constraint {
    /// The constraint as a sentence.
    #[must_use]
    pub fn statement(&self) -> String {
        let name = self.member.rsplit('/').find(|segment| *segment != "*").filter(|name| !name.is_empty());
        let name = name.unwrap_or("the input");
        let statement = self.test.state();
        if self.cause == Cause::Rule {
            statement
        } else if self.keyword.starts_with("propertyNames-") {
            format!("each name in {name} {statement}")
        } else if self.member.ends_with("/*") {
            format!("each entry of {name} {statement}")
        } else {
            format!("{name} {statement}")
        }
    }
}

/// A constraint that a value breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// Which constraint.
    pub constraint: ConstraintId,
    /// Pointer of the value at fault.
    pub at: String,
}

impl Table {
    /// The place of the whole value.
    #[must_use]
    pub fn root(&self) -> &Occurrence {
        &self.nodes[0]
    }

    /// The places and constraints of a shape.
    #[must_use]
    pub(super) fn of(shape: &Shape) -> Self {
        let table = Self { nodes: Vec::new(), constraints: Vec::new(), is_cut: false };
        let mut unfolding =
            Unfolding { shape, table, open: Vec::new(), first: HashMap::default(), ids: HashSet::new() };
        unfolding.place(shape.start, String::new());
        unfolding.table
    }

    /// The pointers of places that a pointer which leads nowhere may have meant, five at most: spelled nearly so, or with a
    /// last segment that is, or with its last segment as a part of theirs.
    #[must_use]
    pub fn near(&self, pointer: &str) -> Vec<&str> {
        let pointers = || self.nodes.iter().map(|place| place.pointer.as_str()).filter(|pointer| !pointer.is_empty());
        let whole = similar(pointer, pointers());
        if !whole.is_empty() {
            return whole;
        }
        let wanted = last(pointer);
        let names = similar(wanted, pointers().map(last));
        let lower = wanted.to_lowercase();
        let is_part = |name: &str| names.is_empty() && !lower.is_empty() && name.to_lowercase().contains(&lower);
        let mut near: Vec<&str> =
            pointers().filter(|pointer| names.contains(&last(pointer)) || is_part(last(pointer))).collect();
        near.dedup();
        near.truncate(5);
        near
    }
}

/// A graph on its way to a table, depth first.
struct Unfolding<'s> {
    shape: &'s Shape,
    table: Table,
    /// The definitions that the way from the root goes through, with the place of each.
    open: Vec<(&'s Arc<str>, PlaceId)>,
    /// The first place of each node.
    first: HashMap<NodeId, PlaceId, FxBuildHasher>,
    /// Ids of the constraints so far.
    ids: HashSet<String>,
}

impl<'s> Unfolding<'s> {
    fn place(&mut self, id: NodeId, pointer: String) -> PlaceId {
        let node = &self.shape.nodes[id];
        let known = node.definition.as_ref();
        if let Some((_, place)) = self.open.iter().find(|(open, _)| Some(*open) == known) {
            return *place;
        }
        let place = self.table.nodes.len();
        if place >= MAX_PLACES
            && let Some(first) = self.first.get(&id)
        {
            self.table.is_cut = true;
            return *first;
        }
        self.first.entry(id).or_insert(place);
        let constraints = node.facts.iter().map(|fact| self.constraint(fact, &pointer)).collect();
        self.table.nodes.push(Occurrence::at(pointer, id, constraints, &self.shape.nodes));
        self.open.extend(known.map(|definition| (definition, place)));
        self.parts(node, place);
        self.open.truncate(self.open.len() - usize::from(known.is_some()));
        place
    }

    /// The places of the parts: members, items, further schemas.
    fn parts(&mut self, node: &'s Node, place: PlaceId) {
        let pointer = self.table.nodes[place].pointer.clone();
        for (name, member) in &node.properties {
            let member = self.place(*member, below(&pointer, name));
            self.table.nodes[place].properties.insert(name.clone(), member);
        }
        let values = node.values.map(|values| self.place(values, below(&pointer, "*")));
        for (matcher, member) in &node.patterns {
            let member = self.place(*member, below(&pointer, matcher.as_str()));
            self.table.nodes[place].patterns.push((matcher.clone(), member));
        }
        let keys = node.keys.map(|keys| self.place(keys, pointer.clone()));
        let items = node.items.map(|items| self.place(items, below(&pointer, "*")));
        let prefix = node.prefix.iter().enumerate();
        let prefix = prefix.map(|(index, item)| self.place(*item, below(&pointer, &index.to_string()))).collect();
        let all_of = node.all_of.iter().map(|part| self.place(*part, pointer.clone())).collect();
        let branches = node.branches.map(|branch| self.place(branch, pointer.clone()));
        let whole = &mut self.table.nodes[place];
        (whole.values, whole.keys, whole.items, whole.prefix) = (values, keys, items, prefix);
        (whole.all_of, whole.branches) = (all_of, branches);
    }

    fn constraint(&mut self, fact: &Fact, pointer: &str) -> ConstraintId {
        let member = fact.member.as_ref().map_or_else(|| pointer.to_owned(), |name| below(pointer, name));
        let id = self.id(format!("{member}#{}", fact.keyword));
        let errors = self.shape.errors.as_deref();
        self.table.constraints.push(Constraint {
            disputed: self.shape.disputed.contains(&id),
            id,
            member,
            keyword: fact.keyword.as_ref().to_owned(),
            cause: fact.cause,
            citations: Arc::clone(&fact.citations),
            strength: fact.strength,
            reaction: errors.map_or(Reaction::Unknown, |errors| reaction(fact, errors)),
            test: Arc::clone(&fact.test),
        });
        self.table.constraints.len() - 1
    }

    /// Parts of an `allOf` may say the same keyword of the same member: the later ones are numbered.
    fn id(&mut self, stated: String) -> String {
        let mut id = stated.clone();
        let mut number = 2;
        while !self.ids.insert(id.clone()) {
            id = format!("{stated}-{number}");
            number += 1;
        }
        id
    }
}

impl Occurrence {
    fn at(pointer: String, node: NodeId, constraints: Vec<ConstraintId>, shapes: &Arc<Shapes>) -> Self {
        Self {
            pointer,
            properties: IndexMap::default(),
            values: None,
            keys: None,
            patterns: Vec::new(),
            items: None,
            prefix: Vec::new(),
            all_of: Vec::new(),
            branches: Branches::default(),
            constraints,
            shapes: Arc::clone(shapes),
            node,
        }
    }
}

/// The reaction that a fact has: the error that it names itself, or what its cause leads to.
fn reaction(fact: &Fact, errors: &Errors) -> Reaction {
    let Some(named) = &fact.error else { return errors.reaction(fact.cause).clone() };
    let citations = Arc::clone(&named.citations);
    let link = errors.by_code(&named.code).map(|error| ErrorLink { error, citations, strength: named.strength });
    link.map_or(Reaction::Unknown, Reaction::Code)
}

/// The last segment of a pointer.
fn last(pointer: &str) -> &str {
    pointer.rsplit('/').next().unwrap_or_default()
}

fn below(pointer: &str, name: &str) -> String {
    let mut below = pointer.to_owned();
    push(&mut below, name);
    below
}

/// Appends one segment to a JSON pointer (RFC 6901), escaped.
pub fn push(pointer: &mut String, segment: &str) {
    pointer.push('/');
    for character in segment.chars() {
        match character {
            '~' => pointer.push_str("~0"),
            '/' => pointer.push_str("~1"),
            other => pointer.push(other),
        }
    }
}
