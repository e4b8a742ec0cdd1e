//! A rule's expression, compiled for our own evaluator.
//!
//! CEL's interpreter takes a microsecond for `!key.startsWith('aws:')`, a dozen for a window of time, and as long as
//! it likes for loops in loops. So what rules are made of (members, literals, comparisons, arithmetic, texts, lists and
//! the macros over them) is compiled here and run on borrowed values, with a bound on the steps. Whatever is not among
//! it, and every value it is not made for, is left to CEL. A test holds the two against each other.

use std::cmp::Ordering;

use cel::common::ast::{CallExpr, ComprehensionExpr, Expr, IdedExpr, LiteralValue, operators};
use regex::Regex;

/// An expression that our evaluator can run.
#[derive(Debug)]
pub struct Program {
    pub root: Part,
    /// Whether it has loops, and so may take more than a few steps.
    pub loops: bool,
}

/// A part of an expression.
#[derive(Debug)]
pub enum Part {
    /// A member that the rule names.
    Operand(usize),
    /// The variable of a loop around this part, counted from the outermost one.
    Local(usize),
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    Null,
    List(Vec<Part>),
    Not(Box<Part>),
    Negative(Box<Part>),
    Both(Box<[Part; 2]>),
    Either(Box<[Part; 2]>),
    If(Box<[Part; 3]>),
    Equal(Box<[Part; 2]>),
    Differs(Box<[Part; 2]>),
    Order(Order, Box<[Part; 2]>),
    Arithmetic(Arithmetic, Box<[Part; 2]>),
    /// Whether the first is an item of the second.
    In(Box<[Part; 2]>),
    /// An item of a list by its number, or a member by its name.
    Index(Box<[Part; 2]>),
    Member(Box<Part>, String),
    HasMember(Box<Part>, String),
    /// Whether a text matches a pattern; the pattern is compiled once.
    Matches(Box<Part>, Box<Regex>),
    Call(Function, Vec<Part>),
    Fold(Fold, Box<Loop>),
}

/// How two values are ordered.
#[derive(Debug, Clone, Copy)]
pub enum Order {
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Order {
    pub fn allows(self, order: Ordering) -> bool {
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
        }
    }
}

/// Arithmetic of whole numbers; `Add` joins texts too.
#[derive(Debug, Clone, Copy)]
pub enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Arithmetic {
    /// What it makes of two whole numbers; nothing where that is none, or too large.
    pub fn of(self, left: i64, right: i64) -> Option<i64> {
        match self {
            Self::Add => left.checked_add(right),
            Self::Subtract => left.checked_sub(right),
            Self::Multiply => left.checked_mul(right),
            Self::Divide => left.checked_div(right),
            Self::Remainder => left.checked_rem(right),
        }
    }
}

/// A function with all its arguments, the receiver first.
#[derive(Debug, Clone, Copy)]
pub enum Function {
    Size,
    Int,
    String,
    StartsWith,
    EndsWith,
    Contains,
    Substring,
    IndexOf,
    LastIndexOf,
    CharAt,
    LowerAscii,
    UpperAscii,
    Trim,
    Split,
}

impl Function {
    /// Whether it says true or false of two texts.
    pub fn is_predicate(self) -> bool {
        matches!(self, Self::StartsWith | Self::EndsWith | Self::Contains)
    }
}

/// What a loop makes of its items.
#[derive(Debug, Clone, Copy)]
pub enum Fold {
    All,
    Exists,
    ExistsOne,
    /// A list of what `item` makes of those items for which `condition` is true.
    Collect,
}

/// A loop over a list, or over the names of a map's members.
#[derive(Debug)]
pub struct Loop {
    pub range: Part,
    pub condition: Option<Part>,
    pub item: Part,
}

impl Program {
    /// The program of an expression over named operands; nothing where the expression is more than it can run.
    pub fn of(expression: &Expr, operands: &[&str]) -> Option<Self> {
        let mut compiler = Compiler { operands, locals: Vec::new(), loops: false };
        let root = compiler.part(expression)?;
        Some(Self { root, loops: compiler.loops })
    }
}

