//! Why a subcommand could not do its work, and how that is shown.

use std::io;
use std::process::ExitCode;

use accordant::ContractError;
use accordant::file::FileError;

use super::output::tell;
use super::problems::show_problems;

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
    /// A file cannot be read or written.
    #[error(transparent)]
    File(#[from] FileError),
    /// Another thing failed that the system does.
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
        match self {
            Self::Contract(ContractError::Broken(problems)) => show_problems(problems),
            other => tell(format_args!("error: {other}\n")),
        }
        ExitCode::from(match self {
            Self::Unreachable(_) => UNREACHABLE,
            Self::Nothing(_) => NOTHING,
            _ => USAGE,
        })
    }
}
