//! The complaint that a due refusal did not come.

use crate::check::Complaint;
use crate::exchange::DueRefusal;
use crate::model::Constraint;

impl DueRefusal<'_> {
    /// A complaint that it did not come: trusted as far as the constraint, and as what says how it is refused.
    #[must_use]
    pub fn complaint(&self, actual: impl Into<String>) -> Complaint {
        let (citations, strength) = self.refusal.grounds();
        let complaint = Complaint::new(self.expected(), actual);
        match self.broken {
            Some(broken) => {
                let complaint = complaint.about(&broken.id).cite(&broken.citations, broken.strength);
                complaint.and(citations, strength).disputed(self.disputed)
            }
            None => complaint.cite(citations, strength),
        }
    }

    /// What is due and why, as a sentence.
    #[must_use]
    pub fn expected(&self) -> String {
        let reason = self.broken.map_or_else(|| self.reason.to_owned(), Constraint::statement);
        format!("{}, because {reason}", self.refusal)
    }
}
