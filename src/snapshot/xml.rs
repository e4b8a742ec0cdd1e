//! XML as what it says: names with their namespaces, whatever the prefixes are called and however it is indented.

use std::fmt::Write;

use quick_xml::NsReader;
use quick_xml::escape::{resolve_xml_entity, unescape};
use quick_xml::events::{BytesStart, Event};
use quick_xml::name::ResolveResult;

use crate::codec::{MAX_DEPTH, xml_attributes};
use crate::text::{escape, is_unprintable, xml_escape};

/// Most elements that are read.
const MAX_ELEMENTS: usize = 100_000;

/// An element.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Element {
    /// Name without prefix.
    pub name: String,
    /// Its namespace; empty without one.
    pub namespace: String,
    /// Attributes by name, namespace declarations left out, in order of their names.
    pub attributes: Vec<(String, String)>,
    /// Child elements.
    pub children: Vec<Element>,
    /// Text directly below.
    pub text: String,
}

impl Element {
    /// Reads a document; nothing where it is none, or too deep or too large.
    pub fn read(text: &str) -> Option<Self> {
        let mut reader = NsReader::from_str(text);
        reader.config_mut().expand_empty_elements = true;
        let mut open: Vec<Self> = Vec::new();
        let (mut root, mut elements) = (None, 0);
        loop {
            let (namespace, event) = reader.read_resolved_event().ok()?;
            match event {
                Event::Start(start) => {
                    elements += 1;
                    if open.len() >= MAX_DEPTH || elements > MAX_ELEMENTS || root.is_some() {
                        return None;
                    }
                    open.push(Self::started(&start, &namespace)?);
                }
                Event::End(_) => {
                    let done = open.pop()?;
                    match open.last_mut() {
                        Some(parent) => parent.children.push(done),
                        None => root = Some(done),
                    }
                }
                Event::Text(piece) => append(&mut open, &piece.xml10_content()),
                Event::CData(piece) => append(&mut open, &piece),
                Event::GeneralRef(reference) => match reference.resolve_char_ref().ok()? {
                    Some(character) => append(&mut open, character.encode_utf8(&mut [0; 4])),
                    None => append(&mut open, resolve_xml_entity(&reference)?),
                },
                Event::DocType(_) => return None,
                Event::Eof => return root.filter(|_| open.is_empty()).map(Self::without_blanks),
                Event::Empty(_) | Event::Comment(_) | Event::Decl(_) | Event::PI(_) => {}
            }
        }
    }

    fn started(start: &BytesStart<'_>, namespace: &ResolveResult<'_>) -> Option<Self> {
        let namespace = match namespace {
            ResolveResult::Bound(namespace) => unescape(namespace.0).ok()?.into_owned(),
            ResolveResult::Unbound => String::new(),
            ResolveResult::Unknown(_) => return None,
        };
        let mut attributes = xml_attributes(start)?;
        attributes.sort();
        let name = start.local_name().into_inner().to_owned();
        let is_attribute = |name: &str| name.split(':').count() <= 2 && name.split(':').all(is_name);
        if !is_name(&name) || !attributes.iter().all(|(name, _)| is_attribute(name)) {
            return None;
        }
        Some(Self { name, namespace, attributes, ..Self::default() })
    }

    /// Blanks beside elements say nothing.
    fn without_blanks(mut self) -> Self {
        if !self.children.is_empty() {
            self.text = self.text.trim().to_owned();
        }
        self.children = self.children.into_iter().map(Self::without_blanks).collect();
        self
    }

    /// The same with elements of other names in one order; those of one name are a list, whose order says something.
    #[must_use]
    pub fn sorted(mut self) -> Self {
        self.children = self.children.into_iter().map(Self::sorted).collect();
        self.children.sort_by(|one, other| (&one.name, &one.namespace).cmp(&(&other.name, &other.namespace)));
        self
    }

    /// An element per line.
    pub fn render(&self) -> String {
        let mut text = String::new();
        self.write("", 0, &mut text);
        text
    }

    fn write(&self, outer: &str, depth: usize, out: &mut String) {
        let (indent, name) = ("  ".repeat(depth), &self.name);
        let mut tag = name.clone();
        if self.namespace != outer {
            let _ = write!(tag, " xmlns=\"{}\"", spelt_in_tag(&self.namespace));
        }
        for (key, value) in &self.attributes {
            let _ = write!(tag, " {key}=\"{}\"", spelt_in_tag(value));
        }
        let text = spelt(&self.text);
        let _ = match (self.children.is_empty(), text.is_empty()) {
            (true, true) => writeln!(out, "{indent}<{tag}/>"),
            (true, false) => writeln!(out, "{indent}<{tag}>{text}</{name}>"),
            (false, _) => writeln!(out, "{indent}<{tag}>{text}"),
        };
        for child in &self.children {
            child.write(&self.namespace, depth + 1, out);
        }
        if !self.children.is_empty() {
            let _ = writeln!(out, "{indent}</{name}>");
        }
    }
}

