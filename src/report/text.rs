//! The report as text for a terminal.

use super::{Conclusion, Finding, OperationReport, Outcome, Report, Shown, shell_word};
use crate::text::shown;

/// Longest body that a finding shows, in characters.
const BODY: usize = 600;
/// Most findings that are shown in full.
const MOST: usize = 50;
/// Most notes that are listed without being asked for.
const NOTES: usize = 5;

/// Writes a report: findings, notes, operations, and what it all comes to.
#[must_use]
pub fn render_text(report: &Report) -> String {
    let mut text = String::new();
    for finding in report.findings.iter().take(MOST) {
        push_finding(report, finding, &mut text);
    }
    if report.findings.len() > MOST {
        line(&mut text, format_args!("… and {} findings more: see --report", report.findings.len() - MOST));
    }
    render_notes(report, &mut text);
    render_baseline(report, &mut text);
    for operation in &report.operations {
        render_operation(operation, &mut text);
    }
    text.push('\n');
    render_summary(report, &mut text);
    text
}

/// Writes one finding, as a person should see it: what, why, the request, the answer, and how to see it again.
#[must_use]
pub fn render_finding(report: &Report, finding: &Finding) -> String {
    let mut text = String::new();
    push_finding(report, finding, &mut text);
    text
}

fn push_finding(report: &Report, finding: &Finding, text: &mut String) {
    let about = finding.constraint.as_deref().map(|about| format!(" {about}")).unwrap_or_default();
    line(text, format_args!("{}: {}{about}   ({})", finding.code, finding.operation, cases(finding.count)));
    line(text, format_args!("  expected  {}", finding.expected));
    line(text, format_args!("  actual    {}", finding.actual));
    line(text, format_args!("  source    {} ({})", finding.citation.join(", "), strength(finding)));
    render_message("request", &finding.request, text);
    if let Some(response) = &finding.response {
        render_message("response", response, text);
    }
    line(text, format_args!("  curl      {}", finding.curl));
    let target = if report.target.starts_with("http") { format!("{} ", report.target) } else { String::new() };
    let dialect = if report.dialect == "native" { String::new() } else { format!("--dialect {} ", report.dialect) };
    let plain = |word: &str| word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./:,+".contains(c));
    let quoted = |word: &String| if plain(word) { word.clone() } else { shell_word(word) };
    let words: Vec<String> = report.again.iter().map(quoted).collect();
    let flags = if words.is_empty() { String::new() } else { words.join(" ") + " " };
    line(text, format_args!("  again     accordant check {target}{dialect}{flags}--replay {}", finding.token));
    text.push('\n');
}

fn strength(finding: &Finding) -> String {
    let strength = format!("{:?}", finding.strength).to_lowercase();
    if finding.disputed { format!("{strength}, disputed") } else { strength }
}

fn render_message(name: &str, message: &Shown, text: &mut String) {
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
        format_args!("{}, on facts that are only assumed or observed, or disputed: {fails}", notes(report.notes.len())),
    );
    for note in report.notes.iter().take(if report.strict { MOST } else { NOTES }) {
        let about = note.constraint.as_deref().map(|about| format!(" {about}")).unwrap_or_default();
        line(text, format_args!("  {}: {}{about} ({}): {}", note.code, note.operation, cases(note.count), note.actual));
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
    let OperationReport { operation: name, outcome, cases: count, succeeded, refused, .. } = operation;
    if *count == 0 {
        let reason = operation.reason.as_deref().map(|reason| format!(": {reason}")).unwrap_or_default();
        return line(text, format_args!("  {name:<45} {}{reason}", outcome.words()));
    }
    let state: u64 = operation.circumstances.values().sum();
    let circumstances = if state == 0 { String::new() } else { format!(", {state} state errors") };
    let loud = if *outcome == Outcome::SuccessNeverSeen { "SUCCESS NEVER SEEN" } else { outcome.words() };
    line(
        text,
        format_args!("  {name:<45} {loud}: {}, {succeeded} succeeded, {refused} refused{circumstances}", cases(*count)),
    );
    if let Some(reason) = &operation.reason {
        line(text, format_args!("  {:<45} {reason}", ""));
    }
}

fn render_summary(report: &Report, text: &mut String) {
    let shard = report.shard.as_deref().map(|shard| format!(", shard {shard}")).unwrap_or_default();
    let dropped = if report.dropped == 0 { String::new() } else { format!(", {} not sent", report.dropped) };
    let unreached = match report.unreached.len() {
        _ if report.cases == 0 => String::new(),
        0 => String::new(),
        1 => ", 1 constraint that no request can break alone".to_owned(),
        count => format!(", {count} constraints that no request can break alone"),
    };
    line(
        text,
        format_args!(
            "{} judged at {} (seed {}{shard}){dropped}{unreached}",
            cases(report.cases),
            report.target,
            report.seed
        ),
    );
    if let Some(stopped) = report.stopped.as_ref().filter(|_| report.cases > 0) {
        line(text, format_args!("ended before its end: {stopped}"));
    }
    line(text, format_args!("{}", conclusion(report)));
}

/// What a run comes to, in a line.
fn conclusion(report: &Report) -> String {
    let unseen = report.operations.iter().filter(|operation| operation.outcome == Outcome::SuccessNeverSeen).count();
    match report.conclusion() {
        Conclusion::Conforms if report.accepted.is_empty() => "conforms: no finding".to_owned(),
        Conclusion::Conforms => "conforms, but for what the baseline accepts".to_owned(),
        Conclusion::Departs if report.findings.is_empty() && report.strict && !report.notes.is_empty() => {
            format!("does not conform strictly: {}", notes(report.notes.len()))
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
        Conclusion::Departs => match report.findings.len() {
            1 => "departs from the contract: 1 finding".to_owned(),
            count => format!("departs from the contract: {count} findings"),
        },
        Conclusion::Unreachable => "the target cannot be reached".to_owned(),
        Conclusion::NothingChecked => "nothing was checked".to_owned(),
    }
}

fn cases(count: u64) -> String {
    if count == 1 { "1 case".to_owned() } else { format!("{count} cases") }
}

fn notes(count: usize) -> String {
    if count == 1 { "1 note".to_owned() } else { format!("{count} notes") }
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
