//! From exchanges to a report.

use std::cell::LazyCell;

use super::answers;
use super::attempts::{Attempts, Calls};
use super::coverage::Survey;
use super::exchange::Exchanges;
use super::observe::observe;
use crate::check::{self, Party, Tally};
use crate::contract::Contract;
use crate::exchange::{Ended, Observation};
use crate::report::{ClientSection, Coverage, FaultReport, Finding, Report, findings_and_notes};

/// What has been seen of a command so far: what is found of its requests and of the answers to them, and what it exercised.
#[derive(Debug)]
pub struct ClientRun {
    strict: bool,
    contract: Vec<String>,
    tally: Tally<Finding>,
    section: ClientSection,
    whole: bool,
}

impl ClientRun {
    /// Of a command, by its program, that met no fault.
    #[must_use]
    pub fn new(contract: &Contract, command: String, ended: Ended, strict: bool, exchanges: &Exchanges) -> Self {
        let (tally, coverage) = judge(contract, exchanges, &Calls::default());
        let lost = exchanges.lost();
        let requests = exchanges.kept().len() as u64;
        Self {
            strict,
            contract: contract.operations().iter().map(|operation| format!("{:08x}", operation.fingerprint)).collect(),
            tally,
            section: ClientSection { command, ended, requests, lost, faults: Vec::new(), coverage },
            whole: ended == Ended::Exit(0) && lost == 0,
        }
    }

    /// The operations that it called.
    #[must_use]
    pub fn called(&self) -> Vec<String> {
        let called = self.section.coverage.iter().filter(|one| one.calls > 0);
        called.map(|one| one.operation.clone()).collect()
    }

    /// Adds what is found of the answers of a real implementation.
    pub fn add_answers(&mut self, contract: &Contract, exchanges: &Exchanges) {
        self.tally.join(answers::judge(contract, exchanges));
    }

    /// Adds how it took a fault.
    pub fn add_fault(&mut self, report: FaultReport, found: Tally<Finding>) {
        self.whole &= report.ended != Ended::TimedOut;
        self.section.faults.push(report);
        self.tally.join(found);
    }

    /// Adds what is found of its requests under a fault and not without, given how often it asks for what without.
    pub fn add_requests(&mut self, contract: &Contract, exchanges: &Exchanges, calls: &Calls, fault: &str) {
        let (found, _) = judge(contract, exchanges, calls);
        let mut under_fault = Tally::default();
        for group in found {
            let finding = Finding { fault: Some(fault.to_owned()), count: group.count, ..group.shown };
            finding.add_to(&mut under_fault);
        }
        self.tally.join_new(under_fault);
        self.section.lost += exchanges.lost();
    }

    /// Notes that the command was interrupted, so that nobody waits for what it would have sent.
    pub fn interrupt(&mut self) {
        self.whole = false;
        self.section.ended = Ended::Interrupted;
    }

    /// What it comes to.
    #[must_use]
    pub fn report(self) -> Report {
        let (findings, notes) = findings_and_notes(self.tally);
        let report = Report::new(self.contract, self.strict);
        Report { whole: self.whole, findings, notes, client: Some(self.section), ..report }.grouped()
    }
}

/// What is found of the requests of a command, and what they exercise.
fn judge(contract: &Contract, exchanges: &Exchanges, calls: &Calls) -> (Tally<Finding>, Vec<Coverage>) {
    let mut attempts = Attempts::beside(calls);
    let mut survey = Survey::new(contract);
    let mut tally = Tally::default();
    for exchange in exchanges.kept() {
        let mut observation = observe(contract, &exchange.request);
        attempts.place(&mut observation, exchange);
        survey.see(&observation, exchange);
        complain(&mut tally, Party::Client, &observation);
    }
    (tally, survey.end())
}

/// Counts what the checks of a party say of an observation, and shows its request.
pub(super) fn complain(tally: &mut Tally<Finding>, party: Party, observation: &Observation<'_>) {
    // Of one request there may be as many complaints as it has members.
    let request = LazyCell::new(|| observation.redacted_request());
    for (code, complaint) in check::judge(party, observation) {
        let operation = observation.operation.map(|operation| operation.label.clone());
        let mut finding = Finding::new(code, operation, complaint);
        finding.evidence.push(request.clone());
        tally.add(finding.key(), finding);
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use http::Request;

    use super::*;
    use crate::Mock;
    use crate::client::Exchange;
    use crate::mock::Sending;

    fn exchanges(contract: &Contract, bodies: &[&str]) -> Exchanges {
        let mock = Mock::new(contract.clone());
        let mut exchanges = Exchanges::default();
        for body in bodies {
            let request = Request::put("/backup-jobs").header("content-type", "application/json");
            let request = request.header("accept", "application/json").header("user-agent", "test");
            let request = request.body(Bytes::copy_from_slice(body.as_bytes())).expect("a request");
            let sending = Sending::from(mock.answer(&request).response);
            exchanges.push(Exchange::new(request, &sending, Duration::ZERO));
        }
        exchanges
    }

    fn run(contract: &Contract, bodies: &[&str]) -> ClientRun {
        ClientRun::new(contract, "client".into(), Ended::Exit(0), false, &exchanges(contract, bodies))
    }

    #[test]
    fn like_complaints_are_one_finding() {
        let contract = Contract::builtin();
        let report = run(&contract, &[r#"{"BackupVaultName": "a b"}"#; 3]).report();
        let absent = report.findings.iter().find(|finding| finding.about.as_deref() == Some("/ResourceArn#required"));
        let absent = absent.unwrap_or_else(|| panic!("{report:#?}"));
        assert_eq!((absent.count, absent.code.as_str()), (3, "request-schema"));
        assert!(absent.evidence.iter().any(|shown| shown.body.contains("a b")));
        let coverage = report.client.expect("a client").coverage;
        let coverage = coverage.iter().find(|coverage| coverage.operation == "StartBackupJob").expect("its coverage");
        assert_eq!(coverage.calls, 3);
        assert_eq!(coverage.members.seen, ["/BackupVaultName"]);
        assert!(coverage.constraints.seen.contains(&"/BackupVaultName#pattern".to_owned()));
        assert!(!coverage.errors.seen.is_empty() && coverage.members.never.contains(&"/ResourceArn".to_owned()));
    }

    #[test]
    fn what_a_fault_adds_names_it() {
        let contract = Contract::builtin();
        let mut run = run(&contract, &[r#"{"BackupVaultName": "a b"}"#]);
        let more = exchanges(&contract, &[r#"{"BackupVaultName": "a b", "Zzz": 1}"#]);
        run.add_requests(&contract, &more, &Calls::default(), "slow");
        let report = run.report();
        let under: Vec<_> = report.findings.iter().filter(|finding| finding.fault.as_deref() == Some("slow")).collect();
        assert!(under.len() == 1 && under[0].about.as_deref() == Some("/Zzz"), "{under:#?}");
    }
}
