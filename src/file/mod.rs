//! Files, read and written so that nothing from outside can harm: what is read is a regular file of a bounded size, what
//! is written is the old file or the new one and never half of one, and a folder of ours leads nowhere else.

mod append;
mod error;
#[cfg(feature = "cli")]
mod folder;
#[cfg(feature = "cli")]
mod lock;
#[cfg(feature = "cli")]
mod partial;
mod read;
#[cfg(feature = "cli")]
mod sys;
#[cfg(feature = "cli")]
mod write;

pub use append::Appender;
pub use error::FileError;
#[cfg(feature = "cli")]
pub use folder::{Entry, Folder, Kind};
#[cfg(feature = "cli")]
pub use lock::Lock;
pub use read::{read, read_text};
#[cfg(feature = "cli")]
pub use write::write;
