//! Making a value what a boundary value says.

use serde_json::{Map, Value};

use super::constraint_site::ConstraintSite;
use super::dictionary::STRANGE;
use super::draw::Draw;
use super::generator::Generator;
use super::reach::complete;
use super::value_plan::ValuePlanId;
use crate::model::{BoundaryValue, Constraint, Form, PlaceId, Table};
use crate::random::Random;
use crate::value::pointer;

/// Most items of a list that is made too long, or long enough.
const MAX_SIZE: usize = 100_000;

/// Whether applying it again may bring another value.
pub(super) fn leaves_a_choice(value: &BoundaryValue) -> bool {
    !matches!(
        value,
        BoundaryValue::Value(_)
            | BoundaryValue::Seam(..)
            | BoundaryValue::Filled(..)
            | BoundaryValue::Form(_)
            | BoundaryValue::UnknownMember
            | BoundaryValue::Absent(_)
            | BoundaryValue::Null(_)
            | BoundaryValue::Patch(_)
    )
}

/// Makes the value at the site as the boundary value says. Nothing when that cannot be; whether the value then is on the
/// wanted side, the caller judges, but for names of members, of which there may be others.
pub(super) fn apply(
    generator: &Generator,
    shape: &Table,
    site: &ConstraintSite,
    value: &BoundaryValue,
    place: &mut Value,
    random: &mut Random,
) -> Option<()> {
    let stated = &shape.constraints[site.constraint];
    let mut maker = Maker { generator, shape, stated, site, random };
    if site.path.key { maker.rename(place, value) } else { maker.change(place, value) }
}

struct Maker<'g, 'r> {
    generator: &'g Generator,
    shape: &'g Table,
    stated: &'g Constraint,
    site: &'g ConstraintSite,
    random: &'r mut Random,
}

