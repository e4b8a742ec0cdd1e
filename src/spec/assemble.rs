//! From specs to what is compiled of them: services, operations, and everything they refer to.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::compile::compile_shape;
use super::definitions::Definitions;
use super::documented;
use super::error::{SpecProblem, is_usable};
use super::lowering::Lowering;
use super::source::File;
use super::yaml::Parsed;
use crate::constraint::rule_over;
use crate::model::template::Template;
use crate::model::{
    Auth, AuthScheme, Citation, CiteSpec, Echo, ErrorShape, Example, Fold, Idempotency, Operation, OperationSpec,
    OutputRule, Place, Protocol, Remark, Service, ServiceSpec, Shape, Sources,
};
use crate::value::pointer;

/// Compiles a service; what cannot be compiled is in `problems`.
pub(crate) fn service(file: &File<ServiceSpec>, protocols: &[Protocol], problems: &mut Vec<SpecProblem>) -> Service {
    let spec = &file.spec;
    let sources = Sources::default().with(&spec.documents, &spec.sources);
    let mut definitions = Definitions::new(&file.text, &sources, file.lost.iter().map(String::as_str).collect());
    definitions.define(&file.text, &spec.defs, problems);
    definitions.check_circles(problems);
    let mut lowering = Lowering { text: &file.text, definitions: &definitions, protocols, problems };
    let error_shapes = spec.protocol.error.iter().enumerate().map(|(index, shape)| {
        let at = format!("/protocol/error/{index}");
        let headers = shape.headers.iter().map(|(name, value)| {
            let at = format!("{at}/headers/{name}");
            (lowering.header(name, &at), lowering.template(&serde_json::Value::from(value.as_str()), &at))
        });
        let headers = headers.collect();
        ErrorShape { headers, body: lowering.template(&shape.body, &format!("{at}/body")) }
    });
    let error_shapes = error_shapes.collect();
    let protocol_citations = protocol_citations(spec, &mut lowering);
    let envelope = spec.protocol.envelope.iter().map(|(fact, cite)| {
        let citations = lowering.cited(cite, &format!("/protocol/envelope/{}", fact.name()));
        (*fact, citations)
    });
    let envelope = envelope.collect();
    let auth = ways(spec, &mut lowering);
    let errors = lowering.errors(&spec.errors, &spec.reactions, None);
    let documented = spec.documented.as_ref().map(|documented| documented::dialect(documented, &mut lowering));
    Service {
        name: spec.service.clone(),
        title: spec.title.clone(),
        version: spec.version.clone(),
        protocol: lowering.protocol(&spec.protocol.codec, false, "/protocol/codec"),
        namespace: spec.protocol.namespace.clone(),
        timestamps: spec.protocol.timestamps,
        null_is_absent: spec.protocol.null_is_absent,
        request_id: spec.protocol.request_id.as_ref().map(|name| lowering.header(name, "/protocol/request_id")),
        error_shapes,
        documented,
        envelope,
        recognise: spec.recognise.clone(),
        clients: spec.clients.clone(),
        auth,
        errors,
        protocol_citations,
        sources,
        shapes: Arc::default(),
    }
}

/// The ways to authenticate.
fn ways(spec: &ServiceSpec, lowering: &mut Lowering<'_, '_, '_>) -> Vec<Auth> {
    let ways = spec.auth.iter().enumerate().map(|(index, auth)| Auth {
        scheme: auth.scheme,
        name: match (&auth.name, auth.scheme) {
            (Some(name), _) => name.clone(),
            (None, AuthScheme::Sigv4) => "AWS4-HMAC-SHA256".into(),
            (None, _) => {
                lowering.problem(
                    &format!("/auth/{index}"),
                    "the scheme needs a name",
                    "name the header, or the scheme word",
                );
                String::new()
            }
        },
        headers: auth.headers.clone(),
        secrets: auth.secrets.clone(),
        citations: auth
            .cite
            .as_ref()
            .map(|cite| lowering.cited_for(cite, "*", &format!("/auth/{index}/cite")))
            .unwrap_or_default(),
    });
    ways.collect()
}

/// The citations of the protocol's facts, by the keywords that are cited apart.
fn protocol_citations(spec: &ServiceSpec, lowering: &mut Lowering<'_, '_, '_>) -> HashMap<String, Vec<Citation>> {
    let Some(cite) = &spec.protocol.cite else { return HashMap::new() };
    let keywords = match cite {
        CiteSpec::ByKeyword(by_keyword) => by_keyword.keys().cloned().collect(),
        _ => vec!["*".to_owned()],
    };
    let cited = keywords.into_iter().map(|keyword| {
        let citations = lowering.cited_for(cite, &keyword, "/protocol/cite");
        (keyword, citations)
    });
    cited.collect()
}

