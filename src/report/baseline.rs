//! The baseline: findings that are known and accepted, each with a reason and an expiry. They do not fail a run; an entry that
//! has expired, or that nothing shows any more, does.

mod edit;

use std::fmt;

use jiff::civil::Date;
#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use edit::BaselineText;

use super::{Coverage, FaultReport, Finding, Outcome, Report, root_causes};
use crate::check::{self, Party};
use crate::contract::Contract;
use crate::exchange::Fault;
use crate::probe;

/// How long a new entry lasts, in days.
const LASTS: i64 = 90;
/// What stands for the operation of a finding about a request that is for none.
pub const NO_OPERATION: &str = "-";

/// What a baseline knows a finding by: its operation, or [`NO_OPERATION`]; its check; and what of the contract it is about.
type Key<'k> = (&'k str, &'k str, Option<&'k str>);

/// Accepted findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
    /// As a person has written it.
    text: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    operation: String,
    check: String,
    constraint: Option<String>,
    reason: String,
    ticket: Option<String>,
    expires: Date,
    /// The line that it begins on.
    line: usize,
}

/// Why a text is no baseline.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{name}:{line}: {message}")]
pub struct BaselineError {
    /// The file's name.
    pub name: String,
    /// The line at fault.
    pub line: usize,
    /// What is wrong, and what to do about it.
    pub message: String,
}

/// A finding that is accepted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Accepted {
    /// The finding.
    pub finding: Finding,
    /// Why it is accepted.
    pub reason: String,
    /// Where that is followed up.
    pub ticket: Option<String>,
    /// The last day on which it is accepted.
    pub expires: String,
}

/// An entry of the baseline that must go.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Stale {
    /// The operation.
    pub operation: String,
    /// The check.
    pub check: String,
    /// What it is about.
    pub about: Option<String>,
    /// The line of the baseline on which the entry begins.
    pub line: u64,
    /// Why it must go.
    pub why: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    accepted: Vec<Spanned<EntrySpec>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EntrySpec {
    operation: Spanned<String>,
    check: Spanned<String>,
    constraint: Option<String>,
    reason: String,
    ticket: Option<String>,
    expires: Spanned<toml::value::Datetime>,
}

impl Baseline {
    /// Reads a baseline in TOML: tables `[[accepted]]` with `operation` (`-` where a client's finding has none), `check`,
    /// `constraint` where the finding has one, `reason`, `ticket` where there is one, and `expires`, a date.
    ///
    /// # Errors
    /// [`BaselineError`] for the first thing that is wrong, with its line.
    pub fn parse(name: &str, text: &str, contract: &Contract) -> Result<Self, BaselineError> {
        let fault = |at: usize, message: String| BaselineError {
            name: name.to_owned(),
            // Bytes: the place may be within a character.
            line: text.bytes().take(at.saturating_sub(1)).filter(|byte| *byte == b'\n').count() + 1,
            message,
        };
        let file: File = toml::from_str(text).map_err(|error| {
            let at = error.span().map_or(0, |span| span.start + 1);
            fault(at, error.message().to_owned())
        })?;
        let mut entries: Vec<Entry> = Vec::new();
        for spec in file.accepted {
            let start = spec.span().start + 1;
            let line = fault(start, String::new()).line;
            let entry = Entry { line, ..entry(spec.into_inner(), start, contract, &fault)? };
            if entries.iter().any(|known| known.key() == entry.key()) {
                return Err(fault(start, "the finding is accepted twice; remove one of the entries".into()));
            }
            entries.push(entry);
        }
        Ok(Self { entries, text: text.to_owned() })
    }

    /// Takes the findings that are accepted out of a report's findings, and names the entries that must go. Entries of
    /// what the run would not have shown are left alone.
    pub fn apply(&self, report: &mut Report, today: Date) {
        for entry in &self.entries {
            let unseen_is_gone = report.would_show(entry.key());
            let fails = report.findings.iter().any(|finding| entry.accepts(finding));
            let noted = report.notes.iter().any(|note| entry.accepts(note));
            if (fails || noted && report.strict) && entry.expires < today {
                report.stale.push(entry.stale(format!("it has expired on {}", entry.expires)));
            } else if fails || noted {
                entry.accept(report);
            } else if unseen_is_gone {
                report.stale.push(entry.stale("nothing shows it any more".to_owned()));
            }
        }
        report.settle();
        report.causes = root_causes(report);
    }

