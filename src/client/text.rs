//! The report of a client as text.

use super::coverage::{Coverage, Exercised};
use super::report::{ClientFinding, ClientReport, FaultReport};
use crate::text::cut;

/// Most names of a list.
const NAMES: usize = 12;
/// Longest line that a body is shown in, in characters.
const BODY: usize = 400;

/// The report as text.
#[must_use]
pub fn render_text(report: &ClientReport) -> String {
    let judged = &report.judged;
    let mut text = String::new();
    for (word, list) in [("FINDING", &judged.findings), ("note", &judged.notes)] {
        for finding in list {
            render_finding(&mut text, word, finding);
        }
    }
    render_coverage(&mut text, &judged.coverage);
    if !report.faults.is_empty() {
        line(&mut text, format_args!("faults:"));
        for row in render_faults(&report.faults).lines() {
            line(&mut text, format_args!("  {row}"));
        }
    }
    for accepted in &report.accepted {
        line(&mut text, format_args!("{accepted}"));
    }
    for stale in &report.stale {
        line(&mut text, format_args!("{stale}"));
    }
    if judged.lost > 0 {
        line(
            &mut text,
            format_args!("{} answered but not judged: there were too many", count(judged.lost, "more request")),
        );
    }
    let (findings, notes) = (judged.findings.len() as u64, judged.notes.len() as u64);
    line(
        &mut text,
        format_args!(
            "accordant: {} judged, {}, {}{}; the command {}",
            count(judged.requests, "request"),
            count(findings, "finding"),
            count(notes, "note"),
            of_baseline(report),
            report.ended
        ),
    );
    text
}

/// What the baseline has to do with it.
fn of_baseline(report: &ClientReport) -> String {
    let accepted = match report.accepted.len() {
        0 => String::new(),
        count => format!(", {count} accepted"),
    };
    match report.stale.len() {
        0 => accepted,
        1 => format!("{accepted}, 1 entry of the baseline to remove"),
        count => format!("{accepted}, {count} entries of the baseline to remove"),
    }
}

fn render_finding(text: &mut String, word: &str, finding: &ClientFinding) {
    let about = finding.about.as_ref().map(|about| format!(" {about}")).unwrap_or_default();
    let operation = finding.operation.as_deref().unwrap_or("no operation");
    let times = if finding.count == 1 { "once".to_owned() } else { format!("{} times", finding.count) };
    let under = finding.fault.as_ref().map_or_else(String::new, |fault| format!(", under {fault}"));
    line(text, format_args!("{word} {} {operation}{about} ({times}{under})", finding.check));
    line(text, format_args!("  expected: {}", finding.expected));
    line(text, format_args!("  actual:   {}", finding.actual));
    if let Some(shown) = &finding.request {
        line(text, format_args!("  first:    {}", shown.line));
        if !shown.body.is_empty() {
            line(text, format_args!("            {}", cut(shown.body.as_str(), BODY)));
        }
    }
    if !finding.citation.is_empty() {
        line(text, format_args!("  source:   {}", finding.citation.join(", ")));
    }
}

fn render_coverage(text: &mut String, coverage: &[Coverage]) {
    let (called, never): (Vec<&Coverage>, Vec<&Coverage>) = coverage.iter().partition(|one| one.calls > 0);
    line(text, format_args!("coverage: {} of {} operations", called.len(), coverage.len()));
    for one in called {
        line(
            text,
            format_args!(
                "  {}: {}; {} members, {} listed values, {} constraints broken, {} errors",
                one.operation,
                count(one.calls, "call"),
                part(&one.members),
                part(&one.values),
                part(&one.constraints),
                part(&one.errors)
            ),
        );
        for (what, list) in [("members never sent", &one.members), ("values never sent", &one.values)] {
            if !list.never.is_empty() {
                line(text, format_args!("    {what}: {}", names(&list.never)));
            }
        }
    }
    if !never.is_empty() {
        let never: Vec<String> = never.iter().map(|one| one.operation.clone()).collect();
        line(text, format_args!("  never called: {}", names(&never)));
    }
}

fn count(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn part(exercised: &Exercised) -> String {
    format!("{} of {}", exercised.seen.len(), exercised.seen.len() + exercised.never.len())
}

fn names(all: &[String]) -> String {
    let more = all.len().saturating_sub(NAMES);
    let shown = all[..all.len() - more].join(", ");
    if more == 0 { shown } else { format!("{shown} and {more} more") }
}

/// The faults as a table in Markdown.
#[must_use]
pub fn render_faults(faults: &[FaultReport]) -> String {
    let header =
        ["fault", "requests", "attempts", "retry", "token", "error", "command", "behaviour"].map(str::to_owned);
    let rows = faults.iter().map(|row| {
        let known = |field: &Option<String>| field.clone().unwrap_or_else(|| "-".to_owned());
        let (retry, token, error) = (known(&row.retry), known(&row.token), known(&row.error));
        let attempts = if row.requests == 0 { "-".to_owned() } else { row.attempts.to_string() };
        let (fault, requests) = (row.fault.clone(), row.requests.to_string());
        [fault, requests, attempts, retry, token, error, row.ended.clone(), row.behaviour.clone()]
    });
    let rows: Vec<[String; 8]> = std::iter::once(header).chain(rows).collect();
    let widths: Vec<usize> =
        (0..8).map(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0)).collect();
    let mut text = String::new();
    for (index, row) in rows.iter().enumerate() {
        let cells: Vec<String> = row.iter().zip(&widths).map(|(cell, width)| format!("{cell:<width$}")).collect();
        line(&mut text, format_args!("| {} |", cells.join(" | ")));
        if index == 0 {
            let rules: Vec<String> = widths.iter().map(|width| "-".repeat(*width)).collect();
            line(&mut text, format_args!("| {} |", rules.join(" | ")));
        }
    }
    text
}

/// Adds a line. Names that clients send may hold what steers a terminal.
fn line(text: &mut String, line: std::fmt::Arguments<'_>) {
    let plain = |letter: char| if letter.is_control() { char::REPLACEMENT_CHARACTER } else { letter };
    text.extend(line.to_string().chars().map(plain).chain(['\n']));
}
