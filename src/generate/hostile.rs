//! Values that a real API meets and naive code stumbles over, and which of them a medium carries.

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

/// Characters that patterns tend to leave out, and that code tends to trip over.
pub(super) const STRANGE: [char; 40] = [
    ' ',
    '-',
    '_',
    '.',
    '/',
    '@',
    '<',
    '>',
    '&',
    '"',
    '\'',
    '\\',
    '%',
    '+',
    '=',
    ':',
    ';',
    ',',
    '#',
    '~',
    '\t',
    '\n',
    '\u{7f}',
    '\u{a0}',
    'é',
    'ß',
    'İ',
    'Я',
    'ع',
    'ש',
    '漢',
    '\u{301}',
    '\u{200b}',
    '\u{200d}',
    '\u{202e}',
    '\u{2028}',
    '\u{feff}',
    '\u{fffd}',
    '😀',
    '\u{10ffff}',
];

/// Texts of the same kind.
pub(super) const TEXTS: &[&str] = &[
    // Beyond the basic plane, and clusters of several scalar values.
    "😀",
    "𝕬𝖈𝖈𝖔𝖗𝖉𝖆𝖓𝖙",
    "👩‍👩‍👧‍👦",
    "🏳️‍🌈 flag",
    "𠜎𠜱",
    "\u{10ffff}",
    // Right to left, and the marks that turn the direction.
    "שלום עולם",
    "مرحبا بالعالم",
    "abc\u{202e}fed",
    "\u{200f}x",
    // Combining marks: the same letter in two forms, and many on one.
    "e\u{301}",
    "é",
    "Z\u{335}\u{321}\u{328}a\u{334}\u{341}l\u{336}\u{352}",
    "n\u{303}o",
    "क्षि",
    "각",
    // Letters whose case or width is not simple.
    "İstanbul",
    "straße",
    "ŉǅﬁ",
    "Ωμέγα",
    "ＦＵＬＬ",
    "größe 漢字",
    "日本語",
    "Привет",
    // Spaces, seen and unseen.
    " leading",
    "trailing ",
    "  two  spaces  ",
    " ",
    "\u{a0}no-break\u{a0}",
    "zero\u{200b}width",
    "\u{feff}mark",
    "line\u{2028}separator",
    "tab\there",
    "line\nfeed",
    "carriage\r\nreturn",
    // Control characters.
    "\u{0}",
    "bell\u{7}",
    "\u{1b}[31mred\u{1b}[0m",
    "delete\u{7f}",
    "next\u{85}line",
    "a\u{fffe}b",
    // What other syntaxes read as their own.
    "'",
    "\"quoted\"",
    "back\\slash",
    "a/b",
    "<b>&amp;</b>",
    "]]>",
    "<!--",
    "%00",
    "%2F%20",
    "a+b c&d=e;f",
    "${HOME}",
    "{{7*7}}",
    "{0}",
    "%s%n",
    "x' OR '1'='1",
    "../../etc",
    "`id`",
    "#fragment",
    "?query",
    "key=value",
    "a,b;c",
    // Words and numbers that stand for something else.
    "null",
    "undefined",
    "true",
    "NaN",
    "-0",
    "0x10",
    "1e3",
    "007",
    "1,000",
    "9007199254740993",
    "None",
    "nil",
    "constructor",
    "__proto__",
];