impl<'g> Maker<'g, '_> {
    fn draw(&mut self, rich: bool) -> Draw<'g, '_> {
        Draw::new(self.shape, &self.generator.plans, self.random, rich)
    }

    fn plain(&mut self, node: PlaceId) -> Value {
        self.generator.plain(self.shape, node, self.random)
    }

    /// A member of the map gets such a name.
    fn rename(&mut self, place: &mut Value, wanted: &BoundaryValue) -> Option<()> {
        let mut name = Value::String(self.generator.text(self.shape, self.site.whole, None, self.random)?);
        self.change(&mut name, wanted)?;
        let Value::String(name) = name else { return None };
        let members = place.as_object_mut()?;
        let old = members.keys().nth(self.random.below(members.len())).cloned();
        let value = old.and_then(|old| members.shift_remove(&old)).unwrap_or_else(|| Value::from("x"));
        members.insert(name, value);
        Some(())
    }

    fn change(&mut self, place: &mut Value, wanted: &BoundaryValue) -> Option<()> {
        let node = self.site.whole;
        match wanted {
            BoundaryValue::Value(value) => *place = value.clone(),
            BoundaryValue::Filled(count, c) => *place = Value::String(self.filled(*count, *c)?),
            BoundaryValue::Form(form) => *place = in_form(place, *form)?,
            BoundaryValue::Seam(_, text) => *place = Value::from(text.as_str()),
            BoundaryValue::OfType(json_type) => {
                // What is there may be the only value that goes with the rest.
                let kept = self.stated.test.holds(place) && self.random.one_in(2);
                if !kept {
                    *place = self.draw(true).of_type(node, *json_type)?;
                }
            }
            BoundaryValue::Length(length) => *place = Value::String(self.of_length(*length)?),
            BoundaryValue::Match => *place = Value::String(self.strange()?),
            BoundaryValue::NearMiss => *place = Value::String(self.near_miss(place)?),
            BoundaryValue::Items(size) => *place = self.items(*size)?,
            BoundaryValue::Members(size) => self.members(place, *size)?,
            BoundaryValue::DuplicateItems => self.twins(place)?,
            BoundaryValue::Whole => self.whole(place)?,
            BoundaryValue::Drawn => *place = self.generator.rich(self.shape, node, self.random),
            BoundaryValue::NoBranch => *place = self.near_composition(place)?,
            BoundaryValue::UnknownMember => insert(place, "UnknownMember", Value::from("x"))?,
            BoundaryValue::Absent(name) => _ = place.as_object_mut()?.shift_remove(name)?,
            BoundaryValue::Null(name) => insert(place, name, Value::Null)?,
            BoundaryValue::Present(name) => self.add(place, name)?,
            BoundaryValue::Without(present, absent) => {
                self.add(place, present)?;
                place.as_object_mut()?.shift_remove(absent)?;
            }
            BoundaryValue::Patch(patch) => pointer::merge(place, patch),
        }
        Some(())
    }

    /// Adds a named member with those that it needs.
    fn add(&mut self, place: &mut Value, name: &str) -> Option<()> {
        if place.get(name).is_none() {
            let node = [self.site.node, self.site.whole].map(|node| &self.shape.nodes[node]);
            let member = node.iter().find_map(|node| node.properties.get(name))?;
            let value = self.plain(*member);
            insert(place, name, value)?;
        }
        complete(self.generator, self.shape, self.site.node, place.as_object_mut()?, self.random);
        Some(())
    }

    fn of_length(&mut self, length: u64) -> Option<String> {
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_SIZE)?;
        // What no valid string has as its length, letters have.
        let drawn = self.generator.text(self.shape, self.site.whole, Some(length), self.random);
        drawn.or_else(|| Some("x".repeat(length)))
    }

    fn filled(&self, count: u64, c: char) -> Option<String> {
        let count = usize::try_from(count).ok().filter(|count| *count <= MAX_SIZE)?;
        let text: String = std::iter::repeat_n(c, count).collect();
        self.generator.medium(self.shape, self.site.whole).filter(|medium| medium.carries(&text)).map(|_| text)
    }

    fn strange(&mut self) -> Option<String> {
        let node = self.site.whole;
        let plan = self.draw(false).settled(node, 0);
        plan.text.as_ref().map(|text| text.strange(self.random))
    }

    fn of_format(&mut self) -> Option<String> {
        let node = self.site.whole;
        let plan = self.draw(false).settled(node, 0);
        plan.text.as_ref().map(|text| text.of_format(self.random)).filter(|text| !text.is_empty())
    }

    /// A valid string with one thing wrong: a character more, another, one less.
    fn near_miss(&mut self, place: &Value) -> Option<String> {
        for _ in 0..8 {
            let drawn = match self.random.below(6) {
                0..3 => self.generator.text(self.shape, self.site.whole, None, self.random),
                3 => self.of_format(),
                _ => None,
            };
            let seed = drawn.or_else(|| place.as_str().map(str::to_owned))?;
            let missed = Value::String(if self.random.one_in(6) {
                seed
            } else {
                mutated(&seed, &self.site.foreign, self.random)
            });
            if !self.stated.test.holds(&missed)
                && let Value::String(text) = missed
            {
                return Some(text);
            }
        }
        None
    }

    fn items(&mut self, size: u64) -> Option<Value> {
        let size = usize::try_from(size).ok().filter(|size| *size <= MAX_SIZE)?;
        let node = self.site.whole;
        let except = Some(self.site.constraint);
        let mut draw = self.draw(false);
        draw.except = except;
        let plan = draw.settled(node, 0);
        Some(draw.items(plan, size, 0))
    }

    /// The object with members added or taken away until there are so many.
    fn members(&mut self, place: &mut Value, size: u64) -> Option<()> {
        let size = usize::try_from(size).ok().filter(|size| *size <= MAX_SIZE)?;
        let node = self.site.whole;
        let mut draw = self.draw(false);
        let plan = draw.settled(node, 0);
        let object = place.as_object_mut()?;
        for named in plan.members.named.iter().filter(|named| !named.credential) {
            if object.len() < size && !object.contains_key(&named.name) {
                let value = named.plan.map_or_else(|| Value::from("x"), |id| draw.value(id, 1));
                object.insert(named.name.clone(), value);
            }
        }
        draw.entries(&plan.members, size.saturating_sub(object.len()), object, 1);
        let required = |name: &str| plan.members.named.iter().any(|named| named.required && named.name == name);
        let extra: Vec<String> = object.keys().rev().filter(|name| !required(name)).cloned().collect();
        let too_many = object.len().saturating_sub(size);
        extra.iter().take(too_many).for_each(|name| _ = object.shift_remove(name));
        (object.len() == size).then_some(())
    }

    fn twins(&mut self, place: &mut Value) -> Option<()> {
        if place.get(0).is_none() {
            *place = self.items(1)?;
        }
        let items = place.as_array_mut()?;
        let twin = items.get(self.random.below(items.len()))?.clone();
        if items.len() == 1 || self.random.one_in(2) {
            items.push(twin);
        } else {
            items.insert(0, twin);
            // One had to go where no further one may come.
            if self.random.one_in(2) {
                items.pop();
            }
        }
        Some(())
    }

    /// Every named member is there.
    fn whole(&mut self, place: &mut Value) -> Option<()> {
        let named: Vec<(String, PlaceId)> =
            self.shape.nodes[self.site.whole].properties.iter().map(|(name, id)| (name.clone(), *id)).collect();
        let credential = |name: &str| {
            let named = &self.generator.plans[self.site.whole].members.named;
            named.iter().any(|named| named.credential && named.name == name)
        };
        for (name, id) in named {
            if !credential(&name) && place.get(&name).is_none() {
                let value = self.plain(id);
                insert(place, &name, value)?;
            }
        }
        Some(())
    }

    /// A value that satisfies what stands beside the composition and not the composition: drawn from what is around it, or the
    /// present value with something taken away, added or changed.
    fn near_composition(&mut self, place: &Value) -> Option<Value> {
        for _ in 0..16 {
            let around: Option<ValuePlanId> = self.random.pick(self.generator.near(self.site.constraint)).copied();
            let except = Some(self.site.constraint);
            let value = match (self.random.below(4), around) {
                (0, _) => altered(place, self.random),
                (_, Some(id)) => {
                    let rich = self.random.one_in(2);
                    let mut draw = self.draw(rich);
                    draw.except = except;
                    draw.value(id, 0)
                }
                (_, None) => altered(place, self.random),
            };
            if !self.stated.test.holds(&value) {
                return Some(value);
            }
        }
        None
    }
}

