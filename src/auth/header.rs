//! A token in a header of its own.

use bytes::Bytes;
use http::{HeaderName, Request};

use super::{Presence, Scheme};

/// The scheme; its name is the header's.
pub struct Header;

impl Scheme for Header {
    fn presence(&self, name: &str, request: &Request<Bytes>) -> Presence {
        match request.headers().get(name) {
            Some(value) if !value.is_empty() => Presence::Complete,
            _ => Presence::Absent,
        }
    }

    fn owns_header(&self, name: &str, header: &str) -> bool {
        name.eq_ignore_ascii_case(header)
    }

    fn secret_headers<'n>(&self, name: &'n str) -> Vec<&'n str> {
        vec![name]
    }

    fn nobodys(&self, name: &str, _: &str) -> (HeaderName, String) {
        (HeaderName::try_from(name).unwrap_or(http::header::AUTHORIZATION), "nobody".to_owned())
    }
}
