//! The pieces that every spec is put together from: citations, templates, errors, pointers.

use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderName, Method};

use super::definitions::Definitions;
use super::error::SpecProblem;
use super::yaml::Parsed;
use crate::model::citation::{self, Citation};
use crate::model::path_template;
use crate::model::template::Template;
use crate::model::{
    Citations, CiteSpec, ErrorDef, ErrorLink, ErrorSpec, Errors, Grounds, Http, HttpSpec, Protocol, Reaction,
    ReactionLevel, ReactionSpec, ReactionsSpec, Shape,
};
use crate::value::pointer;

/// Keys that say what there is: where one was lost, what refers to it finds nothing.
const STRUCTURE: [&str; 10] =
    ["properties", "input", "output", "items", "$ref", "$defs", "errors", "path", "patternProperties", "allOf"];

/// The pieces that everything in one file is compiled with.
pub(super) struct Lowering<'g, 'a, 'p> {
    pub text: &'a Parsed,
    pub definitions: &'g Definitions<'a>,
    pub protocols: &'g [Protocol],
    pub problems: &'p mut Vec<SpecProblem>,
}

impl Lowering<'_, '_, '_> {
    pub fn cited(&mut self, citations: &Citations, at: &str) -> Vec<Citation> {
        self.definitions.cited(self.text, citations, at, self.problems)
    }

    pub fn cited_for(&mut self, cite: &CiteSpec, keyword: &str, at: &str) -> Vec<Citation> {
        self.definitions.cited_for(self.text, cite, keyword, at, self.problems)
    }

    pub fn problem(&mut self, at: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.push(self.text.problem(at, message, help));
    }

    /// A problem that something is absent, unless it may stand among what the text lost.
    pub fn absent(&mut self, at: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.extend(self.definitions.absent(self.text.problem(at, message, help), &STRUCTURE));
    }

    pub fn template(&mut self, value: &serde_json::Value, at: &str) -> Template {
        Template::parse(value).unwrap_or_else(|(below, message)| {
            self.problem(&format!("{at}{below}"), message, "see the placeholders in `accordant spec schema`");
            Template::Plain(serde_json::Value::Null)
        })
    }

    /// The native protocol of a name, or the one that pages show.
    pub fn protocol(&mut self, name: &str, of_pages: bool, at: &str) -> Protocol {
        let fitting = self.protocols.iter().copied().filter(|protocol| protocol.is_of_pages == of_pages);
        fitting.clone().find(|protocol| protocol.name == name).unwrap_or_else(|| {
            let known: Vec<&str> = fitting.map(|protocol| protocol.name).collect();
            let whose = if of_pages { "documented" } else { "native" };
            let message = format!("no {whose} codec is named {name}");
            self.problem(at, message, format!("there are {}", known.join(", ")));
            Protocol::UNKNOWN
        })
    }

    pub fn method(&mut self, name: &str, at: &str) -> Method {
        Method::from_str(name).unwrap_or_else(|_| {
            self.problem(at, format!("{name} is not an HTTP method"), "write it as HTTP does: GET, POST, PUT");
            Method::GET
        })
    }

    pub fn header(&mut self, name: &str, at: &str) -> HeaderName {
        HeaderName::from_str(name).unwrap_or_else(|_| {
            self.problem(at, format!("{name} is not a header name"), "use letters, digits and hyphens");
            HeaderName::from_static("x-invalid")
        })
    }

    pub fn status(&mut self, status: u16, at: &str) -> u16 {
        if !(200..600).contains(&status) {
            self.problem(at, format!("{status} is not the status of an answer"), "use a status from 200 to 599");
        }
        status
    }

    pub fn error(&mut self, spec: &ErrorSpec, at: &str) -> ErrorDef {
        let citations = self.cited_for(&spec.cite, "*", &format!("{at}/cite"));
        ErrorDef {
            code: spec.code.clone(),
            shape: spec.shape.clone(),
            status: self.status(spec.status, &format!("{at}/status")),
            kind: spec.kind,
            message: spec.message.clone(),
            when: spec.when.clone(),
            strength: citation::strength_of(&citations),
            citations: citations.into(),
            status_citations: self.status_citations(spec, at).into(),
            body: spec.body.as_ref().map(|body| self.template(body, &format!("{at}/body"))),
        }
    }

    fn status_citations(&mut self, spec: &ErrorSpec, at: &str) -> Vec<Citation> {
        match &spec.cite {
            CiteSpec::ByKeyword(by_keyword) if by_keyword.contains_key("status") => {
                self.cited_for(&spec.cite, "status", &format!("{at}/cite"))
            }
            _ => self.definitions.citations(self.text, citation::texts_for(&spec.cite, "status"), at, &mut Vec::new()),
        }
    }

    /// Declared errors, and what each cause leads to; the operation's before the service's.
    pub fn errors(&mut self, specs: &[ErrorSpec], reactions: &ReactionsSpec, inherited: Option<&Errors>) -> Errors {
        let mut errors = Errors::default();
        self.declared_errors(specs, &mut errors);
        self.reactions(reactions, &mut errors);
        if let Some(service) = inherited {
            errors.inherit(service);
            if errors.soften() {
                let message =
                    "a declared validation error is demanded, and none is declared: any client error is taken";
                let help = "declare the operation's validation errors, or say `level: class` under `reactions`";
                self.problems.push(self.text.problem("", message, help).warning());
            }
        }
        errors
    }

    fn declared_errors(&mut self, specs: &[ErrorSpec], errors: &mut Errors) {
        for (index, spec) in specs.iter().enumerate() {
            let at = format!("/errors/{index}");
            if errors.by_code(&spec.code).is_some() {
                self.problem(&format!("{at}/code"), format!("{} is declared twice", spec.code), "merge the two");
            }
            let error = self.error(spec, &at);
            for (cause, citations) in &spec.on {
                let name = cause.name();
                let Grounds { citations, strength } = Grounds::of(self.cited(citations, &format!("{at}/on/{name}")));
                let link = ErrorLink { error: errors.all.len(), citations, strength };
                if errors.reactions.insert(*cause, Reaction::Code(link)).is_some() {
                    self.problem(
                        &format!("{at}/on/{name}"),
                        format!("two errors answer {name}"),
                        "one cause has one error",
                    );
                }
            }
            errors.all.push(Arc::new(error));
        }
    }

    /// What is known of the reactions to which no error is declared.
    fn reactions(&mut self, spec: &ReactionsSpec, errors: &mut Errors) {
        for (cause, stated) in &spec.on {
            let at = format!("/reactions/on/{}", cause.name());
            let reaction = self.reaction(stated, &at);
            if errors.reactions.contains_key(cause) {
                let message = format!("an error answers {} already", cause.name());
                self.problems.push(self.text.key_problem(&at, message, "say one of the two: the error, or the level"));
            } else {
                errors.reactions.insert(*cause, reaction);
            }
        }
        errors.default = spec.default.as_ref().map(|stated| self.reaction(stated, "/reactions/default"));
    }

    fn reaction(&mut self, spec: &ReactionSpec, at: &str) -> Reaction {
        let grounds = Grounds::of(self.cited(&spec.cite, &format!("{at}/cite")));
        match spec.level {
            ReactionLevel::Declared => Reaction::Declared(grounds),
            ReactionLevel::Class => Reaction::AnyClientError(grounds),
            ReactionLevel::None => Reaction::Unknown,
        }
    }

    pub fn http(&mut self, spec: &HttpSpec) -> Http {
        let (path, query) = spec.path.split_once('?').unwrap_or((&spec.path, ""));
        if !path.starts_with('/') {
            self.problem("/http/path", "a path starts with /", "write the path without scheme and host");
        }
        if let Some(fault) = path_template::fault(path) {
            self.problem(
                "/http/path",
                fault,
                "write labels as {name}, {name}.json, {a}-{b} or, for several segments, {name+}",
            );
        }
        Http {
            method: self.method(&spec.method, "/http/method"),
            path: path.to_owned(),
            labels: path_template::labels(path).map(str::to_owned).collect(),
            query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
            status: self.status(spec.status, "/http/status"),
            citations: self.cited_for(&spec.cite, "path", "/http/cite"),
            status_citations: self.cited_for(&spec.cite, "status", "/http/cite"),
        }
    }

    /// The segments of a pointer that must exist in a shape.
    pub fn pointer(&mut self, text: &str, shape: &Shape, at: &str, whose: &str) -> Vec<String> {
        if !pointer::is_pointer(text) || shape.node(text).is_none() {
            self.absent(
                at,
                format!("{text} is no member of the {whose}"),
                format!("point to a member of the {whose}, as in /Name/0"),
            );
        }
        pointer::segments(text).collect()
    }
}
