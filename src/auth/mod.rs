//! Ways to authenticate: what of a request is theirs rather than the operation's, and what of it is secret.
//!
//! Credentials are never verified: any that have the right form will do.

mod authorization;
mod header;
mod sigv4;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderMap, HeaderName, HeaderValue, Request};

use crate::model::Auth;
use crate::model::{AuthScheme, Cause};

pub use sigv4::{credential_region, credential_service};

/// Parameters that carry a secret in whatever API: a bearer token in a URL (RFC 6750, section 2.3).
const SECRET_ANYWHERE: [&str; 1] = ["access_token"];

/// What a request has of one way to authenticate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Presence {
    /// Nothing.
    Absent,
    /// Something that is not complete.
    Malformed,
    /// All that is needed.
    Complete,
}

/// A scheme. `name` is what the spec calls a way of it: the header, or the word before the credentials.
trait Scheme {
    /// What a request has of it.
    fn presence(&self, name: &str, request: &Request<Bytes>) -> Presence;

    /// Whether a header of this name, in lower case, belongs to it.
    fn owns_header(&self, name: &str, header: &str) -> bool;

    /// Whether a parameter of a URL or a form belongs to it.
    fn owns_parameter(&self, name: &str, parameter: &str) -> bool {
        let _ = (name, parameter);
        false
    }

    /// Which of the parameters of one request sign it, also in an older way.
    fn signing(&self, name: &str, parameters: &[&str]) -> Vec<bool> {
        parameters.iter().map(|parameter| self.owns_parameter(name, parameter)).collect()
    }

    /// Headers that carry a secret, beside `Authorization`.
    fn secret_headers<'n>(&self, name: &'n str) -> Vec<&'n str> {
        let _ = name;
        Vec::new()
    }

    /// Parameters that must not be seen in a URL.
    fn secret_parameters<'n>(&self, name: &'n str) -> Vec<&'n str> {
        self.secret_headers(name)
    }

    /// A header with credentials that are nobody's, for a service of this scope.
    fn nobodys(&self, name: &str, scope: &str) -> (HeaderName, String);
}

fn scheme_of(auth: &Auth) -> &'static dyn Scheme {
    match auth.scheme {
        AuthScheme::Sigv4 => &sigv4::Sigv4,
        AuthScheme::Header => &header::Header,
        AuthScheme::Authorization => &authorization::Authorization,
    }
}

/// The fault of a request that has the credentials of none of the ways, where there are any.
#[must_use]
pub fn fault(ways: &[Auth], request: &Request<Bytes>) -> Option<(Cause, String)> {
    if ways.is_empty() {
        return None;
    }
    let mut malformed = false;
    for auth in ways {
        match scheme_of(auth).presence(&auth.name, request) {
            Presence::Complete => return None,
            Presence::Malformed => malformed = true,
            Presence::Absent => {}
        }
    }
    let names: Vec<&str> = ways.iter().map(|auth| auth.name.as_str()).collect();
    let names = names.join(" or ");
    let others =
        request.headers().get(AUTHORIZATION).is_some_and(|value| value.to_str().is_ok_and(|text| !text.is_empty()));
    Some(if malformed || others {
        (Cause::MalformedCredentials, format!("the Authorization header is not a complete {names}"))
    } else {
        (Cause::MissingCredentials, format!("the request carries no credentials: {names} is needed"))
    })
}

/// Whether a request has something of one of the ways.
#[must_use]
pub fn is_tried(ways: &[Auth], request: &Request<Bytes>) -> bool {
    ways.iter().any(|auth| scheme_of(auth).presence(&auth.name, request) != Presence::Absent)
}

/// Whether a parameter is how a request is signed, and so none of the operation's.
#[must_use]
pub fn signs(ways: &[Auth], parameter: &str) -> bool {
    ways.iter().any(|auth| scheme_of(auth).owns_parameter(&auth.name, parameter))
}

/// Which of the parameters of one request sign it, in a present way or in an older one.
#[must_use]
pub fn signing(ways: &[Auth], parameters: &[&str]) -> Vec<bool> {
    let mut signing = vec![false; parameters.len()];
    for auth in ways {
        for (known, signs) in signing.iter_mut().zip(scheme_of(auth).signing(&auth.name, parameters)) {
            *known |= signs;
        }
    }
    signing
}

/// Whether a header, its name in lower case, is one that only clients which authenticate in one of these ways send.
#[must_use]
pub fn owns_header(ways: &[Auth], header: &str) -> bool {
    let own = |auth: &Auth| {
        scheme_of(auth).owns_header(&auth.name, header)
            || auth.headers.iter().any(|known| known.eq_ignore_ascii_case(header))
    };
    ways.iter().any(own)
}

/// The secret that a parameter of this name would put into a URL, by its usual spelling.
#[must_use]
pub fn secret_parameter<'a>(ways: &'a [Auth], parameter: &str) -> Option<&'a str> {
    let own = ways.iter().flat_map(|auth| {
        let named = auth.secrets.iter().map(String::as_str);
        scheme_of(auth).secret_parameters(&auth.name).into_iter().chain(named)
    });
    own.chain(SECRET_ANYWHERE).find(|known| known.eq_ignore_ascii_case(parameter))
}

/// The headers that carry a secret, beside `Authorization`.
pub fn secret_headers(ways: &[Auth]) -> impl Iterator<Item = &str> {
    ways.iter().flat_map(|auth| {
        scheme_of(auth).secret_headers(&auth.name).into_iter().chain(auth.secrets.iter().map(String::as_str))
    })
}

/// The secrets that the headers of a request carry; what stands behind the word of a scheme is one of its own.
#[must_use]
pub fn secrets(ways: &[Auth], headers: &HeaderMap) -> Vec<String> {
    let names = std::iter::once("authorization").chain(secret_headers(ways));
    let values = names.filter_map(|name| headers.get(name)?.to_str().ok());
    let parts = values.flat_map(|value| [Some(value), value.split_once(' ').map(|(_, rest)| rest)]);
    parts.flatten().map(str::to_owned).collect()
}

/// Adds credentials that nobody has, for a service of this scope.
pub fn give_nobodys(auth: &Auth, scope: &str, headers: &mut HeaderMap) {
    let (name, text) = scheme_of(auth).nobodys(&auth.name, scope);
    if let Ok(value) = HeaderValue::from_str(&text) {
        headers.insert(name, value);
    }
}

/// What follows the word of a scheme in an `Authorization` header that has it.
fn behind<'t>(word: &str, text: &'t str) -> Option<&'t str> {
    text.strip_prefix(word).filter(|rest| rest.is_empty() || rest.starts_with([' ', '\t']))
}

/// The `Authorization` header; empty where it is no text.
fn authorization(request: &Request<Bytes>) -> Option<&str> {
    request.headers().get(AUTHORIZATION).map(|value| text_of(value).unwrap_or_default())
}

/// A header's value where it is text: values hold no control characters, so that it has to be ASCII and no more.
fn text_of(value: &HeaderValue) -> Option<&str> {
    std::str::from_utf8(value.as_bytes()).ok().filter(|text| text.is_ascii())
}
