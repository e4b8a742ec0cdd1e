//! The documented dialect: the form of the pages' answers, and what each operation's page shows of its output.

use serde_json::Value;

use super::lowering::Lowering;
use crate::model::{BodyForm, Documented, DocumentedDialect, DocumentedServiceSpec, OperationSpec, Service, Shape};
use crate::value::pointer;

/// The words of a failure.
const OF_FAILURES: [&str; 2] = ["code", "message"];

/// The dialect of a service.
pub(super) fn dialect(spec: &DocumentedServiceSpec, lowering: &mut Lowering<'_, '_, '_>) -> DocumentedDialect {
    lowering.cited_for(&spec.cite, "*", "/documented/cite");
    lowering.cited_for(&spec.cite, "status", "/documented/cite");
    DocumentedDialect {
        protocol: lowering.protocol(&spec.codec, true, "/documented/codec"),
        status: lowering.status(spec.status, "/documented/status"),
        success: success(&spec.success, lowering),
        failure: failure(&spec.failure, lowering),
        error: lowering.error(&spec.error, "/documented/error"),
    }
}

fn success(value: &Value, lowering: &mut Lowering<'_, '_, '_>) -> BodyForm {
    let form = form(value, "/documented/success", lowering);
    if !form.is_one_holder() {
        let message = "all words of a success are members of one object, by their own names";
        lowering.problem("/documented/success", message, "write it as data: { id: \"{id}\" }");
    }
    form
}

fn failure(value: &Value, lowering: &mut Lowering<'_, '_, '_>) -> BodyForm {
    let form = form(value, "/documented/failure", lowering);
    let words = form.words();
    if !words.contains(&"code") {
        lowering.problem(
            "/documented/failure",
            "no {code} tells which failure it is",
            "write \"{code}\" where it stands",
        );
    }
    for word in words.iter().filter(|word| !OF_FAILURES.contains(word)) {
        lowering.problem(
            "/documented/failure",
            format!("a failure has no {{{word}}}"),
            "there are {code} and {message}",
        );
    }
    form
}

fn form(value: &Value, at: &str, lowering: &mut Lowering<'_, '_, '_>) -> BodyForm {
    BodyForm::parse(value).unwrap_or_else(|message| {
        lowering.problem(at, message, "let a word stand alone, as \"{id}\"");
        BodyForm::Constant(Value::Null)
    })
}

/// How the page of an operation shows it.
pub(super) fn operation(
    spec: &OperationSpec,
    service: &Service,
    output: &Shape,
    lowering: &mut Lowering<'_, '_, '_>,
) -> Option<Documented> {
    let documented = spec.documented.as_ref()?;
    let words = service.documented.as_ref().map(|dialect| dialect.success.words()).unwrap_or_default();
    let mut members = Vec::new();
    for (word, member) in &documented.output {
        let mut at = "/documented/output".to_owned();
        pointer::push(&mut at, word);
        if !words.contains(&word.as_str()) {
            lowering.absent(&at, format!("no word of a success is {word}"), format!("there are {}", words.join(", ")));
        }
        members.push((word.clone(), lowering.pointer(member, output, &at, "output")));
    }
    for word in words.into_iter().filter(|word| !documented.output.contains_key(*word)) {
        let help = "say which member it is, as a pointer into the output";
        lowering.problem("/documented/output", format!("no output member for {word}"), help);
    }
    Some(Documented {
        method: lowering.method(&documented.method, "/documented/method"),
        path: documented.path.clone(),
        output: members,
        citations: lowering.cited_for(&documented.cite, "*", "/documented/cite"),
    })
}
