//! The search for what a request is for, among what lives at the paths that it fits.

use std::borrow::Cow;

use http::Method;

use super::paths::Match;
use super::residents::{Entry, MOST_NAMED, NamingServices, Residents, Tables};
use crate::codec::Incoming;
use crate::model::{Cause, Dialect};

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

/// The search for what a request is for.
pub(super) struct Search<'a, 'r> {
    pub tables: &'a Tables,
    pub incoming: &'a Incoming<'r>,
    pub dialect: Dialect,
}

impl<'r> Search<'_, 'r> {
    /// The operation of a service, or of any, with the labels of its path kept.
    pub fn choose(&self, found: &[Match<'_, 'r, Residents>], service: Option<usize>) -> Option<Route<'r>> {
        found.iter().find_map(|found| {
            let route = self.by_name(found.value, service).or_else(|| self.by_method(found.value, service))?;
            self.incoming.set_labels(found.labels.clone());
            Some(route)
        })
    }

    fn by_name(&self, residents: &Residents, service: Option<usize>) -> Option<Route<'r>> {
        self.naming(residents).find_map(|group| {
            let name = group.naming.read(self.incoming).ok()?;
            let named = self.tables.names.get(group.codec)?.get(name.as_ref())?;
            let of_service =
                |operation: &&usize| service.is_none_or(|service| self.tables.pages[**operation].service == service);
            let operation = *named.iter().find(of_service)?;
            Some(self.spoken(group, operation, name))
        })
    }

    /// The operation that a request names, unless it has another method.
    fn spoken(&self, group: &NamingServices, operation: usize, name: Cow<'r, str>) -> Route<'r> {
        let page = &self.tables.pages[operation];
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
    pub fn explain(&self, found: &[Match<'_, 'r, Residents>], marked: Option<usize>) -> Route<'r> {
        let refusal =
            |service: usize, cause, detail: String| Route { service, operation: Err((cause, detail)), named: None };
        let spoken = |found: &&Match<'_, 'r, Residents>| {
            self.naming(found.value).next().is_some() || self.entries(found.value).next().is_some()
        };
        let Some(found) = found.iter().find(spoken) else {
            let detail = format!("there is nothing at this path; there is, among others, {}", self.tables.advice);
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

/// The one service of all that a path fits.
pub(super) fn sole_service(found: &[Match<'_, '_, Residents>]) -> Option<usize> {
    match found {
        [only] => only.value.service.filter(|_| !only.value.are_of_several),
        _ => None,
    }
}
