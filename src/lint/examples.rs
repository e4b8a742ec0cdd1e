//! Examples satisfy every constraint; a rule's `holds` satisfies it; its `breaks` breaks it and nothing else;
//! the mock's answer satisfies the output's schema.

use serde_json::Value;

use crate::model::{Cause, Operation, OperationSpec, RuleSpec, ServiceSpec, Shape, Violation};
use crate::spec::{File, Parsed, SpecProblem, is_usable};
use crate::value::pointer;

/// Checks one operation of a service, as far as both are sound: what is in `problems` already is not said again in other
/// words.
pub fn check(
    operation: &Operation,
    file: &File<OperationSpec>,
    service: &File<ServiceSpec>,
    problems: &mut Vec<SpecProblem>,
) {
    let (text, is_sound) = (&file.text, is_usable(problems) && service.lost.is_empty());
    if !file.lost.iter().any(|lost| lost.starts_with("/examples")) {
        examples(operation, text, !is_sound, problems);
    }
    if is_sound {
        rules(operation, text, &service.text, problems);
        answers(operation, text, problems);
    }
}

/// Tries the examples. In a file with other problems, a member that is not known may be one of what was left out.
fn examples(operation: &Operation, text: &Parsed, is_partial: bool, problems: &mut Vec<SpecProblem>) {
    if operation.examples.is_empty() {
        problems.push(text.problem(
            "",
            "there is no example",
            "add `examples` with a minimal valid input: rules are tried on it",
        ));
    }
    for (index, example) in operation.examples.iter().enumerate() {
        for violation in operation.input.judge(&example.input) {
            let cause = operation.input.constraints[violation.constraint].cause;
            if is_partial && cause == Cause::UnknownMember {
                continue;
            }
            let message = format!("the example breaks {}", name(&operation.input, &violation));
            let at = format!("/examples/{index}/input{}", violation.at);
            problems.push(text.problem(&at, message, "correct the example, or the constraint"));
        }
        let Some(output) = &example.output else { continue };
        for violation in operation.output.judge(output) {
            let message = format!("the example's output breaks {}", name(&operation.output, &violation));
            let at = format!("/examples/{index}/output{}", violation.at);
            problems.push(text.problem(&at, message, "correct the example, or the output's schema"));
        }
    }
}

fn name(shape: &Shape, violation: &Violation) -> String {
    let constraint = &shape.constraints[violation.constraint];
    format!("{}: {}", constraint.id, constraint.statement())
}

/// Finds every rule in the texts and tries its examples at each place the rule ended up.
fn rules(operation: &Operation, text: &Parsed, service: &Parsed, problems: &mut Vec<SpecProblem>) {
    if operation.examples.is_empty() {
        return;
    }
    let own = [("/input", text), ("/$defs", text), ("/$defs", service)];
    for (root, parsed) in own {
        let mut found = Vec::new();
        if let Some(value) = parsed.value.pointer(root) {
            find_rules(value, &mut root.to_owned(), &mut found);
        }
        for (at, rule) in found {
            let places = operation
                .input
                .constraints
                .iter()
                .filter(|constraint| constraint.keyword == rule.id && constraint.test.state() == rule.says);
            for place in places {
                try_rule(operation, &place.id, &at, &rule, parsed, problems);
            }
        }
    }
}

fn find_rules(value: &Value, at: &mut String, found: &mut Vec<(String, RuleSpec)>) {
    let members: Vec<(String, &Value)> = match value {
        Value::Object(members) => members.iter().map(|(name, value)| (name.clone(), value)).collect(),
        Value::Array(items) => items.iter().enumerate().map(|(index, value)| (index.to_string(), value)).collect(),
        _ => return,
    };
    for (name, member) in members {
        let length = at.len();
        pointer::push(at, &name);
        match serde_json::from_value(member.clone()) {
            Ok(rule) if value.is_array() && at.contains("/rules/") => found.push((at.clone(), rule)),
            _ => find_rules(member, at, found),
        }
        at.truncate(length);
    }
}

fn try_rule(
    operation: &Operation,
    id: &str,
    at: &str,
    rule: &RuleSpec,
    text: &Parsed,
    problems: &mut Vec<SpecProblem>,
) {
    let place: Vec<String> = pointer::segments(id.split('#').next().unwrap_or_default()).collect();
    // The first example that has the place, so that the siblings of the patched value are there too.
    let examples = || operation.examples.iter().map(|example| &example.input);
    let parent = &place[..place.len().saturating_sub(1)];
    let having = examples().find(|input| pointer::first(input, parent).is_some());
    let Some(base) = having.or(examples().next()) else { return };
    let broken_by = |patch: &Value| -> Vec<String> {
        let mut input = base.clone();
        let slot = pointer::slot(&mut input, &place);
        pointer::merge(slot, patch);
        let violations = operation.input.judge(&input);
        violations.iter().map(|violation| operation.input.constraints[violation.constraint].id.clone()).collect()
    };
    let by_holds = broken_by(&rule.holds);
    if by_holds.iter().any(|broken| broken == id) {
        problems.push(text.problem(
            &format!("{at}/holds"),
            format!("`holds` breaks the rule {id}"),
            "give a value that just satisfies it",
        ));
    } else if let Some(other) = by_holds.first() {
        problems.push(text.problem(
            &format!("{at}/holds"),
            format!("`holds` breaks {other}"),
            "give a value that is valid altogether",
        ));
    }
    let by_breaks = broken_by(&rule.breaks);
    if !by_breaks.iter().any(|broken| broken == id) {
        problems.push(text.problem(
            &format!("{at}/breaks"),
            format!("`breaks` does not break the rule {id}"),
            "give a value that breaks it",
        ));
    }
    for other in by_breaks.iter().filter(|broken| *broken != id) {
        let message = format!("`breaks` breaks {other} too");
        problems.push(text.problem(
            &format!("{at}/breaks"),
            message,
            "give a value that breaks this rule and nothing else",
        ));
    }
}

fn answers(operation: &Operation, text: &Parsed, problems: &mut Vec<SpecProblem>) {
    for example in &operation.examples {
        let output = crate::mock::answer(operation, &example.input, 0, "us-east-1");
        for violation in operation.output.judge(&output) {
            let message =
                format!("for example {}, the answer breaks {}", example.name, name(&operation.output, &violation));
            problems.push(text.problem(
                &format!("/answer{}", violation.at),
                message,
                "correct the answer, or the output's schema",
            ));
        }
        let mut unknown = Vec::new();
        operation.output.unknown_members(&output, &mut unknown);
        for member in unknown {
            let message = format!("{member} is no member of the output");
            problems.push(text.key_problem(
                &format!("/answer{member}"),
                message,
                "describe it under `output`, or remove it",
            ));
        }
    }
}
