//! Values against shapes: which constraints a value breaks.

use serde_json::Value;

use super::pointer;
use super::walk::Places;
use crate::model::{Cause, Constraint, Node, NodeId, Occurrence, Place, PlaceId, Shape, Shapes, Table, Violation};

/// Deepest value that is judged; deeper ones are refused by the codecs already.
const MAX_DEPTH: usize = 128;

impl Shape {
    /// The node at a pointer pattern.
    #[must_use]
    pub fn node(&self, pointer: &str) -> Option<&Node> {
        let mut segments = pointer::segments(pointer);
        let id = segments.try_fold(self.start, |id, segment| below(&self.nodes, id, &segment))?;
        Some(&self.nodes[id])
    }

    /// Whether the value keeps every constraint.
    #[must_use]
    pub fn holds(&self, value: &Value) -> bool {
        holds(&self.nodes, self.start, value, 0)
    }

    /// All constraints that the value breaks, in the stated order: by kind (required, type, enum, length,
    /// pattern, range, format, items, unknown member, composition, rule), then in the order of the spec.
    #[must_use]
    pub fn judge(&self, value: &Value) -> Vec<Violation> {
        // What is in order needs no ids, so most shapes never get a table.
        if self.holds(value) { Vec::new() } else { self.table().violations(value) }
    }

    /// Whether a value has any member that the schema describes, and so says anything to who reads it by the schema. A
    /// status is none: every answer has one.
    #[must_use]
    pub fn finds_any(&self, value: &Value) -> bool {
        finds_any(&self.nodes, self.root(), value)
    }
}

fn finds_any(nodes: &Shapes, node: &Node, value: &Value) -> bool {
    let Value::Object(members) = value else { return !value.is_null() };
    let is_described = |name: &str| match node.properties.get(name).map(|id| &nodes[*id]) {
        Some(node) if node.place == Some(Place::Status) => false,
        Some(member) => finds_any(nodes, member, &members[name]),
        None => node.values.is_some() || node.patterns.iter().any(|(pattern, _)| pattern.is_match(name)),
    };
    node.properties.is_empty() || !node.all_of.is_empty() || members.keys().any(|name| is_described(name))
}

/// The node at a segment of a pointer pattern, as the walk over a table finds its place. Here no table is made.
fn below(nodes: &Shapes, id: NodeId, segment: &str) -> Option<NodeId> {
    let node = &nodes[id];
    let pattern = node.patterns.iter().find(|(pattern, _)| pattern.as_str() == segment).map(|(_, id)| *id);
    let special = match segment {
        "*" => node.items.or(node.values),
        _ => segment.parse().ok().and_then(|index: usize| node.prefix.get(index).copied()),
    };
    let stated = node.properties.get(segment).copied().or(pattern).or(special);
    let matching = || node.patterns.iter().find(|(pattern, _)| pattern.is_match(segment)).map(|(_, id)| *id);
    let of_parts = || node.all_of.iter().find_map(|part| below(nodes, *part, segment));
    stated.or_else(of_parts).or_else(matching).or(node.values)
}

/// Whether a value keeps the constraints of a node and of all that describe its parts.
fn holds(nodes: &Shapes, id: NodeId, value: &Value, depth: usize) -> bool {
    let node = &nodes[id];
    if !node.facts.iter().all(|fact| fact.test.holds(value)) {
        return false;
    }
    if depth >= MAX_DEPTH {
        return true;
    }
    if !node.all_of.iter().all(|part| holds(nodes, *part, value, depth)) {
        return false;
    }
    match value {
        Value::Object(members) => {
            let mut properties = node.in_order();
            members.iter().all(|(name, value)| {
                let named = properties.find(name);
                named.is_none_or(|member| holds(nodes, member, value, depth + 1))
                    && others_hold(nodes, node, (name, value), named.is_some(), depth)
            })
        }
        Value::Array(items) => items.iter().enumerate().all(|(index, value)| {
            let item = node.prefix.get(index).copied().or(node.items);
            item.is_none_or(|item| holds(nodes, item, value, depth + 1))
        }),
        _ => true,
    }
}

/// Whether a member keeps what is said of members otherwise than by their name; `known` where it has a schema by its name.
fn others_hold(nodes: &Shapes, node: &Node, (name, value): (&str, &Value), mut known: bool, depth: usize) -> bool {
    for (pattern, member) in &node.patterns {
        known |= pattern.may_match(name);
        if pattern.is_match(name) && !holds(nodes, *member, value, depth + 1) {
            return false;
        }
    }
    node.keys.is_none_or(|keys| key_holds(&nodes[keys], name))
        && (known || node.values.is_none_or(|values| holds(nodes, values, value, depth + 1)))
}

fn key_holds(node: &Node, name: &str) -> bool {
    let name = Value::String(name.to_owned());
    node.facts.iter().all(|fact| fact.test.holds(&name))
}

impl Table {
    /// The place at a pointer pattern.
    #[must_use]
    pub fn place(&self, pointer: &str) -> Option<&Occurrence> {
        let segments = pointer::segments(pointer);
        segments.fold(Places::of(self), |places, segment| places.below(&segment)).iter().next()
    }

    /// All constraints that the value breaks, in the stated order.
    fn violations(&self, value: &Value) -> Vec<Violation> {
        let mut walk = Walk { table: self, path: Vec::new(), found: Vec::new() };
        walk.visit(0, value);
        let mut found = walk.found;
        found.sort_by_key(|violation| (self.constraints[violation.constraint].cause, violation.constraint));
        found
    }
}

enum Step<'v> {
    Member(&'v str),
    Item(usize),
}

struct Walk<'s, 'v> {
    table: &'s Table,
    path: Vec<Step<'v>>,
    found: Vec<Violation>,
}

impl<'v> Walk<'_, 'v> {
    fn visit(&mut self, id: PlaceId, value: &'v Value) {
        let node = &self.table.nodes[id];
        let mut typed = true;
        for &constraint in &node.constraints {
            let stated = &self.table.constraints[constraint];
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

    fn members(&mut self, node: &Occurrence, members: &'v serde_json::Map<String, Value>) {
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
                known |= pattern.may_match(name);
                if pattern.is_match(name) {
                    self.visit(*member, value);
                }
            }
            if let (false, Some(values)) = (known, node.values) {
                self.visit(values, value);
            }
            self.path.pop();
        }
    }

    fn key(&mut self, node: PlaceId, name: &str) {
        let name = Value::String(name.to_owned());
        for &constraint in &self.table.nodes[node].constraints {
            if !self.table.constraints[constraint].test.holds(&name) {
                let at = self.pointer();
                self.found.push(Violation { constraint, at });
            }
        }
    }

    fn items(&mut self, node: &Occurrence, items: &'v [Value]) {
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
                Step::Member(name) => pointer::push(&mut pointer, name),
                Step::Item(index) => pointer::push(&mut pointer, &index.to_string()),
            }
        }
        pointer
    }
}
