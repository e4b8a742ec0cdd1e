//! The front end for our own YAML: folders with a `service.yaml` and operations beside it, in a directory or in texts.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use include_dir::{Dir, include_dir};

use super::cache::{Cache, FEWEST_FILES, Row, Stamp};
use super::error::{ContractError, SourceText, SpecProblem};
use super::files::{self, Listing, SERVICE_FILE, is_spec};
use super::heads::{Head, OperationHead, ServiceHead, route};
use super::read::{self, Trust};
use super::source::{Lowered, Source};
use crate::model::{Auth, Index, OperationEntry, OperationSpec, Protocol, ServiceEntry, ServiceSpec};

static BUILTIN: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/specs");

/// Specs in files or texts, indexed.
#[derive(Debug)]
pub(crate) struct Specs {
    index: Index,
    /// The files of the services and of the operations, by row.
    services: Vec<Text>,
    operations: Vec<Text>,
    /// What is in no row.
    others: Vec<Text>,
    problems: Vec<SpecProblem>,
    trust: Trust,
}

/// Where a text is.
#[derive(Debug, Clone)]
enum Text {
    Held(Arc<SourceText>),
    File(PathBuf),
}

impl Text {
    fn read(&self) -> Result<Arc<SourceText>, SpecProblem> {
        match self {
            Self::Held(text) => Ok(Arc::clone(text)),
            Self::File(path) => files::read(path),
        }
    }

    fn name(&self) -> String {
        match self {
            Self::Held(text) => text.name.clone(),
            Self::File(path) => path.to_string_lossy().into_owned(),
        }
    }
}

/// A text with its head, or without one.
#[derive(Debug)]
struct Headed {
    text: Text,
    head: Option<Head>,
    problems: Vec<SpecProblem>,
}

impl Headed {
    fn new(text: Text, head: Head) -> Self {
        Self { text, head: Some(head), problems: Vec::new() }
    }
}

impl Specs {
    /// The specs inside the binary.
    pub fn builtin(protocols: &[Protocol]) -> Self {
        let files = BUILTIN.dirs().flat_map(Dir::files).filter(|file| is_spec(file.path()));
        let named = files.filter_map(|file| Some((file.path().to_string_lossy(), file.contents_utf8()?)));
        let texts = named.map(|(name, text)| SourceText {
            name: format!("specs/{}", name.replace('\\', "/")),
            text: text.to_owned(),
        });
        Self::from_texts(texts, Trust::Shipped, protocols)
    }

    /// Specs in texts that may come from anybody; each name is the path the text would have.
    pub fn given(texts: impl IntoIterator<Item = SourceText>, protocols: &[Protocol]) -> Self {
        Self::from_texts(texts, Trust::Nobody, protocols)
    }

    fn from_texts(texts: impl IntoIterator<Item = SourceText>, trust: Trust, protocols: &[Protocol]) -> Self {
        let texts = texts.into_iter().map(|text| head_of(Text::Held(Arc::new(text)), trust));
        Self::new(texts.collect(), Vec::new(), trust, protocols)
    }

    /// The specs of a directory. Files that are as they were at an earlier start are not read.
    ///
    /// # Errors
    /// [`ContractError::Read`] and [`ContractError::Empty`] when there is nothing to read.
    pub fn open(directory: &Path, protocols: &[Protocol]) -> Result<Self, ContractError> {
        let began = SystemTime::now();
        let Listing { files, problems } = files::list(directory)?;
        let cache = Cache::of(directory).filter(|_| files.len() >= FEWEST_FILES);
        let mut known = cache.as_ref().map(Cache::read).unwrap_or_default();
        let mut headed = Vec::with_capacity(files.len());
        let mut unread = Vec::new();
        for (path, stamp) in &files {
            match known.remove(&*below(directory, path)).filter(|row| row.stamp == *stamp) {
                Some(Row { head, .. }) => headed.push(Headed::new(Text::File(path.clone()), head)),
                None => unread.push(path.clone()),
            }
        }
        let is_stale = !unread.is_empty() || !known.is_empty();
        headed.extend(read_heads(unread));
        if let Some(cache) = cache.filter(|_| is_stale) {
            cache.write(rows(directory, &headed, files.into_iter().collect()), began);
        }
        Ok(Self::new(headed, problems, Trust::Nobody, protocols))
    }

