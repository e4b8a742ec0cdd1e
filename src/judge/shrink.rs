//! Shrinking over the wire: the smallest case that still shows what a check complains of.

use std::time::Duration;

use proptest::strategy::ValueTree;

use super::Send;
use super::wire::{Judgement, Wire};
use crate::check::{self, Complaint};
use crate::exchange::{Reply, TransportFailure, Verdict};
use crate::generate::{Case, Shrinking};

/// A case with the complaint about it and what was answered.
#[derive(Debug, Clone)]
pub struct Smallest {
    /// The case.
    pub case: Case,
    /// The complaint.
    pub complaint: Complaint,
    /// What came back.
    pub reply: Option<Result<Reply, TransportFailure>>,
}

/// Longest time that a server may take for all answers about one finding: where each answer is waited for in vain, few
/// are asked for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Sends smaller and smaller cases, at most so many, as long as the same check complains of the same thing.
pub async fn shrink<S: Send>(
    wire: &Wire<S>,
    mut tree: Shrinking,
    code: &str,
    complaint: Complaint,
    most: usize,
) -> Smallest {
    let mut case = tree.current();
    let mut smallest = Smallest { case: case.clone(), complaint, reply: None };
    let mut spent = Duration::ZERO;
    for _ in 0..most {
        let Judgement { reply, complaints, .. } = wire.judge(&case).await;
        spent += time_of(&reply);
        let is_gone = reply.as_ref().is_err_and(TransportFailure::is_unreachable);
        let first = smallest.reply.is_none() && smallest.case.token == case.token;
        let more = match find(complaints, code, &case, &smallest.complaint) {
            Some(complaint) => {
                smallest = Smallest { case, complaint, reply: Some(reply) };
                tree.simplify()
            }
            // What the first time made may stand in the way of the second; a smaller case may make something else.
            None if first => tree.simplify(),
            None => tree.complicate(),
        };
        if !more || is_gone || spent > PATIENCE {
            break;
        }
        case = tree.current();
    }
    smallest
}

/// The complaint that is the same as another one, about a case of the same kind. Which change of a valid input is to blame,
/// and so how far the claim is trusted, is seen only when it is made alone.
pub(super) fn find(
    complaints: Vec<(&'static str, Complaint)>,
    code: &str,
    case: &Case,
    complaint: &Complaint,
) -> Option<Complaint> {
    let rests_on_change = check::by_code(code).is_some_and(check::Check::needs_base);
    let any_place = rests_on_change && case.verdict == Verdict::Valid { boundary: None };
    let is_same = |known: &str, other: &Complaint| {
        let about_it = any_place || other.about == complaint.about;
        known == code && about_it && (rests_on_change || other.is_finding() == complaint.is_finding())
    };
    complaints.into_iter().find(|(known, other)| is_same(known, other)).map(|(_, other)| other)
}

/// How long a reply took, or was waited for.
fn time_of(reply: &Result<Reply, TransportFailure>) -> Duration {
    match reply {
        Ok(reply) => reply.elapsed,
        Err(TransportFailure::Timeout(time)) => *time,
        Err(_) => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::sync::{Arc, Mutex};
    use std::time::SystemTime;

    use bytes::Bytes;
    use http::{HeaderMap, Request, Response};

    use super::*;
    use crate::Contract;
    use crate::generate::{Adjustments, Phase, Plan};
    use crate::judge::{Credentials, Signer};
    use crate::model::Dialect;

    /// Takes every request, but none twice: what it makes has a name.
    struct Registry(Mutex<HashSet<Bytes>>);

    impl Send for Registry {
        async fn send(&self, request: Request<Bytes>) -> Result<Reply, TransportFailure> {
            let is_new = self.0.lock().expect("nobody panics").insert(request.into_body());
            let taken =
                "<ErrorResponse><Error><Code>DBClusterSnapshotAlreadyExistsFault</Code></Error></ErrorResponse>";
            let (status, body) = if is_new { (200, "<CopyDBClusterSnapshotResponse/>") } else { (400, taken) };
            let response = Response::builder().status(status).header("content-type", "text/xml");
            let response = response.body(Bytes::from_static(body.as_bytes())).expect("a response");
            Ok(Reply { response, elapsed: Duration::ZERO })
        }

        async fn pause(&self, _: Duration) {}

        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
    }

    #[test]
    fn a_case_that_cannot_be_made_twice_still_becomes_smaller() {
        let contract = Contract::builtin();
        let operation = contract.operation("CopyDBClusterSnapshot").expect("built in");
        let fresh = Adjustments { sets: vec![], uniques: vec![vec!["TargetDBClusterSnapshotIdentifier".into()]] };
        let plan = Arc::new(Plan::new(operation, Dialect::Native).adjusted(&fresh));
        let is_wanted = |case: &Case| {
            let broken = case.verdict.constraint().map(|id| operation.input.constraints[id].id.as_str());
            broken == Some("/CopyTags#type") && case.input.get("PreSignedUrl").is_some()
        };
        let cases = (0..).map_while(|index| plan.case(Phase::Random, 0, index)).flatten();
        let case = cases.take(2000).find(is_wanted).expect("a case with more than it needs");
        let signer = Signer::new(Credentials::dummy(), "us-east-1").expect("a region");
        let sender = Registry(Mutex::default());
        let (headers, secrets) = (HeaderMap::new(), signer.secrets());
        let wire = Wire { sender, signer, host: "h".into(), headers, secrets, hidden: Vec::new() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        let shown = runtime.block_on(async {
            let complaints = wire.judge(&case).await.complaints;
            let complaint = complaints.into_iter().find(|(code, _)| *code == "invalid-accepted").expect("accepted").1;
            shrink(&wire, Shrinking::new(&plan, case), "invalid-accepted", complaint, 150).await
        });
        assert!(shown.reply.is_some_and(|reply| reply.is_ok_and(|reply| reply.response.status() == 200)));
        assert!(shown.case.input.get("PreSignedUrl").is_none(), "{}", shown.case.input);
    }

    /// Never answers.
    #[derive(Default)]
    struct Silent(AtomicU64);

    impl Send for Silent {
        async fn send(&self, _: Request<Bytes>) -> Result<Reply, TransportFailure> {
            self.0.fetch_add(1, Ordering::Relaxed);
            Err(TransportFailure::Timeout(Duration::from_secs(21)))
        }

        async fn pause(&self, _: Duration) {}

        fn now(&self) -> SystemTime {
            SystemTime::UNIX_EPOCH
        }
    }

    #[test]
    fn a_server_that_says_nothing_is_not_waited_for_all_the_time() {
        let contract = Contract::builtin();
        let plan = Arc::new(Plan::new(contract.operation("StartBackupJob").expect("built in"), Dialect::Native));
        let case = plan.case(Phase::Examples, 0, 1).expect("the maximal example").expect("it is sent");
        let signer = Signer::new(Credentials::dummy(), "us-east-1").expect("a region");
        let (headers, secrets) = (HeaderMap::new(), signer.secrets());
        let sender = Silent::default();
        let wire = Wire { sender, signer, host: "h".into(), headers, secrets, hidden: Vec::new() };
        let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
        runtime.block_on(async {
            let complaint = wire.judge(&case).await.complaints.remove(0).1;
            shrink(&wire, Shrinking::new(&plan, case), "transport-failure", complaint, 150).await
        });
        assert_eq!(wire.sender.0.into_inner(), 2, "one that was seen, and one to see it again");
    }
}
