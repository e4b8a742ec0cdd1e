//! The folder of snapshots: one folder for each operation and dialect, one file for each exchange.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};

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
    folder: PathBuf,
    approved: BTreeMap<String, Snapshot>,
}

impl Folder {
    /// A folder that need not exist. It is a failure when it holds anything that is not ours, so that nobody's files
    /// are mistaken for snapshots; hidden files and a README aside.
    pub fn open(root: &Path) -> Result<Self, Failure> {
        let mut strangers = Vec::new();
        for path in entries(root)? {
            if path.is_dir() {
                let files = entries(&path)?.into_iter();
                strangers.extend(files.filter_map(|file| Some(format!("{}: {}", file.display(), wrong(&file)?))));
            } else {
                strangers.push(format!("{}: it is no folder of an operation", path.display()));
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
        let folder = self.root.join(name);
        let mut approved = BTreeMap::new();
        for path in entries(&folder)?.into_iter().filter(|path| has_ending(path, APPROVED)) {
            let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            let read = read(&path)?;
            let snapshot = Snapshot::parse(&read)
                .map_err(|error| Failure::Usage(format!("{}: {error}; {REMEDY}", path.display())))?;
            approved.insert(name, snapshot);
        }
        Ok(Group { folder, approved })
    }
}

/// What to do about a file that cannot be read.
const REMEDY: &str = "restore it, or remove it to record it anew";

impl Group {
    /// What was approved, by name.
    pub fn approved(&self) -> &BTreeMap<String, Snapshot> {
        &self.approved
    }

    /// The file of an approved snapshot.
    pub fn file(&self, name: &str) -> PathBuf {
        self.folder.join(format!("{name}.{APPROVED}"))
    }

    /// Writes a snapshot as approved; nothing waits then.
    pub fn approve(&self, name: &str, snapshot: &Snapshot) -> Result<(), Failure> {
        self.write(&self.file(name), snapshot)?;
        self.settle(name)
    }

    /// Writes a snapshot that waits for approval.
    pub fn pend(&self, name: &str, snapshot: &Snapshot) -> Result<PathBuf, Failure> {
        let file = self.folder.join(format!("{name}.{PENDING}"));
        self.write(&file, snapshot)?;
        Ok(file)
    }

    /// Removes what waits for approval and is no different from what was approved.
    pub fn settle(&self, name: &str) -> Result<(), Failure> {
        let file = self.folder.join(format!("{name}.{PENDING}"));
        match fs::remove_file(&file) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                Err(Failure::io(format!("cannot remove {}", file.display()))(error))
            }
            _ => Ok(()),
        }
    }

    /// Writes a file all at once, so that none is ever half-written.
    fn write(&self, file: &Path, snapshot: &Snapshot) -> Result<(), Failure> {
        let name = file.file_name().unwrap_or_default().to_string_lossy();
        let partial = self.folder.join(format!(".{name}.partial"));
        let written = fs::create_dir_all(&self.folder)
            .and_then(|()| fs::File::create(&partial))
            .and_then(|mut file| file.write_all(snapshot.render().as_bytes()))
            .and_then(|()| fs::rename(&partial, file));
        written.map_err(|error| {
            // What is left of it says nothing to anybody.
            let _ = fs::remove_file(&partial);
            Failure::io(format!("cannot write {}", file.display()))(error)
        })
    }
}

/// What a folder holds, but for hidden files and a README; nothing when there is no such folder.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let what = || format!("cannot read {}", folder.display());
    let listed = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        listed => listed.map_err(Failure::io(what()))?,
    };
    let mut paths = Vec::new();
    for entry in listed {
        let path = entry.map_err(Failure::io(what()))?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if !name.starts_with('.') && !name.starts_with("README") {
            paths.push(path);
        }
        if paths.len() > MOST {
            return Err(Failure::Usage(format!("{} holds more than {MOST} files", folder.display())));
        }
    }
    paths.sort();
    Ok(paths)
}

/// What is wrong with a file in an operation's folder.
fn wrong(file: &Path) -> Option<String> {
    let pending = has_ending(file, PENDING);
    if !pending && !has_ending(file, APPROVED) || file.is_dir() {
        return Some("it is no snapshot".to_owned());
    }
    match read(file).map(|text| Snapshot::parse(&text)) {
        Ok(Ok(_)) => None,
        // It is written anew.
        Ok(Err(ForeignSnapshot::Broken)) if pending => None,
        Ok(Err(error)) => Some(format!("{error}; {REMEDY}")),
        Err(failure) => Some(failure.to_string()),
    }
}

fn has_ending(path: &Path, ending: &str) -> bool {
    let name = path.file_name().unwrap_or(OsStr::new("")).to_string_lossy();
    name.strip_suffix(ending).is_some_and(|rest| rest.ends_with('.') && rest.len() > 1)
}

fn read(file: &Path) -> Result<String, Failure> {
    let what = || format!("cannot read {}", file.display());
    if fs::metadata(file).map_err(Failure::io(what()))?.len() > LARGEST {
        return Err(Failure::Usage(format!("it is larger than {LARGEST} bytes")));
    }
    Ok(String::from_utf8_lossy(&fs::read(file).map_err(Failure::io(what()))?).into_owned())
}
