//! Why a subcommand could not do its work, and how that is shown.

use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};
use std::ops::Range;
use std::path::Path;
use std::process::ExitCode;

use accordant::ContractError;
use accordant::contract::SpecProblem;
use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report};

/// Exit code for a run with findings.
pub const FINDINGS: u8 = 1;
/// Exit code for a usage error or a bad spec.
const USAGE: u8 = 2;
/// Exit code for a target that cannot be reached.
pub const UNREACHABLE: u8 = 3;
/// Exit code for a run in which nothing was checked.
pub const NOTHING: u8 = 4;
/// Exit code for a run that was interrupted.
pub const INTERRUPTED: u8 = 130;
/// Longest source line that is shown, in bytes.
const LONGEST_LINE: usize = 200;
/// Most lines that a label marks.
const MOST_LINES: usize = 5;

/// A failure of a subcommand.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Failure {
    /// The contract could not be loaded.
    #[error(transparent)]
    Contract(#[from] ContractError),
    /// The command line asks for something that cannot be.
    #[error("{0}")]
    Usage(String),
    /// The target cannot be reached, or not be brought into the state that is needed.
    #[error("{0}")]
    Unreachable(String),
    /// There is nothing to do.
    #[error("nothing to check: {0}")]
    Nothing(String),
    /// Reading or writing failed.
    #[error("{what}: {source}")]
    Io {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: io::Error,
    },
}

impl Failure {
    /// Names what an I/O error interrupted.
    pub fn io(what: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        let what = what.into();
        move |source| Self::Io { what, source }
    }

    /// Prints the failure on standard error and tells the exit code.
    pub fn show(&self) -> ExitCode {
        // A reader that has gone away, as `head` does, is no failure to tell anybody.
        if matches!(self, Self::Io { source, .. } if source.kind() == io::ErrorKind::BrokenPipe) {
            return ExitCode::SUCCESS;
        }
        match self {
            Self::Contract(ContractError::Broken(problems)) => show_problems(problems),
            other => say(format_args!("error: {other}")),
        }
        ExitCode::from(match self {
            Self::Unreachable(_) => UNREACHABLE,
            Self::Nothing(_) => NOTHING,
            _ => USAGE,
        })
    }
}

/// Writes a line on standard error. Where nobody takes it, there is nobody left to be told.
fn say(line: fmt::Arguments<'_>) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Says in one line how much is left out because of problems, and where to see them.
pub fn show_left_out(problems: &[SpecProblem], directory: &Path) {
    let files: BTreeSet<&str> = problems.iter().map(|problem| problem.source.name.as_str()).collect();
    let Some(first) = files.first() else { return };
    let others = match files.len() {
        1 => String::new(),
        2 => " and 1 other file".to_owned(),
        several => format!(" and {} other files", several - 1),
    };
    let (count, noun) = (problems.len(), if problems.len() == 1 { "problem" } else { "problems" });
    let lint = directory.display();
    say(format_args!(
        "left out: {first}{others}, with {count} {noun}; `accordant spec lint {lint}` shows them; the rest is used"
    ));
}

/// Shows each problem on its line.
pub fn show_problems(problems: &[SpecProblem]) {
    for problem in problems {
        match shown(&problem.source.text, &problem.span) {
            Some(span) => say(format_args!("{:?}", report(problem, span))),
            None => {
                let SpecProblem { source, message, help, .. } = problem;
                say(format_args!("  × {}:{}: {message} (help: {help})\n", source.name, problem.line()));
            }
        }
    }
    let count = problems.len();
    say(format_args!("{count} {} found", if count == 1 { "problem" } else { "problems" }));
}

/// A problem with the lines around a span.
fn report(problem: &SpecProblem, span: Range<usize>) -> Report {
    let label = LabeledSpan::at(span, "here");
    let diagnostic = MietteDiagnostic::new(problem.message.clone()).with_help(problem.help.clone()).with_label(label);
    Report::new(diagnostic).with_source_code(NamedSource::new(&problem.source.name, problem.source.text.clone()))
}

/// What of a span is marked: all of it, or its first line when there are many. Nothing when a line that would be shown
/// with it is too long.
fn shown(text: &str, span: &Range<usize>) -> Option<Range<usize>> {
    let start = span.start.min(text.len());
    let mut end = span.end.clamp(start, text.len());
    let bytes = text.as_bytes();
    let line_end =
        |from: usize| bytes[from..].iter().position(|byte| *byte == b'\n').map_or(bytes.len(), |at| from + at);
    let line_start = |to: usize| bytes[..to].iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    if bytes[start..end].iter().filter(|byte| **byte == b'\n').count() >= MOST_LINES {
        end = line_end(start);
    }
    // A line before and a line after are shown too.
    let first = line_start(line_start(start).saturating_sub(1));
    let last = line_end(bytes.len().min(line_end(end) + 1));
    let short = bytes[first..last].split(|byte| *byte == b'\n').all(|line| line.len() <= LONGEST_LINE);
    short.then_some(start..end)
}
