//! Names that are unique: an operation is named within its service.

use std::fmt;

/// An operation's name in full, written `service/Operation`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct OperationId {
    /// The service's short name.
    pub service: String,
    /// The operation's name within it.
    pub name: String,
}

impl fmt::Display for OperationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.service, self.name)
    }
}
