//! Schemas of schemas (`anyOf`, `oneOf`, `not`, `if`, `contains`, …), each judged as one statement.
//!
//! `allOf` is not here: its parts are constraints of the value itself, each with an id of its own.

use jsonschema::Validator;
use serde_json::{Map, Value, json};

use super::{BoundaryValue, Edges, Kind, Scope, Stated, Test, Unfit, definition, values};
use crate::model::{Cause, SchemaSpec};

/// The kind.
pub struct Composition;

/// The keywords judged here, with those that belong to them.
const KEYWORDS: [(&str, &[&str], &str); 5] = [
    ("anyOf", &[], "must satisfy at least one of the alternatives"),
    ("oneOf", &[], "must satisfy exactly one of the alternatives"),
    ("not", &[], "must not satisfy the excluded schema"),
    ("if", &["then", "else"], "must satisfy the schema of its case"),
    ("contains", &["minContains", "maxContains"], "must contain the items asked for"),
];

impl Kind for Composition {
    fn cause(&self) -> Cause {
        Cause::Composition
    }

    fn compile(&self, _: &SchemaSpec, scope: &Scope<'_>) -> Vec<Result<Stated, Unfit>> {
        let present = KEYWORDS.into_iter().filter(|(keyword, ..)| scope.raw.get(keyword).is_some());
        present.map(|(keyword, companions, sentence)| compose(keyword, companions, sentence, scope)).collect()
    }
}

fn compose(keyword: &str, companions: &[&str], sentence: &'static str, scope: &Scope<'_>) -> Result<Stated, Unfit> {
    let names = std::iter::once(keyword).chain(companions.iter().copied());
    let mut part: Map<String, Value> =
        names.filter_map(|name| Some((name.to_owned(), scope.raw.get(name)?.clone()))).collect();
    part.insert("$defs".into(), reachable(&part, scope.defs));
    let validator = jsonschema::draft202012::options().should_validate_formats(true).build(&Value::Object(part));
    let validator = validator.map_err(|error| Unfit {
        at: format!("/{keyword}"),
        message: format!("the schema does not compile: {error}"),
        help: "write it as JSON Schema 2020-12 and refer to #/$defs/NAME only".into(),
    })?;
    Ok(Stated::new(keyword, Composed { validator, sentence }))
}

/// The definitions that a schema refers to, and those that they refer to: a service has thousands of others.
fn reachable(part: &Map<String, Value>, defs: &[&Value]) -> Value {
    let mut found = Map::new();
    let mut open: Vec<&Value> = part.values().collect();
    let mut referred: Vec<&str> = Vec::new();
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                let reference = members.get("$ref").and_then(Value::as_str);
                referred.extend(reference.and_then(|text| text.strip_prefix("#/$defs/")));
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
        while let Some(name) = referred.pop() {
            if let (false, Some(schema)) = (found.contains_key(name), definition(defs, name)) {
                found.insert(name.to_owned(), schema.clone());
                open.push(schema);
            }
        }
    }
    Value::Object(found)
}

#[derive(Debug)]
struct Composed {
    validator: Validator,
    sentence: &'static str,
}

impl Test for Composed {
    fn holds(&self, value: &Value) -> bool {
        self.validator.is_valid(value)
    }

    fn state(&self) -> String {
        self.sentence.into()
    }

    fn edges(&self) -> Edges {
        // Values of every kind break what nothing beside the composition narrows down.
        let others =
            [json!(null), json!(true), json!(0), json!(-1), json!(0.5), json!(""), json!("text"), json!([]), json!({})];
        let others = others.into_iter().filter(|value| !self.holds(value));
        let near = std::iter::repeat_n(BoundaryValue::NoBranch, 4);
        Edges { inside: vec![BoundaryValue::Drawn; 3], outside: near.chain(values(others)).collect() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(schema: &Value, value: &Value) -> bool {
        let defs = json!({"Short": {"maxLength": 2}});
        let scope = Scope { raw: schema, defs: &[&defs] };
        let stated = Composition.compile(&SchemaSpec::default(), &scope);
        assert_eq!(stated.len(), 1);
        stated[0].as_ref().expect("compiles").test.holds(value)
    }

    #[test]
    fn judges_each_keyword_as_json_schema_does() {
        let any = json!({"anyOf": [{"type": "integer"}, {"$ref": "#/$defs/Short"}]});
        assert!(judge(&any, &json!("ab")) && judge(&any, &json!(5)) && !judge(&any, &json!("abc")));
        let one = json!({"oneOf": [{"minimum": 1}, {"maximum": 3}]});
        assert!(judge(&one, &json!(9)) && !judge(&one, &json!(2)));
        assert!(!judge(&json!({"not": {}}), &json!(1)) && judge(&json!({"not": {"type": "null"}}), &json!(1)));
        let cased = json!({"if": {"type": "string"}, "then": {"minLength": 2}, "else": {"minimum": 2}});
        assert!(judge(&cased, &json!("ab")) && !judge(&cased, &json!("a")) && !judge(&cased, &json!(1)));
        let contains = json!({"contains": {"const": 1}, "maxContains": 1});
        assert!(judge(&contains, &json!([1, 2])) && !judge(&contains, &json!([1, 1])) && !judge(&contains, &json!([])));
    }

    #[test]
    fn refuses_references_to_elsewhere() {
        for reference in ["#/$defs/Missing", "http://127.0.0.1:1/schema.json", "file:///etc/passwd"] {
            let schema = json!({"not": {"$ref": reference}});
            let scope = Scope { raw: &schema, defs: &[] };
            assert!(Composition.compile(&SchemaSpec::default(), &scope)[0].is_err(), "{reference}");
        }
    }
}
