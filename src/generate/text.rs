//! Texts for a place: by pattern, by format, or free; ordinary ones and such that a real API meets.

use std::sync::Arc;

use serde_json::Value;

use super::dictionary::{TEXTS, formatted};
use super::medium::Medium;
use super::regex_gen::{MAX_LENGTH, Pattern, Taste};
use crate::model::{Cause, Matcher, Occurrence, Table};
use crate::random::Random;
use crate::text::to_base64;

/// Length of a text that nothing constrains.
const USUAL_LENGTH: usize = 12;
/// Most characters of a text that no source describes.
const UNDESCRIBED: usize = 256;
/// How much longer than their least ordinary texts are at most.
const SPREAD: u64 = 20;
/// How often a draw that does not fit is made again.
const TRIES: usize = 8;

/// Texts that satisfy many a pattern that cannot be drawn from.
pub(super) const GUESSES: [&str; 12] =
    ["a", "abc", "abcdefgh", "A1", "Abcdefg1", "Abcdefg1!Abcdefg1!", "1", "12345678", "a-b", "a.b.c", "/a/b", "a_b"];

/// What free texts are made of.
const LETTERS: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// The texts that a set of schemas allows together.
#[derive(Debug)]
pub(super) struct Text {
    pattern: Option<Pattern>,
    /// Fewest and most characters.
    least: usize,
    most: usize,
    /// Longest text where nothing bounds it, usually and rarely.
    usual: usize,
    rare: usize,
    /// Values of the format, the plain one first.
    formatted: &'static [&'static str],
    is_uuid: bool,
    is_base64: bool,
    medium: Medium,
    hostile: Vec<&'static str>,
    familiar: Vec<Arc<str>>,
    suggested: Vec<String>,
    /// How many of sixteen texts are unusual ones.
    unusual: usize,
    /// Whether what is drawn is sure to satisfy patterns and format.
    pub exact: bool,
}

impl Text {
    /// The texts of schemas in a medium, with those that are familiar to the API.
    pub fn of(shape: &Table, nodes: &[&Occurrence], medium: &Medium, familiar: &[Arc<str>]) -> Self {
        let limit = |of: fn(&Occurrence) -> Option<u64>| nodes.iter().copied().filter_map(of);
        let size = |length: u64| usize::try_from(length).unwrap_or(usize::MAX);
        let least = limit(|node| node.limits.min_length).max().map_or(0, size).max(usize::from(!medium.fits("")));
        let most = limit(|node| node.limits.max_length).min().map_or(usize::MAX, size).max(least);
        let patterns: Vec<&str> = nodes.iter().filter_map(|node| node.limits.pattern.as_deref()).collect();
        // What is not judged in linear time does not say by its text what matches it.
        let opaque = patterns.iter().any(|pattern| Matcher::new(pattern).is_ok_and(|matcher| !matcher.is_linear()));
        let pattern = patterns.first().filter(|_| !opaque).and_then(|pattern| Pattern::parse(pattern, medium));
        let format = nodes.iter().find_map(|node| node.format.as_deref()).unwrap_or_default();
        let formatted = formatted(format);
        let judge = Judge::of(shape, nodes);
        let fits = |text: &str, exactly: bool| {
            medium.carries(text) && (!exactly || (least..=most).contains(&text.chars().count())) && judge.holds(text)
        };
        let free = patterns.is_empty();
        // What no source describes is mostly plain, so that it is not to blame for what another change is about.
        let is_described = !free || !formatted.is_empty() || most != usize::MAX;
        let suggested = nodes.iter().flat_map(|node| node.examples.iter().chain(node.default.as_deref()));
        let suggested = suggested.filter_map(Value::as_str).chain(GUESSES.into_iter().filter(|_| opaque));
        let suggested = suggested.filter(|text| fits(text, true) && medium.fits(text));
        Self {
            exact: match patterns.len() {
                0 => true,
                1 => formatted.is_empty() && pattern.as_ref().is_some_and(Pattern::is_exact),
                _ => false,
            },
            unusual: if is_described { 4 } else { 2 },
            least,
            most,
            usual: if is_described { medium.cap.usual } else { medium.cap.usual.min(UNDESCRIBED) },
            rare: if is_described { medium.cap.rare } else { medium.cap.rare.min(UNDESCRIBED) },
            formatted,
            is_uuid: format == "uuid",
            is_base64: nodes.iter().any(|node| node.wire.base64),
            hostile: TEXTS.iter().copied().filter(|text| fits(text, !free)).collect(),
            familiar: familiar.iter().filter(|text| fits(text, true)).cloned().collect(),
            suggested: suggested.map(str::to_owned).collect(),
            medium: medium.clone(),
            pattern,
        }
    }

