//! The seams of a pattern: texts that an implementation with one part of it wrong would judge otherwise.
//!
//! The syntax tree is walked. Each part is changed in each way that is easily got wrong while the rest of the text is as plain as
//! the pattern allows: a repetition by one time, a class by the characters just outside of it, a literal left out, doubled or
//! replaced. Which side a text is on, the matcher says.

use regex_syntax::hir::{Class, ClassUnicode, Hir, HirKind, Repetition};

use super::medium::Medium;
use super::regex_gen::{Characters, settled_characters};
use crate::model::Seam;

/// Most texts of each side.
const MAX_BROKEN: usize = 40;
const MAX_KEPT: usize = 16;
/// Longest text, in characters.
const LONGEST: usize = 8_192;
/// Most changes of one part of a pattern.
const MAX_CHANGES: usize = 512;
/// Most changes of one class: by the characters next to its ranges, and by others.
const MAX_NEIGHBOURS: usize = 12;
const MAX_STRANGERS: usize = 8;
/// How often a part is there that may repeat without end.
const USUAL: usize = 3;

/// Characters that are taken for members of a class, the likeliest first: letters of other scripts, what `\w` and `\d` have
/// besides, what separates words.
const STRANGERS: [char; 22] = [
    'é', '5', '_', '-', 'a', 'A', '٣', ' ', '.', '/', ':', '@', '+', '<', '\'', '"', '世', '\n', '\t', '\u{a0}', '😀',
    '\u{0}',
];
/// Words that a check of nothing but letters takes.
const WORDS: [&str; 2] = ["word", " "];

/// A text, what it is about, and how telling it is among those of its kind.
#[derive(Debug, Clone, PartialEq)]
struct Change {
    seam: Seam,
    rank: usize,
    text: String,
}

/// What the texts are for: the pattern's matcher, what the texts travel in, and how long they may be.
pub(super) struct Seams<'s> {
    pub holds: &'s dyn Fn(&str) -> bool,
    pub medium: &'s Medium,
    pub least: usize,
    pub most: usize,
}

/// Texts on both sides of a pattern's seams.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Sides {
    pub kept: Vec<(Seam, String)>,
    pub broken: Vec<(Seam, String)>,
}

