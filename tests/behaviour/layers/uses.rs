//! Which file uses which: paths of `use` lines and paths written in place, read from the text of the sources.
//!
//! A reader of Rust's syntax would be exact; this one knows what decides here: comments, literals, `use` trees, modules
//! and what is compiled for tests only.

use std::collections::{BTreeMap, BTreeSet};

/// Segments of a path, as `["crate", "codec", "xml"]`.
type Path = Vec<String>;

/// Files by module: `["codec", "xml"]` is `src/codec/xml.rs`, `[]` is `src/lib.rs`.
#[derive(Debug, Default)]
pub struct Sources {
    modules: BTreeMap<Path, Module>,
}

#[derive(Debug, Default)]
struct Module {
    file: String,
    path: Path,
    /// Each path with the module that it is written in, which may stand inside the file.
    used: BTreeSet<(Path, Path)>,
    /// Names that other modules find here, though they are of another.
    exported: BTreeMap<String, Path>,
    /// Modules of which everything is found here.
    globs: Vec<Path>,
}

/// A file that uses another.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Arrow {
    pub from: String,
    pub to: String,
    /// The path as it is written.
    pub path: String,
}

impl Sources {
    /// Reads files by their names below `src/`, with their texts. What is compiled for tests only is left out.
    pub fn read<'t>(files: impl IntoIterator<Item = (&'t str, &'t str)>) -> Self {
        let mut sources = Self::default();
        let mut only_tests: BTreeSet<Path> = BTreeSet::new();
        for (file, text) in files {
            let mut reader = Reader { tokens: &tokens(text), at: 0, stack: vec![module_of(file)] };
            let mut module = Module { file: file.to_owned(), path: module_of(file), ..Module::default() };
            reader.read(&mut module, &mut only_tests);
            sources.modules.insert(module_of(file), module);
        }
        sources.modules.retain(|path, _| !only_tests.iter().any(|test| path.starts_with(test)));
        sources
    }

    /// The names of the files.
    pub fn files(&self) -> impl Iterator<Item = &str> {
        self.modules.values().map(|module| module.file.as_str())
    }

    /// All arrows from file to file. A path that leads over a re-export is an arrow to each file on the way.
    pub fn arrows(&self) -> BTreeSet<Arrow> {
        let mut arrows = BTreeSet::new();
        for module in self.modules.values() {
            let exported =
                module.exported.values().chain(&module.globs).map(|path| (module.path.clone(), path.clone()));
            let exported: BTreeSet<(Path, Path)> = exported.collect();
            for (within, path) in module.used.union(&exported) {
                for to in self.files_on(within, path, 0) {
                    // That a folder shows what its files have is no use of them.
                    let is_shown =
                        exported.contains(&(within.clone(), path.clone())) && folder(&to) == folder(&module.file);
                    if to != module.file && !is_shown {
                        arrows.insert(Arrow { from: module.file.clone(), to, path: path.join("::") });
                    }
                }
            }
        }
        arrows
    }

    fn files_on(&self, within: &[String], path: &[String], followed: usize) -> Vec<String> {
        let Some(absolute) = self.absolute(within, path).filter(|_| followed < 8) else { return Vec::new() };
        let Some((home, rest)) = self.split(&absolute) else { return Vec::new() };
        let module = &self.modules[home];
        let mut files = vec![module.file.clone()];
        if let Some(name) = rest.first() {
            let named = module.exported.get(name).map(|path| [path, &rest[1..]].concat());
            let from_glob = module.globs.iter().map(|glob| [glob, rest].concat());
            let from_glob = from_glob.filter(|path| self.absolute(home, path).is_some_and(|path| self.defines(&path)));
            for next in named.into_iter().chain(from_glob) {
                files.extend(self.files_on(home, &next, followed + 1));
            }
        }
        files
    }

    /// Whether a path leads to a module below another, or to a name that one exports.
    fn defines(&self, absolute: &[String]) -> bool {
        self.split(absolute).is_some_and(|(home, rest)| {
            rest.is_empty() || rest.first().is_some_and(|name| self.modules[home].exported.contains_key(name))
        })
    }

    /// The longest part of a path that is a file's module, and what follows it.
    fn split<'p>(&self, absolute: &'p [String]) -> Option<(&'p [String], &'p [String])> {
        let length = (0..=absolute.len()).rev().find(|length| self.modules.contains_key(&absolute[..*length]))?;
        Some(absolute.split_at(length))
    }

    /// The path from the root of the crate; nothing for a path of another crate.
    fn absolute(&self, within: &[String], path: &[String]) -> Option<Path> {
        let (first, rest) = path.split_first()?;
        match first.as_str() {
            "crate" | "accordant" => Some(rest.to_vec()),
            "self" => Some([within, rest].concat()),
            "super" => {
                let above = self.absolute(within, &[vec!["self".to_owned()]].concat())?;
                let parent = &above[..above.len().checked_sub(1)?];
                match rest.first().map(String::as_str) {
                    Some("super") => self.absolute(parent, rest),
                    _ => Some([parent, rest].concat()),
                }
            }
            name => {
                let child = [within, &[name.to_owned()]].concat();
                self.modules.contains_key(&child).then(|| [child.as_slice(), rest].concat())
            }
        }
    }
}

