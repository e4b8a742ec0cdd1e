//! A compiled schema: a tree of nodes with the constraints judged at each, and the judgement itself.

use indexmap::IndexMap;
use regex::Regex;
use rustc_hash::FxBuildHasher;
use serde_json::Value;

use super::citation::Citation;
use super::model::{Cause, JsonType, Place, Strength, WireSpec};
use super::schema::{Branches, Limits};
use crate::constraint::{Test, Types};
use crate::text::MASK;

/// Index of a node in its shape.
pub type NodeId = usize;
/// Index of a constraint in its shape.
pub type ConstraintId = usize;

/// Deepest value that is judged; deeper ones are refused by the codecs already.
const MAX_DEPTH: usize = 128;

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
    pub patterns: Vec<(Regex, NodeId)>,
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

    /// The node at a pointer pattern.
    #[must_use]
    pub fn node(&self, pointer: &str) -> Option<&Node> {
        let mut node = self.root();
        for segment in super::pointer::segments(pointer) {
            let next = node.properties.get(&segment).copied();
            let next = next.or(if segment == "*" { node.items.or(node.values) } else { node.values });
            node = &self.nodes[next?];
        }
        Some(node)
    }

    /// All constraints that the value breaks, in the stated order: by kind (required, type, enum, length,
    /// pattern, range, format, items, unknown member, composition, rule), then in the order of the spec.
    #[must_use]
    pub fn judge(&self, value: &Value) -> Vec<Violation> {
        let mut walk = Walk { shape: self, path: Vec::new(), found: Vec::new() };
        walk.visit(0, value);
        let mut found = walk.found;
        if found.len() > 1 {
            found.sort_by_key(|violation| (self.constraints[violation.constraint].cause, violation.constraint));
        }
        found
    }
}

impl Shape {
    /// The value with everything sensitive replaced, and everything of which nobody knows what it is: members without
    /// a schema, their names included, and text where the schema takes none.
    #[must_use]
    pub fn mask(&self, value: &Value) -> Value {
        self.mask_at(Some(0), value, Strangers::Masked)
    }

    /// The value with everything sensitive replaced, and nothing else: for values that were generated, in which what
    /// nobody knows is no secret of anybody.
    #[must_use]
    pub fn mask_sensitive(&self, value: &Value) -> Value {
        self.mask_at(Some(0), value, Strangers::Shown)
    }

    fn mask_at(&self, id: Option<NodeId>, value: &Value, strangers: Strangers) -> Value {
        let node = match id.map(|id| &self.nodes[id]) {
            Some(node) if !node.sensitive => node,
            None if strangers == Strangers::Shown => return value.clone(),
            _ => return Value::from(MASK),
        };
        match value {
            Value::Object(members) => {
                let masked = members.iter().map(|(name, value)| {
                    let pattern = node.patterns.iter().find(|(regex, _)| regex.is_match(name)).map(|(_, id)| *id);
                    let id = node.properties.get(name).copied().or(pattern).or(node.values);
                    let shown = id.is_some() || strangers == Strangers::Shown;
                    let name = if shown { name.as_str() } else { MASK };
                    (name.to_owned(), self.mask_at(id, value, strangers))
                });
                Value::Object(masked.collect())
            }
            Value::Array(items) => {
                let item = |index: usize| node.prefix.get(index).copied().or(node.items);
                items.iter().enumerate().map(|(index, value)| self.mask_at(item(index), value, strangers)).collect()
            }
            Value::String(_)
                if strangers == Strangers::Masked
                    && !node.types.is_empty()
                    && !node.types.contains(JsonType::String) =>
            {
                Value::from(MASK)
            }
            scalar => scalar.clone(),
        }
    }

    /// Pointers of the members that the schema does not know.
    pub fn unknown_members(&self, value: &Value, found: &mut Vec<String>) {
        self.unknown_at(0, value, &mut String::new(), found);
    }