impl Seams<'_> {
    /// The texts for a pattern, the most telling first. Of a pattern that has no syntax tree here, those around a sample of
    /// it; none where there is none.
    pub fn of(&self, pattern: &str, sample: Option<&str>) -> Sides {
        let mut changes: Vec<Change> = Vec::new();
        let hir = regex_syntax::parse(pattern).ok();
        for optional in [true, false] {
            let Some((walk, plain)) = hir.as_ref().and_then(|hir| self.walk(hir, optional)) else { continue };
            if changes.is_empty() {
                around(&plain, &mut changes);
            }
            changes.extend(hir.iter().flat_map(|hir| walk.changes(hir)));
        }
        if let (true, Some(sample)) = (changes.is_empty(), sample) {
            around(sample, &mut changes);
        }
        // What `\d`, `\w` and `\s` have outside of ASCII differs between engines.
        let plain = names_a_class(pattern);
        let is_sent = |change: &Change| self.is_sent(change) && (!plain || change.text.is_ascii());
        let (kept, broken) = changes.into_iter().filter(is_sent).partition(|change| self.is_kept(change));
        let kept: Vec<Change> = kept;
        let at_bounds = kept.into_iter().filter(|change| change.seam.is_kept()).collect();
        Sides { kept: telling(at_bounds, MAX_KEPT), broken: telling(broken, MAX_BROKEN) }
    }

    fn is_kept(&self, change: &Change) -> bool {
        (self.holds)(&change.text)
    }

    fn is_sent(&self, change: &Change) -> bool {
        self.medium.carries(&change.text) && self.medium.fits(&change.text)
    }

    /// A walk whose plain text matches, within the bounds of length where one is.
    fn walk(&self, hir: &Hir, optional: bool) -> Option<(Walk<'_>, String)> {
        let walks = [USUAL, self.least.min(LONGEST), 1].map(|usual| {
            let walk = Walk { medium: self.medium, usual, optional };
            let plain = walk.plain(hir);
            (walk, plain)
        });
        let matching: Vec<(Walk<'_>, String)> =
            walks.into_iter().filter(|(_, plain)| (self.holds)(plain) && self.medium.fits(plain)).collect();
        let fits = |(_, plain): &(Walk<'_>, String)| (self.least..=self.most).contains(&plain.chars().count());
        let best = matching.iter().position(fits);
        // Where none is of a length that is allowed, one is enough.
        matching.into_iter().nth(best.or(optional.then_some(0))?)
    }
}

/// Whether a pattern names a class of characters by a letter.
fn names_a_class(pattern: &str) -> bool {
    let escaped = pattern.split('\\').skip(1).filter_map(|rest| rest.chars().next());
    escaped.into_iter().any(|c| matches!(c, 'd' | 'D' | 'w' | 'W' | 's' | 'S' | 'b' | 'B'))
}

/// Changes of a text as a whole.
fn around(plain: &str, changes: &mut Vec<Change>) {
    let mut add = |seam: Seam, text: String| changes.push(Change { seam, rank: 0, text });
    add(Seam::Nothing, String::new());
    for text in [format!("{plain}\n"), format!("{plain}\n<!> x"), format!("<!> x\n{plain}")] {
        add(Seam::LineBreak, text);
    }
    for beside in ["!", " "] {
        add(Seam::Beside, format!("{plain}{beside}"));
        add(Seam::Beside, format!("{beside}{plain}"));
    }
    for word in WORDS {
        add(Seam::Word, word.to_owned());
    }
}

/// The most telling texts: of each kind in turn, those that are the first changes of their part before others.
fn telling(mut changes: Vec<Change>, most: usize) -> Vec<(Seam, String)> {
    // The kinds are in the order in which they are told, and the sort is stable.
    changes.sort_by_key(|change| (change.seam, change.rank));
    let mut kinds: Vec<std::collections::VecDeque<Change>> = Vec::new();
    for change in changes {
        match kinds.last_mut().filter(|kind| kind.back().is_some_and(|last| last.seam == change.seam)) {
            Some(kind) => kind.push_back(change),
            None => kinds.push(std::collections::VecDeque::from([change])),
        }
    }
    let mut chosen: Vec<(Seam, String)> = Vec::new();
    while chosen.len() < most && kinds.iter().any(|kind| !kind.is_empty()) {
        for change in kinds.iter_mut().filter_map(std::collections::VecDeque::pop_front) {
            if chosen.len() < most && chosen.iter().all(|(_, text)| *text != change.text) {
                chosen.push((change.seam, change.text));
            }
        }
    }
    chosen
}

/// A walk over a syntax tree.
struct Walk<'w> {
    medium: &'w Medium,
    /// How often what may repeat does so.
    usual: usize,
    /// Whether what may be absent is there.
    optional: bool,
}

