//! From specs to the compiled contract: sources, errors, operations, and everything they refer to.

use std::collections::BTreeMap;
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderName, Method};

use super::Contract;
use super::citation::{self, Citation, Sources};
use super::compile::{Ground, compile_shape};
use super::error::{SourceText, SpecProblem};
use super::load::{File, ServiceFiles};
use super::model::{AuthScheme, ErrorSpec, Fold, HttpSpec, OperationSpec, ServiceSpec};
use super::operation::{
    Auth, Documented, Echo, ErrorDef, ErrorShape, Errors, Example, Http, Idempotency, Operation, Remark, Service,
};
use super::pointer;
use super::route::Router;
use super::shape::{ErrorLink, Shape};
use super::template::Template;
use super::yaml::Parsed;
use crate::codec::{self, Addressing, Codec};
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
    let router = Router::new(&services, &operations);
    Contract { services, operations, router, texts: texts.to_vec() }
}

/// The pieces that everything in one file is compiled with.
struct Workshop<'g, 'a, 'p> {
    text: &'a Parsed,
    ground: &'g Ground<'a>,
    problems: &'p mut Vec<SpecProblem>,
}

impl Workshop<'_, '_, '_> {
    fn cited(&mut self, citations: &super::model::Citations, at: &str) -> Vec<Citation> {
        self.ground.cited(self.text, citations, at, self.problems)
    }

    fn cited_for(&mut self, cite: &super::model::CiteSpec, keyword: &str, at: &str) -> Vec<Citation> {
        self.ground.cited_for(self.text, cite, keyword, at, self.problems)
    }

    fn problem(&mut self, at: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(self.text.problem(at, message, help));
    }

    fn template(&mut self, value: &serde_json::Value, at: &str) -> Template {
        Template::parse(value).unwrap_or_else(|(below, message)| {
            self.problem(&format!("{at}{below}"), message, "see the placeholders in `accordant spec schema`");
            Template::Plain(serde_json::Value::Null)
        })
    }

    fn codec(&mut self, name: &str, at: &str) -> &'static dyn Codec {
        codec::by_name(name).unwrap_or_else(|| {
            let known: Vec<&str> = codec::CODECS.iter().map(|codec| codec.name()).collect();
            self.problem(at, format!("no codec is named {name}"), format!("there are {}", known.join(", ")));
            codec::CODECS[0]
        })
    }

    fn method(&mut self, name: &str, at: &str) -> Method {
        Method::from_str(name).unwrap_or_else(|_| {
            self.problem(at, format!("{name} is not an HTTP method"), "write it as HTTP does: GET, POST, PUT");
            Method::GET
        })
    }

    fn header(&mut self, name: &str, at: &str) -> HeaderName {
        HeaderName::from_str(name).unwrap_or_else(|_| {
            self.problem(at, format!("{name} is not a header name"), "use letters, digits and hyphens");
            HeaderName::from_static("x-invalid")
        })
    }

    fn status(&mut self, status: u16, at: &str) -> u16 {
        if !(200..600).contains(&status) {
            self.problem(at, format!("{status} is not the status of an answer"), "use a status from 200 to 599");
        }
        status
    }

    fn error(&mut self, spec: &ErrorSpec, at: &str) -> ErrorDef {
        let citations = self.cited_for(&spec.cite, "*", &format!("{at}/cite"));
        ErrorDef {
            code: spec.code.clone(),
            shape: spec.shape.clone(),
            status: self.status(spec.status, &format!("{at}/status")),
            kind: spec.kind,
            message: spec.message.clone(),
            when: spec.when.clone(),
            strength: citation::strength_of(&citations),
            citations,
            body: spec.body.as_ref().map(|body| self.template(body, &format!("{at}/body"))),
        }
    }

    /// Declared errors with their causes; the operation's before the service's.
    fn errors(&mut self, specs: &[ErrorSpec], inherited: Option<&Errors>) -> Errors {
        let mut errors = Errors::default();
        for (index, spec) in specs.iter().enumerate() {
            let at = format!("/errors/{index}");
            if errors.by_code(&spec.code).is_some() {
                self.problem(&format!("{at}/code"), format!("{} is declared twice", spec.code), "merge the two");
            }
            let error = self.error(spec, &at);
            for (cause, citations) in &spec.on {
                let name = cause.name();
                let citations = self.cited(citations, &format!("{at}/on/{name}"));
                let link =
                    ErrorLink { error: errors.all.len(), strength: citation::strength_of(&citations), citations };
                if errors.causes.insert(*cause, link).is_some() {
                    self.problem(
                        &format!("{at}/on/{name}"),
                        format!("two errors answer {name}"),
                        "one cause has one error",
                    );
                }
            }
            errors.all.push(error);
        }
        if let Some(inherited) = inherited {
            let own = errors.all.len();
            let mut moved = Vec::with_capacity(inherited.all.len());
            for error in &inherited.all {
                moved.push(errors.by_code(&error.code).unwrap_or(errors.all.len()));
                if errors.by_code(&error.code).is_none_or(|known| known >= own) {
                    errors.all.push(error.clone());
                }
            }
            for (cause, link) in &inherited.causes {
                let moved_link = ErrorLink { error: moved[link.error], ..link.clone() };
                errors.causes.entry(*cause).or_insert(moved_link);
            }
        }
        errors
    }

    fn http(&mut self, spec: &HttpSpec) -> Http {
        let (path, query) = spec.path.split_once('?').unwrap_or((&spec.path, ""));
        if !path.starts_with('/') {
            self.problem("/http/path", "a path starts with /", "write the path without scheme and host");
        }
        Http {
            method: self.method(&spec.method, "/http/method"),
            path: path.to_owned(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            status: self.status(spec.status, "/http/status"),
            citations: self.cited_for(&spec.cite, "path", "/http/cite"),
            status_citations: self.cited_for(&spec.cite, "status", "/http/cite"),
        }
    }

    /// The segments of a pointer that must exist in a shape.
    fn pointer(&mut self, text: &str, shape: &Shape, at: &str, whose: &str) -> Vec<String> {
        if !pointer::is_pointer(text) || shape.node(text).is_none() {
            self.problem(
                at,
                format!("{text} is no member of the {whose}"),
                format!("point to a member of the {whose}, as in /Name/0"),
            );
        }
        pointer::segments(text).collect()
    }
}

