//! A request that broke the contract, as the author of a client should see it.

use std::fmt;

use bytes::Bytes;
use http::Request;

use super::MockResponse;
use crate::contract::Contract;
use crate::model::{Constraint, Dialect, ServiceEntry};

/// Longest request line that is shown, in characters.
const LONGEST: usize = 300;

/// A request that broke the contract. No value of the input is part of it, since it may be a secret.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Breach {
    /// Which request it was, counted from 1 as they came.
    pub number: u64,
    /// Method and path; of the query the names only, but for what a protocol names operations by.
    pub request: String,
    /// The operation, when the request reached one.
    pub operation: Option<String>,
    /// What it broke; the first decides on the answer.
    pub broken: Vec<Broken>,
    /// The status that it was answered with.
    pub status: u16,
    /// The code of the error that it was answered with.
    pub error: Option<String>,
}

/// A statement of the contract that a request broke.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub struct Broken {
    /// The constraint's id, as `/replicate/name#maxLength`; `#` and a cause, as `#unknown-path`, for what is wrong
    /// with more than the input.
    pub constraint: String,
    /// What is demanded, or what is wrong.
    pub statement: String,
    /// Who says so, as `page:23`.
    pub citations: Vec<String>,
}

impl Breach {
    /// What was wrong with a request that a mock of the contract has answered; nothing when it kept the contract.
    #[must_use]
    pub fn of(contract: &Contract, number: u64, request: &Request<Bytes>, answered: &MockResponse) -> Option<Self> {
        if answered.violations.is_empty() {
            return None;
        }
        let operation = answered.operation.as_ref().and_then(|name| contract.operation(name).ok());
        let constraints = operation.map_or(&[][..], |operation| &operation.input.constraints);
        let broken = answered.violations.iter().map(|id| {
            let constraint = constraints.iter().find(|constraint| constraint.id == *id);
            constraint.map_or_else(|| Broken::elsewhere(id, answered), Broken::of)
        });
        Some(Self {
            number,
            request: line(contract, request),
            operation: answered.operation.clone(),
            broken: broken.collect(),
            status: answered.response.status().as_u16(),
            error: answered.error.clone(),
        })
    }
}

impl Broken {
    fn of(constraint: &Constraint) -> Self {
        Self {
            constraint: constraint.id.clone(),
            statement: constraint.statement(),
            citations: constraint.citations.iter().map(ToString::to_string).collect(),
        }
    }

    /// Wrong with more than the input: there is one such fault at most, and the answer is about it.
    fn elsewhere(id: &str, answered: &MockResponse) -> Self {
        Self {
            constraint: id.to_owned(),
            statement: answered.detail.clone().unwrap_or_default(),
            citations: answered.citations.clone(),
        }
    }
}

impl fmt::Display for Breach {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let operation = self.operation.as_deref().map(|name| format!(" ({name})")).unwrap_or_default();
        let error = self.error.as_deref().unwrap_or_default();
        write!(f, "request {}: {}{operation}, answered {} {error}", self.number, self.request, self.status)?;
        for Broken { constraint, statement, citations } in &self.broken {
            write!(f, "\n  {constraint}: {statement}")?;
            if !citations.is_empty() {
                write!(f, "\n    source  {}", citations.join(", "))?;
            }
        }
        Ok(())
    }
}

fn line(contract: &Contract, request: &Request<Bytes>) -> String {
    let dialects = [Dialect::Native, Dialect::Documented];
    let owns = |service: &ServiceEntry, name: &str| {
        dialects.iter().any(|spoken| service.codec_for(*spoken).owns_parameter(name))
    };
    let is_plain = |name: &str| contract.index().services.iter().any(|service| owns(service, name));
    let mut line = format!("{} {}", request.method(), request.uri().path());
    for (position, parameter) in request.uri().query().into_iter().flat_map(|query| query.split('&')).enumerate() {
        let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
        line.push(if position == 0 { '?' } else { '&' });
        line.push_str(name);
        line.push('=');
        line.push_str(if is_plain(name) { value } else { "…" });
    }
    match line.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Mock;

    fn breach(request: Request<Bytes>) -> Option<Breach> {
        let contract = Contract::builtin();
        let answered = Mock::new(contract.clone()).answer(&request);
        Breach::of(&contract, 7, &request, &answered)
    }

    #[test]
    fn names_every_broken_constraint_with_its_source() {
        let body = br#"{"BackupVaultName": "a b", "IamRoleArn": "x"}"#;
        let request = Request::put("/backup-jobs").header("accept", "application/json");
        let request =
            request.header("authorization", "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=c");
        let request = request.header("content-type", "application/json").body(Bytes::from_static(body));
        let breach = breach(request.expect("a request")).expect("broken");
        assert_eq!((breach.number, breach.operation.as_deref(), breach.status), (7, Some("StartBackupJob"), 400));
        let ids: Vec<&str> = breach.broken.iter().map(|broken| broken.constraint.as_str()).collect();
        assert_eq!(ids, ["/ResourceArn#required", "/BackupVaultName#pattern", "/IamRoleArn#pattern"]);
        assert!(breach.broken.iter().all(|broken| !broken.statement.is_empty() && !broken.citations.is_empty()));
        let shown = breach.to_string();
        assert!(shown.starts_with("request 7: PUT /backup-jobs (StartBackupJob), answered 400 "), "{shown}");
        assert!(shown.contains("\n  /ResourceArn#required: ResourceArn must be present"), "{shown}");
    }

    #[test]
    fn shows_no_value_of_a_query() {
        let request = Request::get("/?Action=Nothing&MasterUserPassword=secret&X-Amz-Signature=abc").body(Bytes::new());
        let breach = breach(request.expect("a request")).expect("broken");
        assert_eq!(breach.request, "GET /?Action=Nothing&MasterUserPassword=…&X-Amz-Signature=…");
        assert!(breach.operation.is_none() && breach.broken[0].constraint.starts_with('#'), "{breach}");
    }

    #[test]
    fn says_nothing_of_a_request_that_keeps_the_contract() {
        let contract = Contract::builtin();
        let operation = contract.operation("ReplicateBackup").expect("built in");
        let mut request = operation.service.codec().encode_request(operation, &operation.examples[0].input);
        request.headers_mut().insert("x-auth-token", http::HeaderValue::from_static("t"));
        assert_eq!(breach(request), None);
    }
}
