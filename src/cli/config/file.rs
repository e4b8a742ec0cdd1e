//! The file itself: where it is looked for, whose it must be, its tables, and the lines of its keys.

use std::fs;
use std::io::ErrorKind as Io;
use std::path::{Path, PathBuf};

use accordant::file::read_text;
use clap::Command;
use toml::de::{DeTable, DeValue};
use toml::{Table, Value};

use crate::cli::Failure;

/// The file's name.
pub(super) const NAME: &str = "accordant.toml";
/// Names the file instead, whoever it belongs to; where it is empty, no file counts.
const VARIABLE: &str = "ACCORDANT_CONFIG";
/// Largest file that is read, in bytes.
const LARGEST: u64 = 1024 * 1024;

/// A file that was found and read.
pub(super) struct File {
    pub path: PathBuf,
    text: String,
    tables: Table,
    /// What goes before the names of files in it; nothing where it is in the working directory.
    pub folder: PathBuf,
}

impl File {
    /// The file that counts in a directory, if there is one.
    pub fn find(from: &Path) -> Result<Option<Self>, Failure> {
        match std::env::var_os(VARIABLE) {
            Some(named) if named.is_empty() => return Ok(None),
            Some(named) => return Self::read(PathBuf::from(named), from).map(Some),
            None => {}
        }
        for folder in folders(from) {
            let path = folder.join(NAME);
            match fs::symlink_metadata(&path) {
                Err(error) if matches!(error.kind(), Io::NotFound | Io::NotADirectory) => {}
                Err(error) => return Err(Failure::io(format!("cannot read {}", path.display()))(error)),
                Ok(_) => {
                    check_owner(folder, &path)?;
                    check_owner(&path, &path)?;
                    return Self::read(path, from).map(Some);
                }
            }
        }
        Ok(None)
    }

    fn read(path: PathBuf, from: &Path) -> Result<Self, Failure> {
        let text = read_text(&path, LARGEST)?;
        let tables = text.parse::<Table>().map_err(|error| {
            let line = line_at(&text, error.span().map_or(0, |span| span.start));
            Failure::Usage(format!("{}:{line}: {}", path.display(), error.message()))
        })?;
        let folder = path.parent().filter(|folder| *folder != from).map(Path::to_owned).unwrap_or_default();
        Ok(Self { path, text, tables, folder })
    }

    /// The table of a subcommand.
    pub fn options(&self, root: &Command, names: &[&str]) -> Result<Option<&Table>, Failure> {
        let (mut command, mut table) = (root, &self.tables);
        for (depth, name) in names.iter().enumerate() {
            self.check_tables(command, table, &names[..depth])?;
            let (Some(below), Some(value)) = (command.find_subcommand(name), table.get(*name)) else {
                return Ok(None);
            };
            let at = &names[..=depth];
            let Value::Table(inner) = value else {
                return Err(self.fault(at, &format!("{name} is a table: write [{}]", at.join("."))));
            };
            (command, table) = (below, inner);
        }
        Ok(Some(table))
    }

    fn check_tables(&self, command: &Command, table: &Table, at: &[&str]) -> Result<(), Failure> {
        let Some(unknown) = table.keys().find(|name| command.find_subcommand(name).is_none()) else { return Ok(()) };
        let named = |name: &str| format!("[{}]", [at, &[name]].concat().join("."));
        let known: Vec<String> = command.get_subcommands().map(|command| named(command.get_name())).collect();
        let message = format!("{} is no subcommand; there are {}", named(unknown), known.join(", "));
        Err(self.fault(&[at, &[unknown]].concat(), &message))
    }

    pub fn fault(&self, at: &[&str], message: &str) -> Failure {
        Failure::Usage(format!("{}:{}: {message}", self.path.display(), self.line(at)))
    }

    /// The line of a key, in a table within tables.
    fn line(&self, keys: &[&str]) -> usize {
        let Ok(parsed) = DeTable::parse(&self.text) else { return 1 };
        let (mut table, mut start) = (parsed.get_ref(), 0);
        for key in keys {
            let Some((found, value)) = table.iter().find(|(known, _)| known.get_ref() == key) else { break };
            start = found.span().start;
            let DeValue::Table(inner) = value.get_ref() else { break };
            table = inner;
        }
        line_at(&self.text, start)
    }
}

fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// Where a file is looked for, the nearest folder first: up to the root of the repository and not above, where anybody's
/// may be; without a repository, in the working directory alone.
fn folders(from: &Path) -> impl Iterator<Item = &Path> {
    let is_root = |folder: &&Path| fs::symlink_metadata(folder.join(".git")).is_ok();
    let root = from.ancestors().find(is_root).unwrap_or(from);
    from.ancestors().take_while(move |folder| folder.starts_with(root))
}

/// Refuses what belongs to somebody else.
#[cfg(unix)]
fn check_owner(owned: &Path, file: &Path) -> Result<(), Failure> {
    use std::os::unix::fs::MetadataExt;
    let theirs = fs::metadata(owned).map_err(Failure::io(format!("cannot read {}", file.display())))?.uid();
    let mine = rustix::process::geteuid().as_raw();
    if theirs == mine {
        return Ok(());
    }
    let whose = if owned == file { "it" } else { "its folder" };
    Err(Failure::Usage(format!(
        "{}: {whose} belongs to another user ({theirs}, and you are {mine}), who could run commands and get credentials by \
         it: make it yours, or say {VARIABLE}=FILE to use a file whoever it belongs to, and {VARIABLE}= to use none",
        file.display()
    )))
}

#[cfg(not(unix))]
fn check_owner(_: &Path, _: &Path) -> Result<(), Failure> {
    Ok(())
}
