//! The nodes of a service's schemas: one graph, which grows while its operations are compiled.
//!
//! A reference is an edge to a node that others refer to as well. What equal texts say is one node: operations of a service share
//! most of what they are made of.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::num::NonZeroU32;
use std::ops::Index;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use super::Cause;
use super::citation::{Citation, Cited};
use super::shape::Node;

/// A node of a service's graph.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NodeId(NonZeroU32);

/// What identifies a schema: a hash of all that it is compiled from.
pub type Key = u128;

/// What compiled schemas ask of the operations that have them.
#[derive(Debug, Clone, Default)]
pub struct Needs {
    /// The causes of its constraints that name no error of their own, each a bit.
    causes: u32,
    /// The codes that its constraints name themselves.
    codes: Vec<Arc<str>>,
}

impl Needs {
    /// A constraint of this cause names no error.
    pub fn cause(&mut self, cause: Cause) {
        self.causes |= 1 << cause as u32;
    }

    /// A constraint names this error.
    pub fn code(&mut self, code: &Arc<str>) {
        if !self.codes.contains(code) {
            self.codes.push(Arc::clone(code));
        }
    }

    /// What both ask.
    pub fn join(&mut self, other: &Self) {
        self.causes |= other.causes;
        other.codes.iter().for_each(|code| self.code(code));
    }

    /// Whether an operation has it all.
    #[must_use]
    pub fn are_met(&self, has_cause: impl Fn(Cause) -> bool, has_code: impl Fn(&str) -> bool) -> bool {
        let asked = |cause: &Cause| self.causes & (1 << *cause as u32) != 0;
        Cause::OF_VALUES.iter().filter(|cause| asked(cause)).all(|cause| has_cause(*cause))
            && self.codes.iter().all(|code| has_code(code))
    }
}

/// The graph, with what is known of equal parts.
#[derive(Default)]
pub struct Shapes {
    nodes: Nodes,
    known: Mutex<HashMap<Key, (NodeId, Needs)>>,
    words: Mutex<HashSet<Arc<str>>>,
    citations: Mutex<HashSet<Cited>>,
}

impl Shapes {
    /// The node that was compiled from a schema with this key, and what it asks.
    #[must_use]
    pub fn find(&self, key: Key) -> Option<(NodeId, Needs)> {
        locked(&self.known).get(&key).cloned()
    }

    /// Makes compiled nodes known to other operations. All that they lead to is in the graph by then.
    pub fn publish(&self, compiled: impl IntoIterator<Item = (Key, (NodeId, Needs))>) {
        let mut known = locked(&self.known);
        for (key, found) in compiled {
            known.entry(key).or_insert(found);
        }
    }

    /// A node that is not compiled yet, so that others can refer to it.
    #[must_use]
    pub fn reserve(&self) -> NodeId {
        self.nodes.reserve()
    }

    /// Puts a compiled node where it was reserved.
    pub fn set(&self, id: NodeId, node: Node) {
        self.nodes.set(id, node);
    }

    /// How many nodes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.nodes.len.load(Ordering::Acquire) as usize
    }

    /// Whether nothing is compiled yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The word, kept once.
    #[must_use]
    pub fn word(&self, word: &str) -> Arc<str> {
        let mut words = locked(&self.words);
        if let Some(known) = words.get(word) {
            return Arc::clone(known);
        }
        let new: Arc<str> = word.into();
        words.insert(Arc::clone(&new));
        new
    }

    /// The citations, kept once.
    #[must_use]
    pub fn cited(&self, citations: Vec<Citation>) -> Cited {
        let mut all = locked(&self.citations);
        if let Some(known) = all.get(citations.as_slice()) {
            return Arc::clone(known);
        }
        let new: Cited = citations.into();
        all.insert(Arc::clone(&new));
        new
    }
}

impl Index<NodeId> for Shapes {
    type Output = Node;

    fn index(&self, id: NodeId) -> &Node {
        self.nodes.get(id)
    }
}

impl fmt::Debug for Shapes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shapes").field("nodes", &self.len()).finish_non_exhaustive()
    }
}

/// What a panicking thread left behind is whole: entries are added, one at a time.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Size of the first chunk; each further one is twice as large.
const FIRST: u32 = 32;
/// As many chunks as there can be numbers.
const CHUNKS: usize = 27;

type Chunk = Box<[OnceLock<Node>]>;

/// Nodes that are added and stay where they are, so that they are read without a lock while others are added.
#[derive(Default)]
struct Nodes {
    chunks: [OnceLock<Chunk>; CHUNKS],
    len: AtomicU32,
}

impl Nodes {
    fn reserve(&self) -> NodeId {
        let number = self.len.fetch_add(1, Ordering::AcqRel);
        NodeId(NonZeroU32::MIN.saturating_add(number))
    }

    fn set(&self, id: NodeId, node: Node) {
        let (chunk, at) = place(id);
        let size = (FIRST as usize) << chunk;
        let slots = self.chunks[chunk].get_or_init(|| std::iter::repeat_with(OnceLock::new).take(size).collect());
        _ = slots[at].set(node);
    }

    /// A node that is not compiled yet says nothing.
    fn get(&self, id: NodeId) -> &Node {
        let (chunk, at) = place(id);
        self.chunks[chunk].get().and_then(|slots| slots[at].get()).unwrap_or_else(|| Node::nothing())
    }
}

/// The chunk of a node, and the place in it.
fn place(id: NodeId) -> (usize, usize) {
    let from_first = (id.0.get() - 1).saturating_add(FIRST);
    let chunk = from_first.ilog2() - FIRST.ilog2();
    (chunk as usize, (from_first - (FIRST << chunk)) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_stay_where_they_are() {
        let shapes = Shapes::default();
        let ids: Vec<NodeId> = (0..5000).map(|_| shapes.reserve()).collect();
        let named = |id: &NodeId| Node { format: Some(format!("{}", id.0).into()), ..Node::default() };
        ids.iter().rev().for_each(|id| shapes.set(*id, named(id)));
        let first = &raw const shapes[ids[0]];
        assert!(ids.iter().all(|id| shapes[*id].format == Some(format!("{}", id.0).into())));
        assert!(std::ptr::eq(first, &raw const shapes[ids[0]]) && shapes.len() == 5000);
        let unset = shapes.reserve();
        assert!(shapes[unset].format.is_none() && shapes[unset].facts.is_empty());
    }

    #[test]
    fn words_are_kept_once() {
        let shapes = Shapes::default();
        assert!(Arc::ptr_eq(&shapes.word("type"), &shapes.word("type")));
    }
}
