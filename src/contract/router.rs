//! Which operation a request is for: service by service, by what its protocol calls operations by, or by method, path and
//! query.

use std::borrow::Cow;

use http::Method;
use rustc_hash::FxHashMap;

use super::marks::Marks;
use super::paths::{Match, Paths};
use crate::codec::{self, Incoming, Naming};
use crate::model::Route as Place;
use crate::model::{self, Cause, Dialect, Fact, Index, Node, NodeId, Operation, OperationEntry, ServiceEntry};

/// Most methods, operations or parameters that a refusal names.
const MOST_NAMED: usize = 5;

/// Finds operations and services. A look-up does not grow with their number.
#[derive(Debug, Default)]
pub struct Router {
    marks: Marks,
    paths: Paths<Residents>,
    /// Operations by the name that requests have for them, by codec.
    names: FxHashMap<&'static str, FxHashMap<String, Vec<usize>>>,
    /// By operation.
    pages: Vec<Page>,
    /// Some operations that there are.
    advice: String,
    conflicts: Vec<Conflict>,
}

/// What the router keeps of an operation.
#[derive(Debug)]
struct Page {
    service: usize,
    method: Method,
    documented: Option<Method>,
}

impl Page {
    fn method(&self, dialect: Dialect) -> &Method {
        self.documented.as_ref().filter(|_| dialect == Dialect::Documented).unwrap_or(&self.method)
    }
}

/// What lives at a path.
#[derive(Debug, Default)]
struct Residents {
    /// The first service that has something here, and whether there is another.
    service: Option<usize>,
    are_of_several: bool,
    /// Operations by method, of each the most specific first.
    entries: Vec<(Method, Vec<Entry>)>,
    /// Services whose requests there name an operation, by the way in which they do.
    naming: Vec<NamingServices>,
}

/// An operation that method and path, and maybe what is in the query or the headers, tell from others.
#[derive(Debug)]
struct Entry {
    service: usize,
    operation: usize,
    /// The dialect it is for, where it is not for both.
    dialect: Option<Dialect>,
    /// Parameters that the query string must have.
    query: Vec<(String, String)>,
    demands: Vec<Demand>,
}

/// Services that speak one codec.
#[derive(Debug)]
struct NamingServices {
    dialect: Option<Dialect>,
    codec: &'static str,
    naming: &'static dyn Naming,
    services: Vec<usize>,
}

/// A parameter or header that an operation cannot do without, and so tells it from another at the same path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Demand {
    /// A parameter of the query string.
    Query(String),
    /// A header.
    Header(String),
}

impl Demand {
    fn is_met(&self, incoming: &Incoming<'_>) -> bool {
        match self {
            Self::Query(name) => incoming.asks(name, None),
            Self::Header(name) => incoming.request.headers().contains_key(name),
        }
    }
}

/// The parameters and headers that an operation's input cannot be without.
#[must_use]
pub fn demands(operation: &Operation) -> Vec<Demand> {
    let shape = &operation.input;
    let required = |name: &str| {
        let states = |fact: &Fact| &*fact.keyword == "required" && fact.member.as_deref() == Some(name);
        shape.root().facts.iter().any(states)
    };
    let placed = |(name, id): (&String, &NodeId)| {
        let node: &Node = &shape.nodes[*id];
        let wire = node.wire.name.as_ref().unwrap_or(name).clone();
        match node.place {
            Some(model::Place::Query) if required(name) => Some(Demand::Query(wire)),
            Some(model::Place::Header) if required(name) => Some(Demand::Header(wire)),
            _ => None,
        }
    };
    shape.root().properties.iter().filter_map(placed).collect()
}

/// Two operations that no request can tell apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The number of the one that is found.
    pub found: usize,
    /// The number of the one that never is.
    pub hidden: usize,
    /// What they share: method and path, or a name.
    pub shared: String,
}

/// What a request is for.
#[derive(Debug)]
pub struct Route<'r> {
    /// The service's number, or the likeliest one's.
    pub service: usize,
    /// The operation's number, or why there is none.
    pub operation: Result<usize, (Cause, String)>,
    /// The name that the request has for an operation, where it has one that its service's protocol reads.
    pub named: Option<Cow<'r, str>>,
}

