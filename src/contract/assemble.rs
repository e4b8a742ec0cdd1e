//! From specs to the compiled contract: sources, errors, operations, and everything they refer to.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use xxhash_rust::xxh3::Xxh3;

use super::Contract;
use super::citation::{Citation, Sources};
use super::compile::compile_shape;
use super::error::{SourceText, SpecProblem};
use super::ground::Ground;
use super::load::{File, ServiceFiles};
use super::model::{AuthScheme, CiteSpec, Fold, OperationSpec, ServiceSpec};
use super::operation::{Auth, Documented, Echo, ErrorShape, Example, Idempotency, Operation, Remark, Service};
use super::pointer;
use super::router::{Router, rows};
use super::shape::Shape;
use super::template::Template;
use super::workshop::Workshop;
use super::yaml::Parsed;
use crate::codec::path_template;
use crate::constraint::Patterns;

/// Compiles everything that can be compiled; the rest is in `problems`.
pub(super) fn assemble(
    folders: &BTreeMap<String, ServiceFiles>,
    texts: &[Arc<SourceText>],
    problems: &mut Vec<SpecProblem>,
) -> Contract {
    let patterns = Patterns::default();
    let mut services: Vec<Arc<Service>> = Vec::new();
    let mut operations: Vec<Arc<Operation>> = Vec::new();
    for files in folders.values() {
        let Some(service_file) = &files.service else { continue };
        if services.iter().any(|known| known.name == service_file.spec.service) {
            problems.push(service_file.text.problem(
                "/service",
                "another service has this name",
                "names of services are unique",
            ));
        }
        let service = Arc::new(service(service_file, &patterns, problems));
        services.push(Arc::clone(&service));
        for file in &files.operations {
            let names = std::iter::once(&file.spec.operation).chain(&file.spec.aliases);
            for name in names {
                if operations.iter().any(|known| known.name == *name || known.aliases.contains(name)) {
                    problems.push(file.text.problem(
                        "/operation",
                        format!("another operation is named {name}"),
                        "names of operations are unique",
                    ));
                }
            }
            operations.push(Arc::new(operation(file, service_file, &service, &patterns, problems)));
        }
    }
    let router = Router::new(&services, rows(&services, &operations));
    Contract { services, operations, router: Arc::new(router), texts: texts.to_vec() }
}

