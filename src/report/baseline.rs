//! The baseline: findings that are known and accepted, each with a reason and an expiry. They do not fail a run; an entry that
//! has expired, or that nothing shows any more, does.

use std::fmt::Write;

use jiff::civil::Date;
#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{Finding, Outcome, Report};
use crate::check;
use crate::contract::Contract;

/// How long a new entry lasts, in days.
const LASTS: i64 = 90;

/// Accepted findings.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Baseline {
    entries: Vec<Entry>,
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
    pub constraint: Option<String>,
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
    /// Reads a baseline in TOML: tables `[[accepted]]` with `operation`, `check`, `constraint` where the finding has one,
    /// `reason`, `ticket` where there is one, and `expires`, a date.
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
        Ok(Self { entries })
    }

    /// Takes the findings that are accepted out of a report's findings, and names the entries that must go. Entries of
    /// operations that were not judged in full are left alone.
    pub fn apply(&self, report: &mut Report, today: Date) {
        for entry in &self.entries {
            let position = report.findings.iter().position(|finding| entry.key() == key(finding));
            let stale = |why: &str| Stale {
                operation: entry.operation.clone(),
                check: entry.check.clone(),
                constraint: entry.constraint.clone(),
                line: entry.line as u64,
                why: why.to_owned(),
            };
            match position {
                Some(_) if entry.expires < today => {
                    report.stale.push(stale(&format!("it has expired on {}", entry.expires)));
                }
                Some(position) => report.accepted.push(Accepted {
                    finding: report.findings.remove(position),
                    reason: entry.reason.clone(),
                    ticket: entry.ticket.clone(),
                    expires: entry.expires.to_string(),
                }),
                None if report.is_whole() && was_judged(report, &entry.operation) => {
                    report.stale.push(stale("nothing shows it any more"));
                }
                None => {}
            }
        }
        conform(report);
    }

    /// The baseline in which exactly the findings of a report are accepted; what is said of those that it has already
    /// stays, and so do entries of operations that were not judged in full.
    #[must_use]
    pub fn updated(&self, report: &Report, today: Date) -> String {
        let mut entries: Vec<Entry> = Vec::new();
        let kept = |entry: &&Entry| !report.is_whole() || !was_judged(report, &entry.operation);
        let found: Vec<&Finding> =
            report.findings.iter().chain(report.accepted.iter().map(|accepted| &accepted.finding)).collect();
        entries.extend(self.entries.iter().filter(kept).cloned());
        for finding in found {
            let known = self.entries.iter().find(|entry| entry.key() == key(finding)).cloned();
            let expires = today.saturating_add(jiff::Span::new().days(LASTS));
            let fresh = || Entry {
                operation: finding.operation.clone(),
                check: finding.code.clone(),
                constraint: finding.constraint.clone(),
                reason: format!("accepted on {today} by --update-baseline; say why"),
                ticket: None,
                expires,
                line: 0,
            };
            let mut entry = known.unwrap_or_else(fresh);
            if entry.expires < today {
                entry.expires = expires;
            }
            if !entries.iter().any(|other| other.key() == entry.key()) {
                entries.push(entry);
            }
        }
        entries.sort_by(|a, b| a.key().cmp(&b.key()));
        render(&entries)
    }
}

type Key<'e> = (&'e str, &'e str, Option<&'e str>);

impl Entry {
    fn key(&self) -> Key<'_> {
        (&self.operation, &self.check, self.constraint.as_deref())
    }
}

fn key(finding: &Finding) -> Key<'_> {
    (&finding.operation, &finding.code, finding.constraint.as_deref())
}

fn entry(
    spec: EntrySpec,
    start: usize,
    contract: &Contract,
    fault: &dyn Fn(usize, String) -> BaselineError,
) -> Result<Entry, BaselineError> {
    if let Err(error) = contract.operation(spec.operation.get_ref()) {
        return Err(fault(spec.operation.span().start + 1, error.to_string()));
    }
    if check::by_code(spec.check.get_ref()).is_none() {
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

/// Whether all cases of an operation were judged.
fn was_judged(report: &Report, operation: &str) -> bool {
    let judged = |outcome: Outcome| matches!(outcome, Outcome::Conforms | Outcome::Findings);
    report.operations.iter().any(|known| known.operation == operation && judged(known.outcome))
}

/// Operations without a finding that is not accepted conform.
fn conform(report: &mut Report) {
    for operation in report.operations.iter_mut().filter(|operation| operation.outcome == Outcome::Findings) {
        if !report.findings.iter().any(|finding| finding.operation == operation.operation) {
            operation.outcome = Outcome::Conforms;
            operation.reason = Some("but for what the baseline accepts".to_owned());
        }
    }
}

fn render(entries: &[Entry]) -> String {
    let mut text = String::from(
        "# Findings that are known and accepted, each with a reason and the last day of its acceptance.\n",
    );
    for entry in entries {
        let quoted = |value: &str| toml::Value::String(value.to_owned()).to_string();
        let _ = writeln!(text, "\n[[accepted]]");
        let _ = writeln!(text, "operation = {}", quoted(&entry.operation));
        let _ = writeln!(text, "check = {}", quoted(&entry.check));
        if let Some(constraint) = &entry.constraint {
            let _ = writeln!(text, "constraint = {}", quoted(constraint));
        }
        let _ = writeln!(text, "reason = {}", quoted(&entry.reason));
        if let Some(ticket) = &entry.ticket {
            let _ = writeln!(text, "ticket = {}", quoted(ticket));
        }
        let _ = writeln!(text, "expires = {}", entry.expires);
    }
    text
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