/// A hash of texts and of the version that reads them.
fn fingerprint(texts: &[&Parsed]) -> u32 {
    let mut hash = Xxh3::new();
    hash.update(env!("CARGO_PKG_VERSION").as_bytes());
    for text in texts {
        hash.update(&(text.source.text.len() as u64).to_le_bytes());
        hash.update(text.source.text.as_bytes());
    }
    #[allow(clippy::cast_possible_truncation, reason = "half of the hash is enough to tell specs apart")]
    let fingerprint = hash.digest() as u32;
    fingerprint
}

/// Compiles an operation of a compiled service, with the name that people know it by; what cannot be compiled is in
/// `problems`.
pub(crate) fn operation(
    file: &File<OperationSpec>,
    (service_file, service): (&File<ServiceSpec>, &Arc<Service>),
    label: String,
    problems: &mut Vec<SpecProblem>,
) -> Operation {
    let spec = &file.spec;
    let sources = service.sources.clone().with(&spec.documents, &spec.sources);
    let before = problems.len();
    let lost = file.lost.iter().chain(&service_file.lost).map(String::as_str).collect();
    let mut definitions = Definitions::new(&file.text, &sources, lost);
    definitions.define(&file.text, &spec.defs, problems);
    definitions.define(&service_file.text, &service_file.spec.defs, problems);
    definitions.check_circles(problems);
    let mut lowering = Lowering { text: &file.text, definitions: &definitions, protocols: &[], problems };
    if let Some(cite) = &spec.cite {
        lowering.cited_for(cite, "*", "/cite");
    }
    let errors = Arc::new(lowering.errors(&spec.errors, &spec.reactions, Some(&service.errors)));
    let shapes = &service.shapes;
    let mut input = compile_shape(&definitions, shapes, &spec.input, "/input", Some(&errors), lowering.problems);
    let output = compile_shape(&definitions, shapes, &spec.output, "/output", None, lowering.problems);
    input.disputed = spec.disputed.iter().flat_map(|dispute| &dispute.about).cloned().collect();
    let echo = echo(spec, &input, &output, &mut lowering);
    let operation = Operation {
        fingerprint: fingerprint(&[&file.text, &service_file.text]),
        service: Arc::clone(service),
        name: spec.operation.clone(),
        label,
        aliases: spec.aliases.clone(),
        summary: spec.summary.clone(),
        http: lowering.http(&spec.http),
        documented: documented::operation(spec, service, &output, &mut lowering),
        own_errors: spec.errors.len(),
        errors,
        answer: answer(spec, &input, &output, &echo, &mut lowering),
        output_rules: output_rules(spec, &input, &output, &mut lowering),
        echo,
        volatile: spec.volatile.clone(),
        idempotency: idempotency(spec, &input, &output, &mut lowering),
        examples: examples(spec, &mut lowering),
        disputes: spec.disputed.clone(),
        remarks: remarks(spec, &mut lowering),
        sources: sources.clone(),
        input,
        output,
    };
    check_references(spec, &operation, &mut lowering);
    // What did not compile has no id: a dispute about it would be blamed for that.
    if is_usable(&lowering.problems[before..]) {
        check_disputes(spec, &operation, &mut lowering);
    }
    operation
}

fn echo(spec: &OperationSpec, input: &Shape, output: &Shape, lowering: &mut Lowering<'_, '_, '_>) -> Vec<Echo> {
    let echoes = spec.echo.iter().map(|(to, echo)| {
        let mut at = "/echo".to_owned();
        pointer::push(&mut at, to);
        Echo {
            to: lowering.pointer(to, output, &at, "output"),
            from: lowering.pointer(&echo.from, input, &format!("{at}/from"), "input"),
            fold: echo.fold,
            citations: lowering.cited(&echo.cite, &format!("{at}/cite")),
        }
    });
    echoes.collect()
}

fn output_rules(
    spec: &OperationSpec,
    input: &Shape,
    output: &Shape,
    lowering: &mut Lowering<'_, '_, '_>,
) -> Vec<OutputRule> {
    let mut rules = Vec::new();
    for (index, rule) in spec.output_rules.iter().enumerate() {
        let at = format!("/output_rules/{index}");
        let over: Vec<(String, Vec<String>)> = rule
            .over
            .iter()
            .map(|(name, path)| {
                let at = format!("{at}/over/{name}");
                let (whose, shape) = if path.starts_with("/input/") { ("input", input) } else { ("output", output) };
                let member = path.strip_prefix('/').and_then(|path| path.strip_prefix(whose)).unwrap_or(path);
                let mut path_of_both = vec![whose.to_owned()];
                path_of_both.extend(lowering.pointer(member, shape, &at, whose));
                (name.clone(), path_of_both)
            })
            .collect();
        match rule_over(&rule.says, &rule.assert, over.clone()) {
            Ok(test) => rules.push(OutputRule {
                id: rule.id.clone(),
                says: rule.says.clone(),
                over,
                test,
                citations: lowering.cited(&rule.cite, &format!("{at}/cite")),
            }),
            Err(unfit) => lowering.problem(&format!("{at}{}", unfit.at), unfit.message, unfit.help),
        }
    }
    rules
}