    /// The text of the baseline in which exactly the findings of a report are accepted. What is said of those that it has
    /// already stays as it is written, comments and order too; so do entries of what the run would not have shown.
    #[must_use]
    pub fn updated(&self, report: &Report, today: Date) -> String {
        let keys = report.keys();
        let mut text = BaselineText::new(&self.text);
        for entry in &self.entries {
            if !keys.contains(&entry.key()) {
                if report.would_show(entry.key()) {
                    text.remove(entry.key());
                }
            } else if entry.expires < today {
                text.prolong(entry.key(), lasting(today));
            }
        }
        let mut fresh: Vec<Key<'_>> = keys.into_iter().filter(|key| !self.has(*key)).collect();
        fresh.sort_unstable();
        fresh.dedup();
        for key in fresh {
            text.add(&Entry::fresh(key, today));
        }
        text.render()
    }

    fn has(&self, key: Key<'_>) -> bool {
        self.entries.iter().any(|entry| entry.key() == key)
    }

    /// What it accepts, wherever that stands in the text.
    #[cfg(feature = "fuzzing")]
    pub(crate) fn accepted(&self) -> impl PartialEq + fmt::Debug + '_ {
        let said = |entry: &Entry| (entry.reason.clone(), entry.ticket.clone(), entry.expires);
        self.entries.iter().map(|entry| (entry.key(), said(entry))).collect::<Vec<_>>()
    }
}

/// The last day of an entry that is new today.
fn lasting(today: Date) -> Date {
    today.saturating_add(jiff::Span::new().days(LASTS))
}

impl Entry {
    fn fresh((operation, check, constraint): Key<'_>, today: Date) -> Self {
        Self {
            operation: operation.to_owned(),
            check: check.to_owned(),
            constraint: constraint.map(str::to_owned),
            reason: format!("accepted on {today} by --update-baseline; say why"),
            ticket: None,
            expires: lasting(today),
            line: 0,
        }
    }

    fn key(&self) -> Key<'_> {
        (&self.operation, &self.check, self.constraint.as_deref())
    }

    fn accepts(&self, finding: &Finding) -> bool {
        self.key() == key_of(finding)
    }

    /// Moves what it accepts, notes too where they fail the run.
    fn accept(&self, report: &mut Report) {
        let strict = report.strict;
        let failing = report.findings.extract_if(.., |finding| self.accepts(finding));
        let strictly = report.notes.extract_if(.., |note| strict && self.accepts(note));
        report.accepted.extend(failing.chain(strictly).map(|finding| Accepted {
            finding,
            reason: self.reason.clone(),
            ticket: self.ticket.clone(),
            expires: self.expires.to_string(),
        }));
    }

    fn stale(&self, why: String) -> Stale {
        Stale {
            operation: self.operation.clone(),
            check: self.check.clone(),
            about: self.constraint.clone(),
            line: self.line as u64,
            why,
        }
    }
}

/// What a baseline knows a finding by.
fn key_of(finding: &Finding) -> Key<'_> {
    (finding.operation.as_deref().unwrap_or(NO_OPERATION), &finding.code, finding.about.as_deref())
}

