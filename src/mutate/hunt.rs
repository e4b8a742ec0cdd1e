//! The proof that the judge bites: each mutant of the mock must be caught by the check that is named for it.

use std::future::{Future, ready};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request};
#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Mutant;
use crate::exchange::{Reply, TransportFailure};
use crate::generate::{Case, Phase, Plan};
use crate::judge::{Credentials, Send, Signer, Wire};
use crate::mock::{DEFAULT_REGION, Mock};
use crate::model::ConstraintId;
use crate::probe::Manner;

/// Credentials with a token, which a mutant can leak.
const CREDENTIALS: &str = "mutants:a-secret-key-of-mutants:a-session-token-of-mutants";

/// What became of the mutants.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Mutants {
    /// Mutants that can be told from the unbroken mock.
    pub total: u64,
    /// Those that the check named for them caught.
    pub killed: u64,
    /// Cases that were judged.
    pub cases: u64,
    /// Those that it did not catch.
    pub survivors: Vec<Survivor>,
    /// Mutants that no request can tell from the unbroken mock, and why.
    pub unobservable: Vec<Survivor>,
    /// Complaints about the unbroken mock, of which there must be none.
    pub accused: Vec<String>,
}

/// A mutant that was not caught.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Survivor {
    /// Its name.
    pub mutant: String,
    /// The check that must catch it.
    pub check: String,
    /// Why it was not caught.
    pub reason: String,
}

impl Mutants {
    /// Joins what became of other mutants.
    pub fn join(&mut self, other: Self) {
        self.total += other.total;
        self.killed += other.killed;
        self.cases += other.cases;
        self.survivors.extend(other.survivors);
        self.unobservable.extend(other.unobservable);
        self.accused.extend(other.accused);
    }

    /// Whether every mutant was caught and the unbroken mock was not accused.
    #[must_use]
    pub fn all_killed(&self) -> bool {
        self.survivors.is_empty() && self.accused.is_empty() && self.total > 0
    }
}

/// A mutant in place of a server: no socket, no waiting.
#[derive(Debug)]
struct Bench<'m> {
    mock: &'m Mock,
    mutant: Option<&'m Mutant>,
}

impl Send for Bench<'_> {
    fn send(
        &self,
        request: Request<Bytes>,
    ) -> impl Future<Output = Result<Reply, TransportFailure>> + std::marker::Send {
        ready(match self.mutant {
            Some(mutant) => mutant.answer(self.mock, &request),
            None => Ok(Reply { response: self.mock.answer(&request).response, elapsed: Duration::ZERO }),
        })
    }

    fn send_as(
        &self,
        request: Request<Bytes>,
        manner: Manner,
    ) -> impl Future<Output = Result<Reply, TransportFailure>> + std::marker::Send {
        ready(match self.mutant {
            Some(mutant) => mutant.answer_as(self.mock, &request, manner),
            None => Ok(Reply { response: self.mock.answer(&request).response, elapsed: Duration::ZERO }),
        })
    }

    fn pause(&self, _: Duration) -> impl Future<Output = ()> + std::marker::Send {
        ready(())
    }

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

/// Judges all mutants of an operation, and the unbroken mock, by the cases of a run: examples, coverage, and so many
/// random ones.
pub async fn judge_mutants(mock: &Mock, plan: &Arc<Plan>, random: u64, seed: u64) -> Mutants {
    let cases = cases(plan, random, seed);
    let unbreakable: Vec<(ConstraintId, String)> = plan.coverage().unbreakable.clone();
    let mut result = Mutants::default();
    let unbroken = wire(Bench { mock, mutant: None });
    for case in &cases {
        let judged = unbroken.judge(case).await;
        result.cases += 1;
        let said = judged.complaints.into_iter();
        result.accused.extend(said.map(|(code, complaint)| format!("{code}: {}: {}", case.token, complaint.actual)));
    }
    for mutant in Mutant::all_of(mock.contract(), plan.operation(), &unbreakable) {
        let survivor = |reason: &str| Survivor {
            mutant: mutant.name(),
            check: mutant.caught_by().to_owned(),
            reason: reason.to_owned(),
        };
        if let Some(reason) = mutant.unobservable() {
            result.unobservable.push(survivor(reason));
            continue;
        }
        result.total += 1;
        match hunt(mock, &mutant, &cases).await {
            Hunt::Killed(sent) => {
                result.killed += 1;
                result.cases += sent;
            }
            Hunt::Survived(sent, reason) => {
                result.cases += sent;
                result.survivors.push(survivor(&reason));
            }
        }
    }
    result
}

enum Hunt {
    Killed(u64),
    Survived(u64, String),
}

/// Sends cases until the named check complains, those about the mutant's own constraint first.
async fn hunt(mock: &Mock, mutant: &Mutant, cases: &[Case]) -> Hunt {
    let wire = wire(Bench { mock, mutant: Some(mutant) });
    let of_probe = |case: &Case| case.probe().is_some_and(|chosen| chosen.name() == mutant.caught_by());
    let own = |case: &&Case| of_probe(case) || constraint(case).is_some() && constraint(case) == mutant.about();
    let (first, then): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(own);
    let mut others: Vec<&'static str> = Vec::new();
    let mut sent = 0;
    for case in first.into_iter().chain(then) {
        sent += 1;
        for (code, complaint) in wire.judge(case).await.complaints {
            // A complaint about an error is about the constraint whose breaking caused it.
            let about = complaint.about.as_deref();
            let counts = complaint.is_finding() || case.probe().is_none();
            if code == mutant.caught_by() && counts && (is_about(about, mutant.about()) || own(&case)) {
                return Hunt::Killed(sent);
            }
            if !others.contains(&code) {
                others.push(code);
            }
        }
    }
    let reason = if others.is_empty() {
        format!("nothing complained in {sent} cases")
    } else {
        format!("in {sent} cases only other complaints: {}", others.join(", "))
    };
    Hunt::Survived(sent, reason)
}

/// The constraint that a case is about.
fn constraint(case: &Case) -> Option<&str> {
    case.verdict.constraint().map(|id| case.operation.input.constraints[id].id.as_str())
}

/// Whether a complaint is about what the mutant is about: the same, a constraint of the same member, or one below it.
fn is_about(complaint: Option<&str>, mutant: Option<&str>) -> bool {
    let Some(mutant) = mutant else { return true };
    complaint.is_some_and(|about| {
        about.strip_prefix(mutant).is_some_and(|rest| rest.is_empty() || rest.starts_with(['#', '/']))
    })
}

fn wire(sender: Bench<'_>) -> Wire<Bench<'_>> {
    let credentials: Credentials = CREDENTIALS.parse().expect("they have three parts");
    let signer = Signer::new(credentials, DEFAULT_REGION).expect("it is a region");
    let secrets = signer.secrets();
    Wire { sender, signer, host: "localhost".into(), headers: HeaderMap::new(), secrets, hidden: Vec::new() }
}

fn cases(plan: &Plan, random: u64, seed: u64) -> Vec<Case> {
    let phases = Phase::ALL.into_iter();
    let numbered = phases.flat_map(|phase| (0..plan.count(phase, random)).map(move |index| (phase, index)));
    numbered.filter_map(|(phase, index)| plan.case(phase, seed, index)?.ok()).collect()
}
