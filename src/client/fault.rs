//! Faults: trouble that a service, or what stands before it, may give to a client that did nothing wrong.

use std::time::Duration;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use serde_json::Value;

use super::sent::Sent;
use crate::codec::{Outcome, Reply};
use crate::contract::model::{Cited, ErrorKind, Strength};
use crate::contract::view::View;
use crate::contract::{Contract, ErrorDef, Operation, PlaceId, Table};
use crate::mock::{Dialect, Pace, Sending};

/// How long a slow answer waits.
const SLOW: Duration = Duration::from_secs(2);
/// In how many pieces an answer drips.
const PIECES: usize = 20;
/// What lies between two of them.
const DRIP: Duration = Duration::from_millis(100);
/// Name of a member, and value of a list, that no contract has.
const UNHEARD_OF: &str = "AccordantUnheardOf";
/// What a gateway says that cannot reach its service.
const PAGE: &str = "<!DOCTYPE html>\n<html><head><title>Gateway</title></head><body><h1>Gateway</h1></body></html>\n";

/// A kind of trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// The service's error for too many calls.
    Throttling,
    /// A failure of the server, as the protocol writes errors.
    ServerError,
    /// A server that has no time, as the protocol writes errors.
    Unavailable,
    /// A declared error, by its code.
    Error(String),
    /// An answer that waits.
    Slow,
    /// An answer in small pieces.
    Dripped,
    /// A connection that is reset instead of an answer.
    ConnectionReset,
    /// An answer whose body ends too early.
    TruncatedBody,
    /// The right answer with another media type.
    WrongContentType,
    /// A success with a member that nobody knows.
    UnknownMembers,
    /// A success with a value that is not among the listed ones.
    UnknownEnumValue,
    /// A success without the members that need not be there.
    MissingOptionalMembers,
    /// A gateway's page, with status 502.
    HtmlGateway,
    /// A gateway's page, with status 200.
    HtmlSuccess,
}

/// The faults that have a name of their own, in the order they are tried.
const NAMED: [(&str, Fault); 13] = [
    ("throttling", Fault::Throttling),
    ("server-error", Fault::ServerError),
    ("unavailable", Fault::Unavailable),
    ("slow", Fault::Slow),
    ("dripped", Fault::Dripped),
    ("connection-reset", Fault::ConnectionReset),
    ("truncated-body", Fault::TruncatedBody),
    ("wrong-content-type", Fault::WrongContentType),
    ("unknown-members", Fault::UnknownMembers),
    ("unknown-enum-value", Fault::UnknownEnumValue),
    ("missing-optional-members", Fault::MissingOptionalMembers),
    ("html-gateway", Fault::HtmlGateway),
    ("html-success", Fault::HtmlSuccess),
];

/// Why a list of faults cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum FaultError {
    /// There is no such fault.
    #[error("there is no fault {name:?}; there are all, {known} and error:CODE")]
    Unknown {
        /// The name.
        name: String,
        /// The names there are.
        known: String,
    },
    /// No operation declares the error.
    #[error("no operation of the contract declares the error {0}; `accordant spec show OPERATION` lists those it has")]
    UnknownCode(String),
}

/// Reads a list of faults: names with commas between them. `all` stands for all that have a name, and for each error
/// that one of the operations declares for itself.
///
/// # Errors
/// [`FaultError`] when there is no such fault, or no such error.
pub fn parse_faults(contract: &Contract, names: &str, called: &[String]) -> Result<Vec<Fault>, FaultError> {
    let mut faults = Vec::new();
    for name in names.split(',').map(str::trim).filter(|name| !name.is_empty()) {
        let found = match (name, name.strip_prefix("error:")) {
            ("all", _) => NAMED.into_iter().map(|(_, fault)| fault).chain(declared(contract, called)).collect(),
            (_, Some(code)) => vec![error(contract, code)?],
            _ => vec![named(name)?],
        };
        for fault in found {
            if !faults.contains(&fault) {
                faults.push(fault);
            }
        }
    }
    Ok(faults)
}

fn named(name: &str) -> Result<Fault, FaultError> {
    let known = || NAMED.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let found = NAMED.into_iter().find(|(own, _)| *own == name).map(|(_, fault)| fault);
    found.ok_or_else(|| FaultError::Unknown { name: name.to_owned(), known: known() })
}

fn error(contract: &Contract, code: &str) -> Result<Fault, FaultError> {
    let declares = |operation: &Operation| operation.errors.by_code(code).is_some();
    let known = contract.operations().iter().any(|operation| declares(operation));
    known.then(|| Fault::Error(code.to_owned())).ok_or_else(|| FaultError::UnknownCode(code.to_owned()))
}

