//! The specs of the AWS operations against the published service models: same members, types, names and errors.

use std::fs;

use accordant::Contract;
use accordant::model::{JsonType, Occurrence, Operation, Table};
use serde_json::Value;

fn model(file: &str) -> Value {
    let path = format!("{}/fixtures/models/{file}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&fs::read_to_string(path).expect(file)).expect("JSON")
}

#[test]
fn the_specs_have_what_the_models_have() {
    let contract = Contract::builtin();
    let mut compared = 0;
    for file in ["rds-three-ops.nodoc.json", "backup-one-op.nodoc.json"] {
        let model = model(file);
        for (name, described) in model["operations"].as_object().expect("operations") {
            let operation = contract.operation(name).expect("a spec");
            assert_eq!(operation.http.method.as_str(), described["http"]["method"], "{name}");
            assert_eq!(operation.http.path, described["http"]["requestUri"].as_str().expect("a path"), "{name}");
            let comparison = Comparison { model: &model, operation: name };
            compared += comparison.structure(
                &operation.input,
                operation.input.table().root(),
                &described["input"]["shape"],
                true,
            );
            compared += comparison.structure(
                &operation.output,
                operation.output.table().root(),
                &described["output"]["shape"],
                false,
            );
            comparison.errors(operation, described);
        }
    }
    assert!(compared > 250, "only {compared} members");
}

struct Comparison<'m> {
    model: &'m Value,
    operation: &'m str,
}

impl Comparison<'_> {
    fn structure(&self, shape: &Table, node: &Occurrence, name: &Value, input: bool) -> usize {
        let described = &self.model["shapes"][name.as_str().expect("a shape name")];
        let members = described["members"].as_object().expect("members");
        let place = format!("{}{}", self.operation, node.pointer);
        let expected: Vec<&String> = members.keys().collect();
        assert_eq!(node.properties.keys().collect::<Vec<_>>(), expected, "{place}");
        if input {
            for required in described["required"].as_array().into_iter().flatten() {
                assert!(node.limits.required.iter().any(|name| name == required), "{place}: {required}");
            }
        }
        let below: usize = members
            .iter()
            .map(|(name, member)| {
                let child = &shape.nodes[node.properties[name]];
                self.value(shape, child, &member["shape"], input)
            })
            .sum();
        members.len() + below
    }

    fn value(&self, shape: &Table, node: &Occurrence, name: &Value, input: bool) -> usize {
        let described = &self.model["shapes"][name.as_str().expect("a shape name")];
        let place = format!("{}{}", self.operation, node.pointer);
        let expected = match described["type"].as_str().expect("a type") {
            "structure" | "map" => JsonType::Object,
            "list" => JsonType::Array,
            "integer" | "long" => JsonType::Integer,
            "double" | "float" => JsonType::Number,
            "boolean" => JsonType::Boolean,
            _ => JsonType::String,
        };
        assert!(node.types.contains(expected), "{place}: {expected:?}");
        assert_eq!(node.format.as_deref() == Some("date-time"), described["type"] == "timestamp", "{place}");
        assert_eq!(node.sensitive, described["sensitive"] == true, "{place}: sensitive");
        if let Some(values) = described["enum"].as_array() {
            assert_eq!(&node.limits.choices, values, "{place}");
        }
        if let Some(pattern) = described["pattern"].as_str().filter(|_| input) {
            assert_eq!(node.limits.pattern.as_deref(), Some(pattern), "{place}");
        }
        match described["type"].as_str() {
            Some("structure") => self.structure(shape, node, name, input),
            Some("list") => {
                let item = described["member"]["locationName"].as_str().unwrap_or("member");
                assert_eq!(node.wire.item.as_deref().unwrap_or("member"), item, "{place}");
                self.value(shape, &shape.nodes[node.items.expect("items")], &described["member"]["shape"], input)
            }
            Some("map") => {
                self.value(shape, &shape.nodes[node.values.expect("values")], &described["value"]["shape"], input)
            }
            _ => 0,
        }
    }

    fn errors(&self, operation: &Operation, described: &Value) {
        for error in described["errors"].as_array().expect("errors") {
            let shape = error["shape"].as_str().expect("a shape name");
            let details = &self.model["shapes"][shape]["error"];
            let code = details["code"].as_str().unwrap_or(shape);
            let index =
                operation.errors.by_code(code).unwrap_or_else(|| panic!("{}: {code} is not declared", operation.name));
            let declared = &operation.errors.all[index];
            if let Some(status) = details["httpStatusCode"].as_u64() {
                assert_eq!(u64::from(declared.status), status, "{code}");
            }
            assert_eq!(declared.shape.as_deref().unwrap_or(code), shape, "{code}");
        }
    }
}
