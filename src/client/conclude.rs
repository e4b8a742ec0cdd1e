//! From exchanges to what was found of them.

use indexmap::IndexMap;

use super::attempt::{Attempts, Calls};
use super::check::CLIENT_CHECKS;
use super::coverage::Survey;
use super::exchange::Exchanges;
use super::report::{ClientFinding, Judged};
use super::sent::Sent;
use crate::check::Complaint;
use crate::contract::Contract;

/// Most different complaints that are told.
const MOST: usize = 1000;

/// What is found of the requests of a command.
#[must_use]
pub fn judge(contract: &Contract, exchanges: &Exchanges) -> Judged {
    judge_under_fault(contract, exchanges, &Calls::default())
}

/// What is found of the requests of a command that is given trouble, beside how often it asks for what without.
#[must_use]
pub fn judge_under_fault(contract: &Contract, exchanges: &Exchanges, calls: &Calls) -> Judged {
    let mut attempts = Attempts::beside(calls);
    let mut survey = Survey::new(contract);
    let mut groups: IndexMap<Key, ClientFinding> = IndexMap::new();
    for exchange in exchanges.kept() {
        let mut sent = Sent::read(contract, &exchange.request);
        attempts.place(&mut sent, exchange);
        survey.see(&sent, exchange);
        for check in CLIENT_CHECKS {
            for complaint in check.judge(&sent) {
                complain(&mut groups, check.code(), &sent, complaint);
            }
        }
    }
    let (findings, notes) = groups.into_values().partition(ClientFinding::is_finding);
    let requests = exchanges.kept().len() as u64;
    Judged { requests, lost: exchanges.lost(), findings, notes, coverage: survey.end() }
}

/// What complaints must share to be told as one.
pub(super) type Key = (&'static str, Option<String>, Option<String>, bool);

/// Counts a complaint with those like it.
pub(super) fn complain(
    groups: &mut IndexMap<Key, ClientFinding>,
    check: &'static str,
    sent: &Sent<'_>,
    complaint: Complaint,
) {
    let operation = sent.operation().map(|operation| operation.label.clone());
    let key = (check, operation.clone(), complaint.about.clone(), complaint.is_finding());
    if let Some(known) = groups.get_mut(&key) {
        known.count += 1;
    } else if groups.len() < MOST {
        groups.insert(key, ClientFinding::new(check, operation, complaint, sent));
    }
}

impl ClientFinding {
    fn new(check: &str, operation: Option<String>, complaint: Complaint, sent: &Sent<'_>) -> Self {
        Self {
            check: check.to_owned(),
            operation,
            about: complaint.about,
            strength: complaint.strength,
            disputed: complaint.disputed,
            expected: complaint.expected,
            actual: complaint.actual,
            count: 1,
            fault: None,
            request: Some(sent.shown()),
            citation: complaint.citations,
        }
    }

    /// Whether it can fail a run, rather than being a note.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        !self.disputed && self.strength <= crate::contract::model::Strength::Model
    }
}

impl Judged {
    /// Takes over what was found under a fault and not without.
    pub fn join(&mut self, other: Self, fault: &str) {
        self.lost += other.lost;
        for (mine, others) in [(&mut self.findings, other.findings), (&mut self.notes, other.notes)] {
            for finding in others {
                let same = |known: &ClientFinding| {
                    (&known.check, &known.operation, &known.about)
                        == (&finding.check, &finding.operation, &finding.about)
                };
                if !mine.iter().any(same) {
                    mine.push(ClientFinding { fault: Some(fault.to_owned()), ..finding });
                }
            }
        }
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

    #[test]
    fn like_complaints_are_one_finding() {
        let contract = Contract::builtin();
        let judged = judge(&contract, &exchanges(&contract, &[r#"{"BackupVaultName": "a b"}"#; 3]));
        let absent = judged.findings.iter().find(|finding| finding.about.as_deref() == Some("/ResourceArn#required"));
        let absent = absent.unwrap_or_else(|| panic!("{judged:#?}"));
        assert_eq!((absent.count, absent.check.as_str()), (3, "request-schema"));
        assert!(absent.request.as_ref().is_some_and(|shown| shown.body.contains("a b")));
        let coverage = judged.coverage.iter().find(|coverage| coverage.operation == "StartBackupJob");
        let coverage = coverage.expect("its coverage");
        assert_eq!(coverage.calls, 3);
        assert_eq!(coverage.members.seen, ["/BackupVaultName"]);
        assert!(coverage.constraints.seen.contains(&"/BackupVaultName#pattern".to_owned()));
        assert!(!coverage.errors.seen.is_empty() && coverage.members.never.contains(&"/ResourceArn".to_owned()));
    }

    #[test]
    fn what_a_fault_adds_is_told_with_it() {
        let contract = Contract::builtin();
        let mut judged = judge(&contract, &exchanges(&contract, &[r#"{"BackupVaultName": "a b"}"#]));
        let before = judged.findings.len();
        judged.join(judge(&contract, &exchanges(&contract, &[r#"{"BackupVaultName": "a b", "Zzz": 1}"#])), "slow");
        assert_eq!(judged.findings.len(), before + 1);
        assert_eq!(judged.findings[before].fault.as_deref(), Some("slow"));
    }
}