    fn new(texts: Vec<Headed>, problems: Vec<SpecProblem>, trust: Trust, protocols: &[Protocol]) -> Self {
        let (services, operations, others) = Default::default();
        let mut specs = Self { index: Index::default(), services, operations, others, problems, trust };
        for (_, folder) in folders(texts) {
            specs.folder(folder, protocols);
        }
        specs.index.count_names();
        specs
    }

    fn folder(&mut self, mut texts: Vec<Headed>, protocols: &[Protocol]) {
        for text in &mut texts {
            self.problems.append(&mut text.problems);
        }
        let is_service = |text: &Headed| split(&text.text.name()).1 == SERVICE_FILE;
        let service = texts.iter().position(is_service).map(|at| texts.remove(at));
        let is_here = service.is_some();
        let row = service.and_then(|service| self.service(service, protocols));
        let mut taken = HashSet::new();
        for Headed { text, head, .. } in texts {
            match (row, head) {
                (Some(row), Some(Head::Operation(head))) => self.operation(row, text, head, &mut taken),
                (None, _) if !is_here => self.leave_out(
                    text,
                    "/operation",
                    "the operation has no service",
                    &format!("put {SERVICE_FILE} beside it"),
                ),
                _ => self.others.push(text),
            }
        }
    }

    /// The row of a service, unless it is none.
    fn service(&mut self, service: Headed, protocols: &[Protocol]) -> Option<usize> {
        let Headed { text, head: Some(Head::Service(head)), .. } = service else {
            self.others.push(service.text);
            return None;
        };
        let ServiceHead { service: name, protocol, documented, recognise, auth, clients } = head;
        if self.index.services.iter().any(|known| known.name == name) {
            self.leave_out(text, "/service", "another service has this name", "names of services are unique");
            return None;
        }
        let known = |codec: &str| protocols.iter().copied().find(|known| known.name == codec);
        let first = self.index.operations.len();
        self.services.push(text);
        self.index.services.push(ServiceEntry {
            name,
            protocol: known(&protocol.codec).unwrap_or(Protocol::UNKNOWN),
            documented: documented.map(|documented| known(&documented.codec).unwrap_or(Protocol::UNKNOWN)),
            recognise,
            auth: auth.into_iter().map(Auth::unsourced).collect(),
            clients,
            operations: first..first,
        });
        Some(self.services.len() - 1)
    }

    /// Adds the row of an operation, unless its service has used up one of its names.
    fn operation(&mut self, service: usize, text: Text, head: OperationHead, names: &mut HashSet<String>) {
        let OperationHead { operation: name, aliases, http, documented } = head;
        if let Some(taken) = std::iter::once(&name).chain(&aliases).find(|name| !names.insert((*name).clone())) {
            let message = format!("another operation of the service is named {taken}");
            return self.leave_out(text, "/operation", &message, "names of a service's operations are unique");
        }
        let (route, documented) = (http.route(), documented.map(|place| place.route()));
        self.operations.push(text);
        self.index.operations.push(OperationEntry { service, name, is_alone: true, aliases, route, documented });
        self.index.services[service].operations.end = self.index.operations.len();
    }

    /// Notes why a text that can be read is in no row.
    fn leave_out(&mut self, text: Text, at: &str, message: &str, help: &str) {
        let parsed = text.read().and_then(super::yaml::Parsed::parse);
        self.problems.push(parsed.map_or_else(|problem| problem, |parsed| parsed.problem(at, message, help)));
        self.others.push(text);
    }
}

impl Source for Specs {
    fn index(&self) -> &Index {
        &self.index
    }

    fn problems(&self) -> &[SpecProblem] {
        &self.problems
    }

    fn service(&self, row: usize) -> Lowered<ServiceSpec> {
        match self.services[row].read() {
            Ok(text) => read::service(&text, self.trust),
            Err(problem) => Lowered { file: None, problems: vec![problem] },
        }
    }

