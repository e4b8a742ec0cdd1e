//! A compiled schema: where it begins in its service's graph, the nodes there, and what is stated at each.

use std::collections::HashSet;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde_json::Value;

use super::citation::Cited;
use super::limits::{Branches, Limits};
use super::matcher::Matcher;
use super::rare::{Absent, Rare};
use super::reaction::Errors;
use super::shapes::{NodeId, Shapes};
use super::table::Table;
use super::test::Test;
use super::types::Types;
use super::{Cause, Place, Strength, WireSpec};

/// A compiled schema.
///
/// Codecs and plain judgement go along the nodes of the graph. Everything that speaks of places and constraints by their ids
/// reads the [`Table`], which this derefs to and which is made when it is first asked.
#[derive(Debug)]
pub struct Shape {
    /// The nodes, shared by all operations of the service.
    pub nodes: Arc<Shapes>,
    /// The node of the whole value.
    pub start: NodeId,
    /// The errors that constraints are linked to; an output's have none.
    pub errors: Option<Arc<Errors>>,
    /// Ids of constraints on which sources disagree.
    pub disputed: HashSet<String>,
    bound: OnceLock<Box<[Bound]>>,
    table: OnceLock<Box<Table>>,
}

/// A member of the whole value that travels outside of the body, or is all of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bound {
    /// Where it travels.
    pub place: Place,
    /// Its number among the members of the schema.
    pub member: usize,
}

impl Shape {
    /// A shape that begins at a node.
    #[must_use]
    pub fn new(nodes: Arc<Shapes>, start: NodeId, errors: Option<Arc<Errors>>) -> Self {
        Self { nodes, start, errors, disputed: HashSet::new(), bound: OnceLock::new(), table: OnceLock::new() }
    }

    /// The members that travel outside of the body, or are all of it.
    #[must_use]
    pub fn bound(&self) -> &[Bound] {
        self.bound.get_or_init(|| {
            let places = self.root().properties.values().map(|id| self.nodes[*id].place);
            let bound = places.enumerate().filter_map(|(member, place)| {
                let place = place.filter(|place| *place != Place::Body)?;
                Some(Bound { place, member })
            });
            bound.collect()
        })
    }

    /// The members that travel at a place, with their names in the contract.
    pub fn bound_to(&self, place: Place) -> impl Iterator<Item = (&str, NodeId)> {
        let bound = self.bound().iter().filter(move |bound| bound.place == place);
        bound.filter_map(|bound| {
            let (name, id) = self.root().properties.get_index(bound.member)?;
            Some((name.as_str(), *id))
        })
    }

    /// The node of the whole value.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.nodes[self.start]
    }

    /// Its places and constraints, made when first asked.
    #[must_use]
    pub fn table(&self) -> &Table {
        self.table.get_or_init(|| Box::new(Table::of(self)))
    }

    /// The ids of its constraints, without keeping the table.
    #[must_use]
    pub fn constraint_ids(&self) -> HashSet<String> {
        Table::of(self).constraints.into_iter().map(|constraint| constraint.id).collect()
    }

    /// Whether its places and constraints were asked for yet.
    #[must_use]
    pub fn has_table(&self) -> bool {
        self.table.get().is_some()
    }
}

impl Deref for Shape {
    type Target = Table;

    fn deref(&self) -> &Table {
        self.table()
    }
}

