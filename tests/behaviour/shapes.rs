//! Schemas as a graph: what is shared, what is bounded, and what is made only when somebody asks.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use accordant::Contract;
use accordant::client::{ClientRun, Exchange, Exchanges};
use accordant::exchange::Ended;
use accordant::generate::{Generator, Random};
use accordant::mock::{Mock, Sending};
use accordant::model::MAX_PLACES;
use accordant::spec::SourceText;
use bytes::Bytes;
use http::Response;
use serde_json::json;

use crate::wire::with_credentials;

fn file(name: &str, text: String) -> SourceText {
    SourceText { name: format!("shop/{name}"), text }
}

/// A service with these operations, each with its `input` and `$defs`.
fn contract(definitions: &str, operations: &[(&str, &str)]) -> Contract {
    let service = include_str!("../../fixtures/specs/keywords/service.yaml");
    let service = file("service.yaml", format!("{service}\n$defs:\n{definitions}"));
    let operations = operations.iter().enumerate().map(|(index, (name, rest))| {
        let http = format!("{{ method: PUT, path: \"/{index}\", status: 200, cite: \"assumed:x\" }}");
        file(&format!("{index}.yaml"), format!("operation: {name}\nhttp: {http}\n{rest}"))
    });
    let texts: Vec<SourceText> = std::iter::once(service).chain(operations).collect();
    Contract::from_texts(texts).unwrap_or_else(|error| panic!("{error}"))
}

const EXAMPLE: &str = "\nexamples: [{ name: minimal, input: {}, cite: \"assumed:x\" }]\n";

#[test]
fn what_equal_schemas_say_is_compiled_once() {
    let pen = "input: { type: object, cite: \"assumed:x\", properties: { pen: { $ref: \"#/$defs/Pen\" } } }";
    let definitions =
        "  Pen: { type: object, properties: { ink: { type: string, maxLength: 9 } }, cite: \"assumed:x\" }\n";
    let text = format!("{pen}{EXAMPLE}");
    let one = contract(definitions, &[("PutPen", text.as_str())]);
    let two = contract(definitions, &[("PutPen", text.as_str()), ("GetPen", text.as_str())]);
    let nodes = |contract: &Contract| contract.services()[0].shapes.len();
    assert_eq!(nodes(&one), nodes(&two), "the second operation adds nothing");
    let same = |name| two.operation(name).expect("it is there").input.start;
    assert_eq!(same("PutPen"), same("GetPen"));
    for operation in two.operations() {
        let broken = operation.input.judge(&json!({"pen": {"ink": "0123456789"}}));
        assert_eq!(operation.input.constraints[broken[0].constraint].id, "/pen/ink#maxLength");
    }
}

#[test]
fn an_error_of_its_own_is_asked_of_each_operation() {
    let definitions = "  Pen: { type: string, maxLength: 9, errors: { maxLength: { code: TooLong, cite: \"assumed:x\" } }, \
                       cite: \"assumed:x\" }\n";
    let text = format!(
        "input: {{ type: object, cite: \"assumed:x\", properties: {{ pen: {{ $ref: \"#/$defs/Pen\" }} }} }}{EXAMPLE}"
    );
    let declared = format!("{text}errors: [{{ code: TooLong, status: 400, kind: validation, cite: \"assumed:x\" }}]\n");
    let service = include_str!("../../fixtures/specs/keywords/service.yaml");
    let http = |path: &str| format!("http: {{ method: PUT, path: \"/{path}\", status: 200, cite: \"assumed:x\" }}\n");
    let texts = [
        file("service.yaml", format!("{service}\n$defs:\n{definitions}")),
        file("a.yaml", format!("operation: PutPen\n{}{declared}", http("a"))),
        file("b.yaml", format!("operation: GetPen\n{}{text}", http("b"))),
    ];
    let error = Contract::from_texts(texts).expect_err("one of them does not declare it").to_string();
    assert!(error.contains("TooLong is not a declared error"), "{error}");
}

/// Today's largest real output has some 55,000 places.
#[test]
fn a_schema_of_more_places_than_are_told_apart_is_no_problem() {
    let members =
        |of: &str| (0..60).map(|n| format!("m{n}: {{ $ref: \"#/$defs/{of}\" }}")).collect::<Vec<_>>().join(", ");
    let level = |name: &str, of: &str| {
        format!("  {name}: {{ type: object, cite: \"assumed:x\", properties: {{ {} }} }}\n", members(of))
    };
    let leaf = "  Leaf: { type: string, maxLength: 3, cite: \"assumed:x\" }\n";
    let definitions = format!("{}{}{}{leaf}", level("A", "B"), level("B", "C"), level("C", "Leaf"));
    let text = format!("input: {{ $ref: \"#/$defs/A\" }}{EXAMPLE}");
    let contract = contract(&definitions, &[("PutMuch", text.as_str())]);
    let operation = contract.operation("PutMuch").expect("it is there");
    assert!(contract.services()[0].shapes.len() < 10);
    let last = json!({"m59": {"m59": {"m59": "long"}}});
    assert_eq!(operation.input.judge(&json!({"m59": {"m59": {"m59": "abc"}}})), []);
    assert!(!operation.input.has_table(), "nothing was wrong yet");
    let broken = operation.input.judge(&last);
    assert_eq!((broken.len(), broken[0].at.as_str()), (1, "/m59/m59/m59"));
    let table = operation.input.table();
    assert!(table.is_cut && table.nodes.len() < MAX_PLACES + 100, "{} places", table.nodes.len());
    let drawn = Generator::new(operation).rich(table, 0, &mut Random::new(1));
    assert!(drawn.is_object() && operation.input.judge(&drawn).is_empty());
}

