//! Generated requests against the checks of clients, and the mock's answers against those of answers: nobody is accused who
//! keeps the contract, and each broken constraint is told.

use std::sync::Arc;
use std::time::Duration;

use accordant::check::Party;
use accordant::client::{ClientRun, Exchange, Exchanges};
use accordant::exchange::Ended;
use accordant::generate::{Case, Phase, Plan, Variation, Verdict};
use accordant::mock::{Mock, Sending};
use accordant::model::{Dialect, Operation};
use accordant::{Contract, Report};
use bytes::Bytes;
use http::{Response, StatusCode};

use crate::wire::with_credentials;

const RANDOM: u64 = 40;

/// The plain cases of an operation.
fn cases(plan: &Plan) -> impl Iterator<Item = Case> + '_ {
    let numbers = [Phase::Examples, Phase::Coverage, Phase::Random]
        .into_iter()
        .flat_map(|phase| (0..plan.count(phase, RANDOM)).map(move |index| (phase, index)));
    let cases = numbers.filter_map(|(phase, index)| plan.case(phase, 7, index)?.ok());
    cases.filter(|case| matches!(case.variation, Variation::Plain | Variation::Twice))
}

fn exchange(mock: &Mock, case: &Case, spoil: impl Fn(&mut Response<Bytes>)) -> Exchanges {
    let request = case.request.clone();
    let request = match case.dialect {
        Dialect::Native => with_credentials(request, &case.operation.service.name),
        Dialect::Documented => request,
    };
    let mut response = mock.answer(&request).response;
    spoil(&mut response);
    let mut exchanges = Exchanges::default();
    exchanges.push(Exchange::new(request, &Sending::from(response), Duration::ZERO));
    exchanges
}

/// What is found of requests, and of the answers to them.
fn judged(contract: &Contract, exchanges: &Exchanges) -> Report {
    let mut run = ClientRun::new(contract, "client".into(), Ended::Exit(0), false, exchanges);
    run.add_answers(contract, exchanges);
    run.report()
}

fn found(report: &Report, party: Party) -> Vec<(&str, Option<&str>)> {
    let all = report.findings.iter().chain(&report.notes).filter(|finding| finding.party() == Some(party));
    all.map(|finding| (finding.code.as_str(), finding.about.as_deref())).collect()
}

fn each_case(operation: &Arc<Operation>, dialect: Dialect, mut look: impl FnMut(&Case)) {
    let plan = Plan::new(operation, dialect);
    let mut count = 0;
    for case in cases(&plan) {
        count += 1;
        look(&case);
    }
    assert!(count > 20, "{}: {count}", operation.name);
}

fn dialects(operation: &Operation) -> impl Iterator<Item = Dialect> {
    let documented = operation.documented.is_some().then_some(Dialect::Documented);
    [Dialect::Native].into_iter().chain(documented)
}

#[test]
fn what_keeps_the_contract_is_silent_and_what_breaks_it_is_told() {
    let contract = Contract::builtin();
    let mock = Mock::new(contract.clone());
    for operation in contract.operations() {
        for dialect in dialects(operation) {
            each_case(operation, dialect, |case| {
                let exchanges = exchange(&mock, case, |_| ());
                let report = judged(&contract, &exchanges);
                let of_requests = found(&report, Party::Client);
                match case.verdict {
                    Verdict::Valid { .. } => assert_eq!(of_requests, [], "{}", case.token),
                    Verdict::Invalid { constraint } => {
                        let id = operation.input.constraints[constraint].id.as_str();
                        let due = ("request-schema", Some(id));
                        assert!(of_requests.contains(&due), "{}: {id} not in {of_requests:?}", case.token);
                    }
                    Verdict::Refused { .. } | Verdict::Probe { .. } => {}
                }
                assert_eq!(found(&report, Party::Server), [], "{}", case.token);
            });
        }
    }
}

#[test]
fn an_implementation_that_accepts_everything_or_fails_is_found() {
    let contract = Contract::builtin();
    let mock = Mock::new(contract.clone());
    let operation = contract.operation("StartBackupJob").expect("built in");
    each_case(operation, Dialect::Native, |case| {
        let failing = |response: &mut Response<Bytes>| *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
        let report = judged(&contract, &exchange(&mock, case, failing));
        let found = found(&report, Party::Server);
        if matches!(case.verdict, Verdict::Valid { .. }) {
            assert!(found.iter().any(|(check, _)| *check == "server-error"), "{}: {found:?}", case.token);
        }
    });
}