/// What a schema says of a value, wherever the value stands.
#[derive(Debug, Default)]
pub struct Node {
    /// Allowed types; empty when nothing is said.
    pub types: Types,
    /// Whether a named member has another name on the wire.
    pub renames: bool,
    /// Whether a named member is written as an attribute.
    pub attributes: bool,
    /// Never to be shown.
    pub sensitive: bool,
    /// Where the member travels, when the spec says.
    pub place: Option<Place>,
    /// Schema of members not named.
    pub values: Option<NodeId>,
    /// Schema of member names.
    pub keys: Option<NodeId>,
    /// Schema of list items after the prefix.
    pub items: Option<NodeId>,
    /// Named members, in the order the service writes them.
    pub properties: Rare<IndexMap<String, NodeId, FxBuildHasher>>,
    /// Schemas of members whose name matches.
    pub patterns: Rare<Vec<(Matcher, NodeId)>>,
    /// Schemas of the first list items.
    pub prefix: Rare<Vec<NodeId>>,
    /// Further schemas of the same value.
    pub all_of: Rare<Vec<NodeId>>,
    /// Schemas of schemas, which constraints judge as a whole: their parts are for generation only.
    pub branches: Rare<Branches<NodeId>>,
    /// What is stated about the value.
    pub facts: Box<[Fact]>,
    /// What strings, numbers and lists here look like, for generation.
    pub limits: Rare<Limits>,
    /// How it is written.
    pub wire: Rare<WireSpec>,
    /// Format, for codecs.
    pub format: Option<Box<str>>,
    /// Value the service takes when the member is absent.
    pub default: Option<Box<Value>>,
    /// Values a source shows.
    pub examples: Rare<Vec<Value>>,
    /// What it is.
    pub description: Option<Box<str>>,
    /// Sources of the place itself.
    pub citations: Cited,
    /// The definition that it was referred to by: where references lead round, its places come to an end there.
    pub definition: Option<Arc<str>>,
}

impl Node {
    /// A node that says nothing.
    #[must_use]
    pub fn nothing() -> &'static Self {
        static NOTHING: OnceLock<Node> = OnceLock::new();
        NOTHING.get_or_init(Self::default)
    }

    /// Looks up named members one after the other.
    #[must_use]
    pub fn in_order(&self) -> InOrder<'_> {
        InOrder { properties: &self.properties, next: 0 }
    }
}

/// Named members, looked up one after the other. They usually come in the order of the schema, so that the next one is found
/// without a hash of its name.
#[derive(Debug)]
pub struct InOrder<'n> {
    properties: &'n IndexMap<String, NodeId, FxBuildHasher>,
    next: usize,
}

impl InOrder<'_> {
    /// Members that may be left out in between.
    const GAP: usize = 4;

    /// The schema of a member, if it is a named one.
    pub fn find(&mut self, name: &str) -> Option<NodeId> {
        for index in self.next..self.properties.len().min(self.next + Self::GAP) {
            if let Some((_, id)) = self.properties.get_index(index).filter(|(known, _)| *known == name) {
                self.next = index + 1;
                return Some(*id);
            }
        }
        let (index, _, id) = self.properties.get_full(name)?;
        self.next = index + 1;
        Some(*id)
    }
}

/// One checkable statement about a value, wherever the value stands.
#[derive(Debug)]
pub struct Fact {
    /// Keyword or rule id, after the parts of `allOf` that lead to it.
    pub keyword: Arc<str>,
    /// The member that must be there, where it is about one.
    pub member: Option<Arc<str>>,
    /// Kind of violation.
    pub cause: Cause,
    /// How far it is trusted.
    pub strength: Strength,
    /// Where it comes from.
    pub citations: Cited,
    /// The error it names itself, in place of the reaction to its cause.
    pub error: Option<Box<NamedError>>,
    /// The judgement.
    pub test: Arc<dyn Test>,
}

/// An error by its code, and who says so.
#[derive(Debug, Clone)]
pub struct NamedError {
    /// Wire code.
    pub code: Arc<str>,
    /// Sources of the link.
    pub citations: Cited,
    /// How far the link is trusted.
    pub strength: Strength,
}

impl Absent for WireSpec {
    const ABSENT: &'static Self = &Self {
        name: None,
        item: None,
        key: None,
        value: None,
        flattened: false,
        timestamp: None,
        base64: false,
        namespace: None,
        attribute: false,
        media_type: None,
    };

    fn is_absent(&self) -> bool {
        let names = [&self.name, &self.item, &self.key, &self.value, &self.media_type];
        names.iter().all(|name| name.is_none())
            && !(self.flattened || self.base64 || self.attribute)
            && self.timestamp.is_none()
            && self.namespace.is_none()
    }
}
