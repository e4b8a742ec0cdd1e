//! A shortcut for plain rules: comparisons of members and literals, joined by `!`, `&&` and `||`.
//!
//! CEL's interpreter takes most of a microsecond for `!key.startsWith('aws:')`, which a request with many tags
//! cannot afford. What is plain is judged here, on borrowed values; whatever is not, or meets a value it is not made
//! for, is left to CEL. A property holds the two against each other.

use std::cmp::Ordering;

use cel::common::ast::{Expr, LiteralValue, operators};
use serde_json::Value;

/// A plain expression.
#[derive(Debug)]
pub enum Plain {
    Operand(usize),
    Bool(bool),
    Int(i64),
    Text(String),
    Not(Box<Plain>),
    Both(Box<Plain>, Box<Plain>),
    Either(Box<Plain>, Box<Plain>),
    Equal(Box<Plain>, Box<Plain>, bool),
    Order(Box<Plain>, Box<Plain>, fn(Ordering) -> bool),
    Difference(Box<Plain>, Box<Plain>),
    Sum(Box<Plain>, Box<Plain>),
    StartsWith(Box<Plain>, Box<Plain>),
}

/// What a plain expression comes to.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Outcome<'v> {
    Bool(bool),
    Int(i64),
    Text(&'v str),
}

impl Plain {
    /// The plain form of an expression over named operands; nothing when it is more than plain.
    pub fn of(expression: &Expr, names: &[&str]) -> Option<Self> {
        let part = |expression: &Expr| Self::of(expression, names);
        match expression {
            Expr::Ident(name) => names.iter().position(|known| known == name).map(Self::Operand),
            Expr::Literal(LiteralValue::Boolean(value)) => Some(Self::Bool(*value.inner())),
            Expr::Literal(LiteralValue::Int(value)) => Some(Self::Int(*value.inner())),
            Expr::Literal(LiteralValue::String(value)) => Some(Self::Text(value.inner().to_owned())),
            Expr::Call(call) => {
                let arguments: Option<Vec<Self>> = call
                    .target
                    .iter()
                    .map(|target| part(&target.expr))
                    .chain(call.args.iter().map(|a| part(&a.expr)))
                    .collect();
                Self::call(&call.func_name, call.target.is_some(), arguments?)
            }
            _ => None,
        }
    }

    fn call(function: &str, is_method: bool, arguments: Vec<Self>) -> Option<Self> {
        let mut arguments = arguments.into_iter().map(Box::new);
        let (left, right) = match (arguments.next(), arguments.next(), arguments.next()) {
            (Some(only), None, None) => {
                return (function == operators::LOGICAL_NOT && !is_method).then_some(Self::Not(only));
            }
            (Some(left), Some(right), None) => (left, right),
            _ => return None,
        };
        Some(match (function, is_method) {
            (operators::LOGICAL_AND, false) => Self::Both(left, right),
            (operators::LOGICAL_OR, false) => Self::Either(left, right),
            (operators::EQUALS, false) => Self::Equal(left, right, true),
            (operators::NOT_EQUALS, false) => Self::Equal(left, right, false),
            (operators::LESS, false) => Self::Order(left, right, Ordering::is_lt),
            (operators::LESS_EQUALS, false) => Self::Order(left, right, Ordering::is_le),
            (operators::GREATER, false) => Self::Order(left, right, Ordering::is_gt),
            (operators::GREATER_EQUALS, false) => Self::Order(left, right, Ordering::is_ge),
            (operators::SUBSTRACT, false) => Self::Difference(left, right),
            (operators::ADD, false) => Self::Sum(left, right),
            ("startsWith", true) => Self::StartsWith(left, right),
            _ => return None,
        })
    }

    /// Whether the rule holds; nothing where only CEL knows.
    pub fn holds(&self, operands: &[&Value]) -> Option<bool> {
        match self.judge(operands)? {
            Outcome::Bool(holds) => Some(holds),
            _ => None,
        }
    }

    fn judge<'v>(&'v self, operands: &[&'v Value]) -> Option<Outcome<'v>> {
        use Outcome::{Bool, Int, Text};
        let truth = |part: &'v Self| part.holds(operands);
        let pair = |left: &'v Self, right: &'v Self| Some((left.judge(operands)?, right.judge(operands)?));
        Some(match self {
            Self::Operand(index) => match operands[*index] {
                Value::Bool(value) => Bool(*value),
                Value::Number(number) => Int(number.as_i64()?),
                Value::String(text) => Text(text),
                _ => return None,
            },
            Self::Bool(value) => Bool(*value),
            Self::Int(value) => Int(*value),
            Self::Text(text) => Text(text),
            Self::Not(part) => Bool(!truth(part)?),
            Self::Both(left, right) => Bool(truth(left)? && truth(right)?),
            Self::Either(left, right) => Bool(truth(left)? || truth(right)?),
            Self::Equal(left, right, wanted) => match pair(left, right)? {
                (Bool(left), Bool(right)) => Bool((left == right) == *wanted),
                (Int(left), Int(right)) => Bool((left == right) == *wanted),
                (Text(left), Text(right)) => Bool((left == right) == *wanted),
                _ => return None,
            },
            Self::Order(left, right, wanted) => match pair(left, right)? {
                (Int(left), Int(right)) => Bool(wanted(left.cmp(&right))),
                _ => return None,
            },
            Self::Difference(left, right) => match pair(left, right)? {
                (Int(left), Int(right)) => Int(left.checked_sub(right)?),
                _ => return None,
            },
            Self::Sum(left, right) => match pair(left, right)? {
                (Int(left), Int(right)) => Int(left.checked_add(right)?),
                _ => return None,
            },
            Self::StartsWith(text, prefix) => match pair(text, prefix)? {
                (Text(text), Text(prefix)) => Bool(text.starts_with(prefix)),
                _ => return None,
            },
        })
    }
}