/// The errors that operations declare for themselves.
fn declared<'a>(contract: &'a Contract, called: &'a [String]) -> impl Iterator<Item = Fault> + 'a {
    let operations = contract.operations().iter().filter(|operation| called.contains(&operation.name));
    let errors = operations.flat_map(|operation| &operation.errors.all[..operation.own_errors]);
    errors.map(|error| Fault::Error(error.code.clone()))
}

impl Fault {
    /// The name, as the command line has it.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Error(code) => format!("error:{code}"),
            _ => NAMED.iter().find(|(_, fault)| fault == self).map_or("", |(name, _)| name).to_owned(),
        }
    }

    /// Those with a name of their own that nobody may take for a success.
    pub(super) fn all_wrong() -> impl Iterator<Item = Self> {
        NAMED.into_iter().map(|(_, fault)| fault).filter(Self::is_wrong)
    }

    /// Whether what is sent is no success, so that nobody may take it for one.
    #[must_use]
    pub fn is_wrong(&self) -> bool {
        !matches!(
            self,
            Self::Slow
                | Self::Dripped
                | Self::WrongContentType
                | Self::UnknownMembers
                | Self::UnknownEnumValue
                | Self::MissingOptionalMembers
        )
    }

    /// What is sent to a request that would have had a success; nothing where the fault has no meaning for it.
    #[must_use]
    pub fn send(&self, sent: &Sent<'_>, good: &Response<Bytes>) -> Option<Sending> {
        let operation = sent.operation()?;
        let paced = |pace| Some(Sending { response: good.clone(), pace });
        let response = match self {
            Self::Slow => return paced(Pace::After(SLOW)),
            Self::Dripped => {
                let piece = good.body().len().div_ceil(PIECES);
                return paced(Pace::Dripped { piece, pause: DRIP });
            }
            Self::ConnectionReset => return paced(Pace::Reset),
            Self::TruncatedBody => return (good.body().len() > 1).then_some(()).and_then(|()| paced(Pace::Cut)),
            Self::Throttling => failure(sent, &of_kind(operation, ErrorKind::Throttling, "Throttling", 429)),
            Self::ServerError => failure(sent, &of_kind(operation, ErrorKind::Server, "InternalFailure", 500)),
            Self::Unavailable => failure(sent, &undeclared("ServiceUnavailable", 503)),
            Self::Error(code) => {
                let error = operation.errors.all.iter().find(|error| error.code == *code)?;
                failure(sent, error)
            }
            Self::WrongContentType => {
                let mut response = good.clone();
                response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
                Some(response)
            }
            Self::HtmlGateway => Some(page(StatusCode::BAD_GATEWAY)),
            Self::HtmlSuccess => Some(page(StatusCode::OK)),
            Self::UnknownMembers | Self::UnknownEnumValue | Self::MissingOptionalMembers => self.altered(sent, good),
        };
        response.map(Sending::from)
    }

    /// The success with another output.
    fn altered(&self, sent: &Sent<'_>, good: &Response<Bytes>) -> Option<Response<Bytes>> {
        let (operation, codec) = (sent.operation()?, sent.codec()?);
        let received = codec.decode_response(operation, good).ok()?;
        let Outcome::Output(mut output) = received.outcome else { return None };
        let shape = &operation.output;
        let changed = match self {
            Self::UnknownMembers => {
                output.as_object_mut()?.insert(UNHEARD_OF.to_owned(), "unheard of".into());
                true
            }
            Self::UnknownEnumValue => replace_listed(shape, 0, &mut output),
            _ => drop_optional(shape, 0, &mut output),
        };
        let reply = Reply::Output { operation, status: good.status().as_u16(), output: &View::from(&output) };
        let id = received.request_id.unwrap_or_default();
        changed.then(|| codec.encode_response(&operation.service, &reply, &id))
    }
}

/// Puts a value that is not listed in the place of the first that is.
fn replace_listed(shape: &Table, id: PlaceId, value: &mut Value) -> bool {
    let node = &shape.nodes[id];
    if !node.limits.choices.is_empty() && value.is_string() {
        *value = UNHEARD_OF.into();
        return true;
    }
    match value {
        Value::Object(members) => members
            .iter_mut()
            .any(|(name, member)| crate::check::child(node, name).is_some_and(|id| replace_listed(shape, id, member))),
        Value::Array(items) => {
            node.items.is_some_and(|id| items.iter_mut().any(|item| replace_listed(shape, id, item)))
        }
        _ => false,
    }
}

/// Leaves out the members that need not be there.
fn drop_optional(shape: &Table, id: PlaceId, value: &mut Value) -> bool {
    let node = &shape.nodes[id];
    let mut changed = false;
    match value {
        Value::Object(members) if !node.properties.is_empty() => {
            let before = members.len();
            members.retain(|name, _| node.limits.required.contains(name));
            changed |= members.len() < before;
            for (name, member) in members.iter_mut() {
                if let Some(id) = crate::check::child(node, name) {
                    changed |= drop_optional(shape, id, member);
                }
            }
        }
        Value::Array(items) => {
            for item in items {
                changed |= node.items.is_some_and(|id| drop_optional(shape, id, item));
            }
        }
        _ => {}
    }
    changed
}

