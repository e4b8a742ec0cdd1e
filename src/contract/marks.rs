//! What in a request tells its service from others: credential scope, headers, host, beginning of the path.

use bytes::Bytes;
use http::{HeaderName, Request};
use rustc_hash::FxHashMap;

use crate::auth;
use crate::model::{Auth, ServiceEntry};

/// Services by their marks. A look-up does not grow with their number.
#[derive(Debug, Default)]
pub struct Marks {
    scopes: FxHashMap<String, usize>,
    hosts: FxHashMap<String, usize>,
    headers: FxHashMap<String, usize>,
    /// By the beginning of the path.
    prefixes: FxHashMap<String, usize>,
    /// The lengths of these, longest first.
    lengths: Vec<usize>,
    /// Ways to authenticate, each once.
    ways: Vec<Auth>,
    /// Headers that only clients of the native dialect send, in lower case; a final `*` stands for anything.
    clients: Vec<String>,
}

impl Marks {
    /// Adds a service; of two with the same mark the first has it.
    pub fn add(&mut self, index: usize, service: &ServiceEntry) {
        let marks = &service.recognise;
        let add = |known: &mut FxHashMap<String, usize>, mark: String| {
            known.entry(mark).or_insert(index);
        };
        marks.credential_scopes.iter().for_each(|scope| add(&mut self.scopes, scope.clone()));
        marks.hosts.iter().for_each(|host| add(&mut self.hosts, host_key(host)));
        marks.headers.iter().for_each(|header| add(&mut self.headers, header.to_ascii_lowercase()));
        for prefix in &marks.paths {
            add(&mut self.prefixes, prefix.clone());
            self.lengths.push(prefix.len());
        }
        self.lengths.sort_unstable_by(|left, right| right.cmp(left));
        self.lengths.dedup();
        let is_new =
            |auth: &&Auth| !self.ways.iter().any(|known| (known.scheme, &known.name) == (auth.scheme, &auth.name));
        let ways: Vec<Auth> = service.auth.iter().filter(is_new).cloned().collect();
        self.ways.extend(ways);
        let headers = service.clients.iter().flat_map(|client| &client.headers).chain(&marks.headers);
        self.clients.extend(headers.map(|header| header.to_ascii_lowercase()));
        self.clients.sort();
        self.clients.dedup();
    }

    /// The ways to authenticate that services have, each once.
    #[must_use]
    pub fn ways(&self) -> &[Auth] {
        &self.ways
    }

    /// Whether a request has what only clients of the native dialect send: credentials, or headers of an SDK.
    #[must_use]
    pub fn is_native(&self, request: &Request<Bytes>) -> bool {
        let of_client = |name: &str| {
            self.clients.iter().any(|known| match known.strip_suffix('*') {
                Some(prefix) => name.starts_with(prefix),
                None => name == known,
            })
        };
        let native = |name: &HeaderName| of_client(name.as_str()) || auth::owns_header(&self.ways, name.as_str());
        auth::is_tried(&self.ways, request) || request.headers().keys().any(native)
    }

    /// The service that a request's marks point to: credential scope, then headers, host and path.
    #[must_use]
    pub fn service(&self, request: &Request<Bytes>) -> Option<usize> {
        let scope = auth::credential_service(request).and_then(|scope| self.scopes.get(scope.as_ref()));
        let header = || {
            let marked = |name: &HeaderName| self.headers.get(name.as_str());
            if self.headers.is_empty() { None } else { request.headers().keys().filter_map(marked).min() }
        };
        let host = || if self.hosts.is_empty() { None } else { self.hosts.get(&host_key(host(request)?)) };
        let path = || {
            let path = request.uri().path();
            self.lengths.iter().find_map(|length| self.prefixes.get(path.get(..*length)?))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions_share_a_host_key() {
        assert_eq!(host_key("rds.us-east-1.amazonaws.com:80"), host_key("rds.*.amazonaws.com"));
        assert_eq!(host_key("localhost:4010"), "localhost");
    }
}
