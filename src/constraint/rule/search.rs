//! Values around a rule's boundary, found from its expression.
//!
//! The literals of the expression and what is one beside them are put in place of each number and text of the spec's own examples,
//! as are the other members' numbers that far away. Those come first in which one comparison decides, by no more than one, as none
//! before did: so each side of each comparison and each alternative is among the first few.

use std::collections::HashSet;

use serde_json::{Map, Value};

use super::operand::Operand;
use super::program::{Part, Program};
use super::run::{difference, part_holds};

/// Most literals of each kind, and most values that are changed twice.
const MAX_LITERALS: usize = 8;
const MAX_TWICE: usize = 100;
/// Most values that are weighed, and most that are found worth trying.
const MAX_VALUES: usize = 2_000;
const MOST: usize = 80;

/// Values around both examples of a rule, each once, the most telling first.
pub fn around(examples: [&Value; 2], program: Option<&Program>, operands: &[Operand]) -> Vec<Value> {
    let literals = program.map(Literals::of).unwrap_or_default();
    let mut found: Vec<Value> = examples.iter().flat_map(|example| literals.variants(example)).collect();
    let twice: Vec<Value> = found.iter().take(MAX_TWICE).flat_map(|value| literals.pinned(value)).collect();
    found.extend(examples.iter().flat_map(|example| variants(example)));
    found.extend(examples.iter().flat_map(|example| without(example)));
    found.extend(twice);
    let mut known = HashSet::new();
    found.retain(|value| !examples.contains(&value) && known.insert(value.to_string()));
    found.truncate(MAX_VALUES);
    let Some(program) = program else {
        found.truncate(MOST);
        return found;
    };
    let mut seen: HashSet<Feature> = HashSet::new();
    for example in examples {
        seen.extend(features(program, operands, example));
    }
    let mut is_new = |value: &Value, deciding: bool| {
        let features = features(program, operands, value);
        let new = features.iter().filter(|feature| feature.decides || !deciding).any(|feature| !seen.contains(feature));
        if new {
            seen.extend(features);
        }
        new
    };
    let (mut telling, others): (Vec<Value>, Vec<Value>) = found.into_iter().partition(|value| is_new(value, true));
    let (more, others): (Vec<Value>, Vec<Value>) = others.into_iter().partition(|value| is_new(value, false));
    telling.extend(more);
    telling.extend(others);
    telling.truncate(MOST);
    telling
}

/// How one comparison comes out.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Feature {
    comparison: usize,
    holds: bool,
    /// How far its sides are apart, where they are numbers and it is less than two.
    apart: Option<i64>,
    /// Whether the rule comes out otherwise when the comparison does.
    decides: bool,
}

/// How each comparison of the expression comes out; nothing where a member is absent, or CEL must say.
fn features(program: &Program, operands: &[Operand], value: &Value) -> Vec<Feature> {
    let Some(members) = operands.iter().map(|operand| operand.of(value)).collect::<Option<Vec<&Value>>>() else {
        return Vec::new();
    };
    let mut comparisons = Vec::new();
    leaves(&program.root, &mut comparisons);
    let outcomes: Option<Vec<bool>> = comparisons.iter().map(|part| part_holds(part, &members).ok()).collect();
    let Some(mut outcomes) = outcomes else { return Vec::new() };
    let whole = joined(&program.root, &mut outcomes.iter().copied());
    let mut found = Vec::new();
    for (comparison, part) in comparisons.into_iter().enumerate() {
        let holds = outcomes[comparison];
        outcomes[comparison] = !holds;
        let decides = joined(&program.root, &mut outcomes.iter().copied()) != whole;
        outcomes[comparison] = holds;
        let apart = difference(part, &members).filter(|apart| apart.abs() < 2);
        found.push(Feature { comparison, holds, apart, decides });
    }
    found
}

/// The comparisons that an expression joins.
fn leaves<'p>(part: &'p Part, found: &mut Vec<&'p Part>) {
    match part {
        Part::Both(both) | Part::Either(both) => both.iter().for_each(|part| leaves(part, found)),
        Part::Not(only) => leaves(only, found),
        Part::If(parts) => parts.iter().for_each(|part| leaves(part, found)),
        comparison => found.push(comparison),
    }
}

/// What the expression comes to when its comparisons come out so, in their order.
fn joined(part: &Part, outcomes: &mut impl Iterator<Item = bool>) -> bool {
    match part {
        Part::Both(both) => both.each_ref().map(|part| joined(part, outcomes)) == [true; 2],
        Part::Either(both) => both.each_ref().map(|part| joined(part, outcomes)) != [false; 2],
        Part::Not(only) => !joined(only, outcomes),
        Part::If(parts) => {
            let [condition, then, otherwise] = [0, 1, 2].map(|index| joined(&parts[index], outcomes));
            if condition { then } else { otherwise }
        }
        _ => outcomes.next().unwrap_or(false),
    }
}