/// The operation's error of a kind, or one that no spec declares.
fn of_kind(operation: &Operation, kind: ErrorKind, code: &str, status: u16) -> ErrorDef {
    let declared =
        operation.errors.all.iter().find(|error| error.kind == kind && (status < 500 || error.status >= 500));
    declared.map_or_else(|| undeclared(code, status), |error| ErrorDef::clone(error))
}

fn undeclared(code: &str, status: u16) -> ErrorDef {
    ErrorDef {
        code: code.to_owned(),
        shape: None,
        status,
        kind: ErrorKind::Server,
        message: None,
        when: None,
        citations: Cited::default(),
        strength: Strength::Assumed,
        status_citations: Cited::default(),
        body: None,
    }
}

/// A failure as the protocol writes it; the documented dialect has but one code, with any status.
fn failure(sent: &Sent<'_>, error: &ErrorDef) -> Option<Response<Bytes>> {
    let (service, codec) = (sent.service()?, sent.codec()?);
    let documented = service.documented.as_ref().filter(|_| sent.dialect() == Dialect::Documented);
    let shown = documented.map_or(error, |(_, shown)| shown);
    let message = "trouble that Accordant was asked for";
    let reply = Reply::Error { error: shown, status: error.status, message };
    Some(codec.encode_response(service, &reply, "00000000-0000-4000-8000-000000000000"))
}

fn page(status: StatusCode) -> Response<Bytes> {
    let mut response = Response::new(Bytes::from_static(PAGE.as_bytes()));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/html"));
    response
}

#[cfg(test)]
mod tests {
    use http::Request;

    use super::*;
    use crate::Mock;

    const INPUT: &str = r#"{"BackupVaultName": "vault", "ResourceArn": "arn:aws:ec2:us-east-1:123456789012:volume/vol-1",
        "IamRoleArn": "arn:aws:iam::123456789012:role/r"}"#;

    fn sent_by(fault: &Fault) -> Option<Sending> {
        let contract = Contract::builtin();
        let request = Request::put("/backup-jobs").header("x-amz-date", "x").header("content-type", "application/json");
        let request = request.header("authorization", "AWS4-HMAC-SHA256 Credential=A, SignedHeaders=h, Signature=0");
        let request = request.body(Bytes::from_static(INPUT.as_bytes())).expect("a request");
        let good = Mock::new(contract.clone()).answer(&request).response;
        assert_eq!(good.status(), 200, "{good:?}");
        fault.send(&Sent::read(&contract, &request), &good)
    }

    #[test]
    fn names_are_read_and_unknown_ones_refused() {
        let contract = Contract::builtin();
        let called = ["StartBackupJob".to_owned()];
        let all = parse_faults(&contract, "all", &called).expect("faults");
        assert!(all.len() > NAMED.len());
        for fault in &all {
            assert_eq!(parse_faults(&contract, &fault.name(), &[]), Ok(vec![fault.clone()]));
        }
        let unknown = parse_faults(&contract, "slow,fast", &called).expect_err("unknown");
        assert!(unknown.to_string().contains("truncated-body"), "{unknown}");
        assert!(parse_faults(&contract, "error:NoSuch", &called).is_err());
    }

    #[test]
    fn each_fault_is_what_it_says() {
        let status = |fault: &Fault| sent_by(fault).expect("it applies").response.status().as_u16();
        assert_eq!(status(&Fault::ServerError), 500);
        assert_eq!(status(&Fault::Unavailable), 503);
        assert_eq!(status(&Fault::HtmlGateway), 502);
        assert_eq!(status(&Fault::HtmlSuccess), 200);
        let error = sent_by(&Fault::Error("LimitExceededException".into())).expect("it applies").response;
        assert_eq!(error.headers()["x-amzn-errortype"], "LimitExceededException");
        let unknown = sent_by(&Fault::UnknownMembers).expect("it applies").response;
        assert!(String::from_utf8_lossy(unknown.body()).contains(UNHEARD_OF) && unknown.status() == 200);
        let bare = sent_by(&Fault::MissingOptionalMembers).expect("it applies").response;
        let bare = String::from_utf8_lossy(bare.body()).into_owned();
        assert!(bare.contains("BackupJobId") && !bare.contains("IsParent"), "{bare}");
        assert_eq!(sent_by(&Fault::TruncatedBody).expect("it applies").pace, Pace::Cut);
        assert!(sent_by(&Fault::Error("DBClusterNotFoundFault".into())).is_none(), "of another operation");
    }
}
