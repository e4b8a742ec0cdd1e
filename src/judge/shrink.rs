//! Shrinking over the wire: the smallest case that still shows what a check complains of.

use proptest::strategy::ValueTree;

use super::exchange::{Judged, Wire};
use super::{Reply, Send, TransportFailure};
use crate::check::Complaint;
use crate::generate::{Case, Shrinking};

/// A case with the complaint about it and what was answered.
#[derive(Debug)]
pub struct Shown {
    /// The case.
    pub case: Case,
    /// The complaint.
    pub complaint: Complaint,
    /// What came back.
    pub reply: Option<Result<Reply, TransportFailure>>,
}

/// Sends smaller and smaller cases, at most so many, as long as the same check complains of the same thing.
pub async fn shrink<S: Send>(
    wire: &Wire<S>,
    mut tree: Shrinking,
    code: &str,
    complaint: Complaint,
    most: usize,
) -> Shown {
    let case = tree.current();
    let mut shown = match again(wire, &case, code, &complaint).await {
        Some((complaint, reply)) => Shown { case, complaint, reply: Some(reply) },
        // What the first time made may stand in the way of the second; a smaller case may make something else.
        None => Shown { case, complaint, reply: None },
    };
    let mut sent = 1;
    let mut more = tree.simplify();
    while more && sent < most {
        let case = tree.current();
        sent += 1;
        more = match again(wire, &case, code, &shown.complaint).await {
            Some((complaint, reply)) => {
                shown = Shown { case, complaint, reply: Some(reply) };
                tree.simplify()
            }
            None => tree.complicate(),
        };
    }
    shown
}

/// The same complaint about another case, with the answer to it.
async fn again<S: Send>(
    wire: &Wire<S>,
    case: &Case,
    code: &str,
    complaint: &Complaint,
) -> Option<(Complaint, Result<Reply, TransportFailure>)> {
    let Judged { reply, complaints, .. } = wire.judge(case).await;
    let same = complaints.into_iter().find(|(known, other)| {
        *known == code && other.about == complaint.about && other.is_finding() == complaint.is_finding()
    })?;
    Some((same.1, reply))
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::sync::{Arc, Mutex};
    use std::time::{Duration, SystemTime};

    use bytes::Bytes;
    use http::{HeaderMap, Request, Response};

    use super::*;
    use crate::Contract;
    use crate::generate::{Adjustments, Phase, Plan};
    use crate::judge::{Credentials, Signer};
    use crate::mock::Dialect;

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
        let plan = Arc::new(Plan::new(operation, Dialect::Native, 0).adjusted(&fresh));
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
}
