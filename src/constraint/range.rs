//! `minimum`, `maximum`, their exclusive forms, and `multipleOf`.

use std::cmp::Ordering;

use serde_json::{Number, Value};

use super::{Edges, Kind, Scope, Stated, Test, Unfit, values};
use crate::model::{Cause, SchemaSpec};

/// The kind.
pub struct Range;

impl Kind for Range {
    fn cause(&self) -> Cause {
        Cause::Range
    }

    fn compile(&self, schema: &SchemaSpec, _: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        let bounds = [
            ("minimum", &schema.minimum, Bound::AtLeast),
            ("maximum", &schema.maximum, Bound::AtMost),
            ("exclusiveMinimum", &schema.exclusive_minimum, Bound::Above),
            ("exclusiveMaximum", &schema.exclusive_maximum, Bound::Below),
            ("multipleOf", &schema.multiple_of, Bound::MultipleOf),
        ];
        let stated = bounds.into_iter().filter_map(|(keyword, number, bound)| {
            number.clone().map(|number| Stated::new(keyword, InRange { bound, number }))
        });
        stated.map(Ok).collect()
    }
}

#[derive(Debug, Clone, Copy)]
enum Bound {
    AtLeast,
    AtMost,
    Above,
    Below,
    MultipleOf,
}

#[derive(Debug)]
struct InRange {
    bound: Bound,
    number: Number,
}

impl Test for InRange {
    fn holds(&self, value: &Value) -> bool {
        let Value::Number(value) = value else { return true };
        let order = compare(value, &self.number);
        match self.bound {
            Bound::AtLeast => order != Ordering::Less,
            Bound::AtMost => order != Ordering::Greater,
            Bound::Above => order == Ordering::Greater,
            Bound::Below => order == Ordering::Less,
            Bound::MultipleOf => is_multiple(value, &self.number),
        }
    }

    fn state(&self) -> String {
        let relation = match self.bound {
            Bound::AtLeast => "at least",
            Bound::AtMost => "at most",
            Bound::Above => "more than",
            Bound::Below => "less than",
            Bound::MultipleOf => "a multiple of",
        };
        format!("must be {relation} {}", self.number)
    }

    fn edges(&self) -> Edges {
        let near: Vec<Value> = match self.bound {
            Bound::MultipleOf => between_multiples(&self.number).collect(),
            Bound::AtLeast | Bound::AtMost => neighbours(&self.number).collect(),
            Bound::Above | Bound::Below => neighbours(&self.number).chain(parts_beside(&self.number)).collect(),
        };
        let (inside, mut outside): (Vec<Value>, Vec<Value>) = near.into_iter().partition(|value| self.holds(value));
        outside.extend(far(&self.number).filter(|value| !self.holds(value)));
        Edges { inside: values(inside), outside: values(outside) }
    }
}

/// The number itself and those beside it, nearest first; fractions too where the number is one.
fn neighbours(number: &Number) -> impl Iterator<Item = Value> {
    let whole = integer(number)
        .into_iter()
        .flat_map(|n| [n, n - 1, n + 1])
        .filter_map(|n| i64::try_from(n).map(Value::from).or_else(|_| u64::try_from(n).map(Value::from)).ok());
    let float = number.as_f64().filter(|_| number.is_f64());
    let parts = float.into_iter().flat_map(|n| [n, n / 2.0, n * 1.5, n - 1.0, n + 1.0]);
    whole.chain(parts.filter_map(Number::from_f64).map(Value::Number))
}

/// Numbers that have little to do with a bound, and are judged wrongly by whoever takes them for nothing, for signs, or cuts
/// them to 32 bits.
fn far(number: &Number) -> impl Iterator<Item = Value> {
    let wrapped = integer(number).into_iter().flat_map(|n| [n + (1 << 32), n - (1 << 32)]);
    let numbers = wrapped.chain([0, -1, 1 << 31, i128::from(i64::MAX)]);
    numbers.filter_map(|n| i64::try_from(n).map(Value::from).ok())
}

/// Numbers less than 1 away: beyond a bound that does not belong to the range lies no nearest number.
fn parts_beside(number: &Number) -> impl Iterator<Item = Value> {
    let float = number.as_f64().filter(|n| n.abs() < 1e15).into_iter();
    float.flat_map(|n| [n + 0.25, n - 0.25]).filter_map(Number::from_f64).map(Value::Number)
}

/// Multiples and what lies between them, small and large, so that other bounds leave some of each.
fn between_multiples(of: &Number) -> impl Iterator<Item = Value> {
    let whole = of.as_i64().filter(|of| of.abs() < 1_000_000_000).into_iter();
    let beside = whole.flat_map(|of| [of, of + 1, of * 2, of * 3 - 1, of * 10 + 1, of * 100 - 1]).map(Value::from);
    let of = of.as_f64().unwrap_or(f64::NAN);
    let times = [1.0, 0.5, 1.5, 2.0, 2.5, 5.5, 10.0, 10.5, 100.5];
    beside.chain(times.into_iter().filter_map(move |times| Number::from_f64(of * times).map(Value::Number)))
}

/// Compares by value; integers exactly, also beyond the precision of floats.
fn compare(left: &Number, right: &Number) -> Ordering {
    if let (Some(left), Some(right)) = (integer(left), integer(right)) {
        return left.cmp(&right);
    }
    let (left, right) = (left.as_f64().unwrap_or(f64::NAN), right.as_f64().unwrap_or(f64::NAN));
    left.partial_cmp(&right).unwrap_or(Ordering::Equal)
}

fn is_multiple(value: &Number, of: &Number) -> bool {
    match (integer(value), integer(of)) {
        (Some(value), Some(of)) => of != 0 && value % of == 0,
        _ => {
            let quotient = value.as_f64().unwrap_or(f64::NAN) / of.as_f64().unwrap_or(f64::NAN);
            quotient.is_finite() && (quotient - quotient.round()).abs() <= quotient.abs() * f64::EPSILON
        }
    }
}

fn integer(number: &Number) -> Option<i128> {
    number.as_i64().map(i128::from).or_else(|| number.as_u64().map(i128::from))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn test(bound: Bound, number: &Value) -> InRange {
        let Value::Number(number) = number.clone() else { panic!("a number") };
        InRange { bound, number }
    }

    #[test]
    fn compares_beyond_the_precision_of_floats() {
        let max = test(Bound::AtMost, &json!(9_007_199_254_740_992_i64));
        assert!(max.holds(&json!(9_007_199_254_740_992_i64)) && !max.holds(&json!(9_007_199_254_740_993_i64)));
        assert!(test(Bound::AtLeast, &json!(i64::MIN)).holds(&json!(u64::MAX)));
    }

    #[test]
    fn bounds_are_exclusive_when_they_say_so() {
        assert!(
            !test(Bound::Above, &json!(1)).holds(&json!(1.0)) && test(Bound::AtLeast, &json!(1)).holds(&json!(1.0))
        );
        assert!(!test(Bound::Below, &json!(1)).holds(&json!(1)) && test(Bound::Below, &json!(1)).holds(&json!(0.5)));
        assert!(test(Bound::AtMost, &json!(1)).holds(&json!("9")));
    }

    #[test]
    fn multiples_of_fractions() {
        let half = test(Bound::MultipleOf, &json!(0.5));
        assert!(half.holds(&json!(8)) && half.holds(&json!(0.5)) && half.holds(&json!(0)) && !half.holds(&json!(0.7)));
        assert!(test(Bound::MultipleOf, &json!(0.1)).holds(&json!(0.3)));
    }
}