impl Report {
    /// What fails the run, accepted findings too.
    fn keys(&self) -> Vec<Key<'_>> {
        let notes = self.notes.iter().filter(|_| self.strict);
        let accepted = self.accepted.iter().map(|accepted| &accepted.finding);
        self.findings.iter().chain(notes).chain(accepted).map(key_of).collect()
    }

    /// Whether the run would have shown such a finding if there was one.
    fn would_show(&self, (operation, code, about): Key<'_>) -> bool {
        if !self.is_whole() {
            return false;
        }
        let Some(check) = check::by_code(code) else {
            return probe::by_name(code).is_some() && self.judged_all_of(operation);
        };
        match check.party() {
            Party::Server => self.judged_all_of(operation),
            Party::Client => self.called(operation) && (!check.needs_faults() || self.gave_all_faults()),
            Party::Run => self.called(operation) && self.gave(operation, about),
        }
    }

    /// Whether all cases of an operation were judged. What is found of the answers to a client depends on what it asks, so
    /// that its absence says little.
    fn judged_all_of(&self, operation: &str) -> bool {
        let judged = |outcome: Outcome| matches!(outcome, Outcome::Conforms | Outcome::Findings);
        self.operations().iter().any(|known| known.operation == operation && judged(known.outcome))
    }

    fn called(&self, operation: &str) -> bool {
        let called = |one: &Coverage| one.calls > 0 && one.operation == operation;
        let any = |coverage: &[Coverage]| operation == NO_OPERATION || coverage.iter().any(called);
        self.client.as_ref().is_some_and(|client| any(&client.coverage))
    }

    /// Whether every fault was given that nobody may take for a success: any of them may have been the one.
    fn gave_all_faults(&self) -> bool {
        Fault::all_wrong().all(|fault| self.faults().iter().any(|row| row.fault == fault.name()))
    }

    /// Whether a request for an operation met a fault.
    fn gave(&self, operation: &str, fault: Option<&str>) -> bool {
        let met = |row: &FaultReport| row.operations.contains(operation) && fault == Some(&row.fault);
        self.faults().iter().any(met)
    }

    fn faults(&self) -> &[FaultReport] {
        self.client.as_ref().map_or(&[], |client| &client.faults)
    }

    /// Draws the conclusion from what is accepted: operations without a finding that is not accepted conform.
    fn settle(&mut self) {
        let Some(server) = &mut self.server else { return };
        for operation in server.operations.iter_mut().filter(|operation| operation.outcome == Outcome::Findings) {
            let is_of = |finding: &Finding| finding.operation.as_ref() == Some(&operation.operation);
            if !self.findings.iter().any(is_of) {
                operation.outcome = Outcome::Conforms;
                operation.reason = Some("but for what the baseline accepts".to_owned());
            }
        }
    }
}

impl fmt::Display for Accepted {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { finding, reason, ticket, expires } = self;
        let ticket = ticket.as_deref().map(|ticket| format!(", {ticket}")).unwrap_or_default();
        write!(formatter, "accepted until {expires}: {}: {reason}{ticket}", Named(key_of(finding)))
    }
}

impl fmt::Display for Stale {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named = Named((&self.operation, &self.check, self.about.as_deref()));
        write!(formatter, "remove from the baseline, line {}: {named}: {}", self.line, self.why)
    }
}

/// A finding by what a baseline knows it by, for a person.
struct Named<'k>(Key<'k>);

impl fmt::Display for Named<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operation, check, constraint) = self.0;
        let about = constraint.map(|about| format!(" {about}")).unwrap_or_default();
        write!(formatter, "{check}: {operation}{about}")
    }
}

fn entry(
    spec: EntrySpec,
    start: usize,
    contract: &Contract,
    fault: &dyn Fn(usize, String) -> BaselineError,
) -> Result<Entry, BaselineError> {
    if spec.operation.get_ref() != NO_OPERATION
        && let Err(error) = contract.operation(spec.operation.get_ref())
    {
        return Err(fault(spec.operation.span().start + 1, error.to_string()));
    }
    if check::by_code(spec.check.get_ref()).is_none() && probe::by_name(spec.check.get_ref()).is_none() {
        let message = format!("there is no check {}; `accordant explain` lists them", spec.check.get_ref());
        return Err(fault(spec.check.span().start + 1, message));
    }
    let date = spec.expires.get_ref().to_string().parse::<Date>();
    let expires = date.map_err(|_| fault(spec.expires.span().start + 1, "expires is a date, as 2027-01-31".into()))?;
    if spec.reason.trim().is_empty() {
        return Err(fault(start, "the reason is empty; say why the finding is accepted".into()));
    }
    Ok(Entry {
        operation: spec.operation.into_inner(),
        check: spec.check.into_inner(),
        constraint: spec.constraint,
        reason: spec.reason,
        ticket: spec.ticket,
        expires,
        line: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wrong_has_its_line_also_beside_characters_of_several_bytes() {
        let contract = Contract::builtin();
        for (text, line) in [
            ("ö = 1", 1),
            ("\n\n[[accepted]]\noperation = 漢\n", 4),
            ("# é\n[[accepted]]\noperation = \"ReplicateBackup\"\nexpires = é", 4),
            ("[[accepted]]\noperation = \"Keine Öperation\"\ncheck = \"x\"\nreason = \"x\"\nexpires = 2030-01-01", 2),
        ] {
            let error = Baseline::parse("b.toml", text, &contract).expect_err(text);
            assert_eq!(error.line, line, "{text}: {error}");
        }
    }
}
