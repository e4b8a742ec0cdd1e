//! A probe over the wire: sent, held against its claim, and tried again, beside a plain request, before anything is told.

use std::borrow::Cow;
use std::time::{Duration, UNIX_EPOCH};

use bytes::Bytes;
use http::Request;
use http::header::AUTHORIZATION;
use serde_json::Value;

use super::Send;
use super::probe_faults::{Fault, Kind, faults, lost_text};
use super::target::overlay;
use super::wire::{Judgement, PAUSES, Wire, outcome_of};
use crate::auth;
use crate::check::{self, Complaint, Party};
use crate::codec::{Outcome, Received};
use crate::exchange::{Demand, Observation, Reply, TransportFailure, Variation, Verdict};
use crate::generate::Case;
use crate::model::{AuthScheme, Dialect};
use crate::probe::{Base, Due, Rounds, Shot, Signing};

/// A service that nobody has, for signatures.
const NOBODYS: &str = "nobodys-service";

/// When expired signatures were made: the time of AWS's examples, 2015-08-30T12:36:00Z.
const LONG_AGO: Duration = Duration::from_secs(1_440_938_160);

/// The request of a probe, with all that goes with it.
pub fn dressed<S: Send>(wire: &Wire<S>, case: &Case, shot: &Shot) -> Request<Bytes> {
    let mut request = shot.request.clone();
    overlay(request.headers_mut(), &wire.headers);
    let service = &case.operation.service;
    if shot.signing == Signing::Own {
        request.headers_mut().remove(AUTHORIZATION);
        let tokens = service.auth.iter().filter(|way| way.scheme == AuthScheme::Header);
        tokens.for_each(|way| drop(request.headers_mut().remove(&way.name)));
        request.headers_mut().extend(shot.request.headers().iter().map(|(name, value)| (name.clone(), value.clone())));
        return request;
    }
    if case.dialect != Dialect::Native {
        return request;
    }
    let now = wire.sender.now();
    match shot.signing {
        Signing::OtherService => wire.signer.sign(NOBODYS, &mut request, &wire.host, now),
        Signing::Expired => wire.signer.authorize(service, &mut request, &wire.host, UNIX_EPOCH + LONG_AGO),
        Signing::Presigned => wire.signer.presign(service, &mut request, &wire.host, now),
        Signing::SecondWay => {
            if let Some(way) = service.auth.get(1) {
                auth::give_nobodys(way, &service.name, request.headers_mut());
            }
        }
        Signing::Usual | Signing::Own => wire.signer.authorize(service, &mut request, &wire.host, now),
    }
    request
}

/// Sends a probe and says what is wrong with what comes back, if a second try shows it again.
pub async fn judge<S: Send>(wire: &Wire<S>, case: &Case, shot: &Shot) -> Judgement {
    let attempt = attempt(wire, case, shot).await;
    let found = if attempt.faults.is_empty() { Vec::new() } else { confirmed(wire, case, shot, attempt.faults).await };
    let name = case.probe().map_or("", |chosen| chosen.name());
    let form = case.probe().map_or("", |chosen| chosen.form());
    let complaints = found.into_iter().map(|fault| {
        let complaint = if form.is_empty() { fault.complaint } else { fault.complaint.about(form) };
        (name, complaint)
    });
    Judgement { complaints: complaints.chain(attempt.leaks).collect(), ..attempt.judgement }
}

