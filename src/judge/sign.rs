//! Credentials, and the requests that carry them.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::time::{Duration, SystemTime};

use aws_sigv4::http_request::{
    SignableBody, SignableRequest, SignatureLocation, SigningInstructions, SigningSettings, sign,
};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::header::{AUTHORIZATION, HOST};
use http::uri::{PathAndQuery, Uri};
use http::{HeaderName, HeaderValue, Request};

use crate::model::{AuthScheme, Service};
use crate::text::MASK;

/// The shortest secret whose return is told from chance: `test` may stand in any answer.
const DISTINCTIVE: usize = 16;

/// The key and the token of those who have none. Emulators take any; the token is one that nothing else contains.
const DUMMY_KEY: &str = "testing";
const DUMMY_SECRET: &str = "accordant-dummy-secret-9b1f6c27";
const DUMMY_TOKEN: &str = "accordant-dummy-token-4e07d3a85c";

/// An access key, its secret, and a token.
#[derive(Clone, PartialEq, Eq)]
pub struct Credentials {
    key: String,
    secret: String,
    token: Option<String>,
}

/// Why a text is no credentials. The text itself is not repeated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CredentialsError {
    /// A part is missing or empty.
    #[error("credentials are KEY:SECRET or KEY:SECRET:TOKEN, with no part empty")]
    Parts,
    /// A part has a character that no header can carry.
    #[error("credentials consist of visible ASCII characters; a space or a line break may have come along")]
    Characters,
    /// The region is no name.
    #[error("a region consists of letters, digits and hyphens, as us-east-1")]
    Region,
}

impl Credentials {
    /// Credentials that emulators take: they mean nothing to anybody.
    #[must_use]
    pub fn dummy() -> Self {
        Self { key: DUMMY_KEY.into(), secret: DUMMY_SECRET.into(), token: None }
    }

    /// The access key, which is no secret.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// Reads `KEY:SECRET` or `KEY:SECRET:TOKEN`.
impl FromStr for Credentials {
    type Err = CredentialsError;

    fn from_str(text: &str) -> Result<Self, CredentialsError> {
        let mut parts = text.splitn(3, ':').map(str::to_owned);
        let (key, secret) = parts.next().zip(parts.next()).ok_or(CredentialsError::Parts)?;
        let credentials = Self { key, secret, token: parts.next() };
        let parts = || [&credentials.key, &credentials.secret].into_iter().chain(&credentials.token);
        if parts().any(String::is_empty) {
            return Err(CredentialsError::Parts);
        }
        // A slash in the key would be taken for the end of it in the scope of a signature.
        let fits = |part: &String| part.bytes().all(|byte| byte.is_ascii_graphic());
        if !parts().all(fits) || credentials.key.contains(['/', ',']) {
            return Err(CredentialsError::Characters);
        }
        Ok(credentials)
    }
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let token = self.token.as_ref().map(|_| MASK);
        f.debug_struct("Credentials").field("key", &self.key).field("secret", &MASK).field("token", &token).finish()
    }
}

/// Gives requests the credentials that their service asks for.
#[derive(Debug, Clone)]
pub struct Signer {
    credentials: Credentials,
    region: String,
    prefix: String,
}

impl Signer {
    /// A signer for a region.
    ///
    /// # Errors
    /// [`CredentialsError::Region`] when the region is no name.
    pub fn new(credentials: Credentials, region: &str) -> Result<Self, CredentialsError> {
        let is_name = !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        if !is_name {
            return Err(CredentialsError::Region);
        }
        Ok(Self { credentials, region: region.to_owned(), prefix: String::new() })
    }

