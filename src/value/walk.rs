//! One walk over values and the schemas that describe them.
//!
//! A value may be described in several places of a table at once: by a schema and the parts of its `allOf`, a member by its
//! name and by each pattern of names, and possibly by the alternatives of an `anyOf` or `oneOf`. Whatever goes along a value
//! with its schemas goes this way, so that all agree on which schemas these are.

use serde_json::Value;

use super::pointer;
use crate::model::{Occurrence, PlaceId, Table};

/// The places that describe a value.
#[derive(Debug, Clone)]
pub struct Places<'t> {
    table: &'t Table,
    /// Those that describe it whatever it is.
    certain: Vec<PlaceId>,
    /// Alternatives, which may describe it.
    possible: Vec<PlaceId>,
}

impl<'t> Places<'t> {
    /// Those of the whole value.
    #[must_use]
    pub fn of(table: &'t Table) -> Self {
        let mut places = Self::nowhere(table);
        places.add(0, true);
        places
    }

    /// None: those of a value that no schema describes.
    #[must_use]
    pub fn nowhere(table: &'t Table) -> Self {
        Self { table, certain: Vec::new(), possible: Vec::new() }
    }

    /// Whether no schema describes the value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.certain.is_empty() && self.possible.is_empty()
    }

    /// All that describe the value, or may do so; the certain ones first.
    pub fn iter(&self) -> impl Iterator<Item = &'t Occurrence> + use<'t, '_> {
        self.all().map(|(id, _)| &self.table.nodes[id])
    }

    /// Those that describe the value whatever it is.
    pub fn certain(&self) -> impl Iterator<Item = &'t Occurrence> + use<'t, '_> {
        self.certain.iter().map(|id| &self.table.nodes[*id])
    }

    /// The ids of those that describe the value whatever it is.
    #[must_use]
    pub fn certain_ids(&self) -> &[PlaceId] {
        &self.certain
    }

    /// The place of a sensitive value, or of one that may be so.
    #[must_use]
    pub fn sensitive(&self) -> Option<&'t Occurrence> {
        self.iter().find(|place| place.sensitive)
    }

    /// Whether any of the certain ones says which members an object has. Where none does, none is unexpected.
    #[must_use]
    pub fn name_members(&self) -> bool {
        self.certain().any(|place| !place.properties.is_empty() || place.values.is_some() || !place.patterns.is_empty())
    }

    /// Those of a member of the value.
    #[must_use]
    pub fn member(&self, name: &str) -> Self {
        let mut found = Self::nowhere(self.table);
        for (id, certain) in self.all() {
            let place = &self.table.nodes[id];
            let named = place.properties.get(name);
            let mut known = named.is_some();
            found.extend(named, certain);
            // A pattern that is not sure of a name knows it all the same.
            for (pattern, member) in place.patterns.iter().filter(|(pattern, _)| pattern.may_match(name)) {
                known = true;
                found.add(*member, certain && pattern.is_match(name));
            }
            found.extend(place.values.iter().filter(|_| !known), certain);
        }
        found
    }

    /// Those of an item of the value.
    #[must_use]
    pub fn item(&self, index: usize) -> Self {
        let mut found = Self::nowhere(self.table);
        for (id, certain) in self.all() {
            let place = &self.table.nodes[id];
            found.extend(place.prefix.get(index).or(place.items.as_ref()), certain);
            found.extend(&place.branches.contains, false);
        }
        found
    }

    /// Those at a segment of a pointer pattern: a member's name, a pattern of names, `*` for items and values, or the number
    /// of an item that has a place of its own.
    #[must_use]
    pub fn below(&self, segment: &str) -> Self {
        let mut found = Self::nowhere(self.table);
        for (id, certain) in self.all() {
            let place = &self.table.nodes[id];
            let pattern = place.patterns.iter().find(|(pattern, _)| pattern.as_str() == segment).map(|(_, id)| id);
            let special = match segment {
                "*" => place.items.as_ref().or(place.values.as_ref()),
                _ => segment.parse().ok().and_then(|index: usize| place.prefix.get(index)),
            };
            let stated = place.properties.get(segment).or(pattern).or(special);
            found.extend(stated, certain);
        }
        if found.is_empty() { self.member(segment) } else { found }
    }

    fn all(&self) -> impl Iterator<Item = (PlaceId, bool)> + use<'_> {
        let certain = self.certain.iter().map(|id| (*id, true));
        certain.chain(self.possible.iter().map(|id| (*id, false)))
    }

    fn extend<'i>(&mut self, ids: impl IntoIterator<Item = &'i PlaceId>, certain: bool) {
        for id in ids {
            self.add(*id, certain);
        }
    }

    /// Adds a place with all that speak of the same value.
    fn add(&mut self, id: PlaceId, certain: bool) {
        if self.certain.contains(&id) || (!certain && self.possible.contains(&id)) {
            return;
        }
        if certain { &mut self.certain } else { &mut self.possible }.push(id);
        let place = &self.table.nodes[id];
        self.extend(&place.all_of, certain);
        let branches = &place.branches;
        let alternatives = branches.any_of.iter().chain(&branches.one_of);
        let of_cases = branches.condition.iter().chain(&branches.then).chain(&branches.otherwise);
        self.extend(alternatives.chain(of_cases), false);
    }
}