impl Router {
    /// Indexes a contract; of some operations it is known what they cannot do without.
    #[must_use]
    pub fn new(index: &Index, demands: &FxHashMap<usize, Vec<Demand>>) -> Self {
        let mut router = Self::default();
        for (row, service) in index.services.iter().enumerate() {
            router.marks.add(row, service);
        }
        let mut advice: Vec<String> = Vec::new();
        for (row, entry) in index.operations.iter().enumerate() {
            if advice.len() < MOST_NAMED {
                advice.push(format!("{} {}", entry.route.method, entry.route.path));
                advice.dedup();
            }
            router.add(&index.services[entry.service], row, entry, demands.get(&row));
        }
        router.advice = advice.join(", ");
        router
    }

    fn add(&mut self, service: &ServiceEntry, row: usize, entry: &OperationEntry, demands: Option<&Vec<Demand>>) {
        let documented = entry.documented.as_ref();
        self.pages.push(Page {
            service: entry.service,
            method: entry.route.method.clone(),
            documented: documented.map(|route| route.method.clone()),
        });
        let native = documented.map(|_| Dialect::Native);
        self.add_page(service, row, entry, (native, &entry.route, demands));
        if let Some(route) = documented {
            self.add_page(service, row, entry, (Some(Dialect::Documented), route, None));
        }
    }

    fn add_page(
        &mut self,
        service: &ServiceEntry,
        operation: usize,
        row: &OperationEntry,
        (dialect, place, demands): (Option<Dialect>, &Place, Option<&Vec<Demand>>),
    ) {
        let spoken = service.codec_for(dialect.unwrap_or(Dialect::Native));
        if let Some(naming) = codec::of(service.protocol).naming().and(spoken.naming()) {
            let name = naming.name_of(&service.name, &row.name).into_owned();
            let shared = name.clone();
            let known = self.names.entry(spoken.name()).or_default().entry(name).or_default();
            let pages = &self.pages;
            if dialect != Some(Dialect::Documented)
                && let Some(&found) = known.iter().find(|known| pages[**known].service == row.service)
            {
                self.conflicts.push(Conflict { found, hidden: operation, shared });
            }
            known.push(operation);
            self.paths.at(&place.path).add_naming(dialect, spoken.name(), naming, row.service);
            return;
        }
        let mut query = place.query.clone();
        query.sort();
        let mut demands = demands.cloned().unwrap_or_default();
        demands.sort();
        let entry = Entry { service: row.service, operation, dialect, query, demands };
        if let Some(found) = self.paths.at(&place.path).add_entry(&place.method, entry) {
            let shared = format!("{} {}", place.method, place.path);
            self.conflicts.push(Conflict { found, hidden: operation, shared });
        }
    }

    /// Operations that no request can tell apart.
    #[must_use]
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// What tells services' requests apart.
    #[must_use]
    pub fn marks(&self) -> &Marks {
        &self.marks
    }

    /// What a request in a dialect is for.
    #[must_use]
    pub fn find<'r>(&self, incoming: &Incoming<'r>, dialect: Dialect) -> Route<'r> {
        let found = self.paths.matches(incoming.request.uri().path());
        let search = Search { router: self, incoming, dialect };
        // Marks are of interest only where there are several services to choose from.
        if let Some(route) = sole_service(&found).and_then(|service| search.choose(&found, Some(service))) {
            return route;
        }
        let marked = self.marks.service(incoming.request);
        let chosen = marked.and_then(|service| search.choose(&found, Some(service)));
        chosen.or_else(|| search.choose(&found, None)).unwrap_or_else(|| search.explain(&found, marked))
    }
}

/// The one service of all that a path fits.
fn sole_service(found: &[Match<'_, '_, Residents>]) -> Option<usize> {
    match found {
        [only] => only.value.service.filter(|_| !only.value.are_of_several),
        _ => None,
    }
}

impl Residents {
    fn add_service(&mut self, service: usize) {
        self.are_of_several |= *self.service.get_or_insert(service) != service;
    }