/// The value in another form, where it has that.
fn in_form(value: &Value, form: Form) -> Option<Value> {
    match (form, value) {
        (Form::Text, Value::Number(_) | Value::Bool(_)) => Some(Value::from(value.to_string())),
        (Form::ListOfOne, value) => Some(Value::Array(vec![value.clone()])),
        (Form::FirstItem, Value::Array(items)) => items.first().cloned(),
        (Form::Numbered, Value::Array(items)) if !items.is_empty() => {
            let members = items.iter().enumerate().map(|(index, item)| (index.to_string(), item.clone()));
            Some(Value::Object(members.collect()))
        }
        (Form::Text | Form::FirstItem | Form::Numbered, _) => None,
    }
}

fn insert(place: &mut Value, name: &str, value: Value) -> Option<()> {
    place.as_object_mut()?.insert(name.to_owned(), value);
    Some(())
}

/// The text with one character more, another, or one less, or twice. The other character is one of those that are known to
/// make a difference, where any are.
fn mutated(seed: &str, foreign: &[char], random: &mut Random) -> String {
    let characters: Vec<char> = seed.chars().collect();
    let known = if random.one_in(4) { None } else { random.pick(foreign) };
    let strange = known.or_else(|| random.pick(&STRANGE)).copied().unwrap_or(' ');
    let at = match random.below(4) {
        0 => 0,
        1 => characters.len(),
        _ => random.below(characters.len() + 1),
    };
    let (before, after) = characters.split_at(at);
    let join =
        |before: &[char], middle: &[char], after: &[char]| [before, middle, after].concat().into_iter().collect();
    match random.below(8) {
        0..3 => join(before, &[strange], after),
        3..5 => join(before, &[strange], after.get(1..).unwrap_or_default()),
        5 => join(before, &[], after.get(1..).unwrap_or_default()),
        6 => join(before, &[], &[]),
        _ => join(&characters, &[], &characters),
    }
}

/// The value with one part changed: taken away, of another type, or twice.
fn altered(value: &Value, random: &mut Random) -> Value {
    match value {
        Value::Object(members) if !members.is_empty() => {
            let at = random.below(members.len());
            let mut altered = Map::new();
            for (index, (name, value)) in members.iter().enumerate() {
                match (index == at, random.one_in(2)) {
                    (true, true) => {}
                    (true, false) => _ = altered.insert(name.clone(), self::altered(value, random)),
                    (false, _) => _ = altered.insert(name.clone(), value.clone()),
                }
            }
            Value::Object(altered)
        }
        Value::Array(items) => {
            let mut items = items.clone();
            match (items.is_empty(), random.below(3)) {
                (true, _) => items.push(Value::from("x")),
                (false, 0) => _ = items.pop(),
                (false, 1) => items.extend(items.clone()),
                (false, _) => {
                    let at = random.below(items.len());
                    items[at] = self::altered(&items[at], random);
                }
            }
            Value::Array(items)
        }
        Value::String(text) => match random.below(6) {
            0 => Value::from(7),
            1 => Value::Null,
            _ => Value::String(mutated(text, &[], random)),
        },
        Value::Number(number) => match random.below(8) {
            0 => Value::from("text"),
            1 => Value::from(0),
            2 => Value::from(-1),
            3 => Value::from(1_000_000_007),
            _ => {
                let step = [1, -1, 10, -10][random.below(4)];
                number.as_i64().map_or(Value::from(0.5), |n| Value::from(n.saturating_add(step)))
            }
        },
        Value::Bool(value) => Value::from(!value),
        _ => Value::from("x"),
    }
}