struct Compiler<'e> {
    operands: &'e [&'e str],
    /// The variables of the loops around the part, outermost first.
    locals: Vec<&'e str>,
    loops: bool,
}

impl<'e> Compiler<'e> {
    fn part(&mut self, expression: &'e Expr) -> Option<Part> {
        match expression {
            Expr::Ident(name) => self.variable(name),
            Expr::Literal(literal) => Self::literal(literal),
            Expr::Call(call) => self.call(call),
            Expr::List(list) if list.optional_indices.is_empty() => Some(Part::List(self.parts(&list.elements)?)),
            // CEL takes `a.b` for one name where there is a variable of that name.
            Expr::Select(_) if self.operands.iter().any(|name| name.contains('.')) => None,
            Expr::Select(select) => {
                let whole = Box::new(self.part(&select.operand.expr)?);
                let member = select.field.clone();
                Some(if select.test { Part::HasMember(whole, member) } else { Part::Member(whole, member) })
            }
            Expr::Comprehension(comprehension) => self.fold(comprehension),
            _ => None,
        }
    }

    fn parts(&mut self, expressions: &'e [IdedExpr]) -> Option<Vec<Part>> {
        expressions.iter().map(|expression| self.part(&expression.expr)).collect()
    }

    fn variable(&self, name: &str) -> Option<Part> {
        let local = self.locals.iter().rposition(|known| *known == name).map(Part::Local);
        local.or_else(|| self.operands.iter().position(|known| *known == name).map(Part::Operand))
    }

    fn literal(literal: &LiteralValue) -> Option<Part> {
        match literal {
            LiteralValue::Boolean(value) => Some(Part::Bool(*value.inner())),
            LiteralValue::Int(value) => Some(Part::Int(*value.inner())),
            LiteralValue::Double(value) => Some(Part::Float(*value.inner())),
            LiteralValue::String(value) => Some(Part::Text(value.inner().to_owned())),
            LiteralValue::Null => Some(Part::Null),
            LiteralValue::Bytes(_) | LiteralValue::UInt(_) => None,
        }
    }

    fn call(&mut self, call: &'e CallExpr) -> Option<Part> {
        let arguments: Vec<&IdedExpr> = call.target.as_deref().into_iter().chain(&call.args).collect();
        let name = call.func_name.as_str();
        if name == "matches" {
            let [text, pattern] = arguments[..] else { return None };
            let Expr::Literal(LiteralValue::String(pattern)) = &pattern.expr else { return None };
            let pattern = Regex::new(pattern.inner()).ok()?;
            return Some(Part::Matches(Box::new(self.part(&text.expr)?), Box::new(pattern)));
        }
        let parts: Vec<Part> = arguments.iter().map(|argument| self.part(&argument.expr)).collect::<Option<_>>()?;
        if let Some(function) = function(name, call.target.is_some(), parts.len()) {
            return Some(Part::Call(function, parts));
        }
        if call.target.is_some() {
            return None;
        }
        match <[Part; 1]>::try_from(parts) {
            Ok([only]) => prefix(name, Box::new(only)),
            Err(parts) => match <[Part; 2]>::try_from(parts) {
                Ok(both) => infix(name, Box::new(both)),
                Err(parts) => {
                    let parts = <[Part; 3]>::try_from(parts).ok()?;
                    (name == operators::CONDITIONAL).then(|| Part::If(Box::new(parts)))
                }
            },
        }
    }