/// What came of one try.
struct Attempt {
    judgement: Judgement,
    faults: Vec<Fault>,
    /// Secrets in the answer, which no second try takes back.
    leaks: Vec<(&'static str, Complaint)>,
}

async fn attempt<S: Send>(wire: &Wire<S>, case: &Case, shot: &Shot) -> Attempt {
    let mut replies = fire(wire, case, shot).await;
    for pause in PAUSES {
        if !replies.iter().any(|reply| observe(wire, case, shot, reply).is_transient()) {
            break;
        }
        wire.sender.pause(pause).await;
        replies = fire(wire, case, shot).await;
    }
    let mut observed: Vec<Observation<'_>> = replies.iter().map(|reply| observe(wire, case, shot, reply)).collect();
    if let [first, .., last] = observed.as_mut_slice() {
        last.history.earlier_answer = first.received.take().and_then(Result::ok);
        first.read_answer();
    }
    let mut found: Vec<Fault> = Vec::new();
    for observation in &observed {
        for fault in faults(shot, observation) {
            if !found.iter().any(|known| known.kind == fault.kind) {
                found.push(fault);
            }
        }
    }
    let leaks = observed.iter().flat_map(|observation| leaks(observation)).collect();
    if found.is_empty()
        && shot.is_rewritten
        && let Some(last) = observed.last()
    {
        found.extend(lost(wire, case, shot, last).await);
    }
    let last = observed.pop();
    let (succeeded, environmental) = last.as_ref().map(outcome_of).unwrap_or_default();
    let accepted = last.as_ref().and_then(Observation::exchange).is_some_and(|exchange| exchange.was_accepted());
    let has_output = last.as_ref().and_then(Observation::exchange).is_some_and(|exchange| exchange.output().is_some());
    let received = last.and_then(|last| last.received).and_then(Result::ok);
    let nothing = || Err(TransportFailure::Unsendable("nothing was sent".to_owned()));
    let reply = replies.pop().unwrap_or_else(nothing);
    let judgement =
        Judgement { reply, received, succeeded, has_output, accepted, environmental, complaints: Vec::new() };
    Attempt { judgement, faults: found, leaks }
}

/// A text of the input that the answer to the plain request repeats, and this answer does not.
async fn lost<S: Send>(wire: &Wire<S>, case: &Case, shot: &Shot, last: &Observation<'_>) -> Option<Fault> {
    let input = shot.control.as_ref().unwrap_or(&case.input);
    let Some(Ok(Received { outcome: Outcome::Output(own), .. })) = &last.received else { return None };
    let reply = wire.sender.send(plain(wire, case, input)).await;
    let plain = observe(wire, case, shot, &reply);
    let Some(Ok(Received { outcome: Outcome::Output(others), .. })) = &plain.received else { return None };
    lost_text(shot, &last.exchange()?, input, (own, others))
}

/// What the check of secrets says.
fn leaks(observation: &Observation<'_>) -> Vec<(&'static str, Complaint)> {
    let Some(check) = check::by_code("secret-echoed") else { return Vec::new() };
    check.judge(observation).into_iter().map(|complaint| (check.code(), complaint)).collect()
}

/// Sends a probe as often as it says.
async fn fire<S: Send>(wire: &Wire<S>, case: &Case, shot: &Shot) -> Vec<Result<Reply, TransportFailure>> {
    let send = || wire.sender.send_as(dressed(wire, case, shot), shot.manner);
    match &shot.rounds {
        Rounds::Once => vec![send().await],
        Rounds::Thrice => {
            let first = send().await;
            let _ = send().await;
            vec![first, send().await]
        }
        Rounds::After(input) => {
            let _ = wire.sender.send(plain(wire, case, input)).await;
            vec![send().await]
        }
        Rounds::AtOnce => {
            let (one, other) = tokio::join!(send(), send());
            vec![one, other]
        }
    }
}

/// The plain request for an input, with all that goes with it.
fn plain<S: Send>(wire: &Wire<S>, case: &Case, input: &Value) -> Request<Bytes> {
    let mut request = Base::new(&case.operation, case.dialect, input).request;
    overlay(request.headers_mut(), &wire.headers);
    if case.dialect == Dialect::Native {
        wire.signer.authorize(&case.operation.service, &mut request, &wire.host, wire.sender.now());
    }
    request
}

/// A try with what came back to it.
fn observe<'o, S>(
    wire: &'o Wire<S>,
    case: &'o Case,
    shot: &'o Shot,
    reply: &'o Result<Reply, TransportFailure>,
) -> Observation<'o> {
    let verdict = if shot.due == Due::Same { Verdict::Valid { boundary: None } } else { case.verdict };
    let variation = if shot.rounds == Rounds::Thrice { Variation::Twice } else { Variation::Plain };
    let mut observation = Observation {
        request: &shot.request,
        input: Some(Cow::Borrowed(shot.input.as_ref().unwrap_or(&case.input))),
        secrets: &wire.secrets,
        answer: Some(reply),
        demand: Some(Demand { verdict, variation, isolated: true }),
        ..case.observation()
    };
    observation.read_answer();
    observation
}