fn service(file: &File<ServiceSpec>, patterns: &Patterns, problems: &mut Vec<SpecProblem>) -> Service {
    let spec = &file.spec;
    let sources = Sources::default().with(&spec.documents, &spec.sources);
    let ground = Ground::new(&file.text, &sources, patterns, file.partial);
    let mut shop = Workshop { text: &file.text, ground: &ground, problems };
    let error_shapes = spec.protocol.error.iter().enumerate().map(|(index, shape)| {
        let at = format!("/protocol/error/{index}");
        let headers = shape.headers.iter().map(|(name, value)| {
            let at = format!("{at}/headers/{name}");
            (shop.header(name, &at), shop.template(&serde_json::Value::from(value.as_str()), &at))
        });
        let headers = headers.collect();
        ErrorShape { headers, body: shop.template(&shape.body, &format!("{at}/body")) }
    });
    let error_shapes = error_shapes.collect();
    let protocol_citations = protocol_citations(spec, &mut shop);
    let auth = spec.auth.iter().enumerate().map(|(index, auth)| Auth {
        scheme: auth.scheme,
        name: match (&auth.name, auth.scheme) {
            (Some(name), _) => name.clone(),
            (None, AuthScheme::Sigv4) => "AWS4-HMAC-SHA256".into(),
            (None, _) => {
                shop.problem(
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
            .map(|cite| shop.cited_for(cite, "*", &format!("/auth/{index}/cite")))
            .unwrap_or_default(),
    });
    let auth = auth.collect();
    let errors = shop.errors(&spec.errors, None);
    let documented = spec.documented.as_ref().map(|documented| {
        (shop.codec(&documented.codec, "/documented/codec"), shop.error(&documented.error, "/documented/error"))
    });
    Service {
        name: spec.service.clone(),
        title: spec.title.clone(),
        version: spec.version.clone(),
        codec: shop.codec(&spec.protocol.codec, "/protocol/codec"),
        namespace: spec.protocol.namespace.clone(),
        timestamps: spec.protocol.timestamps,
        null_is_absent: spec.protocol.null_is_absent,
        request_id: spec.protocol.request_id.as_ref().map(|name| shop.header(name, "/protocol/request_id")),
        error_shapes,
        documented,
        recognise: spec.recognise.clone(),
        clients: spec.clients.clone(),
        auth,
        errors,
        protocol_citations,
        sources,
    }
}

/// The citations of the protocol's facts, by the keywords that are cited apart.
fn protocol_citations(spec: &ServiceSpec, shop: &mut Workshop<'_, '_, '_>) -> HashMap<String, Vec<Citation>> {
    let Some(cite) = &spec.protocol.cite else { return HashMap::new() };
    let keywords = match cite {
        CiteSpec::ByKeyword(by_keyword) => by_keyword.keys().cloned().collect(),
        _ => vec!["*".to_owned()],
    };
    let cited = keywords.into_iter().map(|keyword| {
        let citations = shop.cited_for(cite, &keyword, "/protocol/cite");
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

fn operation(
    file: &File<OperationSpec>,
    service_file: &File<ServiceSpec>,
    service: &Arc<Service>,
    patterns: &Patterns,
    problems: &mut Vec<SpecProblem>,
) -> Operation {
    let spec = &file.spec;
    let sources = service.sources.clone().with(&spec.documents, &spec.sources);
    let before = problems.len();
    let mut ground = Ground::new(&file.text, &sources, patterns, file.partial || service_file.partial);
    ground.define(&file.text, &spec.defs, problems);
    ground.define(&service_file.text, &service_file.spec.defs, problems);
    ground.check_circles(problems);
    let mut shop = Workshop { text: &file.text, ground: &ground, problems };
    if let Some(cite) = &spec.cite {
        shop.cited_for(cite, "*", "/cite");
    }
    let errors = shop.errors(&spec.errors, Some(&service.errors));
    let mut input = compile_shape(&ground, &spec.input, "/input", Some(&errors), shop.problems);
    let output = compile_shape(&ground, &spec.output, "/output", None, shop.problems);
    for dispute in spec.disputed.iter().flat_map(|dispute| &dispute.about) {
        for constraint in input.constraints.iter_mut().filter(|constraint| constraint.id == *dispute) {
            constraint.disputed = true;
        }
    }
    let echo = echo(spec, &input, &output, &mut shop);
    let operation = Operation {
        fingerprint: fingerprint(&[&file.text, &service_file.text]),
        service: Arc::clone(service),
        name: spec.operation.clone(),
        aliases: spec.aliases.clone(),
        summary: spec.summary.clone(),
        http: shop.http(&spec.http),
        documented: documented(spec, &output, &mut shop),
        own_errors: spec.errors.len(),
        errors,
        answer: answer(spec, &input, &output, &echo, &mut shop),
        echo,
        volatile: spec.volatile.clone(),
        idempotency: idempotency(spec, &input, &output, &mut shop),
        examples: examples(spec, &mut shop),
        disputes: spec.disputed.clone(),
        remarks: remarks(spec, &mut shop),
        input,
        output,
    };
    check_references(spec, &operation, &mut shop);
    // What did not compile has no id: a dispute about it would be blamed for that.
    if shop.problems.len() == before {
        check_disputes(spec, &operation, &mut shop);
    }
    operation
}

fn documented(spec: &OperationSpec, output: &Shape, shop: &mut Workshop<'_, '_, '_>) -> Option<Documented> {
    let documented = spec.documented.as_ref()?;
    Some(Documented {
        method: shop.method(&documented.method, "/documented/method"),
        path: documented.path.clone(),
        id: shop.pointer(&documented.id, output, "/documented/id", "output"),
        created_at: shop.pointer(&documented.created_at, output, "/documented/created_at", "output"),
        citations: shop.cited_for(&documented.cite, "*", "/documented/cite"),
    })
}

fn echo(spec: &OperationSpec, input: &Shape, output: &Shape, shop: &mut Workshop<'_, '_, '_>) -> Vec<Echo> {
    let echoes = spec.echo.iter().map(|(to, echo)| {
        let mut at = "/echo".to_owned();
        pointer::push(&mut at, to);
        Echo {
            to: shop.pointer(to, output, &at, "output"),
            from: shop.pointer(&echo.from, input, &format!("{at}/from"), "input"),
            fold: echo.fold,
            citations: shop.cited(&echo.cite, &format!("{at}/cite")),
        }
    });
    echoes.collect()
}

/// The answer's template, with what the contract echoes, in the order of the output's schema.
fn answer(
    spec: &OperationSpec,
    input: &Shape,
    output: &Shape,
    echoes: &[Echo],
    shop: &mut Workshop<'_, '_, '_>,
) -> Template {
    let mut answer = shop.template(&spec.answer, "/answer");
    for path in answer.pointers() {
        let text = path.iter().fold(String::new(), |mut text, segment| {
            pointer::push(&mut text, segment);
            text
        });
        if input.node(&text).is_none() {
            shop.absent(
                "/answer",
                format!("the answer refers to {text}, which is no member of the input"),
                "correct the pointer",
            );
        }
    }
    for echo in echoes {
        answer.put(&echo.to, Template::member(echo.from.clone(), echo.fold == Some(Fold::LowerCase)));
    }
    answer.sort(output, 0);
    answer
}

fn idempotency(
    spec: &OperationSpec,
    input: &Shape,
    output: &Shape,
    shop: &mut Workshop<'_, '_, '_>,
) -> Option<Idempotency> {
    let idempotency = spec.idempotency.as_ref()?;
    for (index, same) in idempotency.same.iter().enumerate() {
        shop.pointer(same, output, &format!("/idempotency/same/{index}"), "output");
    }
    Some(Idempotency {
        token: shop.pointer(&idempotency.token, input, "/idempotency/token", "input"),
        same: idempotency.same.clone(),
        citations: shop.cited(&idempotency.cite, "/idempotency/cite"),
    })
}

fn examples(spec: &OperationSpec, shop: &mut Workshop<'_, '_, '_>) -> Vec<Example> {
    let examples = spec.examples.iter().enumerate().map(|(index, example)| {
        if spec.examples[..index].iter().any(|earlier| earlier.name == example.name) {
            shop.problem(
                &format!("/examples/{index}/name"),
                format!("two examples are named {}", example.name),
                "give it another name",
            );
        }
        Example {
            name: example.name.clone(),
            input: example.input.clone(),
            output: example.output.clone(),
            citations: shop.cited(&example.cite, &format!("/examples/{index}/cite")),
        }
    });
    examples.collect()
}

fn remarks(spec: &OperationSpec, shop: &mut Workshop<'_, '_, '_>) -> Vec<Remark> {
    let remarks = spec.remarks.iter().enumerate().map(|(index, remark)| Remark {
        says: remark.says.clone(),
        error: remark.error.clone(),
        citations: shop.cited(&remark.cite, &format!("/remarks/{index}/cite")),
    });
    remarks.collect()
}

/// Everything that names something else by id, pointer or code.
fn check_references(spec: &OperationSpec, operation: &Operation, shop: &mut Workshop<'_, '_, '_>) {
    for (index, pointer) in spec.volatile.iter().enumerate() {
        shop.pointer(pointer, &operation.output, &format!("/volatile/{index}"), "output");
    }
    for (index, dispute) in spec.disputed.iter().enumerate() {
        shop.cited(&dispute.follows, &format!("/disputed/{index}/follows"));
    }
    for (index, remark) in spec.remarks.iter().enumerate() {
        if let Some(code) = &remark.error
            && operation.errors.by_code(code).is_none()
        {
            shop.absent(
                &format!("/remarks/{index}/error"),
                format!("{code} is not a declared error"),
                "declare it under `errors`",
            );
        }
    }
    for label in path_template::labels(&operation.http.path) {
        let bound = operation.input.root().properties.iter().any(|(name, node)| {
            let node = &operation.input.nodes[*node];
            node.place == Some(super::model::Place::Path) && node.wire.name.as_ref().unwrap_or(name) == label
        });
        if !bound && operation.service.codec.naming().is_none() {
            shop.absent(
                "/http/path",
                format!("no input member fills {{{label}}}"),
                format!("add a property {label} with `in: path`"),
            );
        }
    }
}

/// Disputes are about something there is.
fn check_disputes(spec: &OperationSpec, operation: &Operation, shop: &mut Workshop<'_, '_, '_>) {
    for (index, dispute) in spec.disputed.iter().enumerate() {
        for (subject, about) in dispute.about.iter().enumerate() {
            let known = about == "status"
                || operation.input.constraints.iter().any(|constraint| constraint.id == *about)
                || pointer::is_pointer(about)
                    && (operation.input.node(about).is_some() || operation.output.node(about).is_some());
            if !known {
                let help = "name a constraint id, a member's pointer, or `status`; `accordant spec show` lists them";
                shop.absent(&format!("/disputed/{index}/about/{subject}"), format!("nothing is called {about}"), help);
            }
        }
    }
}