    /// A macro, told by the way in which CEL writes it as a loop.
    fn fold(&mut self, comprehension: &'e ComprehensionExpr) -> Option<Part> {
        let Expr::Call(step) = &comprehension.loop_step.expr else { return None };
        let arguments: Vec<&Expr> = step.args.iter().map(|argument| &argument.expr).collect();
        let (fold, condition, item) = match (step.func_name.as_str(), &arguments[..], &comprehension.accu_init.expr) {
            (operators::LOGICAL_AND, [_, item], _) => (Fold::All, None, *item),
            (operators::LOGICAL_OR, [_, item], _) => (Fold::Exists, None, *item),
            (operators::CONDITIONAL, [item, ..], Expr::Literal(_)) => (Fold::ExistsOne, None, *item),
            (operators::CONDITIONAL, [condition, Expr::Call(add), _], _) => {
                (Fold::Collect, Some(*condition), appended(add)?)
            }
            (operators::ADD, ..) => (Fold::Collect, None, appended(step)?),
            _ => return None,
        };
        if comprehension.iter_var2.is_some() {
            return None;
        }
        self.loops = true;
        let range = self.part(&comprehension.iter_range.expr)?;
        self.locals.push(&comprehension.iter_var);
        let condition = condition.map(|condition| self.part(condition));
        let item = self.part(item);
        self.locals.pop();
        let condition = match condition {
            Some(condition) => Some(condition?),
            None => None,
        };
        Some(Part::Fold(fold, Box::new(Loop { range, condition, item: item? })))
    }
}

/// The item of `@result + [item]`.
fn appended(add: &CallExpr) -> Option<&Expr> {
    match &add.args.get(1)?.expr {
        Expr::List(list) if add.func_name == operators::ADD && list.elements.len() == 1 => Some(&list.elements[0].expr),
        _ => None,
    }
}

/// A function by its name, whether it is called on a receiver, and how many arguments it has with it.
fn function(name: &str, is_method: bool, arguments: usize) -> Option<Function> {
    Some(match (name, is_method, arguments) {
        ("size", _, 1) => Function::Size,
        ("int", false, 1) => Function::Int,
        ("string", false, 1) => Function::String,
        ("startsWith", true, 2) => Function::StartsWith,
        ("endsWith", true, 2) => Function::EndsWith,
        ("contains", true, 2) => Function::Contains,
        ("substring", true, 2 | 3) => Function::Substring,
        ("indexOf", true, 2) => Function::IndexOf,
        ("lastIndexOf", true, 2) => Function::LastIndexOf,
        ("charAt", true, 2) => Function::CharAt,
        ("lowerAscii", true, 1) => Function::LowerAscii,
        ("upperAscii", true, 1) => Function::UpperAscii,
        ("trim", true, 1) => Function::Trim,
        ("split", true, 2) => Function::Split,
        _ => return None,
    })
}

fn prefix(operator: &str, only: Box<Part>) -> Option<Part> {
    match operator {
        operators::LOGICAL_NOT => Some(Part::Not(only)),
        operators::NEGATE => Some(Part::Negative(only)),
        _ => None,
    }
}

fn infix(operator: &str, both: Box<[Part; 2]>) -> Option<Part> {
    Some(match operator {
        operators::LOGICAL_AND => Part::Both(both),
        operators::LOGICAL_OR => Part::Either(both),
        operators::EQUALS => Part::Equal(both),
        operators::NOT_EQUALS => Part::Differs(both),
        operators::LESS => Part::Order(Order::Less, both),
        operators::LESS_EQUALS => Part::Order(Order::LessOrEqual, both),
        operators::GREATER => Part::Order(Order::Greater, both),
        operators::GREATER_EQUALS => Part::Order(Order::GreaterOrEqual, both),
        operators::ADD => Part::Arithmetic(Arithmetic::Add, both),
        operators::SUBSTRACT => Part::Arithmetic(Arithmetic::Subtract, both),
        operators::MULTIPLY => Part::Arithmetic(Arithmetic::Multiply, both),
        operators::DIVIDE => Part::Arithmetic(Arithmetic::Divide, both),
        operators::MODULO => Part::Arithmetic(Arithmetic::Remainder, both),
        operators::IN => Part::In(both),
        operators::INDEX => Part::Index(both),
        _ => return None,
    })
}
