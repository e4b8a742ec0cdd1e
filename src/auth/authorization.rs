//! An `Authorization` header of a scheme that the spec names.

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderName, Request};

use super::{Presence, Scheme, authorization, behind};

/// The scheme; its name is the word before the credentials.
pub struct Authorization;

impl Scheme for Authorization {
    fn presence(&self, name: &str, request: &Request<Bytes>) -> Presence {
        match authorization(request).and_then(|text| behind(name, text)) {
            None => Presence::Absent,
            Some(rest) if rest.len() > 1 => Presence::Complete,
            Some(_) => Presence::Malformed,
        }
    }

    fn owns_header(&self, _: &str, header: &str) -> bool {
        header == AUTHORIZATION.as_str()
    }

    fn nobodys(&self, name: &str, _: &str) -> (HeaderName, String) {
        (AUTHORIZATION, format!("{name} Access=nobody, Signature=none"))
    }
}
