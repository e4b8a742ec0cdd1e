//! Templates of the mock's answers: JSON values whose strings may hold placeholders.

use serde_json::Value;

use super::shape::Shape;
use super::shapes::NodeId;

/// A compiled template.
#[derive(Debug, Clone)]
pub enum Template {
    /// A value without placeholders.
    Plain(Value),
    /// A string with placeholders.
    Text(Vec<Piece>),
    /// A list.
    List(Vec<Template>),
    /// A list with an item for each item of an input list.
    Each {
        /// The input list.
        list: Vec<String>,
        /// What is made of each of its items.
        item: Box<Template>,
        /// The list where there is no input list.
        otherwise: Option<Box<Template>>,
    },
    /// An object, in order.
    Object(Vec<(String, Template)>),
}

/// A part of a string.
#[derive(Debug, Clone)]
pub enum Piece {
    /// Literal text.
    Literal(String),
    /// A placeholder.
    Placeholder {
        /// Where the value comes from.
        origin: Origin,
        /// What is done with it.
        pipes: Vec<Pipe>,
    },
}

/// Where a placeholder's value comes from.
#[derive(Debug, Clone)]
pub enum Origin {
    /// An input member.
    Input(Vec<String>),
    /// The item, or a member of it, that an item of a list is made for.
    Item(Vec<String>),
    /// Characters of an alphabet, from the seed.
    Random(&'static [u8], usize),
    /// A UUID, from the seed.
    Uuid,
    /// A time, from the seed.
    Time,
    /// A word the caller knows.
    Word(String),
}

/// What is done with a value.
#[derive(Debug, Clone)]
pub enum Pipe {
    /// The part between separators, counted from 0.
    Part(String, usize),
    /// ASCII lower case.
    Lower,
    /// A value for an absent one.
    Or(Value),
}

impl Template {
    /// A template of one input member, folded to lower case or not.
    #[must_use]
    pub fn member(path: Vec<String>, lower: bool) -> Self {
        let pipes = if lower { vec![Pipe::Lower] } else { Vec::new() };
        Self::Text(vec![Piece::Placeholder { origin: Origin::Input(path), pipes }])
    }

    /// Puts a template at a path of objects, unless something stands there already.
    pub fn put(&mut self, path: &[String], template: Self) {
        let Some((name, rest)) = path.split_first() else { return };
        if let Self::Plain(Value::Null) = self {
            *self = Self::Object(Vec::new());
        }
        let Self::Object(members) = self else { return };
        if let Some((_, member)) = members.iter_mut().find(|(known, _)| known == name) {
            return member.put(rest, template);
        }
        let mut member = if rest.is_empty() { template.clone() } else { Self::Plain(Value::Null) };
        member.put(rest, template);
        members.push((name.clone(), member));
    }

    /// Brings the members of every object into the order of a schema.
    pub fn sort(&mut self, shape: &Shape, node: NodeId) {
        match self {
            Self::Object(members) => {
                let properties = &shape.nodes[node].properties;
                members.sort_by_key(|(name, _)| properties.get_index_of(name).unwrap_or(usize::MAX));
                for (name, member) in members {
                    if let Some(&node) = properties.get(name) {
                        member.sort(shape, node);
                    }
                }
            }
            Self::Each { item, otherwise, .. } => {
                if let Some(node) = shape.nodes[node].items {
                    item.sort(shape, node);
                }
                if let Some(otherwise) = otherwise {
                    otherwise.sort(shape, node);
                }
            }
            Self::List(items) => {
                for (item, node) in items.iter_mut().zip(std::iter::repeat(shape.nodes[node].items)) {
                    if let Some(node) = node {
                        item.sort(shape, node);
                    }
                }
            }
            Self::Plain(_) | Self::Text(_) => {}
        }
    }

    /// The input members it refers to.
    pub fn pointers(&self) -> Vec<&[String]> {
        match self {
            Self::Plain(_) => Vec::new(),
            Self::List(items) => items.iter().flat_map(Self::pointers).collect(),
            Self::Each { list, item, otherwise } => {
                let parts = std::iter::once(item).chain(otherwise).flat_map(|part| part.pointers());
                std::iter::once(list.as_slice()).chain(parts).collect()
            }
            Self::Object(members) => members.iter().flat_map(|(_, member)| member.pointers()).collect(),
            Self::Text(pieces) => pieces
                .iter()
                .filter_map(|piece| match piece {
                    Piece::Placeholder { origin: Origin::Input(path), .. } => Some(path.as_slice()),
                    _ => None,
                })
                .collect(),
        }
    }
}