/// The numbers and texts that an expression names.
#[derive(Default)]
struct Literals {
    numbers: Vec<i64>,
    texts: Vec<String>,
}

impl Literals {
    fn of(program: &Program) -> Self {
        let mut literals = Self::default();
        literals.collect(&program.root);
        literals.numbers.truncate(MAX_LITERALS);
        literals.texts.truncate(MAX_LITERALS);
        literals
    }

    fn collect(&mut self, part: &Part) {
        match part {
            Part::Int(number) if !self.numbers.contains(number) => self.numbers.push(*number),
            Part::Text(text) if !text.is_empty() && !self.texts.contains(text) => self.texts.push(text.clone()),
            Part::List(parts) | Part::Call(_, parts) => parts.iter().for_each(|part| self.collect(part)),
            Part::Not(only) | Part::Negative(only) | Part::Member(only, _) | Part::HasMember(only, _) => {
                self.collect(only);
            }
            Part::Matches(only, _) => self.collect(only),
            Part::Both(both)
            | Part::Either(both)
            | Part::Equal(both)
            | Part::Differs(both)
            | Part::Order(_, both)
            | Part::Arithmetic(_, both)
            | Part::In(both)
            | Part::Index(both) => both.iter().for_each(|part| self.collect(part)),
            Part::If(parts) => parts.iter().for_each(|part| self.collect(part)),
            Part::Fold(_, body) => {
                self.collect(&body.range);
                body.condition.iter().chain([&body.item]).for_each(|part| self.collect(part));
            }
            _ => {}
        }
    }

    /// The example with a literal, or what is beside it, in place of one of its numbers and texts.
    fn variants(&self, example: &Value) -> Vec<Value> {
        let others: Vec<i64> = scalars(example).into_iter().filter_map(Value::as_i64).collect();
        replaced(example, &|scalar| match scalar {
            Value::Number(number) if number.is_i64() => self.numbers(&others),
            Value::String(_) => self.texts(),
            _ => Vec::new(),
        })
    }

    /// The value with a literal number, or one beside it, in place of one of its numbers.
    fn pinned(&self, value: &Value) -> Vec<Value> {
        replaced(value, &|scalar| if scalar.is_i64() { self.numbers(&[]) } else { Vec::new() })
    }

    fn numbers(&self, others: &[i64]) -> Vec<Value> {
        let beside = |number: i64| [number, number.saturating_sub(1), number.saturating_add(1)];
        let apart = |other: &i64| {
            let other = *other;
            self.numbers.iter().flat_map(move |number| [other.saturating_add(*number), other.saturating_sub(*number)])
        };
        let far: Vec<i64> = others.iter().flat_map(apart).chain(others.iter().copied()).collect();
        self.numbers.iter().copied().chain(far).flat_map(beside).map(Value::from).collect()
    }

    fn texts(&self) -> Vec<Value> {
        let around = |text: &String| {
            let shorter: String = text.chars().take(text.chars().count().saturating_sub(1)).collect();
            [text.clone(), format!("{text}x"), format!("x{text}"), text.to_uppercase(), text.to_lowercase(), shorter]
        };
        self.texts.iter().flat_map(around).map(Value::String).collect()
    }
}

/// The numbers, texts and booleans of a value.
fn scalars(value: &Value) -> Vec<&Value> {
    match value {
        Value::Array(items) => items.iter().flat_map(scalars).collect(),
        Value::Object(members) => members.values().flat_map(scalars).collect(),
        scalar => vec![scalar],
    }
}

/// The value with another in place of one of its numbers, texts and booleans, in every way that there is.
fn replaced(value: &Value, by: &dyn Fn(&Value) -> Vec<Value>) -> Vec<Value> {
    match value {
        Value::Array(items) => {
            let changed = |(index, item): (usize, &Value)| {
                let with = move |item: Value| {
                    let mut items = items.clone();
                    items[index] = item;
                    Value::Array(items)
                };
                replaced(item, by).into_iter().map(with).collect::<Vec<Value>>()
            };
            items.iter().enumerate().flat_map(changed).collect()
        }
        Value::Object(members) => {
            let changed = |(name, member): (&String, &Value)| {
                replaced(member, by).into_iter().map(|member| with(members, &[(name, &member)])).collect::<Vec<Value>>()
            };
            members.iter().flat_map(changed).collect()
        }
        scalar => by(scalar),
    }
}

