//! Compiled patterns, one for each text in the whole process.
//!
//! Most patterns run in linear time. Those that look around or refer back run in an engine that backtracks and gives up after a
//! bounded number of steps; those that no engine takes are not judged at all. Neither accuses anybody.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use regex::{Regex, RegexBuilder};
use regex_syntax::ast::ErrorKind;

/// Largest compiled pattern, in bytes.
const MAX_COMPILED: usize = 4 * 1024 * 1024;

/// Most steps that a backtracking match takes; some milliseconds.
const MAX_STEPS: usize = 100_000;

/// A regular expression that is looked for anywhere in a text. It is compiled when it is first asked; equal texts share what
/// was compiled, for as long as one of them is in use.
#[derive(Clone)]
pub struct Matcher(Arc<Compiled>);

struct Compiled {
    text: Box<str>,
    engine: OnceLock<Engine>,
}

enum Engine {
    Linear(Regex),
    Backtracking(Box<fancy_regex::Regex>),
    /// Too large for either.
    None,
}

impl Matcher {
    /// The pattern with this text.
    ///
    /// # Errors
    /// What is wrong with a text that is no pattern, in one line.
    pub fn new(text: &str) -> Result<Self, String> {
        let mut known = interned();
        if let Some(compiled) = known.find(text) {
            return Ok(Self(compiled));
        }
        let engine = OnceLock::new();
        if let Err(refused) = regex_syntax::parse(text) {
            let regex = backtracking(text).map_err(|error| complaint(&refused, &error))?;
            _ = engine.set(Engine::Backtracking(Box::new(regex)));
        }
        let compiled = Arc::new(Compiled { text: text.into(), engine });
        known.keep(&compiled);
        Ok(Self(compiled))
    }

    /// Whether the text has a match; nothing where that takes too many steps to know.
    #[must_use]
    pub fn matches(&self, text: &str) -> Option<bool> {
        match self.engine() {
            Engine::Linear(regex) => Some(regex.is_match(text)),
            Engine::Backtracking(regex) => regex.is_match(text).ok(),
            Engine::None => None,
        }
    }

    /// Whether the text is known to have a match.
    #[must_use]
    pub fn is_match(&self, text: &str) -> bool {
        self.matches(text) == Some(true)
    }

    /// Whether the text has a match, as far as anybody can know.
    #[must_use]
    pub fn may_match(&self, text: &str) -> bool {
        self.matches(text) != Some(false)
    }

    /// Whether every text is judged, in linear time.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        matches!(self.engine(), Engine::Linear(_))
    }

    /// Why not every text is judged in linear time; nothing where it is.
    #[must_use]
    pub fn caution(&self) -> Option<&'static str> {
        match self.engine() {
            Engine::Linear(_) => None,
            Engine::Backtracking(_) => Some("it needs backtracking, which gives up after a bounded number of steps"),
            Engine::None => Some("it is too large to compile, so nothing is judged by it"),
        }
    }

    /// The pattern as it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0.text
    }

    fn engine(&self) -> &Engine {
        self.0.engine.get_or_init(|| {
            let text = self.as_str();
            match RegexBuilder::new(text).size_limit(MAX_COMPILED).build() {
                Ok(regex) => Engine::Linear(regex),
                Err(_) => backtracking(text).map_or(Engine::None, |regex| Engine::Backtracking(Box::new(regex))),
            }
        })
    }
}

impl fmt::Debug for Matcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Matcher").field(&self.as_str()).finish()
    }
}

impl PartialEq for Matcher {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

fn backtracking(text: &str) -> Result<fancy_regex::Regex, fancy_regex::Error> {
    let mut builder = fancy_regex::RegexBuilder::new(text);
    builder.backtrack_limit(MAX_STEPS).delegate_size_limit(MAX_COMPILED).build()
}

/// What is wrong with a pattern that neither engine takes: as the one says that the pattern is made for.
fn complaint(refused: &regex_syntax::Error, error: &fancy_regex::Error) -> String {
    let looks_around = matches!(refused, regex_syntax::Error::Parse(error)
        if matches!(error.kind(), ErrorKind::UnsupportedLookAround | ErrorKind::UnsupportedBackreference));
    let text = if looks_around { error.to_string() } else { refused.to_string() };
    // The last line says what is wrong; those before show the pattern.
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
}

/// The patterns in use, by their text. It holds none of them itself: a pattern lasts as long as a contract that has it.
#[derive(Default)]
struct Interned {
    known: HashMap<Box<str>, Weak<Compiled>>,
    /// Size at which those no longer in use are swept out.
    sweep_at: usize,
}

fn interned() -> std::sync::MutexGuard<'static, Interned> {
    static INTERNED: OnceLock<Mutex<Interned>> = OnceLock::new();
    // What a panicking thread left behind is a map as good as any.
    INTERNED.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

impl Interned {
    fn find(&self, text: &str) -> Option<Arc<Compiled>> {
        self.known.get(text).and_then(Weak::upgrade)
    }

    fn keep(&mut self, compiled: &Arc<Compiled>) {
        if self.known.len() >= self.sweep_at {
            self.known.retain(|_, compiled| compiled.strong_count() > 0);
            self.sweep_at = (self.known.len() * 2).max(1024);
        }
        self.known.insert(compiled.text.clone(), Arc::downgrade(compiled));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(text: &str) -> Matcher {
        Matcher::new(text).unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    #[test]
    fn matches_anywhere() {
        assert!(matcher("b").is_match("abc") && !matcher("b").is_match("a") && matcher("b").is_linear());
    }

    #[test]
    fn equal_texts_are_one_while_they_are_in_use() {
        let (first, second) = (matcher("^one-[0-9]$"), matcher("^one-[0-9]$"));
        assert!(Arc::ptr_eq(&first.0, &second.0));
        drop((first, second));
        assert!(interned().find("^one-[0-9]$").is_none());
    }

    #[test]
    fn looks_around_and_refers_back() {
        let password = matcher(r"^(?=.*[A-Z])(?=.*\d).{4,8}$");
        assert!(password.is_match("Abc1") && !password.is_match("abcd") && !password.is_linear());
        let twice = matcher(r"^(a+)-\1$");
        assert!(twice.is_match("aa-aa") && twice.matches("aa-a") == Some(false));
    }

    #[test]
    fn gives_up_rather_than_stall_or_accuse() {
        let endless = matcher(r"^((a|a)*)*\1b(?!c)$");
        assert_eq!(endless.matches(&"a".repeat(60)), None);
        assert!(endless.may_match(&"a".repeat(60)) && !endless.is_match(&"a".repeat(60)));
        let huge = matcher("((a{1000}){1000}){1000}");
        assert!(huge.matches("b").is_none() && huge.may_match("b") && huge.caution().is_some());
    }

    #[test]
    fn what_is_no_pattern_is_said_in_a_line() {
        let error = Matcher::new("[").expect_err("broken");
        assert!(!error.is_empty() && !error.contains('\n'), "{error}");
    }
}
