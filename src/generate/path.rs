//! Where in an input a constraint is judged, and the ways to it.

use crate::model::{PlaceId, Table};

/// A step from a value to a part of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    /// The member of this name.
    Member(String),
    /// An item of a list, after so many that have schemas of their own.
    Item(usize),
    /// The item at this place.
    Prefix(usize),
    /// A member that has no name of its own; one that is known does not count.
    Entry,
    /// A member whose name matches the node's pattern of this number.
    Pattern(usize),
}

/// Which of the items of a list, or the entries of a map, the steps lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Aim {
    /// Whichever is drawn.
    Any,
    /// Of three or more, as far as there may be so many.
    First,
    Middle,
    Last,
}

impl Aim {
    /// Those that whoever looks at some of the items only tells apart.
    pub const EACH: [Self; 3] = [Self::First, Self::Middle, Self::Last];

    /// How many there must be to have it.
    pub fn wants(self) -> usize {
        if self == Self::Any { 0 } else { 3 }
    }

    /// The place among so many; nothing where it is drawn.
    pub fn among(self, count: usize) -> Option<usize> {
        match self {
            Self::Any => None,
            Self::First => Some(0),
            Self::Middle => Some(count / 2),
            Self::Last => count.checked_sub(1),
        }
    }
}

/// The steps from the root to every node that constraints are judged at, and whether it is a schema of names.
pub(super) fn paths(shape: &Table) -> Vec<Option<Path>> {
    let mut paths: Vec<Option<Path>> = vec![None; shape.nodes.len()];
    let mut open = std::collections::VecDeque::from([(0, Path::default())]);
    while let Some((id, path)) = open.pop_front() {
        if paths[id].is_some() {
            continue;
        }
        let node = &shape.nodes[id];
        let mut go = |to: PlaceId, step: Step| open.push_back((to, path.then(step, id)));
        node.properties.iter().for_each(|(name, to)| go(*to, Step::Member(name.clone())));
        node.prefix.iter().enumerate().for_each(|(index, to)| go(*to, Step::Prefix(index)));
        node.items.into_iter().for_each(|to| go(to, Step::Item(node.prefix.len())));
        node.patterns.iter().enumerate().for_each(|(index, (_, to))| go(*to, Step::Pattern(index)));
        node.values.into_iter().for_each(|to| go(to, Step::Entry));
        node.keys.into_iter().for_each(|to| open.push_back((to, Path { key: true, whole: None, ..path.clone() })));
        let whole = path.whole.or(Some(id));
        node.all_of.iter().for_each(|to| open.push_back((*to, Path { whole, ..path.clone() })));
        paths[id] = Some(path);
    }
    paths
}

/// The steps from the root to a node.
#[derive(Debug, Clone, Default)]
pub(super) struct Path {
    /// Each step, with the node that it starts from.
    pub steps: Vec<(PlaceId, Step)>,
    /// Whether the node describes the names of the members there.
    pub key: bool,
    /// The node of the same value of which this one is a part.
    pub whole: Option<PlaceId>,
}

impl Path {
    /// Whether the steps lead to one of several values.
    pub fn leaves_a_choice(&self) -> bool {
        self.steps.iter().any(|(_, step)| !matches!(step, Step::Member(_) | Step::Prefix(_)))
    }

    fn then(&self, step: Step, from: PlaceId) -> Self {
        let steps = self.steps.iter().cloned().chain([(from, step)]).collect();
        Self { steps, key: self.key, whole: None }
    }
}
