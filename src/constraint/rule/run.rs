//! Runs a program over the members of one value, within a number of steps.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::rc::Rc;

use serde_json::Value;

use super::program::{Arithmetic, Fold, Loop, Part, Program};
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
pub enum Fact<'v> {
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

pub type Found<'v> = Result<Fact<'v>, Stopped>;

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

pub struct Run<'r, 'v> {
    operands: &'r [&'v Value],
    locals: Vec<Fact<'v>>,
    steps: usize,
}

impl<'v> Run<'_, 'v> {
    /// Takes a step, and one more for each eight bytes it has to go through.
    pub fn step(&mut self, bytes: usize) -> Result<(), Stopped> {
        self.steps = self.steps.checked_sub(1 + bytes / 8).ok_or(Stopped::Spent)?;
        Ok(())
    }

    pub fn part(&mut self, part: &'v Part) -> Found<'v> {
        self.step(0)?;
        self.fact(part)
    }

    fn fact(&mut self, part: &'v Part) -> Found<'v> {
        Ok(match part {
            Part::Operand(index) => fact(self.operands[*index])?,
            Part::Local(index) => self.local(*index)?,
            Part::Int(value) => Fact::Int(*value),
            Part::Float(value) => Fact::Float(*value),
            Part::Text(text) => Fact::Text(Cow::Borrowed(text)),
            Part::Null => Fact::Null,
            Part::List(parts) => {
                Fact::Made(Rc::new(parts.iter().map(|part| self.part(part)).collect::<Result<_, _>>()?))
            }
            Part::Negative(only) => Fact::Int(self.negative(only)?),
            Part::Arithmetic(Arithmetic::Add, both) => self.sum(both)?,
            Part::Arithmetic(arithmetic, both) => Fact::Int(self.whole(*arithmetic, both)?),
            Part::If(parts) => return if self.truth(&parts[0])? { self.part(&parts[1]) } else { self.part(&parts[2]) },
            Part::Index(both) => self.index(both)?,
            Part::Member(whole, name) => fact(self.object(whole)?.get(name).ok_or(Stopped::Beyond)?)?,
            Part::Call(function, arguments) if !function.is_predicate() => self.call(*function, arguments)?,
            Part::Fold(fold, body) => self.fold(*fold, body)?,
            _ => Fact::Bool(self.judge(part)?),
        })
    }

    /// What is asked for a truth is judged without the detour over a fact, as are a number and a text below.
    fn truth(&mut self, part: &'v Part) -> Result<bool, Stopped> {
        self.step(0)?;
        self.judge(part)
    }

    fn judge(&mut self, part: &'v Part) -> Result<bool, Stopped> {
        Ok(match part {
            Part::Bool(value) => *value,
            Part::Not(only) => !self.truth(only)?,
            Part::Both(both) => self.truth(&both[0])? && self.truth(&both[1])?,
            Part::Either(both) => self.truth(&both[0])? || self.truth(&both[1])?,
            Part::Equal(both) => self.are_equal(both)?,
            Part::Differs(both) => !self.are_equal(both)?,
            Part::Order(order, both) => order.allows(self.compare(both)?),
            Part::In(both) => self.is_in(both)?,
            Part::HasMember(whole, name) => self.object(whole)?.contains_key(name),
            Part::Matches(text, pattern) => {
                let text = self.text(text)?;
                self.step(text.len())?;
                pattern.is_match(&text)
            }
            Part::Call(function, arguments) if function.is_predicate() => self.predicate(*function, arguments)?,
            other => match self.fact(other)? {
                Fact::Bool(truth) => truth,
                _ => return Err(Stopped::Beyond),
            },
        })
    }

    fn local(&mut self, index: usize) -> Found<'v> {
        if let Fact::Text(Cow::Owned(text)) = &self.locals[index] {
            let bytes = text.len();
            self.step(bytes)?;
        }
        Ok(self.locals[index].clone())
    }

    /// A whole number. Where one is wanted, a sum is one of whole numbers too.
    pub fn number(&mut self, part: &'v Part) -> Result<i64, Stopped> {
        self.step(0)?;
        match part {
            Part::Int(value) => Ok(*value),
            Part::Negative(only) => self.negative(only),
            Part::Arithmetic(arithmetic, both) => self.whole(*arithmetic, both),
            other => match self.fact(other)? {
                Fact::Int(number) => Ok(number),
                _ => Err(Stopped::Beyond),
            },
        }
    }

    pub fn text(&mut self, part: &'v Part) -> Result<Cow<'v, str>, Stopped> {
        self.step(0)?;
        match part {
            Part::Text(text) => Ok(Cow::Borrowed(text)),
            Part::Operand(index) => self.operands[*index].as_str().map(Cow::Borrowed).ok_or(Stopped::Beyond),
            other => match self.fact(other)? {
                Fact::Text(text) => Ok(text),
                _ => Err(Stopped::Beyond),
            },
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

    /// The sum of whole numbers, or texts joined.
    fn sum(&mut self, both: &'v [Part; 2]) -> Found<'v> {
        match (self.part(&both[0])?, self.part(&both[1])?) {
            (Fact::Int(left), Fact::Int(right)) => {
                Arithmetic::Add.of(left, right).map(Fact::Int).ok_or(Stopped::Beyond)
            }
            (Fact::Text(left), Fact::Text(right)) => {
                self.step(left.len() + right.len())?;
                Ok(Fact::Text(left + right))
            }
            _ => Err(Stopped::Beyond),
        }
    }

    fn negative(&mut self, only: &'v Part) -> Result<i64, Stopped> {
        self.number(only)?.checked_neg().ok_or(Stopped::Beyond)
    }

    fn whole(&mut self, arithmetic: Arithmetic, both: &'v [Part; 2]) -> Result<i64, Stopped> {
        let (left, right) = (self.number(&both[0])?, self.number(&both[1])?);
        arithmetic.of(left, right).ok_or(Stopped::Beyond)
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
