//! Every keyword of JSON Schema 2020-12, on specs made for it: what is drawn is valid by two judges.

use std::path::Path;
use std::sync::Arc;

use accordant::Contract;
use accordant::generate::{Boundaries, Generator, Random, Side};
use accordant::model::Operation;
use accordant::spec::{Parsed, SourceText};
use serde_json::Value;

fn contract() -> Contract {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/specs/keywords");
    let texts = std::fs::read_dir(folder).expect("the fixtures").map(|entry| {
        let path = entry.expect("a file").path();
        let name = format!("keywords/{}", path.file_name().expect("a name").to_string_lossy());
        SourceText { name, text: std::fs::read_to_string(&path).expect("its text") }
    });
    Contract::from_texts(texts).unwrap_or_else(|error| panic!("{error}"))
}

/// The input schema as it is written, for the other judge.
fn validator(contract: &Contract, operation: &Operation) -> jsonschema::Validator {
    let named = format!("operation: {}\n", operation.name);
    let texts = contract.texts();
    let text = texts.iter().find(|text| text.text.contains(&named)).expect("its text");
    let spec = Parsed::parse(Arc::new(SourceText::clone(text))).expect("YAML").value;
    let mut schema = spec["input"].clone();
    schema["$defs"] = spec["$defs"].clone();
    if schema["$defs"].is_null() {
        schema["$defs"] = Value::Object(serde_json::Map::new());
    }
    jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a schema")
}

#[test]
fn what_is_drawn_is_valid_by_both_judges() {
    let contract = contract();
    for operation in contract.operations() {
        let (generator, other) = (Generator::new(operation), validator(&contract, operation));
        let shape = &operation.input;
        let mut missed = Vec::new();
        for seed in 0..1000 {
            let plain = generator.plain(shape, 0, &mut Random::new(seed));
            assert_eq!(shape.judge(&plain), [], "{}: {plain}", operation.name);
            assert!(other.is_valid(&plain), "{}: {plain}", operation.name);
            let rich = generator.rich(shape, 0, &mut Random::new(seed));
            let (ours, theirs) = (shape.judge(&rich), other.is_valid(&rich));
            // The width of a number is no keyword of the standard.
            let ours_alone = |id: usize| shape.constraints[id].test.state().contains("32 bits");
            let agreed = ours.is_empty() == theirs || ours.iter().all(|found| ours_alone(found.constraint));
            assert!(agreed, "{}: {ours:?} but {theirs}: {rich}", operation.name);
            if !ours.is_empty() {
                missed.push(format!("{} {rich}", shape.constraints[ours[0].constraint].id));
            }
        }
        assert!(missed.len() <= 50, "{}: {} of 1000 are not valid: {:#?}", operation.name, missed.len(), &missed[..10]);
    }
}

/// Constraints for which nothing lies on a side.
const ONE_SIDED: [(&str, Side, &str); 1] = [("/one/kind#type", Side::Outside, "each alternative wants one string")];

#[test]
fn each_constraint_has_both_sides() {
    let contract = contract();
    let mut lacking = Vec::new();
    for operation in contract.operations() {
        let (boundaries, other) = (Boundaries::of(operation), validator(&contract, operation));
        for (id, constraint) in operation.input.constraints.iter().enumerate() {
            for side in [Side::Inside, Side::Outside] {
                let inputs = boundaries.inputs_at(id, side, &mut Random::new(11));
                let excused = ONE_SIDED.iter().any(|(known, one, _)| *known == constraint.id && *one == side);
                if inputs.is_empty() != excused {
                    lacking.push(format!("{}{} {side:?}", operation.name, constraint.id));
                }
                for input in inputs {
                    let width = constraint.test.state().contains("32 bits");
                    assert_eq!(other.is_valid(&input), side == Side::Inside || width, "{}: {input}", constraint.id);
                }
            }
        }
    }
    assert!(lacking.is_empty(), "{lacking:#?}");
}

