//! What a value travels in (body, query, path or header), and which characters that can carry.

use regex_syntax::hir::{ClassUnicode, ClassUnicodeRange};

use crate::codec::Codec;

/// What a text travels in, and so what it may be.
#[derive(Debug, Clone)]
pub(super) struct Medium {
    carried: ClassUnicode,
    /// Most characters that are sensible there.
    pub cap: Cap,
    path: bool,
    header: bool,
}

/// Most characters of a string that nothing bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cap {
    pub usual: usize,
    pub rare: usize,
}

const IN_BODY: Cap = Cap { usual: 2048, rare: 16_384 };
const IN_HEAD: Cap = Cap { usual: 200, rare: 200 };

impl Medium {
    /// A body or a query, as far as the codec carries characters.
    pub fn body(codec: &dyn Codec) -> Self {
        Self { carried: carried(|c| codec.carries(c)), cap: IN_BODY, path: false, header: false }
    }

    /// A query string.
    pub fn query(codec: &dyn Codec) -> Self {
        Self { cap: IN_HEAD, ..Self::body(codec) }
    }

    /// A segment of a path. Slashes of either kind, even escaped, are read as ends of segments by many servers.
    pub fn path() -> Self {
        let carried = carried(|c| !c.is_control() && c != '/' && c != '\\');
        Self { carried, cap: IN_HEAD, path: true, header: false }
    }

    /// A header: visible ASCII, and spaces between.
    pub fn header() -> Self {
        let carried = ClassUnicode::new([ClassUnicodeRange::new(' ', '~')]);
        Self { carried, cap: IN_HEAD, path: false, header: true }
    }

    #[cfg(test)]
    pub fn anything() -> Self {
        Self { carried: carried(|_| true), cap: IN_BODY, path: false, header: false }
    }

    /// The characters that it carries.
    pub fn carried(&self) -> &ClassUnicode {
        &self.carried
    }

    /// Whether a text can be there as it is.
    pub fn fits(&self, text: &str) -> bool {
        !(self.path && matches!(text, "" | "." | ".."))
            && !(self.header && (text.is_empty() || text.starts_with(' ') || text.ends_with(' ')))
    }

    /// Whether it carries each character.
    pub fn carries(&self, text: &str) -> bool {
        let ranges = self.carried.ranges();
        text.chars().all(|c| ranges.iter().any(|range| (range.start()..=range.end()).contains(&c)))
    }
}

/// The characters for which it is true; beyond the basic plane all are alike.
fn carried(is_carried: impl Fn(char) -> bool) -> ClassUnicode {
    let basic = (0..=0xffff).filter_map(char::from_u32).filter(|c| is_carried(*c));
    let mut ranges: Vec<ClassUnicodeRange> = Vec::new();
    let mut run: Option<(char, char)> = None;
    for c in basic.chain(is_carried('\u{10000}').then_some('\u{10000}')) {
        run = Some(match run {
            Some((start, end)) if u32::from(end) + 1 == u32::from(c) => (start, c),
            Some((start, end)) => {
                ranges.push(ClassUnicodeRange::new(start, end));
                (c, c)
            }
            None => (c, c),
        });
    }
    let stretched = |(start, end)| if end == '\u{10000}' { (start, char::MAX) } else { (start, end) };
    ranges.extend(run.map(stretched).map(|(start, end)| ClassUnicodeRange::new(start, end)));
    ClassUnicode::new(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::by_name;

    #[test]
    fn a_medium_says_what_it_carries() {
        let xml = Medium::body(by_name("aws-query").expect("a codec"));
        assert!(xml.carries("a\t\n\r😀\u{7f}\u{10ffff}") && !xml.carries("\u{0}") && !xml.carries("\u{fffe}"));
        let json = Medium::body(by_name("rest-json").expect("a codec"));
        assert!(json.carries("\u{0}\u{ffff}"));
        let path = Medium::path();
        assert!(path.carries("a b😀") && !path.carries("a/b") && !path.carries("\n"));
        assert!(["", ".", ".."].iter().all(|text| !path.fits(text)) && path.fits("..."));
        let header = Medium::header();
        assert!(header.carries("a b") && !header.carries("é") && !header.fits(" a") && !header.fits("a "));
    }
}
