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