#[test]
fn every_branch_and_every_depth_is_drawn() {
    let contract = contract();
    let operation = contract.operation("PutCompositions").expect("a fixture");
    let generator = Generator::new(operation);
    let drawn: Vec<Value> = (0..1000).map(|seed| generator.rich(&operation.input, 0, &mut Random::new(seed))).collect();
    let any = |what: &str, is: &dyn Fn(&Value) -> bool| assert!(drawn.iter().any(is), "none {what}");
    any("of the first branch", &|v| v.pointer("/one/radius").is_some());
    any("of the second branch", &|v| v.pointer("/one/side").is_some());
    any("by then", &|v| v.pointer("/cased/country") == Some(&Value::from("us")));
    any("by else", &|v| v.pointer("/cased/country") == Some(&Value::from("nl")));
    any("of several levels", &|v| v.pointer("/tree/children/0/children/0").is_some());
    any("that is a string", &|v| v["any"].is_string());
    any("that is a number", &|v| v["any"].is_number());
    let depth = |value: &Value| {
        value
            .to_string()
            .bytes()
            .scan(0_i32, |depth, byte| {
                *depth += i32::from(matches!(byte, b'[' | b'{')) - i32::from(matches!(byte, b']' | b'}'));
                Some(*depth)
            })
            .max()
    };
    assert!(drawn.iter().all(|value| depth(value) < Some(200)));
}

/// What no regular expression without backtracking says is judged, drawn from examples and guesses, and refuses no file.
#[test]
fn patterns_that_look_around_are_judged_and_drawn() {
    let contract = contract();
    let operation = contract.operation("PutScalars").expect("a fixture");
    let judged = |member: &str, text: &str| {
        let input = serde_json::json!({"constant": "fixed", "step": 14, member: text});
        operation.input.judge(&input).is_empty()
    };
    assert!(judged("password", "Abcdefg1") && !judged("password", "abcdefg1"));
    assert!(judged("foreign", "rds:x") && !judged("foreign", "aws:x"));
    assert!(judged("twice", "so-so") && !judged("twice", "so-no"));
    let generator = Generator::new(operation);
    for member in ["password", "foreign", "twice"] {
        let drawn = (0..200).filter_map(|seed| {
            let value = generator.rich(&operation.input, 0, &mut Random::new(seed)).get(member)?.clone();
            value.as_str().map(|text| judged(member, text))
        });
        let drawn: Vec<bool> = drawn.collect();
        let valid = drawn.iter().filter(|valid| **valid).count();
        assert!(drawn.len() > 20 && valid * 10 >= drawn.len() * 9, "{member}: {valid} of {}", drawn.len());
    }
}

/// A pattern that no engine takes accuses nobody.
#[test]
fn a_pattern_too_large_to_compile_lets_everything_pass() {
    let file = |name: &str, text: &str| SourceText { name: format!("big/{name}"), text: text.to_owned() };
    let service = include_str!("../../fixtures/specs/keywords/service.yaml");
    let operation = r#"
operation: PutBig
http: { method: PUT, path: "/big", status: 200, cite: "assumed:x" }
input:
  type: object
  cite: "assumed:x"
  properties: { big: { type: string, pattern: "((a{1000}){1000}){1000}", examples: [b] } }
examples: [{ name: minimal, input: { big: b }, cite: "assumed:x" }]
"#;
    let contract =
        Contract::from_texts([file("service.yaml", service), file("put-big.yaml", operation)]).expect("loads");
    let operation = contract.operation("PutBig").expect("it is there");
    assert_eq!(operation.input.judge(&serde_json::json!({"big": "b"})), []);
    let generator = Generator::new(operation);
    for seed in 0..50 {
        let drawn = generator.rich(&operation.input, 0, &mut Random::new(seed));
        assert!(drawn["big"].as_str().is_none_or(|text| text.len() < 20_000), "it is not drawn from");
    }
}
