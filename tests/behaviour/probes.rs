//! Probes: a right server is silent to each of them, and each finds the server that goes wrong for what it sends alone.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};
use std::time::{Duration, SystemTime};

use accordant::exchange::{Reply, TransportFailure};
use accordant::generate::{Case, Phase, Plan};
use accordant::judge::{Credentials, Send, Signer, Wire};
use accordant::model::Dialect;
use accordant::mutate::{Fault, Mutant};
use accordant::probe::{Manner, PROBES};
use accordant::{Contract, Mock};
use bytes::Bytes;
use http::{HeaderMap, Request};

static CONTRACT: LazyLock<Contract> = LazyLock::new(Contract::builtin);

/// The mock, or a mutant of it, in place of a server.
struct Server {
    mock: Mock,
    mutant: Option<Mutant>,
}

impl Send for Server {
    async fn send(&self, request: Request<Bytes>) -> Result<Reply, TransportFailure> {
        self.send_as(request, Manner::Plain).await
    }

    async fn send_as(&self, request: Request<Bytes>, manner: Manner) -> Result<Reply, TransportFailure> {
        match &self.mutant {
            Some(mutant) => mutant.answer_as(&self.mock, &request, manner),
            None => Ok(Reply { response: self.mock.answer(&request).response, elapsed: Duration::ZERO }),
        }
    }

    async fn pause(&self, _: Duration) {}

    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH
    }
}

fn wire(dialect: Dialect, mutant: Option<Mutant>) -> Wire<Server> {
    let signer = Signer::new(Credentials::dummy(), "us-east-1").expect("a region");
    let secrets = signer.secrets();
    let sender = Server { mock: Mock::new(CONTRACT.clone()).dialect(dialect), mutant };
    Wire { sender, signer, host: "localhost".into(), headers: HeaderMap::new(), secrets, hidden: Vec::new() }
}

fn plans(dialect: Dialect) -> Vec<Arc<Plan>> {
    let spoken =
        CONTRACT.operations().iter().filter(|operation| dialect == Dialect::Native || operation.documented.is_some());
    spoken.map(|operation| Arc::new(Plan::new(operation, dialect))).collect()
}

fn probes(plan: &Plan) -> Vec<Case> {
    let numbers = 0..plan.count(Phase::Probes, 0);
    numbers.filter_map(|index| plan.case(Phase::Probes, 0, index)?.ok()).collect()
}

#[tokio::test]
async fn the_mock_is_silent_to_all_probes_in_both_dialects() {
    let mut asked = BTreeSet::new();
    let mut wrong = Vec::new();
    for dialect in [Dialect::Native, Dialect::Documented] {
        let wire = wire(dialect, None);
        for plan in plans(dialect) {
            for case in probes(&plan) {
                let chosen = case.probe().expect("a probe");
                asked.insert(chosen.name());
                for (code, complaint) in wire.judge(&case).await.complaints {
                    wrong.push(format!("{} {dialect:?} {code} {}: {complaint:?}", case.token, chosen.form()));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(asked, PROBES.iter().map(|probe| probe.name()).collect());
}

/// Each probe finds its mutant, and no probe finds another one's with a finding that the other does not have.
#[tokio::test]
async fn each_probe_finds_the_server_that_goes_wrong_for_it() {
    let mut found: BTreeMap<&str, bool> = PROBES.iter().map(|probe| (probe.name(), false)).collect();
    let mut missed = Vec::new();
    for plan in plans(Dialect::Native) {
        let cases = probes(&plan);
        for mutant in Mutant::all_of(&CONTRACT, plan.operation(), &[]) {
            let Fault::Probed { .. } = mutant.fault else { continue };
            let (name, caught_by) = (mutant.name(), mutant.caught_by());
            let wire = wire(Dialect::Native, Some(mutant));
            let own = cases.iter().filter(|case| case.probe().is_some_and(|chosen| chosen.name() == caught_by));
            let mut is_found = false;
            for case in own {
                let complaints = wire.judge(case).await.complaints;
                is_found |= complaints.iter().any(|(code, complaint)| *code == caught_by && complaint.is_finding());
            }
            if is_found {
                found.insert(caught_by, true);
            } else {
                missed.push(name);
            }
        }
    }
    assert!(missed.is_empty(), "not found: {missed:?}");
    assert!(found.values().all(|found| *found), "without a mutant: {found:?}");
}

/// What a probe sends is nothing that examples and coverage send: their cases do not see its mutant.
#[tokio::test]
async fn no_other_case_finds_the_mutant_of_a_probe() {
    let plan = plans(Dialect::Native).into_iter().find(|plan| plan.operation().name == "StartBackupJob");
    let plan = plan.expect("built in");
    let phases = [Phase::Examples, Phase::Coverage].into_iter();
    let numbers = phases.flat_map(|phase| (0..plan.count(phase, 0)).map(move |index| (phase, index)));
    let cases: Vec<Case> = numbers.filter_map(|(phase, index)| plan.case(phase, 0, index)?.ok()).collect();
    for mutant in Mutant::all_of(&CONTRACT, plan.operation(), &[]) {
        let Fault::Probed { .. } = mutant.fault else { continue };
        let name = mutant.name();
        let wire = wire(Dialect::Native, Some(mutant));
        for case in cases.iter().step_by(3) {
            let complaints = wire.judge(case).await.complaints;
            assert!(complaints.is_empty(), "{name}: {} {complaints:?}", case.token);
        }
    }
}

#[test]
fn a_token_recreates_the_case_of_a_probe() {
    for plan in plans(Dialect::Native) {
        for case in probes(&plan) {
            let again = plan.replay(&case.token).expect("the same case");
            assert_eq!(again.verdict, case.verdict);
            let parts = |case: &Case| {
                let request = &case.request;
                (request.method().clone(), request.uri().clone(), request.headers().clone(), request.body().clone())
            };
            assert_eq!(parts(&again), parts(&case), "{}", case.token);
        }
    }
}
