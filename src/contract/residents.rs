//! What lives at the paths of a contract: operations by method, and services whose requests name their operation.

use http::Method;
use rustc_hash::FxHashMap;

use super::paths::Paths;
use crate::codec::{Incoming, Naming};
use crate::model::{self, Dialect, Fact, Node, NodeId, Operation};

/// Most methods, operations or parameters that a refusal names.
pub(super) const MOST_NAMED: usize = 5;

/// Where operations are looked up.
#[derive(Debug, Default)]
pub(super) struct Tables {
    pub paths: Paths<Residents>,
    /// Operations by the name that requests have for them, by codec.
    pub names: FxHashMap<&'static str, FxHashMap<String, Vec<usize>>>,
    /// By operation.
    pub pages: Vec<Page>,
    /// Some operations that there are.
    pub advice: String,
}

/// What the router keeps of an operation.
#[derive(Debug)]
pub(super) struct Page {
    pub service: usize,
    pub method: Method,
    pub documented: Option<Method>,
}

impl Page {
    pub fn method(&self, dialect: Dialect) -> &Method {
        self.documented.as_ref().filter(|_| dialect == Dialect::Documented).unwrap_or(&self.method)
    }
}

/// What lives at a path.
#[derive(Debug, Default)]
pub(super) struct Residents {
    /// The first service that has something here, and whether there is another.
    pub service: Option<usize>,
    pub are_of_several: bool,
    /// Operations by method, of each the most specific first.
    pub entries: Vec<(Method, Vec<Entry>)>,
    /// Services whose requests there name an operation, by the way in which they do.
    pub naming: Vec<NamingServices>,
}

/// An operation that method and path, and maybe what is in the query or the headers, tell from others.
#[derive(Debug)]
pub(super) struct Entry {
    pub service: usize,
    pub operation: usize,
    /// The dialect it is for, where it is not for both.
    pub dialect: Option<Dialect>,
    /// Parameters that the query string must have.
    pub query: Vec<(String, String)>,
    pub demands: Vec<Demand>,
}

/// Services that speak one codec.
#[derive(Debug)]
pub(super) struct NamingServices {
    pub dialect: Option<Dialect>,
    pub codec: &'static str,
    pub naming: &'static dyn Naming,
    pub services: Vec<usize>,
}

/// A parameter or header that an operation cannot do without, and so tells it from another at the same path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// A parameter of the query string.
    Query(String),
    /// A header.
    Header(String),
}

impl Demand {
    pub(super) fn is_met(&self, incoming: &Incoming<'_>) -> bool {
        match self {
            Self::Query(name) => incoming.asks(name, None),
            Self::Header(name) => incoming.request.headers().contains_key(name),
        }
    }
}

/// The parameters and headers that an operation's input cannot be without.
#[must_use]
pub fn demands(operation: &Operation) -> Vec<Demand> {
    let shape = &operation.input;
    let required = |name: &str| {
        let states = |fact: &Fact| &*fact.keyword == "required" && fact.member.as_deref() == Some(name);
        shape.root().facts.iter().any(states)
    };
    let placed = |(name, id): (&String, &NodeId)| {
        let node: &Node = &shape.nodes[*id];
        let wire = node.wire.name.as_ref().unwrap_or(name).clone();
        match node.place {
            Some(model::Place::Query) if required(name) => Some(Demand::Query(wire)),
            Some(model::Place::Header) if required(name) => Some(Demand::Header(wire)),
            _ => None,
        }
    };
    shape.root().properties.iter().filter_map(placed).collect()
}

impl Residents {
    fn add_service(&mut self, service: usize) {
        self.are_of_several |= *self.service.get_or_insert(service) != service;
    }

    /// Adds an operation; the one that hides it, if there is such a one.
    pub fn add_entry(&mut self, method: &Method, entry: Entry) -> Option<usize> {
        self.add_service(entry.service);
        let found = self.entries.iter().position(|(known, _)| known == method);
        let index = found.unwrap_or_else(|| {
            self.entries.push((method.clone(), Vec::new()));
            self.entries.len() - 1
        });
        let entries = &mut self.entries[index].1;
        let hides = |known: &&Entry| {
            let both = known.dialect.is_none() || entry.dialect.is_none() || known.dialect == entry.dialect;
            both && known.service == entry.service && known.query == entry.query && known.demands == entry.demands
        };
        let hidden = entries.iter().find(hides).map(|known| known.operation);
        let at = entries.partition_point(|known| known.rank() >= entry.rank());
        entries.insert(at, entry);
        hidden
    }

    pub fn add_naming(
        &mut self,
        dialect: Option<Dialect>,
        codec: &'static str,
        naming: &'static dyn Naming,
        service: usize,
    ) {
        self.add_service(service);
        let found = self.naming.iter_mut().find(|known| known.codec == codec && known.dialect == dialect);
        match found {
            Some(known) if known.services.last() == Some(&service) => {}
            Some(known) => known.services.push(service),
            None => self.naming.push(NamingServices { dialect, codec, naming, services: vec![service] }),
        }
    }
}

impl Entry {
    /// How much it asks for.
    fn rank(&self) -> (usize, usize) {
        (self.query.len(), self.demands.len())
    }

    pub fn is_spoken(&self, dialect: Dialect) -> bool {
        self.dialect.is_none_or(|known| known == dialect)
    }
}