/// The example without one of its members, at any depth; as a merge patch, null takes the member away.
fn without(example: &Value) -> Vec<Value> {
    let Value::Object(members) = example else { return Vec::new() };
    let below = |(name, member): (&String, &Value)| {
        let own = (!member.is_null()).then(|| with(members, &[(name, &Value::Null)]));
        let deeper = without(member).into_iter().map(|member| with(members, &[(name, &member)]));
        own.into_iter().chain(deeper).collect::<Vec<Value>>()
    };
    members.iter().flat_map(below).collect()
}

fn with(members: &Map<String, Value>, changed: &[(&String, &Value)]) -> Value {
    let mut members = members.clone();
    for (name, value) in changed {
        members.insert((*name).clone(), (*value).clone());
    }
    Value::Object(members)
}

/// Values that differ from one in a single number, text or item, or by two exchanged members.
fn variants(value: &Value) -> Vec<Value> {
    let mut found = replaced(value, &beside);
    if let Value::Object(members) = value {
        let pairs = members.iter().enumerate().flat_map(|(index, one)| {
            members.iter().skip(index + 1).filter(move |other| other.1 != one.1).map(move |other| (one, other))
        });
        found.extend(pairs.map(|((one, own), (other, theirs))| with(members, &[(one, theirs), (other, own)])));
    }
    found
}

/// Scalars that are little else than this one.
fn beside(scalar: &Value) -> Vec<Value> {
    match scalar {
        Value::Bool(value) => vec![Value::Bool(!value)],
        Value::Number(number) => {
            let near = |n: i64| [n - 1, n + 1, n - 100, n + 100, 0, -1].map(Value::from).to_vec();
            number.as_i64().filter(|n| n.abs() < i64::MAX / 2).map_or_else(Vec::new, near)
        }
        Value::String(text) => {
            let shorter: String = text.chars().take(text.chars().count().saturating_sub(1)).collect();
            let texts = [shorter, format!("{text}x"), format!("x{text}"), text.to_uppercase(), String::new()];
            texts.into_iter().filter(|other| other != text).map(Value::String).collect()
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn program(assert: &str) -> Program {
        let program = super::super::environment().compile(assert).expect("compiles");
        Program::of(&program.expression().expr, &["a", "b"]).expect("one that ours can run")
    }

    fn found(assert: &str, examples: [Value; 2]) -> Vec<Value> {
        let operand = |name: &str| Operand { name: name.into(), path: vec![name.into()], default: None };
        let [holds, breaks] = &examples;
        around([holds, breaks], Some(&program(assert)), &[operand("a"), operand("b")])
    }

    #[test]
    fn looks_around_the_values_of_the_spec() {
        let around = variants(&json!({"a": 5, "b": {"c": "rds"}, "d": 7}));
        assert!(around.contains(&json!({"a": 6, "b": {"c": "rds"}, "d": 7})));
        assert!(around.contains(&json!({"a": 5, "b": {"c": "rd"}, "d": 7})));
        assert!(around.contains(&json!({"a": 7, "b": {"c": "rds"}, "d": 5})), "two members exchanged");
        assert!(variants(&json!([true])).contains(&json!([false])));
    }

    /// Whoever forgets one of the alternatives, or is one off in one of the comparisons, judges one of the first few otherwise.
    #[test]
    fn each_part_of_the_expression_decides_about_one_of_the_first() {
        let right = "a < 0 || b < 0 || b - 90 >= a";
        let examples = [json!({"a": 30, "b": 120}), json!({"a": 30, "b": 119})];
        let values: Vec<Value> = examples.clone().into_iter().chain(found(right, examples)).collect();
        for wrong in [
            "b < 0 || b - 90 >= a",
            "a < 0 || b - 90 >= a",
            "a <= 0 || b < 0 || b - 90 >= a",
            "a < -1 || b < 0 || b - 90 >= a",
            "a < 0 || b < 0 || b - 90 > a",
            "a < 0 || b < 0 || b - 89 >= a",
            "a < 0 || b < 0",
        ] {
            let holds = |assert: &str, value: &Value| program(assert).holds(&[&value["a"], &value["b"]]).ok();
            let told = values.iter().take(40).any(|value| holds(right, value) != holds(wrong, value));
            assert!(told, "{wrong}: {:?}", &values[..40.min(values.len())]);
        }
    }

    #[test]
    fn texts_of_the_expression_are_tried_in_each_text() {
        let around = found(
            "!a.startsWith('aws:') && !b.startsWith('rds:')",
            [json!({"a": "x", "b": "y"}), json!({"a": "aws:x"})],
        );
        for value in [json!({"a": "aws:", "b": "y"}), json!({"a": "x", "b": "RDS:"}), json!({"a": "xaws:", "b": "y"})] {
            assert!(around.contains(&value), "{value}");
        }
        assert!(around.contains(&json!({"a": "x", "b": null})), "without a member");
    }
}
