//! What a contract is made of, whoever says it and however it is spoken: the spec language, shapes and their
//! constraints, operations, errors, and where every fact comes from.
//!
//! Nothing here knows YAML, a protocol or a socket. Front ends lower into these types; everything else works on them.

mod body_form;
pub mod citation;
mod dialect;
mod id;
mod index;
mod language;
mod limits;
mod matcher;
mod operation;
pub mod path_template;
mod protocol;
mod rare;
mod reaction;
mod shape;
mod shapes;
mod table;
pub mod template;
mod test;
mod types;

pub use body_form::BodyForm;
pub use citation::{Citation, Cited, Sources};
pub use dialect::Dialect;
pub use id::OperationId;
pub use index::{Index, OperationEntry, Route, ServiceEntry};
pub use language::*;
pub use limits::{Branches, Limits};
pub use matcher::Matcher;
pub use operation::{
    Auth, Documented, DocumentedDialect, Echo, ErrorShape, Example, Http, Idempotency, Operation, OutputRule, Remark,
    Service,
};
pub use protocol::Protocol;
pub use rare::{Absent, Rare};
pub use reaction::{ErrorDef, ErrorLink, Errors, Grounds, Reaction};
pub use shape::{Bound, Fact, InOrder, NamedError, Node, Shape};
pub use shapes::{Key, Needs, NodeId, Shapes};
pub use table::{Constraint, ConstraintId, MAX_PLACES, Occurrence, PlaceId, Table, Violation, push};
pub use test::{BoundaryValue, Edges, Form, Seam, Test};
pub use types::Types;
