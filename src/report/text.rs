//! The report as text for a terminal.

use super::cause::{RootCause, of_finding, root_causes};
use super::client::{ClientSection, Coverage, ErrorNamed, Exercised, FaultReport, Retry, TokenReuse};
use super::finding::{Comparison, Finding, Replay};
use super::server::{OperationReport, Outcome, ServerSection};
use super::{Conclusion, Report, shell_word};
use crate::exchange::RedactedMessage;
use crate::model::Dialect;
use crate::text::{cut, shown};

/// Longest body that a finding shows, in characters.
const BODY: usize = 600;
/// Most findings that are shown in full.
const MOST: usize = 50;
/// Most findings of one root cause that are listed.
const TOGETHER: usize = 12;
/// Most titles at the end, so that they fit on a screen.
const TITLES: usize = 20;
/// Longest title there, in characters.
const TITLE: usize = 110;
/// Most notes that are listed without being asked for.
const NOTES: usize = 5;
/// Most names of a list.
const NAMES: usize = 12;

/// Writes a report: root causes, notes, what became of the baseline, how each operation did, the titles of the root causes,
/// and what it all comes to.
#[must_use]
pub fn render_text(report: &Report) -> String {
    let mut text = String::new();
    let causes = root_causes(report);
    for cause in causes.iter().take(MOST) {
        push_cause(report, cause, &mut text);
    }
    if causes.len() > MOST {
        line(&mut text, format_args!("… and {} more: see --report", counted_causes(causes.len() - MOST)));
    }
    render_notes(report, &mut text);
    render_baseline(report, &mut text);
    if let Some(server) = &report.server {
        server.operations.iter().for_each(|operation| render_operation(operation, &mut text));
        text.push('\n');
        render_cases(report, server, &mut text);
    }
    if let Some(client) = &report.client {
        render_client(client, &mut text);
    }
    push_titles(&causes, &mut text);
    line(&mut text, format_args!("{}", conclusion(report, causes.len())));
    text
}

/// Writes a root cause: its first finding in full, and the others by their titles.
fn push_cause(report: &Report, cause: &RootCause, text: &mut String) {
    let [shown, others @ ..] = &cause.findings[..] else { return };
    let shown = &report.findings[*shown];
    if others.is_empty() {
        line(text, format_args!("{}   ({})", cause.title, counted(shown)));
    } else {
        line(text, format_args!("{}   ({})", cause.title, counted_findings(cause.findings.len())));
        line(text, format_args!("  shown     {}   ({})", of_finding(shown), counted(shown)));
    }
    push_details(report, shown, text);
    push_others(report, "also", others, text);
    push_others(report, "follows", &cause.consequences, text);
    text.push('\n');
}

fn push_others(report: &Report, name: &str, positions: &[usize], text: &mut String) {
    for at in positions.iter().take(TOGETHER) {
        let finding = &report.findings[*at];
        line(text, format_args!("  {name:<9} {}   ({})", of_finding(finding), counted(finding)));
    }
    if positions.len() > TOGETHER {
        let more = counted_findings(positions.len() - TOGETHER);
        line(text, format_args!("  {name:<9} … and {more} more: see --report"));
    }
}

/// The titles of the root causes, where there are several.
fn push_titles(causes: &[RootCause], text: &mut String) {
    if causes.len() < 2 {
        return;
    }
    text.push('\n');
    line(text, format_args!("{}, worst first:", counted_causes(causes.len())));
    for (cause, number) in causes.iter().zip(1..=TITLES) {
        line(text, format_args!("  {number:>2}  {}", cut(cause.title.as_str(), TITLE)));
    }
    if causes.len() > TITLES {
        line(text, format_args!("      … and {} more", causes.len() - TITLES));
    }
}

/// Writes one finding, as a person should see it: what, why, the request, the answer, and how to see it again.
#[must_use]
pub fn render_finding(report: &Report, finding: &Finding) -> String {
    let mut text = String::new();
    line(&mut text, format_args!("{}   ({})", of_finding(finding), counted(finding)));
    push_details(report, finding, &mut text);
    text.push('\n');
    text
}

fn push_details(report: &Report, finding: &Finding, text: &mut String) {
    line(text, format_args!("  expected  {}", finding.expected));
    line(text, format_args!("  actual    {}", finding.actual));
    line(text, format_args!("  source    {} ({})", finding.citation.join(", "), strength(finding)));
    for (name, message) in ["request", "response"].into_iter().zip(&finding.evidence) {
        render_message(name, message, text);
    }
    if let Some(comparison) = &finding.comparison {
        push_comparison(comparison, text);
    }
    if let Some(Replay { token, curl }) = &finding.replay {
        line(text, format_args!("  curl      {curl}"));
        line(text, format_args!("  again     accordant check {}--replay {token}", again(report)));
    }
}