/// What is wrong again when the probe is tried again, and is not wrong with a plain request.
async fn confirmed<S: Send>(wire: &Wire<S>, case: &Case, shot: &Shot, mut found: Vec<Fault>) -> Vec<Fault> {
    let control = control(wire, case, shot).await;
    found.retain(|fault| match fault.kind {
        Kind::Silent | Kind::Failed => !control.fails,
        Kind::Rejected => control.succeeds,
        Kind::Differs => control.succeeds && !control.said.contains(&fault.said),
        Kind::Accepted | Kind::Shapeless | Kind::OtherError | Kind::NoAllow => true,
    });
    if found.iter().any(|fault| fault.kind == Kind::Accepted)
        && shot.signing == Signing::Own
        && takes_everybody(wire, case, shot).await
    {
        found.retain(|fault| fault.kind != Kind::Accepted);
    }
    if found.is_empty() {
        return found;
    }
    let again = attempt(wire, case, shot).await;
    // What made something the first time may find it there the second time.
    let stands = again.judgement.environmental.is_some();
    found.retain(|fault| {
        let is_same = |other: &Fault| other.kind == fault.kind && other.said == fault.said;
        again.faults.iter().any(is_same) || stands && matches!(fault.kind, Kind::Differs | Kind::Accepted)
    });
    found
}

/// What comes of the plain request beside a probe.
struct Control {
    succeeds: bool,
    fails: bool,
    /// What checks say of it: what they say of the probe as well is not the probe's fault.
    said: Vec<(&'static str, Option<String>)>,
}

async fn control<S: Send>(wire: &Wire<S>, case: &Case, shot: &Shot) -> Control {
    let input = shot.control.as_ref().unwrap_or(&case.input);
    let mut earlier = None;
    if shot.rounds == Rounds::Thrice {
        earlier = Some(wire.sender.send(plain(wire, case, input)).await);
    }
    let reply = wire.sender.send(plain(wire, case, input)).await;
    let plain =
        Shot { request: Base::new(&case.operation, case.dialect, input).request, due: Due::Same, ..shot.clone() };
    let plain = Shot { input: Some(input.clone()), ..plain };
    let mut observation = observe(wire, case, &plain, &reply);
    let earlier = earlier.as_ref().map(|earlier| observe(wire, case, &plain, earlier));
    let succeeds = outcome_of(earlier.as_ref().unwrap_or(&observation)).0;
    observation.history.earlier_answer = earlier.and_then(|earlier| earlier.received).and_then(Result::ok);
    let status = observation.status();
    let unreachable = reply.as_ref().is_err_and(TransportFailure::is_unreachable);
    let said = check::judge(Party::Server, &observation);
    Control {
        succeeds,
        fails: !unreachable && status.is_none_or(|status| status >= 500),
        said: said.into_iter().map(|(code, complaint)| (code, complaint.about)).collect(),
    }
}

/// Whether requests without credentials are taken too, which has a check of its own.
async fn takes_everybody<S: Send>(wire: &Wire<S>, case: &Case, shot: &Shot) -> bool {
    let request = Base::new(&case.operation, case.dialect, &case.input).request;
    let shot = Shot { request, signing: Signing::Own, due: Due::Same, ..shot.clone() };
    let reply = wire.sender.send(dressed(wire, case, &shot)).await;
    let observation = observe(wire, case, &shot, &reply);
    outcome_of(&observation).0
}
