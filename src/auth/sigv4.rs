//! AWS Signature Version 4, in the `Authorization` header or in the query string.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::AUTHORIZATION;
use http::{HeaderName, Request};
use memchr::memmem;

use super::{Presence, Scheme, authorization, behind, text_of};

/// The word before a signature in the header.
pub const WORD: &str = "AWS4-HMAC-SHA256";

/// What the names of its parameters begin with, and those of its headers.
const PREFIX: &str = "X-Amz-";

/// The header with the token of temporary credentials.
const SESSION_TOKEN: &str = "x-amz-security-token";

/// Names by which tools call the key's secret, which never travels.
const SECRETS: [&str; 3] = ["AWSSecretKey", "SecretAccessKey", "aws_secret_access_key"];

/// Parameters that sign a request in version 2, the first of which tells it.
const VERSION_2: [&str; 7] =
    ["AWSAccessKeyId", "Signature", "SignatureMethod", "SignatureVersion", "Timestamp", "Expires", "SecurityToken"];

/// The scheme.
pub struct Sigv4;

impl Scheme for Sigv4 {
    fn presence(&self, name: &str, request: &Request<Bytes>) -> Presence {
        match authorization(request) {
            None if is_presigned(request) => Presence::Complete,
            None => Presence::Absent,
            Some(text) => match behind(name, text) {
                None => Presence::Absent,
                Some(rest) if rest.len() > 1 && is_complete(text) => Presence::Complete,
                Some(_) => Presence::Malformed,
            },
        }
    }

    fn owns_header(&self, _: &str, header: &str) -> bool {
        header == AUTHORIZATION.as_str() || has_prefix(header)
    }

    fn owns_parameter(&self, _: &str, parameter: &str) -> bool {
        has_prefix(parameter)
    }

    fn signing(&self, name: &str, parameters: &[&str]) -> Vec<bool> {
        let of_version_2 = parameters.contains(&VERSION_2[0]);
        let signs =
            |parameter: &&str| self.owns_parameter(name, parameter) || of_version_2 && VERSION_2.contains(parameter);
        parameters.iter().map(signs).collect()
    }

    fn secret_headers<'n>(&self, _: &'n str) -> Vec<&'n str> {
        vec![SESSION_TOKEN]
    }

    /// A presigned URL's token is meant to stand there.
    fn secret_parameters<'n>(&self, _: &'n str) -> Vec<&'n str> {
        SECRETS.to_vec()
    }

    fn nobodys(&self, name: &str, scope: &str) -> (HeaderName, String) {
        let credential = format!("Credential=nobody/20250101/us-east-1/{scope}/aws4_request");
        (AUTHORIZATION, format!("{name} {credential}, SignedHeaders=host, Signature=none"))
    }
}

/// Whether a name begins as those of a signature do, in any case of its letters.
fn has_prefix(name: &str) -> bool {
    name.get(..PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(PREFIX))
}

/// Whether a header has all the parts of a signature.
fn is_complete(text: &str) -> bool {
    let mut found = [false; 3];
    let separators = memchr::memchr2_iter(b' ', b',', text.as_bytes());
    for start in std::iter::once(0).chain(separators.map(|separator| separator + 1)) {
        for (name, found) in ["Credential=", "SignedHeaders=", "Signature="].iter().zip(&mut found) {
            *found |= text[start..].starts_with(name);
        }
    }
    found == [true; 3]
}

/// Whether the query string carries a signature.
pub fn is_presigned(request: &Request<Bytes>) -> bool {
    request.uri().query().is_some_and(|query| query.contains("X-Amz-Signature=") && query.contains("X-Amz-Credential="))
}

/// The service that the scope of a signature names, in the header or in the query.
#[must_use]
pub fn credential_service(request: &Request<Bytes>) -> Option<Cow<'_, str>> {
    scope_part(request, 3)
}

/// The region that the scope of a signature names.
#[must_use]
pub fn credential_region(request: &Request<Bytes>) -> Option<Cow<'_, str>> {
    scope_part(request, 2).filter(|region| !region.is_empty())
}

/// What the part with the key and its scope begins with.
const CREDENTIAL: &[u8] = b"Credential=";

/// Part of `KEY/DATE/REGION/SERVICE/aws4_request`.
fn scope_part(request: &Request<Bytes>, part: usize) -> Option<Cow<'_, str>> {
    if let Some(authorization) = request.headers().get(AUTHORIZATION) {
        let rest = text_of(authorization)?.strip_prefix(WORD)?;
        let credential = &rest[memmem::find(rest.as_bytes(), CREDENTIAL)? + CREDENTIAL.len()..];
        return credential.split(',').next()?.split('/').nth(part).map(Cow::Borrowed);
    }
    let query = request.uri().query()?;
    let (_, credential) = form_urlencoded::parse(query.as_bytes()).find(|(name, _)| name == "X-Amz-Credential")?;
    credential.split('/').nth(part).map(|text| Cow::Owned(text.to_owned()))
}
