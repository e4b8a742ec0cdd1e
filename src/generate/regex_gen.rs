//! Strings that match a pattern, of a wanted length where the pattern can have it.

use std::sync::LazyLock;

use regex_syntax::hir::{Class, ClassUnicode, ClassUnicodeRange, Hir, HirKind, Look};

use super::dictionary::STRANGE;
use super::medium::Medium;
use crate::random::Random;

/// Longest string that is generated, in characters.
pub(super) const MAX_LENGTH: usize = 100_000;

/// Which characters are drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Taste {
    /// Letters and digits where there are any.
    Plain,
    /// Whatever there is, the rare ones first.
    Strange,
}

/// A pattern that strings can be drawn from, its lengths and characters counted once.
#[derive(Debug)]
pub struct Pattern {
    whole: Sized,
    /// Whether something may stand before and after what it describes.
    open: (bool, bool),
    /// Whether every string drawn matches.
    exact: bool,
}

/// A part of a pattern, and how many characters it has.
#[derive(Debug)]
struct Sized {
    part: Part,
    least: usize,
    most: usize,
}

#[derive(Debug)]
enum Part {
    Literal(String),
    Class(Characters),
    Repetition { part: Box<Sized>, fewest: usize, most: usize },
    Concat(Vec<Sized>),
    Alternation(Vec<Sized>),
}

/// The characters of a class that the medium carries.
#[derive(Debug)]
pub(super) struct Characters {
    /// Letters and digits of ASCII.
    pub plain: Vec<char>,
    strange: Vec<char>,
    /// First and last of each range.
    pub all: Vec<(char, char)>,
}

impl Pattern {
    /// Reads a pattern, leaving out characters that the medium does not carry; nothing when it is none.
    #[must_use]
    pub(super) fn parse(pattern: &str, medium: &Medium) -> Option<Self> {
        let hir = regex_syntax::parse(pattern).ok()?;
        let looks = hir.properties().look_set();
        let ends = usize::from(starts_with(&hir)) + usize::from(ends_with(&hir));
        Some(Self {
            open: (!starts_with(&hir), !ends_with(&hir)),
            exact: count_looks(&hir) == ends && looks.iter().all(is_anchor),
            whole: Sized::of(&hir, medium),
        })
    }

    /// Fewest and most characters a match can have.
    #[must_use]
    pub(super) fn lengths(&self) -> (usize, usize) {
        let most = if self.open == (false, false) { self.whole.most } else { MAX_LENGTH };
        (self.whole.least, most)
    }

    /// Whether every string drawn is sure to match.
    pub(super) fn is_exact(&self) -> bool {
        self.exact
    }

    /// A match of about the wanted length: exactly that where the pattern allows it.
    #[must_use]
    pub(super) fn draw(&self, length: usize, taste: Taste, random: &mut Random) -> String {
        let length = length.min(MAX_LENGTH);
        let mut text = String::with_capacity(length);
        let within = length.min(self.whole.most);
        let beside = length - within;
        if self.open.0 && !self.open.1 {
            pad(beside, random, &mut text);
        }
        self.whole.draw(within, taste, random, &mut text);
        if self.open.1 {
            pad(beside, random, &mut text);
        }
        text
    }
}

/// Letters beside what an open pattern describes.
fn pad(length: usize, random: &mut Random, out: &mut String) {
    out.extend((0..length).filter_map(|_| random.pick(b"abcdefghijklmnopqrstuvwxyz").copied().map(char::from)));
}

fn is_anchor(look: Look) -> bool {
    matches!(look, Look::Start | Look::End)
}

fn starts_with(hir: &Hir) -> bool {
    hir.properties().look_set_prefix().contains(Look::Start)
}

fn ends_with(hir: &Hir) -> bool {
    hir.properties().look_set_suffix().contains(Look::End)
}

fn count_looks(hir: &Hir) -> usize {
    match hir.kind() {
        HirKind::Look(_) => 1,
        HirKind::Capture(capture) => count_looks(&capture.sub),
        HirKind::Repetition(repetition) => count_looks(&repetition.sub) * 3,
        HirKind::Concat(parts) => parts.iter().map(count_looks).sum(),
        HirKind::Alternation(parts) => parts.iter().map(count_looks).sum::<usize>() * 3,
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) => 0,
    }
}

