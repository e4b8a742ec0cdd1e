//! Numbers within bounds.

use serde_json::{Number, Value};

use super::dictionary::{FRACTIONS, INTEGERS};
use crate::model::Node;
use crate::random::Random;

/// How far from a bound numbers usually are, in steps.
const USUAL: i128 = 100;

/// The numbers that a set of schemas allows together.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    /// Smallest and largest integer, where said.
    low: Option<i128>,
    high: Option<i128>,
    /// What integers are a multiple of.
    step: i128,
    /// Smallest and largest fraction, where said, and what it is a multiple of.
    least: Option<f64>,
    most: Option<f64>,
    part: Option<f64>,
    /// The numbers of which more than one is tried, as far as the bounds leave them.
    integers: Vec<Value>,
    fractions: Vec<Value>,
}

impl Numbers {
    pub fn of(nodes: &[&Node]) -> Self {
        let mut numbers = Self { step: 1, ..Self::default() };
        for node in nodes {
            let limits = &node.limits;
            numbers.above(limits.minimum.as_ref(), false);
            numbers.above(limits.exclusive_minimum.as_ref(), true);
            numbers.below(limits.maximum.as_ref(), false);
            numbers.below(limits.exclusive_maximum.as_ref(), true);
            if node.format.as_deref() == Some("int32") {
                numbers.above(Some(&Number::from(i32::MIN)), false);
                numbers.below(Some(&Number::from(i32::MAX)), false);
            }
            numbers.multiple(limits.multiple_of.as_ref());
        }
        numbers.collect();
        numbers
    }

    fn above(&mut self, bound: Option<&Number>, exclusive: bool) {
        let Some(bound) = bound else { return };
        let integer = exact(bound).map(|n| n + i128::from(exclusive)).or_else(|| whole(bound.as_f64()?.floor() + 1.0));
        self.low = self.low.max(integer);
        let float = bound.as_f64().map(|n| if exclusive { n + small(n) } else { n });
        self.least = self.least.into_iter().chain(float).reduce(f64::max);
    }

    fn below(&mut self, bound: Option<&Number>, exclusive: bool) {
        let Some(bound) = bound else { return };
        let integer = exact(bound).map(|n| n - i128::from(exclusive)).or_else(|| whole(bound.as_f64()?.ceil() - 1.0));
        self.high = self.high.into_iter().chain(integer).min();
        let float = bound.as_f64().map(|n| if exclusive { n - small(n) } else { n });
        self.most = self.most.into_iter().chain(float).reduce(f64::min);
    }

    fn multiple(&mut self, of: Option<&Number>) {
        let Some(of) = of else { return };
        match exact(of).filter(|step| *step > 0) {
            Some(step) => self.step = self.step / common(self.step, step) * step,
            None => self.part = of.as_f64().filter(|part| *part > 0.0),
        }
    }

    /// The remarkable numbers within the bounds, and the bounds themselves.
    fn collect(&mut self) {
        let (low, high) = (self.low.unwrap_or(i64::MIN.into()), self.high.unwrap_or(i64::MAX.into()));
        let near = [self.low, self.low.map(|n| n + 1), self.high, self.high.map(|n| n - 1)];
        let all = near.into_iter().flatten().chain(INTEGERS.map(i128::from));
        let fitting = all.filter(|n| (low..=high).contains(n) && n % self.step == 0);
        self.integers = fitting.filter_map(to_value).collect();
        let fraction = |n: &f64| {
            self.least.is_none_or(|least| *n >= least)
                && self.most.is_none_or(|most| *n <= most)
                && self.part.is_none()
                && self.step == 1
        };
        let all = FRACTIONS.into_iter().chain(self.least).chain(self.most).filter(fraction);
        self.fractions = all.filter_map(Number::from_f64).map(Value::Number).collect();
    }

    /// An integer.
    pub fn integer(&self, rich: bool, random: &mut Random) -> Value {
        if rich
            && random.one_in(3)
            && let Some(value) = random.pick(&self.integers)
        {
            return value.clone();
        }
        let low = self.low.unwrap_or_else(|| self.high.map_or(0, |high| high - USUAL * self.step));
        let first = (low + self.step - 1).div_euclid(self.step);
        let last = self.high.map_or(first + USUAL, |high| high.div_euclid(self.step)).max(first);
        let last = if rich { last } else { last.min(first + USUAL) };
        let span = u64::try_from(last - first).unwrap_or(u64::MAX);
        to_value((first + i128::from(random.between(0, span))) * self.step).unwrap_or_default()
    }

