//! XML as what it says: names with their namespaces, whatever the prefixes are called and however it is indented.

use std::fmt::Write;

use quick_xml::NsReader;
use quick_xml::escape::resolve_xml_entity;
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
            ResolveResult::Bound(namespace) => namespace.0.to_owned(),
            ResolveResult::Unbound => String::new(),
            ResolveResult::Unknown(_) => return None,
        };
        let mut attributes = xml_attributes(start)?;
        attributes.sort();
        let name = start.local_name().into_inner().to_owned();
        // No name of XML has such characters, and no reference could stand for them.
        let is_odd = |name: &String| name.contains(is_unprintable);
        if is_odd(&name) || is_odd(&namespace) || attributes.iter().any(|(name, _)| is_odd(name)) {
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
            let _ = write!(tag, " xmlns=\"{}\"", quick_xml::escape::escape(&self.namespace));
        }
        for (key, value) in &self.attributes {
            let _ = write!(tag, " {key}=\"{}\"", spelt(value).replace('\n', "&#xA;"));
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
            "<a xmlns='u\u{9b}'/>",
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
