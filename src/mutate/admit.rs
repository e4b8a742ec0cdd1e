//! Faults that let in what should be turned away: requests without credentials, requests with another method.

use bytes::Bytes;
use http::{HeaderMap, Request};

use super::{Fault, Mutant};
use crate::auth;
use crate::mock::{Mock, MockResponse};
use crate::model::{Cause, Dialect, Operation};

/// The answer to what would have been turned away; nothing where the fault does not apply.
pub fn admit(mutant: &Mutant, mock: &Mock, request: &Request<Bytes>, answered: &MockResponse) -> Option<MockResponse> {
    let operation = &*mutant.operation;
    let mut changed = request.clone();
    match mutant.fault {
        Fault::AuthNotRequired if refused_for(answered, Cause::MissingCredentials) => {
            give_credentials(operation, changed.headers_mut());
        }
        Fault::MethodNotRefused if refused_for(answered, Cause::MethodNotAllowed) => {
            *changed.method_mut() = operation.http.method.clone();
        }
        _ => return None,
    }
    Some(mock.answer(&changed)).filter(|again| is_of(operation, again))
}

/// Whether an answer is the operation's, in its native dialect.
pub fn is_of(operation: &Operation, answered: &MockResponse) -> bool {
    answered.dialect == Dialect::Native && answered.operation.as_deref() == Some(operation.label.as_str())
}

fn refused_for(answered: &MockResponse, cause: Cause) -> bool {
    let id = answered.violations.first().and_then(|id| id.strip_prefix('#'));
    answered.input.is_none() && id == Some(cause.name())
}

/// Adds credentials that the mock takes: nobody's, since it verifies none.
pub fn give_credentials(operation: &Operation, headers: &mut HeaderMap) {
    let Some(auth) = operation.service.auth.first() else { return };
    let scope = operation.service.recognise.credential_scopes.first().unwrap_or(&operation.service.name);
    auth::give_nobodys(auth, scope, headers);
}