    /// What it travels in.
    pub fn medium(&self) -> &Medium {
        &self.medium
    }

    /// A text as plain as can be.
    pub fn plain(&self, random: &mut Random) -> String {
        if let Some(text) = self.formatted.first().filter(|_| self.pattern.is_none() || random.one_in(2)) {
            return (*text).to_owned();
        }
        if self.is_base64 {
            return base64(random.below(9), random);
        }
        if self.pattern.is_none()
            && let Some(text) = self.suggested.first()
        {
            return text.clone();
        }
        let (shortest, longest) = self.bounds();
        self.fitting(random, |_| USUAL_LENGTH.clamp(shortest, longest), Taste::Plain)
    }

    /// A text that a real API meets: mostly an ordinary one, one in four times one that is not.
    pub fn rich(&self, random: &mut Random) -> String {
        let kind = random.below(16);
        if !self.formatted.is_empty() && (self.pattern.is_none() || kind < 8) {
            return self.of_format(random);
        }
        if self.is_base64 {
            return self.of_format(random);
        }
        match kind {
            kind if kind < self.unusual => self.unusual(random),
            4..6 if !self.suggested.is_empty() => random.pick(&self.suggested).cloned().unwrap_or_default(),
            6..9 if !self.familiar.is_empty() => {
                random.pick(&self.familiar).map_or_else(String::new, |text| text.as_ref().to_owned())
            }
            _ => self.ordinary(random),
        }
    }

    /// A text of so many characters; nothing when there is none.
    pub fn of_length(&self, length: usize, random: &mut Random) -> Option<String> {
        if length > MAX_LENGTH {
            return None;
        }
        if let Some(sample) = self.formatted.first().filter(|_| self.pattern.is_none()) {
            // Of the formats, some go on as long as one likes.
            let more = length.checked_sub(sample.len())?;
            return Some(format!("{sample}{}", "a".repeat(more)));
        }
        let taste = if random.one_in(4) { Taste::Strange } else { Taste::Plain };
        let drawn = (0..TRIES * 2).map(|_| self.draw(length, taste, random));
        drawn.into_iter().find(|text| text.chars().count() == length && self.medium.fits(text))
    }

    /// A text with the rarer characters that the pattern or the medium leaves.
    pub fn strange(&self, random: &mut Random) -> String {
        if !self.formatted.is_empty() || self.is_base64 {
            return self.of_format(random);
        }
        let (shortest, longest) = self.bounds();
        self.fitting(
            random,
            |random| between(random, shortest.max(1).min(longest), longest.min(shortest + 12)),
            Taste::Strange,
        )
    }

    /// A text of the format, whatever the pattern says.
    pub fn of_format(&self, random: &mut Random) -> String {
        if self.is_base64 {
            return base64(random.below(48), random);
        }
        if self.is_uuid && !random.one_in(3) {
            return uuid(random);
        }
        random.pick(self.formatted).copied().unwrap_or_default().to_owned()
    }

    fn ordinary(&self, random: &mut Random) -> String {
        let (shortest, longest) = self.bounds();
        let spread = |random: &mut Random| {
            let more = usize::try_from(random.between(0, SPREAD)).unwrap_or(0);
            shortest.max(usize::from(longest > 0 && !random.one_in(16))).saturating_add(more).min(longest)
        };
        self.fitting(random, spread, Taste::Plain)
    }

    /// Hostile characters, or a length at a bound.
    fn unusual(&self, random: &mut Random) -> String {
        let (shortest, longest) = self.bounds();
        let cap = if random.one_in(16) { self.rare } else { self.usual };
        match random.below(16) {
            0..8 if !self.hostile.is_empty() => self.fitted(random),
            // The longest are long: they are not drawn so often.
            8 => self.fitting(random, |_| longest.min(cap).max(shortest), Taste::Plain),
            9 => self.fitting(random, |_| longest.min(cap).max(shortest), Taste::Strange),
            10 | 11 => self.fitting(random, |_| shortest, Taste::Strange),
            _ => self.strange(random),
        }
    }