    fn unknown_at(&self, id: NodeId, value: &Value, at: &mut String, found: &mut Vec<String>) {
        let node = &self.nodes[id];
        if !node.all_of.is_empty() {
            return;
        }
        let children: Vec<(String, Option<NodeId>, &Value)> = match value {
            Value::Object(members)
                if !node.properties.is_empty() || node.values.is_some() || !node.patterns.is_empty() =>
            {
                members
                    .iter()
                    .map(|(name, value)| {
                        let pattern = node.patterns.iter().find(|(regex, _)| regex.is_match(name)).map(|(_, id)| *id);
                        (name.clone(), node.properties.get(name).copied().or(pattern).or(node.values), value)
                    })
                    .collect()
            }
            Value::Array(items) if node.items.is_some() => {
                items.iter().enumerate().map(|(index, value)| (index.to_string(), node.items, value)).collect()
            }
            _ => return,
        };
        for (name, id, value) in children {
            let length = at.len();
            super::pointer::push(at, &name);
            match id {
                Some(id) => self.unknown_at(id, value, at, found),
                None => found.push(at.clone()),
            }
            at.truncate(length);
        }
    }
}

/// What becomes of values that no schema describes.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Strangers {
    Masked,
    Shown,
}

enum Step<'v> {
    Member(&'v str),
    Item(usize),
}

struct Walk<'s, 'v> {
    shape: &'s Shape,
    path: Vec<Step<'v>>,
    found: Vec<Violation>,
}

impl<'v> Walk<'_, 'v> {
    fn visit(&mut self, id: NodeId, value: &'v Value) {
        let node = &self.shape.nodes[id];
        let mut typed = true;
        for &constraint in &node.constraints {
            let stated = &self.shape.constraints[constraint];
            if stated.test.holds(value) {
                continue;
            }
            typed &= stated.cause != Cause::Type;
            let at = self.place(stated);
            self.found.push(Violation { constraint, at });
            if !typed {
                break;
            }
        }
        if !typed || self.path.len() >= MAX_DEPTH {
            return;
        }
        for &part in &node.all_of {
            self.visit(part, value);
        }
        match value {
            Value::Object(members) => self.members(node, members),
            Value::Array(items) => self.items(node, items),
            _ => {}
        }
    }

    fn members(&mut self, node: &Node, members: &'v serde_json::Map<String, Value>) {
        for (name, value) in members {
            self.path.push(Step::Member(name));
            if let Some(keys) = node.keys {
                self.key(keys, name);
            }
            let mut known = false;
            if let Some(&member) = node.properties.get(name) {
                known = true;
                self.visit(member, value);
            }
            for (pattern, member) in &node.patterns {
                if pattern.is_match(name) {
                    known = true;
                    self.visit(*member, value);
                }
            }
            if let (false, Some(values)) = (known, node.values) {
                self.visit(values, value);
            }
            self.path.pop();
        }
    }

    fn key(&mut self, node: NodeId, name: &str) {
        let name = Value::String(name.to_owned());
        for &constraint in &self.shape.nodes[node].constraints {
            if !self.shape.constraints[constraint].test.holds(&name) {
                let at = self.pointer();
                self.found.push(Violation { constraint, at });
            }
        }
    }

    fn items(&mut self, node: &Node, items: &'v [Value]) {
        for (index, value) in items.iter().enumerate() {
            if let Some(item) = node.prefix.get(index).copied().or(node.items) {
                self.path.push(Step::Item(index));
                self.visit(item, value);
                self.path.pop();
            }
        }
    }

    /// The value at fault; for a missing member, the place where it should be.
    fn place(&self, constraint: &Constraint) -> String {
        let mut at = self.pointer();
        if constraint.cause == Cause::Required
            && let Some(name) = constraint.member.rsplit('/').next()
        {
            at.push('/');
            at.push_str(name);
        }
        at
    }

    fn pointer(&self) -> String {
        let mut pointer = String::new();
        for step in &self.path {
            match step {
                Step::Member(name) => super::pointer::push(&mut pointer, name),
                Step::Item(index) => super::pointer::push(&mut pointer, &index.to_string()),
            }
        }
        pointer
    }
}