/// Texts that stand in members of such APIs every day, taken where a pattern lets them.
pub(super) const FAMILIAR: &[&str] = &[
    "arn:aws:rds:us-east-1:123456789012:db:orders",
    "arn:aws:rds:eu-west-1:123456789012:auto-backup:ab-bo3j6cqk2jsm",
    "arn:aws:rds:us-west-2:123456789012:cluster-snapshot:rds:orders-2024-02-29-00-07",
    "arn:aws:iam::123456789012:role/service-role/backup",
    "arn:aws-cn:iam::000000000000:role/r",
    "arn:aws-us-gov:iam::123456789012:role/aws-service-role/x.amazonaws.com/R_e+f=g,h.i@j-k",
    "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    "arn:aws:kms:us-gov-west-1:123456789012:alias/a",
    "arn:aws:s3:::example-bucket",
    "arn:aws:dynamodb:us-east-1:123456789012:table/t/stream/2024-02-29T23:59:59.999",
    "arn:aws:ec2:us-east-1:123456789012:volume/vol-0123456789abcdef0",
    "arn:aws:backup:us-east-1:123456789012:backup-vault:air-gapped",
    "6df2b54c-dd62-4059-a07c-1b8f24f2725d",
    "00000000-0000-0000-0000-000000000000",
    "FFFFFFFF-FFFF-4FFF-BFFF-FFFFFFFFFFFF",
    "68589cac08274b82b4e254268a3862d8",
    "123456789012",
    "000000000001",
    "us-east-1",
    "eu-de",
    "region2",
    "Default",
    "my-cluster1",
    "rds:nightly-2024-02-29-00-07",
    "alias/aws/rds",
    "8.0.28",
    "5.7.44-log",
    "a",
    "Z9",
    "00:00-23:59",
    "23:59-00:29",
    "sun:05:00-sun:05:30",
    "Mon:23:59-tue:00:29",
    "enabled",
    "user@example.com",
    "https://example.com/a?b=c#d",
    "2024-02-29T23:59:59.999Z",
];

/// Whole numbers at which something changes in one language or another.
pub(super) const INTEGERS: [i64; 31] = [
    0,
    1,
    -1,
    2,
    7,
    10,
    127,
    128,
    -128,
    255,
    256,
    32_767,
    32_768,
    65_535,
    65_536,
    1_000_000,
    2_147_483_647,
    2_147_483_648,
    -2_147_483_648,
    -2_147_483_649,
    4_294_967_295,
    4_294_967_296,
    // 2^53 and its neighbours: the last integers that doubles tell apart.
    9_007_199_254_740_991,
    9_007_199_254_740_992,
    9_007_199_254_740_993,
    -9_007_199_254_740_991,
    -9_007_199_254_740_993,
    i64::MAX,
    i64::MIN,
    i64::MAX - 1,
    i64::MIN + 1,
];

/// Fractions, exponents and the negative zero.
pub(super) const FRACTIONS: [f64; 14] = [
    0.0,
    -0.0,
    0.5,
    -0.5,
    0.1,
    0.300_000_000_000_000_04,
    1e21,
    -1e21,
    1.5e300,
    1e-7,
    -2.5e-10,
    123_456.789,
    9_007_199_254_740_992.0,
    0.999_999_999_999_999_9,
];

/// Values of the formats that are judged, the plain one first.
pub(super) fn formatted(format: &str) -> &'static [&'static str] {
    match format {
        "date-time" => &[
            "2025-03-04T05:06:07.089Z",
            "2024-02-29T23:59:59.999Z",
            "2000-02-29T00:00:00Z",
            "1970-01-01T00:00:00Z",
            "1970-01-01T00:00:00.001Z",
            "1969-12-31T23:59:59Z",
            "1999-12-31T23:59:59.999Z",
            "2038-01-19T03:14:08Z",
            "9999-12-30T21:59:59Z",
            "2025-06-30T12:00:00+05:45",
            "2025-03-30T02:30:00-02:30",
            "2025-12-31T23:59:59.123456Z",
        ],
        "date" => &["2025-03-04", "2024-02-29", "2000-02-29", "1970-01-01", "1969-12-31", "9999-12-31", "2038-01-19"],
        "uuid" => &[
            "6df2b54c-dd62-4059-a07c-1b8f24f2725d",
            "00000000-0000-0000-0000-000000000000",
            "ffffffff-ffff-ffff-ffff-ffffffffffff",
            "6DF2B54C-DD62-4059-A07C-1B8F24F2725D",
            "018f3c4e-8c4a-7b1e-9d2f-0123456789ab",
        ],
        "ipv4" => &["192.0.2.1", "0.0.0.0", "127.0.0.1", "255.255.255.255", "10.0.0.1"],
        "ipv6" => &["2001:db8::1", "::", "::1", "fe80::1", "2001:db8:0:0:0:0:0:ff", "::ffff:192.0.2.1"],
        "uri" => &[
            "https://example.com/",
            "https://example.com:8443/a%20b?c=d&e=%C3%A9#f",
            "http://[2001:db8::1]/",
            "urn:uuid:6df2b54c-dd62-4059-a07c-1b8f24f2725d",
            "mailto:user@example.com",
            "s3://bucket/key",
        ],
        _ => &[],
    }
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
