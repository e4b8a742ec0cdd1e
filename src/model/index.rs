//! The index of a contract: what is known of services and operations before anything is compiled.
//!
//! Names, routes, protocols and what tells services apart; enough to find what a request or a name is for.

use std::collections::HashMap;
use std::ops::Range;

use http::Method;

use super::id::OperationId;
use super::language::{ClientSpec, RecogniseSpec};
use super::operation::Auth;
use super::protocol::Protocol;

/// Services and operations by row. The operations of a service stand together.
#[derive(Debug, Clone, Default)]
pub struct Index {
    /// The services, in the order of their folders.
    pub services: Vec<ServiceEntry>,
    /// The operations, by service and file name.
    pub operations: Vec<OperationEntry>,
}

/// A service's row.
#[derive(Debug, Clone)]
pub struct ServiceEntry {
    /// Short name, unique in the index.
    pub name: String,
    /// Native protocol.
    pub protocol: Protocol,
    /// Protocol of the documented dialect, where the service has one.
    pub documented: Option<Protocol>,
    /// What tells its requests from others.
    pub recognise: RecogniseSpec,
    /// Ways to authenticate, without where they come from.
    pub auth: Vec<Auth>,
    /// Clients that speak to it.
    pub clients: Vec<ClientSpec>,
    /// Rows of its operations.
    pub operations: Range<usize>,
}

/// An operation's row.
#[derive(Debug, Clone)]
pub struct OperationEntry {
    /// Row of its service.
    pub service: usize,
    /// Name, unique in its service.
    pub name: String,
    /// Whether no other operation of the index has the name.
    pub is_alone: bool,
    /// Other names of it.
    pub aliases: Vec<String>,
    /// Where it is in the native dialect.
    pub route: Route,
    /// Where it is in the documented dialect.
    pub documented: Option<Route>,
}

impl OperationEntry {
    /// Its name and its other names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        std::iter::once(&self.name).chain(&self.aliases).map(String::as_str)
    }
}

/// Method and path of an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Method.
    pub method: Method,
    /// Path template.
    pub path: String,
    /// Constant query parameters of the path template.
    pub query: Vec<(String, String)>,
}

impl Route {
    /// The route of a path as specs write it, with its constant parameters behind a `?`.
    #[must_use]
    pub fn new(method: Method, path: &str) -> Self {
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let query = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        Self { method, path: path.to_owned(), query }
    }
}

impl Index {
    /// Finds out which names are unique in the index.
    pub(crate) fn count_names(&mut self) {
        let mut counts: HashMap<&str, usize> = HashMap::with_capacity(self.operations.len());
        for name in self.operations.iter().flat_map(OperationEntry::names) {
            *counts.entry(name).or_default() += 1;
        }
        let alone: Vec<bool> = self.operations.iter().map(|entry| counts[entry.name.as_str()] == 1).collect();
        for (entry, is_alone) in self.operations.iter_mut().zip(alone) {
            entry.is_alone = is_alone;
        }
    }

    /// The name of an operation in full.
    #[must_use]
    pub fn id(&self, row: usize) -> OperationId {
        let entry = &self.operations[row];
        OperationId { service: self.services[entry.service].name.clone(), name: entry.name.clone() }
    }

    /// The name of an operation as people write it: bare where it is unique, in full where it is not.
    #[must_use]
    pub fn label(&self, row: usize) -> String {
        let entry = &self.operations[row];
        if entry.is_alone { entry.name.clone() } else { self.id(row).to_string() }
    }
}
