//! What CEL may have to do for an expression, at most: its interpreter cannot be stopped, so it is not started on what
//! may take too long.
//!
//! The bound is had as cel-go has it, from the expression and the extent of its variables: each part costs its own
//! step and what it reads; a loop costs its body for each item.

use std::collections::HashMap;

use cel::common::ast::{CallExpr, ComprehensionExpr, EntryExpr, Expr, IdedExpr, operators};
use serde_json::Value;

/// The most steps that CEL may be asked to take.
const MOST: u64 = 1_000_000;
/// What compiling a pattern costs, in steps; CEL does so each time.
const PATTERN: u64 = 2_000;

/// How large a value is at most.
#[derive(Debug, Clone, Copy)]
struct Extent {
    /// Nodes, and bytes of texts and names.
    whole: u64,
    /// Items or members.
    items: u64,
    /// The largest item.
    item: u64,
}

impl Extent {
    fn scalar(whole: u64) -> Self {
        Self { whole, items: whole, item: whole }
    }

    fn of(value: &Value) -> Self {
        let whole = |value: &Value| super::text::extent(value) as u64;
        let (items, item) = match value {
            Value::Array(items) => (items.len(), items.iter().map(whole).max()),
            Value::Object(members) => {
                let member = |(name, value): (&String, &Value)| whole(value) + name.len() as u64;
                (members.len(), members.iter().map(member).max())
            }
            _ => return Self::scalar(whole(value)),
        };
        Self { whole: whole(value), items: items as u64, item: item.unwrap_or(0) }
    }
}

/// Whether CEL may be asked for an expression over these variables.
pub fn allows<'v>(expression: &Expr, variables: impl IntoIterator<Item = (&'v str, &'v Value)>) -> bool {
    let variables = variables.into_iter().map(|(name, value)| (name.to_owned(), Extent::of(value)));
    let mut bound = Bound { variables: variables.collect() };
    bound.part(expression).0 <= MOST
}

struct Bound {
    variables: HashMap<String, Extent>,
}

/// Steps, and how large the outcome is.
type Cost = (u64, Extent);

impl Bound {
    fn part(&mut self, expression: &Expr) -> Cost {
        match expression {
            Expr::Ident(name) => {
                let extent = self.variables.get(name).copied().unwrap_or(Extent::scalar(1));
                (extent.whole, extent)
            }
            Expr::Call(call) => self.call(call),
            Expr::List(list) => self.all(&list.elements),
            Expr::Map(map) => self.entries(map.entries.iter().map(|entry| &entry.expr)),
            Expr::Struct(made) => self.entries(made.entries.iter().map(|entry| &entry.expr)),
            Expr::Select(select) => {
                let (steps, whole) = self.part(&select.operand.expr);
                (steps.saturating_add(1), Extent { whole: whole.item, items: whole.item, item: whole.item })
            }
            Expr::Comprehension(comprehension) => self.fold(comprehension),
            Expr::Literal(cel::common::ast::LiteralValue::String(text)) => (1, Extent::scalar(text.len() as u64 + 1)),
            Expr::Literal(_) | Expr::Unspecified => (1, Extent::scalar(1)),
        }
    }

    /// Parts that become the items of one list.
    fn all<'e>(&mut self, parts: impl IntoIterator<Item = &'e IdedExpr>) -> Cost {
        let (mut steps, mut made) = (1_u64, Extent { whole: 1, items: 0, item: 0 });
        for part in parts {
            let (more, extent) = self.part(&part.expr);
            steps = steps.saturating_add(more);
            made.whole = made.whole.saturating_add(extent.whole);
            made.items += 1;
            made.item = made.item.max(extent.whole);
        }
        (steps, made)
    }

    fn entries<'e>(&mut self, entries: impl Iterator<Item = &'e EntryExpr>) -> Cost {
        let parts = entries.flat_map(|entry| match entry {
            EntryExpr::StructField(field) => vec![&field.value],
            EntryExpr::MapEntry(entry) => vec![&entry.key, &entry.value],
        });
        self.all(parts)
    }

    fn call(&mut self, call: &CallExpr) -> Cost {
        let (steps, arguments) = self.all(call.target.as_deref().into_iter().chain(&call.args));
        let steps = steps.saturating_add(arguments.whole);
        let largest = Extent { whole: arguments.item, ..arguments };
        let product = arguments.whole.saturating_mul(arguments.whole);
        match call.func_name.as_str() {
            "matches" => (steps.saturating_add(PATTERN.saturating_mul(arguments.whole)), Extent::scalar(1)),
            // What these make may be the product of what they are given.
            "replace" | "join" | "format" => (steps.saturating_add(product), Extent::scalar(product)),
            // Texts are searched for texts place by place.
            "contains" | "indexOf" | "lastIndexOf" | "split" => (steps.saturating_add(product / 8), largest),
            operators::INDEX | operators::OPT_INDEX | operators::CONDITIONAL => (steps, largest),
            _ => (steps, arguments),
        }
    }

    fn fold(&mut self, fold: &ComprehensionExpr) -> Cost {
        let (before, range) = self.part(&fold.iter_range.expr);
        let (start, made) = self.part(&fold.accu_init.expr);
        let items = Extent::scalar(range.item.max(1));
        let names = std::iter::once(&fold.iter_var).chain(&fold.iter_var2).chain(std::iter::once(&fold.accu_var));
        let extents = [items, items, made];
        let shadowed: Vec<_> =
            names.zip(extents).map(|(name, extent)| (name, self.variables.insert(name.clone(), extent))).collect();
        let (condition, _) = self.part(&fold.loop_cond.expr);
        let (step, added) = self.part(&fold.loop_step.expr);
        for (name, before) in shadowed {
            match before {
                Some(before) => self.variables.insert(name.clone(), before),
                None => self.variables.remove(name),
            };
        }
        let each = condition.saturating_add(step).saturating_add(items.whole);
        let steps = range.items.saturating_mul(each).saturating_add(before).saturating_add(start);
        let whole = range.items.saturating_mul(added.whole).saturating_add(made.whole);
        (steps, Extent { whole, items: range.items.max(1), item: added.whole })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn allows_loops_and_refuses_what_multiplies() {
        let few = json!(["a", "b", "c"]);
        let many: Value = (0..1000).map(|number| json!(format!("item-{number}"))).collect();
        let long = Value::from("x".repeat(100_000));
        let asks = |assert: &str, value: &Value| {
            let program = super::super::environment().compile(assert).expect("compiles");
            allows(&program.expression().expr, [("a", value)])
        };
        for linear in ["a.all(x, x.reverse() != x)", "a.map(x, x.reverse()).size() == 3", "a.join(',') != ''"] {
            assert!(asks(linear, &few), "{linear}");
        }
        assert!(asks("a.all(x, x.reverse() != 'y')", &many));
        for nested in ["a.all(x, a.all(y, a.all(z, x != z || y.reverse() == z)))", "a.map(x, a).map(x, a).size() > 3"] {
            assert!(asks(nested, &few) && !asks(nested, &many), "{nested}");
        }
        assert!(!asks("a.replace('', a) != ''", &long) && asks("a.reverse() != ''", &long));
        assert!(!asks("[a].map(x, x + x).map(x, x + x).map(x, x + x).map(x, x + x) != []", &long));
    }
}
