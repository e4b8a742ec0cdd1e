//! A look at an operation before its cases are sent: whether the server has it, and takes the credentials.

use std::sync::Arc;

use bytes::Bytes;
use http::StatusCode;

use super::exchange::Wire;
use super::{Reply, Send};
use crate::codec::Outcome;
use crate::contract::Operation;
use crate::contract::model::{Cause, ErrorKind};
use crate::generate::{Case, Phase, Plan};

/// How a server stands to an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It has the operation, as far as one look can tell.
    Ready,
    /// Nobody looked, or there was nothing to look with.
    Unknown,
    /// It does not have it.
    Lacking(String),
    /// It does not take the credentials.
    CredentialsRefused(String),
    /// There is no such server.
    Unreachable(String),
}

/// Sends the first example, as a request that counts for nothing.
pub async fn look<S: Send>(wire: &Wire<S>, plan: &Arc<Plan>) -> Standing {
    let first = [Phase::Examples, Phase::Coverage].into_iter().find_map(|phase| plan.case(phase, 0, 0)?.ok());
    let Some(case) = first else { return Standing::Unknown };
    match wire.sender.send(wire.request(&case)).await {
        Ok(reply) => standing(&case, &reply),
        Err(failure) if failure.is_unreachable() => Standing::Unreachable(failure.to_string()),
        // Every case will show it.
        Err(_) => Standing::Ready,
    }
}

fn standing(case: &Case, reply: &Reply) -> Standing {
    let operation = &case.operation;
    let status = reply.response.status();
    let answer = case.codec().decode_response(operation, &reply.response).ok().map(|received| received.outcome);
    let code = match &answer {
        Some(Outcome::Output(_)) if status.is_success() => return Standing::Ready,
        Some(Outcome::Error { code, .. }) => Some(code.as_str()),
        _ => None,
    };
    let shown = || match code {
        Some(code) => format!("{} {code}", status.as_u16()),
        None => format!("{}, {}", status.as_u16(), first_words(reply.response.body())),
    };
    let kind = code.and_then(|code| operation.errors.by_code(code)).map(|error| operation.errors.all[error].kind);
    if kind == Some(ErrorKind::Auth) || kind.is_none() && status == StatusCode::UNAUTHORIZED {
        return Standing::CredentialsRefused(format!("the first example was answered with {}", shown()));
    }
    let missing = match kind {
        Some(ErrorKind::Protocol) => code.is_some_and(|code| says_there_is_none(operation, code)),
        Some(_) => false,
        None => matches!(status.as_u16(), 404 | 405 | 501) || not_implemented(code),
    };
    if missing { Standing::Lacking(format!("the first example was answered with {}", shown())) } else { Standing::Ready }
}

/// Whether an error is the one for an action, version, path or method that there is not.
fn says_there_is_none(operation: &Operation, code: &str) -> bool {
    let causes = [Cause::UnknownAction, Cause::UnknownVersion, Cause::UnknownPath, Cause::MethodNotAllowed];
    causes.iter().any(|cause| operation.errors.for_cause(*cause).is_some_and(|error| error.code == code))
}

/// Codes by which emulators say that they do not have an operation; no service declares them.
fn not_implemented(code: Option<&str>) -> bool {
    code.is_some_and(|code| {
        let code = code.to_ascii_lowercase();
        ["notimplemented", "unknownoperation", "invalidaction", "unsupportedoperation"].iter().any(|word| code.contains(word))
    })
}

fn first_words(body: &Bytes) -> String {
    let text = String::from_utf8_lossy(&body[..body.len().min(400)]);
    let words: Vec<&str> = text.split_whitespace().take(12).collect();
    if words.is_empty() { "without a body".to_owned() } else { words.join(" ").chars().take(120).collect() }
}
