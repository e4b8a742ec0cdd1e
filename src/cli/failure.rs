//! Why a subcommand could not do its work, and how that is shown.

use std::io;
use std::process::ExitCode;

use accordant::ContractError;
use accordant::contract::SpecProblem;
use miette::{LabeledSpan, MietteDiagnostic, NamedSource, Report};

/// Exit code for a usage error or a bad spec.
const USAGE: u8 = 2;

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
            other => eprintln!("error: {other}"),
        }
        ExitCode::from(USAGE)
    }
}

/// Shows each problem on its line.
pub fn show_problems(problems: &[SpecProblem]) {
    for problem in problems {
        let label = LabeledSpan::at(problem.span.clone(), "here");
        let diagnostic =
            MietteDiagnostic::new(problem.message.clone()).with_help(problem.help.clone()).with_label(label);
        let source = NamedSource::new(&problem.source.name, problem.source.text.clone());
        eprintln!("{:?}", Report::new(diagnostic).with_source_code(source));
    }
    let count = problems.len();
    eprintln!("{count} {} found", if count == 1 { "problem" } else { "problems" });
}
