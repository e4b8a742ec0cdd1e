//! Rules across members: CEL over the members they name.

mod bound;
mod call;
mod operand;
mod program;
mod run;
mod search;
mod text;

use std::sync::{Arc, OnceLock};

use cel::common::types::CelString;
use cel::common::value::CowVal;
use cel::context::VariableResolver;
use cel::{Context, Env, Program};
use serde_json::Value;

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit, definition};
use crate::model::{Cause, RuleSpec, SchemaSpec};
use crate::value::pointer;
use operand::Operand;
use program::Program as Compiled;
use run::Stopped;

/// The kind.
pub struct Rules;

impl Kind for Rules {
    fn cause(&self) -> Cause {
        Cause::Rule
    }

    fn compile(&self, schema: &SchemaSpec, scope: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        schema.rules.iter().enumerate().map(|(index, rule)| compile(rule, index, scope)).collect()
    }
}

fn compile(rule: &RuleSpec, index: usize, scope: &Scope<'_>) -> Result<Stated, Unfit> {
    let at = format!("/rules/{index}");
    let over = rule.over.iter().map(|(name, path)| {
        let path: Vec<String> = pointer::segments(path).collect();
        let default = default_of(scope, &path);
        Operand { name: name.clone(), path, default }
    });
    let examples = (rule.holds.clone(), rule.breaks.clone());
    let test = Rule::new(&rule.says, &rule.assert, over.collect(), examples);
    let test = test.map_err(|unfit| Unfit { at: format!("{at}{}", unfit.at), ..unfit })?;
    Ok(Stated { keyword: rule.id.clone(), member: None, at, test: Box::new(test) })
}

/// A rule about the members at these paths of a value, by the names of their variables.
///
/// # Errors
/// [`Unfit`] when the expression does not compile, or uses other variables.
pub fn over(says: &str, assert: &str, members: Vec<(String, Vec<String>)>) -> Result<Arc<dyn Test>, Unfit> {
    let over = members.into_iter().map(|(name, path)| Operand { name, path, default: None });
    Ok(Arc::new(Rule::new(says, assert, over.collect(), (Value::Null, Value::Null))?))
}

/// Whether the name is the variable of a macro, as `x` in `list.all(x, x > 1)`, or one that macros make.
fn is_macro_variable(assert: &str, name: &str) -> bool {
    const MACROS: [&str; 5] = ["all", "exists", "exists_one", "map", "filter"];
    name.starts_with('@') || MACROS.iter().any(|word| assert.contains(&format!(".{word}({name},")))
}

/// The default of the member at a path below the schema.
fn default_of(scope: &Scope<'_>, path: &[String]) -> Option<Value> {
    let mut schema = scope.raw;
    for segment in path {
        if let Some(name) = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix("#/$defs/")) {
            schema = definition(scope.defs, name)?;
        }
        schema = schema.get("properties")?.get(segment)?;
    }
    schema.get("default").cloned()
}

/// The first line of CEL's complaint, without its place: the assertion is shown anyway.
fn complaint(text: &str) -> &str {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default();
    line.split_once("Syntax error: ").map_or(line, |(_, rest)| rest)
}

/// CEL with its standard library and the strings extension.
fn environment() -> &'static Arc<Env> {
    static ENVIRONMENT: OnceLock<Arc<Env>> = OnceLock::new();
    ENVIRONMENT.get_or_init(|| {
        let mut env = Env::stdlib();
        env.add_extension(cel::extensions::strings).expect("the extension is registered once");
        Arc::new(env)
    })
}

struct Rule {
    says: String,
    program: Program,
    /// The same for our own evaluator, where the expression is one that it can run.
    compiled: Option<Compiled>,
    over: Vec<Operand>,
    /// `holds` and `breaks`.
    examples: (Value, Value),
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rule").field("says", &self.says).field("over", &self.over).finish_non_exhaustive()
    }
}

