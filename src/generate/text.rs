//! Strings that match a pattern, of a wanted length where the pattern can have it.

use regex_syntax::hir::{Class, Hir, HirKind, Repetition};

use super::Random;

/// Longest string that is generated, in characters.
const MAX_LENGTH: usize = 100_000;

/// A pattern that strings can be drawn from.
#[derive(Debug)]
pub struct Pattern(Hir);

impl Pattern {
    /// Reads a pattern; nothing when it is none.
    #[must_use]
    pub fn parse(pattern: &str) -> Option<Self> {
        regex_syntax::parse(pattern).ok().map(Self)
    }

    /// Fewest and most characters a whole match can have.
    #[must_use]
    pub fn lengths(&self) -> (usize, usize) {
        lengths(&self.0)
    }

    /// A match of about the wanted length: exactly that where the pattern allows it.
    #[must_use]
    pub fn draw(&self, length: usize, random: &mut Random) -> String {
        let mut text = String::new();
        draw(&self.0, length.min(MAX_LENGTH), random, &mut text);
        text
    }
}

fn lengths(hir: &Hir) -> (usize, usize) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => (0, 0),
        HirKind::Literal(literal) => {
            let count = String::from_utf8_lossy(&literal.0).chars().count();
            (count, count)
        }
        HirKind::Class(_) => (1, 1),
        HirKind::Capture(capture) => lengths(&capture.sub),
        HirKind::Repetition(repetition) => {
            let (min, max) = lengths(&repetition.sub);
            let most = repetition.max.map_or(MAX_LENGTH, |most| most as usize);
            (min.saturating_mul(repetition.min as usize), max.saturating_mul(most).min(MAX_LENGTH))
        }
        HirKind::Concat(parts) => {
            parts.iter().map(lengths).fold((0, 0), |(min, max), (a, b)| (min + a, (max + b).min(MAX_LENGTH)))
        }
        HirKind::Alternation(parts) => {
            let all = parts.iter().map(lengths);
            all.reduce(|(min, max), (a, b)| (min.min(a), max.max(b))).unwrap_or((0, 0))
        }
    }
}

fn draw(hir: &Hir, length: usize, random: &mut Random, out: &mut String) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(literal) => out.push_str(&String::from_utf8_lossy(&literal.0)),
        HirKind::Class(class) => out.extend(character(class, random)),
        HirKind::Capture(capture) => draw(&capture.sub, length, random, out),
        HirKind::Repetition(repetition) => repeat(repetition, length, random, out),
        HirKind::Concat(parts) => {
            let bounds: Vec<(usize, usize)> = parts.iter().map(lengths).collect();
            for (part, length) in parts.iter().zip(share(&bounds, length, random)) {
                draw(part, length, random, out);
            }
        }
        HirKind::Alternation(parts) => {
            let fitting: Vec<&Hir> =
                parts.iter().filter(|part| (lengths(part).0..=lengths(part).1).contains(&length)).collect();
            let nearest = || {
                parts.iter().min_by_key(|part| lengths(part).0.abs_diff(length).min(lengths(part).1.abs_diff(length)))
            };
            if let Some(part) = random.pick(&fitting).copied().or_else(nearest) {
                draw(part, length, random, out);
            }
        }
    }
}

fn repeat(repetition: &Repetition, length: usize, random: &mut Random, out: &mut String) {
    let (min, max) = lengths(&repetition.sub);
    let most = repetition.max.map_or(usize::MAX, |most| most as usize);
    let fewest = repetition.min as usize;
    // As many as fill the length: few and long at best, many and short at worst.
    let few = if max == 0 { fewest } else { length.div_ceil(max) };
    let many = length.checked_div(min).unwrap_or(length).max(few);
    let times = usize::try_from(random.between(few as u64, many as u64)).unwrap_or(few).clamp(fewest, most);
    let bounds = vec![(min, max); times.min(MAX_LENGTH)];
    for length in share(&bounds, length, random) {
        draw(&repetition.sub, length, random, out);
    }
}

/// Shares a length among parts within their bounds.
fn share(bounds: &[(usize, usize)], length: usize, random: &mut Random) -> Vec<usize> {
    let mut shares: Vec<usize> = bounds.iter().map(|(min, _)| *min).collect();
    let mut rest = length.saturating_sub(shares.iter().sum());
    let start = random.below(bounds.len());
    for offset in 0..bounds.len() {
        let index = (start + offset) % bounds.len();
        let slack = bounds[index].1 - bounds[index].0;
        let taken = slack.min(rest);
        shares[index] += taken;
        rest -= taken;
    }
    shares
}

/// A character of a class: mostly a plain letter or digit where there are any, sometimes anything.
fn character(class: &Class, random: &mut Random) -> Option<char> {
    let ranges: Vec<(char, char)> = match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (char::from(range.start()), char::from(range.end()))).collect()
        }
    };
    let plain = |(start, end): &(char, char)| start.is_ascii_alphanumeric() && end.is_ascii_alphanumeric();
    let simple: Vec<(char, char)> = ranges.iter().copied().filter(plain).collect();
    let pool = if simple.is_empty() || random.one_in(4) { &ranges } else { &simple };
    let &(start, end) = random.pick(pool)?;
    let code = random.between(u64::from(u32::from(start)), u64::from(u32::from(end)));
    u32::try_from(code).ok().and_then(char::from_u32).or(Some(start))
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
        ] {
            let regex = regex::Regex::new(pattern).expect("a pattern");
            let drawn = Pattern::parse(pattern).expect("a pattern");
            let (min, max) = drawn.lengths();
            let mut random = Random::new(7);
            for length in [min, min + 1, min + 2, 20, 50, 63].into_iter().filter(|length| (min..=max).contains(length))
            {
                let drawn: Vec<String> = (0..20).map(|_| drawn.draw(length, &mut random)).collect();
                assert!(drawn.iter().all(|text| regex.is_match(text)), "{pattern}: {drawn:?}");
                // Not every draw can share the length out, but some must.
                let exact = drawn.iter().any(|text| text.chars().count() == length);
                assert!(exact || pattern.contains("5\\.7"), "{pattern}: none of {drawn:?} has {length} characters");
            }
        }
    }

    #[test]
    fn knows_the_bounds_of_a_pattern() {
        let lengths = |pattern| Pattern::parse(pattern).expect("a pattern").lengths();
        assert_eq!(lengths("^[a-z]{2,50}$"), (2, 50));
        assert_eq!(lengths("ab|c*"), (0, MAX_LENGTH));
        assert!(Pattern::parse("(?=a)").is_none());
    }
}