    /// A hostile text, cut or stretched to the bounds.
    fn fitted(&self, random: &mut Random) -> String {
        let Some(text) = random.pick(&self.hostile) else { return self.plain(random) };
        let mut text = (*text).to_owned();
        if self.pattern.is_none() {
            let count = text.chars().count();
            if count > self.most {
                text = text.chars().take(self.most).collect();
            }
            for _ in count..self.least.min(MAX_LENGTH) {
                text.push('x');
            }
        }
        if self.medium.fits(&text) { text } else { self.ordinary(random) }
    }

    /// The bounds that limits and pattern leave together.
    fn bounds(&self) -> (usize, usize) {
        let (shortest, longest) = self.pattern.as_ref().map_or((0, MAX_LENGTH), Pattern::lengths);
        let shortest = shortest.max(self.least);
        (shortest, longest.min(self.most).max(shortest))
    }

    /// A draw that fits, as far as trying helps.
    fn fitting(&self, random: &mut Random, length: impl Fn(&mut Random) -> usize, taste: Taste) -> String {
        let mut text = String::new();
        for _ in 0..TRIES {
            let wanted = length(random);
            text = self.draw(wanted, taste, random);
            if self.medium.fits(&text) && self.is_bounded(&text) {
                break;
            }
        }
        text
    }

    fn is_bounded(&self, text: &str) -> bool {
        // Bytes decide most of the time, without counting characters.
        (self.least == 0 || text.len() / 4 >= self.least || text.chars().count() >= self.least)
            && (text.len() <= self.most || text.chars().count() <= self.most)
    }

    fn draw(&self, length: usize, taste: Taste, random: &mut Random) -> String {
        match &self.pattern {
            Some(pattern) => pattern.draw(length, taste, random),
            None => free(length, taste, &self.hostile, random),
        }
    }
}

/// A text that nothing constrains: letters and digits, or pieces of hostile texts.
fn free(length: usize, taste: Taste, hostile: &[&'static str], random: &mut Random) -> String {
    let length = length.min(MAX_LENGTH);
    let mut text = String::with_capacity(length);
    if taste == Taste::Strange {
        let mut left = length;
        while left > 0
            && let Some(piece) = random.pick(hostile)
        {
            let taken = piece.chars().take(left);
            let before = text.len();
            text.extend(taken);
            left -= text[before..].chars().count().max(1).min(left);
        }
        return text;
    }
    text.extend((0..length).map(|_| char::from(LETTERS[random.below(LETTERS.len())])));
    text
}

fn between(random: &mut Random, first: usize, last: usize) -> usize {
    usize::try_from(random.between(first as u64, last.max(first) as u64)).unwrap_or(first)
}

/// A random UUID of version 4.
fn uuid(random: &mut Random) -> String {
    let (high, low) = (random.next(), random.next());
    let (high, low) = (high & !0xf000 | 0x4000, low & !(0b11 << 62) | (0b10 << 62));
    format!(
        "{:08x}-{:04x}-{:04x}-{:04x}-{:012x}",
        high >> 32,
        high >> 16 & 0xffff,
        high & 0xffff,
        low >> 48,
        low & 0xffff_ffff_ffff
    )
}

fn base64(length: usize, random: &mut Random) -> String {
    let bytes: Vec<u8> = (0..length).map(|_| random.next().to_le_bytes()[0]).collect();
    to_base64(&bytes)
}

/// Whether texts satisfy the patterns and formats of schemas.
struct Judge<'s> {
    shape: &'s Table,
    nodes: Vec<&'s Occurrence>,
    /// Patterns of schemas that have no constraints of their own.
    patterns: Vec<Matcher>,
}

impl<'s> Judge<'s> {
    fn of(shape: &'s Table, nodes: &[&'s Occurrence]) -> Self {
        let judged =
            |node: &Occurrence| node.constraints.iter().any(|id| shape.constraints[*id].cause == Cause::Pattern);
        let unjudged = nodes.iter().filter(|node| !judged(node)).filter_map(|node| node.limits.pattern.as_deref());
        let patterns = unjudged.filter_map(|pattern| Matcher::new(pattern).ok()).collect();
        Self { shape, nodes: nodes.to_vec(), patterns }
    }

    fn holds(&self, text: &str) -> bool {
        let value = Value::from(text);
        let about = |cause| matches!(cause, Cause::Pattern | Cause::Format);
        let constraints = self.nodes.iter().flat_map(|node| &node.constraints).map(|id| &self.shape.constraints[*id]);
        self.patterns.iter().all(|pattern| pattern.may_match(text))
            && constraints.filter(|constraint| about(constraint.cause)).all(|constraint| constraint.test.holds(&value))
    }
}
