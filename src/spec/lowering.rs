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
use crate::model::{Citations, CiteSpec, ErrorDef, ErrorLink, ErrorSpec, Errors, Http, HttpSpec, Protocol, Shape};
use crate::value::pointer;

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
        self.problems.extend(self.definitions.absent(self.text.problem(at, message, help)));
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

    /// Declared errors with their causes; the operation's before the service's.
    pub fn errors(&mut self, specs: &[ErrorSpec], inherited: Option<&Errors>) -> Errors {
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
                let link = ErrorLink {
                    error: errors.all.len(),
                    strength: citation::strength_of(&citations),
                    citations: citations.into(),
                };
                if errors.causes.insert(*cause, link).is_some() {
                    self.problem(
                        &format!("{at}/on/{name}"),
                        format!("two errors answer {name}"),
                        "one cause has one error",
                    );
                }
            }
            errors.all.push(Arc::new(error));
        }
        if let Some(inherited) = inherited {
            let own = errors.all.len();
            let mut moved = Vec::with_capacity(inherited.all.len());
            for error in &inherited.all {
                moved.push(errors.by_code(&error.code).unwrap_or(errors.all.len()));
                if errors.by_code(&error.code).is_none_or(|known| known >= own) {
                    errors.all.push(Arc::clone(error));
                }
            }
            for (cause, link) in &inherited.causes {
                let moved_link = ErrorLink { error: moved[link.error], ..link.clone() };
                errors.causes.entry(*cause).or_insert(moved_link);
            }
        }
        errors
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
