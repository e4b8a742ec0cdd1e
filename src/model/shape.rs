//! A compiled schema: a tree of nodes with the constraints that are judged at each.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde_json::Value;

use super::citation::Citation;
use super::limits::{Branches, Limits};
use super::matcher::Matcher;
use super::test::Test;
use super::types::Types;
use super::{Cause, Place, Strength, WireSpec};

/// Index of a node in its shape.
pub type NodeId = usize;
/// Index of a constraint in its shape.
pub type ConstraintId = usize;

/// A compiled schema. The root is node 0.
#[derive(Debug, Default)]
pub struct Shape {
    /// The nodes; recursive schemas refer back to earlier ones.
    pub nodes: Vec<Node>,
    /// The constraints, in the order of the spec.
    pub constraints: Vec<Constraint>,
}

/// What is known of the values at one place.
#[derive(Debug, Default)]
pub struct Node {
    /// Pointer of the place, with `*` for list items and map values.
    pub pointer: String,
    /// Allowed types; empty when nothing is said.
    pub types: Types,
    /// Named members, in the order the service writes them.
    pub properties: IndexMap<String, NodeId, FxBuildHasher>,
    /// Whether a named member has another name on the wire.
    pub renames: bool,
    /// Schema of members not named.
    pub values: Option<NodeId>,
    /// Schema of member names.
    pub keys: Option<NodeId>,
    /// Schemas of members whose name matches.
    pub patterns: Vec<(Matcher, NodeId)>,
    /// Schema of list items after the prefix.
    pub items: Option<NodeId>,
    /// Schemas of the first list items.
    pub prefix: Vec<NodeId>,
    /// Further schemas of the same value.
    pub all_of: Vec<NodeId>,
    /// Schemas of schemas, which constraints judge as a whole: their parts are for generation only.
    pub branches: Branches,
    /// Constraints judged on the value here.
    pub constraints: Vec<ConstraintId>,
    /// What strings, numbers and lists here look like, for generation.
    pub limits: Limits,
    /// Never to be shown.
    pub sensitive: bool,
    /// Where the member travels, when the spec says.
    pub place: Option<Place>,
    /// How it is written.
    pub wire: WireSpec,
    /// Format, for codecs.
    pub format: Option<String>,
    /// Value the service takes when the member is absent.
    pub default: Option<Value>,
    /// Values a source shows.
    pub examples: Vec<Value>,
    /// What it is.
    pub description: Option<String>,
    /// Sources of the place itself.
    pub citations: Vec<Citation>,
}

/// One checkable statement about a value, with its source and the error it guards.
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
    pub citations: Vec<Citation>,
    /// How far it is trusted.
    pub strength: Strength,
    /// The error that breaking it must cause; none where the service's reaction is not known.
    pub error: Option<ErrorLink>,
    /// Whether sources disagree on it.
    pub disputed: bool,
    /// The judgement.
    pub test: Box<dyn Test>,
}

/// Which error answers a cause, and who says so.
#[derive(Debug, Clone)]
pub struct ErrorLink {
    /// Index in the operation's errors.
    pub error: usize,
    /// Sources of the link.
    pub citations: Vec<Citation>,
    /// How far the link is trusted.
    pub strength: Strength,
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

impl Shape {
    /// The node of the whole value.
    #[must_use]
    pub fn root(&self) -> &Node {
        &self.nodes[0]
    }
}
