//! Runs a program over the members of one value, within a number of steps.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use serde_json::Value;

use super::program::{Arithmetic, Fold, Function, Loop, Order, Part, Program};
use super::text;

/// Why a program gives no verdict.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stopped {
    /// Something that only CEL knows, errors included.
    Beyond,
    /// The steps are used up.
    Spent,
}

/// What a part comes to.
#[derive(Debug, Clone)]
enum Fact<'v> {
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(Cow<'v, str>),
    Null,
    /// A list or an object of the value that is judged.
    Given(&'v Value),
    /// A list that the program made.
    Made(Rc<Vec<Fact<'v>>>),
}

type Found<'v> = Result<Fact<'v>, Stopped>;

/// Steps that a program with loops may always take.
const FEW: usize = 20_000;
/// Steps that it may take for each node and byte of its members.
const EACH: usize = 50;
/// Steps that none may exceed.
const MOST: usize = 4_000_000;

/// Whether a part of a program outside of its loops holds.
///
/// # Errors
/// [`Stopped`], when CEL must say it or nobody can.
pub fn part_holds<'p>(part: &'p Part, operands: &[&'p Value]) -> Result<bool, Stopped> {
    Run { operands, locals: Vec::new(), steps: steps_for(operands) }.truth(part)
}

/// How far the sides of a comparison are apart, where they are numbers.
pub fn difference<'p>(part: &'p Part, operands: &[&'p Value]) -> Option<i64> {
    let (Part::Order(_, both) | Part::Equal(both) | Part::Differs(both)) = part else { return None };
    let mut run = Run { operands, locals: Vec::new(), steps: steps_for(operands) };
    run.number(&both[0]).ok()?.checked_sub(run.number(&both[1]).ok()?)
}

impl Program {
    /// Whether the rule holds for its members.
    ///
    /// # Errors
    /// [`Stopped`], when CEL must say it or nobody can.
    pub fn holds(&self, operands: &[&Value]) -> Result<bool, Stopped> {
        let steps = if self.loops { steps_for(operands) } else { usize::MAX };
        let mut run = Run { operands, locals: Vec::new(), steps };
        run.truth(&self.root)
    }
}

/// The steps that loops over these values may take: some for each node and each byte.
fn steps_for(operands: &[&Value]) -> usize {
    operands.iter().map(|value| text::extent(value)).sum::<usize>().saturating_mul(EACH).saturating_add(FEW).min(MOST)
}

struct Run<'r, 'v> {
    operands: &'r [&'v Value],
    locals: Vec<Fact<'v>>,
    steps: usize,
}

impl<'v> Run<'_, 'v> {
    /// Takes a step, and one more for each eight bytes it has to go through.
    fn step(&mut self, bytes: usize) -> Result<(), Stopped> {
        self.steps = self.steps.checked_sub(1 + bytes / 8).ok_or(Stopped::Spent)?;
        Ok(())
    }

    fn part(&mut self, part: &'v Part) -> Found<'v> {
        self.step(0)?;
        Ok(match part {
            Part::Operand(index) => fact(self.operands[*index])?,
            Part::Local(index) => self.local(*index)?,
            Part::Bool(value) => Fact::Bool(*value),
            Part::Int(value) => Fact::Int(*value),
            Part::Float(value) => Fact::Float(*value),
            Part::Text(text) => Fact::Text(Cow::Borrowed(text)),
            Part::Null => Fact::Null,
            Part::List(parts) => {
                Fact::Made(Rc::new(parts.iter().map(|part| self.part(part)).collect::<Result<_, _>>()?))
            }
            Part::Not(only) => Fact::Bool(!self.truth(only)?),
            Part::Negative(only) => Fact::Int(self.number(only)?.checked_neg().ok_or(Stopped::Beyond)?),
            Part::Both(both) => Fact::Bool(self.truth(&both[0])? && self.truth(&both[1])?),
            Part::Either(both) => Fact::Bool(self.truth(&both[0])? || self.truth(&both[1])?),
            Part::If(parts) => return if self.truth(&parts[0])? { self.part(&parts[1]) } else { self.part(&parts[2]) },
            Part::Equal(both) => Fact::Bool(self.are_equal(both)?),
            Part::Differs(both) => Fact::Bool(!self.are_equal(both)?),
            Part::Order(order, both) => Fact::Bool(order.allows(self.compare(both)?)),
            Part::Arithmetic(arithmetic, both) => self.arithmetic(*arithmetic, both)?,
            Part::In(both) => Fact::Bool(self.is_in(both)?),
            Part::Index(both) => self.index(both)?,
            Part::Member(whole, name) => fact(self.object(whole)?.get(name).ok_or(Stopped::Beyond)?)?,
            Part::HasMember(whole, name) => Fact::Bool(self.object(whole)?.contains_key(name)),
            Part::Matches(text, pattern) => {
                let text = self.text(text)?;
                self.step(text.len())?;
                Fact::Bool(pattern.is_match(&text))
            }
            Part::Call(function, arguments) => self.call(*function, arguments)?,
            Part::Fold(fold, body) => self.fold(*fold, body)?,
        })
    }

    fn local(&mut self, index: usize) -> Found<'v> {
        if let Fact::Text(Cow::Owned(text)) = &self.locals[index] {
            let bytes = text.len();
            self.step(bytes)?;
        }
        Ok(self.locals[index].clone())
    }

    fn truth(&mut self, part: &'v Part) -> Result<bool, Stopped> {
        match self.part(part)? {
            Fact::Bool(truth) => Ok(truth),
            _ => Err(Stopped::Beyond),
        }
    }

    fn number(&mut self, part: &'v Part) -> Result<i64, Stopped> {
        match self.part(part)? {
            Fact::Int(number) => Ok(number),
            _ => Err(Stopped::Beyond),
        }
    }

    fn text(&mut self, part: &'v Part) -> Result<Cow<'v, str>, Stopped> {
        match self.part(part)? {
            Fact::Text(text) => Ok(text),
            _ => Err(Stopped::Beyond),
        }
    }

    fn object(&mut self, part: &'v Part) -> Result<&'v serde_json::Map<String, Value>, Stopped> {
        match self.part(part)? {
            Fact::Given(Value::Object(members)) => Ok(members),
            _ => Err(Stopped::Beyond),
        }
    }

    fn are_equal(&mut self, both: &'v [Part; 2]) -> Result<bool, Stopped> {
        let (left, right) = (self.part(&both[0])?, self.part(&both[1])?);
        self.same(&left, &right)
    }

    fn same(&mut self, left: &Fact<'v>, right: &Fact<'v>) -> Result<bool, Stopped> {
        use Fact::{Bool, Float, Int, Null, Text};
        #[allow(
            clippy::cast_precision_loss,
            clippy::float_cmp,
            reason = "CEL compares a double with an int in this way"
        )]
        Ok(match (left, right) {
            (Bool(left), Bool(right)) => left == right,
            (Int(left), Int(right)) => left == right,
            (Float(left), Float(right)) => left == right,
            (Int(left), Float(right)) => *left as f64 == *right,
            (Float(left), Int(right)) => *left == *right as f64,
            (Text(left), Text(right)) => {
                self.step(left.len().min(right.len()))?;
                left == right
            }
            (Null, Null) => true,
            (Bool(_) | Int(_) | Float(_) | Text(_) | Null, Bool(_) | Int(_) | Float(_) | Text(_) | Null) => false,
            _ => return Err(Stopped::Beyond),
        })
    }

    fn compare(&mut self, both: &'v [Part; 2]) -> Result<Ordering, Stopped> {
        use Fact::{Float, Int, Text};
        #[allow(clippy::cast_precision_loss, reason = "CEL compares a double with an int in this way")]
        let order = match (self.part(&both[0])?, self.part(&both[1])?) {
            (Int(left), Int(right)) => Some(left.cmp(&right)),
            (Float(left), Float(right)) => left.partial_cmp(&right),
            (Int(left), Float(right)) => (left as f64).partial_cmp(&right),
            (Float(left), Int(right)) => left.partial_cmp(&(right as f64)),
            (Text(left), Text(right)) => {
                self.step(left.len().min(right.len()))?;
                Some(left.cmp(&right))
            }
            _ => None,
        };
        order.ok_or(Stopped::Beyond)
    }

    fn arithmetic(&mut self, arithmetic: Arithmetic, both: &'v [Part; 2]) -> Found<'v> {
        let (left, right) = match (self.part(&both[0])?, self.part(&both[1])?, arithmetic) {
            (Fact::Int(left), Fact::Int(right), _) => (left, right),
            (Fact::Text(left), Fact::Text(right), Arithmetic::Add) => {
                self.step(left.len() + right.len())?;
                return Ok(Fact::Text(left + right));
            }
            _ => return Err(Stopped::Beyond),
        };
        let result = match arithmetic {
            Arithmetic::Add => left.checked_add(right),
            Arithmetic::Subtract => left.checked_sub(right),
            Arithmetic::Multiply => left.checked_mul(right),
            Arithmetic::Divide => left.checked_div(right),
            Arithmetic::Remainder => left.checked_rem(right),
        };
        result.map(Fact::Int).ok_or(Stopped::Beyond)
    }

    fn is_in(&mut self, both: &'v [Part; 2]) -> Result<bool, Stopped> {
        let wanted = self.part(&both[0])?;
        if let Part::List(parts) = &both[1] {
            let mut found = false;
            for part in parts {
                let item = self.part(part)?;
                found |= self.same(&wanted, &item)?;
            }
            return Ok(found);
        }
        match self.part(&both[1])? {
            Fact::Given(Value::Object(members)) => match wanted {
                Fact::Text(name) => Ok(members.contains_key(name.as_ref())),
                _ => Err(Stopped::Beyond),
            },
            range => {
                let mut found = false;
                for item in items(&range)? {
                    self.step(0)?;
                    found |= self.same(&wanted, &item?)?;
                }
                Ok(found)
            }
        }
    }

    fn index(&mut self, both: &'v [Part; 2]) -> Found<'v> {
        let found = match (self.part(&both[0])?, self.part(&both[1])?) {
            (Fact::Given(Value::Array(items)), Fact::Int(index)) => {
                usize::try_from(index).ok().and_then(|i| items.get(i))
            }
            (Fact::Given(Value::Object(members)), Fact::Text(name)) => members.get(name.as_ref()),
            (Fact::Made(items), Fact::Int(index)) => {
                let item = usize::try_from(index).ok().and_then(|i| items.get(i));
                return item.cloned().ok_or(Stopped::Beyond);
            }
            _ => None,
        };
        fact(found.ok_or(Stopped::Beyond)?)
    }

    fn call(&mut self, function: Function, arguments: &'v [Part]) -> Found<'v> {
        let first = self.part(&arguments[0])?;
        match function {
            Function::Size => return self.size(&first),
            Function::Int => {
                return match first {
                    Fact::Int(number) => Ok(Fact::Int(number)),
                    Fact::Text(text) => text.parse().map(Fact::Int).map_err(|_| Stopped::Beyond),
                    _ => Err(Stopped::Beyond),
                };
            }
            Function::String => {
                return match first {
                    Fact::Bool(value) => Ok(Fact::Text(Cow::Borrowed(if value { "true" } else { "false" }))),
                    Fact::Int(number) => Ok(Fact::Text(Cow::Owned(number.to_string()))),
                    Fact::Text(text) => Ok(Fact::Text(text)),
                    _ => Err(Stopped::Beyond),
                };
            }
            _ => {}
        }
        let Fact::Text(text) = first else { return Err(Stopped::Beyond) };
        self.step(text.len())?;
        let found = match function {
            Function::LowerAscii => text::lower(text),
            Function::UpperAscii => text::upper(text),
            Function::Trim => text::trim(text),
            Function::Substring => {
                let start = self.number(&arguments[1])?;
                let end = arguments.get(2).map(|end| self.number(end)).transpose()?;
                text::substring(text, start, end).ok_or(Stopped::Beyond)?
            }
            Function::CharAt => {
                let index = self.number(&arguments[1])?;
                text::char_at(text, index).ok_or(Stopped::Beyond)?
            }
            two => return self.call_with_two(two, text, &arguments[1]),
        };
        Ok(Fact::Text(found))
    }

    /// A function of two texts.
    fn call_with_two(&mut self, function: Function, text: Cow<'v, str>, second: &'v Part) -> Found<'v> {
        let second = self.text(second)?;
        self.step(second.len())?;
        Ok(match function {
            Function::StartsWith => Fact::Bool(text.starts_with(second.as_ref())),
            Function::EndsWith => Fact::Bool(text.ends_with(second.as_ref())),
            Function::Contains => Fact::Bool(text.contains(second.as_ref())),
            Function::IndexOf => Fact::Int(text::index_of(&text, text.find(second.as_ref()))),
            Function::LastIndexOf => Fact::Int(text::index_of(&text, text.rfind(second.as_ref()))),
            Function::Split => {
                let parts = text::split(text, &second).into_iter().map(Fact::Text).collect();
                Fact::Made(Rc::new(parts))
            }
            _ => return Err(Stopped::Beyond),
        })
    }

    fn size(&mut self, of: &Fact<'v>) -> Found<'v> {
        let size = match of {
            Fact::Text(text) => {
                self.step(text.len())?;
                text.chars().count()
            }
            Fact::Given(Value::Array(items)) => items.len(),
            Fact::Given(Value::Object(members)) => members.len(),
            Fact::Made(items) => items.len(),
            _ => return Err(Stopped::Beyond),
        };
        i64::try_from(size).map(Fact::Int).map_err(|_| Stopped::Beyond)
    }

    fn fold(&mut self, fold: Fold, body: &'v Loop) -> Found<'v> {
        let range = self.part(&body.range)?;
        if let (Fact::Given(Value::Object(_)), Fold::Collect) = (&range, fold) {
            // The order of a map's names is CEL's own.
            return Err(Stopped::Beyond);
        }
        let (mut matching, mut collected) = (0, Vec::new());
        for item in items(&range)? {
            self.step(0)?;
            self.locals.push(item?);
            let decided = self.pass(fold, body, &mut matching, &mut collected);
            self.locals.pop();
            if let Some(decided) = decided? {
                return Ok(Fact::Bool(decided));
            }
        }
        Ok(match fold {
            Fold::All => Fact::Bool(true),
            Fold::Exists => Fact::Bool(false),
            Fold::ExistsOne => Fact::Bool(matching == 1),
            Fold::Collect => Fact::Made(Rc::new(collected)),
        })
    }

    /// One pass of a loop; its outcome where no other pass can change it.
    fn pass(
        &mut self,
        fold: Fold,
        body: &'v Loop,
        matching: &mut usize,
        collected: &mut Vec<Fact<'v>>,
    ) -> Result<Option<bool>, Stopped> {
        match fold {
            Fold::All => return Ok((!self.truth(&body.item)?).then_some(false)),
            Fold::Exists => return Ok(self.truth(&body.item)?.then_some(true)),
            Fold::ExistsOne => *matching += usize::from(self.truth(&body.item)?),
            Fold::Collect => {
                let wanted = body.condition.as_ref().map_or(Ok(true), |condition| self.truth(condition))?;
                if wanted {
                    collected.push(self.part(&body.item)?);
                }
            }
        }
        Ok(None)
    }
}

impl Order {
    fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

fn fact(value: &Value) -> Found<'_> {
    Ok(match value {
        Value::Null => Fact::Null,
        Value::Bool(value) => Fact::Bool(*value),
        Value::Number(number) => match number.as_i64() {
            Some(integer) => Fact::Int(integer),
            None if number.is_f64() => Fact::Float(number.as_f64().ok_or(Stopped::Beyond)?),
            None => return Err(Stopped::Beyond),
        },
        Value::String(text) => Fact::Text(Cow::Borrowed(text)),
        list_or_object => Fact::Given(list_or_object),
    })
}

/// The items of a list, or the names of an object's members.
fn items<'f, 'v>(range: &'f Fact<'v>) -> Result<Box<dyn Iterator<Item = Found<'v>> + 'f>, Stopped> {
    match range {
        Fact::Given(Value::Array(items)) => Ok(Box::new(items.iter().map(fact))),
        Fact::Given(Value::Object(members)) => {
            Ok(Box::new(members.keys().map(|name| Ok(Fact::Text(Cow::Borrowed(name.as_str()))))))
        }
        Fact::Made(items) => Ok(Box::new(items.iter().cloned().map(Ok))),
        _ => Err(Stopped::Beyond),
    }
}