impl Rule {
    fn new(says: &str, assert: &str, over: Vec<Operand>, examples: (Value, Value)) -> Result<Self, Unfit> {
        let unfit = |message, help| Unfit { at: "/assert".to_owned(), message, help };
        let program = environment().compile(assert).map_err(|error| {
            let message = format!("the rule does not compile: {}", complaint(&error.to_string()));
            unfit(message, "write one CEL expression over the variables of `over`".to_owned())
        })?;
        let names: Vec<&str> = over.iter().map(|operand| operand.name.as_str()).collect();
        let known = |name: &str| names.contains(&name) || is_macro_variable(assert, name);
        if let Some(name) = program.references().variables().into_iter().find(|name| !known(name)) {
            let message = format!("the rule uses {name}, which `over` does not name");
            return Err(unfit(message, format!("add `{name}: /POINTER` to `over`")));
        }
        let compiled = Compiled::of(&program.expression().expr, &names);
        Ok(Self { says: says.to_owned(), program, compiled, over, examples })
    }

    /// A rule that CEL might not get done with says nothing.
    fn asked_of_cel(&self, values: &[&Value]) -> bool {
        let variables = self.over.iter().map(|operand| operand.name.as_str()).zip(values.iter().copied());
        if !bound::allows(&self.program.expression().expr, variables) {
            return true;
        }
        let operands = Operands { names: &self.over, values };
        let mut context = Context::with_env(Arc::clone(environment()));
        context.set_variable_resolver(&operands);
        !matches!(self.program.execute(&context), Ok(cel::Value::Bool(false)))
    }
}

impl Test for Rule {
    /// A rule says nothing where a member is absent, or has a type that the expression is not made for:
    /// other constraints complain of that. Nor does it where judging it would take too long.
    fn holds(&self, value: &Value) -> bool {
        // Rules are about few members: their values need no list of their own.
        let mut few = [&Value::Null; 4];
        let mut many = Vec::new();
        let operands = match few.get_mut(..self.over.len()) {
            Some(few) => few,
            None => {
                many.resize(self.over.len(), &Value::Null);
                many.as_mut_slice()
            }
        };
        for (found, operand) in operands.iter_mut().zip(&self.over) {
            let Some(member) = operand.of(value) else { return true };
            *found = member;
        }
        match self.compiled.as_ref().map_or(Err(Stopped::Beyond), |compiled| compiled.holds(operands)) {
            Ok(holds) => holds,
            Err(Stopped::Spent) => true,
            Err(Stopped::Beyond) => self.asked_of_cel(operands),
        }
    }

    fn state(&self) -> String {
        self.says.clone()
    }

    /// The spec's own values first, then what lies around both of them; which side that is on, the judge says.
    fn edges(&self) -> Edges {
        let (holds, breaks) = &self.examples;
        let around = search::around([holds, breaks], self.compiled.as_ref(), &self.over);
        let wishes = |own: &Value| std::iter::once(own).chain(&around).cloned().map(BoundaryValue::Patch).collect();
        Edges { inside: wishes(holds), outside: wishes(breaks) }
    }
}

/// The operands of one judgement, handed to CEL without copying text.
struct Operands<'v> {
    names: &'v [Operand],
    values: &'v [&'v Value],
}

impl VariableResolver for Operands<'_> {
    fn resolve<'b>(&'b self, variable: &str) -> Option<CowVal<'b, 'b>> {
        let index = self.names.iter().position(|operand| operand.name == variable)?;
        match self.values[index] {
            Value::String(text) => Some(CowVal::owned(CelString::from(text.as_str()))),
            other => to_cel(other).try_into().ok().map(CowVal::Owned),
        }
    }
}