fn folder(file: &str) -> &str {
    file.split('/').next().unwrap_or_default()
}

fn module_of(file: &str) -> Path {
    let mut path: Path = file.trim_end_matches(".rs").split('/').map(str::to_owned).collect();
    if matches!(path.last().map(String::as_str), Some("mod" | "lib")) {
        path.pop();
    }
    path
}

struct Reader<'t> {
    tokens: &'t [String],
    at: usize,
    /// The module at each level of braces.
    stack: Vec<Path>,
}

impl Reader<'_> {
    fn read(&mut self, module: &mut Module, only_tests: &mut BTreeSet<Path>) {
        let mut is_public = false;
        while let Some(token) = self.next() {
            match token.as_str() {
                "#" if self.is_for_tests() => self.skip_item(only_tests),
                "pub" => {
                    is_public = true;
                    continue;
                }
                "(" if is_public => {
                    self.skip_to(")");
                    continue;
                }
                "use" => self.read_use(module, is_public),
                "mod" if self.peek(1) == Some("{") => {
                    let name = self.next().unwrap_or_default();
                    self.at += 1;
                    self.stack.push([self.within(), &[name]].concat());
                }
                "{" => self.stack.push(self.within().to_vec()),
                "}" if self.stack.len() > 1 => drop(self.stack.pop()),
                name if is_name(name) && self.peek(0) == Some("::") => {
                    let path = self.read_path(token);
                    module.used.insert((self.within().to_vec(), path));
                }
                _ => {}
            }
            is_public = false;
        }
    }

    fn within(&self) -> &[String] {
        self.stack.last().map_or(&[], Vec::as_slice)
    }

    fn next(&mut self) -> Option<String> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn peek(&self, ahead: usize) -> Option<&str> {
        self.tokens.get(self.at + ahead).map(String::as_str)
    }

    /// Whether an attribute says that what follows is compiled for tests only.
    fn is_for_tests(&self) -> bool {
        ["[", "cfg", "(", "test", ")", "]"].iter().enumerate().all(|(at, token)| self.peek(at) == Some(token))
    }

    fn skip_to(&mut self, end: &str) {
        while self.next().is_some_and(|token| token != end) {}
    }

    fn skip_item(&mut self, only_tests: &mut BTreeSet<Path>) {
        let mut depth = 0_usize;
        while let Some(token) = self.next() {
            match token.as_str() {
                "mod" if depth == 0 && self.peek(1) == Some(";") => {
                    let name = self.next().unwrap_or_default();
                    only_tests.insert([self.within(), &[name]].concat());
                }
                "{" => depth += 1,
                "}" if depth == 1 => return,
                "}" => depth -= 1,
                ";" if depth == 0 => return,
                _ => {}
            }
        }
    }

    fn read_path(&mut self, first: String) -> Path {
        let mut path = vec![first];
        while self.peek(0) == Some("::") && self.peek(1).is_some_and(is_name) {
            path.push(self.tokens[self.at + 1].clone());
            self.at += 2;
        }
        path
    }

    fn read_use(&mut self, module: &mut Module, is_public: bool) {
        let mut leaves = Vec::new();
        self.read_tree(&[], &mut leaves);
        let within = self.within().to_vec();
        let is_of_file = self.stack.len() == 1;
        for (path, name) in leaves {
            if is_public && is_of_file {
                match name.as_str() {
                    "*" => module.globs.push(path.clone()),
                    _ => drop(module.exported.insert(name, path.clone())),
                }
            } else {
                module.used.insert((within.clone(), path));
            }
        }
    }

    /// The paths of a tree, each with the name that it has from then on.
    fn read_tree(&mut self, before: &[String], leaves: &mut Vec<(Path, String)>) {
        let mut path = before.to_vec();
        while let Some(token) = self.next() {
            match token.as_str() {
                "::" => {}
                "{" => {
                    while self.peek(0).is_some_and(|token| token != "}") {
                        self.read_tree(&path, leaves);
                        if self.peek(0) == Some(",") {
                            self.at += 1;
                        }
                    }
                    self.at += 1;
                    return;
                }
                "*" => return leaves.push((path, "*".to_owned())),
                "self" if !before.is_empty() && path.len() == before.len() => {}
                name => path.push(name.to_owned()),
            }
            if matches!(self.peek(0), Some("," | "}" | ";" | "as") | None) {
                let mut name = path.last().cloned().unwrap_or_default();
                if self.peek(0) == Some("as") {
                    self.peek(1).unwrap_or_default().clone_into(&mut name);
                    self.at += 2;
                }
                return leaves.push((path, name));
            }
        }
    }
}

