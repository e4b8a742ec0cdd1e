//! The complaint that a due refusal did not come.

use crate::check::Complaint;
use crate::exchange::{Alternative, DueRefusal, Expected};
use crate::model::Constraint;

impl DueRefusal<'_> {
    /// A complaint that it did not come: trusted as far as the constraint, and as what says how it is refused.
    #[must_use]
    pub fn complaint(&self, actual: impl Into<String>) -> Complaint {
        self.complaint_beside(&[], actual)
    }

    /// A complaint that neither it came nor what one of these demands: trusted no further than any of them.
    #[must_use]
    pub fn complaint_beside(&self, others: &[Alternative<'_>], actual: impl Into<String>) -> Complaint {
        let (citations, strength) = self.refusal.grounds();
        let complaint = Complaint::new(self.expected_beside(others), actual);
        let complaint = match self.broken {
            Some(broken) => {
                let complaint = complaint.about(&broken.id).cite(&broken.citations, broken.strength);
                complaint.and(citations, strength).disputed(self.disputed)
            }
            None => complaint.cite(citations, strength),
        };
        others.iter().fold(complaint, |complaint, other| {
            let complaint =
                complaint.and(&other.constraint.citations, other.constraint.strength).disputed(other.disputed);
            let Expected::Refusal(refusal) = other.expected else { return complaint };
            let (citations, strength) = refusal.grounds();
            complaint.and(citations, strength)
        })
    }

    /// What is due and why, as a sentence.
    #[must_use]
    pub fn expected(&self) -> String {
        self.expected_beside(&[])
    }

    /// The same with what else may be told of the value.
    #[must_use]
    pub fn expected_beside(&self, others: &[Alternative<'_>]) -> String {
        let reason = self.broken.map_or_else(|| self.reason.to_owned(), Constraint::statement);
        let beside = others.iter().filter_map(|other| match other.expected {
            Expected::Refusal(refusal) => Some(format!("{refusal}, because {}", other.constraint.statement())),
            _ => None,
        });
        let each: Vec<String> = std::iter::once(format!("{}, because {reason}", self.refusal)).chain(beside).collect();
        each.join("; or ")
    }
}