    fn operation(&self, row: usize) -> Lowered<OperationSpec> {
        let mut lowered = match self.operations[row].read() {
            Ok(text) => read::operation(&text, self.trust),
            Err(problem) => Lowered { file: None, problems: vec![problem] },
        };
        lowered.file = lowered.file.filter(|file| {
            let is_same = is_as_indexed(&file.spec, &self.index.operations[row]);
            if !is_same {
                let message = "the file has changed since it was indexed";
                lowered.problems.push(file.text.problem("", message, "start again"));
            }
            is_same
        });
        lowered
    }

    fn texts(&self) -> Vec<Arc<SourceText>> {
        let all = self.services.iter().chain(&self.operations).chain(&self.others);
        let mut texts: Vec<_> = all.filter_map(|text| text.read().ok()).collect();
        texts.sort_by(|left, right| left.name.cmp(&right.name));
        texts
    }
}

/// Whether a spec says what its row says.
fn is_as_indexed(spec: &OperationSpec, entry: &OperationEntry) -> bool {
    let documented = spec.documented.as_ref().map(|documented| route(&documented.method, &documented.path));
    let names = spec.operation == entry.name && spec.aliases == entry.aliases;
    names && documented == entry.documented && route(&spec.http.method, &spec.http.path) == entry.route
}

/// The head of a text; where it has none, all that is wrong with the text.
fn head_of(text: Text, trust: Trust) -> Headed {
    let is_service = split(&text.name()).1 == SERVICE_FILE;
    let source = match text.read() {
        Ok(source) => source,
        Err(problem) => return Headed { text, head: None, problems: vec![problem] },
    };
    match Head::read(&source, is_service) {
        Ok(head) => Headed::new(text, head),
        Err(problem) => {
            let problems = if is_service {
                read::service(&source, trust).problems
            } else {
                read::operation(&source, trust).problems
            };
            let problem = problem
                .or_else(|| Some(SpecProblem::new(&source, 0..0, "the file has no head of a spec", "say what it is")));
            let problems = if problems.is_empty() { problem.into_iter().collect() } else { problems };
            Headed { text, head: None, problems }
        }
    }
}

/// Reads the heads of files, on every core.
fn read_heads(paths: Vec<PathBuf>) -> Vec<Headed> {
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let share = paths.len().div_ceil(threads).max(1);
    let read = |paths: &[PathBuf]| -> Vec<Headed> {
        paths.iter().map(|path| head_of(Text::File(path.clone()), Trust::Nobody)).collect()
    };
    if paths.len() < FEWEST_FILES {
        return read(&paths);
    }
    std::thread::scope(|scope| {
        let parts: Vec<_> = paths.chunks(share).map(|part| scope.spawn(move || read(part))).collect();
        parts.into_iter().flat_map(|part| part.join().unwrap_or_default()).collect()
    })
}

/// The texts by folder, each folder's by name.
fn folders(mut texts: Vec<Headed>) -> BTreeMap<String, Vec<Headed>> {
    let mut folders: BTreeMap<String, Vec<Headed>> = BTreeMap::new();
    texts.sort_by_cached_key(|text| text.text.name());
    for text in texts {
        folders.entry(split(&text.text.name()).0.to_owned()).or_default().push(text);
    }
    folders
}

/// The rows of the files that have a head.
fn rows(directory: &Path, headed: &[Headed], stamps: HashMap<PathBuf, Stamp>) -> Vec<Row> {
    let row = |headed: &Headed| {
        let (Text::File(path), Some(head)) = (&headed.text, &headed.head) else { return None };
        Some(Row { name: below(directory, path), stamp: *stamps.get(path)?, head: head.clone() })
    };
    headed.iter().filter_map(row).collect()
}

/// A file's name below its directory.
fn below(directory: &Path, path: &Path) -> String {
    path.strip_prefix(directory).unwrap_or(path).to_string_lossy().into_owned()
}

/// The folder and the file of a name.
fn split(name: &str) -> (&str, &str) {
    name.rsplit_once(['/', '\\']).unwrap_or(("", name))
}
