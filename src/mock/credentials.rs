//! Whether a request carries credentials. They are never verified: any that have the right form will do.

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;

use crate::contract::Service;
use crate::contract::model::{AuthScheme, Cause};

/// The fault of a request without usable credentials.
pub fn fault(service: &Service, request: &Request<Bytes>) -> Option<(Cause, String)> {
    if service.auth.is_empty() {
        return None;
    }
    let authorization = request.headers().get(AUTHORIZATION).map(|value| value.to_str().unwrap_or_default());
    let mut malformed = false;
    for auth in &service.auth {
        match (auth.scheme, authorization) {
            (AuthScheme::Header, _) if request.headers().get(&auth.name).is_some_and(|value| !value.is_empty()) => {
                return None;
            }
            (AuthScheme::Header, _) => {}
            (scheme, Some(text)) if has_scheme(text, &auth.name) => {
                let complete = scheme != AuthScheme::Sigv4 || is_complete(text);
                if complete && text.len() > auth.name.len() + 1 {
                    return None;
                }
                malformed = true;
            }
            (AuthScheme::Sigv4, None) if is_presigned(request) => return None,
            _ => {}
        }
    }
    let ways: Vec<&str> = service.auth.iter().map(|auth| auth.name.as_str()).collect();
    Some(if malformed || authorization.is_some_and(|text| !text.is_empty()) {
        (Cause::MalformedCredentials, format!("the Authorization header is not a complete {}", ways.join(" or ")))
    } else {
        (Cause::MissingCredentials, format!("the request carries no credentials: {} is needed", ways.join(" or ")))
    })
}

fn has_scheme(text: &str, scheme: &str) -> bool {
    text.strip_prefix(scheme).is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// Whether a SigV4 header has all its parts.
fn is_complete(text: &str) -> bool {
    let mut found = [false; 3];
    for part in text.split([' ', ',']) {
        for (name, found) in ["Credential=", "SignedHeaders=", "Signature="].iter().zip(&mut found) {
            *found |= part.starts_with(name);
        }
    }
    found == [true; 3]
}

/// Whether the query string carries a SigV4 signature.
pub fn is_presigned(request: &Request<Bytes>) -> bool {
    request.uri().query().is_some_and(|query| query.contains("X-Amz-Signature=") && query.contains("X-Amz-Credential="))
}
