//! The preflight of an operation, before its cases are sent: whether the server has it, and takes the credentials; and which
//! valid inputs it accepts, on which all cases are then built.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::uri::{PathAndQuery, Uri};

use super::wire::{Judgement, Wire};
use super::{Send, show};
use crate::codec::Outcome;
use crate::exchange::{Reply, TransportFailure, redaction};
use crate::generate::{Candidate, Case, Plan};
use crate::model::{Cause, ErrorKind, Operation};

/// Makes the name of an operation, or the end of its path, one that nobody has.
const NOBODY: &str = "-no-such-operation";

/// Most examples of a preflight.
const EXAMPLES: usize = 8;

/// Most characters of an answer that are shown.
const WORDS: usize = 64;

/// How far a server supports an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Support {
    /// It has the operation, as far as one answer can tell.
    Ready,
    /// No preflight was made, or there was nothing to make it with.
    Unknown,
    /// It does not have it.
    Lacking(String),
    /// It does not take the credentials.
    CredentialsRefused(String),
    /// There is no such server.
    Unreachable(String),
}

/// What one answer hints at.
#[derive(Debug, PartialEq, Eq)]
enum Hint {
    Has,
    Lacks,
    Refuses,
    /// It is an error that may stand for anything.
    Unclear,
}

/// What one exchange says of whether a server supports an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inference {
    /// It is clear.
    Clear(Support),
    /// So it is where every other example is answered alike.
    Unclear(Support),
}

/// What a preflight has found.
#[derive(Debug)]
pub struct Preflight {
    /// How far the server supports the operation.
    pub support: Support,
    /// The bits of the candidates that it accepted, as [`Plan::on`] takes them; 0 where it accepted none.
    pub bases: u32,
    /// How the first candidate that it did not accept was answered.
    pub refused: Option<String>,
    /// What was judged of examples, by their number: they need not be sent again.
    pub examples: Vec<(u64, Judgement)>,
}

/// Sends candidates for bases, one after the other in their order: the examples, of which all that are accepted are bases;
/// where none is, the others until one is. It ends at the first answer that says that the server does not have the operation
/// or does not take the credentials, and where none comes.
pub async fn preflight<S: Send>(wire: &Wire<S>, plan: &Arc<Plan>) -> Preflight {
    look(wire, plan, true).await
}

/// How far the server supports an operation, by as few candidates as tell.
pub async fn support<S: Send>(wire: &Wire<S>, plan: &Arc<Plan>) -> Support {
    look(wire, plan, false).await.support
}

/// An error that may stand for anything is held against the answer to an operation that there is not: who answers every
/// candidate alike does not have it.
async fn look<S: Send>(wire: &Wire<S>, plan: &Arc<Plan>, for_bases: bool) -> Preflight {
    let mut found = Preflight { support: Support::Unknown, bases: 0, refused: None, examples: Vec::new() };
    let mut unclear = None;
    let mut is_clear = false;
    for candidate in tried(plan) {
        if candidate.example.is_none() && found.bases != 0 || is_clear && !for_bases {
            break;
        }
        let Ok(case) = plan.trial(candidate) else { continue };
        let judgement = wire.judge(&case).await;
        if !is_clear {
            match infer(wire, &case, &judgement.reply).await {
                Inference::Clear(support) => {
                    is_clear = true;
                    found.support = support;
                }
                Inference::Unclear(support) => drop(unclear.get_or_insert(support)),
            }
        }
        if is_clear && found.support != Support::Ready {
            return found;
        }
        if judgement.accepted {
            found.bases |= candidate.bit;
        } else if found.refused.is_none() {
            found.refused = Some(format!("the {} was answered with {}", candidate.name, told(wire, &case, &judgement)));
        }
        let is_silent = judgement.reply.is_err();
        found.examples.extend(candidate.example.map(|example| (example as u64, judgement)));
        if is_silent {
            break;
        }
    }
    if !is_clear && let Some(support) = unclear {
        found.support = support;
    }
    found
}

/// The candidates that are tried: not all of many examples.
fn tried(plan: &Plan) -> impl Iterator<Item = &Candidate> {
    let mut examples = 0;
    plan.candidates().iter().filter(move |candidate| {
        examples += usize::from(candidate.example.is_some());
        candidate.example.is_none() || examples <= EXAMPLES
    })
}