fn append(open: &mut [Element], text: &str) {
    if let Some(element) = open.last_mut() {
        element.text.push_str(text);
    }
}

/// Text as it stands in a document, with references for what no terminal should see.
fn spelt(text: &str) -> String {
    escape(&quick_xml::escape::escape(text), is_unprintable, xml_escape)
}

/// Text as it stands in a tag, where a reader takes an end of a line or a tab for a space (XML 1.0, section 3.3.3).
fn spelt_in_tag(text: &str) -> String {
    escape(&spelt(text), |character| matches!(character, '\n' | '\t'), xml_escape)
}

/// Whether a text is a name without a prefix (Namespaces in XML 1.0, section 3) that a terminal may show. Quick-xml takes
/// anything for a name, and what is none could be written but not read again.
fn is_name(text: &str) -> bool {
    let starts = |character: char| {
        matches!(
            character,
            'A'..='Z' | '_' | 'a'..='z' | '\u{c0}'..='\u{d6}' | '\u{d8}'..='\u{f6}' | '\u{f8}'..='\u{2ff}'
                | '\u{370}'..='\u{37d}' | '\u{37f}'..='\u{1fff}' | '\u{200c}'..='\u{200d}' | '\u{2070}'..='\u{218f}'
                | '\u{2c00}'..='\u{2fef}' | '\u{3001}'..='\u{d7ff}' | '\u{f900}'..='\u{fdcf}'
                | '\u{fdf0}'..='\u{fffd}' | '\u{10000}'..='\u{effff}'
        )
    };
    let follows = |character: char| {
        let more = matches!(
            character,
            '-' | '.' | '0'..='9' | '\u{b7}' | '\u{300}'..='\u{36f}' | '\u{203f}'..='\u{2040}'
        );
        more || starts(character)
    };
    text.starts_with(starts) && text.chars().all(|character| follows(character) && !is_unprintable(character))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_says_the_same_reads_the_same() {
        let one = "<?xml version='1.0'?><a:R xmlns:a='u' y='2' x='1'>\n <a:B>x&amp;y</a:B><a:C/></a:R>";
        let other = "<R xmlns=\"u\" x=\"1\" y=\"2\"><C></C>  <B><![CDATA[x&y]]></B></R>";
        let read = |text: &str| Element::read(text).expect("XML").sorted();
        assert_eq!(read(one), read(other));
        for different in [
            "<R x='1' y='2'><B>x&amp;y</B><C/></R>",
            "<R xmlns='u' x='1' y='3'><B>x&amp;y</B><C/></R>",
            "<R xmlns='u' x='1' y='2'><B>x&amp;y </B><C/></R>",
            "<R xmlns='u' x='1' y='2'><B>x&amp;y</B><C/><C/></R>",
        ] {
            assert_ne!(read(one), read(different), "{different}");
        }
        assert_ne!(read("<R><B>1</B><B>2</B></R>"), read("<R><B>2</B><B>1</B></R>"));
    }

    #[test]
    fn what_is_written_is_read_again() {
        let text = "<R xmlns=\"u\" k=\"&quot;a\nb\"><B>x&#x9b;&#13;\n y</B><n:C xmlns:n='v'><n:D/></n:C></R>";
        let read = Element::read(text).expect("XML");
        let written = read.render();
        assert_eq!(Element::read(&written).as_ref(), Some(&read), "{written}");
        assert!(written.contains("<C xmlns=\"v\">\n    <D/>") && !written.contains('\u{9b}'), "{written}");
    }

    #[test]
    fn what_stands_in_a_tag_is_read_again() {
        let text = "<R xmlns=\"u&amp;&quot;&#x9b;\" a=\"1&#9;2&#10;3\" x:b=\"\"/>";
        let read = Element::read(text).expect("XML");
        assert_eq!((&*read.namespace, &*read.attributes[0].1), ("u&\"\u{9b}", "1\t2\n3"));
        let written = read.render();
        assert_eq!(Element::read(&written), Some(read), "{written}");
        assert!(!written.contains('\u{9b}'), "{written}");
    }

    #[test]
    fn text_beside_elements_survives_being_written() {
        let read = Element::read("<p>one <b>two</b> three</p>").expect("XML");
        assert_eq!(Element::read(&read.render()), Some(read));
    }

    #[test]
    fn what_is_no_document_is_none() {
        let deep = format!("{}{}", "<a>".repeat(100), "</a>".repeat(100));
        for text in [
            "<a\u{1b}[31m/>",
            "<a x\u{202e}='1'/>",
            "<a\\u001b/>",
            "<a/ >x</a/ >",
            "<x:b:c xmlns:x='u'/>",
            "<1/>",
            "<a x:y:z='1'/>",
            "",
            "x",
            "<a>",
            "<a></b>",
            "<a/><b/>",
            "<!DOCTYPE a><a/>",
            "<a>&b;</a>",
            "<x:a/>",
            &deep,
        ] {
            assert_eq!(Element::read(text), None, "{text}");
        }
    }
}