    /// Adds an operation; the one that hides it, if there is such a one.
    fn add_entry(&mut self, method: &Method, entry: Entry) -> Option<usize> {
        self.add_service(entry.service);
        let found = self.entries.iter().position(|(known, _)| known == method);
        let index = found.unwrap_or_else(|| {
            self.entries.push((method.clone(), Vec::new()));
            self.entries.len() - 1
        });
        let entries = &mut self.entries[index].1;
        let hides = |known: &&Entry| {
            let both = known.dialect.is_none() || entry.dialect.is_none() || known.dialect == entry.dialect;
            both && known.service == entry.service && known.query == entry.query && known.demands == entry.demands
        };
        let hidden = entries.iter().find(hides).map(|known| known.operation);
        let at = entries.partition_point(|known| known.rank() >= entry.rank());
        entries.insert(at, entry);
        hidden
    }

    fn add_naming(
        &mut self,
        dialect: Option<Dialect>,
        codec: &'static str,
        naming: &'static dyn Naming,
        service: usize,
    ) {
        self.add_service(service);
        let found = self.naming.iter_mut().find(|known| known.codec == codec && known.dialect == dialect);
        match found {
            Some(known) if known.services.last() == Some(&service) => {}
            Some(known) => known.services.push(service),
            None => self.naming.push(NamingServices { dialect, codec, naming, services: vec![service] }),
        }
    }
}

impl Entry {
    /// How much it asks for.
    fn rank(&self) -> (usize, usize) {
        (self.query.len(), self.demands.len())
    }

    fn is_spoken(&self, dialect: Dialect) -> bool {
        self.dialect.is_none_or(|known| known == dialect)
    }
}

/// The search for what a request is for.
struct Search<'a, 'r> {
    router: &'a Router,
    incoming: &'a Incoming<'r>,
    dialect: Dialect,
}

