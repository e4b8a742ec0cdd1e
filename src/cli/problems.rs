//! Problems of a person's files, each shown on its line.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;

use accordant::spec::{SourceText, SpecProblem, grouped};
use accordant::text::{shown, shown_in_line};
use miette::{
    LabeledSpan, MietteDiagnostic, MietteError, MietteSpanContents, Report, Severity, SourceCode, SourceSpan,
    SpanContents,
};

use super::output::tell;

/// Longest source line that is shown, in bytes.
const LONGEST_LINE: usize = 200;
/// Most lines that a label marks.
const MOST_LINES: usize = 5;

/// Says in one line how much is left out because of problems, and where to see them.
pub fn show_left_out(problems: &[SpecProblem], directory: &Path) {
    let problems: Vec<&SpecProblem> = problems.iter().filter(|problem| problem.is_error()).collect();
    let files: BTreeSet<&str> = problems.iter().map(|problem| problem.source.name.as_str()).collect();
    let Some(first) = files.first() else { return };
    let others = match files.len() {
        1 => String::new(),
        2 => " and 1 other file".to_owned(),
        several => format!(" and {} other files", several - 1),
    };
    let (count, noun) = (problems.len(), if problems.len() == 1 { "problem" } else { "problems" });
    let (first, lint) = (shown_in_line(first), directory.display());
    tell(format_args!(
        "left out: {first}{others}, with {count} {noun}; `accordant spec lint {lint}` shows them; the rest is used\n"
    ));
}

/// Shows each problem on its line.
pub fn show_problems(problems: &[SpecProblem]) {
    let mut lines = Lines::default();
    let problems = grouped(problems);
    for problem in &problems {
        match Excerpt::of(problem, &mut lines) {
            Some(excerpt) => show(problem, excerpt),
            None => {
                let SpecProblem { source, span, message, help, .. } = problem;
                let (name, line) = (shown_in_line(&source.name), lines.before(source, span.start) + 1);
                let mark = if problem.is_error() { '×' } else { '⚠' };
                tell(format_args!("  {mark} {name}:{line}: {message} (help: {help})\n\n"));
            }
        }
    }
    tell(format_args!("{} found\n", counted(&problems)));
}

/// How many problems there are: "no problems", "2 problems", "1 warning", "2 problems and 1 warning".
pub fn counted(problems: &[SpecProblem]) -> String {
    let errors = problems.iter().filter(|problem| problem.is_error()).count();
    let of = |count: usize, noun: &str| format!("{count} {noun}{}", if count == 1 { "" } else { "s" });
    match (errors, problems.len() - errors) {
        (0, 0) => "no problems".to_owned(),
        (errors, 0) => of(errors, "problem"),
        (0, warnings) => of(warnings, "warning"),
        (errors, warnings) => format!("{} and {}", of(errors, "problem"), of(warnings, "warning")),
    }
}

fn show(problem: &SpecProblem, excerpt: Excerpt) {
    let label = LabeledSpan::at(excerpt.span.clone(), "here");
    let severity = if problem.is_error() { Severity::Error } else { Severity::Warning };
    let diagnostic = MietteDiagnostic::new(shown(&problem.message)).with_help(shown(&problem.help)).with_label(label);
    let diagnostic = diagnostic.with_severity(severity);
    // It colours what it shows, so it is given nothing that would have to be escaped.
    let _ = writeln!(io::stderr().lock(), "{:?}", Report::new(diagnostic).with_source_code(excerpt));
}

/// Counts lines. Of problems in the order of their places, a text is counted once in all.
#[derive(Default)]
struct Lines {
    counted: Option<(Arc<SourceText>, usize, usize)>,
}

impl Lines {
    /// The ends of lines before a place of a text.
    fn before(&mut self, source: &Arc<SourceText>, at: usize) -> usize {
        let at = at.min(source.text.len());
        let (from, known) = match &self.counted {
            Some((counted, to, lines)) if Arc::ptr_eq(counted, source) && *to <= at => (*to, *lines),
            _ => (0, 0),
        };
        let lines = known + source.text.as_bytes()[from..at].iter().filter(|byte| **byte == b'\n').count();
        self.counted = Some((Arc::clone(source), at, lines));
        lines
    }
}

/// The lines around a problem, so that no more of a long text is looked at.
struct Excerpt {
    name: String,
    /// With the escapes that a terminal needs.
    text: String,
    /// What is marked of it.
    span: Range<usize>,
    /// How many lines are before it.
    before: usize,
}

impl Excerpt {
    /// What is marked of a problem, or its first line when there are many, with a line before and one after; nothing
    /// when one of these is too long.
    fn of(problem: &SpecProblem, lines: &mut Lines) -> Option<Self> {
        let text = &problem.source.text;
        let start = problem.span.start.min(text.len());
        let mut end = problem.span.end.clamp(start, text.len());
        let breaks = text.as_bytes()[start..end].iter().enumerate().filter(|(_, byte)| **byte == b'\n');
        if breaks.clone().count() >= MOST_LINES {
            end = breaks.clone().next().map_or(end, |(at, _)| start + at);
        }
        let line = line_start(text, start)?;
        let first = if line == 0 { 0 } else { line_start(text, line - 1)? };
        let last = match line_end(text, end)? {
            line if line == text.len() => line,
            line => line_end(text, line + 1)?,
        };
        let is_short = text[first..last].split('\n').all(|line| line.len() <= LONGEST_LINE);
        let (before, marked, after) = (shown(&text[first..start]), shown(&text[start..end]), shown(&text[end..last]));
        is_short.then(|| Self {
            name: shown_in_line(&problem.source.name).into_owned(),
            span: before.len()..before.len() + marked.len(),
            text: [before, marked, after].concat(),
            before: lines.before(&problem.source, first),
        })
    }
}

/// Where the line begins that a place is in; nothing where that is far away.
fn line_start(text: &str, at: usize) -> Option<usize> {
    let from = at.saturating_sub(LONGEST_LINE + 1);
    match text.as_bytes()[from..at].iter().rposition(|byte| *byte == b'\n') {
        Some(end) => Some(from + end + 1),
        None => (from == 0).then_some(0),
    }
}

/// Where the line ends that a place is in; nothing where that is far away.
fn line_end(text: &str, at: usize) -> Option<usize> {
    let to = text.len().min(at + LONGEST_LINE + 1);
    match text.as_bytes()[at..to].iter().position(|byte| *byte == b'\n') {
        Some(end) => Some(at + end),
        None => (to == text.len()).then_some(to),
    }
}

impl SourceCode for Excerpt {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let inner = self.text.read_span(span, before, after)?;
        let line = self.before + inner.line();
        let name = self.name.clone();
        Ok(Box::new(MietteSpanContents::new_named(
            name,
            inner.data(),
            *inner.span(),
            line,
            inner.column(),
            inner.line_count(),
        )))
    }
}

impl fmt::Debug for Excerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}
