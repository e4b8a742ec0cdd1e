//! What a constraint can say about a value, whatever its kind.

use std::fmt::Debug;

use serde_json::Value;

use super::JsonType;

/// One checkable statement about a value.
pub trait Test: Debug + Send + Sync {
    /// Whether the statement is true of the value. A value of a type that the statement is not about satisfies it.
    fn holds(&self, value: &Value) -> bool;

    /// The statement as the end of a sentence whose subject is the member: "must be …".
    fn state(&self) -> String;

    /// How to sit on the statement's boundary, and how to break it.
    fn edges(&self) -> Edges;
}

/// Both sides of a boundary.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Edges {
    /// Values that just satisfy the statement.
    pub inside: Vec<BoundaryValue>,
    /// Values that just break it.
    pub outside: Vec<BoundaryValue>,
}

/// What a value should be like, as far as one constraint can say; the rest of the input decides the rest.
#[derive(Debug, Clone, PartialEq)]
pub enum BoundaryValue {
    /// Exactly this value.
    Value(Value),
    /// A string of so many Unicode scalar values.
    Length(u64),
    /// A value of this type.
    OfType(JsonType),
    /// A string that matches the pattern, by its rarer characters.
    Match,
    /// A string that nearly matches the pattern.
    NearMiss,
    /// A list of so many items.
    Items(u64),
    /// A map of so many members.
    Members(u64),
    /// A list with two equal items.
    DuplicateItems,
    /// An object in which every known member is present.
    Whole,
    /// Any value that satisfies everything.
    Drawn,
    /// A value near the branches of a composition that none of them makes right.
    NoBranch,
    /// An object with a member nobody knows.
    UnknownMember,
    /// An object without this member.
    Absent(String),
    /// An object in which this member is null.
    Null(String),
    /// An object in which this member is present.
    Present(String),
    /// An object in which the first member is present and the second is not.
    Without(String, String),
    /// The value changed by a merge patch.
    Patch(Value),
}
