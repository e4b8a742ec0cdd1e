//! Drawing values from plans.

use serde_json::{Map, Value};

use super::regex_gen::Taste;
use super::value_plan::{Members, ValuePlan, ValuePlanId};
use crate::model::{ConstraintId, JsonType, Table};
use crate::random::Random;

/// Nesting beyond which only what must be there is drawn.
const DEEP: usize = 6;
/// Nesting beyond which nothing is drawn.
const DEEPEST: usize = 40;
/// How often one value is drawn again when it breaks a constraint, and how often all values are together.
const TRIES: u32 = 30;
const ALL_TRIES: u32 = 600;
/// Most items of a list and members of a map.
const MAX_SIZE: usize = 100_000;

/// Longest name of a member that nothing bounds, in bytes.
const MAX_NAME: usize = 128;

/// One drawing.
pub(super) struct Draw<'g, 'r> {
    pub shape: &'g Table,
    pub plans: &'g [ValuePlan],
    pub random: &'r mut Random,
    /// Whether optional members and unusual values are wanted.
    pub rich: bool,
    /// A constraint that need not hold.
    pub except: Option<ConstraintId>,
    tries: u32,
}

impl<'g, 'r> Draw<'g, 'r> {
    pub fn new(shape: &'g Table, plans: &'g [ValuePlan], random: &'r mut Random, rich: bool) -> Self {
        Self { shape, plans, random, rich, except: None, tries: ALL_TRIES }
    }

    /// A value that satisfies the plan's constraints, as far as trying helps.
    pub fn value(&mut self, id: ValuePlanId, depth: usize) -> Value {
        let mut left = TRIES;
        loop {
            let plan = self.settled(id, depth);
            let value = self.once(plan, depth);
            if left == 0 || self.tries == 0 || self.holds(plan, &value) {
                return value;
            }
            left -= 1;
            self.tries -= 1;
        }
    }

    /// A value of one type.
    pub fn of_type(&mut self, id: ValuePlanId, json_type: JsonType) -> Option<Value> {
        let plan = self.settled(id, 0);
        for _ in 0..TRIES {
            let choice = self.random.pick(&plan.choices).cloned();
            let value = choice.unwrap_or_else(|| self.typed(plan, json_type, 0));
            if self.holds(plan, &value) {
                return Some(value);
            }
        }
        None
    }

    fn holds(&self, plan: &ValuePlan, value: &Value) -> bool {
        let mut checks = plan.checks.iter().filter(|check| Some(**check) != self.except);
        checks.all(|check| self.shape.constraints[*check].test.holds(value))
    }