impl Walk<'_> {
    /// The plainest text of a part.
    fn plain(&self, hir: &Hir) -> String {
        let mut text = String::new();
        self.render(hir, &mut text);
        text
    }

    fn render(&self, hir: &Hir, text: &mut String) {
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => {}
            HirKind::Literal(literal) => text.push_str(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(class) => text.extend(self.member(class)),
            HirKind::Capture(capture) => self.render(&capture.sub, text),
            HirKind::Concat(parts) => parts.iter().for_each(|part| self.render(part, text)),
            HirKind::Alternation(parts) => parts.iter().take(1).for_each(|part| self.render(part, text)),
            HirKind::Repetition(repetition) => {
                for _ in 0..self.times(repetition) {
                    if text.len() <= LONGEST {
                        self.render(&repetition.sub, text);
                    }
                }
            }
        }
    }

    /// How often a part is there in the plainest text.
    fn times(&self, repetition: &Repetition) -> usize {
        let (min, max) = bounds(repetition);
        let absent = min == 0 && !self.optional;
        if absent { 0 } else { self.usual.clamp(min, max.max(min)) }
    }

    fn member(&self, class: &Class) -> Option<char> {
        let characters = Characters::of(class, self.medium);
        characters.plain.first().copied().or_else(|| characters.all.first().map(|(start, _)| *start))
    }

    /// Texts in place of a part, each with one thing changed.
    fn changes(&self, hir: &Hir) -> Vec<Change> {
        let mut found = match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Vec::new(),
            HirKind::Literal(literal) => literals(&String::from_utf8_lossy(&literal.0)),
            HirKind::Class(class) => self.classes(class),
            HirKind::Capture(capture) => self.changes(&capture.sub),
            HirKind::Repetition(repetition) => self.repeated(repetition),
            HirKind::Concat(parts) => self.joined(parts),
            HirKind::Alternation(parts) => self.alternatives(parts),
        };
        found.retain(|change| change.text.len() <= LONGEST);
        // Those of later parts are as telling as those of the first.
        found.sort_by_key(|change| change.rank);
        found.truncate(MAX_CHANGES);
        found
    }

    fn joined(&self, parts: &[Hir]) -> Vec<Change> {
        let plain: Vec<String> = parts.iter().map(|part| self.plain(part)).collect();
        let mut found = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            let (before, after) = (plain[..index].concat(), plain[index + 1..].concat());
            let changed = self.changes(part).into_iter();
            found.extend(changed.map(|change| Change { text: format!("{before}{}{after}", change.text), ..change }));
        }
        found
    }

    fn alternatives(&self, parts: &[Hir]) -> Vec<Change> {
        let plain: Vec<String> = parts.iter().map(|part| self.plain(part)).collect();
        let mut found = Vec::new();
        for (index, part) in parts.iter().enumerate() {
            found.push(Change { seam: Seam::Alternative, rank: index, text: plain[index].clone() });
            found.extend(self.changes(part));
        }
        if let [first, .., last] = plain.as_slice() {
            found.push(Change { seam: Seam::Doubled, rank: 1, text: format!("{first}{last}") });
        }
        found
    }

    fn repeated(&self, repetition: &Repetition) -> Vec<Change> {
        let ((min, max), one) = (bounds(repetition), self.plain(&repetition.sub));
        let many = |times: usize| (times.saturating_mul(one.len()) <= LONGEST).then(|| one.repeat(times));
        let mut found = Vec::new();
        let mut add = |seam: Seam, text: Option<String>| {
            found.extend(text.map(|text| Change { seam, rank: 0, text }));
        };
        add(Seam::Fewer, min.checked_sub(1).and_then(many));
        add(Seam::More, max.checked_add(1).and_then(many));
        add(Seam::Bound, many(min));
        add(Seam::Bound, many(max));
        let times = self.times(repetition).max(1).min(max);
        for (index, change) in self.changes(&repetition.sub).into_iter().enumerate() {
            // The first of them at each end and in the middle, the others at one of these in turn.
            let places = [(0, 0), (times.saturating_sub(1), 0), (times / 2, 1)];
            let places = if change.rank == 0 { &places[..] } else { &places[index % 3..=index % 3] };
            let mut at: Vec<(usize, usize)> = places.to_vec();
            at.dedup_by_key(|(place, _)| *place);
            for (place, later) in at {
                let (before, after) = (one.repeat(place), one.repeat(times.saturating_sub(place + 1)));
                let text = format!("{before}{}{after}", change.text);
                found.push(Change { text, rank: change.rank + later, ..change });
            }
        }
        found
    }

    fn classes(&self, class: &Class) -> Vec<Change> {
        let members = Characters::of(class, self.medium);
        let own = unicode(class);
        let Some(plain) = self.member(class) else { return Vec::new() };
        let mut found: Vec<Change> = Vec::new();
        let mut add = |seam: Seam, rank: usize, text: String| found.push(Change { seam, rank, text });
        add(Seam::Missing, 0, String::new());
        add(Seam::Doubled, 0, format!("{plain}{plain}"));
        let outside = |c: &char| !has(&own, *c) && has(settled_characters(), *c);
        let strangers = STRANGERS.into_iter().filter(outside).take(MAX_STRANGERS);
        strangers.enumerate().for_each(|(rank, c)| add(Seam::Stranger, rank, c.to_string()));
        let next = own.ranges().iter().flat_map(|range| [before(range.start()), after(range.end())]);
        let neighbours = next.flatten().filter(outside).take(MAX_NEIGHBOURS);
        neighbours.enumerate().for_each(|(rank, c)| add(Seam::Neighbour, rank, c.to_string()));
        // Those of other scripts between the ends of ranges.
        let ends = members.all.iter().flat_map(|(start, end)| [*start, *end]).take(MAX_NEIGHBOURS);
        ends.enumerate().for_each(|(rank, c)| add(Seam::Member, rank, c.to_string()));
        let scripts = STRANGERS.into_iter().filter(|c| !c.is_ascii() && has(&own, *c));
        scripts.enumerate().for_each(|(rank, c)| add(Seam::Member, rank, c.to_string()));
        found
    }
}