/// How a candidate was answered, in a few words.
fn told<S>(wire: &Wire<S>, case: &Case, judgement: &Judgement) -> String {
    match &judgement.reply {
        Ok(reply) => shown(wire, case, reply),
        Err(failure) => format!("nothing: {failure}"),
    }
}

/// What an answer to an example says of whether the server supports its operation.
pub async fn infer<S: Send>(wire: &Wire<S>, case: &Case, reply: &Result<Reply, TransportFailure>) -> Inference {
    let reply = match reply {
        Ok(reply) => reply,
        Err(failure) if failure.is_unreachable() => {
            return Inference::Clear(Support::Unreachable(failure.to_string()));
        }
        // Every case will show it.
        Err(_) => return Inference::Clear(Support::Ready),
    };
    let shown = format!("an example was answered with {}", shown(wire, case, reply));
    match hint(case, reply) {
        Hint::Has => Inference::Clear(Support::Ready),
        Hint::Lacks => Inference::Clear(Support::Lacking(shown)),
        Hint::Refuses => Inference::Clear(Support::CredentialsRefused(shown)),
        Hint::Unclear if is_answered_to_nobody(wire, case, reply).await => {
            Inference::Unclear(Support::Lacking(format!("{shown}, as is an operation that there is not")))
        }
        Hint::Unclear => Inference::Clear(Support::Ready),
    }
}

fn hint(case: &Case, reply: &Reply) -> Hint {
    let operation = &case.operation;
    let codec = operation.service.codec_for(case.dialect);
    let status = reply.response.status();
    let code = code(case, reply);
    let kind = code.as_ref().and_then(|code| operation.errors.by_code(code));
    let kind = kind.map(|error| operation.errors.all[error].kind);
    match (kind, &code, status.as_u16()) {
        (_, None, ..=399) | (Some(ErrorKind::State | ErrorKind::Quota | ErrorKind::Throttling), ..) => Hint::Has,
        (Some(ErrorKind::Auth), ..) | (None, _, 401 | 403) => Hint::Refuses,
        (Some(ErrorKind::Protocol), Some(code), _) if says_there_is_none(operation, code) => Hint::Lacks,
        (None, None, 404 | 405 | 501) => Hint::Lacks,
        (None, Some(code), _) if codec.says_not_implemented(code) => Hint::Lacks,
        // Something in front of the server says that it is out for a while.
        (_, _, 502..=504) => Hint::Has,
        _ => Hint::Unclear,
    }
}

/// Whether an operation that there is not is answered alike: with the same status, media type and code.
async fn is_answered_to_nobody<S: Send>(wire: &Wire<S>, case: &Case, reply: &Reply) -> bool {
    let Some(nobody) = nobody(case) else { return false };
    let Ok(other) = wire.sender.send(wire.request(&nobody)).await else { return false };
    reply.response.status() == other.response.status()
        && media_type(reply) == media_type(&other)
        && code(case, reply) == code(case, &other)
}

/// The same request to an operation that there is not: by its name where the request has one, else by its path.
fn nobody(case: &Case) -> Option<Case> {
    let mut nobody = case.clone();
    let service = &case.operation.service;
    if let Some(naming) = service.naming(case.dialect) {
        let name = naming.name_of(&service.name, &case.operation.name);
        naming.write(&mut nobody.request, &format!("{name}{NOBODY}"));
        return Some(nobody);
    }
    let target = nobody.request.uri().path_and_query().map_or("/", PathAndQuery::as_str);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mark = if query.is_empty() { "" } else { "?" };
    *nobody.request.uri_mut() = Uri::try_from(format!("{path}{NOBODY}{mark}{query}")).ok()?;
    Some(nobody)
}

/// The code of an error, when the answer is one that can be read.
fn code(case: &Case, reply: &Reply) -> Option<String> {
    match case.codec().decode_response(&case.operation, &reply.response).ok()?.outcome {
        Outcome::Error { code, .. } => Some(code),
        Outcome::Output(_) => None,
    }
}

fn media_type(reply: &Reply) -> Option<&str> {
    let value = reply.response.headers().get(CONTENT_TYPE)?.to_str().ok()?;
    value.split(';').next().map(str::trim)
}