impl Sized {
    fn of(hir: &Hir, medium: &Medium) -> Self {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Self { part: Part::Literal(String::new()), least: 0, most: 0 },
            HirKind::Literal(literal) => {
                let text = String::from_utf8_lossy(&literal.0).into_owned();
                let count = text.chars().count();
                Self { part: Part::Literal(text), least: count, most: count }
            }
            HirKind::Class(class) => Self { part: Part::Class(Characters::of(class, medium)), least: 1, most: 1 },
            HirKind::Capture(capture) => Self::of(&capture.sub, medium),
            HirKind::Repetition(repetition) => {
                let part = Box::new(Self::of(&repetition.sub, medium));
                let fewest = (repetition.min as usize).min(MAX_LENGTH);
                let most = repetition.max.map_or(MAX_LENGTH, |most| (most as usize).min(MAX_LENGTH));
                let (least, longest) = (part.least.saturating_mul(fewest), part.most.saturating_mul(most));
                Self { least, most: longest.min(MAX_LENGTH), part: Part::Repetition { part, fewest, most } }
            }
            HirKind::Concat(parts) => {
                let said = parts.iter().filter(|part| !matches!(part.kind(), HirKind::Look(_) | HirKind::Empty));
                let mut parts: Vec<Self> = said.map(|part| Self::of(part, medium)).collect();
                if parts.len() == 1
                    && let Some(only) = parts.pop()
                {
                    return only;
                }
                let sum = |of: fn(&Self) -> usize| parts.iter().map(of).fold(0_usize, usize::saturating_add);
                let (least, most) = (sum(|part| part.least), sum(|part| part.most).min(MAX_LENGTH));
                Self { part: Part::Concat(parts), least, most }
            }
            HirKind::Alternation(parts) => {
                let parts: Vec<Self> = parts.iter().map(|part| Self::of(part, medium)).collect();
                let least = parts.iter().map(|part| part.least).min().unwrap_or(0);
                let most = parts.iter().map(|part| part.most).max().unwrap_or(0);
                Self { part: Part::Alternation(parts), least, most }
            }
        }
    }

    fn draw(&self, length: usize, taste: Taste, random: &mut Random, out: &mut String) {
        match &self.part {
            Part::Literal(text) => out.push_str(text),
            Part::Class(class) => out.extend(class.pick(taste, random)),
            Part::Repetition { part, fewest, most } => match &part.part {
                Part::Class(class) => {
                    out.extend((0..length.clamp(*fewest, *most)).filter_map(|_| class.pick(taste, random)));
                }
                _ => part.repeat((*fewest, *most), length, taste, random, out),
            },
            Part::Concat(parts) => {
                let mut shares = Shares::new(parts.iter().map(|part| (part.least, part.most)), length, random);
                for part in parts {
                    part.draw(shares.next(part.least), taste, random, out);
                }
            }
            Part::Alternation(parts) => {
                let fits = |part: &&Self| (part.least..=part.most).contains(&length);
                let chosen = random.below(parts.iter().filter(fits).count());
                let fitting = parts.iter().filter(fits).nth(chosen);
                let nearest = || parts.iter().min_by_key(|p| p.least.abs_diff(length).min(p.most.abs_diff(length)));
                if let Some(part) = fitting.or_else(nearest) {
                    part.draw(length, taste, random, out);
                }
            }
        }
    }

    /// As many as fill the length: few and long at best, many and short at worst.
    fn repeat(
        &self,
        (fewest, most): (usize, usize),
        length: usize,
        taste: Taste,
        random: &mut Random,
        out: &mut String,
    ) {
        let few = if self.most == 0 { fewest } else { length.div_ceil(self.most) };
        let many = length.checked_div(self.least).unwrap_or(length).max(few);
        let times = usize::try_from(random.between(few as u64, many as u64)).unwrap_or(few).clamp(fewest, most);
        let mut shares = Shares::new((0..times).map(|_| (self.least, self.most)), length, random);
        for _ in 0..times {
            self.draw(shares.next(self.least), taste, random, out);
        }
    }
}

/// A length shared among parts within their bounds, from one of them onwards.
struct Shares {
    /// What each part has beyond its least.
    more: Vec<usize>,
    next: usize,
}

impl Shares {
    fn new(bounds: impl Iterator<Item = (usize, usize)> + Clone, length: usize, random: &mut Random) -> Self {
        let mut more: Vec<usize> = bounds.clone().map(|(least, most)| most.saturating_sub(least)).collect();
        let least: usize = bounds.map(|(least, _)| least).sum();
        let mut rest = length.saturating_sub(least);
        let start = random.below(more.len());
        for offset in 0..more.len() {
            let index = (start + offset) % more.len();
            more[index] = more[index].min(rest);
            rest -= more[index];
        }
        Self { more, next: 0 }
    }

    fn next(&mut self, least: usize) -> usize {
        let share = least + self.more.get(self.next).copied().unwrap_or(0);
        self.next += 1;
        share
    }
}

/// The characters that Unicode 12 has (2019), but for the byte order mark and the Mongolian vowel separator, which are
/// blanks to some engines and not to others. What came later is in the tables of some servers and not of others, so that
/// nobody is to blame who takes such a letter for none.
pub(super) fn settled_characters() -> &'static ClassUnicode {
    static SETTLED: LazyLock<ClassUnicode> = LazyLock::new(|| {
        let parsed = regex_syntax::parse(r"[\p{Age=12.0}--[\u{FEFF}\u{180E}]]").map(Hir::into_kind);
        match parsed {
            Ok(HirKind::Class(Class::Unicode(class))) => class,
            _ => ClassUnicode::new([ClassUnicodeRange::new('\0', char::MAX)]),
        }
    });
    &SETTLED
}

