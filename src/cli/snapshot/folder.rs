//! The folder of snapshots: one folder for each operation and dialect, one file for each exchange. No link in it is
//! followed, so that whoever can write there reaches nothing else.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use accordant::file::{self, Entry, FileError, Kind};
use accordant::snapshot::{ForeignSnapshot, Snapshot};

use crate::cli::Failure;

/// How the files are called that were approved.
const APPROVED: &str = "snap";
/// How those are called that wait for it.
const PENDING: &str = "snap.new";
/// Largest file that is read, in bytes.
const LARGEST: u64 = 4 * 1024 * 1024;
/// Most files that are looked at.
const MOST: usize = 100_000;

/// A folder of snapshots.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
}

/// The snapshots of an operation in a dialect.
#[derive(Debug)]
pub struct Group {
    root: PathBuf,
    name: String,
    approved: BTreeMap<String, Snapshot>,
}

impl Folder {
    /// A folder that need not exist. It is a failure when it holds anything that is not ours, so that nobody's files
    /// are mistaken for snapshots; hidden files and a README aside.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        let mut strangers = Vec::new();
        if let Some(opened) = file::Folder::open(root)? {
            for Entry { name, kind } in entries(&opened, root)? {
                let path = root.join(&name);
                match (kind, if kind == Kind::Folder { opened.folder(&name)? } else { None }) {
                    (_, Some(group)) => strangers.extend(wrong_in(&group, &path)?),
                    (Kind::Link, None) => strangers.push(format!("{}: {LINK}", path.display())),
                    _ => strangers.push(format!("{}: it is no folder of an operation", path.display())),
                }
            }
        }
        match strangers.as_slice() {
            [] => Ok(Self { root: root.to_owned() }),
            all => Err(Failure::Usage(format!(
                "{} holds what is no snapshot of this program: name an empty folder or a new one, or mend these:\n  {}",
                root.display(),
                all[..all.len().min(10)].join("\n  ")
            ))),
        }
    }

    /// The snapshots of an operation in a dialect.
    pub fn group(&self, name: &str) -> Result<Group, Failure> {
        let mut approved = BTreeMap::new();
        if let Some(folder) = self.folder(name)? {
            let path = self.root.join(name);
            for entry in entries(&folder, &path)?.into_iter().filter(|entry| has_ending(&entry.name, APPROVED)) {
                let snapshot = Snapshot::parse(&folder.read_text(&entry.name, LARGEST)?).map_err(|error| {
                    Failure::Usage(format!("{}: {error}; {REMEDY}", path.join(&entry.name).display()))
                })?;
                let stem = entry.name.strip_suffix(APPROVED).and_then(|name| name.strip_suffix('.'));
                approved.insert(stem.unwrap_or(&entry.name).to_owned(), snapshot);
            }
        }
        Ok(Group { root: self.root.clone(), name: name.to_owned(), approved })
    }

    fn folder(&self, name: &str) -> Result<Option<file::Folder>, FileError> {
        file::Folder::open(&self.root)?.map_or(Ok(None), |root| root.folder(name))
    }
}

/// What to do about a file that cannot be read.
const REMEDY: &str = "restore it, or remove it to record it anew";
/// What is wrong with a link.
const LINK: &str = "it is a link, and links are not followed here";

impl Group {
    /// What was approved, by name.
    pub fn approved(&self) -> &BTreeMap<String, Snapshot> {
        &self.approved
    }

    /// The file of an approved snapshot.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path(&format!("{name}.{APPROVED}"))
    }

    fn path(&self, file: &str) -> PathBuf {
        self.root.join(&self.name).join(file)
    }

    /// Writes a snapshot as approved; nothing waits then.
    pub fn approve(&self, name: &str, snapshot: &Snapshot) -> Result<(), Failure> {
        self.write(&format!("{name}.{APPROVED}"), snapshot)?;
        self.settle(name)
    }

    /// Writes a snapshot that waits for approval.
    pub fn pend(&self, name: &str, snapshot: &Snapshot) -> Result<PathBuf, Failure> {
        let file = format!("{name}.{PENDING}");
        self.write(&file, snapshot)?;
        Ok(self.path(&file))
    }

    /// Removes what waits for approval and is no different from what was approved.
    pub fn settle(&self, name: &str) -> Result<(), Failure> {
        let root = file::Folder::open(&self.root)?;
        let Some(folder) = root.map_or(Ok(None), |root| root.folder(&self.name))? else { return Ok(()) };
        Ok(folder.remove(&format!("{name}.{PENDING}"))?)
    }

    fn write(&self, file: &str, snapshot: &Snapshot) -> Result<(), Failure> {
        let folder = file::Folder::create(&self.root)?.create_folder(&self.name)?;
        Ok(folder.write(file, snapshot.render().as_bytes())?)
    }
}

/// What a folder holds, but for hidden files and a README.
fn entries(folder: &file::Folder, path: &Path) -> Result<Vec<Entry>, Failure> {
    let mut entries = folder.entries(MOST + 1)?;
    if entries.len() > MOST {
        return Err(Failure::Usage(format!("{} holds more than {MOST} files", path.display())));
    }
    entries.retain(|entry| !entry.name.starts_with('.') && !entry.name.starts_with("README"));
    Ok(entries)
}

/// What is wrong with the files in an operation's folder.
fn wrong_in(folder: &file::Folder, path: &Path) -> Result<Vec<String>, Failure> {
    let entries = entries(folder, path)?.into_iter();
    Ok(entries
        .filter_map(|entry| {
            let wrong = wrong(folder, &entry)?;
            Some(format!("{}: {wrong}", path.join(&entry.name).display()))
        })
        .collect())
}

/// What is wrong with a file in an operation's folder.
fn wrong(folder: &file::Folder, Entry { name, kind }: &Entry) -> Option<String> {
    let pending = has_ending(name, PENDING);
    if !pending && !has_ending(name, APPROVED) || *kind == Kind::Folder {
        return Some("it is no snapshot".to_owned());
    }
    if *kind == Kind::Link {
        return Some(LINK.to_owned());
    }
    match folder.read_text(name, LARGEST).map(|text| Snapshot::parse(&text)) {
        Ok(Ok(_)) => None,
        // It is written anew.
        Ok(Err(ForeignSnapshot::Broken)) if pending => None,
        Ok(Err(error)) => Some(format!("{error}; {REMEDY}")),
        Err(error) => Some(error.to_string()),
    }
}

fn has_ending(name: &str, ending: &str) -> bool {
    name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1)
}