fn is_name(token: &str) -> bool {
    token.starts_with(|first: char| first.is_alphabetic() || first == '_')
}

/// The tokens of a source that matter: names and punctuation, without comments and literals.
fn tokens(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let (mut tokens, mut at) = (Vec::new(), 0);
    let starts = |at: usize, what: &str| what.chars().enumerate().all(|(n, c)| characters.get(at + n) == Some(&c));
    while let Some(&character) = characters.get(at) {
        if starts(at, "//") {
            at += characters[at..].iter().take_while(|c| **c != '\n').count();
        } else if starts(at, "/*") {
            at += 2;
            while at < characters.len() && !starts(at, "*/") {
                at += 1;
            }
            at += 2;
        } else if let Some(hashes) = raw_string(&characters[at..]) {
            let end = format!("\"{}", "#".repeat(hashes));
            at += characters[at..].iter().take_while(|c| **c != '"').count() + 1;
            while at < characters.len() && !starts(at, &end) {
                at += 1;
            }
            at += end.len();
        } else if character == '"' {
            at += 1;
            while characters.get(at).is_some_and(|c| *c != '"') {
                at += if characters[at] == '\\' { 2 } else { 1 };
            }
            at += 1;
        } else if character == '\'' && (characters.get(at + 1) == Some(&'\\') || characters.get(at + 2) == Some(&'\''))
        {
            at += if characters[at + 1] == '\\' { 3 } else { 2 };
            at += characters[at..].iter().take_while(|c| **c != '\'').count() + 1;
        } else if character.is_alphanumeric() || character == '_' {
            let word: String = characters[at..].iter().take_while(|c| c.is_alphanumeric() || **c == '_').collect();
            at += word.chars().count();
            tokens.push(word);
        } else if starts(at, "::") {
            tokens.push("::".to_owned());
            at += 2;
        } else {
            if !character.is_whitespace() {
                tokens.push(character.to_string());
            }
            at += 1;
        }
    }
    tokens
}

/// How many hashes a raw string has that begins here.
fn raw_string(text: &[char]) -> Option<usize> {
    let (['b', 'r', after @ ..] | ['r', after @ ..]) = text else { return None };
    let hashes = after.iter().take_while(|c| **c == '#').count();
    (after.get(hashes) == Some(&'"')).then_some(hashes)
}
