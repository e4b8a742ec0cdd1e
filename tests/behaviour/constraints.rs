//! Every constraint of every operation: broken on the wire, the mock answers the error the contract names for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use accordant::Contract;
use accordant::codec::{Oddity, Outcome};
use accordant::generate::{Boundaries, Random, Side, unbreakable};
use accordant::mock::Mock;
use accordant::model::{Cause, Constraint, Dialect, Operation};
use bytes::Bytes;
use http::Request;
use serde_json::Value;

use crate::wire::with_credentials;

fn signed(operation: &Operation, request: Request<Bytes>) -> Request<Bytes> {
    with_credentials(request, &operation.service.name)
}

#[test]
fn each_broken_constraint_gets_its_own_error() {
    let mock = Mock::new(Arc::new(Contract::builtin()));
    let (mut broken, mut wrong) = (0, Vec::new());
    for operation in mock.contract().operations() {
        let boundaries = Boundaries::of(operation);
        for (id, constraint) in operation.input.constraints.iter().enumerate() {
            let inputs = boundaries.inputs_at(id, Side::Outside, &mut Random::new(7));
            let survivors: Vec<&Value> = inputs.iter().filter(|input| survives(operation, input, id)).collect();
            let name = format!("{}{}", operation.name, constraint.id);
            match (survivors.len(), unbreakable(&boundaries, Dialect::Native, id)) {
                (0, None) => wrong.push(format!("{name}: no input breaks it")),
                (1.., Some(reason)) => wrong.push(format!("{name} can be broken, although {reason}")),
                _ => {}
            }
            for input in survivors {
                expect_error(&mock, operation, constraint, input);
                broken += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(broken > 500, "only {broken} inputs");
}

/// The whole list, so that a constraint which is no longer broken by any case does not go unseen.
#[test]
fn the_constraints_that_no_request_breaks_are_known() {
    let mut reasons: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for operation in Contract::builtin().operations() {
        let boundaries = Boundaries::of(operation);
        let documented = operation.documented.as_ref().map(|_| Dialect::Documented);
        for dialect in [Dialect::Native].into_iter().chain(documented) {
            for (id, constraint) in operation.input.constraints.iter().enumerate() {
                let Some(reason) = unbreakable(&boundaries, dialect, id) else { continue };
                let heading = format!("{} ({})", operation.name, dialect.name());
                reasons.entry(heading).or_default().push(format!("{}: {reason}", constraint.id));
            }
        }
    }
    crate::approved(|| insta::assert_yaml_snapshot!("unbreakable", reasons));
}

/// Whether the input still breaks the constraint, and only that, after a way over the wire.
fn survives(operation: &Operation, input: &Value, constraint: usize) -> bool {
    let request = operation.service.codec().encode_request(operation, input);
    let Ok(decoded) = operation.service.codec().decode_request(operation, &request) else { return false };
    let violations = operation.input.judge(&decoded.input);
    !decoded.oddities.contains(&Oddity::Unclear)
        && !violations.is_empty()
        && violations.iter().all(|violation| violation.constraint == constraint)
}

fn expect_error(mock: &Mock, operation: &Operation, constraint: &Constraint, input: &Value) {
    let name = format!("{}{} with {input}", operation.name, constraint.id);
    let link = constraint.reaction.link().unwrap_or_else(|| panic!("{name}: no error is declared"));
    let expected = &operation.errors.all[link.error];
    let request = signed(operation, operation.service.codec().encode_request(operation, input));
    let answered = mock.answer(&request);
    assert_eq!(answered.violations, [constraint.id.as_str()], "{name}");
    let received = operation.service.codec().decode_response(operation, &answered.response).expect(&name);
    assert_eq!(received.status, expected.status, "{name}");
    let Outcome::Error { code, .. } = received.outcome else { panic!("{name}: accepted") };
    assert_eq!(code, expected.code, "{name}");
    assert_eq!(answered.dialect, Dialect::Native);
}

#[test]
fn each_boundary_is_valid() {
    let mock = Mock::new(Arc::new(Contract::builtin()));
    let mut sent = 0;
    for operation in mock.contract().operations() {
        let boundaries = Boundaries::of(operation);
        for (id, constraint) in operation.input.constraints.iter().enumerate() {
            for input in boundaries.inputs_at(id, Side::Inside, &mut Random::new(7)) {
                let request = signed(operation, operation.service.codec().encode_request(operation, &input));
                let answered = mock.answer(&request);
                let name = format!("{}{} with {input}", operation.name, constraint.id);
                assert!(answered.response.status().is_success(), "{name}: {:?}", answered.violations);
                sent += 1;
            }
        }
    }
    assert!(sent > 100, "only {sent} boundaries");
}

#[test]
fn several_violations_are_told_in_the_stated_order() {
    let contract = Contract::builtin();
    let operation = contract.operation("ReplicateBackup").expect("built in");
    let mut input = operation.examples[0].input.clone();
    input["replicate"] =
        serde_json::json!({"destination_region": "r".repeat(256), "destination_vault_id": 7, "name": "a b"});
    let request = signed(operation, operation.service.codec().encode_request(operation, &input));
    let answered = Mock::new(Arc::new(contract)).answer(&request);
    let expected = [
        "/replicate/destination_project_id#required",
        "/replicate/destination_vault_id#type",
        "/replicate/destination_region#maxLength",
        "/replicate/name#pattern",
    ];
    assert_eq!(answered.violations, expected);
    assert_eq!(answered.response.headers()["accordant-violations"], expected.join(", "));
}

#[test]
fn our_judge_agrees_with_the_json_schema_crate() {
    let contract = Contract::builtin();
    let texts = contract.texts();
    for operation in contract.operations() {
        let text = texts.iter().find(|text| text.text.contains(&format!("\noperation: {}\n", operation.name)));
        let boundaries = Boundaries::of(operation);
        let file = format!("{}/service.yaml", operation.service.name);
        let service = texts.iter().find(|text| text.name.ends_with(&file));
        let parse = |text: &accordant::spec::SourceText| {
            accordant::spec::Parsed::parse(Arc::new(text.clone())).expect("YAML").value
        };
        let (spec, service) = (parse(text.expect("its text")), parse(service.expect("its service's text")));
        let mut schema = spec["input"].clone();
        let mut defs = service["$defs"].as_object().cloned().unwrap_or_default();
        defs.extend(spec["$defs"].as_object().cloned().unwrap_or_default());
        schema["$defs"] = Value::Object(defs);
        let validator =
            jsonschema::draft202012::options().should_validate_formats(true).build(&schema).expect("a schema");
        for (id, constraint) in operation.input.constraints.iter().enumerate() {
            for side in [Side::Inside, Side::Outside] {
                for input in boundaries.inputs_at(id, side, &mut Random::new(3)) {
                    // Rules and the width of numbers are not JSON Schema's.
                    let ours = constraint.cause == Cause::Rule || constraint.test.state().contains("32 bits");
                    let valid = side == Side::Inside || ours;
                    assert_eq!(validator.is_valid(&input), valid, "{}{}: {input}", operation.name, constraint.id);
                }
            }
        }
    }
}