    /// The plan after all choices among branches; far down, the one that ends soonest.
    pub fn settled(&mut self, mut id: ValuePlanId, depth: usize) -> &'g ValuePlan {
        let plans = self.plans;
        while !plans[id].choose.is_empty() {
            let choose = &plans[id].choose;
            let lowest = choose.iter().copied().min_by_key(|id| plans[*id].height);
            let drawn = if depth < DEEP { self.random.pick(choose).copied() } else { None };
            id = drawn.or(lowest).unwrap_or_default();
        }
        &plans[id]
    }

    fn once(&mut self, plan: &'g ValuePlan, depth: usize) -> Value {
        if let Some(choice) = self.random.pick(&plan.choices) {
            return choice.clone();
        }
        if self.rich
            && !plan.suggested.is_empty()
            && self.random.one_in(8)
            && let Some(value) = self.random.pick(&plan.suggested)
        {
            return value.clone();
        }
        let types = &plan.types;
        let drawn = if self.rich && types.len() > 1 && depth < DEEP { self.random.below(types.len()) } else { 0 };
        self.typed(plan, types.get(drawn).copied().unwrap_or(JsonType::String), depth)
    }

    fn typed(&mut self, plan: &'g ValuePlan, json_type: JsonType, depth: usize) -> Value {
        match json_type {
            JsonType::Null => Value::Null,
            JsonType::Boolean => Value::Bool(self.random.one_in(2)),
            JsonType::Integer => plan.numbers.integer(self.rich, self.random),
            JsonType::Number => plan.numbers.number(self.rich, self.random),
            JsonType::String => Value::String(self.text(plan)),
            JsonType::Array => self.list(plan, depth),
            JsonType::Object => self.object(&plan.members, depth),
        }
    }

    fn text(&mut self, plan: &ValuePlan) -> String {
        let Some(text) = &plan.text else { return String::new() };
        if self.rich { text.rich(self.random) } else { text.plain(self.random) }
    }

    fn list(&mut self, plan: &'g ValuePlan, depth: usize) -> Value {
        let list = &plan.list;
        let most = list.most.unwrap_or(usize::MAX).min(MAX_SIZE);
        let usual = list.least.max(usize::from(list.item.is_some() || !list.prefix.is_empty())).max(list.prefix.len());
        let wanted = match (depth >= DEEP, self.rich) {
            (true, _) => list.least,
            (false, false) => usual,
            (false, true) if self.random.one_in(24) && most <= 200 => most,
            (false, true) => list.least + self.random.below(4),
        };
        self.items(plan, wanted.min(most).max(list.least.min(MAX_SIZE)), depth)
    }

    /// A list of so many items, with what it must contain at random places.
    pub fn items(&mut self, plan: &'g ValuePlan, length: usize, depth: usize) -> Value {
        let list = &plan.list;
        let mut items: Vec<Value> = Vec::new();
        if depth >= DEEPEST {
            return Value::Array(items);
        }
        let wanted: Vec<ValuePlanId> =
            list.contains.iter().flat_map(|(id, count)| std::iter::repeat_n(*id, *count)).collect();
        let start = length.saturating_sub(wanted.len());
        let start = if start > 0 { self.random.below(start + 1) } else { 0 }.max(list.prefix.len().min(start));
        for index in 0..length.min(MAX_SIZE) {
            let special = index.checked_sub(start).and_then(|index| wanted.get(index).copied());
            let id = special.or(list.prefix.get(index).copied()).or(list.item);
            let mut item = self.item(id, index, depth);
            if list.unique {
                let mut tries = TRIES;
                while tries > 0 && items.contains(&item) {
                    item = self.item(id, index, depth);
                    tries -= 1;
                }
            }
            items.push(item);
        }
        Value::Array(items)
    }

    fn item(&mut self, id: Option<ValuePlanId>, index: usize, depth: usize) -> Value {
        id.map_or_else(|| Value::from(index), |id| self.value(id, depth + 1))
    }

    fn object(&mut self, members: &'g Members, depth: usize) -> Value {
        let present = self.present(members, depth);
        let mut object = Map::with_capacity(members.named.len());
        if depth >= DEEPEST {
            return Value::Object(object);
        }
        for (named, present) in members.named.iter().zip(present) {
            if present {
                let value = named.plan.map_or_else(|| Value::from("x"), |id| self.value(id, depth + 1));
                object.insert(named.name.clone(), value);
            }
        }
        let more = match (self.rich && depth < DEEP, members.named.is_empty()) {
            (true, _) => self.random.below(4),
            (false, empty) => usize::from(empty && !self.rich && depth < DEEP),
        };
        let room = members.most.unwrap_or(usize::MAX).saturating_sub(object.len());
        let lacking = members.least.saturating_sub(object.len());
        self.entries(members, more.min(room).max(lacking).min(MAX_SIZE), &mut object, depth);
        Value::Object(object)
    }

    /// Which of the named members are there.
    fn present(&mut self, members: &Members, depth: usize) -> Vec<bool> {
        let rich = self.rich && depth < DEEP;
        // Once in eight times none or all of the optional ones; otherwise each by a bit of its own.
        let mood = if rich { self.random.below(8) } else { 0 };
        let mut bits = if rich { self.random.next() } else { 0 };
        let mut present = Vec::with_capacity(members.named.len());
        for (index, named) in members.named.iter().enumerate() {
            if rich && index % 64 == 63 {
                bits = self.random.next();
            }
            let optional = rich && mood > 0 && (mood == 1 || bits >> (index % 64) & 1 == 1);
            present.push((named.required || optional) && !(named.credential && self.rich));
        }
        complete(members, &mut present);
        present
    }

    /// Adds members that have no name of their own.
    pub fn entries(&mut self, members: &Members, wanted: usize, object: &mut Map<String, Value>, depth: usize) {
        if wanted == 0 || members.values.is_none() && members.patterns.is_empty() && object.len() >= members.least {
            return;
        }
        let goal = object.len() + wanted;
        for attempt in 0..wanted * 4 + 8 {
            if object.len() >= goal {
                break;
            }
            let by_pattern = !members.patterns.is_empty() && (members.values.is_none() || self.random.one_in(2));
            let pattern = if by_pattern { self.random.pick(&members.patterns) } else { None };
            let (name, id) = match (pattern, members.values) {
                (Some((pattern, id)), _) => (self.name_by(pattern), Some(*id)),
                (None, Some(values)) => (self.key(members, attempt), Some(values)),
                (None, None) if members.open => (self.key(members, attempt), None),
                (None, None) => break,
            };
            if object.contains_key(&name) || members.named.iter().any(|named| named.name == name) {
                continue;
            }
            let value = id.map_or_else(|| Value::from("x"), |id| self.value(id, depth + 1));
            object.insert(name, value);
        }
    }

    fn name_by(&mut self, pattern: &super::regex_gen::Pattern) -> String {
        let (shortest, longest) = pattern.lengths();
        let length = shortest + self.random.below(8).min(longest - shortest);
        pattern.draw(length, Taste::Plain, self.random)
    }

    /// A name for a member that has none of its own.
    pub fn key(&mut self, members: &Members, number: usize) -> String {
        match members.keys.map(|keys| self.value(keys, DEEP)) {
            Some(Value::String(name)) => name,
            _ => {
                let free = members.free_keys.as_ref().filter(|_| self.rich && self.random.one_in(2));
                let drawn = free.map(|text| text.rich(self.random)).filter(|name| (1..=MAX_NAME).contains(&name.len()));
                drawn.unwrap_or_else(|| format!("key{number}"))
            }
        }
    }
}

/// Adds the members that others need, and takes away or adds optional ones until there are few or many enough.
fn complete(members: &Members, present: &mut [bool]) {
    let close = |present: &mut [bool]| {
        for _ in 0..members.named.len() {
            for index in 0..members.named.len() {
                if present[index] {
                    members.named[index].needs.iter().for_each(|needed| present[*needed] = true);
                }
            }
        }
    };
    let needy = members.named.iter().any(|named| !named.needs.is_empty());
    if needy {
        close(present);
    }
    let count = |present: &[bool]| present.iter().filter(|present| **present).count();
    if members.most.is_some_and(|most| count(present) > most) {
        members.named.iter().zip(present.iter_mut()).for_each(|(named, present)| *present = named.required);
        close(present);
    }
    if members.values.is_none() && members.patterns.is_empty() && count(present) < members.least {
        let mut index = 0;
        while count(present) < members.least && index < present.len() {
            present[index] |= !members.named[index].credential;
            close(present);
            index += 1;
        }
    }
}