#[test]
fn references_that_lead_round_end_at_their_first_place() {
    let definitions = "  Tree: { type: object, cite: \"assumed:x\", properties: { name: { type: string, maxLength: 3 }, \
                       children: { type: array, items: { $ref: \"#/$defs/Tree\", description: \"below\" } } } }\n";
    let text = format!(
        "input: {{ type: object, cite: \"assumed:x\", properties: {{ tree: {{ $ref: \"#/$defs/Tree\" }} }} }}{EXAMPLE}"
    );
    let contract = contract(definitions, &[("PutTree", text.as_str())]);
    let operation = contract.operation("PutTree").expect("it is there");
    let deep = json!({"tree": {"children": [{"children": [{"name": "long"}]}]}});
    let broken = operation.input.judge(&deep);
    let id = &operation.input.constraints[broken[0].constraint].id;
    assert_eq!((id.as_str(), broken[0].at.as_str()), ("/tree/name#maxLength", "/tree/children/0/children/0/name"));
    assert!(!operation.input.is_cut);
}

/// A valid request is decoded, judged and answered along the graph: no ids, no pointers, nothing kept for it.
#[test]
fn a_plain_request_makes_no_table() {
    // The built-in contract is shared with other tests, which may have asked for ids.
    let specs = Path::new(env!("CARGO_MANIFEST_DIR")).join("specs");
    let mock = Mock::new(Arc::new(Contract::load(specs).expect("the specs")));
    for operation in mock.contract().operations() {
        let request = operation.service.codec().encode_request(operation, &operation.examples[0].input);
        let answered = mock.answer(&with_credentials(request, &operation.service.name));
        assert_eq!((answered.response.status().as_u16(), answered.violations.len()), (operation.http.status, 0));
        assert!(!operation.input.has_table() && !operation.output.has_table(), "{}", operation.name);
    }
}

/// What goes along a value with its schemas agrees on which schemas these are: parts of an `allOf`, first items, patterns of
/// names, alternatives.
#[test]
fn masks_unknown_members_coverage_and_echoed_secrets_see_the_same_members() {
    let contract = Contract::load(Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/specs/parts")).expect("sound");
    let operation = contract.operation("PutParts").expect("an operation");
    let secrets = ["hunter2/hunter2", "Tr0ub4dor&3xyz", "aB3$x%Q9-zzz", "k9!k9?k8(k7)"];
    let input = json!({
        "apart": {"secret": secrets[0], "mode": "fast", "stranger": "s1"},
        "pair": [secrets[1], "left", "plain"],
        "named": {"x-key": secrets[2]},
        "either": {"inner": secrets[3]},
        "unknown": "s2",
    });
    assert_eq!(
        operation.input.mask(&input),
        json!({
            "apart": {"secret": "***", "mode": "fast", "***": "***"},
            "pair": ["***", "left", "plain"],
            "named": {"x-key": "***"},
            "either": {"inner": "***"},
            "***": "***",
        })
    );
    let mut unknown = Vec::new();
    operation.input.unknown_members(&input, &mut unknown);
    unknown.sort();
    assert_eq!(unknown, ["/apart/stranger", "/unknown"]);

    let mut known = input;
    known.as_object_mut().expect("an object").shift_remove("unknown");
    known["apart"].as_object_mut().expect("an object").shift_remove("stranger");
    let request = operation.service.codec().encode_request(operation, &known);
    let mut response = Response::new(Bytes::from(json!({ "told": secrets }).to_string()));
    response.headers_mut().insert("content-type", "application/json".parse().expect("a value"));
    let mut exchanges = Exchanges::default();
    exchanges.push(Exchange::new(request, &Sending::from(response), Duration::ZERO));
    let mut run = ClientRun::new(&contract, "client".into(), Ended::Exit(0), false, &exchanges);
    run.add_answers(&contract, &exchanges);
    let report = run.report();
    let all = report.findings.iter().chain(&report.notes);
    let echoed: BTreeSet<&str> =
        all.filter(|finding| finding.code == "secret-echoed").filter_map(|finding| finding.about.as_deref()).collect();
    // Of alternatives, none is sure to be the one.
    assert_eq!(echoed, BTreeSet::from(["/apart/secret", "/named/^x-", "/pair/0"]));
    let seen = &report.client.as_ref().expect("a section of the client").coverage[0];
    assert_eq!(seen.values.seen, ["/pair/1=left", "/apart/mode=fast"]);
    for member in ["/apart", "/apart/secret", "/apart/mode", "/pair", "/named", "/either", "/either/inner"] {
        assert!(seen.members.seen.iter().any(|seen| seen == member), "{member} not in {seen:?}");
    }
}