impl<'r> Search<'_, 'r> {
    /// The operation of a service, or of any, with the labels of its path kept.
    fn choose(&self, found: &[Match<'_, 'r, Residents>], service: Option<usize>) -> Option<Route<'r>> {
        found.iter().find_map(|found| {
            let route = self.by_name(found.value, service).or_else(|| self.by_method(found.value, service))?;
            self.incoming.set_labels(found.labels.clone());
            Some(route)
        })
    }

    fn by_name(&self, residents: &Residents, service: Option<usize>) -> Option<Route<'r>> {
        self.naming(residents).find_map(|group| {
            let name = group.naming.read(self.incoming).ok()?;
            let named = self.router.names.get(group.codec)?.get(name.as_ref())?;
            let of_service =
                |operation: &&usize| service.is_none_or(|service| self.router.pages[**operation].service == service);
            let operation = *named.iter().find(of_service)?;
            Some(self.spoken(group, operation, name))
        })
    }

    /// The operation that a request names, unless it has another method.
    fn spoken(&self, group: &NamingServices, operation: usize, name: Cow<'r, str>) -> Route<'r> {
        let page = &self.router.pages[operation];
        let (method, asked) = (page.method(self.dialect), self.incoming.request.method());
        let is_spoken = match self.dialect {
            Dialect::Native => group.naming.methods().contains(asked),
            Dialect::Documented => method == asked,
        };
        let operation = if is_spoken {
            Ok(operation)
        } else {
            Err((Cause::MethodNotAllowed, format!("the operation takes {method} here")))
        };
        Route { service: page.service, operation, named: Some(name) }
    }

    fn by_method(&self, residents: &Residents, service: Option<usize>) -> Option<Route<'r>> {
        let asked = self.incoming.request.method();
        let (_, entries) = residents.entries.iter().find(|(method, _)| method == asked)?;
        let fitting = || {
            let of_service = |entry: &&Entry| service.is_none_or(|service| entry.service == service);
            let spoken = entries.iter().filter(|entry| entry.is_spoken(self.dialect)).filter(of_service);
            let has = |(name, value): &(String, String)| self.incoming.asks(name, Some(value));
            spoken.filter(move |entry| entry.query.iter().all(has))
        };
        let complete = |entry: &&Entry| entry.demands.iter().all(|demand| demand.is_met(self.incoming));
        // What lacks something is for the operation that asks for least.
        let entry = fitting().find(complete).or_else(|| fitting().last())?;
        Some(Route { service: entry.service, operation: Ok(entry.operation), named: None })
    }

    fn naming<'s>(&self, residents: &'s Residents) -> impl Iterator<Item = &'s NamingServices> + use<'s> {
        let dialect = self.dialect;
        residents.naming.iter().filter(move |group| group.dialect.is_none_or(|known| known == dialect))
    }

    /// Why a request is for no operation.
    fn explain(&self, found: &[Match<'_, 'r, Residents>], marked: Option<usize>) -> Route<'r> {
        let refusal =
            |service: usize, cause, detail: String| Route { service, operation: Err((cause, detail)), named: None };
        let spoken = |found: &&Match<'_, 'r, Residents>| {
            self.naming(found.value).next().is_some() || self.entries(found.value).next().is_some()
        };
        let Some(found) = found.iter().find(spoken) else {
            let detail = format!("there is nothing at this path; there is, among others, {}", self.router.advice);
            return refusal(marked.unwrap_or(0), Cause::UnknownPath, detail);
        };
        if let Some((_, entry)) = self.entries(found.value).next() {
            let (cause, detail) = self.without_method(found.value);
            return refusal(marked.unwrap_or(entry.service), cause, detail);
        }
        let groups = || self.naming(found.value);
        let of_marked = groups().find(|group| marked.is_some_and(|service| group.services.contains(&service)));
        let Some(group) = of_marked.or_else(|| groups().next().filter(|_| marked.is_none())) else {
            let named = groups().find_map(|group| group.naming.read(self.incoming).ok());
            let detail = "the service has nothing at this path".to_owned();
            return Route { named, ..refusal(marked.unwrap_or(0), Cause::UnknownPath, detail) };
        };
        let service = marked.unwrap_or(group.services[0]);
        let (cause, detail, named) = self.without_name(group);
        Route { named, ..refusal(service, cause, detail) }
    }

    fn entries<'s>(&self, residents: &'s Residents) -> impl Iterator<Item = (&'s Method, &'s Entry)> + use<'s> {
        let dialect = self.dialect;
        let all =
            residents.entries.iter().flat_map(|(method, entries)| entries.iter().map(move |entry| (method, entry)));
        all.filter(move |(_, entry)| entry.is_spoken(dialect))
    }

    fn without_method(&self, residents: &Residents) -> (Cause, String) {
        let asked = self.incoming.request.method();
        let constants = self.entries(residents).filter(|(method, _)| *method == asked).map(|(_, entry)| {
            let pairs = entry.query.iter();
            let pairs =
                pairs.map(|(name, value)| if value.is_empty() { name.clone() } else { format!("{name}={value}") });
            format!("?{}", pairs.collect::<Vec<_>>().join("&"))
        });
        let constants: Vec<String> = constants.take(MOST_NAMED).collect();
        if !constants.is_empty() {
            return (Cause::UnknownPath, format!("this path is one with {}", constants.join(" or ")));
        }
        let mut methods: Vec<&str> = self.entries(residents).map(|(method, _)| method.as_str()).collect();
        methods.dedup();
        methods.truncate(MOST_NAMED);
        (Cause::MethodNotAllowed, format!("this path takes {}", methods.join(", ")))
    }

    /// Why a request to services whose protocol has names is for none of their operations, and the name that it has.
    fn without_name(&self, group: &NamingServices) -> (Cause, String, Option<Cow<'r, str>>) {
        match group.naming.read(self.incoming) {
            Ok(name) => {
                let detail = "the service has no such action, or this contract does not describe it";
                (Cause::UnknownAction, detail.to_owned(), Some(name))
            }
            Err(rejection) => {
                let methods = group.naming.methods();
                if self.dialect == Dialect::Native && !methods.contains(self.incoming.request.method()) {
                    let methods: Vec<&str> = methods.iter().map(Method::as_str).collect();
                    let detail = format!("actions are asked for with {}", methods.join(" or "));
                    return (Cause::MethodNotAllowed, detail, None);
                }
                (rejection.cause, rejection.detail, None)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;
    use serde_json::{Value, json};

    use crate::spec::{ContractError, SourceText};
    use crate::{Contract, Mock};

    const SERVICE: &str = "
service: NAME
title: A service
sources: { x: { title: this test, strength: documented } }
protocol: { codec: rest-json, error: [{ body: { code: '{code}' } }] }
recognise: { hosts: [NAME.example.com] }
errors:
  - { code: Wrong, status: 400, kind: validation, cite: x:y, on: { required: x:y, type: x:y, length: x:y } }
  - { code: Nowhere, status: 404, kind: protocol, cite: x:y, on: { unknown-path: x:y, method-not-allowed: x:y } }
";

    /// A service of operations: name, method and path, and the schemas of members beside those that the path names.
    fn service(name: &str, operations: &[(&str, &str, &str)]) -> Vec<SourceText> {
        let text = |file: &str, text: String| SourceText { name: format!("{name}/{file}.yaml"), text };
        let files = operations.iter().map(|(operation, line, members)| {
            let (method, path) = line.split_once(' ').expect("a method and a path");
            let labels = crate::model::path_template::labels(path.split('?').next().unwrap_or_default());
            let labels: Vec<&str> = labels.collect();
            let label = |label: &&str| format!("{label}: {{ type: string, in: path, minLength: 1, cite: x:y }}");
            let own = (!members.is_empty()).then(|| (*members).to_owned());
            let properties: Vec<String> = labels.iter().map(label).chain(own).collect();
            let names = labels.into_iter().chain((!members.is_empty()).then_some("q"));
            let example: Vec<String> = names.map(|name| format!("{name}: a")).collect();
            let required = if members.is_empty() { "" } else { "required: [q], " };
            text(
                operation,
                format!(
                    "operation: {operation}\n\
                     http: {{ method: {method}, path: '{path}', status: 200, cite: x:y }}\n\
                     input: {{ type: object, {required}cite: x:y, properties: {{ {} }} }}\n\
                     output: {{ type: object, cite: x:y, properties: {{ is: {{ type: string }} }} }}\n\
                     answer: {{ is: {operation} }}\n\
                     examples: [{{ name: one, input: {{ {} }}, cite: x:y }}]\n",
                    properties.join(", "),
                    example.join(", ")
                ),
            )
        });
        let service = text("service", SERVICE.replace("NAME", name));
        std::iter::once(service).chain(files).collect()
    }

    fn mock(services: impl IntoIterator<Item = Vec<SourceText>>) -> Mock {
        let contract = Contract::from_texts(services.into_iter().flatten());
        Mock::new(contract.unwrap_or_else(|error| panic!("{error}")))
    }

    fn asked(mock: &Mock, host: &str, line: &str) -> (Option<String>, Value) {
        let (method, target) = line.split_once(' ').expect("a method and a target");
        let request = Request::builder().method(method).uri(target).header("host", host).body(Bytes::new());
        let answered = mock.answer(&request.expect("a request"));
        (answered.operation, answered.input.unwrap_or(json!(answered.violations)))
    }

    #[test]
    fn method_path_constants_and_what_is_required_tell_operations_apart() {
        let mock = mock([service(
            "s3",
            &[
                ("GetAcl", "GET /{Bucket}?acl", ""),
                ("GetTagging", "GET /{Bucket}?tagging", ""),
                ("List", "GET /{Bucket}", ""),
                ("ListTwo", "GET /{Bucket}?list-type=2", ""),
                ("Search", "GET /{Bucket}", "q: { type: string, in: query, cite: x:y }"),
                (
                    "Copy",
                    "PUT /{Bucket}/{Key+}",
                    "q: { type: string, in: header, wire: { name: x-source }, cite: x:y }",
                ),
                ("Put", "PUT /{Bucket}/{Key+}", ""),
                ("Tags", "GET /{Bucket}/{Key+}/tags/{Tag}", ""),
            ],
        )]);
        for (line, operation, input) in [
            ("GET /b?acl", Some("GetAcl"), json!({"Bucket": "b"})),
            ("GET /b?acl=&x-id=1", Some("GetAcl"), json!({"Bucket": "b"})),
            ("GET /b?tagging", Some("GetTagging"), json!({"Bucket": "b"})),
            ("GET /b", Some("List"), json!({"Bucket": "b"})),
            ("GET /b?list-type=2", Some("ListTwo"), json!({"Bucket": "b"})),
            ("GET /b?list-type=1", Some("List"), json!({"Bucket": "b"})),
            ("GET /b?q=1", Some("Search"), json!({"Bucket": "b", "q": "1"})),
            ("PUT /b/k/l", Some("Put"), json!({"Bucket": "b", "Key": "k/l"})),
            ("GET /b/k/tags/l/tags/t", Some("Tags"), json!({"Bucket": "b", "Key": "k/tags/l", "Tag": "t"})),
            ("POST /b", None, json!(["#method-not-allowed"])),
            ("GET /", Some("List"), json!({"Bucket": ""})),
        ] {
            assert_eq!(asked(&mock, "h", line), (operation.map(str::to_owned), input), "{line}");
        }
        let request = Request::put("/b/k").header("x-source", "/a").body(Bytes::new()).expect("a request");
        assert_eq!(mock.answer(&request).operation.as_deref(), Some("Copy"));
    }

    #[test]
    fn labels_may_be_empty_or_parts_of_a_segment() {
        let mock = mock([service(
            "pets",
            &[("Run", "POST /pets/{id}:run", ""), ("Pet", "POST /pets/{id}", ""), ("File", "GET /{a}/{b}.{c}", "")],
        )]);
        for (line, operation, input) in [
            ("POST /pets/7:run", "Run", json!({"id": "7"})),
            ("POST /pets/a%20b%3Arun", "Pet", json!({"id": "a b:run"})),
            ("POST /pets/", "Pet", json!({"id": ""})),
            ("GET /x/y.tar.gz", "File", json!({"a": "x", "b": "y", "c": "tar.gz"})),
        ] {
            assert_eq!(asked(&mock, "h", line), (Some(operation.to_owned()), input), "{line}");
        }
        let request = Request::post("/pets/").body(Bytes::new()).expect("a request");
        assert_eq!(mock.answer(&request).violations, ["/id#minLength"]);
    }

    #[test]
    fn a_service_that_is_marked_comes_first_and_the_others_after_it() {
        let tags = |name: &str| service(name, &[(&format!("{name}Tags"), "GET /tags/{arn}", "")]);
        let special = service("c", &[("Special", "GET /tags/special", "")]);
        let mock = mock([tags("a"), tags("b"), special]);
        let operation = |host: &str, line: &str| asked(&mock, host, line).0.unwrap_or_default();
        assert_eq!(operation("a.example.com", "GET /tags/x"), "aTags");
        assert_eq!(operation("b.example.com", "GET /tags/special"), "bTags");
        assert_eq!(operation("h", "GET /tags/special"), "Special");
        assert_eq!(operation("b.example.com", "GET /tags/"), "bTags");
    }

    #[test]
    fn operations_that_no_request_tells_apart_are_a_problem_that_names_both() {
        let texts = service("s", &[("One", "GET /x/{a}?y=1", ""), ("Two", "GET /x/{b}?y=1", "")]);
        let Err(ContractError::Broken(problems)) = Contract::from_texts(texts) else { panic!("no problem") };
        let messages: Vec<&str> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert_eq!(messages, ["GET /x/{b} is One as well as Two: no request tells them apart"]);
    }

    #[test]
    fn an_unknown_path_is_answered_with_a_few_of_those_there_are() {
        let names: Vec<(String, String)> =
            (0..50).map(|index| (format!("Op{index}"), format!("GET /things/{index}"))).collect();
        let operations: Vec<(&str, &str, &str)> =
            names.iter().map(|(name, line)| (name.as_str(), line.as_str(), "")).collect();
        let mock = mock([service("s", &operations)]);
        let request = Request::get("/nothing").body(Bytes::new()).expect("a request");
        let detail = mock.answer(&request).detail.unwrap_or_default();
        assert_eq!(detail.matches("GET /things/").count(), 5, "{detail}");
    }
}
