//! What one schema says by itself: its bounds and its branches.

use indexmap::IndexMap;
use rustc_hash::FxBuildHasher;
use serde_json::{Number, Value};

use super::rare::Absent;

/// The parts of `anyOf`, `oneOf`, `not`, `if` and `contains`: nodes without constraints.
#[derive(Debug)]
#[allow(missing_docs, reason = "JSON Schema's own names")]
pub struct Branches<Id> {
    pub any_of: Vec<Id>,
    pub one_of: Vec<Id>,
    pub not: Option<Id>,
    /// `if`.
    pub condition: Option<Id>,
    pub then: Option<Id>,
    /// `else`.
    pub otherwise: Option<Id>,
    pub contains: Option<Id>,
}

impl<Id: Copy> Branches<Id> {
    /// The same branches under other ids, in the order of their fields.
    #[must_use]
    pub fn map<Other>(&self, mut other: impl FnMut(Id) -> Other) -> Branches<Other> {
        Branches {
            any_of: self.any_of.iter().map(|id| other(*id)).collect(),
            one_of: self.one_of.iter().map(|id| other(*id)).collect(),
            not: self.not.map(&mut other),
            condition: self.condition.map(&mut other),
            then: self.then.map(&mut other),
            otherwise: self.otherwise.map(&mut other),
            contains: self.contains.map(&mut other),
        }
    }

    /// Whether there are any.
    #[must_use]
    pub fn is_any(&self) -> bool {
        let single = self.not.or(self.condition).or(self.contains);
        single.is_some() || !self.any_of.is_empty() || !self.one_of.is_empty()
    }
}

impl<Id> Branches<Id> {
    const NONE: Self = Self {
        any_of: Vec::new(),
        one_of: Vec::new(),
        not: None,
        condition: None,
        then: None,
        otherwise: None,
        contains: None,
    };
}

impl<Id> Default for Branches<Id> {
    fn default() -> Self {
        Self::NONE
    }
}

impl<Id: Copy + 'static> Absent for Branches<Id> {
    const ABSENT: &'static Self = &Self::NONE;

    fn is_absent(&self) -> bool {
        !self.is_any() && self.then.is_none() && self.otherwise.is_none()
    }
}

/// The bounds of a schema as plain values.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs, reason = "JSON Schema's own names")]
pub struct Limits {
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub pattern: Option<String>,
    /// `enum`, or `const` alone.
    pub choices: Vec<Value>,
    pub minimum: Option<Number>,
    pub maximum: Option<Number>,
    pub exclusive_minimum: Option<Number>,
    pub exclusive_maximum: Option<Number>,
    pub multiple_of: Option<Number>,
    pub min_items: Option<u64>,
    pub max_items: Option<u64>,
    pub unique_items: bool,
    pub min_contains: Option<u64>,
    pub max_contains: Option<u64>,
    pub min_properties: Option<u64>,
    pub max_properties: Option<u64>,
    pub required: Vec<String>,
    /// Members that must be present when the named one is.
    pub dependent_required: IndexMap<String, Vec<String>, FxBuildHasher>,
    /// Whether `additionalProperties` is `false`.
    pub closed: bool,
}

impl Limits {
    const NONE: Self = Self {
        min_length: None,
        max_length: None,
        pattern: None,
        choices: Vec::new(),
        minimum: None,
        maximum: None,
        exclusive_minimum: None,
        exclusive_maximum: None,
        multiple_of: None,
        min_items: None,
        max_items: None,
        unique_items: false,
        min_contains: None,
        max_contains: None,
        min_properties: None,
        max_properties: None,
        required: Vec::new(),
        dependent_required: IndexMap::with_hasher(FxBuildHasher),
        closed: false,
    };
}

impl Absent for Limits {
    const ABSENT: &'static Self = &Self::NONE;

    fn is_absent(&self) -> bool {
        *self == Self::NONE
    }
}
