//! Protocols by name: what a service is spoken in, without the code that speaks it.

/// A protocol, as a service refers to it; the codec of the same name speaks it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Protocol {
    /// The name, as specs have it.
    pub name: &'static str,
    /// Whether the labels of the path template are members of the input.
    pub binds_labels: bool,
    /// Whether it is how documents' pages show a service, and no native one.
    pub is_of_pages: bool,
}

impl Protocol {
    /// Stands for one that nobody speaks, which no sound spec names.
    pub const UNKNOWN: Self = Self { name: "", binds_labels: false, is_of_pages: false };
}
