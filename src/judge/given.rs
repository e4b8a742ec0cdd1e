//! Givens: requests that go before all cases, so that what valid ones need exists.

use std::fmt;
use std::time::SystemTime;

use bytes::Bytes;
use http::{Request, StatusCode};
use serde_json::Value;

use super::target::{Target, overlay};
use super::{Send, Signer};
use crate::contract::Contract;
use crate::exchange::TransportFailure;
use crate::exchange::spelling::conceal;
use crate::spec::ContractError;
use crate::text::{MASK, one_line};

/// Most characters of an answer that are shown.
const SHOWN: usize = 500;

/// A request that goes before all cases.
#[derive(Debug, Clone)]
pub struct Given {
    /// What a person calls it.
    pub name: Option<String>,
    /// Whether all goes on when it fails, as for something that may exist already.
    pub ignore_failure: bool,
    /// What is sent.
    pub request: GivenRequest,
}

/// What a given sends.
#[derive(Debug, Clone)]
pub enum GivenRequest {
    /// An operation of the contract, in the native dialect.
    Operation {
        /// Its name.
        operation: String,
        /// Its input, which may be any.
        input: Value,
    },
    /// Anything else.
    Http {
        /// The service that it is signed for: one of the contract, or the name in a SigV4 scope; unsigned without.
        service: Option<String>,
        /// The request, its target in origin form.
        request: Request<Bytes>,
    },
}

/// A given that failed, which ends a run before its first case.
#[derive(Debug, thiserror::Error)]
#[error("given {given} failed: {reason}; correct it, or mark it with ignore_failure")]
pub struct GivenFailed {
    /// Its number, and its name or request line.
    pub given: String,
    /// Why it failed.
    #[source]
    pub reason: GivenFailure,
}

/// Why a given failed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GivenFailure {
    /// The answer is no success.
    #[error("the answer is {status}: {body}")]
    Refused {
        /// Its status.
        status: StatusCode,
        /// The beginning of its body, without secrets.
        body: String,
    },
    /// There is no answer.
    #[error("{0}")]
    Unanswered(#[source] TransportFailure),
    /// The contract does not have the operation.
    #[error(transparent)]
    Unknown(#[from] ContractError),
}

impl fmt::Display for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.name, &self.request) {
            (Some(name), _) => f.write_str(name),
            (None, GivenRequest::Operation { operation, .. }) => f.write_str(operation),
            (None, GivenRequest::Http { request, .. }) => write!(f, "{} {}", request.method(), request.uri().path()),
        }
    }
}

impl Given {
    /// The request, with credentials and the target's headers, where it has none of its own.
    ///
    /// # Errors
    /// [`ContractError::UnknownOperation`] when the contract does not have the operation.
    pub fn request(
        &self,
        contract: &Contract,
        signer: &Signer,
        target: &Target,
        host: &str,
        now: SystemTime,
    ) -> Result<Request<Bytes>, ContractError> {
        let (mut request, service) = match &self.request {
            GivenRequest::Operation { operation, input } => {
                let operation = contract.operation(operation)?;
                let mut request = operation.service.codec().encode_request(operation, input);
                target.add_headers(request.headers_mut());
                (request, Some(operation.service.name.as_str()))
            }
            GivenRequest::Http { service, request: own } => {
                let mut request = own.clone();
                target.add_headers(request.headers_mut());
                overlay(request.headers_mut(), own.headers());
                (request, service.as_deref())
            }
        };
        let known = |name: &str| contract.services().iter().find(|service| service.name == name);
        match service.map(|name| (name, known(name))) {
            Some((_, Some(service))) => signer.authorize(service, &mut request, host, now),
            Some((scope, None)) => signer.sign(scope, &mut request, host, now),
            None => {}
        }
        Ok(request)
    }
}

/// Sends the givens of a target, one after the other.
///
/// # Errors
/// [`GivenFailed`] for the first that has no answer, or one that is no success, unless its failure is to be ignored.
pub async fn run_givens<S: Send>(
    sender: &S,
    contract: &Contract,
    signer: &Signer,
    target: &Target,
    host: &str,
) -> Result<(), GivenFailed> {
    for (index, given) in target.givens.iter().enumerate() {
        let failed = |reason| GivenFailed { given: format!("{} ({given})", index + 1), reason };
        let request =
            given.request(contract, signer, target, host, sender.now()).map_err(|error| failed(error.into()))?;
        let reason = match sender.send(request).await {
            Ok(reply) if reply.response.status().is_success() => continue,
            Ok(reply) => {
                let body = beginning(reply.response.body(), signer, target);
                GivenFailure::Refused { status: reply.response.status(), body }
            }
            Err(failure) => GivenFailure::Unanswered(failure),
        };
        if !given.ignore_failure {
            return Err(failed(reason));
        }
        tracing::info!(%given, %reason, "a given failed, as it may");
    }
    Ok(())
}

