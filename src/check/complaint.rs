//! What a check says of an exchange: what was due, what came, and who says so.

use crate::model::citation::strength_of;
use crate::model::{Citation, Strength};
use crate::text::cut;

/// Longest text of either side, in characters.
const MAX_TEXT: usize = 300;

/// What a check says of an exchange.
#[derive(Debug, Clone, PartialEq)]
pub struct Complaint {
    /// What the contract demands.
    pub expected: String,
    /// What came back instead, without secrets.
    pub actual: String,
    /// What of the contract it is about: the id of a constraint, a member's pointer, the code of an error, or behind `@` a
    /// rule of outputs or a fact of the envelope.
    pub about: Option<String>,
    /// Who says so.
    pub citations: Vec<String>,
    /// How far they are trusted.
    pub strength: Strength,
    /// Whether sources disagree.
    pub disputed: bool,
}

impl Complaint {
    /// A complaint without a source yet, which makes it an assumption. Texts of more than 300 characters are cut.
    pub fn new(expected: impl Into<String>, actual: impl Into<String>) -> Self {
        let (expected, actual) = (cut(expected, MAX_TEXT), cut(actual, MAX_TEXT));
        Self { expected, actual, about: None, citations: Vec::new(), strength: Strength::Assumed, disputed: false }
    }

    /// What of the contract it is about.
    #[must_use]
    pub fn about(mut self, about: impl Into<String>) -> Self {
        self.about = Some(about.into());
        self
    }

    /// The sources, and how far they are trusted.
    #[must_use]
    pub fn cite(mut self, citations: &[Citation], strength: Strength) -> Self {
        self.citations.extend(citations.iter().map(ToString::to_string));
        self.strength = strength;
        self
    }

    /// The sources of a fact that nothing else says how far to trust.
    #[must_use]
    pub fn cite_all(self, citations: &[Citation]) -> Self {
        self.cite(citations, strength_of(citations))
    }

    /// Further sources, of a fact that the complaint stands on as well: it is trusted no further than they are.
    #[must_use]
    pub fn and(mut self, citations: &[Citation], strength: Strength) -> Self {
        for citation in citations.iter().map(ToString::to_string) {
            if !self.citations.contains(&citation) {
                self.citations.push(citation);
            }
        }
        self.at_most(strength)
    }

    /// A standard that says so.
    #[must_use]
    pub fn standard(mut self, standard: &str) -> Self {
        self.citations.push(standard.to_owned());
        self.strength = Strength::Documented;
        self
    }

    /// Trusts the complaint no further than this.
    #[must_use]
    pub fn at_most(mut self, strength: Strength) -> Self {
        self.strength = self.strength.max(strength);
        self
    }

    /// Marks it as a matter on which sources disagree.
    #[must_use]
    pub fn disputed(mut self, disputed: bool) -> Self {
        self.disputed |= disputed;
        self
    }

    /// Whether it can fail a run, rather than being a note.
    #[must_use]
    pub fn is_finding(&self) -> bool {
        !self.disputed && self.strength <= Strength::Model
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_texts_are_cut_between_characters() {
        let complaint = Complaint::new("é".repeat(300), "é".repeat(301));
        assert_eq!((complaint.expected.chars().count(), complaint.actual.chars().count()), (300, 300));
        assert!(complaint.actual.ends_with("é…") && complaint.expected.ends_with("éé"));
    }

    #[test]
    fn the_weakest_source_counts() {
        let complaint =
            Complaint::new("a", "b").standard("RFC").at_most(Strength::Model).and(&[], Strength::Documented);
        assert!(complaint.is_finding() && complaint.strength == Strength::Model);
        assert!(!complaint.clone().and(&[], Strength::Observed).is_finding());
        assert!(!complaint.disputed(true).is_finding());
    }
}
