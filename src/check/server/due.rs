//! The complaint that a due error did not come.

use crate::check::Complaint;
use crate::exchange::DueError;
use crate::model::Constraint;

impl DueError<'_> {
    /// A complaint that the error did not come: trusted as far as the constraint and its link to the error.
    #[must_use]
    pub fn complaint(&self, actual: impl Into<String>) -> Complaint {
        let linked =
            self.link.map_or((&self.error.citations, self.error.strength), |link| (&link.citations, link.strength));
        let complaint = Complaint::new(self.expected(), actual);
        match self.broken {
            Some(broken) => {
                let complaint = complaint.about(&broken.id).cite(&broken.citations, broken.strength);
                complaint.and(linked.0, linked.1).disputed(self.disputed)
            }
            None => complaint.cite(linked.0, linked.1),
        }
    }

    /// What is due and why, as a sentence.
    #[must_use]
    pub fn expected(&self) -> String {
        let reason = self.broken.map_or_else(|| self.reason.to_owned(), Constraint::statement);
        format!("{} {}, because {reason}", self.error.status, self.error.code)
    }
}
