//! What a run found, as data: one value that every format is written from, and that parts of a run are joined in.

mod baseline;
mod cause;
mod client;
mod curl;
mod finding;
#[cfg(feature = "cli")]
mod junit;
mod merge;
mod server;
mod text;

use std::fmt;

#[cfg(feature = "cli")]
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use baseline::{Accepted, Baseline, BaselineError, NO_OPERATION, Stale};
pub use cause::{RootCause, Severity, root_causes};
pub use client::{Behaviour, ClientSection, Coverage, ErrorNamed, Exercised, FaultReport, Retry, TokenReuse};
pub use curl::{render_curl, shell_word};
pub(crate) use finding::findings_and_notes;
pub use finding::{Comparison, Finding, Replay};
#[cfg(feature = "cli")]
pub use junit::render_junit;
pub use merge::{MergeError, merge};
pub use server::{OperationReport, Outcome, ServerSection, Unreached};
pub use text::{render_faults, render_finding, render_text};

/// The version of the form of reports that this release writes, and the only one that it reads.
pub const FORMAT: u32 = 2;

/// What a run found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
pub struct Report {
    /// The version of this form: 2.
    pub format: u32,
    /// `accordant`.
    pub tool: String,
    /// Its version.
    pub version: String,
    /// Identifies the specs of each operation, as tokens do.
    pub contract: Vec<String>,
    /// Whether notes fail the run too.
    pub strict: bool,
    /// Why the run ended before its end; nothing when it did not.
    pub stopped: Option<Stopped>,
    /// Whether what the run does not show is not there. Of a server: all cases were sent, of every phase, and no token in
    /// their place. Of a client: the command came to its own end each time, with success where it met no fault, and all that
    /// it then sent was judged.
    pub whole: bool,
    /// Departures from the contract.
    pub findings: Vec<Finding>,
    /// Departures from what is doubtful, or from what sources disagree on.
    pub notes: Vec<Finding>,
    /// What the findings come of, worst first.
    #[serde(default)]
    pub causes: Vec<RootCause>,
    /// Findings that the baseline accepts.
    #[serde(default)]
    pub accepted: Vec<Accepted>,
    /// Entries of the baseline that must go.
    #[serde(default)]
    pub stale: Vec<Stale>,
    /// What was sent to a server, where cases were.
    #[serde(default)]
    pub server: Option<ServerSection>,
    /// What a client sent, where one was watched.
    #[serde(default)]
    pub client: Option<ClientSection>,
}

/// Why a run ended before its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "cli", derive(JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stopped {
    /// The target cannot be reached any more.
    Unreachable,
    /// Somebody did not want to wait any more.
    Interrupted,
    /// A part of the judge failed, and what it had seen is lost.
    PartFailed,
    /// The reports of these shards are not among those that were joined.
    MissingShards(Vec<String>),
}

impl fmt::Display for Stopped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable => formatter.write_str("the target cannot be reached any more"),
            Self::Interrupted => formatter.write_str("interrupted"),
            Self::PartFailed => formatter.write_str("a part of the judge failed, and what it had seen is lost"),
            Self::MissingShards(shards) => write!(formatter, "missing shards: {}", shards.join(", ")),
        }
    }
}

/// What a run comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Conclusion {
    /// Everything that was judged keeps the contract.
    Conforms,
    /// Something departs from it, or could not be seen to keep it.
    Departs,
    /// The target could not be reached, or not any more.
    Unreachable,
    /// Nothing was judged.
    NothingChecked,
}

/// Why a text is no report.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ReportError {
    /// It is no JSON, or has other members.
    #[error("it is no report of accordant: {0}")]
    Json(#[from] serde_json::Error),
    /// It is of another version of the form.
    #[error("it has format {0} of reports, and this version of accordant reads format {FORMAT}; write it again")]
    Format(u64),
}

impl Report {
    /// A report of a run that has found nothing yet.
    #[must_use]
    pub fn new(contract: Vec<String>, strict: bool) -> Self {
        Self {
            format: FORMAT,
            tool: env!("CARGO_PKG_NAME").to_owned(),
            version: env!("CARGO_PKG_VERSION").to_owned(),
            contract,
            strict,
            stopped: None,
            whole: false,
            findings: Vec::new(),
            notes: Vec::new(),
            causes: Vec::new(),
            accepted: Vec::new(),
            stale: Vec::new(),
            server: None,
            client: None,
        }
    }

    /// With its findings grouped by root cause.
    #[must_use]
    pub(crate) fn grouped(self) -> Self {
        Self { causes: root_causes(&self), ..self }
    }

    /// Reads a report from JSON.
    ///
    /// # Errors
    /// [`ReportError`] where the text is none, or has another format than [`FORMAT`]: reports of before there was one had no
    /// such member, and count as format 1.
    pub fn parse(text: &str) -> Result<Self, ReportError> {
        let value: serde_json::Value = serde_json::from_str(text)?;
        let is_report = value.get("tool").is_some_and(|tool| tool == env!("CARGO_PKG_NAME"));
        let format = value.get("format").map_or(1, |format| format.as_u64().unwrap_or_default());
        if is_report && format != u64::from(FORMAT) {
            return Err(ReportError::Format(format));
        }
        Ok(serde_json::from_value(value)?)
    }

    /// How each operation of a server did.
    #[must_use]
    pub fn operations(&self) -> &[OperationReport] {
        self.server.as_ref().map_or(&[], |server| &server.operations)
    }

    /// Constraints that no request can break alone.
    #[must_use]
    pub fn unreached(&self) -> &[Unreached] {
        self.server.as_ref().map_or(&[], |server| &server.unreached)
    }

    /// Cases that were sent to a server and judged.
    #[must_use]
    pub fn cases(&self) -> u64 {
        self.server.as_ref().map_or(0, |server| server.cases)
    }

    /// What was judged: a target, or a command.
    #[must_use]
    pub fn subject(&self) -> &str {
        match (&self.server, &self.client) {
            (Some(server), _) => &server.target,
            (None, Some(client)) => &client.command,
            (None, None) => "nothing",
        }
    }

    /// Asserts that everything that was judged keeps the contract.
    ///
    /// # Panics
    /// Unless the [conclusion](Self::conclusion) is that it conforms; the message is the report as a terminal shows it.
    #[track_caller]
    pub fn assert_conforming(&self) {
        assert!(self.conclusion() == Conclusion::Conforms, "{}\n{}", self.subject(), render_text(self));
    }

    /// Whether what it does not show is not there: all was judged, of all shards, to the end.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let sharded = self.server.as_ref().is_some_and(|server| server.shard.is_some());
        self.whole && !sharded && self.stopped.is_none()
    }

    /// What the run comes to.
    #[must_use]
    pub fn conclusion(&self) -> Conclusion {
        let departs = |operation: &OperationReport| !matches!(operation.outcome, Outcome::Conforms | Outcome::NotRun);
        let requests = self.client.as_ref().map_or(0, |client| client.requests + client.lost);
        if !self.findings.is_empty() || !self.stale.is_empty() || self.strict && !self.notes.is_empty() {
            Conclusion::Departs
        } else if self.stopped == Some(Stopped::Unreachable) {
            Conclusion::Unreachable
        } else if self.cases() + requests == 0 {
            Conclusion::NothingChecked
        } else if self.operations().iter().any(departs) || self.server.is_some() && self.stopped.is_some() {
            Conclusion::Departs
        } else {
            Conclusion::Conforms
        }
    }
}
