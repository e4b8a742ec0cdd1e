//! What can be wrong with a spec: every problem with its place and its remedy, all of them at once.

use std::fmt;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;

/// A text that specs are read from, kept so that a problem can be shown on its line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceText {
    /// Name as the person knows it, usually the file's path.
    pub name: String,
    /// The whole text.
    pub text: String,
}

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// What it is in cannot be used.
    Error,
    /// What it is in is used, and does less than its author may think.
    Warning,
}

/// One problem of one spec.
#[derive(Debug, Clone)]
pub struct SpecProblem {
    /// How bad it is.
    pub severity: Severity,
    /// The text it stands in.
    pub source: Arc<SourceText>,
    /// Byte range in that text.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub help: String,
    /// What it has in common with others of its file, where one mistake shows in many places.
    pub root: Option<String>,
}

impl SpecProblem {
    /// An error at a byte range of a text.
    pub(crate) fn new(
        source: &Arc<SourceText>,
        span: Range<usize>,
        message: impl Into<String>,
        help: impl Into<String>,
    ) -> Self {
        let (source, message, help) = (Arc::clone(source), message.into(), help.into());
        Self { severity: Severity::Error, source, span, message, help, root: None }
    }

    /// The problem as a warning.
    pub(crate) fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    /// The problem as one of those that have the same root.
    pub(crate) fn rooted(self, root: impl Into<String>) -> Self {
        Self { root: Some(root.into()), ..self }
    }

    /// Whether what it is in cannot be used.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }

    /// One-based line of the problem.
    #[must_use]
    pub fn line(&self) -> usize {
        let end = self.span.start.min(self.source.text.len());
        self.source.text.as_bytes()[..end].iter().filter(|byte| **byte == b'\n').count() + 1
    }
}

impl fmt::Display for SpecProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let severity = if self.is_error() { "" } else { "warning: " };
        write!(f, "{}:{}: {severity}{} ({})", self.source.name, self.line(), self.message, self.help)
    }
}

/// Why a contract could not be loaded.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ContractError {
    /// A file or directory could not be read.
    #[error("cannot read {path}: {source}", path = path.display())]
    Read {
        /// What was to be read.
        path: PathBuf,
        /// Why it could not be.
        source: std::io::Error,
    },
    /// The directory holds no service.
    #[error("no specs in {path}: expected SERVICE/service.yaml with operations beside it", path = path.display())]
    Empty {
        /// The directory.
        path: PathBuf,
    },
    /// Some specs are broken.
    #[error("{}", problems_text(.0))]
    Broken(Vec<SpecProblem>),
    /// An operation was asked for that the contract does not have.
    #[error("no operation named {name}; {hint}")]
    UnknownOperation {
        /// What was asked for.
        name: String,
        /// The names that come near, or those there are.
        hint: String,
    },
    /// Several services have an operation of the name.
    #[error("several operations are named {name}; say which one: {}", .candidates.join(", "))]
    AmbiguousOperation {
        /// What was asked for.
        name: String,
        /// The names in full.
        candidates: Vec<String>,
    },
}

/// Whether nothing among the problems keeps a spec from being used.
pub(crate) fn is_usable(problems: &[SpecProblem]) -> bool {
    !problems.iter().any(SpecProblem::is_error)
}

/// The problems by file and line, each once.
pub(crate) fn sorted(mut problems: Vec<SpecProblem>) -> Vec<SpecProblem> {
    problems
        .sort_by(|a, b| (&a.source.name, a.span.start, &a.message).cmp(&(&b.source.name, b.span.start, &b.message)));
    problems.dedup_by(|a, b| a.source.name == b.source.name && a.span == b.span && a.message == b.message);
    problems
}

/// The problems, those of one file that have the same root as one at the first of its places.
#[must_use]
pub fn grouped(problems: &[SpecProblem]) -> Vec<SpecProblem> {
    let mut groups: IndexMap<_, (usize, SpecProblem)> = IndexMap::new();
    for (number, problem) in problems.iter().enumerate() {
        let root = problem.root.as_ref().map(|root| (&problem.source.name, root));
        groups.entry(root.ok_or(number)).or_insert_with(|| (0, problem.clone())).0 += 1;
    }
    let shown = groups.into_values().map(|(places, mut problem)| {
        if let (Some(root), true) = (&problem.root, places > 1) {
            problem.message = format!("{root}: {places} places, the first: {}", problem.message);
        }
        problem
    });
    shown.collect()
}

fn problems_text(problems: &[SpecProblem]) -> String {
    let lines: Vec<String> = grouped(problems).iter().map(ToString::to_string).collect();
    lines.join("\n")
}