/// Whether an error is the one for an action, version, path or method that there is not.
fn says_there_is_none(operation: &Operation, code: &str) -> bool {
    let causes = [Cause::UnknownAction, Cause::UnknownVersion, Cause::UnknownPath, Cause::MethodNotAllowed];
    causes.iter().any(|cause| operation.errors.for_cause(*cause).is_some_and(|error| error.code == code))
}

/// Status and code of an answer, or its first words; without secrets.
fn shown<S>(wire: &Wire<S>, case: &Case, reply: &Reply) -> String {
    let status = reply.response.status().as_u16();
    match code(case, reply) {
        Some(mut code) => {
            redaction::hide(&mut code, &show::secrets(wire, case));
            format!("{status} {}", first_words(&code))
        }
        None => format!("{status} and {}", first_words(&show::response(wire, case, reply).body)),
    }
}

/// The beginning of what a server says, without what no terminal should see.
fn first_words(body: &str) -> String {
    let words: Vec<&str> = body.split_whitespace().take(WORDS).collect();
    let words = words.join(" ").replace(char::is_control, "\u{fffd}");
    match words.char_indices().nth(WORDS) {
        Some((end, _)) => format!("{}…", words[..end].trim_end()),
        None if words.is_empty() => "no body".to_owned(),
        None => words,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;
    use std::time::{Duration, SystemTime};

    use bytes::Bytes;
    use http::{HeaderMap, Request, Response};

    use super::*;
    use crate::Contract;
    use crate::exchange::TransportFailure;
    use crate::judge::{Credentials, Signer};
    use crate::model::Dialect;

    /// Answers by what the request asks for, and keeps the bodies and targets it saw.
    struct Scripted {
        answer: fn(&str) -> (u16, &'static str, &'static str),
        seen: Mutex<Vec<String>>,
    }

    impl Send for Scripted {
        async fn send(&self, request: Request<Bytes>) -> Result<Reply, TransportFailure> {
            let asked = format!("{} {}", request.uri(), String::from_utf8_lossy(request.body()));
            let (status, media_type, body) = (self.answer)(&asked);
            self.seen.lock().expect("nobody panics").push(asked);
            let response = Response::builder().status(status).header(CONTENT_TYPE, media_type);
            let response = response.body(Bytes::from_static(body.as_bytes())).expect("a response");
            Ok(Reply { response, elapsed: Duration::ZERO })
        }

        async fn pause(&self, _: Duration) {}

        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
    }

    fn preflight_at(
        operation: &str,
        answer: fn(&str) -> (u16, &'static str, &'static str),
    ) -> (Preflight, Vec<String>) {
        let contract = Contract::builtin();
        let plan = Arc::new(Plan::new(contract.operation(operation).expect("built in"), Dialect::Native));
        let signer = Signer::new(Credentials::dummy(), "us-east-1").expect("a region");
        let secrets = signer.secrets();
        let sender = Scripted { answer, seen: Mutex::default() };
        let wire = Wire { sender, signer, host: "h".into(), headers: HeaderMap::new(), secrets, hidden: Vec::new() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let found = runtime.block_on(preflight(&wire, &plan));
        (found, wire.sender.seen.into_inner().expect("nobody panics"))
    }

    fn support_at(operation: &str, answer: fn(&str) -> (u16, &'static str, &'static str)) -> (Support, Vec<String>) {
        let (found, seen) = preflight_at(operation, answer);
        (found.support, seen)
    }

    const PAGE: (u16, &str, &str) = (500, "text/html; charset=utf-8", "<!doctype html><title>500</title>");
    const MISSING: (u16, &str, &str) = (404, "application/json", r#"{"__type": "ResourceNotFoundException"}"#);
    const MISSING_SOURCE: &str =
        "<ErrorResponse><Error><Code>DBClusterSnapshotNotFoundFault</Code></Error></ErrorResponse>";
    const NO_ROUTE: (u16, &str, &str) = (400, "application/json", r#"{"__type": "NoRoute", "message": "/x"}"#);

    #[test]
    fn who_fails_for_any_operation_does_not_have_this_one() {
        let (support, seen) = support_at("CopyDBClusterSnapshot", |_| PAGE);
        let Support::Lacking(reason) = support else { panic!("{support:?}") };
        assert!(reason.starts_with("an example was answered with 500 and <!doctype html>"), "{reason}");
        assert!(seen[1].contains("Action=CopyDBClusterSnapshot-no-such-operation&Version="), "{}", seen[1]);
        let (support, seen) = support_at("StartBackupJob", |_| NO_ROUTE);
        assert!(matches!(support, Support::Lacking(_)), "{support:?}");
        assert!(seen[1].starts_with("/backup-jobs-no-such-operation {"), "{}", seen[1]);
    }

    #[test]
    fn who_fails_for_this_operation_alone_has_it() {
        let for_this = |asked: &str| if asked.contains("-no-such-operation") { NO_ROUTE } else { PAGE };
        assert_eq!(support_at("CopyDBClusterSnapshot", for_this).0, Support::Ready);
        assert_eq!(support_at("StartBackupJob", for_this).0, Support::Ready);
    }

    #[test]
    fn one_example_that_is_answered_otherwise_is_enough() {
        // As a server that fails for tags, and for what it does not know.
        let for_tags = |asked: &str| {
            let fails = asked.contains("no-such-operation") || !asked.contains("Tags.Tag.1");
            if fails { PAGE } else { (200, "text/xml", "<CopyDBClusterSnapshotResponse/>") }
        };
        assert_eq!(support_at("CopyDBClusterSnapshot", for_tags).0, Support::Ready);
    }

    #[test]
    fn one_word_may_be_enough() {
        let (support, seen) = support_at("StartBackupJob", |_| (404, "text/html", "<p>Not Found</p>"));
        assert!(matches!(support, Support::Lacking(_)) && seen.len() == 1, "{support:?}");
        let (support, seen) = support_at("CopyDBClusterSnapshot", |_| {
            (400, "text/xml", "<ErrorResponse><Error><Code>InvalidAction</Code></Error></ErrorResponse>")
        });
        let lacking = Support::Lacking("an example was answered with 400 InvalidAction".into());
        assert_eq!((support, seen.len()), (lacking, 1));
    }

    #[test]
    fn a_resource_that_is_not_there_is_no_missing_operation() {
        assert_eq!(support_at("StartBackupJob", |_| MISSING).0, Support::Ready);
        assert_eq!(support_at("StartBackupJob", |_| (503, "text/html", "wait")).0, Support::Ready);
    }

    #[test]
    fn credentials_that_nobody_knows_are_told_from_it() {
        let (support, _) =
            support_at("StartBackupJob", |_| (403, "application/json", r#"{"code": "InvalidAccessKeyId"}"#));
        assert_eq!(support, Support::CredentialsRefused("an example was answered with 403 InvalidAccessKeyId".into()));
    }

    #[test]
    fn accepted_examples_are_bases_and_other_inputs_only_where_there_are_none() {
        let operation = "CopyDBClusterSnapshot";
        let (all, _) = preflight_at(operation, |_| (200, "text/xml", "<CopyDBClusterSnapshotResponse/>"));
        let (some, _) = preflight_at(operation, |asked| {
            if asked.contains("KmsKeyId") || asked.contains("Tags") {
                (400, "text/xml", "<ErrorResponse><Error><Code>InvalidParameterValue</Code></Error></ErrorResponse>")
            } else {
                (200, "text/xml", "<CopyDBClusterSnapshotResponse/>")
            }
        });
        let (none, seen) = preflight_at(operation, |_| (404, "text/xml", MISSING_SOURCE));
        assert!(all.refused.is_none() && all.bases.count_ones() > some.bases.count_ones() && some.bases != 0);
        assert_eq!((some.support, none.bases), (Support::Ready, 0));
        assert!(none.refused.is_some_and(|why| why.ends_with("404 DBClusterSnapshotNotFoundFault")));
        let plan = Plan::new(Contract::builtin().operation(operation).expect("built in"), Dialect::Native);
        let examples = plan.candidates().iter().filter(|candidate| candidate.example.is_some()).count();
        assert!(seen.len() > examples, "what is drawn is tried too: {}", seen.len());
        assert_eq!(all.examples.len(), examples);
    }
}