    /// A number that may have a fraction.
    pub fn number(&self, rich: bool, random: &mut Random) -> Value {
        if rich
            && random.one_in(4)
            && let Some(value) = random.pick(&self.fractions)
        {
            return value.clone();
        }
        if let Some(part) = self.part {
            return self.multiple_of_part(part, random);
        }
        let narrow = self.low.zip(self.high).is_some_and(|(low, high)| low > high);
        if !narrow && (!rich || random.one_in(2)) {
            return self.integer(rich, random);
        }
        let least = self.least.unwrap_or_else(|| self.most.map_or(0.0, |most| most - 100.0));
        let most = self.most.unwrap_or(least + 100.0).max(least);
        // In hundredths of the way, so that the text of the number is short where its bounds are.
        let hundredth = f64::from(u32::try_from(random.below(101)).unwrap_or(0)) / 100.0;
        let drawn = least + (most - least) * hundredth;
        Number::from_f64(drawn.clamp(least, most)).map(Value::Number).unwrap_or_default()
    }

    #[allow(clippy::cast_possible_truncation, reason = "a small count, or clamped to one")]
    fn multiple_of_part(&self, part: f64, random: &mut Random) -> Value {
        let bottom = self.least.unwrap_or_else(|| self.most.map_or(0.0, |most| most - 100.0 * part));
        let first = (bottom / part).ceil();
        let last = self.most.map_or(first + 100.0, |most| (most / part).floor());
        let steps = (last - first).clamp(0.0, 10_000.0) as i32;
        let drawn =
            (first + f64::from(u32::try_from(random.below(steps.unsigned_abs() as usize + 1)).unwrap_or(0))) * part;
        let integer = whole(drawn).filter(|_| drawn.fract() == 0.0).and_then(to_value);
        integer.or_else(|| Number::from_f64(drawn).map(Value::Number)).unwrap_or_default()
    }
}

/// A step away from a bound that must not be reached.
fn small(n: f64) -> f64 {
    (n.abs() / 1e6).max(1e-3)
}

fn exact(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

#[allow(clippy::cast_possible_truncation, reason = "within what an i128 holds")]
fn whole(number: f64) -> Option<i128> {
    (number.abs() < 1e30).then_some(number as i128)
}

fn common(a: i128, b: i128) -> i128 {
    if b == 0 { a } else { common(b, a % b) }
}

fn to_value(number: i128) -> Option<Value> {
    i64::try_from(number).map(Value::from).or_else(|_| u64::try_from(number).map(Value::from)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Limits, Rare};
    use serde_json::json;

    fn number(value: f64) -> Option<Number> {
        Number::from_f64(value)
    }

    #[test]
    fn stays_within_all_bounds_and_on_all_multiples() {
        let first = Limits { minimum: Some(7.into()), multiple_of: Some(4.into()), ..Limits::default() };
        let second = Limits { exclusive_maximum: Some(72.into()), multiple_of: Some(6.into()), ..Limits::default() };
        let nodes = [
            Node { limits: Rare::new(first), ..Node::default() },
            Node { limits: Rare::new(second), ..Node::default() },
        ];
        let numbers = Numbers::of(&[&nodes[0], &nodes[1]]);
        let mut random = Random::new(1);
        for rich in [false, true] {
            let drawn: Vec<i64> = (0..200).filter_map(|_| numbers.integer(rich, &mut random).as_i64()).collect();
            assert!(drawn.iter().all(|n| (8..72).contains(n) && n % 12 == 0), "{drawn:?}");
            assert!(drawn.contains(&12) && drawn.contains(&60));
        }
    }

    #[test]
    fn meets_the_limits_of_machines() {
        let numbers = Numbers::of(&[&Node::default()]);
        let mut random = Random::new(1);
        let drawn: Vec<Value> = (0..2000).map(|_| numbers.integer(true, &mut random)).collect();
        for remarkable in [json!(i64::MAX), json!(i64::MIN), json!(9_007_199_254_740_993_i64), json!(-1)] {
            assert!(drawn.contains(&remarkable), "{remarkable}");
        }
        let drawn: Vec<Value> = (0..2000).map(|_| numbers.number(true, &mut random)).collect();
        assert!(drawn.iter().any(|n| n.as_f64().is_some_and(|n| n == 0.0 && n.is_sign_negative())));
        assert!(drawn.contains(&json!(1e21)));
    }

    #[test]
    fn fractions_between_bounds_that_hold_no_integer() {
        let limits = Limits { minimum: number(0.25), maximum: number(0.75), ..Limits::default() };
        let numbers = Numbers::of(&[&Node { limits: Rare::new(limits), ..Node::default() }]);
        let mut random = Random::new(1);
        for rich in [false, true] {
            for _ in 0..100 {
                let drawn = numbers.number(rich, &mut random).as_f64().expect("a number");
                assert!((0.25..=0.75).contains(&drawn), "{drawn}");
            }
        }
        let limits = Limits { minimum: number(0.3), multiple_of: number(0.25), ..Limits::default() };
        let numbers = Numbers::of(&[&Node { limits: Rare::new(limits), ..Node::default() }]);
        assert!(numbers.number(false, &mut random).as_f64().is_some_and(|n| n >= 0.5 && (n * 4.0).fract() == 0.0));
    }
}