impl Characters {
    pub(super) fn of(class: &Class, medium: &Medium) -> Self {
        let own = match class {
            Class::Unicode(class) => class.clone(),
            Class::Bytes(class) => ClassUnicode::new(
                class.ranges().iter().map(|r| ClassUnicodeRange::new(char::from(r.start()), char::from(r.end()))),
            ),
        };
        let mut carried = own.clone();
        carried.intersect(medium.carried());
        let mut settled = carried.clone();
        settled.intersect(settled_characters());
        if !settled.ranges().is_empty() {
            carried = settled;
        }
        let ranges = if carried.ranges().is_empty() { own.ranges() } else { carried.ranges() };
        let all: Vec<(char, char)> = ranges.iter().map(|range| (range.start(), range.end())).collect();
        let has = |c: char| all.iter().any(|(start, end)| (*start..=*end).contains(&c));
        let ends = all.iter().flat_map(|(start, end)| [*start, *end]).filter(|c| !c.is_ascii_alphanumeric());
        Self {
            plain: ('a'..='z').chain('A'..='Z').chain('0'..='9').filter(|c| has(*c)).collect(),
            strange: STRANGE.iter().copied().filter(|c| has(*c)).chain(ends.take(32)).collect(),
            all,
        }
    }

    fn pick(&self, taste: Taste, random: &mut Random) -> Option<char> {
        if taste == Taste::Plain && !self.plain.is_empty() {
            return random.pick(&self.plain).copied();
        }
        if taste == Taste::Strange && !self.strange.is_empty() && random.one_in(2) {
            return random.pick(&self.strange).copied();
        }
        let &(start, end) = random.pick(&self.all)?;
        let code = random.between(u64::from(u32::from(start)), u64::from(u32::from(end)));
        // The surrogates within a range are no characters.
        u32::try_from(code).ok().and_then(char::from_u32).or(Some(start))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn draws_match_and_have_the_length() {
        for pattern in [
            "^[a-zA-Z0-9\\-\\_]{2,50}$",
            "^[A-Za-z](-?[A-Za-z0-9])*$",
            "^([\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]*)$",
            "^[^<>]*$",
            "^(5\\.7|8\\.0)(\\.[0-9]+)*$",
            "^arn:aws(-[a-z]+)*:rds:[a-z0-9-]*:[0-9]{12}:db:.+$",
            "^(mon|tue):([01][0-9]|2[0-3]):[0-5][0-9]$",
            "b+c",
            "^x-",
        ] {
            let regex = regex::Regex::new(pattern).expect("a pattern");
            let drawn = Pattern::parse(pattern, &Medium::anything()).expect("a pattern");
            assert!(drawn.is_exact(), "{pattern}");
            let (min, max) = drawn.lengths();
            let mut random = Random::new(7);
            for length in [min, min + 1, min + 2, 20, 50, 63].into_iter().filter(|length| (min..=max).contains(length))
            {
                let taste = |draw| if draw % 2 == 0 { Taste::Plain } else { Taste::Strange };
                let drawn: Vec<String> = (0..20).map(|draw| drawn.draw(length, taste(draw), &mut random)).collect();
                assert!(drawn.iter().all(|text| regex.is_match(text)), "{pattern}: {drawn:?}");
                // Not every draw can share the length out, but some must.
                let exact = drawn.iter().any(|text| text.chars().count() == length);
                assert!(exact || pattern.contains("5\\.7"), "{pattern}: none of {drawn:?} has {length} characters");
            }
        }
    }

    #[test]
    fn knows_the_bounds_of_a_pattern() {
        let parse = |pattern| Pattern::parse(pattern, &Medium::anything());
        let lengths = |pattern| parse(pattern).expect("a pattern").lengths();
        assert_eq!(lengths("^[a-z]{2,50}$"), (2, 50));
        assert_eq!(lengths("^ab$|^c*$"), (0, MAX_LENGTH));
        assert_eq!(lengths("abc"), (3, MAX_LENGTH));
        assert!(parse("(?=a)").is_none());
        assert!(!parse(r"\bab\b").expect("a pattern").is_exact() && !parse("(^a|b)c").expect("one").is_exact());
    }

    #[test]
    fn leaves_out_what_the_medium_does_not_carry() {
        let pattern = Pattern::parse("^[^<>]{20}$", &Medium::header()).expect("a pattern");
        let mut random = Random::new(3);
        for _ in 0..50 {
            let text = pattern.draw(20, Taste::Strange, &mut random);
            assert!(text.bytes().all(|byte| (b' '..=b'~').contains(&byte)), "{text:?}");
        }
    }

    /// Python 3.7 has the tables of Unicode 11, and many servers older ones: U+1FAE0 came with Unicode 14.
    #[test]
    fn letters_that_a_server_may_not_know_yet_are_not_drawn() {
        let pattern = Pattern::parse(r"^[\p{L}\p{So}\u{FEFF}]{200}$", &Medium::anything()).expect("a pattern");
        let new = regex::Regex::new(r"[^\p{Age=12.0}]|\u{FEFF}").expect("a pattern");
        let mut random = Random::new(5);
        for taste in [Taste::Plain, Taste::Strange] {
            for _ in 0..50 {
                let text = pattern.draw(200, taste, &mut random);
                assert!(!new.is_match(&text), "{text:?}");
            }
        }
    }
}
