//! The way to a place of an input, made where the input has none.

use serde_json::{Map, Value};

use super::generator::Generator;
use super::path::{Aim, Path, Step};
use crate::model::{PlaceId, Table};
use crate::random::Random;

impl Path {
    /// The value that the steps lead to, made where the input has none.
    pub(super) fn reach<'v>(
        &self,
        generator: &Generator,
        shape: &Table,
        (input, aim): (&'v mut Value, Aim),
        random: &mut Random,
    ) -> Option<&'v mut Value> {
        let mut value = input;
        for (from, step) in &self.steps {
            let node = &shape.nodes[*from];
            let made = |id: PlaceId, random: &mut Random| generator.plain(shape, id, random);
            value = match (step, value) {
                (Step::Member(name), value) => member(generator, shape, *from, name, value, random)?,
                (Step::Prefix(index), Value::Array(items)) => {
                    for place in items.len()..=*index {
                        items.push(made(*node.prefix.get(place)?, random));
                    }
                    items.get_mut(*index)?
                }
                (Step::Item(skipped), Value::Array(items)) => {
                    for place in items.len()..=*skipped {
                        items.push(made(node.prefix.get(place).copied().or(node.items)?, random));
                    }
                    let room = |items: &[Value]| node.limits.max_items.is_none_or(|most| (items.len() as u64) < most);
                    while items.len() - skipped < aim.wants() && room(items) {
                        items.push(made(node.items?, random));
                    }
                    if aim == Aim::Any && room(items) && random.one_in(2) {
                        items.push(made(node.items?, random));
                    }
                    let count = items.len() - skipped;
                    let index = aim.among(count).unwrap_or_else(|| random.below(count));
                    items.get_mut(skipped + index)?
                }
                (Step::Entry, Value::Object(members)) => {
                    let unnamed = |name: &str| {
                        !node.properties.contains_key(name)
                            && !node.patterns.iter().any(|(regex, _)| regex.is_match(name))
                    };
                    let number = members.len();
                    let new = |random: &mut Random| {
                        let name = node.keys.and_then(|keys| generator.text(shape, keys, None, random));
                        let name = name.unwrap_or_else(|| format!("key{number}"));
                        (name, node.values.map(|id| made(id, random)))
                    };
                    let room = node.limits.max_properties.is_none_or(|most| (number as u64) < most);
                    entry(members, unnamed, (aim, room), random, new)?
                }
                (Step::Pattern(index), Value::Object(members)) => {
                    let (regex, id) = node.patterns.get(*index)?;
                    let new = |random: &mut Random| {
                        let name = generator.name_for(*from, regex, random);
                        let value = name.is_some().then(|| made(*id, random));
                        (name.unwrap_or_default(), value)
                    };
                    entry(members, |name| regex.is_match(name), (aim, false), random, new)?
                }
                _ => return None,
            };
        }
        Some(value)
    }
}

/// A named member, made together with what it needs where it is absent.
fn member<'v>(
    generator: &Generator,
    shape: &Table,
    from: PlaceId,
    name: &str,
    value: &'v mut Value,
    random: &mut Random,
) -> Option<&'v mut Value> {
    let node = &shape.nodes[from];
    if value.get(name).is_none() {
        if node.branches.is_any() {
            // Which values go with it, a whole object knows best.
            let drawn = (0..8).map(|_| generator.rich(shape, from, random)).find(|drawn| drawn.get(name).is_some());
            *value = drawn.unwrap_or_else(|| std::mem::take(value));
        }
        let members = value.as_object_mut()?;
        if !members.contains_key(name) {
            members.insert(name.to_owned(), generator.plain(shape, *node.properties.get(name)?, random));
        }
        complete(generator, shape, from, members, random);
    }
    value.get_mut(name)
}

/// Adds the members that those present need.
pub(super) fn complete(
    generator: &Generator,
    shape: &Table,
    node: PlaceId,
    members: &mut Map<String, Value>,
    random: &mut Random,
) {
    let node = &shape.nodes[node];
    for _ in 0..node.limits.dependent_required.len() {
        for (trigger, needs) in &node.limits.dependent_required {
            for needed in needs.iter().filter(|_| members.contains_key(trigger)).cloned().collect::<Vec<String>>() {
                if let (false, Some(id)) = (members.contains_key(&needed), node.properties.get(&needed)) {
                    let made = generator.plain(shape, *id, random);
                    members.insert(needed, made);
                }
            }
        }
    }
}

/// One of the members that are meant; a new one when there is none, or too few to aim at one of them and room for it.
fn entry<'v>(
    members: &'v mut Map<String, Value>,
    is_meant: impl Fn(&str) -> bool,
    (aim, room): (Aim, bool),
    random: &mut Random,
    new: impl Fn(&mut Random) -> (String, Option<Value>),
) -> Option<&'v mut Value> {
    let meant = |members: &Map<String, Value>| members.keys().filter(|name| is_meant(name)).count();
    // Of names that are drawn, some may be there already.
    for _ in 0..aim.wants() * 2 {
        if room && meant(members) < aim.wants() {
            let (name, value) = new(random);
            members.entry(name).or_insert(value?);
        }
    }
    let count = meant(members);
    if count == 0 {
        let (name, value) = new(random);
        members.insert(name.clone(), value?);
        return members.get_mut(&name);
    }
    let index = aim.among(count).unwrap_or_else(|| random.below(count));
    members.iter_mut().filter(|(name, _)| is_meant(name)).nth(index).map(|(_, value)| value)
}