/// Texts in place of a literal.
fn literals(literal: &str) -> Vec<Change> {
    let characters: Vec<char> = literal.chars().collect();
    let mut found: Vec<Change> = Vec::new();
    let mut add = |seam: Seam, rank: usize, text: String| found.push(Change { seam, rank, text });
    let Some((last, most)) = characters.split_last() else { return found };
    add(Seam::Missing, 0, String::new());
    if !most.is_empty() {
        add(Seam::Missing, 1, most.iter().collect());
        add(Seam::Missing, 2, characters[1..].iter().collect());
    }
    let with = |index: usize, instead: &[char]| -> String {
        [&characters[..index], instead, &characters[index + 1..]].concat().into_iter().collect()
    };
    // What separates words first, from the end on.
    let mut order: Vec<usize> = (0..characters.len()).rev().collect();
    order.sort_by_key(|index| characters[*index].is_alphanumeric());
    for (rank, &index) in order.iter().take(6).enumerate() {
        let c = characters[index];
        if !c.is_alphanumeric() {
            add(Seam::Missing, rank, with(index, &[]));
            add(Seam::Doubled, rank, with(index, &[c, c]));
        }
        for (further, other) in replacements(c).into_iter().enumerate() {
            add(Seam::Replaced, rank * 2 + further, with(index, &[other]));
        }
    }
    add(Seam::Doubled, order.len().min(6), format!("{literal}{last}"));
    let other_case: String = characters.iter().map(|c| swapped(*c)).collect();
    if other_case != literal {
        add(Seam::Case, 0, other_case);
    }
    found
}

/// Characters that are easily taken for this one: what an unescaped dot takes, another separator, the next letter.
fn replacements(c: char) -> Vec<char> {
    match c {
        '.' => vec!['x', '-'],
        '-' => vec!['_', '.'],
        '_' => vec!['-', '.'],
        ':' => vec!['/', '.'],
        '/' => vec!['\\', ':'],
        'z' | 'Z' => vec!['y'],
        '0'..='8' | 'a'..='y' | 'A'..='Y' => after(c).into_iter().collect(),
        '9' => vec!['8'],
        _ => vec!['x'],
    }
}

fn swapped(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

/// The fewest and the most times; more than fit where there is no bound.
fn bounds(repetition: &Repetition) -> (usize, usize) {
    let max = repetition.max.map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX));
    (usize::try_from(repetition.min).unwrap_or(usize::MAX), max)
}

fn unicode(class: &Class) -> ClassUnicode {
    match class {
        Class::Unicode(class) => class.clone(),
        Class::Bytes(class) => class.to_unicode_class().unwrap_or_else(ClassUnicode::empty),
    }
}

fn has(class: &ClassUnicode, c: char) -> bool {
    let ranges = class.ranges();
    let next = ranges.partition_point(|range| range.end() < c);
    ranges.get(next).is_some_and(|range| range.start() <= c)
}

fn before(c: char) -> Option<char> {
    u32::from(c).checked_sub(1).and_then(char::from_u32)
}