/// Where a walk goes from a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// To its members or items.
    Below,
    /// Past them.
    Past,
}

/// The way from the whole value to one of its parts.
#[derive(Debug, Clone, Copy)]
pub struct Way<'w> {
    last: Option<(&'w Way<'w>, Step<'w>)>,
}

#[derive(Debug, Clone, Copy)]
enum Step<'w> {
    Member(&'w str),
    Item(usize),
}

impl<'w> Way<'w> {
    const START: Way<'static> = Way { last: None };

    fn to(&'w self, step: Step<'w>) -> Self {
        Self { last: Some((self, step)) }
    }

    /// The pointer of a member of the value that it leads to.
    #[must_use]
    pub fn to_member(&self, name: &str) -> String {
        self.to(Step::Member(name)).pointer()
    }

    /// The pointer of the value that it leads to.
    #[must_use]
    pub fn pointer(&self) -> String {
        let Some((before, step)) = self.last else { return String::new() };
        let mut pointer = before.pointer();
        match step {
            Step::Member(name) => pointer::push(&mut pointer, name),
            Step::Item(index) => pointer::push(&mut pointer, &index.to_string()),
        }
        pointer
    }
}

/// What is called with each value.
type Visit<'f, 't, 'v> = dyn FnMut(&Places<'t>, &'v Value, &Way<'_>) -> Next + 'f;

/// Goes through a value with its schemas, from the outside in.
pub fn walk<'t, 'v>(
    places: &Places<'t>,
    value: &'v Value,
    mut visit: impl FnMut(&Places<'t>, &'v Value, &Way<'_>) -> Next,
) {
    step(places, value, &Way::START, &mut visit);
}

fn step<'t, 'v>(places: &Places<'t>, value: &'v Value, way: &Way<'_>, visit: &mut Visit<'_, 't, 'v>) {
    if visit(places, value, way) == Next::Past {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members {
                step(&places.member(name), member, &way.to(Step::Member(name)), visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                step(&places.item(index), item, &way.to(Step::Item(index)), visit);
            }
        }
        _ => {}
    }
}

/// Goes through a value that the visitor may change, from the outside in.
pub fn walk_mut<'t>(places: &Places<'t>, value: &mut Value, visit: &mut dyn FnMut(&Places<'t>, &mut Value) -> Next) {
    if visit(places, value) == Next::Past {
        return;
    }
    match value {
        Value::Object(members) => {
            for (name, member) in members.iter_mut() {
                walk_mut(&places.member(name), member, visit);
            }
        }
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk_mut(&places.item(index), item, visit);
            }
        }
        _ => {}
    }
}

/// Calls with each text of a value, whatever describes it.
pub fn texts<'v>(value: &'v Value, call: &mut dyn FnMut(&'v str)) {
    match value {
        Value::String(text) => call(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, call)),
        Value::Object(members) => members.values().for_each(|member| texts(member, call)),
        _ => {}
    }
}