/// The answer's template, with what the contract echoes, in the order of the output's schema.
fn answer(
    spec: &OperationSpec,
    input: &Shape,
    output: &Shape,
    echoes: &[Echo],
    lowering: &mut Lowering<'_, '_, '_>,
) -> Template {
    let mut answer = lowering.template(&spec.answer, "/answer");
    for path in answer.pointers() {
        let text = path.iter().fold(String::new(), |mut text, segment| {
            pointer::push(&mut text, segment);
            text
        });
        if input.node(&text).is_none() {
            lowering.absent(
                "/answer",
                format!("the answer refers to {text}, which is no member of the input"),
                "correct the pointer",
            );
        }
    }
    for echo in echoes {
        answer.put(&echo.to, Template::member(echo.from.clone(), echo.fold == Some(Fold::LowerCase)));
    }
    answer.sort(output, output.start);
    answer
}

fn idempotency(
    spec: &OperationSpec,
    input: &Shape,
    output: &Shape,
    lowering: &mut Lowering<'_, '_, '_>,
) -> Option<Idempotency> {
    let idempotency = spec.idempotency.as_ref()?;
    for (index, same) in idempotency.same.iter().enumerate() {
        lowering.pointer(same, output, &format!("/idempotency/same/{index}"), "output");
    }
    Some(Idempotency {
        token: lowering.pointer(&idempotency.token, input, "/idempotency/token", "input"),
        same: idempotency.same.clone(),
        citations: lowering.cited(&idempotency.cite, "/idempotency/cite"),
    })
}

fn examples(spec: &OperationSpec, lowering: &mut Lowering<'_, '_, '_>) -> Vec<Example> {
    let examples = spec.examples.iter().enumerate().map(|(index, example)| {
        if spec.examples[..index].iter().any(|earlier| earlier.name == example.name) {
            lowering.problem(
                &format!("/examples/{index}/name"),
                format!("two examples are named {}", example.name),
                "give it another name",
            );
        }
        Example {
            name: example.name.clone(),
            input: example.input.clone(),
            output: example.output.clone(),
            citations: lowering.cited(&example.cite, &format!("/examples/{index}/cite")),
        }
    });
    examples.collect()
}

fn remarks(spec: &OperationSpec, lowering: &mut Lowering<'_, '_, '_>) -> Vec<Remark> {
    let remarks = spec.remarks.iter().enumerate().map(|(index, remark)| Remark {
        says: remark.says.clone(),
        error: remark.error.clone(),
        citations: lowering.cited(&remark.cite, &format!("/remarks/{index}/cite")),
    });
    remarks.collect()
}

/// Everything that names something else by id, pointer or code.
fn check_references(spec: &OperationSpec, operation: &Operation, lowering: &mut Lowering<'_, '_, '_>) {
    for (index, pointer) in spec.volatile.iter().enumerate() {
        lowering.pointer(pointer, &operation.output, &format!("/volatile/{index}"), "output");
    }
    for (index, dispute) in spec.disputed.iter().enumerate() {
        lowering.cited(&dispute.follows, &format!("/disputed/{index}/follows"));
    }
    for (index, remark) in spec.remarks.iter().enumerate() {
        if let Some(code) = &remark.error
            && operation.errors.by_code(code).is_none()
        {
            lowering.absent(
                &format!("/remarks/{index}/error"),
                format!("{code} is not a declared error"),
                "declare it under `errors`",
            );
        }
    }
    for label in &operation.http.labels {
        let bound = operation.input.root().properties.iter().any(|(name, node)| {
            let node = &operation.input.nodes[*node];
            node.place == Some(Place::Path) && node.wire.name.as_ref().unwrap_or(name) == label
        });
        if !bound && operation.service.protocol.binds_labels {
            lowering.absent(
                "/http/path",
                format!("no input member fills {{{label}}}"),
                format!("add a property {label} with `in: path`"),
            );
        }
    }
}

/// Disputes are about something there is.
fn check_disputes(spec: &OperationSpec, operation: &Operation, lowering: &mut Lowering<'_, '_, '_>) {
    let mut ids: Option<HashSet<String>> = None;
    for (index, dispute) in spec.disputed.iter().enumerate() {
        for (subject, about) in dispute.about.iter().enumerate() {
            let known = about == "status"
                || about.contains('#') && ids.get_or_insert_with(|| operation.input.constraint_ids()).contains(about)
                || pointer::is_pointer(about)
                    && (operation.input.node(about).is_some() || operation.output.node(about).is_some());
            if !known {
                let help = "name a constraint id, a member's pointer, or `status`; `accordant spec show` lists them";
                lowering.absent(
                    &format!("/disputed/{index}/about/{subject}"),
                    format!("nothing is called {about}"),
                    help,
                );
            }
        }
    }
}