fn after(c: char) -> Option<char> {
    char::from_u32(u32::from(c) + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use regex::Regex;

    fn sides(pattern: &str, (least, most): (usize, usize)) -> Sides {
        let (regex, medium) = (Regex::new(pattern).expect("a pattern"), Medium::anything());
        Seams { holds: &|text| regex.is_match(text), medium: &medium, least, most }.of(pattern, None)
    }

    fn texts(side: &[(Seam, String)]) -> Vec<&str> {
        side.iter().map(|(_, text)| text.as_str()).collect()
    }

    fn mismatches(pattern: &str) -> Vec<String> {
        sides(pattern, (0, 1000)).broken.into_iter().map(|(_, text)| text).collect()
    }

    #[test]
    fn each_text_is_on_its_side_and_there_are_not_too_many() {
        for pattern in [
            r"^[a-zA-Z0-9\-\_]{2,50}$",
            r"^[A-Za-z](-?[A-Za-z0-9])*$",
            r"^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$",
            r"^arn:aws(-cn|-us-gov|-iso)?:rds:[a-z]{2,4}(-[a-z]+)+-[0-9]{1,2}:[0-9]{12}:db:[A-Za-z](-?[A-Za-z0-9])*$",
            r"^([01][0-9]|2[0-3]):[0-5][0-9]-([01][0-9]|2[0-3]):[0-5][0-9]$",
            "^.*$",
            "b+c",
            "",
        ] {
            let (regex, sides) = (Regex::new(pattern).expect("a pattern"), sides(pattern, (0, 1000)));
            assert!(sides.kept.iter().all(|(_, text)| regex.is_match(text)), "{pattern}");
            assert!(!sides.broken.iter().any(|(_, text)| regex.is_match(text)), "{pattern}");
            assert!(sides.kept.len() <= MAX_KEPT && sides.broken.len() <= MAX_BROKEN, "{pattern}");
        }
    }

    /// Each is a real server's mistake: a text that it takes although the pattern does not, or the other way round.
    #[test]
    fn whoever_gets_a_part_wrong_is_told_apart() {
        for (right, wrong) in [
            (r"^[a-z]{2,50}$", r"^[a-z]{1,50}$"),
            (r"^[a-z]{2,50}$", r"^[a-z]{2,51}$"),
            (r"^[a-z]{2,50}$", r"^[a-z]{3,50}$"),
            (r"^[a-z]{2,50}$", r"^[a-z]{2,49}$"),
            (r"^[a-z]{2,50}$", r"^[a-z]{2,50}"),
            (r"^[a-z]{2,50}$", r"[a-z]{2,50}$"),
            (r"^[a-z]{2,50}$", r"(?m)^[a-z]{2,50}$"),
            (r"^[a-z]{2,50}$", r"^[a-z]{2,50}\n?$"),
            (r"^[a-z]{2,50}$", r"(?i)^[a-z]{2,50}$"),
            (r"^[a-z0-9-]{2,50}$", r"^[a-z0-9_-]{2,50}$"),
            (r"^[a-z0-9-]{2,50}$", r"^[a-z0-9]{2,50}$"),
            (r"^[a-z0-9]+$", r"^[\p{Ll}0-9]+$"),
            (r"^[a-z0-9]+$", r"^[a-z\d]+$"),
            (r"^[A-Za-z0-9_]+$", r"^\w+$"),
            (r"^[A-Za-z](-?[A-Za-z0-9])*$", r"^[A-Za-z][A-Za-z0-9-]*$"),
            (r"^[A-Za-z](-?[A-Za-z0-9])*$", r"^[A-Za-z](-?[A-Za-z0-9])*-?$"),
            (r"^[A-Za-z](-?[A-Za-z0-9])*$", r"^[A-Za-z](-*[A-Za-z0-9])*$"),
            (r"^[A-Za-z](-?[A-Za-z0-9])*$", r"^[A-Za-z0-9](-?[A-Za-z0-9])*$"),
            (r"^(5\.7|8\.0)(\.[0-9]+)*$", r"^(5.7|8.0)(\.[0-9]+)*$"),
            (r"^(5\.7|8\.0)(\.[0-9]+)*$", r"^(5\.7)(\.[0-9]+)*$"),
            (r"^(5\.7|8\.0)(\.[0-9]+)*$", r"^(8\.0)(\.[0-9]+)*$"),
            (r"^(5\.7|8\.0)(\.[0-9]+)*$", r"^(5\.7|8\.0)(\.[0-9]+)?$"),
            (r"^([01][0-9]|2[0-3]):[0-5][0-9]$", r"^[0-2][0-9]:[0-5][0-9]$"),
            (r"^([01][0-9]|2[0-3]):[0-5][0-9]$", r"^([01][0-9]|2[0-3]):[0-6][0-9]$"),
            (r"^([01][0-9]|2[0-3]):[0-5][0-9]$", r"^([01]?[0-9]|2[0-3]):[0-5][0-9]$"),
            (r"^arn:[a-z]+:[0-9]{12}:db$", r"^arn:[a-z]+:[0-9]+:db$"),
            (r"^arn:[a-z]+:[0-9]{12}:db$", r"^arn:[a-z]*:[0-9]{12}:db$"),
            (r"^[ -!#-.0-?A-~]*$", r"^[ -.0-~]*$"),
            (r"^[ -!#-.0-?A-~]*$", r"^[ -!#-?A-~]*$"),
            (r"^([\p{L}\p{N}_.-]*)$", r"^([a-zA-Z0-9_.-]*)$"),
        ] {
            let (sides, other) = (sides(right, (0, 1000)), Regex::new(wrong).expect("a pattern"));
            let told = sides.broken.iter().any(|(_, text)| other.is_match(text))
                || sides.kept.iter().any(|(_, text)| !other.is_match(text));
            assert!(told, "{wrong} in place of {right}: {sides:?}");
        }
    }

    #[test]
    fn what_is_changed_is_one_thing_in_a_plain_text() {
        let broken = mismatches("^[a-z]{2,4}:x$");
        for text in ["", "aaa:x\n", "a:x", "aaaaa:x", "aaax", "aaa::x", "aaa/x", "aaa:X", "`aa:x", "{aa:x", "word"] {
            assert!(broken.iter().any(|broken| broken == text), "{text:?} is not among {broken:?}");
        }
        let kept = sides("^[a-z]{2,4}:x$", (0, 1000)).kept;
        assert!(["aa:x", "aaaa:x", "aaz:x"].iter().all(|text| texts(&kept).contains(text)), "{kept:?}");
    }

    #[test]
    fn texts_keep_to_the_bounds_of_length_where_the_pattern_lets_them() {
        let sides = sides("^[ -~]*$", (8, 41));
        let short = sides.broken.iter().filter(|(seam, text)| *seam == Seam::Stranger && text.chars().count() < 8);
        assert_eq!(short.count(), 0);
    }

    #[test]
    fn what_a_medium_does_not_carry_is_not_sent() {
        let (regex, medium) = (Regex::new("^[a-z]+$").expect("a pattern"), Medium::header());
        let sides =
            Seams { holds: &|text| regex.is_match(text), medium: &medium, least: 0, most: 9 }.of("^[a-z]+$", None);
        let all = texts(&sides.broken);
        assert!(!all.is_empty() && all.iter().all(|text| text.bytes().all(|byte| (b' '..=b'~').contains(&byte))));
    }

    /// Letters that came later than Unicode 12 break nothing that a server with newer tables need refuse.
    #[test]
    fn no_text_is_broken_by_a_letter_that_is_new() {
        let new = Regex::new(r"[^\p{Age=12.0}]").expect("a pattern");
        for pattern in [r"^\p{Lu}+$", r"^\p{So}+$", r"^[\p{L}\p{N}]{3}$"] {
            let sides = sides(pattern, (0, 1000));
            let mut all = sides.kept.iter().chain(&sides.broken);
            assert!(all.all(|(_, text)| !new.is_match(text)), "{pattern}");
        }
    }

    /// In ECMA-262 `\d` has ten members, in Rust and Python hundreds.
    #[test]
    fn no_text_has_what_engines_disagree_on() {
        for pattern in [r"^\d{2}$", r"^\w+$", r"^[^\s]*$"] {
            let sides = sides(pattern, (0, 1000));
            let mut all = sides.kept.iter().chain(&sides.broken);
            assert!(!sides.broken.is_empty() && all.all(|(_, text)| text.is_ascii()), "{pattern}");
        }
    }

    #[test]
    fn a_pattern_without_a_tree_is_broken_around_a_sample() {
        let medium = Medium::anything();
        let holds = |text: &str| text == "Abc1";
        let sides = Seams { holds: &holds, medium: &medium, least: 0, most: 9 }.of("^(?=.*[A-Z]).{4}$", Some("Abc1"));
        assert!(texts(&sides.broken).contains(&"Abc1\n") && texts(&sides.broken).contains(&""), "{sides:?}");
        assert_eq!(sides.kept, []);
    }
}
