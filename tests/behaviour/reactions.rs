//! What breaking a constraint must cause, at each level at which somebody may know it: a certain error, a declared one,
//! any client error, nothing.

use std::path::Path;
use std::sync::Arc;

use accordant::codec::Outcome;
use accordant::generate::Plan;
use accordant::mock::Mock;
use accordant::model::Dialect;
use accordant::mutate::{Mutants, judge_mutants};
use accordant::spec::{Severity, SourceText};
use accordant::{Contract, ContractError};
use serde_json::{Value, json};

use crate::approved;
use crate::support::command;

fn folder() -> String {
    format!("{}/fixtures/specs/reactions", env!("CARGO_MANIFEST_DIR"))
}

fn contract() -> Contract {
    Contract::load(folder()).expect("sound specs")
}

/// What the mock answers to an input: status and code, or the status alone of a success.
fn answer(operation: &str, input: &Value) -> (u16, String) {
    let contract = contract();
    let operation = contract.operation(operation).expect("an operation");
    let codec = operation.service.codec();
    let response = Mock::new(contract.clone()).answer(&codec.encode_request(operation, input)).response;
    let received = codec.decode_response(operation, &response).expect("a reply that can be read");
    let code = match received.outcome {
        Outcome::Error { code, .. } => code,
        Outcome::Output(_) => String::new(),
    };
    (received.status, code)
}

#[test]
fn the_mock_answers_as_exactly_as_is_known() {
    let long = "far beyond the seven mountains";
    for (operation, input, status, code) in [
        ("SendParcel", json!({}), 400, "NoAddress"),
        ("SendParcel", json!({"address": "a", "grams": 0}), 400, "NoAddress"),
        ("SendParcel", json!({"address": "a", "grams": 2001, "labels": []}), 400, "NoAddress"),
        ("SendParcel", json!({"address": long}), 400, "UndeclaredError"),
        ("SendParcel", json!({"address": "a", "labels": ["a", "b", "c", "d"]}), 200, ""),
        ("ListParcels", json!({"colour": "blue"}), 400, "UndeclaredError"),
        ("SendTelegram", json!({"Text": long}), 400, "UndeclaredError"),
    ] {
        assert_eq!(answer(operation, &input), (status, code.to_owned()), "{operation} {input}");
    }
}

/// What is not enforced, has a code that is not declared or a wrong status is caught wherever something is demanded; and the
/// mock itself is never accused.
#[test]
fn mutants_are_caught_at_every_level() {
    let contract = contract();
    let mock = Mock::new(contract.clone());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    let mut all = Mutants::default();
    for operation in contract.operations() {
        let plan = Arc::new(Plan::new(operation, Dialect::Native));
        all.join(runtime.block_on(judge_mutants(&mock, &plan, 20, 3)));
    }
    assert!(all.all_killed(), "{:#?} {:#?}", all.survivors, all.accused);
    assert!(all.total > 40, "only {} mutants", all.total);
}

#[test]
fn pages_say_the_level() {
    let explain = |name: &str| {
        let output = command(&["explain", "--specs", &folder(), name]).output().expect("the program runs");
        String::from_utf8(output.stdout).expect("text")
    };
    let ids = ["/address#required", "/grams#maximum", "/address#maxLength", "/address#pattern", "/labels#maxItems"];
    let pages: Vec<String> = ids.into_iter().map(|id| explain(&format!("SendParcel{id}"))).collect();
    approved(|| insta::assert_snapshot!("reactions", pages.join("\n---\n")));
}

/// A file of the parcels' specs, changed.
fn changed(name: &str, from: &str, to: &str) -> Vec<SourceText> {
    let files = ["service.yaml", "send-parcel.yaml"].map(|file| {
        let text = std::fs::read_to_string(Path::new(&folder()).join("parcels").join(file)).expect("a spec");
        assert!(file != name || text.contains(from), "{name} has no {from}");
        let text = if file == name { text.replace(from, to) } else { text };
        SourceText { name: format!("parcels/{file}"), text }
    });
    files.to_vec()
}

#[test]
fn a_cause_without_error_or_level_is_a_warning_and_any_client_error_is_taken() {
    let texts =
        changed("service.yaml", "  default: { level: declared, cite: \"model:errors of all operations\" }\n", "");
    let texts = texts
        .into_iter()
        .map(|SourceText { name, text }| SourceText { name, text: text.replace("reactions:\nerrors:", "errors:") });
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("parcels")).expect("a folder");
    texts.for_each(|SourceText { name, text }| std::fs::write(folder.path().join(name), text).expect("a file"));
    let contract = Contract::load(folder.path()).expect("specs that can be used");
    let problems = accordant::lint::problems(&contract);
    let told: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
    assert!(problems.iter().all(|problem| problem.severity == Severity::Warning), "{told:#?}");
    assert!(told.contains(&"no error answers a broken range: any client error is taken"), "{told:#?}");
    let operation = contract.operation("SendParcel").expect("it is used all the same");
    let constraint =
        operation.input.constraints.iter().find(|stated| stated.id == "/grams#maximum").expect("it is there");
    assert_eq!(constraint.reaction.level(), "class");
    let linted = command(&["spec", "lint"]).arg(folder.path()).output().expect("the program runs");
    let shown = String::from_utf8(linted.stderr).expect("text");
    assert_eq!(linted.status.code(), Some(0), "{shown}");
    assert!(shown.contains('⚠') && shown.contains("warnings found"), "{shown}");
}

#[test]
fn what_contradicts_itself_is_told() {
    let broken = |texts: Vec<SourceText>| match Contract::from_texts(texts) {
        Err(ContractError::Broken(problems)) => problems.iter().map(ToString::to_string).collect(),
        Err(other) => other.to_string(),
        Ok(_) => String::new(),
    };
    let twice = changed("send-parcel.yaml", "    length: {", "    required: {");
    let told = broken(twice);
    assert!(told.contains("parcels/send-parcel.yaml:5: an error answers required already"), "{told}");
    let unheard_of = changed("send-parcel.yaml", "level: none, cite: \"assumed:x\"", "level: none, cite: \"rumour:x\"");
    let told = broken(unheard_of);
    assert!(told.contains("no source is named rumour"), "{told}");
}

/// Nothing can be a declared validation error where there is none.
#[test]
fn a_level_without_its_errors_is_weakened() {
    let texts = changed("service.yaml", "kind: validation", "kind: state");
    let texts: Vec<SourceText> = texts
        .into_iter()
        .map(|SourceText { name, text }| SourceText { name, text: text.replace("kind: validation", "kind: state") })
        .collect();
    let contract = Contract::from_texts(texts).expect("specs that can be used");
    let operation = contract.operation("SendParcel").expect("it is there");
    let levels = operation.input.constraints.iter().map(|constraint| constraint.reaction.level());
    assert!(levels.clone().all(|level| level != "declared") && levels.count() > 5);
    let told = accordant::lint::problems(&contract);
    assert!(
        told.iter().any(|problem| problem.message.contains("none is declared") && !problem.is_error()),
        "{told:#?}"
    );
}