    /// Signs for a path that goes before that of every request, as a sender puts it there.
    #[must_use]
    pub fn below(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// The region that is signed for.
    #[must_use]
    pub fn region(&self) -> &str {
        &self.region
    }

    /// Gives a request the credentials of its service, by the first of its ways that is known. One that carries
    /// credentials already is left as it is; the host is that of its `Host` header, where it has one.
    pub fn authorize(&self, service: &Service, request: &mut Request<Bytes>, host: &str, now: SystemTime) {
        for auth in &service.auth {
            match auth.scheme {
                AuthScheme::Sigv4 => {
                    return self.sign(scope_of(service), request, host, now);
                }
                AuthScheme::Header => return self.add_token(&auth.name, request),
                AuthScheme::Authorization => {}
            }
        }
    }

    /// Signs a request for a service of which only the name in credential scopes is known, with SigV4. A request with
    /// an `Authorization` header is left as it is.
    pub fn sign(&self, scope: &str, request: &mut Request<Bytes>, host: &str, now: SystemTime) {
        if request.headers().contains_key(AUTHORIZATION) {
            return;
        }
        let settings = SigningSettings::default();
        let Some(signature) = self.signature(scope, request, (host, now, settings)) else { return };
        for header in signature.into_parts().0 {
            if let Ok(mut value) = HeaderValue::from_str(header.value()) {
                value.set_sensitive(true);
                request.headers_mut().insert(header.name(), value);
            }
        }
    }

    /// Signs a request for its service in the query string (SigV4); the signature is good for a quarter of an hour.
    pub fn presign(&self, service: &Service, request: &mut Request<Bytes>, host: &str, now: SystemTime) {
        let mut settings = SigningSettings::default();
        settings.signature_location = SignatureLocation::QueryParams;
        settings.expires_in = Some(Duration::from_secs(900));
        let Some(signature) = self.signature(scope_of(service), request, (host, now, settings)) else { return };
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let signed = signature.params().iter().map(|(name, value)| format!("{name}={}", escaped(value)));
        let mark = if target.contains('?') { '&' } else { '?' };
        let signed = signed.collect::<Vec<_>>().join("&");
        if let Ok(target) = Uri::try_from(format!("{target}{mark}{signed}")) {
            *request.uri_mut() = target;
        }
    }

    /// The headers of a signature; none only for a scope that no header can carry.
    fn signature(
        &self,
        scope: &str,
        request: &Request<Bytes>,
        (host, now, settings): (&str, SystemTime, SigningSettings),
    ) -> Option<SigningInstructions> {
        let Credentials { key, secret, token } = &self.credentials;
        let credentials = aws_credential_types::Credentials::new(key, secret, token.clone(), None, "accordant");
        let identity = credentials.into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(scope)
            .time(now)
            .settings(settings);
        let params = params.build().ok()?.into();
        let target = request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
        let target =
            if self.prefix.is_empty() { Cow::from(target) } else { Cow::from([&self.prefix, target].concat()) };
        // A value that is no text may go along unsigned.
        let headers = request.headers().iter().filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let host = (!request.headers().contains_key(HOST)).then_some((HOST.as_str(), host));
        let signable = SignableRequest::new(
            request.method().as_str(),
            target,
            headers.chain(host),
            SignableBody::Bytes(request.body()),
        );
        let output = sign(signable.ok()?, &params).ok()?;
        Some(output.into_parts().0)
    }

    fn add_token(&self, header: &str, request: &mut Request<Bytes>) {
        let Ok(name) = HeaderName::try_from(header) else { return };
        if request.headers().contains_key(&name) || request.headers().contains_key(AUTHORIZATION) {
            return;
        }
        if let Ok(mut value) = HeaderValue::from_str(self.credentials.token.as_deref().unwrap_or(DUMMY_TOKEN)) {
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
    }

    /// What never may come back: the secret and the token, where they are long enough to be told from chance.
    #[must_use]
    pub fn secrets(&self) -> Vec<String> {
        self.hidden().filter(|secret| secret.len() >= DISTINCTIVE).map(str::to_owned).collect()
    }

    /// The secret and the token, however short.
    pub(super) fn hidden(&self) -> impl Iterator<Item = &str> {
        let token = self.credentials.token.as_deref().unwrap_or(DUMMY_TOKEN);
        [self.credentials.secret.as_str(), token].into_iter()
    }
}

/// The name of a service in the scope of a signature.
fn scope_of(service: &Service) -> &str {
    service.recognise.credential_scopes.first().unwrap_or(&service.name)
}

/// A parameter's value as a query string has it.
fn escaped(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

#[cfg(test)]
mod tests {
    use std::time::UNIX_EPOCH;

    use super::*;
    use crate::contract::Contract;
    use crate::exchange::spelling::conceal;

    const EXAMPLE: &str = "AKIDEXAMPLE:wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// 2015-08-30T12:36:00Z, the time of AWS's examples.
    fn then() -> SystemTime {
        UNIX_EPOCH + Duration::from_secs(1_440_938_160)
    }

    fn signer(credentials: &str, region: &str) -> Signer {
        Signer::new(credentials.parse().expect("credentials"), region).expect("a region")
    }

    fn request(line: &str, media_type: &str, body: &'static str) -> Request<Bytes> {
        let (method, target) = line.split_once(' ').expect("a request line");
        let mut request = Request::builder().method(method).uri(target);
        if !media_type.is_empty() {
            request = request.header("content-type", media_type);
        }
        request.body(Bytes::from_static(body.as_bytes())).expect("a request")
    }

    fn header<'r>(request: &'r Request<Bytes>, name: &str) -> &'r str {
        request.headers().get(name).map_or("", |value| value.to_str().expect("text"))
    }

    /// The first is AWS's published example `get-vanilla`; the others were signed by botocore 1.44.5.
    #[test]
    fn signs_as_aws_does() {
        for (line, media_type, body, region, scope, host, signature) in [
            (
                "GET /",
                "",
                "",
                "us-east-1",
                "service",
                "example.amazonaws.com",
                "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31",
            ),
            (
                "POST /",
                "application/x-www-form-urlencoded",
                "Action=CopyDBClusterSnapshot&Version=2014-10-31",
                "eu-west-1",
                "rds",
                "localhost:5000",
                "60e3cd91356791c4e78034126559979d42628ee90961f15be8bc0ba7d26ce90c",
            ),
            (
                "GET /a:b@c/d+e,f",
                "",
                "",
                "us-east-1",
                "backup",
                "localhost:5000",
                "a14d7a25267d0c0ff01cd17ea01c0fb3e03361b9f7d19388fbf01789eda2cd65",
            ),
        ] {
            let mut request = request(line, media_type, body);
            signer(EXAMPLE, region).sign(scope, &mut request, host, then());
            let signed = header(&request, "authorization");
            let credential = format!("Credential=AKIDEXAMPLE/20150830/{region}/{scope}/aws4_request, ");
            assert!(signed.contains(&credential), "{signed}");
            assert!(signed.ends_with(&format!("Signature={signature}")), "{line}: {signed}");
        }
    }

    #[test]
    fn signs_tokens_escaped_paths_queries_and_prefixes() {
        let line = "PUT /a%20b/arn%3Aaws%3Ax?b=%2F%20c&a=1&flag=";
        let mut request = request(line, "application/json", r#"{"a":1}"#);
        let signer = signer(&format!("{EXAMPLE}:AQoDYXdzEJr-EXAMPLE-TOKEN"), "us-east-1").below("/backup-vaults");
        signer.sign("backup", &mut request, "localhost:5000", then());
        let signature = "3aec2af99517d0cd54ae538e85e09b94e354eb4f1c5156cf6ac3ddb3ae0df943";
        assert!(header(&request, "authorization").ends_with(signature), "{:?}", header(&request, "authorization"));
        assert_eq!(header(&request, "x-amz-security-token"), "AQoDYXdzEJr-EXAMPLE-TOKEN");
        assert_eq!(header(&request, "x-amz-date"), "20150830T123600Z");
    }

    #[test]
    fn gives_each_service_what_it_asks_for() {
        let contract = Contract::builtin();
        for (name, carried, begins) in [
            ("rds", "authorization", "AWS4-HMAC-SHA256 Credential=testing/20150830/us-east-1/rds/aws4_request"),
            ("backup", "authorization", "AWS4-HMAC-SHA256 Credential=testing/20150830/us-east-1/backup/aws4_request"),
            ("cbr", "x-auth-token", DUMMY_TOKEN),
        ] {
            let service = contract.services().iter().find(|service| service.name == name).expect("a service");
            let mut request = request("POST /", "", "");
            let signer = Signer::new(Credentials::dummy(), "us-east-1").expect("a region");
            signer.authorize(service, &mut request, "localhost", then());
            assert!(header(&request, carried).starts_with(begins), "{name}: {request:?}");
            assert!(!format!("{request:?}").contains(DUMMY_TOKEN), "shown: {request:?}");
        }
    }

    #[test]
    fn leaves_a_request_with_credentials_alone() {
        let contract = Contract::builtin();
        for (service, name) in [("rds", "authorization"), ("cbr", "x-auth-token"), ("cbr", "authorization")] {
            let service = contract.services().iter().find(|known| known.name == service).expect("a service");
            let mut request = request("POST /", "", "");
            request.headers_mut().insert(HeaderName::from_static(name), HeaderValue::from_static("mine"));
            let before = request.headers().clone();
            signer(EXAMPLE, "us-east-1").authorize(service, &mut request, "localhost", then());
            assert_eq!(request.headers(), &before);
        }
    }

    #[test]
    fn a_value_that_is_no_text_goes_unsigned() {
        let mut request = request("GET /", "", "");
        request.headers_mut().insert("x-odd", HeaderValue::from_bytes(b"\xff").expect("legal"));
        signer(EXAMPLE, "us-east-1").sign("service", &mut request, "example.amazonaws.com", then());
        assert!(header(&request, "authorization").contains("SignedHeaders=host;x-amz-date,"));
    }

    #[test]
    fn reads_credentials_and_never_repeats_them() {
        let credentials: Credentials = "k:s3cr3t/+=:t0k:en".parse().expect("credentials");
        assert_eq!((credentials.secret.as_str(), credentials.token.as_deref()), ("s3cr3t/+=", Some("t0k:en")));
        let shown = format!("{credentials:?}{:?}", Signer::new(credentials.clone(), "r"));
        assert!(!shown.contains("s3cr3t") && !shown.contains("t0k"), "{shown}");
        for text in ["", "s3cr3t", "k:", ":s3cr3t", "k:s3cr3t:", "k:s3cr3t\n", "k:s3cr3t t", "k/:s3cr3t", "k:s3cr3té"]
        {
            let error = text.parse::<Credentials>().expect_err(text);
            assert!(!format!("{error}{error:?}").contains("s3cr3t"), "{error}");
        }
        for region in ["", "us east", "us-east-1\n", "é"] {
            assert_eq!(Signer::new(credentials.clone(), region).err(), Some(CredentialsError::Region));
        }
    }

    #[test]
    fn only_distinctive_secrets_can_leak_but_all_are_masked() {
        let signer = signer("test:test", "us-east-1");
        assert_eq!(signer.secrets(), [DUMMY_TOKEN]);
        let hidden: Vec<&str> = signer.hidden().collect();
        assert_eq!(conceal(&format!("a test {DUMMY_TOKEN}"), &hidden, MASK), "a *** ***");
        assert!(DUMMY_TOKEN.len() >= DISTINCTIVE && DUMMY_SECRET.len() >= DISTINCTIVE);
    }
}