fn service(file: &File<ServiceSpec>, patterns: &Patterns, problems: &mut Vec<SpecProblem>) -> Service {
    let spec = &file.spec;
    let sources = Sources::default().with(&spec.documents, &spec.sources);
    let ground = Ground::new(&file.text, &sources, patterns);
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
    if let Some(cite) = &spec.protocol.cite {
        shop.cited_for(cite, "*", "/protocol/cite");
    }
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
        auth,
        errors,
        sources,
    }
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
    let mut ground = Ground::new(&file.text, &sources, patterns);
    ground.define(&file.text, &spec.defs, problems);
    ground.define(&service_file.text, &service_file.spec.defs, problems);
    let ground = ground;
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
            shop.problem(
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
        for (subject, about) in dispute.about.iter().enumerate() {
            let known = about == "status"
                || operation.input.constraints.iter().any(|constraint| constraint.id == *about)
                || pointer::is_pointer(about)
                    && (operation.input.node(about).is_some() || operation.output.node(about).is_some());
            if !known {
                let help = "name a constraint id, a member's pointer, or `status`; `accordant spec show` lists them";
                shop.problem(&format!("/disputed/{index}/about/{subject}"), format!("nothing is called {about}"), help);
            }
        }
    }
    for (index, remark) in spec.remarks.iter().enumerate() {
        if let Some(code) = &remark.error
            && operation.errors.by_code(code).is_none()
        {
            shop.problem(
                &format!("/remarks/{index}/error"),
                format!("{code} is not a declared error"),
                "declare it under `errors`",
            );
        }
    }
    let labels = super::route::labels(&operation.http.path);
    for label in &labels {
        let bound = operation.input.root().properties.iter().any(|(name, node)| {
            let node = &operation.input.nodes[*node];
            node.place == Some(super::model::Place::Path) && node.wire.name.as_ref().unwrap_or(name) == label
        });
        if !bound && operation.service.codec.addressing() == Addressing::Path {
            shop.problem(
                "/http/path",
                format!("no input member fills {{{label}}}"),
                format!("add a property {label} with `in: path`"),
            );
        }
    }
}
