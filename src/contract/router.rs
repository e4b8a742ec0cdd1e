//! Which operation a request is for: service by service, by what its protocol calls operations by, or by method, path and
//! query.

use rustc_hash::FxHashMap;

use super::marks::Marks;
use super::residents::{Demand, Entry, MOST_NAMED, Page, Tables};
use super::search::{Route, Search, sole_service};
use crate::codec::{self, Incoming};
use crate::model::Route as Place;
use crate::model::{Dialect, Index, OperationEntry, ServiceEntry};

/// Finds operations and services. A look-up does not grow with their number.
#[derive(Debug, Default)]
pub struct Router {
    marks: Marks,
    tables: Tables,
    conflicts: Vec<Conflict>,
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
        router.tables.advice = advice.join(", ");
        router
    }

    fn add(&mut self, service: &ServiceEntry, row: usize, entry: &OperationEntry, demands: Option<&Vec<Demand>>) {
        let documented = entry.documented.as_ref();
        self.tables.pages.push(Page {
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
            let known = self.tables.names.entry(spoken.name()).or_default().entry(name).or_default();
            let pages = &self.tables.pages;
            if dialect != Some(Dialect::Documented)
                && let Some(&found) = known.iter().find(|known| pages[**known].service == row.service)
            {
                self.conflicts.push(Conflict { found, hidden: operation, shared });
            }
            known.push(operation);
            self.tables.paths.at(&place.path).add_naming(dialect, spoken.name(), naming, row.service);
            return;
        }
        let mut query = place.query.clone();
        query.sort();
        let mut demands = demands.cloned().unwrap_or_default();
        demands.sort();
        let entry = Entry { service: row.service, operation, dialect, query, demands };
        if let Some(found) = self.tables.paths.at(&place.path).add_entry(&place.method, entry) {
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
        let found = self.tables.paths.matches(incoming.request.uri().path());
        let search = Search { tables: &self.tables, incoming, dialect };
        // Marks are of interest only where there are several services to choose from.
        if let Some(route) = sole_service(&found).and_then(|service| search.choose(&found, Some(service))) {
            return route;
        }
        let marked = self.marks.service(incoming.request);
        let chosen = marked.and_then(|service| search.choose(&found, Some(service)));
        chosen.or_else(|| search.choose(&found, None)).unwrap_or_else(|| search.explain(&found, marked))
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
