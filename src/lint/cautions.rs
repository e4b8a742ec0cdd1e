//! What a spec may say and what is not judged as its author may think: patterns that no engine takes whole, schemas of more
//! places than are told apart.

use serde_json::Value;

use crate::model::{MAX_PLACES, Matcher, Operation};
use crate::spec::{Parsed, SpecProblem};
use crate::value::pointer;

/// Keys of a schema that hold data, which may look like a schema.
const DATA: [&str; 9] = ["default", "examples", "enum", "const", "errors", "cite", "holds", "breaks", "over"];

/// Warns of the patterns in a file.
pub fn patterns(text: &Parsed, problems: &mut Vec<SpecProblem>) {
    for root in ["/input", "/output", "/$defs"] {
        if let Some(schema) = text.value.pointer(root) {
            patterns_in(schema, &mut root.to_owned(), text, problems);
        }
    }
}

fn patterns_in(schema: &Value, at: &mut String, text: &Parsed, problems: &mut Vec<SpecProblem>) {
    let parts: Vec<(String, &Value)> = match schema {
        Value::Object(members) => {
            let members =
                members.iter().filter(|(name, _)| !DATA.contains(&name.as_str()) || at.ends_with("/properties"));
            members.map(|(name, value)| (name.clone(), value)).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        _ => return,
    };
    for (name, part) in parts {
        let is_named = at.ends_with("/patternProperties");
        let length = at.len();
        pointer::push(at, &name);
        let pattern = if is_named { Some(name.as_str()) } else { part.as_str().filter(|_| name == "pattern") };
        if let Some(caution) = pattern.and_then(|pattern| Matcher::new(pattern).ok()?.caution()) {
            let message = format!("the pattern is not judged for every text: {caution}");
            let help = "write it without look-around, back-references and large repetitions, if it can be";
            let problem = if is_named { text.key_problem(at, message, help) } else { text.problem(at, message, help) };
            problems.push(problem.warning());
        }
        patterns_in(part, at, text, problems);
        at.truncate(length);
    }
}

/// Warns of schemas some of whose places stand for others.
pub fn places(operation: &Operation, text: &Parsed, problems: &mut Vec<SpecProblem>) {
    for (at, shape) in [("/input", &operation.input), ("/output", &operation.output)] {
        if shape.is_cut {
            let message = format!("the schema has more than {MAX_PLACES} places: the last ones are not told apart");
            let help = "nothing is wrong; what is said of such a place names the first one of the same schema";
            problems.push(text.key_problem(at, message, help).warning());
        }
    }
}
