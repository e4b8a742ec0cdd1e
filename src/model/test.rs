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
    /// So many of this character.
    Filled(u64, char),
    /// What is there, in another form.
    Form(Form),
    /// A value of this type.
    OfType(JsonType),
    /// A string that matches the pattern, by its rarer characters.
    Match,
    /// A string that nearly matches the pattern.
    NearMiss,
    /// This string, at a seam of the pattern.
    Seam(Seam, String),
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

impl BoundaryValue {
    /// What it is, in a few words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Value(value) => value.to_string().chars().take(100).collect(),
            Self::Length(1) => "1 character".to_owned(),
            Self::Length(length) => format!("{length} characters"),
            Self::Filled(count, c) => format!("{count} times {c}"),
            Self::Form(Form::Text) => "its text".to_owned(),
            Self::Form(Form::ListOfOne) => "a list of it alone".to_owned(),
            Self::Form(Form::FirstItem) => "its first item in place of the list".to_owned(),
            Self::Form(Form::Numbered) => "an object with its items as members".to_owned(),
            Self::OfType(json_type) => format!("a value of type {json_type:?}").to_lowercase(),
            Self::Match => "a text of rare characters that matches".to_owned(),
            Self::NearMiss => "a text that nearly matches".to_owned(),
            Self::Seam(seam, text) => {
                let shown: String = text.chars().take(60).collect();
                format!("{}: {shown:?}", seam.words())
            }
            Self::Whole => "every known member".to_owned(),
            Self::Drawn => "any valid value".to_owned(),
            Self::NoBranch => "a value near the branches that satisfies none as it must".to_owned(),
            Self::Items(count) => format!("{count} items"),
            Self::Members(count) => format!("{count} members"),
            Self::DuplicateItems => "two equal items".to_owned(),
            Self::UnknownMember => "a member that nobody knows".to_owned(),
            Self::Absent(name) => format!("without {name}"),
            Self::Null(name) => format!("{name} is null"),
            Self::Present(name) => format!("with {name}"),
            Self::Without(present, absent) => format!("with {present}, without {absent}"),
            Self::Patch(patch) => format!("changed by {patch}"),
        }
    }

    /// What it has in common with others of its constraint.
    #[must_use]
    pub fn kind(&self) -> String {
        match self {
            Self::Seam(seam, _) => seam.words().to_owned(),
            other => other.words(),
        }
    }
}

/// Another form of the same value, as clients send it by mistake and lenient servers take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// A number or boolean as text.
    Text,
    /// A list of one in place of the value.
    ListOfOne,
    /// The first item in place of the list.
    FirstItem,
    /// An object with the items as members 0, 1, ….
    Numbered,
}

/// What about a pattern a text shows, in the order in which it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seam {
    /// A text without characters.
    Nothing,
    /// A line break at an end, or more lines.
    LineBreak,
    /// A repetition one time below its bound.
    Fewer,
    /// A repetition one time above its bound.
    More,
    /// A class with a character that is often taken for one of its members.
    Stranger,
    /// A class with a character next to one of its ranges.
    Neighbour,
    /// A literal or class left out.
    Missing,
    /// A literal, class or alternative twice.
    Doubled,
    /// A literal with another character.
    Replaced,
    /// A literal in the other case.
    Case,
    /// A match with more before or after it.
    Beside,
    /// A plain word.
    Word,
    /// One of the alternatives.
    Alternative,
    /// A repetition at its bound.
    Bound,
    /// A class with one of its first or last members.
    Member,
}

impl Seam {
    /// Whether the text is meant to match.
    #[must_use]
    pub fn is_kept(self) -> bool {
        matches!(self, Self::Alternative | Self::Bound | Self::Member)
    }

    /// What is shown, in a few words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => "empty",
            Self::LineBreak => "a line break",
            Self::Fewer => "one time too few",
            Self::More => "one time too many",
            Self::Stranger => "a character of another kind",
            Self::Neighbour => "a character next to a range",
            Self::Missing => "a part left out",
            Self::Doubled => "a part doubled",
            Self::Replaced => "another character for a literal",
            Self::Case => "a literal in the other case",
            Self::Beside => "more before or after",
            Self::Word => "a plain word",
            Self::Alternative => "an alternative",
            Self::Bound => "a repetition at its bound",
            Self::Member => "an end of a class",
        }
    }
}