/// What a finding was compared with: the base and the change.
fn push_comparison(comparison: &Comparison, text: &mut String) {
    let Comparison { change, base, doubt, .. } = comparison;
    if let [request, answer] = &base[..] {
        let change = names(change);
        line(text, format_args!("  change    {change}; without it: {}, answered with {}", request.line, answer.line));
    }
    if let Some(doubt) = doubt {
        line(text, format_args!("  doubt     {doubt}"));
    }
}

/// How many cases or requests show a finding, and under which fault.
fn counted(finding: &Finding) -> String {
    let what = if finding.replay.is_some() { "case" } else { "request" };
    let flaky = finding.comparison.as_ref().filter(|comparison| comparison.seen < comparison.tried);
    let flaky = flaky.map(|one| format!(", flaky: {} of {} times", one.seen, one.tried)).unwrap_or_default();
    let under = finding.fault.as_ref().map(|fault| format!(", under {fault}")).unwrap_or_default();
    count(finding.count, what) + &flaky + &under
}

/// What a replay is called with, besides the token.
fn again(report: &Report) -> String {
    let Some(server) = &report.server else { return String::new() };
    let target = if server.target.starts_with("http") { format!("{} ", server.target) } else { String::new() };
    let dialect = match server.dialect {
        Dialect::Native => String::new(),
        Dialect::Documented => format!("--dialect {} ", server.dialect.name()),
    };
    let plain = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:,+".contains(c));
    let quoted = |word: &String| if plain(word) { word.clone() } else { shell_word(word) };
    let words: Vec<String> = server.again.iter().map(quoted).collect();
    let flags = if words.is_empty() { String::new() } else { words.join(" ") + " " };
    target + &dialect + &flags
}

fn strength(finding: &Finding) -> String {
    let strength = format!("{:?}", finding.strength).to_lowercase();
    if finding.disputed { format!("{strength}, disputed") } else { strength }
}

fn render_message(name: &str, message: &RedactedMessage, text: &mut String) {
    line(text, format_args!("  {name:<9} {}", message.line));
    let cut: String = message.body.chars().take(BODY).collect();
    for part in cut.lines().take(12) {
        line(text, format_args!("            {part}"));
    }
    if cut.len() < message.body.len() {
        line(text, format_args!("            … (the report has all of it)"));
    }
}

fn render_notes(report: &Report, text: &mut String) {
    if report.notes.is_empty() {
        return;
    }
    let fails =
        if report.strict { "with --strict they fail the run" } else { "they do not fail the run; --strict makes them" };
    line(
        text,
        format_args!(
            "{}, on facts that are only assumed or observed, or disputed: {fails}",
            count(report.notes.len() as u64, "note")
        ),
    );
    for note in report.notes.iter().take(if report.strict { MOST } else { NOTES }) {
        let doubt = note.comparison.as_ref().and_then(|comparison| comparison.doubt.as_ref());
        let doubt = doubt.map(|doubt| format!("; {doubt}")).unwrap_or_default();
        line(text, format_args!("  {} ({}): {}{doubt}", of_finding(note), counted(note), note.actual));
    }
    if !report.strict && report.notes.len() > NOTES {
        line(text, format_args!("  … and {} more: see --report", report.notes.len() - NOTES));
    }
    text.push('\n');
}

/// What the baseline accepts, and what of it must go.
fn render_baseline(report: &Report, text: &mut String) {
    for accepted in &report.accepted {
        line(text, format_args!("{accepted}"));
    }
    for stale in &report.stale {
        line(text, format_args!("{stale}"));
    }
    if !report.accepted.is_empty() || !report.stale.is_empty() {
        text.push('\n');
    }
}

fn render_operation(operation: &OperationReport, text: &mut String) {
    let OperationReport { operation: name, outcome, cases, succeeded, refused, .. } = operation;
    if *cases == 0 {
        let reason = operation.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        return line(text, format_args!("  {name:<45} {}{reason}", outcome.words()));
    }
    let state: u64 = operation.environmental.values().sum();
    let environmental = if state == 0 { String::new() } else { format!(", {state} state errors") };
    let loud = if *outcome == Outcome::SuccessNeverSeen { "SUCCESS NEVER SEEN" } else { outcome.words() };
    line(
        text,
        format_args!(
            "  {name:<45} {loud}: {}, {succeeded} succeeded, {refused} refused{environmental}",
            count(*cases, "case")
        ),
    );
    if let Some(reason) = &operation.reason {
        line(text, format_args!("  {:<45} {reason}", ""));
    }
}

fn render_cases(report: &Report, server: &ServerSection, text: &mut String) {
    let shard = server.shard.as_deref().map(|shard| format!(", shard {shard}")).unwrap_or_default();
    let dropped = if server.dropped == 0 { String::new() } else { format!(", {} not sent", server.dropped) };
    let unreached = match server.unreached.len() {
        0 => String::new(),
        _ if server.cases == 0 => String::new(),
        more => format!(", {} that no request can break alone", count(more as u64, "constraint")),
    };
    let (cases, target, seed) = (count(server.cases, "case"), &server.target, server.seed);
    line(text, format_args!("{cases} judged at {target} (seed {seed}{shard}){dropped}{unreached}"));
    if let Some(stopped) = report.stopped.as_ref().filter(|_| server.cases > 0) {
        line(text, format_args!("ended before its end: {stopped}"));
    }
}

