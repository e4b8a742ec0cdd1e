//! What a spec promises about itself, put to the test: its examples against its constraints, its
//! citations against the documents.

#[cfg(feature = "cli")]
mod documents;
mod examples;

#[cfg(feature = "cli")]
pub use documents::{Documents, Uncited, verify};
pub(crate) use examples::check as check_examples;
