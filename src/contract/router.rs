//! Which operation a request is for: by method and path, by action, and by what tells services apart.

use std::borrow::Cow;
use std::collections::HashMap;

use bytes::Bytes;
use http::Request;
use rustc_hash::FxHashMap;

use crate::codec::{self, Addressing};
use crate::model::Index;

/// Finds operations and services. A lookup does not grow with their number.
#[derive(Debug, Default)]
pub struct Router {
    /// Operations by action name.
    actions: FxHashMap<String, Vec<usize>>,
    /// What lives at a path, native and documented, in all methods.
    paths: matchit::Router<Residents>,
    /// Services by credential scope.
    scopes: FxHashMap<String, usize>,
    /// Services by the first two labels that matter of a host: see [`host_key`].
    hosts: FxHashMap<String, usize>,
    /// Services by header.
    headers: Vec<(String, usize)>,
    /// Services by path prefix, longest first.
    prefixes: Vec<(String, usize)>,
}

/// What lives at a path.
#[derive(Debug, Default)]
pub struct Residents {
    /// Operations that the path alone names.
    pub operations: Vec<usize>,
    /// Services whose requests there name an action.
    pub services: Vec<usize>,
}

static NOBODY: Residents = Residents { operations: Vec::new(), services: Vec::new() };

impl Router {
    /// Indexes a contract.
    pub(super) fn new(index: &Index) -> Self {
        let mut router = Self::default();
        let mut paths: HashMap<String, Residents> = HashMap::new();
        for (row, operation) in index.operations.iter().enumerate() {
            for name in operation.names() {
                router.actions.entry(name.to_owned()).or_default().push(row);
            }
            let documented = operation.documented.as_ref().map(|documented| documented.path.as_str());
            for path in std::iter::once(operation.route.path.as_str()).chain(documented) {
                let residents = paths.entry(anonymous(path)).or_default();
                match codec::of(index.services[operation.service].protocol).addressing() {
                    Addressing::Action => residents.services.push(operation.service),
                    Addressing::Path => residents.operations.push(row),
                }
                residents.services.dedup();
                residents.operations.dedup();
            }
        }
        for (path, residents) in paths {
            // Two templates that overlap without being equal cannot both be told apart by path alone;
            // the one that comes second is then reached by its service's other marks only.
            let _ = router.paths.insert(path, residents);
        }
        for (row, service) in index.services.iter().enumerate() {
            let marks = &service.recognise;
            router.scopes.extend(marks.credential_scopes.iter().map(|scope| (scope.clone(), row)));
            router.hosts.extend(marks.hosts.iter().map(|host| (host_key(host), row)));
            router.headers.extend(marks.headers.iter().map(|header| (header.to_ascii_lowercase(), row)));
            router.prefixes.extend(marks.paths.iter().map(|prefix| (prefix.clone(), row)));
        }
        router.prefixes.sort_by_key(|(prefix, _)| std::cmp::Reverse(prefix.len()));
        router
    }

    /// Operations that have this action name.
    #[must_use]
    pub fn by_action(&self, action: &str) -> &[usize] {
        self.actions.get(action).map_or(&[], Vec::as_slice)
    }

    /// What lives at this path, whatever the method.
    #[must_use]
    pub fn by_path(&self, path: &str) -> &Residents {
        self.paths.at(path).map_or(&NOBODY, |found| found.value)
    }

    /// The service that the request's marks point to: credential scope, then headers, host and path.
    #[must_use]
    pub fn service(&self, request: &Request<Bytes>) -> Option<usize> {
        let scope = credential_scope(request).and_then(|scope| self.scopes.get(scope.as_ref()));
        let header =
            || self.headers.iter().find(|(name, _)| request.headers().contains_key(name)).map(|(_, index)| index);
        let host = || self.hosts.get(&host_key(host(request)?));
        let path = || {
            self.prefixes.iter().find(|(prefix, _)| request.uri().path().starts_with(prefix)).map(|(_, index)| index)
        };
        scope.or_else(header).or_else(host).or_else(path).copied()
    }
}

/// The host a request is for: of an absolute-form target, else of the `Host` header.
fn host(request: &Request<Bytes>) -> Option<&str> {
    request.uri().host().or_else(|| request.headers().get(http::header::HOST)?.to_str().ok())
}

/// Hosts of one service in all regions have one key: the first label and the domain.
fn host_key(host: &str) -> String {
    let host = host.split(':').next().unwrap_or_default().to_ascii_lowercase();
    let labels: Vec<&str> = host.split('.').collect();
    match labels.as_slice() {
        [first, _, rest @ ..] if !rest.is_empty() => format!("{first}.{}", rest.join(".")),
        _ => host,
    }
}

/// The service named by the SigV4 credential scope, in the header or in the query.
fn credential_scope(request: &Request<Bytes>) -> Option<Cow<'_, str>> {
    scope_part(request, 3)
}

/// The region named by the SigV4 credential scope.
#[must_use]
pub fn credential_region(request: &Request<Bytes>) -> Option<Cow<'_, str>> {
    scope_part(request, 2).filter(|region| !region.is_empty())
}

/// Part of `KEY/DATE/REGION/SERVICE/aws4_request`.
fn scope_part(request: &Request<Bytes>, part: usize) -> Option<Cow<'_, str>> {
    if let Some(authorization) = request.headers().get(http::header::AUTHORIZATION) {
        let credential = authorization.to_str().ok()?.strip_prefix("AWS4-HMAC-SHA256")?.split_once("Credential=")?.1;
        return credential.split(',').next()?.split('/').nth(part).map(Cow::Borrowed);
    }
    let query = request.uri().query()?;
    let (_, credential) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "X-Amz-Credential")?;
    credential.split('/').nth(part).map(|text| Cow::Owned(text.to_owned()))
}

/// A template with its labels renamed by position, as the path index needs it.
fn anonymous(path: &str) -> String {
    let mut number = 0;
    let segments: Vec<String> = path
        .split('/')
        .map(|segment| match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(label) => {
                number += 1;
                if label.ends_with('+') { format!("{{*p{number}}}") } else { format!("{{p{number}}}") }
            }
            None => segment.to_owned(),
        })
        .collect();
    segments.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_share_a_host_key() {
        assert_eq!(host_key("rds.us-east-1.amazonaws.com:80"), host_key("rds.*.amazonaws.com"));
        assert_eq!(host_key("localhost:4010"), "localhost");
    }

    #[test]
    fn templates_lose_their_names() {
        assert_eq!(anonymous("/v3/{project_id}/x/{id}"), "/v3/{p1}/x/{p2}");
        assert_eq!(anonymous("/b/{Key+}"), "/b/{*p1}");
    }
}