fn render_client(client: &ClientSection, text: &mut String) {
    render_coverage(&client.coverage, text);
    if !client.faults.is_empty() {
        line(text, format_args!("faults:"));
        for row in render_faults(&client.faults).lines() {
            line(text, format_args!("  {row}"));
        }
    }
    text.push('\n');
    if client.lost > 0 {
        let lost = count(client.lost, "more request");
        line(text, format_args!("{lost} answered but not judged: there were too many"));
    }
    let ended = match client.command.as_str() {
        "" => String::new(),
        command => format!(" of {command}, which {}", client.ended.words()),
    };
    line(text, format_args!("{} judged{ended}", count(client.requests, "request")));
}

fn render_coverage(coverage: &[Coverage], text: &mut String) {
    let (called, never): (Vec<&Coverage>, Vec<&Coverage>) = coverage.iter().partition(|one| one.calls > 0);
    line(text, format_args!("coverage: {} of {} operations", called.len(), coverage.len()));
    for one in called {
        let [members, values, constraints, errors] =
            [&one.members, &one.values, &one.constraints, &one.errors].map(part);
        let (name, calls) = (&one.operation, count(one.calls, "call"));
        let rest = format!("{values} listed values, {constraints} constraints broken, {errors} errors");
        line(text, format_args!("  {name}: {calls}; {members} members, {rest}"));
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
    let header = ["fault", "requests", "attempts", "retry", "token", "error", "command", "behaviour"];
    let rows: Vec<[String; 8]> = [header.map(str::to_owned)].into_iter().chain(faults.iter().map(cells)).collect();
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

fn cells(row: &FaultReport) -> [String; 8] {
    let known = |words: Option<&'static str>| words.unwrap_or("-").to_owned();
    [
        row.fault.clone(),
        row.requests.to_string(),
        if row.requests == 0 { "-".to_owned() } else { row.attempts.to_string() },
        known(row.retry.map(Retry::words)),
        known(row.token.map(TokenReuse::words)),
        known(row.error.map(ErrorNamed::words)),
        row.ended.in_short(),
        row.behaviour.words(row.attempts),
    ]
}

/// What a run comes to, in a line.
fn conclusion(report: &Report, causes: usize) -> String {
    let unseen = report.operations().iter().filter(|operation| operation.outcome == Outcome::SuccessNeverSeen).count();
    match report.conclusion() {
        Conclusion::Conforms if report.accepted.is_empty() => "conforms: no finding".to_owned(),
        Conclusion::Conforms => "conforms, but for what the baseline accepts".to_owned(),
        Conclusion::Departs if report.findings.is_empty() && report.strict && !report.notes.is_empty() => {
            format!("does not conform strictly: {}", count(report.notes.len() as u64, "note"))
        }
        Conclusion::Departs if report.findings.is_empty() && unseen > 0 => {
            "not called conforming: success was never seen of some operation; create what its valid cases need with \
             --given, --set and --unique"
                .to_owned()
        }
        Conclusion::Departs if report.findings.is_empty() && !report.stale.is_empty() => {
            "the baseline has entries that must go: see above".to_owned()
        }
        Conclusion::Departs if report.findings.is_empty() => "not called conforming: see above".to_owned(),
        Conclusion::Departs if causes < report.findings.len() => {
            let (findings, causes) = (counted_findings(report.findings.len()), counted_causes(causes));
            format!("departs from the contract: {causes} of {findings}")
        }
        Conclusion::Departs => format!("departs from the contract: {}", counted_findings(causes)),
        Conclusion::Unreachable => "the target cannot be reached".to_owned(),
        Conclusion::NothingChecked => "nothing was checked".to_owned(),
    }
}

fn counted_findings(number: usize) -> String {
    count(number as u64, "finding")
}

fn counted_causes(number: usize) -> String {
    count(number as u64, "root cause")
}

fn count(count: u64, word: &str) -> String {
    format!("{count} {word}{}", if count == 1 { "" } else { "s" })
}

fn line(text: &mut String, arguments: std::fmt::Arguments<'_>) {
    // As JSON would write it, so that a body in a command stays the same.
    text.push_str(&shown(&arguments.to_string()));
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_server_sends_does_nothing_to_the_terminal() {
        let mut text = String::new();
        line(&mut text, format_args!("a\tb \u{1b}]0;title\u{7} \u{9b}2J \u{202e}{}", "é\r"));
        assert_eq!(text, "a\tb \\u001b]0;title\\u0007 \\u009b2J \\u202eé\\u000d\n");
    }
}