/// The beginning of a body, without secrets.
fn beginning(body: &[u8], signer: &Signer, target: &Target) -> String {
    let hidden: Vec<&str> = signer.hidden().chain(target.hidden.iter().map(String::as_str)).collect();
    let text = conceal(&String::from_utf8_lossy(body), &hidden, MASK);
    // What a server sends may be meant for the terminal that shows it.
    one_line(&text).chars().take(SHOWN).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, UNIX_EPOCH};

    use http::Response;

    use super::*;
    use crate::exchange::Reply;
    use crate::judge::Credentials;
    use crate::spec::SourceText;

    /// Answers each request with the next status, and keeps it.
    struct Scripted {
        statuses: Mutex<Vec<u16>>,
        sent: Mutex<Vec<Request<Bytes>>>,
    }

    impl Send for Scripted {
        async fn send(&self, request: Request<Bytes>) -> Result<Reply, TransportFailure> {
            self.sent.lock().expect("nobody panics").push(request);
            let status = self.statuses.lock().expect("nobody panics").remove(0);
            if status == 0 {
                return Err(TransportFailure::Unreachable("refused".into()));
            }
            let body = Bytes::from("s3cr3t-of-yours from-the-environment ".repeat(100));
            let response = Response::builder().status(status).body(body).expect("a response");
            Ok(Reply { response, elapsed: Duration::ZERO })
        }

        async fn pause(&self, _: Duration) {}

        fn now(&self) -> SystemTime {
            UNIX_EPOCH + Duration::from_secs(1_440_938_160)
        }
    }

    fn target(text: &str) -> Target {
        let source = Arc::new(SourceText { name: "t.yaml".into(), text: text.into() });
        let environment = |name: &str| (name == "HIDDEN").then(|| "from-the-environment".to_owned());
        Target::parse(source, &Contract::builtin(), environment).expect("a target")
    }

    fn run(target: &Target, statuses: &[u16]) -> (Result<(), GivenFailed>, Vec<Request<Bytes>>) {
        let sender = Scripted { statuses: Mutex::new(statuses.to_vec()), sent: Mutex::default() };
        let credentials: Credentials = "key:s3cr3t-of-yours".parse().expect("credentials");
        let signer = Signer::new(credentials, "eu-west-1").expect("a region");
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let outcome = runtime.block_on(run_givens(&sender, &Contract::builtin(), &signer, target, "h:1"));
        (outcome, sender.sent.into_inner().expect("nobody panics"))
    }

    const GIVENS: &str = "
headers: { x-extra: \"${env:HIDDEN}\", content-type: text/plain }
givens:
  - { name: vault, service: backup, method: PUT, path: /backup-vaults/a, json: {}, ignore_failure: true }
  - { operation: CopyDBClusterSnapshot, input: { SourceDBClusterSnapshotIdentifier: a } }
  - { method: GET, path: \"/health?x=1\" }
  - { service: ec2, method: POST, path: /, form: { Action: CreateVpc, CidrBlock: 10.0.0.0/16, DryRun: false } }
";

    #[test]
    fn sends_each_in_order_with_headers_and_signed_for_its_service() {
        let (outcome, sent) = run(&target(GIVENS), &[500, 200, 204, 201]);
        outcome.expect("all went well, or may fail");
        let signed = |request: &Request<Bytes>| {
            let header = request.headers().get("authorization");
            header.map_or("", |value| value.to_str().expect("text")).to_owned()
        };
        let scopes = ["20150830/eu-west-1/backup/", "20150830/eu-west-1/rds/", "", "20150830/eu-west-1/ec2/"];
        for (request, scope) in sent.iter().zip(scopes) {
            assert!(signed(request).contains(scope), "{}", signed(request));
            assert_eq!(request.headers()["x-extra"], "from-the-environment");
        }
        assert_eq!((sent.len(), signed(&sent[2]).as_str()), (4, ""));
        assert_eq!(
            (sent[0].body(), &sent[0].headers()["content-type"]),
            (&Bytes::from("{}"), &"application/json".parse().expect("a value"))
        );
        assert_eq!(
            sent[1].body(),
            "Action=CopyDBClusterSnapshot&Version=2014-10-31&SourceDBClusterSnapshotIdentifier=a"
        );
        assert_eq!(sent[2].uri(), "/health?x=1");
        assert_eq!(sent[3].body(), "Action=CreateVpc&CidrBlock=10.0.0.0%2F16&DryRun=false");
    }

    #[test]
    fn the_first_that_fails_ends_it_and_shows_no_secret() {
        let (outcome, sent) = run(&target(GIVENS), &[0, 200, 301]);
        let failed = outcome.expect_err("a redirect is no success");
        assert_eq!((sent.len(), failed.given.as_str()), (3, "3 (GET /health)"));
        let GivenFailure::Refused { status, body } = &failed.reason else { panic!("{failed}") };
        assert_eq!((status.as_u16(), body.len()), (301, SHOWN));
        assert!(body.starts_with("*** *** "), "{body}");
        let (outcome, _) = run(&target(GIVENS), &[200, 0]);
        let failed = outcome.expect_err("nobody answers");
        assert!(matches!(&failed.reason, GivenFailure::Unanswered(failure) if failure.is_unreachable()), "{failed}");
        assert!(failed.to_string().starts_with("given 2 (CopyDBClusterSnapshot) failed: cannot connect"), "{failed}");
    }
}