fn to_cel(value: &Value) -> cel::Value {
    match value {
        Value::Null => cel::Value::Null,
        Value::Bool(value) => cel::Value::Bool(*value),
        Value::Number(number) => match (number.as_i64(), number.as_u64()) {
            (Some(integer), _) => cel::Value::Int(integer),
            (None, Some(unsigned)) => cel::Value::UInt(unsigned),
            (None, None) => cel::Value::Float(number.as_f64().unwrap_or(f64::NAN)),
        },
        Value::String(text) => cel::Value::String(Arc::new(text.clone())),
        Value::Array(items) => cel::Value::List(Arc::new(items.iter().map(to_cel).collect())),
        Value::Object(members) => {
            let members: std::collections::HashMap<String, cel::Value> =
                members.iter().map(|(name, value)| (name.clone(), to_cel(value))).collect();
            cel::Value::from(members)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn rule(assert: &str) -> Result<Stated, Unfit> {
        let rule = serde_json::from_value(json!({
            "id": "later", "says": "b must come after a", "over": {"a": "/x/a", "b": "/b"}, "assert": assert,
            "error": {"code": "E", "cite": "s:1"}, "cite": "s:1", "holds": {}, "breaks": {},
        }));
        let raw = json!({"properties": {"b": {"default": 10}}});
        compile(&rule.expect("a rule"), 0, &Scope { raw: &raw, defs: &[] })
    }

    #[test]
    fn applies_when_its_members_are_there_or_have_defaults() {
        let stated = rule("b >= a + 5").expect("compiles");
        let holds = |value: Value| stated.test.holds(&value);
        assert!(holds(json!({"x": {"a": 1}, "b": 6})) && !holds(json!({"x": {"a": 1}, "b": 5})));
        assert!(holds(json!({"x": {"a": 5}})) && !holds(json!({"x": {"a": 6}})), "the default of b is 10");
        assert!(holds(json!({"b": 1})) && holds(json!({"x": {"a": "text"}, "b": 1})));
        assert_eq!(stated.test.state(), "b must come after a");
    }

    #[test]
    fn has_the_strings_extension() {
        let stated = rule("int(string(a).split('0')[0]) < b").expect("compiles");
        assert!(
            stated.test.holds(&json!({"x": {"a": 101}, "b": 2}))
                && !stated.test.holds(&json!({"x": {"a": 201}, "b": 2}))
        );
    }

    /// What CEL itself says of an expression over `a` and `b`.
    fn by_cel(program: &Program, values: &[&Value]) -> Option<bool> {
        let operand = |name: &str| Operand { name: name.into(), path: Vec::new(), default: None };
        let names = [operand("a"), operand("b")];
        let operands = Operands { names: &names, values };
        let mut context = Context::with_env(Arc::clone(environment()));
        context.set_variable_resolver(&operands);
        match program.execute(&context) {
            Ok(cel::Value::Bool(holds)) => Some(holds),
            _ => None,
        }
    }

    /// Over every pair of values that make a difference, our evaluator and CEL agree, or ours leaves it to CEL.
    #[test]
    fn our_evaluator_agrees_with_cel() {
        let texts = ["", "aws:x", "rds", "Ärger, Ω", "04:00-04:30", "sun:23:45-Mon:00:15", "9223372036854775808", "-7"];
        let numbers = [-1, 0, 1, 3, 90, i64::MAX, i64::MIN].map(Value::from);
        let lists = [json!([]), json!([1, 2, 3]), json!(["a", "rds", "a"]), json!([1, "a", null, true, [2], 0.5])];
        let objects = [json!({}), json!({"k": 1, "rds": "x"}), json!({"k": {"k": [1]}})];
        let others = [json!(true), json!(false), json!(0.5), json!(3.0), json!(null), json!(u64::MAX)];
        let values = texts.map(Value::from).into_iter().chain(numbers).chain(lists).chain(objects).chain(others);
        let values: Vec<Value> = values.collect();
        for assert in AGREED {
            let program = environment().compile(assert).expect(assert);
            let ours = Compiled::of(&program.expression().expr, &["a", "b"]).expect(assert);
            let mut verdicts = 0;
            for (left, right) in values.iter().flat_map(|left| values.iter().map(move |right| (left, right))) {
                let Ok(holds) = ours.holds(&[left, right]) else { continue };
                assert_eq!(by_cel(&program, &[left, right]), Some(holds), "{assert} with {left} and {right}");
                verdicts += 1;
            }
            assert!(verdicts > 0, "{assert} is never judged");
        }
    }

    const AGREED: [&str; 52] = [
        "!a.startsWith('aws:') && !b.startsWith('rds:')",
        "a < 0 || b < 0 || b - 90 >= a",
        "a + 90 <= b",
        "!a",
        "a",
        "a == b",
        "a != b",
        "a < b",
        "a >= b",
        "a > b && (b == 0 || a < 90)",
        "a == 'rds' || b == true",
        "a == null || b != null",
        "a == 0.5 || b > 0.5",
        "a * b > 3 || a / 2 == b",
        "a % b == 1",
        "-a < b",
        "(a < b ? a : b) <= 3",
        "(a == b ? a : 'x') == 'x'",
        "a + b == 'rdsrds'",
        "a.endsWith(b) || a.contains(b)",
        "a in b",
        "a in ['rds', 3, true]",
        "!(a in [b, 1])",
        "size(a) > 2 && b.size() < 3",
        "a.indexOf(b) >= 0",
        "a.lastIndexOf(b) == 0",
        "a.indexOf('') + a.lastIndexOf('') == size(a)",
        "a.substring(1) == b.substring(1)",
        "a.substring(0, 3).lowerAscii() == b.substring(0, 3).upperAscii().lowerAscii()",
        "a.substring(size(a)) == ''",
        "a.charAt(0) == b.charAt(1)",
        "a.charAt(b) == ''",
        "a.trim() == b.trim()",
        "int(a) < 3 || int(b) == 90",
        "int(a.substring(0, 2)) * 60 + int(a.substring(3, 5)) >= 240",
        "string(a) == string(b)",
        "string(a).size() < 3",
        "a.matches('^[a-z]+$') || b.matches('4:.')",
        "matches(a, '[0-9]')",
        "a.split(':').size() > 1",
        "a.split('')[0] == 'r'",
        "a[0] == 1 || b[1] == 'rds'",
        "a['k'] == 1 || a[b] == 'x'",
        "a.k == 1 || b.k == 2",
        "a.k.k[0] == 1",
        "has(a.k) && !has(b.rds)",
        "a.all(x, x != 'a') || b.exists(x, x == 2)",
        "a.exists_one(x, x == 'rds')",
        "a.filter(x, x != 'a').size() == 1",
        "a.map(x, x == 1).exists(x, x)",
        "a.map(x, x != 'rds', x)[0] == 'a'",
        "a.all(x, b.exists(a, a == x))",
    ];

    #[test]
    fn leaves_to_cel_what_it_cannot_run() {
        for assert in ["a.reverse() == b", "a == 1u", "a == b'x'", "a.matches(b)", "{'k': a}.k == b", "a.matches('(')"]
        {
            let program = environment().compile(assert).expect(assert);
            assert!(Compiled::of(&program.expression().expr, &["a", "b"]).is_none(), "{assert}");
        }
        let stated = rule("a.reverse() == 'fed' && b == 1").expect("compiles");
        assert!(
            stated.test.holds(&json!({"x": {"a": "def"}, "b": 1})) && !stated.test.holds(&json!({"x": {"a": "d"}}))
        );
    }

    /// One request of 6.7 KB took 25 seconds.
    #[test]
    fn no_loop_takes_long() {
        let many: Value = (0..1000).map(|number| json!(format!("i{number}"))).collect();
        let value = json!({"x": {"a": many}, "b": 1});
        for assert in [
            "a.all(p, a.all(q, a.all(r, p != 'x' || q != r))) && b == 2",
            "a.all(p, a.all(q, a.all(r, p.reverse() != 'x' || q != r))) && b == 2",
            "a.map(p, a.map(q, a.map(r, p + q + r))).size() == 0 && b == 2",
        ] {
            assert!(rule(assert).expect(assert).test.holds(&value), "{assert} is over its budget and says nothing");
        }
        assert!(!rule("a.all(p, p != 'i999') || b == 2").expect("linear").test.holds(&value));
    }

    #[test]
    fn has_the_macros() {
        let stated = rule("[a, b].all(x, x > 1)").expect("compiles");
        assert!(
            stated.test.holds(&json!({"x": {"a": 2}, "b": 2})) && !stated.test.holds(&json!({"x": {"a": 1}, "b": 2}))
        );
    }

    #[test]
    fn refuses_what_does_not_compile_or_is_not_declared() {
        assert!(rule("b >=").expect_err("broken").at.ends_with("/assert"));
        assert!(rule("b >= c").expect_err("undeclared").message.contains('c'));
    }
}
